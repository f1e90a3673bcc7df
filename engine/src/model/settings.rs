//! What is set from outside: seed, scale, parameters, `as_of`.

/// The seed when none is given.
pub const DEFAULT_SEED: u64 = 42;

/// What is set from outside the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The seed; every 64-bit number gives a dataset of its own.
    pub seed: u64,
    /// The factor on the rows of root tables, above 0.
    pub scale: f64,
    /// Parameters by name, as text; the last one of a name counts.
    pub params: Vec<(String, String)>,
    /// The dataset's "now" in place of the scenario's: a date or an ISO 8601 instant.
    pub as_of: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: DEFAULT_SEED, scale: 1.0, params: Vec::new(), as_of: None }
    }
}

//! What is set from outside: seed, scale, parameters, `as_of`.

use crate::error::Fault;

/// The seed when none is given.
pub const DEFAULT_SEED: u64 = 42;

/// What is set from outside the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The seed; every 64-bit number gives a dataset of its own.
    pub seed: u64,
    /// The factor on the rows of root tables, from 1e-15 to 1e15.
    pub scale: f64,
    /// Parameters by name, as text; the last one of a name counts.
    pub params: Vec<(String, String)>,
    /// The dataset's "now" in place of the scenario's: a date or an ISO 8601 instant.
    pub as_of: Option<String>,
    /// The share of values that break software, from 0 to 1, in all columns on which nothing else depends.
    pub adversarial: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: DEFAULT_SEED, scale: 1.0, params: Vec::new(), as_of: None, adversarial: None }
    }
}

impl Settings {
    /// What the numbers may be; names and texts are looked at with the scenario. Below the smallest scale every table has one row,
    /// and above the largest one row is too many.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if let Some(share) = self.adversarial.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(Fault::setting(format!(
                "`adversarial`: expected a share from 0 to 1, found {share}"
            )));
        }
        if (1e-15..=1e15).contains(&self.scale) {
            return Ok(());
        }
        Err(Fault::setting(format!("`scale`: expected a number from 1e-15 to 1e15, found {}", self.scale)))
    }
}

//! Why a law or a permutation cannot be made.

/// An argument that a law or a permutation cannot work with.
///
/// The three parts are apart so that a caller that knows the place in the scenario can show them there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{argument}: expected {expected}, found {found}")]
pub struct Invalid {
    /// What the argument is called.
    pub argument: &'static str,
    /// What would be accepted.
    pub expected: &'static str,
    /// What was given, literals in backticks.
    pub found: String,
}

impl Invalid {
    pub(crate) fn new(argument: &'static str, expected: &'static str, found: impl Into<String>) -> Self {
        Self { argument, expected, found: found.into() }
    }

    /// `Ok` when `holds`, otherwise says that `argument` was `found`.
    pub(super) fn unless(
        holds: bool,
        argument: &'static str,
        expected: &'static str,
        found: f64,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self::new(argument, expected, format!("`{found}`"))) }
    }

    pub(super) fn unless_finite(argument: &'static str, found: f64) -> Result<(), Self> {
        Self::unless(found.is_finite(), argument, "a finite number", found)
    }

    pub(super) fn unless_positive(argument: &'static str, found: f64) -> Result<(), Self> {
        Self::unless(found.is_finite() && found > 0.0, argument, "a finite number above 0", found)
    }

    pub(super) fn unless_not_negative(argument: &'static str, found: f64) -> Result<(), Self> {
        Self::unless(found.is_finite() && found >= 0.0, argument, "a finite number, 0 or more", found)
    }
}

//! Waiting times without memory.

use std::fmt;

use crate::random::{Invalid, open_unit};

/// The exponential law, by inversion.
///
/// The draw is −`mean` × ln(1 − *u*) with *u* = [`open_unit`] of the word. It lies above 0 and ends at 36.7
/// times the mean, which cuts off 10^-16 of the law. Cost: one word, about 9 ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    /// The law with this mean.
    ///
    /// # Errors
    /// When `mean` is not a finite number above 0, or the farthest draw overflows.
    pub fn new(mean: f64) -> Result<Self, Invalid> {
        Invalid::unless_positive("mean", mean)?;
        Invalid::unless((mean * 37.0).is_finite(), "mean", "a law whose tail does not overflow", mean)?;
        Ok(Self { mean })
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The number that `word` stands for; never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> f64 {
        // The subtraction is exact, see `open_unit`.
        -self.mean * libm::log(1.0 - open_unit(word))
    }

    /// Appends one number per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<f64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

impl fmt::Display for Exponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exponential of mean {}", self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    /// The witness is a Python program: its own ChaCha8 and BLAKE3 keys, the law from `math` or `statistics`.
    #[test]
    fn values_are_stable() {
        let mut values = Vec::new();
        Exponential::new(10.0).unwrap().fill(&goodness::words("stable", 6), &mut values);
        let expected = [
            7.419326742086525,
            10.619637273091493,
            4.086814627036022,
            0.6669713776272046,
            11.135627797679168,
            8.676717528110762,
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn the_ends_are_above_zero_and_finite() {
        let law = Exponential::new(1.0).unwrap();
        assert!(law.sample(0) > 0.0);
        assert!((law.sample(u64::MAX) - 36.7368).abs() < 1e-4);
    }

    #[test]
    fn impossible_means_are_refused() {
        let message = |mean| Exponential::new(mean).unwrap_err().to_string();
        assert_eq!(message(0.0), "mean: expected a finite number above 0, found `0`");
        assert_eq!(message(-2.5), "mean: expected a finite number above 0, found `-2.5`");
        assert!(message(1e308).starts_with("mean: expected a law whose tail does not overflow"));
    }

    fn follows_the_law(draws: u64) {
        let mut values = Vec::new();
        Exponential::new(4.0).unwrap().fill(&goodness::words("exponential", draws), &mut values);
        goodness::assert_continuous(values, |x| -libm::expm1(-x / 4.0));
    }

    #[test]
    fn draws_follow_the_law() {
        follows_the_law(goodness::DRAWS);
    }

    #[test]
    #[ignore = "slow: run with make test-slow"]
    fn slow_draws_follow_the_law() {
        follows_the_law(goodness::MANY_DRAWS);
    }
}

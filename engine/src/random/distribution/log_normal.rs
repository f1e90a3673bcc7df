//! Sizes and amounts: many small, few huge.

use std::fmt;

use super::normal;
use crate::random::{Invalid, open_unit};

/// The log-normal law: a number whose logarithm is normal.
///
/// The draw is median × exp(`sigma` × Φ⁻¹(*u*)), with Φ⁻¹ and *u* as in [`Normal`](super::Normal); the median
/// is exp(`mu`), the mean exp(`mu` + `sigma`² / 2). Cost: one word, about 24 ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    median: f64,
    sigma: f64,
}

impl LogNormal {
    /// The law whose logarithm has the mean `mu` and the standard deviation `sigma`.
    ///
    /// # Errors
    /// When an argument is not finite, `sigma` is negative, or exp(`mu`) or the farthest draw overflows or
    /// vanishes.
    pub fn new(mu: f64, sigma: f64) -> Result<Self, Invalid> {
        Invalid::unless_finite("mu", mu)?;
        let median = libm::exp(mu);
        let representable = median.is_normal();
        Invalid::unless(representable, "mu", "the logarithm of a number that a float can hold", mu)?;
        Self::with_median(median, sigma)
    }

    /// The law whose median is given: half of the draws lie below, and two thirds within a factor of
    /// exp(`sigma`).
    ///
    /// # Errors
    /// When an argument is not finite, `median` is not above 0, `sigma` is negative, or the farthest draw
    /// overflows.
    pub fn with_median(median: f64, sigma: f64) -> Result<Self, Invalid> {
        Invalid::unless_positive("median", median)?;
        Invalid::unless_not_negative("sigma", sigma)?;
        let farthest = median * libm::exp(normal::FARTHEST * sigma);
        Invalid::unless(farthest.is_finite(), "sigma", "a law whose tail does not overflow", sigma)?;
        Ok(Self { median, sigma })
    }

    /// The median.
    pub fn median(&self) -> f64 {
        self.median
    }

    /// The standard deviation of the logarithm.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// The number that `word` stands for: 0 or more, and it never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> f64 {
        self.median * libm::exp(self.sigma * normal::quantile(open_unit(word)))
    }

    /// Appends one number per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<f64>) {
        normal::quantiles(words, out, |quantile| self.median * libm::exp(self.sigma * quantile));
    }
}

impl fmt::Display for LogNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lognormal of median {}, sigma {}", self.median, self.sigma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    /// The witness is a Python program: its own ChaCha8 and BLAKE3 keys, the law from `math` or `statistics`;
    /// its exponential function rounds the second value up.
    #[test]
    fn values_are_stable() {
        let mut values = Vec::new();
        LogNormal::with_median(6.0, 1.3).unwrap().fill(&goodness::words("stable", 6), &mut values);
        let expected = [
            6.484303683791029,
            10.049608629917236,
            3.453742534958699,
            0.8340242161031162,
            10.691433261240713,
            7.802623998296683,
        ];
        assert_eq!(values, expected);
        assert_eq!(LogNormal::new(1.5, 0.5).unwrap().sample(1 << 60), 2.0811897550886926);
    }

    #[test]
    fn bulk_equals_single() {
        let law = LogNormal::with_median(6.0, 1.3).unwrap();
        let words = goodness::words("bulk", 10_000);
        let mut values = Vec::new();
        law.fill(&words, &mut values);
        assert!(words.iter().zip(&values).all(|(word, value)| law.sample(*word) == *value));
    }

    #[test]
    fn both_ways_to_make_it_agree() {
        let from_median = LogNormal::with_median(libm::exp(1.5), 0.5).unwrap();
        assert_eq!(from_median, LogNormal::new(1.5, 0.5).unwrap());
    }

    #[test]
    fn impossible_laws_are_refused() {
        let message = |median, sigma| LogNormal::with_median(median, sigma).unwrap_err().to_string();
        assert_eq!(message(0.0, 1.0), "median: expected a finite number above 0, found `0`");
        assert_eq!(message(6.0, -0.5), "sigma: expected a finite number, 0 or more, found `-0.5`");
        assert_eq!(message(6.0, 90.0), "sigma: expected a law whose tail does not overflow, found `90`");
        let message = LogNormal::new(1000.0, 1.0).unwrap_err().to_string();
        assert_eq!(message, "mu: expected the logarithm of a number that a float can hold, found `1000`");
    }

    fn follows_the_law(draws: u64) {
        let mut values = Vec::new();
        LogNormal::new(1.5, 0.5).unwrap().fill(&goodness::words("log-normal", draws), &mut values);
        goodness::assert_continuous(values, |x| 0.5 * libm::erfc((1.5 - x.ln()) / 0.5 / 2.0_f64.sqrt()));
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

//! Numbers of an interval, all equally likely.

use std::fmt;

use crate::random::{Invalid, unit};

/// Numbers of the half-open interval `from..to`, all equally likely.
///
/// The draw is `from` + *u* × (`to` − `from`) with *u* = [`unit`](crate::random::unit()) of the word: 2^53
/// equidistant points, rounded; a point that rounding would put at `to` becomes the number before it.
/// Cost: one word, about 1 ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform {
    from: f64,
    width: f64,
    last: f64,
}

impl Uniform {
    /// The law over `from..to`.
    ///
    /// # Errors
    /// When an end is not finite, `to` is not above `from`, or their difference overflows.
    pub fn new(from: f64, to: f64) -> Result<Self, Invalid> {
        Invalid::unless_finite("from", from)?;
        Invalid::unless_finite("to", to)?;
        Invalid::unless(to > from, "to", "a number above `from`", to)?;
        let width = to - from;
        Invalid::unless(width.is_finite(), "to", "a range narrower than the largest float", to)?;
        Ok(Self { from, width, last: to.next_down() })
    }

    /// The least and the greatest number.
    pub fn ends(&self) -> [f64; 2] {
        [self.from, self.last]
    }

    /// The number that `word` stands for; never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> f64 {
        (self.from + unit(word) * self.width).min(self.last)
    }

    /// Appends one number per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<f64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

impl fmt::Display for Uniform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uniform from {} to {}", self.from, self.last.next_up())
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
        Uniform::new(-1.0, 3.0).unwrap().fill(&goodness::words("stable", 4), &mut values);
        let expected = [1.0952291989873681, 1.6168954673495115, 0.34189650044809916, -0.7419139181708676];
        assert_eq!(values, expected);
    }

    #[test]
    fn the_upper_end_is_not_reached() {
        let law = Uniform::new(1.0, 1.0_f64.next_up()).unwrap();
        assert_eq!((law.sample(0), law.sample(u64::MAX)), (1.0, 1.0));
        let law = Uniform::new(1e15, 1e15 + 1.0).unwrap();
        assert!(law.sample(u64::MAX) < 1e15 + 1.0);
    }

    #[test]
    fn impossible_intervals_are_refused() {
        let message = |from, to| Uniform::new(from, to).unwrap_err().to_string();
        assert_eq!(message(f64::NAN, 1.0), "from: expected a finite number, found `NaN`");
        assert_eq!(message(0.0, f64::INFINITY), "to: expected a finite number, found `inf`");
        assert_eq!(message(1.0, 1.0), "to: expected a number above `from`, found `1`");
        let message = message(-f64::MAX, f64::MAX);
        assert!(message.starts_with("to: expected a range narrower than the largest float"));
    }

    fn follows_the_law(draws: u64) {
        let mut values = Vec::new();
        Uniform::new(-2.0, 6.0).unwrap().fill(&goodness::words("uniform", draws), &mut values);
        goodness::assert_continuous(values, |x| (x + 2.0) / 8.0);
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

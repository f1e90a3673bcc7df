//! Whole numbers of a range, all equally likely.

use crate::random::Invalid;

/// The whole numbers `low..=high`, all equally likely.
///
/// The draw is `low` plus the high half of word × (`high` − `low` + 1), as in [`below`](crate::random::below)
/// and with the same bias: below (`high` − `low` + 1) / 2^64 in total variation, and none for the full range
/// of `i64`. Cost: one word, under 1 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniformInteger {
    low: i64,
    /// `high - low`.
    distance: u64,
}

impl UniformInteger {
    /// The law over `low..=high`; any range is good, the full one too.
    ///
    /// # Errors
    /// When `high` is below `low`.
    pub fn new(low: i64, high: i64) -> Result<Self, Invalid> {
        if high < low {
            let found = format!("`{high}` below `{low}`");
            return Err(Invalid::new("high", "a number that is not below `low`", found));
        }
        Ok(Self { low, distance: low.abs_diff(high) })
    }

    /// The least number.
    pub fn low(&self) -> i64 {
        self.low
    }

    /// The greatest number.
    pub fn high(&self) -> i64 {
        self.low.wrapping_add_unsigned(self.distance)
    }

    /// The number that `word` stands for; rises with the word.
    #[inline]
    pub fn sample(&self, word: u64) -> i64 {
        // word * (distance + 1), which fits: both factors are at most 2^64, and the first is less.
        let product = u128::from(word) * u128::from(self.distance) + u128::from(word);
        // Lands in low..=high modulo 2^64, and so exactly.
        self.low.wrapping_add_unsigned((product >> 64) as u64)
    }

    /// Appends one number per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<i64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::{below, goodness};

    /// The witness is a Python program: its own ChaCha8 and BLAKE3 keys, the law from `math` or `statistics`.
    #[test]
    fn values_are_stable() {
        let law = UniformInteger::new(-500, 499).unwrap();
        let mut values = Vec::new();
        law.fill(&goodness::words("stable", 6), &mut values);
        assert_eq!(values, [23, 154, -165, -436, 171, 80]);
    }

    #[test]
    fn the_ends_are_reached() {
        for (low, high) in [(i64::MIN, i64::MAX), (0, 0), (i64::MAX, i64::MAX), (-1, 1), (i64::MIN, 0)] {
            let law = UniformInteger::new(low, high).unwrap();
            assert_eq!((law.sample(0), law.sample(u64::MAX)), (low, high));
        }
    }

    #[test]
    fn a_range_upside_down_is_refused() {
        let message = UniformInteger::new(3, 2).unwrap_err().to_string();
        assert_eq!(message, "high: expected a number that is not below `low`, found `2` below `3`");
    }

    fn follows_the_law(draws: u64) {
        let law = UniformInteger::new(-50, 50).unwrap();
        let words = goodness::words("uniform integer", draws);
        let counts = goodness::count(words.iter().map(|word| (law.sample(*word) + 50) as u64), 101);
        goodness::assert_discrete(&counts, &[1.0 / 101.0; 101]);
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

    proptest! {
        #[test]
        fn it_is_below_moved_by_low(word: u64, low: i32, distance: u32) {
            let law = UniformInteger::new(low.into(), i64::from(low) + i64::from(distance)).unwrap();
            let moved = i64::from(low) + below(word, u64::from(distance) + 1) as i64;
            prop_assert_eq!(law.sample(word), moved);
        }
    }
}

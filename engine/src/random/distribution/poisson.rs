//! How many events, when events come independently.

use std::fmt;
use std::sync::Arc;

use crate::random::Invalid;

/// The largest mean that a table is prepared for.
const LARGEST_MEAN: f64 = 1e6;

/// 2^64, the number of words.
const WORDS: f64 = 18_446_744_073_709_551_616.0;

/// The Poisson law, by inversion of a prepared distribution function.
///
/// Every count *k* owns a run of words, in order; its length is 2^64 times the probability of *k*. The
/// probabilities follow from the most likely count by p(k) = p(k − 1) × mean / k, so the table needs no
/// transcendental function; its error in total variation is below 10^-12. The draw looks the word up with a
/// guide table: H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE
/// Transactions 6 (1974).
///
/// Cost: one word, about 2 ns. The table has about 19 × √mean + 20 entries, 0.3 MB for the largest mean;
/// preparing it takes 0.9 ms then, and 0.8 µs for a mean of 2.5. A clone shares it.
#[derive(Clone, Debug)]
pub struct Poisson {
    mean: f64,
    /// The count that the first entry stands for.
    first: u64,
    /// Where the words of each count end, but for the last count, whose words end at 2^64.
    ends: Arc<[u64]>,
    /// For each value of a word's highest bits, the first entry that may be the one.
    guide: Arc<[u32]>,
    /// How far to shift a word to leave the bits for the guide.
    shift: u32,
}

impl Poisson {
    /// The law with this mean, 0 to 1,000,000.
    ///
    /// # Errors
    /// When `mean` is not a number in that range.
    pub fn new(mean: f64) -> Result<Self, Invalid> {
        let possible = (0.0..=LARGEST_MEAN).contains(&mean);
        Invalid::unless(possible, "mean", "a number from 0 to 1000000", mean)?;
        let (first, shares) = shares(mean);
        let ends: Arc<[u64]> = shares
            .iter()
            .scan(0, |end, share| {
                *end += share;
                // The first count to reach 2^64 is the last one.
                u64::try_from(*end).ok()
            })
            .collect();
        // Below 2^32: for the largest mean there are less than 2^15 entries.
        let bits = (ends.len() + 1).next_power_of_two().ilog2().max(1);
        let shift = 64 - bits;
        let guide =
            (0..1u64 << bits).map(|high| ends.partition_point(|end| *end <= high << shift) as u32).collect();
        Ok(Self { mean, first, ends, guide, shift })
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// How much memory its table takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.guide)
    }

    /// The count that `word` stands for; never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> u64 {
        let mut entry = self.guide[(word >> self.shift) as usize] as usize;
        while self.ends.get(entry).is_some_and(|end| *end <= word) {
            entry += 1;
        }
        self.first + entry as u64
    }

    /// Appends one count per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<u64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

/// The first count, and how many of the 2^64 words each count from there on gets; the sum is exact.
fn shares(mean: f64) -> (u64, Vec<u128>) {
    let mode = mean.floor();
    // Weights relative to the mode's, until one is too small to get a word.
    let mut below = Vec::new();
    let (mut weight, mut k) = (1.0, mode);
    while k > 0.0 {
        weight = weight * k / mean;
        if weight * WORDS < 1.0 {
            break;
        }
        below.push(weight);
        k -= 1.0;
    }
    let first = mode as u64 - below.len() as u64;
    let mut weights: Vec<f64> = below.into_iter().rev().collect();
    let at_mode = weights.len();
    (weight, k) = (1.0, mode);
    while weight * WORDS >= 1.0 {
        weights.push(weight);
        k += 1.0;
        weight = weight * mean / k;
    }

    let total: f64 = weights.iter().sum();
    let mut shares: Vec<u128> = weights.iter().map(|weight| (weight / total * WORDS) as u128).collect();
    // What rounding left over or took too much is about 2^-50 of the whole; the mode has 2^-12 or more.
    let others = shares.iter().sum::<u128>() - shares[at_mode];
    shares[at_mode] = (1 << 64) - others;
    (first, shares)
}

impl fmt::Display for Poisson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "poisson of mean {}", self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    /// The witness is a Python program: its own ChaCha8 and BLAKE3 keys, the law from `math` or `statistics`.
    #[test]
    fn values_are_stable() {
        let laws = [
            (0.7, [1, 1, 0, 0, 1, 1]),
            (12.0, [12, 13, 10, 7, 13, 13]),
            (1e6, [1_000_060, 1_000_397, 999_575, 998_482, 1_000_444, 1_000_202]),
        ];
        for (mean, expected) in laws {
            let mut values = Vec::new();
            Poisson::new(mean).unwrap().fill(&goodness::words("stable", 6), &mut values);
            assert_eq!(values, expected, "mean {mean}");
        }
    }

    #[test]
    fn a_mean_of_zero_gives_zero() {
        for mean in [0.0, 1e-300] {
            let law = Poisson::new(mean).unwrap();
            assert_eq!((law.sample(0), law.sample(u64::MAX)), (0, 0));
        }
    }

    #[test]
    fn the_guide_finds_what_a_search_finds() {
        for mean in [0.01, 0.7, 3.0, 250.0, 12_345.6] {
            let law = Poisson::new(mean).unwrap();
            let edges = law.ends.iter().flat_map(|end| [end.saturating_sub(1), *end, end.saturating_add(1)]);
            for word in edges.chain(goodness::words("guide", 1000)).chain([0, u64::MAX]) {
                let entry = law.ends.partition_point(|end| *end <= word);
                assert_eq!(law.sample(word), law.first + entry as u64, "mean {mean}, word {word}");
            }
        }
    }

    #[test]
    fn impossible_means_are_refused() {
        let message = |mean| Poisson::new(mean).unwrap_err().to_string();
        assert_eq!(message(-1.0), "mean: expected a number from 0 to 1000000, found `-1`");
        assert_eq!(message(1e7), "mean: expected a number from 0 to 1000000, found `10000000`");
        assert_eq!(message(f64::NAN), "mean: expected a number from 0 to 1000000, found `NaN`");
    }

    /// The probability of `k`, from the gamma function and not from the recurrence.
    fn probability(mean: f64, k: u64) -> f64 {
        let k = k as f64;
        (k * mean.ln() - mean - libm::lgamma(k + 1.0)).exp()
    }

    #[test]
    fn the_table_is_the_law() {
        for mean in [0.3, 1.0, 17.5, 900.0] {
            let (first, shares) = shares(mean);
            for (k, share) in (first..).zip(shares) {
                let (found, expected) = (share as f64 / WORDS, probability(mean, k));
                assert!((found - expected).abs() < 1e-12, "mean {mean}, k {k}: {found}, {expected}");
            }
        }
    }

    fn follows_the_law(draws: u64) {
        for mean in [0.4, 6.0, 431.7] {
            let law = Poisson::new(mean).unwrap();
            let words = goodness::words("poisson", draws);
            let counts = goodness::count(words.iter().map(|word| law.sample(*word)), 1000);
            let probabilities: Vec<f64> = (0..1000).map(|k| probability(mean, k)).collect();
            goodness::assert_discrete(&counts, &probabilities);
        }
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

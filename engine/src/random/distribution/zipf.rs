//! Popularity: the first is twice as common as the second, three times as common as the third.

use std::fmt;

use crate::random::{Invalid, Trickle, unit};

/// The largest number of ranks: up to here every rank is a float.
const MOST_RANKS: u64 = 1 << 53;

/// Zipf's law: rank *k* of `1..=ranks` with a probability proportional to *k*^−`exponent`.
///
/// Exact for any number of ranks without a table, by rejection-inversion: W. Hörmann, G. Derflinger,
/// "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6 (1996), with
/// the numerically stable integrals of Apache Commons RNG. Exact here means up to the 53 bits of a float.
///
/// Cost: one word. The first trial uses the word itself and is accepted in more than 70 % of the draws, for
/// usual exponents in more than 90 %; later trials use a [`Trickle`] that the word seeds, so that other rows
/// do not move. About 30 ns for 1000 ranks and 55 ns for 2^40.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    ranks: f64,
    exponent: f64,
    /// The integral of the hat at its ends, before rank 1 and after the last rank.
    at_first: f64,
    at_last: f64,
    /// A candidate this close below its rank is accepted without another look.
    squeeze: f64,
}

impl Zipf {
    /// The law over `1..=ranks` with this exponent.
    ///
    /// # Errors
    /// When `ranks` is 0 or above 2^53, or `exponent` is not a finite number above 0.
    pub fn new(ranks: u64, exponent: f64) -> Result<Self, Invalid> {
        if !(1..=MOST_RANKS).contains(&ranks) {
            return Err(Invalid::new("ranks", "a number from 1 to 2^53", format!("`{ranks}`")));
        }
        Invalid::unless_positive("exponent", exponent)?;
        let ranks = ranks as f64;
        Ok(Self {
            ranks,
            exponent,
            at_first: integral(exponent, 1.5) - 1.0,
            at_last: integral(exponent, ranks + 0.5),
            squeeze: 2.0 - inverse(exponent, integral(exponent, 2.5) - density(exponent, 2.0)),
        })
    }

    /// The last rank.
    pub fn ranks(&self) -> u64 {
        // At most 2^53, which a double holds.
        self.ranks as u64
    }

    /// The rank that `word` stands for.
    #[inline]
    pub fn sample(&self, word: u64) -> u64 {
        self.trial(word).unwrap_or_else(|| self.further_trials(word))
    }

    /// Appends one rank per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<u64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }

    /// One candidate, or `None` when it is rejected.
    #[inline]
    fn trial(&self, word: u64) -> Option<u64> {
        let u = self.at_last + unit(word) * (self.at_first - self.at_last);
        let x = inverse(self.exponent, u);
        let rank = libm::floor(x + 0.5).clamp(1.0, self.ranks);
        let accepted = rank - x <= self.squeeze
            || u >= integral(self.exponent, rank + 0.5) - density(self.exponent, rank);
        accepted.then_some(rank as u64)
    }

    /// Ends, because the words of a trickle run through every value.
    #[cold]
    fn further_trials(&self, word: u64) -> u64 {
        let mut trickle = Trickle::new(word);
        loop {
            if let Some(rank) = self.trial(trickle.next()) {
                return rank;
            }
        }
    }
}

/// The hat function at `x`: x^−exponent.
fn density(exponent: f64, x: f64) -> f64 {
    libm::exp(-exponent * libm::log(x))
}

/// The integral of the hat from 1 to `x`: (x^(1 − exponent) − 1) / (1 − exponent), and ln x for exponent 1.
fn integral(exponent: f64, x: f64) -> f64 {
    let log = libm::log(x);
    expm1_ratio((1.0 - exponent) * log) * log
}

/// The inverse of [`integral`].
#[inline]
fn inverse(exponent: f64, y: f64) -> f64 {
    // Rounding may step over the pole at −1.
    let t = (y * (1.0 - exponent)).max(-1.0);
    libm::exp(log1p_ratio(t) * y)
}

/// ln(1 + t) / t, also where t is about 0.
#[inline]
fn log1p_ratio(t: f64) -> f64 {
    if t.abs() > 1e-8 { libm::log1p(t) / t } else { 1.0 - t * (0.5 - t * (1.0 / 3.0 - t * 0.25)) }
}

/// (e^t − 1) / t, also where t is about 0.
#[inline]
fn expm1_ratio(t: f64) -> f64 {
    if t.abs() > 1e-8 {
        libm::expm1(t) / t
    } else {
        1.0 + t * 0.5 * (1.0 + t * (1.0 / 3.0) * (1.0 + t * 0.25))
    }
}

impl fmt::Display for Zipf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zipf over {} ranks, exponent {}", self.ranks, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    #[test]
    fn values_are_stable() {
        let laws = [
            (10, 0.5, [4, 3, 6, 9, 2, 3]),
            (1_000_000, 1.0, [527, 80, 7953, 394_649, 63, 234]),
            (MOST_RANKS, 1.2, [14, 5, 132, 482_283, 4, 9]),
        ];
        for (ranks, exponent, expected) in laws {
            let mut values = Vec::new();
            Zipf::new(ranks, exponent).unwrap().fill(&goodness::words("stable", 6), &mut values);
            assert_eq!(values, expected, "{ranks} ranks, exponent {exponent}");
        }
    }

    #[test]
    fn every_draw_is_a_rank() {
        let edges = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63];
        for ranks in [1, 2, 3, 1000, MOST_RANKS] {
            for exponent in [1e-300, 0.01, 1.0 - 1e-12, 1.0, 1.0 + 1e-12, 3.0, 1000.0, 1e300, f64::MAX] {
                let law = Zipf::new(ranks, exponent).unwrap();
                for word in goodness::words("every", 500).into_iter().chain(edges) {
                    assert!((1..=ranks).contains(&law.sample(word)), "{ranks} ranks, exponent {exponent}");
                }
            }
        }
    }

    #[test]
    fn most_first_trials_are_accepted() {
        for exponent in [0.01, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0] {
            for ranks in [2, 10, 1000, MOST_RANKS] {
                let law = Zipf::new(ranks, exponent).unwrap();
                let words = goodness::words("trials", 20_000);
                let accepted = words.iter().filter(|word| law.trial(**word).is_some()).count();
                assert!(accepted > 14_000, "{accepted} of 20000 with {ranks} ranks, exponent {exponent}");
            }
        }
    }

    #[test]
    fn impossible_laws_are_refused() {
        let message = |ranks, exponent| Zipf::new(ranks, exponent).unwrap_err().to_string();
        assert_eq!(message(0, 1.0), "ranks: expected a number from 1 to 2^53, found `0`");
        assert_eq!(message(10, 0.0), "exponent: expected a finite number above 0, found `0`");
        assert_eq!(message(10, f64::NAN), "exponent: expected a finite number above 0, found `NaN`");
    }

    fn follows_the_law(draws: u64) {
        for (ranks, exponent) in [(2, 1.0), (7, 0.3), (1000, 1.0), (100_000, 0.8), (5000, 2.5)] {
            let law = Zipf::new(ranks, exponent).unwrap();
            let words = goodness::words("zipf", draws);
            let counts = goodness::count(words.iter().map(|word| law.sample(*word) - 1), ranks as usize);
            let weights: Vec<f64> = (1..=ranks).map(|rank| (rank as f64).powf(-exponent)).collect();
            let total: f64 = weights.iter().sum();
            goodness::assert_discrete(
                &counts,
                &weights.iter().map(|weight| weight / total).collect::<Vec<_>>(),
            );
        }
    }

    /// With exponent 1, the ranks 2^j..2^(j+1) have the mass H(2^(j+1) − 1) − H(2^j − 1), where H are the
    /// harmonic numbers: ln n + γ + 1/(2n) − 1/(12n²) + … by Euler and Maclaurin.
    #[test]
    fn the_most_ranks_follow_the_law() {
        let law = Zipf::new(MOST_RANKS, 1.0).unwrap();
        let harmonic = |n: u64| -> f64 {
            let x = n as f64;
            if n < 100 {
                (1..=n).map(|k| 1.0 / k as f64).sum()
            } else {
                x.ln() + 0.577_215_664_901_532_9 + 0.5 / x - 1.0 / (12.0 * x * x)
            }
        };
        let total = harmonic(MOST_RANKS);
        let octave = |j: u32| (harmonic(((1 << j) - 1) * 2 + 1) - harmonic((1 << j) - 1)) / total;
        let mut masses: Vec<f64> = (0..53).map(octave).collect();
        masses.push(1.0 / MOST_RANKS as f64 / total);
        let words = goodness::words("most", goodness::DRAWS);
        let counts = goodness::count(words.iter().map(|word| law.sample(*word).ilog2().into()), 54);
        goodness::assert_discrete(&counts, &masses);
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

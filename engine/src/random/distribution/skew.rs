//! References that favour some rows: a power law over indices, with one word and no table.

use crate::random::{Invalid, below, unit};

/// An index in `0..n`, low indices favoured, for references to a fixed number of rows.
///
/// This is the continuous approximation of Zipf's law. The density *x*^−`exponent` on 1..*n* + 1 is inverted,
/// and the whole part of *x* counts as the rank, so the index *i* has a probability proportional to
/// the integral of *x*^−`exponent` from *i* + 1 to *i* + 2. Against [`Zipf`](super::Zipf) the first ranks are
/// somewhat rarer: with exponent 1 and many rows the first one gets ln 2 = 0.69 of what it would get there.
///
/// An exponent of 0 is uniform, in the same way as [`below`]. The index rises with the word. Above 2^53
/// rows, not every index can be drawn. Cost: one word; under 1 ns for exponent 0,
/// 14 ns for exponent 1, and about 38 ns for others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skew {
    n: u64,
    curve: Curve,
}

/// How *x* follows from a number *u* of the unit interval.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Curve {
    /// Exponent 0: the index is [`below`] of the word.
    Uniform,
    /// Exponent 1, where x = exp(u × ln(n + 1)).
    Exponential { log_n: f64 },
    /// Any other, where x = exp(ln(1 + u × (e^t − 1)) / (1 − exponent)) with t = (1 − exponent) × ln(n + 1).
    Power { expm1_t: f64, one_less: f64 },
}

impl Skew {
    /// The law over `0..n` with this exponent.
    ///
    /// # Errors
    /// When `n` is 0, or `exponent` is not a finite number, 0 or more.
    pub fn new(n: u64, exponent: f64) -> Result<Self, Invalid> {
        if n == 0 {
            return Err(Invalid::new("n", "at least 1 row", "`0`"));
        }
        Ok(SkewExponent::new(exponent)?.over(n))
    }

    /// The index that `word` stands for; never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> u64 {
        let x = match self.curve {
            Curve::Uniform => return below(word, self.n),
            Curve::Exponential { log_n } => libm::exp(unit(word) * log_n),
            Curve::Power { expm1_t, one_less } => libm::exp(libm::log1p(unit(word) * expm1_t) / one_less),
        };
        // A cast to `u64` takes the whole part and stops at the ends; rounding may leave 1..n + 1.
        ((x - 1.0) as u64).min(self.n.saturating_sub(1))
    }

    /// Appends one index per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<u64>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

/// The exponent of a [`Skew`] whose number of rows is another one for each draw.
///
/// Draws are the same as from a [`Skew`] over that number. Cost: one word; about 90 ns, as the curve is
/// prepared again for each draw, and 1 ns when the exponent is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkewExponent {
    exponent: f64,
}

impl SkewExponent {
    /// The exponent: 0 for uniform draws, 1 for a law like Zipf's, more for a stronger preference.
    ///
    /// # Errors
    /// When `exponent` is not a finite number, 0 or more.
    pub fn new(exponent: f64) -> Result<Self, Invalid> {
        Invalid::unless_not_negative("exponent", exponent)?;
        Ok(Self { exponent })
    }

    /// An index in `0..n`; never falls when the word rises. With `n` = 0 it is 0.
    #[inline]
    pub fn sample(&self, word: u64, n: u64) -> u64 {
        self.over(n).sample(word)
    }

    /// The law over `0..n`, prepared for many draws. With `n` = 0 every draw is 0.
    #[inline]
    pub fn over(&self, n: u64) -> Skew {
        if self.exponent == 0.0 {
            return Skew { n, curve: Curve::Uniform };
        }
        let log_n = libm::log(n as f64 + 1.0);
        let one_less = 1.0 - self.exponent;
        let expm1_t = libm::expm1(one_less * log_n);
        let curve =
            if one_less == 0.0 { Curve::Exponential { log_n } } else { Curve::Power { expm1_t, one_less } };
        Skew { n, curve }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    /// The witness is a Python program: its own ChaCha8 and BLAKE3 keys, the law from `math` or `statistics`;
    /// it agrees to 11 digits on the last line.
    #[test]
    fn values_are_stable() {
        let laws = [
            (10, 0.0, [5, 6, 3, 0, 6, 5]),
            (1000, 1.0, [36, 90, 9, 0, 102, 54]),
            (
                1 << 60,
                0.8,
                [
                    45_513_409_699_260_016,
                    138_264_865_861_395_840,
                    4_910_715_462_397_587,
                    1_312_186_434_550,
                    157_635_750_668_639_104,
                    75_786_630_364_587_104,
                ],
            ),
        ];
        for (n, exponent, expected) in laws {
            let mut values = Vec::new();
            Skew::new(n, exponent).unwrap().fill(&goodness::words("stable", 6), &mut values);
            assert_eq!(values, expected, "n {n}, exponent {exponent}");
        }
    }

    #[test]
    fn every_draw_is_an_index_and_rises_with_the_word() {
        let mut words = goodness::words("every", 500);
        words.extend([0, 1, u64::MAX, u64::MAX - 1]);
        words.sort_unstable();
        for n in [1, 2, 3, 1000, 1 << 53, u64::MAX] {
            for exponent in [0.0, 1e-300, 0.3, 1.0 - 1e-15, 1.0, 1.0 + 1e-15, 2.0, 60.0, 1e300, f64::MAX] {
                let law = Skew::new(n, exponent).unwrap();
                let mut indices = Vec::new();
                law.fill(&words, &mut indices);
                assert!(indices.is_sorted(), "n {n}, exponent {exponent}");
                assert!(indices.iter().all(|index| *index < n), "n {n}, exponent {exponent}");
                let varying = SkewExponent::new(exponent).unwrap();
                assert!(words.iter().zip(&indices).all(|(word, index)| varying.sample(*word, n) == *index));
            }
        }
    }

    #[test]
    fn exponents_next_to_the_special_ones_are_continuous() {
        for word in goodness::words("next", 1000) {
            let index = |exponent| Skew::new(1_000_000, exponent).unwrap().sample(word);
            assert!(index(0.0).abs_diff(index(1e-12)) <= 1);
            assert!(index(1.0).abs_diff(index(1.0 + 1e-12)) <= 1);
        }
    }

    #[test]
    fn impossible_laws_are_refused() {
        let message = |n, exponent| Skew::new(n, exponent).unwrap_err().to_string();
        assert_eq!(message(0, 1.0), "n: expected at least 1 row, found `0`");
        assert_eq!(message(5, -1.0), "exponent: expected a finite number, 0 or more, found `-1`");
        assert_eq!(SkewExponent::new(0.7).unwrap().sample(u64::MAX, 0), 0);
    }

    fn follows_the_law(draws: u64) {
        for (n, exponent) in [(5, 0.0), (2, 1.0), (1000, 1.0), (300, 0.6), (5000, 1.8)] {
            let law = Skew::new(n, exponent).unwrap();
            let words = goodness::words("skew", draws);
            let counts = goodness::count(words.iter().map(|word| law.sample(*word)), n as usize);
            // The antiderivative of the density.
            let less = 1.0 - exponent;
            let mass = |x: f64| if less == 0.0 { x.ln() } else { x.powf(less) / less };
            let total = mass(n as f64 + 1.0) - mass(1.0);
            let probabilities: Vec<f64> =
                (0..n).map(|i| (mass(i as f64 + 2.0) - mass(i as f64 + 1.0)) / total).collect();
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

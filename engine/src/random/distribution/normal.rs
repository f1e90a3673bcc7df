//! The bell curve, by inversion.

use std::fmt;

use self::coefficients::*;
use crate::random::{Invalid, open_unit};

/// No draw is farther from the mean than this many standard deviations: the quantile of 2^-53 is −8.2095.
pub(super) const FARTHEST: f64 = 8.25;

/// The normal law, by inversion of its distribution function.
///
/// The draw is `mean` + `sd` × Φ⁻¹(*u*) with *u* = [`open_unit`] of the word. Φ⁻¹ is M. J. Wichura's PPND16,
/// "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988), with
/// a relative error of about 10^-16. Draws are exactly symmetric and end at 8.21 standard deviations, which
/// cuts off 2 × 10^-16 of the law. Cost: one word, about 11 ns in bulk; 85 % of the draws need no logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    /// The law with this mean and standard deviation; a deviation of 0 always gives the mean.
    ///
    /// # Errors
    /// When an argument is not finite, `sd` is negative, or the farthest draw overflows.
    pub fn new(mean: f64, sd: f64) -> Result<Self, Invalid> {
        Invalid::unless_finite("mean", mean)?;
        Invalid::unless_not_negative("sd", sd)?;
        let farthest = mean.abs() + FARTHEST * sd;
        Invalid::unless(farthest.is_finite(), "sd", "a law whose tails do not overflow", sd)?;
        Ok(Self { mean, sd })
    }

    /// The number that `word` stands for; never falls when the word rises.
    #[inline]
    pub fn sample(&self, word: u64) -> f64 {
        self.mean + self.sd * quantile(open_unit(word))
    }

    /// Appends one number per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<f64>) {
        quantiles(words, out, |quantile| self.mean + self.sd * quantile);
    }
}

/// Φ⁻¹(p) for `p` strictly between 0 and 1: PPND16 of AS 241.
#[inline]
pub(super) fn quantile(p: f64) -> f64 {
    if in_centre(p) { centre(p) } else { tail(p) }
}

/// Appends a function of each word's quantile.
///
/// The compiler vectorises the first pass, which takes every draw for one of the 85 % in the centre; the
/// second pass draws the others again.
pub(super) fn quantiles(words: &[u64], out: &mut Vec<f64>, value: impl Fn(f64) -> f64) {
    let start = out.len();
    out.extend(words.iter().map(|word| centre(open_unit(*word))));
    for (draw, word) in out[start..].iter_mut().zip(words) {
        let p = open_unit(*word);
        *draw = value(if in_centre(p) { *draw } else { tail(p) });
    }
}

#[inline]
fn in_centre(p: f64) -> bool {
    (p - 0.5).abs() <= 0.425
}

#[inline]
fn centre(p: f64) -> f64 {
    let q = p - 0.5;
    let r = 0.180625 - q * q;
    q * polynomial(&CENTRE_ABOVE, r) / polynomial(&CENTRE_BELOW, r)
}

#[inline(never)]
fn tail(p: f64) -> f64 {
    let nearer_end = p.min(1.0 - p);
    let r = libm::sqrt(-libm::log(nearer_end));
    let distance = if r <= 5.0 {
        polynomial(&TAIL_ABOVE, r - 1.6) / polynomial(&TAIL_BELOW, r - 1.6)
    } else {
        polynomial(&FAR_ABOVE, r - 5.0) / polynomial(&FAR_BELOW, r - 5.0)
    };
    if p < 0.5 { -distance } else { distance }
}

/// Horner's rule, the coefficient of the highest power first.
#[inline(always)]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients[1..].iter().fold(coefficients[0], |sum, coefficient| sum * x + coefficient)
}

/// The coefficients of AS 241, as printed there, the one of the highest power first.
#[expect(clippy::excessive_precision, reason = "digits as in the paper")]
mod coefficients {
    pub(super) const CENTRE_ABOVE: [f64; 8] = [
        2.509_080_928_730_122_672_7e3,
        3.343_057_558_358_812_810_5e4,
        6.726_577_092_700_870_085_3e4,
        4.592_195_393_154_987_145_7e4,
        1.373_169_376_550_946_112_5e4,
        1.971_590_950_306_551_442_7e3,
        1.331_416_678_917_843_774_5e2,
        3.387_132_872_796_366_608_0,
    ];
    pub(super) const CENTRE_BELOW: [f64; 8] = [
        5.226_495_278_852_854_561_0e3,
        2.872_908_573_572_194_267_4e4,
        3.930_789_580_009_271_061_0e4,
        2.121_379_430_158_659_586_7e4,
        5.394_196_021_424_751_107_7e3,
        6.871_870_074_920_579_083_0e2,
        4.231_333_070_160_091_125_2e1,
        1.0,
    ];
    pub(super) const TAIL_ABOVE: [f64; 8] = [
        7.745_450_142_783_414_076_40e-4,
        2.272_384_498_926_918_458_33e-2,
        2.417_807_251_774_506_117_70e-1,
        1.270_458_252_452_368_382_58,
        3.647_848_324_763_204_605_04,
        5.769_497_221_460_691_405_50,
        4.630_337_846_156_545_295_90,
        1.423_437_110_749_683_577_34,
    ];
    pub(super) const TAIL_BELOW: [f64; 8] = [
        1.050_750_071_644_416_843_24e-9,
        5.475_938_084_995_344_946_00e-4,
        1.519_866_656_361_645_719_66e-2,
        1.481_039_764_274_800_745_90e-1,
        6.897_673_349_851_000_045_50e-1,
        1.676_384_830_183_803_849_40,
        2.053_191_626_637_758_821_87,
        1.0,
    ];
    pub(super) const FAR_ABOVE: [f64; 8] = [
        2.010_334_399_292_288_132_65e-7,
        2.711_555_568_743_487_578_15e-5,
        1.242_660_947_388_078_438_60e-3,
        2.653_218_952_657_612_309_30e-2,
        2.965_605_718_285_048_912_30e-1,
        1.784_826_539_917_291_335_80,
        5.463_784_911_164_114_369_90,
        6.657_904_643_501_103_777_20,
    ];
    pub(super) const FAR_BELOW: [f64; 8] = [
        2.044_263_103_389_939_785_64e-15,
        1.421_511_758_316_445_888_70e-7,
        1.846_318_317_510_054_681_80e-5,
        7.868_691_311_456_132_591_00e-4,
        1.487_536_129_085_061_485_25e-2,
        1.369_298_809_227_358_053_10e-1,
        5.998_322_065_558_879_376_90e-1,
        1.0,
    ];
}

impl fmt::Display for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "normal of mean {}, standard deviation {}", self.mean, self.sd)
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
        Normal::new(171.0, 9.0).unwrap().fill(&goodness::words("stable", 8), &mut values);
        let expected = [
            171.53740363444714,
            174.57074461538284,
            167.1763774610381,
            157.33902246799764,
            174.9993460738201,
            172.81869658568556,
            169.82753797090896,
            180.00733034676534,
        ];
        assert_eq!(values, expected);
    }

    /// The paper's own check values, one for each of the three approximations.
    #[test]
    fn quantiles_are_those_of_the_paper() {
        for (p, expected) in
            [(0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408)]
        {
            let error = (quantile(p) / expected - 1.0).abs();
            assert!(error < 5e-16, "{p}: {} instead of {expected}", quantile(p));
        }
    }

    #[test]
    fn bulk_equals_single() {
        let law = Normal::new(-4.0, 2.5).unwrap();
        let mut words = goodness::words("bulk", 10_000);
        words.extend([0, 1, 1 << 63, u64::MAX]);
        let mut values = vec![7.0];
        law.fill(&words, &mut values);
        assert_eq!(values[0], 7.0);
        assert!(words.iter().zip(&values[1..]).all(|(word, value)| law.sample(*word) == *value));
    }

    #[test]
    fn tails_end_symmetrically() {
        let law = Normal::new(0.0, 1.0).unwrap();
        assert!((law.sample(0) + 8.2095).abs() < 1e-4);
        assert_eq!(law.sample(u64::MAX), -law.sample(0));
        assert_eq!(Normal::new(5.0, 0.0).unwrap().sample(0), 5.0);
    }

    #[test]
    fn impossible_laws_are_refused() {
        let message = |mean, sd| Normal::new(mean, sd).unwrap_err().to_string();
        assert_eq!(message(0.0, -1.0), "sd: expected a finite number, 0 or more, found `-1`");
        assert_eq!(message(f64::NAN, 1.0), "mean: expected a finite number, found `NaN`");
        assert!(message(0.0, 1e308).starts_with("sd: expected a law whose tails do not overflow"));
    }

    fn follows_the_law(draws: u64) {
        let mut values = Vec::new();
        Normal::new(3.0, 2.0).unwrap().fill(&goodness::words("normal", draws), &mut values);
        goodness::assert_continuous(values, |x| 0.5 * libm::erfc((3.0 - x) / 2.0 / 2.0_f64.sqrt()));
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

//! One word to one number: the unit interval, and whole numbers below a bound.

/// A number in `0.0..1.0`: the high 53 bits of the word, times 2^-53.
///
/// Every multiple of 2^-53 in the range is equally likely, and the result rises with the word.
///
/// ```
/// use seedbed_engine::random::unit;
/// assert_eq!(unit(0), 0.0);
/// assert_eq!(unit(1 << 63), 0.5);
/// assert_eq!(unit(u64::MAX), 1.0 - f64::EPSILON / 2.0);
/// ```
#[inline]
pub fn unit(word: u64) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 53) as f64;
    (word >> 11) as f64 * STEP
}

/// A number strictly between 0 and 1, for the inversion of laws with infinite tails.
///
/// It is (*k* + 1/2) × 2^-52 with the high 52 bits of the word as *k*, so the ends are 2^-53 and 1 − 2^-53,
/// and both the result *u* and 1 − *u* are exact: the law of 1 − *u* is the same. It rises with the word.
///
/// ```
/// use seedbed_engine::random::open_unit;
/// assert_eq!(open_unit(0), f64::EPSILON / 2.0);
/// assert_eq!(open_unit(u64::MAX), 1.0 - f64::EPSILON / 2.0);
/// ```
#[inline]
pub fn open_unit(word: u64) -> f64 {
    // As the fraction of a float from 1 to 2, which takes no conversion. The subtraction is exact.
    const ONE: u64 = 1.0_f64.to_bits();
    f64::from_bits(ONE | word >> 12) - (1.0 - f64::EPSILON / 2.0)
}

/// A number in `0..n`: the high half of the 128-bit product of the word and `n`.
///
/// The probability of each number differs from 1/*n* by less than 2^-64, so the bias in total variation is
/// below *n* / 2^64: not to be seen in any data set for *n* below 2^40. There is no rejection loop, because
/// it would take an unknown number of words. The result rises with the word. With `n` = 0 it is 0.
///
/// Source: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019), without the
/// rejection step.
///
/// ```
/// use seedbed_engine::random::below;
/// assert_eq!(below(0, 10), 0);
/// assert_eq!(below(1 << 63, 10), 5);
/// assert_eq!(below(u64::MAX, 10), 9);
/// ```
#[inline]
pub fn below(word: u64, n: u64) -> u64 {
    // Cannot truncate: a product below 2^64 * n has a high half below n.
    ((u128::from(word) * u128::from(n)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_stable() {
        assert_eq!(unit(0x0123_4567_89ab_cdef), f64::from_bits(0x3f72_3456_789a_bc80));
        assert_eq!(open_unit(0x0123_4567_89ab_cdef), f64::from_bits(0x3f72_3456_789a_bc80));
        assert_eq!(below(0x0123_4567_89ab_cdef, 1_000_000), 4_444);
        assert_eq!(below(u64::MAX, u64::MAX), u64::MAX - 1);
    }

    proptest! {
        #[test]
        fn the_open_unit_is_open_and_exactly_symmetric(word: u64) {
            let u = open_unit(word);
            prop_assert!(0.0 < u && u < 1.0);
            prop_assert_eq!(1.0 - u, open_unit(!word));
            prop_assert!((0.0..1.0).contains(&unit(word)));
        }

        #[test]
        fn below_stays_below(word: u64, n in 1u64..) {
            prop_assert!(below(word, n) < n);
        }
    }
}

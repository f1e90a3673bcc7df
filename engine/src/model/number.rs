//! Numbers with all their digits: as they were written in the scenario, in a setting, or worked out by an expression.
//!
//! Whole numbers and decimals never pass through a double on their way to a recipe. What is a double by nature, such as a mean,
//! is rounded once, to the nearest.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use crate::types::Type;

/// `digits` × 10^`exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    negative: bool,
    /// Decimal digits without zeros at either end; none for 0.
    digits: String,
    exponent: i64,
}

/// Why a number does not become an integer of so many digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It has more digits after the point.
    Fraction,
    /// It has more digits than an `i128` surely holds.
    Long,
}

/// The most digits of an exact number.
const MOST_DIGITS: i64 = 38;

impl Number {
    /// A number as YAML and people write it: `1_000_000`, `2.5e3`, `-4`, `.5`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "");
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, &text[..]),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, "0"),
        };
        let sign_and_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0
            || sign_and_digits.is_empty()
            || !(are_digits(whole) && are_digits(fraction) && are_digits(sign_and_digits))
        {
            return None;
        }
        // An exponent that does not fit is beyond every type, whichever it is.
        let far = if exponent.starts_with('-') { -(1 << 40) } else { 1 << 40 };
        let exponent = exponent.parse::<i64>().unwrap_or(far).clamp(-(1 << 40), 1 << 40);
        // Both are below the length of a scenario.
        let scale = fraction.len().cast_signed() as i64;
        Some(Self::of_digits(negative, &format!("{whole}{fraction}"), exponent - scale))
    }

    fn of_digits(negative: bool, digits: &str, exponent: i64) -> Self {
        let kept = digits.trim_end_matches('0');
        let exponent = exponent + (digits.len() - kept.len()).cast_signed() as i64;
        let kept = kept.trim_start_matches('0');
        match kept.is_empty() {
            true => Self { negative: false, digits: String::new(), exponent: 0 },
            false => Self { negative, digits: kept.to_owned(), exponent },
        }
    }

    /// The exact value of an array of one integer or numeric; `None` for NULL and for other types.
    pub(crate) fn of(value: &ArrayRef, ty: &Type) -> Option<Self> {
        if value.is_null(0) {
            return None;
        }
        let (unscaled, scale) = match ty {
            Type::Numeric { scale, .. } => (value.as_primitive::<Decimal128Type>().value(0), *scale),
            _ if ty.is_integer() => {
                let value = cast(value, &DataType::Int64).ok()?;
                (i128::from(value.as_primitive::<Int64Type>().value(0)), 0)
            }
            _ => return None,
        };
        Some(Self::of_digits(unscaled < 0, &unscaled.unsigned_abs().to_string(), -i64::from(scale)))
    }

    /// A double as the decimal that is meant by it: the shortest that reads back as the same double. `None` where neighbouring
    /// whole numbers have one double.
    pub(crate) fn of_double(value: f64) -> Option<Self> {
        (value.abs() < 9_007_199_254_740_992.0).then(|| Self::read(&format!("{value:e}"))).flatten()
    }

    /// The nearest double; infinite where there is none.
    pub(crate) fn double(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.digits.is_empty() { "0" } else { &self.digits };
        format!("{sign}{digits}e{}", self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The number as an integer of its digit `scale` places after the point.
    pub(crate) fn at_scale(&self, scale: i8) -> Result<i128, Misfit> {
        let zeros = self.exponent + i64::from(scale);
        if self.digits.is_empty() {
            return Ok(0);
        }
        if zeros < 0 {
            return Err(Misfit::Fraction);
        }
        // Its length is below that of a scenario.
        if self.digits.len().cast_signed() as i64 + zeros > MOST_DIGITS {
            return Err(Misfit::Long);
        }
        let value: i128 =
            format!("{}{}", self.digits, "0".repeat(zeros as usize)).parse().map_err(|_| Misfit::Long)?;
        Ok(if self.negative { -value } else { value })
    }

    /// The greatest whole number that is not above, or the least that is not below; moved into `i64`.
    pub(crate) fn whole(&self, direction: Rounding) -> i64 {
        // What is left of the digits before the point.
        let before = self.digits.len().cast_signed() as i64 + self.exponent;
        let away = (direction == Rounding::Up) != self.negative;
        let magnitude: i128 = match self.at_scale(0) {
            Ok(value) => value.abs(),
            Err(Misfit::Long) => i128::MAX - 1,
            Err(Misfit::Fraction) if before > MOST_DIGITS => i128::MAX - 1,
            Err(Misfit::Fraction) => {
                let whole = if before > 0 { self.digits[..before as usize].parse().unwrap_or(0) } else { 0 };
                whole + i128::from(away)
            }
        };
        let value = if self.negative { -magnitude } else { magnitude };
        value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// Whether it is below 0.
    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    /// Digits in all and after the point of the numeric that holds it.
    pub(crate) fn size(&self) -> (i64, i64) {
        let after = (-self.exponent).max(0);
        let before = (self.digits.len().cast_signed() as i64 + self.exponent).max(0);
        ((before + after).max(1), after)
    }
}

/// Where a fraction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// To the whole number below.
    Down,
    /// To the whole number above.
    Up,
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |of: &Self| match (of.digits.is_empty(), of.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        };
        let order = sign(self).cmp(&sign(other));
        if order != Ordering::Equal || self.digits.is_empty() {
            return order;
        }
        // The place of the first digit, and then digit by digit: digits begin with no zero.
        let place = |of: &Self| of.digits.len().cast_signed() as i64 + of.exponent;
        let magnitude = place(self).cmp(&place(other)).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { magnitude.reverse() } else { magnitude }
    }
}

/// A number where a double is good enough: exact, or the result of arithmetic in doubles.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// All its digits are known.
    Exact(Number),
    /// A double.
    Double(f64),
}

impl Value {
    /// The value of a constant expression; `None` when it is no number.
    pub(crate) fn of(value: &ArrayRef, ty: &Type) -> Option<Self> {
        match ty {
            Type::Real | Type::Double if value.is_valid(0) => {
                let value = cast(value, &DataType::Float64).ok()?;
                Some(Self::Double(value.as_primitive::<Float64Type>().value(0)))
            }
            _ => Number::of(value, ty).map(Self::Exact),
        }
    }

    /// The nearest double.
    pub(crate) fn double(&self) -> f64 {
        match self {
            Self::Exact(number) => number.double(),
            Self::Double(value) => *value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Number {
        Number::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn all_spellings_of_a_number_are_one() {
        for spelling in ["1000", "1_000", "1e3", "1E+3", "+1000.0", "1000.", "0.1e4", "01000", "1000000e-3"] {
            assert_eq!(read(spelling), read("1000"), "{spelling}");
        }
        for wrong in ["", "-", ".", "1e", "e3", "0x10", "1.2.3", "NaN", "inf", "--1", "1 000", "1e1.5"] {
            assert_eq!(Number::read(wrong), None, "{wrong}");
        }
        assert_eq!((read("-0.00"), read("0e999999999999999999999")), (read("0"), read("0")));
    }

    #[test]
    fn no_digit_is_lost() {
        assert_eq!(read("9007199254740993").at_scale(0), Ok(9_007_199_254_740_993));
        assert_eq!(read("99999999.999").at_scale(2), Err(Misfit::Fraction));
        assert_eq!(read("-99999999.99").at_scale(2), Ok(-9_999_999_999));
        assert_eq!(read("1e-400").at_scale(18), Err(Misfit::Fraction));
        assert_eq!(read("1e38").at_scale(0), Err(Misfit::Long));
        assert_eq!(read(&"9".repeat(38)).at_scale(0).map(|n| n.to_string()), Ok("9".repeat(38)));
        assert_eq!(read("1e999999999999").at_scale(0), Err(Misfit::Long));
    }

    #[test]
    fn a_double_is_the_nearest() {
        for text in
            ["0.1", "1e23", "9007199254740993", "5e-324", "1.7976931348623157e308", "123456789.123456789e-5"]
        {
            assert_eq!(read(text).double().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
        assert_eq!(read("1e400").double(), f64::INFINITY);
        assert_eq!(Number::of_double(0.1), Some(read("0.1")));
        assert_eq!(Number::of_double(9_007_199_254_740_992.0), None);
        assert_eq!(Number::of_double(f64::NAN), None);
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let rising = [
            "-1e40",
            "-10",
            "-9.99",
            "-0.5",
            "-0.05",
            "0",
            "1e-50",
            "0.1",
            "0.11",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e40",
        ];
        for pair in rising.windows(2) {
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn fractions_go_up_or_down() {
        for (text, down, up) in [
            ("2.5", 2, 3),
            ("-2.5", -3, -2),
            ("0.01", 0, 1),
            ("-0.01", -1, 0),
            ("7", 7, 7),
            ("9007199254740993", 9_007_199_254_740_993, 9_007_199_254_740_993),
            ("1e30", i64::MAX, i64::MAX),
            ("-1e99", i64::MIN, i64::MIN),
        ] {
            assert_eq!(
                (read(text).whole(Rounding::Down), read(text).whole(Rounding::Up)),
                (down, up),
                "{text}"
            );
        }
    }
}

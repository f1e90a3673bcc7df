//! Numerics as Arrow keeps them: an `i128` and a scale.

use crate::error::invalid_input;
use crate::text::write_decimal;
use crate::types::Type;

const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `10^exponent`, for exponents up to 38.
pub(super) fn power_of_ten(exponent: u8) -> i128 {
    POWERS_OF_TEN[usize::from(exponent)]
}

/// Refuses a value with more digits than the precision has.
#[inline]
pub(super) fn check_precision(value: i128, precision: u8) -> Result<i128, String> {
    if value.unsigned_abs() < power_of_ten(precision).unsigned_abs() { Ok(value) } else { Err(overflow()) }
}

/// `value / divisor`, halves away from zero.
#[inline]
pub(super) fn divide_rounded(value: i128, divisor: i128) -> i128 {
    // Within 64 bits the division is several times cheaper, and most amounts fit.
    let (quotient, remainder) = match (i64::try_from(value), i64::try_from(divisor)) {
        (Ok(value), Ok(divisor)) if divisor > 0 => (i128::from(value / divisor), i128::from(value % divisor)),
        _ => (value / divisor, value % divisor),
    };
    // `remainder >= divisor - remainder` is `2 * remainder >= divisor` without its overflow.
    if remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs() {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// A change from one scale to another, prepared for many numbers.
#[derive(Clone, Copy)]
pub(super) struct Rescale {
    /// What a number is multiplied by, or else divided by.
    factor: i128,
    divides: bool,
    /// The largest number that has not too many digits: before a multiplication, after a division.
    largest: u128,
}

impl Rescale {
    pub(super) fn new(from: i8, to: i8, precision: u8) -> Self {
        let factor = power_of_ten(to.abs_diff(from));
        let (divides, largest) = (to < from, power_of_ten(precision).unsigned_abs() - 1);
        Self { factor, divides, largest: if divides { largest } else { largest / factor.unsigned_abs() } }
    }

    /// The number in the new scale, rounded where digits are lost, and whether it has too many digits.
    #[inline]
    pub(super) fn of(self, value: i128) -> (i128, bool) {
        if self.divides {
            let value = divide_rounded(value, self.factor);
            return (value, value.unsigned_abs() > self.largest);
        }
        (value.wrapping_mul(self.factor), value.unsigned_abs() > self.largest)
    }
}

pub(super) fn overflow() -> String {
    "numeric field overflow".to_owned()
}

pub(super) fn out_of_range(ty: &Type) -> String {
    format!("{ty} out of range")
}

/// A numeric as the nearest double.
pub(super) fn decimal_to_double(value: i128, scale: i8) -> f64 {
    // Both operands are exact up to 2^53 and 10^22, and then one division rounds once.
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return value as f64 / power_of_ten(scale.cast_unsigned()) as f64;
    }
    let mut text = String::new();
    write_decimal(&mut text, value, scale.unsigned_abs());
    text.parse().unwrap_or(f64::NAN)
}

/// The real nearest to a decimal, which rounding to a double first would not always find.
pub(super) fn decimal_to_real(value: i128, scale: i8) -> f32 {
    let double = decimal_to_double(value, scale);
    // Just between two reals; what the double has lost decides.
    if double.to_bits() & 0x1FFF_FFFF == 0x1000_0000 {
        let mut text = String::new();
        write_decimal(&mut text, value, scale.unsigned_abs());
        return text.parse().unwrap_or(double as f32);
    }
    double as f32
}

/// A double as a numeric: its 15 significant digits, as in PostgreSQL, rounded to the scale.
pub(super) fn double_to_decimal(value: f64, digits: usize, precision: u8, scale: i8) -> Result<i128, String> {
    if !value.is_finite() {
        return Err(format!("cannot convert {value} to numeric"));
    }
    parse_decimal(&format!("{value:.*e}", digits - 1), precision, scale)
}

/// Reads `-12.5e3` as a numeric, rounded to the scale.
pub(super) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Result<i128, String> {
    let invalid = || invalid_input("numeric", text);
    let trimmed = text.trim();
    let (mantissa, exponent) = match trimmed.find(['e', 'E']) {
        Some(at) => (&trimmed[..at], trimmed[at + 1..].parse::<i32>().map_err(|_| invalid())?),
        None => (trimmed, 0),
    };
    let (negative, digits) = match mantissa.as_bytes() {
        [b'-', ..] => (true, &mantissa[1..]),
        [b'+', ..] => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return Err(invalid());
    }
    // Digits up to the wanted scale count; the next one rounds.
    let kept = i64::try_from(whole.len()).map_err(|_| invalid())? + i64::from(exponent) + i64::from(scale);
    let mut value: i128 = 0;
    let mut digits = whole.bytes().chain(fraction.bytes());
    for _ in 0..kept.min(100_000) {
        let digit = digits.next().map_or(0, |b| i128::from(b - b'0'));
        // With 38 digits there is no room for one more; a number this large is refused either way.
        value = check_precision(value.saturating_mul(10).saturating_add(digit), precision)?;
    }
    if kept >= 0 && digits.next().is_some_and(|b| b >= b'5') {
        value = check_precision(value + 1, precision)?;
    }
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Step by step, with everything checked.
    fn slowly(value: i128, from: i8, to: i8, precision: u8) -> Option<i128> {
        let scaled = if to >= from {
            value.checked_mul(power_of_ten((to - from).cast_unsigned()))?
        } else {
            divide_rounded(value, power_of_ten((from - to).cast_unsigned()))
        };
        check_precision(scaled, precision).ok()
    }

    proptest! {
        #[test]
        fn a_prepared_change_of_scale_is_the_same(
            value in any::<i128>(),
            short in any::<i32>(),
            digits in 0u8..39,
            (from, to) in (0i8..39, 0i8..39),
            precision in 1u8..39,
        ) {
            let edge = power_of_ten(digits);
            for value in [value, short.into(), edge - 1, edge, edge + 1, 1 - edge, -edge, -edge - 1, i128::MIN, i128::MAX] {
                let (fast, wrong) = Rescale::new(from, to, precision).of(value);
                prop_assert_eq!((!wrong).then_some(fast), slowly(value, from, to, precision), "{}", value);
            }
        }
    }
}

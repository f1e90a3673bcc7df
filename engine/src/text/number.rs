//! Numbers, with PostgreSQL's digits.
//!
//! A double or a real has the shortest digits that read back as the same number; where several are as short, those nearest to it. They
//! are plain from 1e-4 up to 10^15 (a real's up to 10^6), and have an exponent of at least two digits elsewhere.

use super::Buffer;

/// Appends an integer.
#[inline]
pub fn write_integer(out: &mut impl Buffer, value: i64) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// Appends `unscaled` / 10^`scale` with all its decimals.
pub fn write_decimal(out: &mut impl Buffer, unscaled: i128, scale: u8) {
    if unscaled < 0 {
        out.push_ascii(b"-");
    }
    let mut buffer = itoa::Buffer::new();
    let digits = match u64::try_from(unscaled.unsigned_abs()) {
        Ok(small) => buffer.format(small),
        Err(_) => buffer.format(unscaled.unsigned_abs()),
    };
    let scale = usize::from(scale);
    if scale == 0 {
        return out.push_str(digits);
    }
    if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.push_str(whole);
        out.push_ascii(b".");
        return out.push_str(fraction);
    }
    out.push_ascii(b"0.");
    (digits.len()..scale).for_each(|_| out.push_ascii(b"0"));
    out.push_str(digits);
}

/// Appends a double, `Infinity`, `-Infinity` or `NaN`.
///
/// ```
/// use seedbed_engine::text::write_double;
/// let text = |value| {
///     let mut out = String::new();
///     write_double(&mut out, value);
///     out
/// };
/// assert_eq!([1e15, 1e14, 1.5e-7, -0.0].map(text), ["1e+15", "100000000000000", "1.5e-07", "-0"]);
/// ```
#[inline]
pub fn write_double(out: &mut impl Buffer, value: f64) {
    if (1e-4..1e15).contains(&value.abs()) || value == 0.0 {
        return write_plain(out, zmij::Buffer::new().format_finite(value));
    }
    if !value.is_finite() {
        return write_special(out, value);
    }
    let bits = value.to_bits();
    // Digits may lie just between two numbers only where both are integers. What is subnormal is not.
    let (mantissa, shift) = (bits & ((1 << 52) - 1) | 1 << 52, (bits >> 52 & 0x7ff) as i32 - 1075);
    let shortest = Digits::read(zmij::Buffer::new().format_finite(value));
    shortest
        .nearer(mantissa, shift, |digits| format!("{value:.digits$e}"))
        .write(value.is_sign_negative(), out);
}

/// Appends a real, as [`write_double`] does a double.
#[inline]
pub fn write_real(out: &mut impl Buffer, value: f32) {
    if (1e-4..1e6).contains(&value.abs()) || value == 0.0 {
        return write_plain(out, zmij::Buffer::new().format_finite(value));
    }
    if !value.is_finite() {
        return write_special(out, f64::from(value));
    }
    let bits = value.to_bits();
    let (mantissa, shift) = (bits & ((1 << 23) - 1) | 1 << 23, (bits >> 23 & 0xff) as i32 - 150);
    let shortest = Digits::read(zmij::Buffer::new().format_finite(value));
    let shortest = shortest.nearer(u64::from(mantissa), shift, |digits| format!("{value:.digits$e}"));
    shortest.write(value.is_sign_negative(), out);
}

/// Appends a number without an exponent; a whole one has no point.
#[inline]
fn write_plain(out: &mut impl Buffer, text: &str) {
    out.push_str(text.strip_suffix(".0").unwrap_or(text));
}

fn write_special(out: &mut impl Buffer, value: f64) {
    out.push_ascii(match value {
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => b"NaN",
    });
}

/// The most digits that a double needs. Where the shortest lie between two doubles it has one more, and still no more than these.
const MOST_DIGITS: usize = 17;

/// A number D.DDD × 10^`exponent` without its sign. The first and the last digit are not 0.
struct Digits {
    digits: [u8; MOST_DIGITS],
    count: usize,
    exponent: i32,
}

impl Digits {
    /// Reads `-1.25e+3` or `-1250.0`, which is not 0.
    fn read(text: &str) -> Self {
        let (mut digits, mut count, mut exponent) = ([b'0'; MOST_DIGITS], 0, 0);
        let mantissa = text.find('e').unwrap_or(text.len());
        let mut after_point = false;
        for byte in text[..mantissa].bytes() {
            match byte {
                b'.' => after_point = true,
                // Zeros before the first digit count only where they stand after the point.
                b'0' if count == 0 => exponent -= i32::from(after_point),
                b'0'..=b'9' => {
                    // What is behind the last digit are zeros.
                    if let Some(place) = digits.get_mut(count) {
                        *place = byte;
                    }
                    count += 1;
                    exponent += i32::from(!after_point);
                }
                _ => {}
            }
        }
        let written = text.get(mantissa + 1..).unwrap_or("0");
        exponent += written.strip_prefix('+').unwrap_or(written).parse::<i32>().unwrap_or(0) - 1;
        let last = digits[..count.min(MOST_DIGITS)].iter().rposition(|digit| *digit != b'0');
        Self { digits, count: last.map_or(1, |last| last + 1), exponent }
    }

    /// These digits of `mantissa` × 2^`shift`, or more of them where they lie just between it and a neighbour: they read back as the
    /// even one of the two, but PostgreSQL wants digits that are nearer to their number than to any other. `exactly` gives the number
    /// with so many digits after the point, rounded.
    fn nearer(self, mantissa: u64, shift: i32, exactly: impl Fn(usize) -> String) -> Self {
        let mut nearer = self;
        let mut digits = nearer.count;
        while nearer.is_midpoint(mantissa, shift) {
            // More zeros are the same number once again, so this may take some turns.
            nearer = Self::read(&exactly(digits));
            digits += 1;
        }
        nearer
    }

    /// Whether these digits lie half way to a neighbour.
    ///
    /// A power of two has a nearer neighbour below it; half way to that one lie no shortest digits of any double or real.
    fn is_midpoint(&self, mantissa: u64, shift: i32) -> bool {
        let digits =
            self.digits[..self.count].iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        let zeros = self.exponent - (self.count as i32 - 1);
        // The midpoint is (2 × mantissa ± 1) × 2^(shift - 1), and below 2^55 × 2^(shift - 1): 5^24 is more.
        let (Ok(fives @ 0..24), true) = (u32::try_from(zeros), shift > 0) else { return false };
        let twos = digits.trailing_zeros();
        let odd = u128::from(digits >> twos) * 5_u128.pow(fives);
        twos.cast_signed() + zeros == shift - 1 && odd.abs_diff(2 * u128::from(mantissa)) == 1
    }

    fn write(&self, negative: bool, out: &mut impl Buffer) {
        // A sign, a point, the digits, and an exponent such as `e-308`.
        let mut text = [0; MOST_DIGITS + 7];
        let mut length = 0;
        let mut push = |bytes: &[u8]| {
            text[length..length + bytes.len()].copy_from_slice(bytes);
            length += bytes.len();
        };
        if negative {
            push(b"-");
        }
        push(&self.digits[..1]);
        if self.count > 1 {
            push(b".");
            push(&self.digits[1..self.count]);
        }
        push(if self.exponent < 0 { b"e-" } else { b"e+" });
        let exponent = self.exponent.unsigned_abs();
        if exponent < 10 {
            push(b"0");
        }
        push(itoa::Buffer::new().format(exponent).as_bytes());
        out.push_ascii(&text[..length]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn double(value: f64) -> String {
        let mut out = String::new();
        write_double(&mut out, value);
        out
    }

    fn real(value: f32) -> String {
        let mut out = String::new();
        write_real(&mut out, value);
        out
    }

    /// PostgreSQL 15 prints the same.
    #[test]
    fn doubles_look_like_this() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-0.1, "-0.1"),
            (123_456_789.125, "123456789.125"),
            (1e-4, "0.0001"),
            (-1e-5, "-1e-05"),
            (1.234e-5, "1.234e-05"),
            (999_999_999_999_999.9, "999999999999999.9"),
            (1e15, "1e+15"),
            (1_234_567_890_123_456.7, "1.2345678901234568e+15"),
            (9_007_199_254_740_993.0, "9.007199254740992e+15"),
            (1e300, "1e+300"),
            (-1.797_693_134_862_315_7e308, "-1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            // 1e23 lies just between this and the next one.
            (1e23, "9.999999999999999e+22"),
            // Two numbers of 17 digits are as near.
            (218_945_029_224_300.62, "218945029224300.62"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double(value), expected);
        }
    }

    /// PostgreSQL 15 prints the same.
    #[test]
    fn reals_look_like_this() {
        for (value, expected) in [
            (0.1, "0.1"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (16_777_216.0, "1.6777216e+07"),
            // 3.701551e7 and 4.3e9 lie just between two reals.
            (37_015_512.0, "3.7015512e+07"),
            (4.3e9, "4.3000003e+09"),
            (1e10, "1e+10"),
            (1e-45, "1e-45"),
        ] {
            assert_eq!(real(value), expected);
        }
    }

    #[test]
    fn integers_and_decimals_keep_their_digits() {
        for number in [0, 7, 10, 99, 100, 101, 12_345, -1, -100, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            write_integer(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
        let nines = 99_999_999_999_999_999_999_999_999_999_999_999_999;
        for (unscaled, scale, expected) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-12_345, 2, "-123.45"),
            (100, 0, "100"),
            (1, 38, "0.00000000000000000000000000000000000001"),
            (nines, 0, "99999999999999999999999999999999999999"),
            (-nines, 38, "-0.99999999999999999999999999999999999999"),
            (nines, 10, "9999999999999999999999999999.9999999999"),
            (10_000_000_000_000_000_000_000_000_000_007, 2, "100000000000000000000000000000.07"),
        ] {
            let mut out = String::new();
            write_decimal(&mut out, unscaled, scale);
            assert_eq!(out, expected);
        }
    }

    proptest! {
        #[test]
        fn a_double_is_read_back_and_as_short_as_can_be(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = double(value);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits, "{}", text);
            // The standard library rounds up where two numbers of as few digits are as near.
            let digits = |text: &str| {
                let mantissa = text.split('e').next().unwrap_or_default().replace(['-', '.'], "");
                mantissa.trim_matches('0').len()
            };
            // Large integers may need more, where those of the standard library lie just between two numbers.
            let shortest = digits(&format!("{value:e}"));
            let may_tie = value.abs() >= (1u64 << 53) as f64;
            prop_assert!(digits(&text) == shortest || may_tie && digits(&text) > shortest, "{}", text);
        }

        #[test]
        fn a_real_is_read_back(bits: u32) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = real(value);
            prop_assert_eq!(text.parse::<f32>().unwrap().to_bits(), bits, "{}", text);
        }
    }
}

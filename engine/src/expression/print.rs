//! Values as text, in the form PostgreSQL prints them.

use std::fmt::Write;

use arrow::array::{AsArray, BooleanArray, FixedSizeBinaryArray, StringArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::kernel::{Blobs, Numbers, Texts, Value};
use crate::calendar::text::{
    Style, write_date, write_instant, write_interval_sql, write_time, write_timestamp,
};
use crate::types::Type;

/// Prints the elements of one array or scalar; the type is decided once per batch.
pub(super) enum Printer<'a> {
    Text(Texts<'a>),
    Dictionary {
        keys: &'a [i32],
        values: &'a StringArray,
    },
    SmallInt(Numbers<'a, Int16Type>),
    Integer(Numbers<'a, Int32Type>),
    BigInt(Numbers<'a, Int64Type>),
    Numeric(Numbers<'a, Decimal128Type>, u32),
    Real(Numbers<'a, Float32Type>),
    Double(Numbers<'a, Float64Type>),
    Boolean {
        values: &'a BooleanArray,
        scalar: bool,
    },
    Date(Numbers<'a, Date32Type>),
    Time(Numbers<'a, Time64MicrosecondType>),
    Timestamp(Numbers<'a, TimestampMicrosecondType>),
    Instant(Numbers<'a, TimestampMicrosecondType>),
    Interval(Numbers<'a, IntervalMonthDayNanoType>),
    Uuid {
        values: &'a FixedSizeBinaryArray,
        scalar: bool,
    },
    Bytes(Blobs<'a>),
    /// The type of the literal NULL, never printed.
    Null,
}

impl<'a> Printer<'a> {
    /// A printer for values of a type. Printing a row that is NULL is a mistake of the caller.
    pub(super) fn new(value: &'a Value, ty: &Type) -> Result<Self, String> {
        let scalar = value.is_scalar();
        Ok(match ty {
            // A NULL scalar has no element to read, and no row of it is printed.
            _ if value.is_null_scalar() => Self::Null,
            Type::Null => Self::Null,
            Type::Text | Type::Json => match value.array().as_dictionary_opt::<Int32Type>() {
                Some(dictionary) => Self::Dictionary {
                    keys: dictionary.keys().values(),
                    values: dictionary.values().as_string_opt().ok_or("the dictionary does not hold text")?,
                },
                None => Self::Text(Texts::of(value)),
            },
            Type::SmallInt => Self::SmallInt(Numbers::of(value)),
            Type::Integer => Self::Integer(Numbers::of(value)),
            Type::BigInt => Self::BigInt(Numbers::of(value)),
            Type::Numeric { scale, .. } => Self::Numeric(Numbers::of(value), u32::from(scale.unsigned_abs())),
            Type::Real => Self::Real(Numbers::of(value)),
            Type::Double => Self::Double(Numbers::of(value)),
            Type::Boolean => Self::Boolean { values: value.array().as_boolean(), scalar },
            Type::Date => Self::Date(Numbers::of(value)),
            Type::Time => Self::Time(Numbers::of(value)),
            Type::Timestamp => Self::Timestamp(Numbers::of(value)),
            Type::Instant => Self::Instant(Numbers::of(value)),
            Type::Interval => Self::Interval(Numbers::of(value)),
            Type::Uuid => Self::Uuid { values: value.array().as_fixed_size_binary(), scalar },
            Type::Bytes => Self::Bytes(Blobs::of(value)),
            Type::List(_) => return Err(format!("`{ty}` has no text form here")),
        })
    }

    /// Whether values of this type can be printed.
    pub(super) fn supports(ty: &Type) -> bool {
        !matches!(ty, Type::List(_))
    }

    /// Appends the value of a row, which is not NULL.
    #[inline]
    pub(super) fn print(&self, row: usize, out: &mut String) {
        match self {
            Self::Text(texts) => out.push_str(texts.get(row)),
            Self::Dictionary { keys, values } => {
                // Keys are never negative: `DictionaryArray` has checked them.
                out.push_str(values.value(keys[row] as usize));
            }
            Self::SmallInt(numbers) => push_integer(out, i64::from(numbers.get(row))),
            Self::Integer(numbers) => push_integer(out, i64::from(numbers.get(row))),
            Self::BigInt(numbers) => push_integer(out, numbers.get(row)),
            Self::Numeric(numbers, scale) => push_decimal(out, numbers.get(row), *scale),
            Self::Real(numbers) => push_real(out, numbers.get(row)),
            Self::Double(numbers) => push_double(out, numbers.get(row)),
            Self::Boolean { values, scalar } => {
                out.push_str(if values.value(if *scalar { 0 } else { row }) { "true" } else { "false" });
            }
            Self::Date(days) => write_date(out, days.get(row), Style::Sql),
            Self::Time(micros) => write_time(out, micros.get(row)),
            Self::Timestamp(micros) => write_timestamp(out, micros.get(row), Style::Sql),
            Self::Instant(micros) => write_instant(out, micros.get(row), 0, Style::Sql),
            Self::Interval(values) => {
                let value = values.get(row);
                write_interval_sql(out, value.months, value.days, value.nanoseconds);
            }
            Self::Uuid { values, scalar } => push_uuid(out, values.value(if *scalar { 0 } else { row })),
            Self::Bytes(bytes) => {
                out.push_str("\\x");
                push_hex(out, bytes.get(row));
            }
            Self::Null => {}
        }
    }
}

const DIGIT_PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// Writes digits from the end of `buffer` and returns where they begin.
#[inline]
fn digits_u64(buffer: &mut [u8; 40], mut end: usize, mut value: u64) -> usize {
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        end -= 2;
        buffer[end..end + 2].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
    }
    if value >= 10 {
        let pair = value as usize * 2;
        end -= 2;
        buffer[end..end + 2].copy_from_slice(&DIGIT_PAIRS[pair..pair + 2]);
    } else {
        end -= 1;
        buffer[end] = b'0' + value as u8;
    }
    end
}

/// Digits of a number of up to 39 digits; 64-bit division as soon as it fits.
fn digits_u128(buffer: &mut [u8; 40], mut value: u128) -> usize {
    const CHUNK: u128 = 10_000_000_000_000_000_000;
    let mut end = buffer.len();
    while value > u128::from(u64::MAX) {
        let start = digits_u64(buffer, end, (value % CHUNK) as u64);
        value /= CHUNK;
        buffer[end - 19..start].fill(b'0');
        end -= 19;
    }
    digits_u64(buffer, end, value as u64)
}

fn push_digits(out: &mut String, digits: &[u8]) {
    out.push_str(str::from_utf8(digits).unwrap_or_default());
}

/// Appends an integer in decimal.
#[inline]
pub(super) fn push_integer(out: &mut String, value: i64) {
    let mut buffer = [0; 40];
    let mut start = digits_u64(&mut buffer, 40, value.unsigned_abs());
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    push_digits(out, &buffer[start..]);
}

/// Appends `value / 10^scale` with all its decimals.
pub(super) fn push_decimal(out: &mut String, value: i128, scale: u32) {
    let mut buffer = [b'0'; 40];
    let scale = scale as usize;
    let start = digits_u128(&mut buffer, value.unsigned_abs());
    if value < 0 {
        out.push('-');
    }
    // At least one digit stands before the point; scale is below 39, so it fits the zeros of the buffer.
    let point = 40 - scale;
    push_digits(out, &buffer[start.min(point - 1)..point]);
    if scale > 0 {
        out.push('.');
        push_digits(out, &buffer[point..]);
    }
}

/// Appends a double as PostgreSQL does: the shortest digits that read back the same.
pub(crate) fn push_double(out: &mut String, value: f64) {
    let mut text = format!("{value:e}");
    // From 2^54 on, digits may lie just between two doubles. They read back as the even one, but PostgreSQL wants digits that
    // are nearer to it than to any other.
    if value.abs() >= 18_014_398_509_481_984.0 && value.is_finite() && is_midpoint(&text, value) {
        text = format!("{value:.*e}", digit_count(&text));
    }
    push_float(out, value.is_nan(), value.is_infinite(), value < 0.0, 15, &text);
}

/// Appends a real as PostgreSQL does.
pub(crate) fn push_real(out: &mut String, value: f32) {
    let mut text = format!("{value:e}");
    // As for doubles; where it is a real that digits lie between, they are a double exactly.
    if value.abs() >= 33_554_432.0 && value.is_finite() {
        let read: f64 = text.parse().unwrap_or(0.0);
        if read.to_bits() & 0x1FFF_FFFF == 0x1000_0000 {
            text = format!("{value:.*e}", digit_count(&text));
        }
    }
    push_float(out, value.is_nan(), value.is_infinite(), value < 0.0, 6, &text);
}

/// How many digits a number such as `-1.25e3` has.
fn digit_count(text: &str) -> usize {
    text.split('e').next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count()
}

/// Whether the digits of a large double lie just between it and a neighbour.
fn is_midpoint(text: &str, value: f64) -> bool {
    let exact = || {
        let (mantissa, exponent) = text.trim_start_matches('-').split_once('e')?;
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let digits: u128 = mantissa.replace('.', "").parse().ok()?;
        let zeros = exponent.parse::<u32>().ok()?.checked_sub(u32::try_from(fraction).ok()?)?;
        digits.checked_mul(10_u128.checked_pow(zeros)?)
    };
    // Digits of a midpoint are at most 17 and 23 zeros, and those of more than 128 bits have been none so far.
    let Some(exact) = exact() else { return false };
    let bits = value.abs().to_bits();
    // At least 1, since the double is at least 2^54.
    let shift = (bits >> 52) as u32 - 1075;
    let own = u128::from(bits & ((1 << 52) - 1) | 1 << 52).checked_shl(shift).unwrap_or(0);
    exact.abs_diff(own) == 1 << (shift - 1)
}

/// Lays out `-1.25e3`: plain from 1e-4 up to 10^`limit`, otherwise with an exponent of at least two digits.
fn push_float(out: &mut String, nan: bool, infinite: bool, negative: bool, limit: i32, text: &str) {
    if nan {
        return out.push_str("NaN");
    }
    if infinite {
        return out.push_str(if negative { "-Infinity" } else { "Infinity" });
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = match mantissa.strip_prefix('-') {
        Some(rest) => {
            out.push('-');
            rest
        }
        None => mantissa,
    };
    if !(-4..limit).contains(&exponent) {
        out.push_str(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
        return;
    }
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
        return out.push_str(&digits);
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if digits.len() <= whole {
        out.push_str(&digits);
        out.extend(std::iter::repeat_n('0', whole - digits.len()));
    } else {
        out.push_str(&digits[..whole]);
        out.push('.');
        out.push_str(&digits[whole..]);
    }
}

/// Appends two hexadecimal digits for each byte.
pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn push_uuid(out: &mut String, bytes: &[u8]) {
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL prints; the shortest digits of these lie just between two numbers.
    #[test]
    fn digits_are_nearer_to_their_number_than_to_any_other() {
        for (value, expected) in
            [(37_015_512_f32, "3.7015512e+07"), (16_777_216.0, "1.6777216e+07"), (1e10, "1e+10")]
        {
            let mut out = String::new();
            push_real(&mut out, value);
            assert_eq!(out, expected);
        }
        for value in [2e23, 9_007_199_254_740_993e3, 5e-324, 1e300, 1_152_921_504_606_846_976.0] {
            let mut out = String::new();
            push_double(&mut out, value);
            assert_eq!(out.parse(), Ok(value), "{out}");
        }
    }
}

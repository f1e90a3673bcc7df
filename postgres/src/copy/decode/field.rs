//! One field → one value.

use arrow::datatypes::IntervalMonthDayNano;

use crate::copy::payload::{EPOCH_DAYS, EPOCH_MICROS};
use crate::types::Kind;

/// Why a field gives no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misread {
    /// It is a value of the database that the scenario's type cannot hold.
    Foreign(String),
    /// It is no value of the database's type.
    Malformed,
}

fn foreign(value: impl ToString) -> Misread {
    Misread::Foreign(value.to_string())
}

/// A field of so many bytes.
pub(super) fn array<const BYTES: usize>(field: &[u8]) -> Result<[u8; BYTES], Misread> {
    field.try_into().map_err(|_| Misread::Malformed)
}

pub(super) fn text(field: &[u8]) -> Result<&str, Misread> {
    str::from_utf8(field).map_err(|_| Misread::Malformed)
}

/// An integer out of a column of integers or of `numeric`.
pub(super) fn integer<V: TryFrom<i128>>(field: &[u8], kind: &Kind) -> Result<V, Misread> {
    let value = match kind {
        Kind::Numeric(_) => numeric(field, 0)?,
        _ => whole(field)?,
    };
    V::try_from(value).map_err(|_| foreign(value))
}

fn whole(field: &[u8]) -> Result<i128, Misread> {
    match field.len() {
        2 => Ok(i128::from(i16::from_be_bytes(array(field)?))),
        4 => Ok(i128::from(i32::from_be_bytes(array(field)?))),
        8 => Ok(i128::from(i64::from_be_bytes(array(field)?))),
        _ => Err(Misread::Malformed),
    }
}

/// A decimal without its point.
pub(super) fn decimal(field: &[u8], kind: &Kind, precision: u8, scale: u8) -> Result<i128, Misread> {
    let value = match kind {
        Kind::Numeric(_) => numeric(field, scale)?,
        _ => {
            let value = whole(field)?;
            10i128
                .checked_pow(u32::from(scale))
                .and_then(|fill| value.checked_mul(fill))
                .ok_or_else(|| foreign(value))?
        }
    };
    match 10u128.checked_pow(u32::from(precision)) {
        Some(below) if value.unsigned_abs() >= below => {
            Err(foreign(format!("a number of more than {precision} digits")))
        }
        _ => Ok(value),
    }
}

/// A `numeric` as a number of 10^-scale. Foreign are `NaN`, the infinities, digits behind the scale, and what 128 bits
/// cannot hold.
fn numeric(field: &[u8], scale: u8) -> Result<i128, Misread> {
    let (head, groups) = field.split_first_chunk::<8>().ok_or(Misread::Malformed)?;
    let number = |i: usize| u16::from_be_bytes([head[i], head[i + 1]]);
    let (count, weight, sign) = (number(0), number(2).cast_signed(), number(4));
    match sign {
        0 | 0x4000 => {}
        0xC000 => return Err(foreign("NaN")),
        0xD000 => return Err(foreign("Infinity")),
        0xF000 => return Err(foreign("-Infinity")),
        _ => return Err(Misread::Malformed),
    }
    if groups.len() != 2 * usize::from(count) {
        return Err(Misread::Malformed);
    }
    let mut value = 0i128;
    for (i, group) in groups.chunks_exact(2).enumerate() {
        let group = i128::from(u16::from_be_bytes([group[0], group[1]]));
        // The power of ten of the group's last digit, above that of the scale.
        let power = 4 * (i32::from(weight) - i as i32) + i32::from(scale);
        let scaled = match power {
            0.. => 10i128.checked_pow(power.unsigned_abs()).and_then(|fill| group.checked_mul(fill)),
            _ => {
                let cut = 10i128.checked_pow(power.unsigned_abs().min(4)).unwrap_or(10_000);
                if group % cut != 0 {
                    return Err(foreign(format!("a number of more than {scale} digits after the point")));
                }
                Some(group / cut)
            }
        };
        let sum = if group == 0 { Some(value) } else { scaled.and_then(|scaled| value.checked_add(scaled)) };
        value = sum.ok_or_else(|| foreign("a number of more than 38 digits"))?;
    }
    Ok(if sign == 0 { value } else { -value })
}

pub(super) fn real(field: &[u8]) -> Result<f32, Misread> {
    if field.len() == 4 {
        return Ok(f32::from_be_bytes(array(field)?));
    }
    let value = f64::from_be_bytes(array(field)?);
    let narrow = value as f32;
    if f64::from(narrow).to_bits() == value.to_bits() {
        Ok(narrow)
    } else {
        Err(foreign(format!("{value:?}")))
    }
}

pub(super) fn double(field: &[u8]) -> Result<f64, Misread> {
    Ok(f64::from_be_bytes(array(field)?))
}

/// Days from 1970-01-01.
pub(super) fn date(field: &[u8]) -> Result<i32, Misread> {
    match i32::from_be_bytes(array(field)?) {
        i32::MAX => Err(foreign("infinity")),
        i32::MIN => Err(foreign("-infinity")),
        days => days.checked_add(EPOCH_DAYS).ok_or_else(|| foreign(format!("{days} days from 2000-01-01"))),
    }
}

/// Microseconds of a day.
pub(super) fn time(field: &[u8]) -> Result<i64, Misread> {
    Ok(i64::from_be_bytes(array(field)?))
}

/// Microseconds from 1970-01-01.
pub(super) fn timestamp(field: &[u8]) -> Result<i64, Misread> {
    match i64::from_be_bytes(array(field)?) {
        i64::MAX => Err(foreign("infinity")),
        i64::MIN => Err(foreign("-infinity")),
        micros => {
            micros.checked_add(EPOCH_MICROS).ok_or_else(|| foreign(format!("{micros} µs from 2000-01-01")))
        }
    }
}

pub(super) fn interval(field: &[u8]) -> Result<IntervalMonthDayNano, Misread> {
    let bits = u128::from_be_bytes(array(field)?);
    let micros = ((bits >> 64) as u64).cast_signed();
    let (days, months) = (((bits >> 32) as u32).cast_signed(), (bits as u32).cast_signed());
    let nanos = micros.checked_mul(1000).ok_or_else(|| foreign(format!("an interval of {micros} µs")))?;
    Ok(IntervalMonthDayNano::new(months, days, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(count: u16, weight: i16, sign: u16, groups: &[u16]) -> Vec<u8> {
        let head = [count, weight.cast_unsigned(), sign, 0];
        head.iter().chain(groups).flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn numbers_have_the_scale_that_is_asked_for() {
        let number = field(3, 1, 0x4000, &[1, 2345, 6780]);
        assert_eq!(numeric(&number, 3), Ok(-12_345_678));
        assert_eq!(numeric(&number, 5), Ok(-1_234_567_800));
        assert!(matches!(numeric(&number, 2), Err(Misread::Foreign(_))));
        assert_eq!(numeric(&field(0, 0, 0, &[]), 2), Ok(0));
        assert_eq!(numeric(&field(1, 9, 0, &[99]), 0), Ok(99 * 10i128.pow(36)));
    }

    #[test]
    fn what_a_type_cannot_hold_is_foreign() {
        assert_eq!(numeric(&field(0, 0, 0xC000, &[]), 2), Err(foreign("NaN")));
        assert!(matches!(numeric(&field(1, 10, 0, &[1]), 0), Err(Misread::Foreign(_))));
        assert!(matches!(numeric(&field(1, 1000, 0, &[1]), 0), Err(Misread::Foreign(_))));
        assert!(matches!(numeric(&field(1, -1000, 0, &[1]), 38), Err(Misread::Foreign(_))));
        assert!(matches!(
            decimal(&field(1, 0, 0, &[100]), &Kind::Numeric(None), 2, 0),
            Err(Misread::Foreign(_))
        ));
        assert!(matches!(integer::<i16>(&70_000i32.to_be_bytes(), &Kind::Int4), Err(Misread::Foreign(_))));
        assert_eq!(date(&i32::MAX.to_be_bytes()), Err(foreign("infinity")));
        assert_eq!(timestamp(&i64::MIN.to_be_bytes()), Err(foreign("-infinity")));
        assert!(matches!(real(&0.1f64.to_be_bytes()), Err(Misread::Foreign(_))));
        assert_eq!(real(&0.5f64.to_be_bytes()), Ok(0.5));
        assert_eq!(whole(&[1, 2, 3]), Err(Misread::Malformed));
    }
}

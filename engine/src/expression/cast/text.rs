//! Text to everything else, as PostgreSQL reads it.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, FixedSizeBinaryArray, StringArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::json::check_json;
use crate::calendar::civil::split_micros;
use crate::calendar::text::{Moment, parse_date, parse_interval, parse_time, parse_timestamp};
use crate::error::invalid_input;
use crate::expression::decimal::{out_of_range, parse_decimal};
use crate::expression::function::bytes_from_text;
use crate::expression::kernel::{Texts, number_rows, union_nulls};
use crate::expression::tree::Run;
use crate::types::Type;

/// The reader of a type's text.
pub(super) fn from_text(to: &Type) -> Option<Run> {
    let arrow = to.arrow();
    let to = to.clone();
    let invalid = |ty: &Type, text: &str, error: &dyn std::fmt::Display| {
        format!("{}, {error}", invalid_input(ty, text))
    };
    Some(match to.clone() {
        Type::SmallInt => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int16Type>(a, &arrow, rows, |row| {
                i16::try_from(parse_integer(texts.get(row), &to)?).map_err(|_| out_of_range(&to))
            })
        }),
        Type::Integer => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int32Type>(a, &arrow, rows, |row| {
                i32::try_from(parse_integer(texts.get(row), &to)?).map_err(|_| out_of_range(&to))
            })
        }),
        Type::BigInt => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int64Type>(a, &arrow, rows, |row| parse_integer(texts.get(row), &to))
        }),
        Type::Numeric { precision, scale } => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Decimal128Type>(a, &arrow, rows, |row| {
                parse_decimal(texts.get(row), precision, scale)
            })
        }),
        Type::Real => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Float32Type>(a, &arrow, rows, |row| {
                let text = texts.get(row);
                let double = parse_double(text)?;
                let real: f32 = text.trim().parse().map_err(|_| out_of_range(&to))?;
                let beyond = (real.is_infinite() && double.is_finite()) || (real == 0.0 && double != 0.0);
                if beyond { Err(out_of_range(&to)) } else { Ok(real) }
            })
        }),
        Type::Double => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Float64Type>(a, &arrow, rows, |row| parse_double(texts.get(row)))
        }),
        Type::Boolean => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            let nulls = union_nulls(a);
            let flags = (0..rows).map(|row| match &nulls {
                Some(nulls) if nulls.is_null(row) => Ok(None),
                _ => parse_boolean(texts.get(row)).map(Some),
            });
            Ok(Arc::new(flags.collect::<Result<BooleanArray, String>>()?))
        }),
        Type::Date => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Date32Type>(a, &arrow, rows, |row| {
                let text = texts.get(row).trim();
                let days = parse_date(text).or_else(|error| match parse_timestamp(text) {
                    Ok(Moment::Wall(micros) | Moment::Instant(micros)) => Ok(split_micros(micros).0),
                    Err(_) => Err(error),
                });
                days.map_err(|error| invalid(&to, text, &error))
            })
        }),
        Type::Time => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Time64MicrosecondType>(a, &arrow, rows, |row| {
                parse_time(texts.get(row).trim()).map_err(|error| invalid(&to, texts.get(row), &error))
            })
        }),
        Type::Timestamp | Type::Instant => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<TimestampMicrosecondType>(a, &arrow, rows, |row| {
                match parse_timestamp(texts.get(row).trim()) {
                    Ok(Moment::Instant(_)) if to == Type::Timestamp => {
                        Err(invalid(&to, texts.get(row), &"a wall clock has no offset"))
                    }
                    Ok(Moment::Wall(micros) | Moment::Instant(micros)) => Ok(micros),
                    Err(error) => Err(invalid(&to, texts.get(row), &error)),
                }
            })
        }),
        Type::Interval => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<IntervalMonthDayNanoType>(a, &arrow, rows, |row| {
                match parse_interval(texts.get(row)) {
                    Ok(interval) => {
                        Ok(IntervalMonthDayNano::new(interval.months, interval.days, interval.nanos))
                    }
                    Err(error) => Err(invalid(&to, texts.get(row), &error)),
                }
            })
        }),
        Type::Uuid => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            let nulls = union_nulls(a);
            let mut bytes = Vec::with_capacity(rows * 16);
            for row in 0..rows {
                let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                bytes.extend(if valid { parse_uuid(texts.get(row))? } else { [0; 16] });
            }
            Ok(Arc::new(FixedSizeBinaryArray::try_new(16, bytes.into(), nulls).map_err(|e| e.to_string())?))
        }),
        Type::Bytes => bytes_from_text(),
        Type::Json => Arc::new(move |a, _| {
            let array: &StringArray = a[0].array().as_string();
            for text in array.iter().flatten() {
                check_json(text).map_err(|error| invalid(&Type::Json, text, &error))?;
            }
            Ok(a[0].array_ref())
        }),
        _ => return None,
    })
}

fn parse_boolean(text: &str) -> Result<bool, String> {
    let word = text.trim().to_ascii_lowercase();
    let is = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if is("true", 1) || is("yes", 1) || is("on", 2) || word == "1" {
        Ok(true)
    } else if is("false", 1) || is("no", 1) || is("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(invalid_input("boolean", text))
    }
}

/// 32 hexadecimal digits in any case, perhaps in braces, perhaps with hyphens behind groups of four.
fn parse_uuid(text: &str) -> Result<[u8; 16], String> {
    let invalid = || invalid_input("uuid", text);
    let mut bytes = [0; 16];
    let inner = text.strip_prefix('{').map(|rest| rest.strip_suffix('}').ok_or_else(invalid));
    let mut rest = inner.transpose()?.unwrap_or(text).as_bytes();
    for (i, byte) in bytes.iter_mut().enumerate() {
        if let [b'-', behind @ ..] = rest
            && i > 0
            && i % 2 == 0
        {
            rest = behind;
        }
        let [high, low, behind @ ..] = rest else { return Err(invalid()) };
        let digit = |digit: &u8| char::from(*digit).to_digit(16).ok_or_else(invalid);
        *byte = (digit(high)? << 4 | digit(low)?) as u8;
        rest = behind;
    }
    if rest.is_empty() { Ok(bytes) } else { Err(invalid()) }
}

fn parse_double(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let invalid = || invalid_input("double precision", text);
    let value: f64 = trimmed.parse().map_err(|_| invalid())?;
    if value.is_infinite() && trimmed.contains(|c: char| c.is_ascii_digit()) {
        return Err(out_of_range(&Type::Double));
    }
    // A number other than 0 that is none any more.
    let mantissa = trimmed.split(['e', 'E']).next().unwrap_or_default();
    if value == 0.0 && mantissa.contains(|c| matches!(c, '1'..='9')) {
        return Err(out_of_range(&Type::Double));
    }
    Ok(value)
}

fn parse_integer(text: &str, ty: &Type) -> Result<i64, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid_input(ty, text));
    }
    trimmed.parse().map_err(|_| out_of_range(ty))
}

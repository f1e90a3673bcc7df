//! What a column cannot take is refused before it is sent, with the column's name: the server would refuse it too, after the
//! fact and for the whole stream.
//!
//! A column is checked as a whole first, without an early exit, so that the compiler vectorises it. Only when something is
//! wrong somewhere is the row searched; it may turn out to be NULL with something behind it.

use arrow::array::{Array, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use seedbed_engine::calendar::text::{Style, write_date, write_interval, write_time, write_timestamp};
use seedbed_engine::text::write_decimal;

use super::inet::Address;
use super::target::{Form, Rule};
use crate::error::{Error, Refusal};
use crate::types::{IntervalParts, Limit, step};

/// The days from 4714-11-24 BC to the end of 5874897, from 1970-01-01: what a `date` holds.
const DATES: (i32, i32) = (-2_440_588, 2_145_042_905);

/// The microseconds from 4714-11-24 BC, from 1970-01-01: what a `timestamp` holds. Its end lies behind 64 bits of them.
const TIMESTAMPS: (i64, i64) = (-210_866_803_200_000_000, i64::MAX);

/// The microseconds of a day, and 24:00.
const TIMES: (i64, i64) = (0, 86_400_000_000);

/// The most characters of a value in a message.
const MOST_SHOWN: usize = 60;

/// The column that values are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) table: &'a str,
    pub(super) column: &'a str,
}

impl Place<'_> {
    pub(super) fn refused(self, value: &str, reason: impl Into<String>, hint: Option<String>) -> Error {
        let shown = match value.char_indices().nth(MOST_SHOWN) {
            Some((end, _)) => format!("`{}…`", value[..end].escape_debug()),
            None => format!("`{}`", value.escape_debug()),
        };
        let (table, column) = (self.table.to_owned(), self.column.to_owned());
        let refusal = Refusal { table, column, value: shown, reason: reason.into(), row: None, hint };
        Error::Refused(Box::new(refusal))
    }
}

/// Checks the values of an array, which is not a dictionary and not a list.
///
/// # Errors
/// The first value that the column cannot take.
pub(super) fn check(array: &dyn Array, form: &Form, place: Place) -> Result<(), Error> {
    match form {
        Form::Int2 => integers(array, i64::from(i16::MIN), i64::from(i16::MAX), "smallint", place),
        Form::Int4 => integers(array, i64::from(i32::MIN), i64::from(i32::MAX), "integer", place),
        Form::Int8 => integers(array, i64::MIN, i64::MAX, "bigint", place),
        Form::Numeric(decimals) => match decimals.below {
            Some(below) => numerics(array, decimals.scale, below, place),
            None => Ok(()),
        },
        Form::Date => {
            let date = |days| text(|out| write_date(out, days, Style::Sql));
            within::<Date32Type>(array.as_primitive(), DATES.0, DATES.1, "a date of PostgreSQL", date, place)
        }
        Form::Timestamp(step) => timestamps(array, *step, place),
        Form::Time(step) => {
            let array = array.as_primitive::<Time64MicrosecondType>();
            let shown = |micros| text(|out| write_time(out, micros));
            let beyond = |micros| format!("{micros} µs");
            within(array, TIMES.0, TIMES.1, "a time of day", beyond, place)?;
            whole(array, *step, shown, place)
        }
        Form::Interval(parts) => intervals(array.as_primitive(), *parts, place),
        Form::Text(rule) => texts(array.as_string(), rule, place),
        Form::Jsonb => jsonb(array.as_string(), place),
        Form::Inet => addresses(array.as_string(), false, place),
        Form::Cidr => addresses(array.as_string(), true, place),
        Form::Null | Form::Bool | Form::Float4 | Form::Float8 | Form::Uuid | Form::Bytes | Form::List(..) => {
            Ok(())
        }
    }
}

fn text(write: impl Fn(&mut String)) -> String {
    let mut text = String::new();
    write(&mut text);
    text
}

/// Refuses the first value that is not from `low` to `high`.
fn within<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    low: T::Native,
    high: T::Native,
    what: &str,
    shown: impl Fn(T::Native) -> String,
    place: Place,
) -> Result<(), Error> {
    if low == T::Native::MIN_TOTAL_ORDER && high == T::Native::MAX_TOTAL_ORDER {
        return Ok(());
    }
    let good = |value: &T::Native| (low <= *value) & (*value <= high);
    if array.values().iter().fold(true, |all, value| all & good(value)) {
        return Ok(());
    }
    match array.iter().flatten().find(|value| !good(value)) {
        Some(value) => Err(place.refused(&shown(value), format!("it is out of the range of {what}"), None)),
        None => Ok(()),
    }
}

fn integers(array: &dyn Array, low: i64, high: i64, what: &str, place: Place) -> Result<(), Error> {
    // A bound that the values' own type cannot pass is none.
    let (low16, high16) = (i16::try_from(low).unwrap_or(i16::MIN), i16::try_from(high).unwrap_or(i16::MAX));
    let (low32, high32) = (i32::try_from(low).unwrap_or(i32::MIN), i32::try_from(high).unwrap_or(i32::MAX));
    match array.data_type() {
        DataType::Int16 => {
            within::<Int16Type>(array.as_primitive(), low16, high16, what, |v| v.to_string(), place)
        }
        DataType::Int32 => {
            within::<Int32Type>(array.as_primitive(), low32, high32, what, |v| v.to_string(), place)
        }
        DataType::Int64 => {
            within::<Int64Type>(array.as_primitive(), low, high, what, |v| v.to_string(), place)
        }
        _ => {
            let (low, high) = (i128::from(low), i128::from(high));
            within::<Decimal128Type>(array.as_primitive(), low, high, what, |v| v.to_string(), place)
        }
    }
}

fn numerics(array: &dyn Array, scale: u8, below: u128, place: Place) -> Result<(), Error> {
    let what = "the precision of the column";
    // The bound is a power of ten, at least 1; what is beyond the values' own type is no bound.
    let most = below - 1;
    let most64 = i64::try_from(most).unwrap_or(i64::MAX);
    match array.data_type() {
        DataType::Decimal128(..) => {
            let most = i128::try_from(most).unwrap_or(i128::MAX);
            let shown = |value: i128| decimal(value, scale);
            within::<Decimal128Type>(array.as_primitive(), -most, most, what, shown, place)
        }
        _ if most64 == i64::MAX => Ok(()),
        _ => integers(array, -most64, most64, what, place),
    }
}

/// A decimal with its point.
pub(super) fn decimal(value: i128, scale: u8) -> String {
    text(|out| write_decimal(out, value, scale))
}

fn timestamps(array: &dyn Array, step: i64, place: Place) -> Result<(), Error> {
    let array = array.as_primitive::<TimestampMicrosecondType>();
    let shown = |micros| text(|out| write_timestamp(out, micros, Style::Sql));
    let what = "a timestamp of PostgreSQL";
    within(array, TIMESTAMPS.0, TIMESTAMPS.1, what, shown, place)?;
    whole(array, step, shown, place)
}

/// Refuses the first moment that the column would round.
fn whole<T: ArrowPrimitiveType<Native = i64>>(
    array: &PrimitiveArray<T>,
    step: i64,
    shown: impl Fn(i64) -> String,
    place: Place,
) -> Result<(), Error> {
    if step == 1 || array.values().iter().fold(true, |all, micros| all & (micros % step == 0)) {
        return Ok(());
    }
    match array.iter().flatten().find(|micros| micros % step != 0) {
        Some(micros) => Err(place.refused(&shown(micros), rounded(step), Some(ROUND.to_owned()))),
        None => Ok(()),
    }
}

/// What a user can do about digits of a second that a column does not keep.
const ROUND: &str =
    "round it in the scenario: `precision:` of `moment`, or `date_trunc`; or give the column more digits";

/// Why a moment is refused.
fn rounded(step: i64) -> String {
    match 6 - step.ilog10() {
        0 => "the column keeps whole seconds, and would round it".to_owned(),
        1 => "the column keeps 1 digit of a second, and would round it".to_owned(),
        digits => format!("the column keeps {digits} digits of a second, and would round it"),
    }
}

fn intervals(
    array: &PrimitiveArray<IntervalMonthDayNanoType>,
    parts: IntervalParts,
    place: Place,
) -> Result<(), Error> {
    for value in array.iter().flatten() {
        let IntervalMonthDayNano { months, days, nanoseconds } = value;
        let refused = |reason: String| {
            let shown = text(|out| write_interval(out, months, days, nanoseconds));
            Err(place.refused(
                &shown,
                reason,
                Some("leave out in the scenario what the column does not keep".to_owned()),
            ))
        };
        if nanoseconds % 1000 != 0 {
            return Err(place.refused(
                &format!("{nanoseconds} ns"),
                "an interval holds whole microseconds",
                None,
            ));
        }
        if parts != IntervalParts::ALL && !parts.keep(months, days, nanoseconds / 1000) {
            return match parts.micros {
                Some(step @ ..=1_000_000) if parts.keep(months, days, 0) => refused(rounded(step)),
                _ => refused("the column does not keep all of its fields, and would cut it".to_owned()),
            };
        }
    }
    Ok(())
}

/// The bytes of all values, and perhaps of some that are NULL.
fn bytes(array: &StringArray) -> &[u8] {
    let offsets = array.value_offsets();
    &array.value_data()[offsets[0] as usize..offsets[array.len()] as usize]
}

fn texts(array: &StringArray, rule: &Rule, place: Place) -> Result<(), Error> {
    no_nul(array, place)?;
    let values = array.iter().flatten();
    match rule {
        Rule::Any => Ok(()),
        Rule::Short(most) => {
            // A text has no more characters than bytes.
            let long = |value: &&str| value.len() > *most && value.chars().count() > *most;
            match array.iter().flatten().find(long) {
                Some(value) => {
                    let reason =
                        format!("it has {} characters, the column takes {most}", value.chars().count());
                    Err(place.refused(value, reason, None))
                }
                None => Ok(()),
            }
        }
        Rule::Limit(Limit::None) => Ok(()),
        Rule::Limit(Limit::Bytes(most)) => match { values }.find(|value| value.len() > *most) {
            Some(value) => {
                let reason = format!("it has {} bytes, the column keeps {most}", value.len());
                Err(place.refused(value, reason, None))
            }
            None => Ok(()),
        },
        Rule::Limit(Limit::Digits(most)) => {
            match { values }.find(|value| digits_of_second(value) > usize::from(*most)) {
                Some(value) => Err(place.refused(value, rounded(step(*most)), Some(ROUND.to_owned()))),
                None => Ok(()),
            }
        }
        Rule::Label(labels, known) => match { values }.find(|value| !known.contains(*value)) {
            Some(value) => {
                let hint = format!("the labels of the type are {}", listed(labels));
                Err(place.refused(value, "it is no label of the column's type", Some(hint)))
            }
            None => Ok(()),
        },
    }
}

/// The digits behind the point of a time, without zeros at the end; the most where there are several times.
fn digits_of_second(times: &str) -> usize {
    let digits = |behind: &str| {
        let digits = behind.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.trim_end_matches('0').len()
    };
    times.split('.').skip(1).map(digits).max().unwrap_or_default()
}

fn listed(labels: &[String]) -> String {
    let quoted: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    quoted.join(", ")
}

fn no_nul(array: &StringArray, place: Place) -> Result<(), Error> {
    if !bytes(array).contains(&0) {
        return Ok(());
    }
    match array.iter().flatten().find(|value| value.contains('\0')) {
        Some(value) => Err(place.refused(value, "PostgreSQL cannot store the character U+0000", None)),
        None => Ok(()),
    }
}

/// `jsonb` takes its strings apart, and then even a NUL written as an escape has no place to be.
fn jsonb(array: &StringArray, place: Place) -> Result<(), Error> {
    no_nul(array, place)?;
    if !bytes(array).contains(&b'\\') {
        return Ok(());
    }
    match array.iter().flatten().find(|value| has_nul_escape(value)) {
        Some(value) => Err(place.refused(value, "`jsonb` cannot hold the escape \\u0000", None)),
        None => Ok(()),
    }
}

fn has_nul_escape(json: &str) -> bool {
    let mut bytes = json.as_bytes();
    while let Some(at) = bytes.iter().position(|byte| *byte == b'\\') {
        if bytes[at + 1..].starts_with(b"u0000") {
            return true;
        }
        // The character behind a backslash is no backslash of its own.
        bytes = bytes.get(at + 2..).unwrap_or_default();
    }
    false
}

fn addresses(array: &StringArray, cidr: bool, place: Place) -> Result<(), Error> {
    for value in array.iter().flatten() {
        Address::parse(value, cidr).map_err(|reason| place.refused(value, reason, None))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_told_from_escaped_backslashes() {
        assert!(has_nul_escape(r#"{"a": "x\u0000"}"#));
        assert!(has_nul_escape(r#""\\\u0000""#));
        assert!(!has_nul_escape(r#""\\u0000""#));
        assert!(!has_nul_escape(r#""\u0001\\""#));
        assert!(!has_nul_escape(r"\"));
    }
}

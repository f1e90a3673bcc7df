//! The text format of COPY, for tables with a type that has no binary form here: fields between tabs, rows between line
//! ends, NULL as `\N`, and a backslash before what would be taken for one of these.
//!
//! The fields of each column are written for the whole batch, and then gathered row by row.

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use seedbed_engine::calendar::text::{
    Style, write_date, write_instant, write_interval, write_time, write_timestamp,
};

use super::Output;
use super::check::{Place, check, decimal};
use super::payload::unpacked;
use super::target::Form;
use crate::error::Error;

/// The fields of a column, escaped, and where each ends.
pub(super) struct Fields {
    text: String,
    ends: Vec<usize>,
}

/// Checks and writes the values of an array.
///
/// # Errors
/// A value that the column cannot take.
pub(super) fn fields(array: &ArrayRef, form: &Form, place: Place) -> Result<Fields, Error> {
    let array = plain(array, form)?;
    check_all(&array, form, place)?;
    let nulls = array.logical_nulls();
    let mut fields = Fields { text: String::new(), ends: Vec::with_capacity(array.len()) };
    let mut value = String::new();
    for row in 0..array.len() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            fields.text.push_str("\\N");
        } else {
            value.clear();
            write_value(&array, form, row, &mut value);
            escape(&value, &mut fields.text);
        }
        fields.ends.push(fields.text.len());
    }
    Ok(fields)
}

/// Checks the values of an array, and gives them as text.
///
/// # Errors
/// A value that the column cannot take.
pub(super) fn values(array: &ArrayRef, form: &Form, place: Place) -> Result<StringArray, Error> {
    let array = plain(array, form)?;
    check_all(&array, form, place)?;
    let nulls = array.logical_nulls();
    let mut text = String::new();
    let values = (0..array.len()).map(|row| {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        (!is_null).then(|| {
            text.clear();
            write_value(&array, form, row, &mut text);
            text.clone()
        })
    });
    Ok(values.collect())
}

/// Appends rows.
pub(super) fn rows(columns: &[Fields], rows: usize, out: &mut Output) {
    let mut text = String::with_capacity(columns.iter().map(|column| column.text.len() + rows).sum());
    let mut starts = vec![0; columns.len()];
    for row in 0..rows {
        for (i, (column, start)) in columns.iter().zip(&mut starts).enumerate() {
            if i > 0 {
                text.push('\t');
            }
            let end = column.ends[row];
            text.push_str(&column.text[*start..end]);
            *start = end;
        }
        text.push('\n');
    }
    out.extend(text.as_bytes());
}

/// The array without a dictionary.
fn plain(array: &ArrayRef, form: &Form) -> Result<ArrayRef, Error> {
    match array.data_type() {
        DataType::Dictionary(_, of) => Ok(arrow::compute::cast(array, of)
            .map_err(|error| Error::usage(error.to_string(), super::payload::FAULT))?),
        _ => unpacked(array, form),
    }
}

/// Checks the values of an array.
///
/// # Errors
/// A value that the column cannot take.
pub(super) fn check_values(array: &ArrayRef, form: &Form, place: Place) -> Result<(), Error> {
    if let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() {
        // Few values stand for many rows; one of them may be of none.
        if check_all(dictionary.values(), form, place).is_ok() {
            return Ok(());
        }
    }
    check_all(&plain(array, form)?, form, place)
}

fn check_all(array: &ArrayRef, form: &Form, place: Place) -> Result<(), Error> {
    match form {
        _ if array.data_type() == &DataType::Null => Ok(()),
        Form::List(_, element) => {
            let lists = array.as_list::<i32>();
            let offsets = lists.value_offsets();
            let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
            check_all(&lists.values().slice(first, last - first), element, place)
        }
        _ => check(array, form, place),
    }
}

/// Appends a value as PostgreSQL reads it whatever the settings of the session are.
fn write_value(array: &ArrayRef, form: &Form, row: usize, out: &mut String) {
    let instant = |micros, out: &mut String| write_instant(out, micros, 0, Style::Sql);
    match array.data_type() {
        DataType::Boolean => out.push(if array.as_boolean().value(row) { 't' } else { 'f' }),
        DataType::Int16 => out.push_str(&array.as_primitive::<Int16Type>().value(row).to_string()),
        DataType::Int32 => out.push_str(&array.as_primitive::<Int32Type>().value(row).to_string()),
        DataType::Int64 => out.push_str(&array.as_primitive::<Int64Type>().value(row).to_string()),
        // The digits that tell a number of 32 bits from its neighbours are too few for 64.
        DataType::Float32 if matches!(form, Form::Float8) => {
            out.push_str(&f64::from(array.as_primitive::<Float32Type>().value(row)).to_string())
        }
        // Rust writes the shortest digits that mean the same number; so does PostgreSQL, which also knows `inf` and `NaN`.
        DataType::Float32 => out.push_str(&array.as_primitive::<Float32Type>().value(row).to_string()),
        DataType::Float64 => out.push_str(&array.as_primitive::<Float64Type>().value(row).to_string()),
        DataType::Decimal128(_, scale) => {
            out.push_str(&decimal(array.as_primitive::<Decimal128Type>().value(row), scale.unsigned_abs()))
        }
        DataType::Date32 => write_date(out, array.as_primitive::<Date32Type>().value(row), Style::Sql),
        DataType::Time64(_) => write_time(out, array.as_primitive::<Time64MicrosecondType>().value(row)),
        DataType::Timestamp(_, None) => {
            write_timestamp(out, array.as_primitive::<TimestampMicrosecondType>().value(row), Style::Sql)
        }
        DataType::Timestamp(_, Some(_)) => {
            instant(array.as_primitive::<TimestampMicrosecondType>().value(row), out)
        }
        DataType::Interval(_) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            write_interval(out, value.months, value.days, value.nanoseconds);
        }
        DataType::FixedSizeBinary(_) => write_hex(array.as_fixed_size_binary().value(row), out),
        DataType::Binary => {
            out.push_str("\\x");
            write_hex(array.as_binary::<i32>().value(row), out);
        }
        DataType::List(_) => {
            let element = if let Form::List(_, element) = form { element } else { form };
            write_array(&array.as_list::<i32>().value(row), element, out);
        }
        _ => out.push_str(array.as_string::<i32>().value(row)),
    }
}

fn write_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).expect("four bits are a hexadecimal digit"));
        }
    }
}

/// Appends the literal of an array, with every element in quotes: `{"a","b \"c\"",NULL}`.
fn write_array(elements: &ArrayRef, form: &Form, out: &mut String) {
    let mut text = String::new();
    let nulls = elements.logical_nulls();
    out.push('{');
    for i in 0..elements.len() {
        if i > 0 {
            out.push(',');
        }
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(i)) {
            out.push_str("NULL");
            continue;
        }
        text.clear();
        write_value(elements, form, i, &mut text);
        out.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
    }
    out.push('}');
}

/// Appends a field, with what COPY gives a meaning escaped.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            _ => "\\r",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_gives_a_meaning_is_escaped() {
        let mut out = String::new();
        escape("a\tb\\N\r\nü\\.", &mut out);
        assert_eq!(out, "a\\tb\\\\N\\r\\nü\\\\.");
    }
}

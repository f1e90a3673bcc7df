//! The text format of COPY, for tables with a type that has no binary form here: fields between tabs, rows between line
//! ends, NULL as `\N`, and a backslash before what would be taken for one of these.
//!
//! The fields of each column are written for the whole batch, and then gathered row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use seedbed_engine::text::{Cells, Intervals, Meaning, Values};

use super::Output;
use super::check::{Place, check};
use super::payload::unpacked;
use super::target::Form;
use crate::error::Error;

/// Intervals have one meaning whatever the settings of the session are.
const INTERVALS: Intervals = Intervals::Iso;

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
    let cells = Cells::spelled(&array, Meaning::Text, INTERVALS);
    let mut fields = Fields { text: String::new(), ends: Vec::with_capacity(array.len()) };
    let mut value = String::new();
    for row in 0..array.len() {
        if cells.is_null(row) {
            fields.text.push_str("\\N");
        } else {
            match cells.values() {
                // Digits and letters, of which COPY gives none a meaning.
                Values::Bare(values) => values.write(row, &mut fields.text),
                values => {
                    value.clear();
                    values.write_sql(row, &mut value);
                    escape(&value, &mut fields.text);
                }
            }
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
    let cells = Cells::spelled(&array, Meaning::Text, INTERVALS);
    let values = (0..array.len()).map(|row| {
        (!cells.is_null(row)).then(|| {
            let mut text = String::new();
            cells.values().write_sql(row, &mut text);
            text
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

/// The array without a dictionary, and with the digits that its column keeps.
fn plain(array: &ArrayRef, form: &Form) -> Result<ArrayRef, Error> {
    let becomes = match (array.data_type(), form) {
        (DataType::Dictionary(_, of), _) => of.as_ref().clone(),
        // The digits that tell a number of 32 bits from its neighbours are too few for 64.
        (DataType::Float32, Form::Float8) => DataType::Float64,
        (DataType::List(of), Form::List(_, element))
            if *of.data_type() == DataType::Float32 && matches!(**element, Form::Float8) =>
        {
            DataType::List(Arc::new(of.as_ref().clone().with_data_type(DataType::Float64)))
        }
        _ => return unpacked(array, form),
    };
    cast(array, &becomes).map_err(|error| Error::usage(error.to_string(), super::payload::FAULT))
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

//! `json`: JSON objects.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::ANY_NUMBER;
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::budget;
use crate::calendar::{Style, text as calendar_text};
use crate::error::{Fault, ValueError};
use crate::expression::{check_length, push_double, push_real};
use crate::model::{Column, Input};
use crate::rows::{Frame, Strings};
use crate::scenario::{self, Key, Node};
use crate::together::Together;
use crate::types::Type;

pub(super) const JSON: GeneratorDoc = GeneratorDoc {
    name: "json",
    version: 1,
    family: "structures",
    summary: "A JSON object; every member is a generator.",
    arguments: &[required("members", Kind::Specs, "a map from names to generators")],
    short: Some("members"),
    group: false,
    example: "details: {json: {path: {choose: [/, /login]}, ms: {integer: {from: 1, to: 900}}}}",
    read,
};

/// A JSON object.
#[derive(Debug)]
pub(crate) struct Json {
    /// Names, already escaped and quoted, and inputs.
    members: Vec<(String, usize)>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let entries = scenario::map_of(reading.required("members")?, "`json`", "one generator per member")?;
    let member = |(key, value): &(Key, Node)| {
        let input = reading.part(key, value)?;
        Ok((serde_json::Value::from(key.text.as_str()).to_string(), input))
    };
    let members = entries.iter().map(member).collect::<Vec<_>>().together()?;
    Ok(Made::new(Json { members }, Type::Json))
}

impl Prepared for Json {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let arrays = self.members.iter().map(|(_, input)| frame.input(*input));
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, _>>()?;
        let described = frame.described();
        let cells = self.members.iter().zip(&arrays).map(|((name, input), array)| {
            let json = match &described.inputs[*input] {
                Input::Column { hops, column } if hops.is_empty() => {
                    described.columns[*column].ty == Type::Json
                }
                _ => false,
            };
            (name.as_str(), Cells::of(array, json))
        });
        let members: Vec<(&str, Cells)> = cells.collect();
        let mut strings = Strings::with_capacity(frame.len(), 24 * members.len());
        for row in 0..frame.len() {
            let out = &mut strings.text;
            let begin = out.len();
            out.push('{');
            for (i, (name, cells)) in members.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                cells.write(row, out);
                check_length(out.len() - begin)
                    .and_then(|()| budget::check(out.len()))
                    .map_err(|message| frame.value_error(column, message))?;
            }
            out.push('}');
            strings.end();
        }
        strings.finish(None).map_err(|message| frame.value_error(column, message))
    }

    fn explain(&self, shown: &Shown) -> String {
        let members = self.members.iter().map(|(name, input)| format!("{name}: {}", shown.input(*input)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    fn inputs(&self) -> Vec<usize> {
        self.members.iter().map(|(_, input)| *input).collect()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Unknown
    }

    fn bounds(&self) -> (f64, f64) {
        ANY_NUMBER
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        None
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Unknown
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<usize>> {
        None
    }

    fn is_independent(&self) -> bool {
        false
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

/// An array whose type is known, for writing single cells.
enum Cells<'a> {
    Boolean(&'a arrow::array::BooleanArray),
    Int16(&'a arrow::array::Int16Array),
    Int32(&'a arrow::array::Int32Array),
    Int64(&'a arrow::array::Int64Array),
    Real(&'a arrow::array::Float32Array),
    Double(&'a arrow::array::Float64Array),
    Decimal(&'a arrow::array::Decimal128Array),
    Text(&'a arrow::array::StringArray),
    Json(&'a arrow::array::StringArray),
    Dictionary(&'a arrow::array::Int32Array, Vec<String>),
    Date(&'a arrow::array::Date32Array),
    Time(&'a arrow::array::Time64MicrosecondArray),
    Timestamp(&'a arrow::array::TimestampMicrosecondArray),
    Instant(&'a arrow::array::TimestampMicrosecondArray),
    Interval(&'a arrow::array::IntervalMonthDayNanoArray),
    Bytes(&'a arrow::array::BinaryArray),
    Uuid(&'a arrow::array::FixedSizeBinaryArray),
    List(&'a ListArray, Vec<String>),
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef, json: bool) -> Self {
        match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Int16 => Self::Int16(array.as_primitive::<Int16Type>()),
            DataType::Int32 => Self::Int32(array.as_primitive::<Int32Type>()),
            DataType::Int64 => Self::Int64(array.as_primitive::<Int64Type>()),
            DataType::Float32 => Self::Real(array.as_primitive::<Float32Type>()),
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>()),
            DataType::Decimal128(..) => Self::Decimal(array.as_primitive::<Decimal128Type>()),
            DataType::Utf8 if json => Self::Json(array.as_string()),
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary::<Int32Type>();
                let values: &ArrayRef = dictionary.values();
                Self::Dictionary(dictionary.keys(), written(values, false))
            }
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>()),
            DataType::Time64(_) => Self::Time(array.as_primitive::<Time64MicrosecondType>()),
            DataType::Timestamp(_, None) => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>()),
            DataType::Timestamp(_, Some(_)) => {
                Self::Instant(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Interval(_) => Self::Interval(array.as_primitive::<IntervalMonthDayNanoType>()),
            DataType::Binary => Self::Bytes(array.as_binary()),
            DataType::FixedSizeBinary(16) => Self::Uuid(array.as_fixed_size_binary()),
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Self::List(list, written(list.values(), false))
            }
            other => unreachable!("no column holds {other}"),
        }
    }

    fn is_null(&self, i: usize) -> bool {
        match self {
            Self::Boolean(a) => a.is_null(i),
            Self::Int16(a) => a.is_null(i),
            Self::Int32(a) | Self::Dictionary(a, _) => a.is_null(i),
            Self::Int64(a) => a.is_null(i),
            Self::Real(a) => a.is_null(i),
            Self::Double(a) => a.is_null(i),
            Self::Decimal(a) => a.is_null(i),
            Self::Text(a) | Self::Json(a) => a.is_null(i),
            Self::Date(a) => a.is_null(i),
            Self::Time(a) => a.is_null(i),
            Self::Timestamp(a) | Self::Instant(a) => a.is_null(i),
            Self::Interval(a) => a.is_null(i),
            Self::Bytes(a) => a.is_null(i),
            Self::Uuid(a) => a.is_null(i),
            Self::List(a, _) => a.is_null(i),
        }
    }

    /// Writes a cell as JSON. Writing into a string cannot fail.
    fn write(&self, i: usize, out: &mut String) {
        if self.is_null(i) {
            out.push_str("null");
            return;
        }
        match self {
            Self::Boolean(a) => out.push_str(if a.value(i) { "true" } else { "false" }),
            Self::Int16(a) => _ = write!(out, "{}", a.value(i)),
            Self::Int32(a) => _ = write!(out, "{}", a.value(i)),
            Self::Int64(a) => _ = write!(out, "{}", a.value(i)),
            // The shortest digits that read back the same, with an exponent where they would be many.
            Self::Real(a) if a.value(i).is_finite() => push_real(out, a.value(i)),
            Self::Double(a) if a.value(i).is_finite() => push_double(out, a.value(i)),
            Self::Real(_) | Self::Double(_) => out.push_str("null"),
            Self::Decimal(a) => out.push_str(&a.value_as_string(i)),
            Self::Text(a) => escaped(a.value(i), out),
            Self::Json(a) => out.push_str(a.value(i)),
            Self::Dictionary(keys, values) => out.push_str(&values[keys.value(i) as usize]),
            Self::Date(a) => {
                out.push('"');
                calendar_text::write_date(out, a.value(i), Style::Iso);
                out.push('"');
            }
            Self::Time(a) => {
                out.push('"');
                calendar_text::write_time(out, a.value(i));
                out.push('"');
            }
            Self::Timestamp(a) => {
                out.push('"');
                calendar_text::write_timestamp(out, a.value(i), Style::Iso);
                out.push('"');
            }
            Self::Interval(a) => {
                let value = a.value(i);
                out.push('"');
                calendar_text::write_interval(out, value.months, value.days, value.nanoseconds);
                out.push('"');
            }
            Self::Bytes(a) => {
                // As PostgreSQL writes them, `\x6869`, with the backslash that JSON wants.
                out.push_str("\"\\\\x");
                a.value(i).iter().for_each(|byte| _ = write!(out, "{byte:02x}"));
                out.push('"');
            }
            Self::Instant(a) => {
                out.push('"');
                calendar_text::write_instant(out, a.value(i), 0, Style::Iso);
                out.push('"');
            }
            Self::Uuid(a) => {
                out.push('"');
                for (at, byte) in a.value(i).iter().enumerate() {
                    if matches!(at, 4 | 6 | 8 | 10) {
                        out.push('-');
                    }
                    _ = write!(out, "{byte:02x}");
                }
                out.push('"');
            }
            Self::List(list, values) => {
                let offsets = list.value_offsets();
                out.push('[');
                for (k, value) in values[offsets[i] as usize..offsets[i + 1] as usize].iter().enumerate() {
                    if k > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(value);
                }
                out.push(']');
            }
        }
    }
}

/// Every value of an array as JSON, for dictionaries and elements of lists.
fn written(array: &ArrayRef, json: bool) -> Vec<String> {
    let cells = Cells::of(array, json);
    let text = |i| {
        let mut out = String::new();
        cells.write(i, &mut out);
        out
    };
    (0..array.len()).map(text).collect()
}

/// A string with what JSON wants escaped.
fn escaped(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            byte => _ = write!(out, "\\u{byte:04x}"),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

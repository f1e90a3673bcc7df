//! A column of a batch with its type settled, so that the loop over rows does not ask again.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray,
    StringArray, StringBuilder, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use seedbed_engine::calendar::text::{
    Style, write_date, write_instant, write_interval, write_time, write_timestamp,
};

use super::number::{write_decimal, write_float, write_integer};
use crate::interval;
use crate::schema::is_json;

/// A column of a batch.
pub(super) struct Column<'a> {
    nulls: Option<NullBuffer>,
    pub(super) values: Values<'a>,
}

/// The values of a column, by how they are written.
pub(super) enum Values<'a> {
    /// Nothing but NULL.
    Null,
    /// Numbers and truth values: never quoted in CSV nor in JSON.
    Bare(Bare<'a>),
    /// Times, identifiers and bytes: ASCII without anything that needs an escape.
    Ascii(Ascii<'a>),
    /// Text, and whether nothing in it needs an escape, by the judgement of the format.
    Text(&'a StringArray),
    /// Text with few distinct values.
    Dictionary(&'a Int32Array, &'a ArrayRef),
    /// JSON text.
    Json(&'a StringArray),
    /// Arrays.
    List(&'a ListArray, Box<Column<'a>>),
}

/// Numbers and truth values.
pub(super) enum Bare<'a> {
    Boolean(&'a BooleanArray),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array, usize),
}

/// Values whose text is ASCII.
pub(super) enum Ascii<'a> {
    Date(&'a Date32Array),
    Time(&'a Time64MicrosecondArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Instant(&'a TimestampMicrosecondArray),
    Interval(&'a IntervalMonthDayNanoArray),
    Uuid(&'a FixedSizeBinaryArray),
    Bytes(&'a BinaryArray),
}

impl<'a> Column<'a> {
    /// Settles the type of an array that fits the field; the field's type is one that
    /// [`crate::schema::check`] has passed.
    pub(super) fn new(field: &Field, array: &'a ArrayRef) -> Self {
        let values = match field.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Bare(Bare::Boolean(array.as_boolean())),
            DataType::Int16 => Values::Bare(Bare::Int16(array.as_primitive::<Int16Type>())),
            DataType::Int32 => Values::Bare(Bare::Int32(array.as_primitive::<Int32Type>())),
            DataType::Int64 => Values::Bare(Bare::Int64(array.as_primitive::<Int64Type>())),
            DataType::Float32 => Values::Bare(Bare::Float32(array.as_primitive::<Float32Type>())),
            DataType::Float64 => Values::Bare(Bare::Float64(array.as_primitive::<Float64Type>())),
            DataType::Decimal128(_, scale) => Values::Bare(Bare::Decimal(
                array.as_primitive::<Decimal128Type>(),
                usize::from(scale.unsigned_abs()),
            )),
            DataType::Date32 => Values::Ascii(Ascii::Date(array.as_primitive::<Date32Type>())),
            DataType::Time64(TimeUnit::Microsecond) => {
                Values::Ascii(Ascii::Time(array.as_primitive::<Time64MicrosecondType>()))
            }
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Values::Ascii(Ascii::Timestamp(array.as_primitive::<TimestampMicrosecondType>()))
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Values::Ascii(Ascii::Instant(array.as_primitive::<TimestampMicrosecondType>()))
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => {
                Values::Ascii(Ascii::Interval(array.as_primitive::<IntervalMonthDayNanoType>()))
            }
            DataType::FixedSizeBinary(16) => Values::Ascii(Ascii::Uuid(array.as_fixed_size_binary())),
            DataType::Binary => Values::Ascii(Ascii::Bytes(array.as_binary())),
            DataType::Utf8 if is_json(field) => Values::Json(array.as_string()),
            DataType::Utf8 => Values::Text(array.as_string()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary::<Int32Type>();
                Values::Dictionary(dictionary.keys(), dictionary.values())
            }
            DataType::List(item) => {
                let list = array.as_list::<i32>();
                Values::List(list, Box::new(Self::new(item, list.values())))
            }
            other => unreachable!("{other} has been refused with the schema"),
        };
        Self { nulls: array.logical_nulls(), values }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }
}

impl Bare<'_> {
    /// Appends a finite number or a truth value; the others, which formats write in their own ways, are
    /// returned.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), f64> {
        match self {
            Self::Boolean(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Self::Int16(array) => write_integer(out, i64::from(array.value(row))),
            Self::Int32(array) => write_integer(out, i64::from(array.value(row))),
            Self::Int64(array) => write_integer(out, array.value(row)),
            Self::Float32(array) if array.value(row).is_finite() => write_float(out, array.value(row)),
            Self::Float64(array) if array.value(row).is_finite() => write_float(out, array.value(row)),
            Self::Float32(array) => return Err(f64::from(array.value(row))),
            Self::Float64(array) => return Err(array.value(row)),
            Self::Decimal(array, scale) => write_decimal(out, array.value(row), *scale),
        }
        Ok(())
    }
}

impl Ascii<'_> {
    /// Appends the value. Bytes are written as PostgreSQL does, `\x6869`, the backslash as it is given.
    pub(super) fn write(&self, row: usize, style: Style, backslash: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Date(array) => write_date(out, array.value(row), style),
            Self::Time(array) => write_time(out, array.value(row)),
            Self::Timestamp(array) => write_timestamp(out, array.value(row), style),
            Self::Instant(array) => write_instant(out, array.value(row), 0, style),
            Self::Interval(array) => {
                let value = array.value(row);
                match style {
                    Style::Sql => interval::write_interval(out, value.months, value.days, value.nanoseconds),
                    Style::Iso => write_interval(out, value.months, value.days, value.nanoseconds),
                }
            }
            Self::Uuid(array) => write_uuid(out, array.value(row)),
            Self::Bytes(array) => {
                out.extend_from_slice(backslash);
                out.push(b'x');
                array.value(row).iter().for_each(|byte| out.extend_from_slice(&hex(*byte)));
            }
        }
    }
}

/// The values of an array whose text is ASCII, as the text that CSV has.
pub(crate) fn as_text(array: &ArrayRef) -> StringArray {
    let field = Field::new("", array.data_type().clone(), true);
    let column = Column::new(&field, array);
    let Values::Ascii(values) = &column.values else { unreachable!("{} is no such type", array.data_type()) };
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 12);
    let mut text = Vec::new();
    for row in 0..array.len() {
        text.clear();
        if column.is_null(row) {
            texts.append_null();
            continue;
        }
        values.write(row, Style::Sql, b"\\", &mut text);
        texts.append_value(str::from_utf8(&text).expect("it is ASCII"));
    }
    texts.finish()
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

fn write_uuid(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut text = [b'-'; 36];
    // A hyphen follows the bytes 4, 6, 8 and 10.
    const AT: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    for (at, byte) in AT.into_iter().zip(bytes) {
        text[at..at + 2].copy_from_slice(&hex(*byte));
    }
    out.extend_from_slice(&text);
}

/// The values of a dictionary as a format writes them, kept as long as batches share the dictionary.
#[derive(Default)]
pub(super) struct Written {
    of: Option<ArrayRef>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Written {
    /// Writes the values, unless they are the ones that have been written.
    pub(super) fn prepare(&mut self, values: &ArrayRef, write: impl Fn(&[u8], &mut Vec<u8>)) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, values)) {
            return;
        }
        self.bytes.clear();
        self.ends.clear();
        for value in values.as_string::<i32>() {
            write(value.unwrap_or_default().as_bytes(), &mut self.bytes);
            self.ends.push(self.bytes.len());
        }
        self.of = Some(values.clone());
    }

    pub(super) fn value(&self, key: i32) -> &[u8] {
        let key = key as usize;
        let start = if key == 0 { 0 } else { self.ends[key - 1] };
        &self.bytes[start..self.ends[key]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_lower_case_with_hyphens() {
        let mut out = Vec::new();
        write_uuid(&mut out, &0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes());
        assert_eq!(out, b"01234567-89ab-cdef-fedc-ba9876543210");
    }
}

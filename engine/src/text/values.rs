//! A column of a batch with its type settled, so that a loop over rows does not ask again.

use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray,
    StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::{
    Buffer, write_decimal, write_double, write_hex, write_integer, write_json_text, write_real, write_uuid,
};
use crate::calendar::text::{
    Style, write_date, write_instant, write_interval, write_interval_plain, write_interval_sql, write_time,
    write_timestamp,
};

/// What the text of an array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Text.
    Text,
    /// JSON, which stands in other JSON as it is.
    Json,
}

/// How intervals are spelled, where that is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervals {
    /// As PostgreSQL does: `1 year 2 mons -3 days +01:30:00`, to the microsecond.
    Sql,
    /// The form of ISO 8601, `P1Y2M-3DT1H30M`, which PostgreSQL reads whatever the settings of a session are.
    Iso,
    /// A form that DuckDB reads, too: `1 year 2 mons -3 days 01:30:00`.
    Plain,
}

/// The values of an array, and where it has none.
pub struct Cells<'a> {
    nulls: Option<NullBuffer>,
    values: Values<'a>,
}

/// The values of an array, by how they are written.
pub enum Values<'a> {
    /// Nothing but NULL.
    Null,
    /// Numbers and truth values: never quoted, neither in CSV nor in JSON.
    Bare(Bare<'a>),
    /// Moments, identifiers and bytes: ASCII that needs no escape, but for the backslash before bytes.
    Ascii(Ascii<'a>),
    /// Text.
    Text(&'a StringArray),
    /// JSON.
    Json(&'a StringArray),
    /// Text with few distinct values.
    Dictionary(&'a Int32Array, &'a StringArray),
    /// Arrays.
    List(&'a ListArray, Box<Cells<'a>>),
}

/// Numbers and truth values.
pub enum Bare<'a> {
    /// Truth values.
    Boolean(&'a BooleanArray),
    /// Integers of 16 bits.
    Int16(&'a Int16Array),
    /// Integers of 32 bits.
    Int32(&'a Int32Array),
    /// Integers of 64 bits.
    Int64(&'a Int64Array),
    /// Reals.
    Float32(&'a Float32Array),
    /// Doubles.
    Float64(&'a Float64Array),
    /// Decimals, with so many digits after the point.
    Decimal(&'a Decimal128Array, u8),
}

/// Values whose text is ASCII.
pub enum Ascii<'a> {
    /// Days.
    Date(&'a Date32Array),
    /// Times of day.
    Time(&'a Time64MicrosecondArray),
    /// Wall clocks.
    Timestamp(&'a TimestampMicrosecondArray),
    /// Instants.
    Instant(&'a TimestampMicrosecondArray),
    /// Intervals.
    Interval(&'a IntervalMonthDayNanoArray, Intervals),
    /// Identifiers of 16 bytes.
    Uuid(&'a FixedSizeBinaryArray),
    /// Bytes.
    Bytes(&'a BinaryArray),
}

impl<'a> Cells<'a> {
    /// Settles the type of an array of a column.
    ///
    /// # Panics
    /// When it is no type that a column has, see [`Type::arrow`](crate::types::Type::arrow).
    pub fn new(array: &'a dyn Array, meaning: Meaning) -> Self {
        Self::spelled(array, meaning, Intervals::Sql)
    }

    /// The same with intervals in another spelling.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn spelled(array: &'a dyn Array, meaning: Meaning, intervals: Intervals) -> Self {
        Self { nulls: array.logical_nulls(), values: Values::spelled(array, meaning, intervals) }
    }

    /// Whether there is no value.
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The values.
    #[inline]
    pub fn values(&self) -> &Values<'a> {
        &self.values
    }

    /// Appends a value, or its absence, as JSON. How many numbers have become `null` because JSON has no word for them, is returned.
    /// `comma` stands between the elements of arrays.
    #[inline]
    pub fn write_json(&self, row: usize, comma: &str, out: &mut impl Buffer) -> usize {
        if self.is_null(row) {
            out.push_ascii(b"null");
            return 0;
        }
        self.values.write_json(row, comma, out)
    }
}

impl<'a> Values<'a> {
    /// The values of an array, as [`Cells::new`] has them.
    ///
    /// # Panics
    /// As there.
    pub fn new(array: &'a dyn Array, meaning: Meaning) -> Self {
        Self::spelled(array, meaning, Intervals::Sql)
    }

    fn spelled(array: &'a dyn Array, meaning: Meaning, intervals: Intervals) -> Self {
        match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bare(Bare::Boolean(array.as_boolean())),
            DataType::Int16 => Self::Bare(Bare::Int16(array.as_primitive::<Int16Type>())),
            DataType::Int32 => Self::Bare(Bare::Int32(array.as_primitive::<Int32Type>())),
            DataType::Int64 => Self::Bare(Bare::Int64(array.as_primitive::<Int64Type>())),
            DataType::Float32 => Self::Bare(Bare::Float32(array.as_primitive::<Float32Type>())),
            DataType::Float64 => Self::Bare(Bare::Float64(array.as_primitive::<Float64Type>())),
            DataType::Decimal128(_, scale) => {
                Self::Bare(Bare::Decimal(array.as_primitive::<Decimal128Type>(), scale.unsigned_abs()))
            }
            DataType::Date32 => Self::Ascii(Ascii::Date(array.as_primitive::<Date32Type>())),
            DataType::Time64(_) => Self::Ascii(Ascii::Time(array.as_primitive::<Time64MicrosecondType>())),
            DataType::Timestamp(_, None) => {
                Self::Ascii(Ascii::Timestamp(array.as_primitive::<TimestampMicrosecondType>()))
            }
            DataType::Timestamp(_, Some(_)) => {
                Self::Ascii(Ascii::Instant(array.as_primitive::<TimestampMicrosecondType>()))
            }
            DataType::Interval(_) => {
                Self::Ascii(Ascii::Interval(array.as_primitive::<IntervalMonthDayNanoType>(), intervals))
            }
            DataType::FixedSizeBinary(16) => Self::Ascii(Ascii::Uuid(array.as_fixed_size_binary())),
            DataType::Binary => Self::Ascii(Ascii::Bytes(array.as_binary())),
            DataType::Utf8 if meaning == Meaning::Json => Self::Json(array.as_string()),
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary::<Int32Type>();
                Self::Dictionary(dictionary.keys(), dictionary.values().as_string())
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                // Elements are text to Arrow's schemas, also those that are JSON.
                Self::List(list, Box::new(Cells::spelled(list.values(), Meaning::Text, intervals)))
            }
            other => unreachable!("no column holds {other}"),
        }
    }

    /// Appends a value, which is not NULL, as PostgreSQL writes it.
    #[inline]
    pub fn write_sql(&self, row: usize, out: &mut impl Buffer) {
        match self {
            Self::Null => {}
            Self::Bare(values) => values.write(row, out),
            Self::Ascii(values) => values.write_sql(row, out),
            Self::Text(values) | Self::Json(values) => out.push_str(values.value(row)),
            // Keys are never negative: Arrow has checked them.
            Self::Dictionary(keys, values) => out.push_str(values.value(keys.value(row) as usize)),
            Self::List(list, elements) => write_array(list, elements, row, out),
        }
    }

    /// Appends a value, which is not NULL, as JSON; see [`Cells::write_json`].
    #[inline]
    pub fn write_json(&self, row: usize, comma: &str, out: &mut impl Buffer) -> usize {
        match self {
            Self::Null => {}
            Self::Bare(values) if values.is_finite(row) => values.write(row, out),
            Self::Bare(_) => {
                out.push_ascii(b"null");
                return 1;
            }
            Self::Ascii(values) => values.write_json(row, out),
            Self::Text(values) => write_json_text(out, values.value(row)),
            Self::Json(values) => out.push_str(values.value(row)),
            Self::Dictionary(keys, values) => write_json_text(out, values.value(keys.value(row) as usize)),
            Self::List(list, elements) => {
                let (offsets, mut lost) = (list.value_offsets(), 0);
                let (first, end) = (offsets[row] as usize, offsets[row + 1] as usize);
                out.push_ascii(b"[");
                for element in first..end {
                    if element > first {
                        out.push_str(comma);
                    }
                    lost += elements.write_json(element, comma, out);
                }
                out.push_ascii(b"]");
                return lost;
            }
        }
        0
    }
}

impl Bare<'_> {
    /// Appends a number or a truth value.
    #[inline]
    pub fn write(&self, row: usize, out: &mut impl Buffer) {
        match self {
            Self::Boolean(array) => out.push_ascii(if array.value(row) { b"true" } else { b"false" }),
            Self::Int16(array) => write_integer(out, i64::from(array.value(row))),
            Self::Int32(array) => write_integer(out, i64::from(array.value(row))),
            Self::Int64(array) => write_integer(out, array.value(row)),
            Self::Float32(array) => write_real(out, array.value(row)),
            Self::Float64(array) => write_double(out, array.value(row)),
            Self::Decimal(array, scale) => write_decimal(out, array.value(row), *scale),
        }
    }

    /// Whether a value is anything but NaN or an infinity.
    #[inline]
    fn is_finite(&self, row: usize) -> bool {
        match self {
            Self::Float32(array) => array.value(row).is_finite(),
            Self::Float64(array) => array.value(row).is_finite(),
            _ => true,
        }
    }
}

impl Ascii<'_> {
    /// Appends a value as PostgreSQL writes it.
    #[inline]
    pub fn write_sql(&self, row: usize, out: &mut impl Buffer) {
        match self {
            Self::Date(array) => write_date(out, array.value(row), Style::Sql),
            Self::Time(array) => write_time(out, array.value(row)),
            Self::Timestamp(array) => write_timestamp(out, array.value(row), Style::Sql),
            Self::Instant(array) => write_instant(out, array.value(row), 0, Style::Sql),
            Self::Interval(array, intervals) => {
                let value = array.value(row);
                let (months, days, nanos) = (value.months, value.days, value.nanoseconds);
                match intervals {
                    Intervals::Sql => write_interval_sql(out, months, days, nanos),
                    Intervals::Iso => write_interval(out, months, days, nanos),
                    Intervals::Plain => write_interval_plain(out, months, days, nanos),
                }
            }
            Self::Uuid(array) => write_uuid(out, array.value(row)),
            Self::Bytes(array) => {
                out.push_ascii(b"\\x");
                write_hex(out, array.value(row));
            }
        }
    }

    /// Appends a value in quotes, with moments and intervals in the form of ISO 8601.
    #[inline]
    pub fn write_json(&self, row: usize, out: &mut impl Buffer) {
        out.push_ascii(b"\"");
        match self {
            Self::Date(array) => write_date(out, array.value(row), Style::Iso),
            Self::Time(array) => write_time(out, array.value(row)),
            Self::Timestamp(array) => write_timestamp(out, array.value(row), Style::Iso),
            Self::Instant(array) => write_instant(out, array.value(row), 0, Style::Iso),
            Self::Interval(array, _) => {
                let value = array.value(row);
                write_interval(out, value.months, value.days, value.nanoseconds);
            }
            Self::Uuid(array) => write_uuid(out, array.value(row)),
            Self::Bytes(array) => {
                out.push_ascii(b"\\\\x");
                write_hex(out, array.value(row));
            }
        }
        out.push_ascii(b"\"");
    }
}

/// Appends an array as PostgreSQL writes it, `{a,"b c",NULL}`.
fn write_array(list: &ListArray, elements: &Cells, row: usize, out: &mut impl Buffer) {
    let offsets = list.value_offsets();
    let (first, end) = (offsets[row] as usize, offsets[row + 1] as usize);
    let mut text = String::new();
    out.push_ascii(b"{");
    for element in first..end {
        if element > first {
            out.push_ascii(b",");
        }
        if elements.is_null(element) {
            out.push_ascii(b"NULL");
            continue;
        }
        match &elements.values {
            Values::Null => {}
            Values::Bare(values) => values.write(element, out),
            Values::List(list, elements) => write_array(list, elements, element, out),
            Values::Text(values) | Values::Json(values) => write_element(values.value(element), out),
            Values::Dictionary(keys, values) => {
                write_element(values.value(keys.value(element) as usize), out);
            }
            Values::Ascii(values) => {
                text.clear();
                values.write_sql(element, &mut text);
                write_element(&text, out);
            }
        }
    }
    out.push_ascii(b"}");
}

/// Appends an element of an array, in quotes where PostgreSQL's `array_out` has them.
fn write_element(text: &str, out: &mut impl Buffer) {
    let special = |byte: u8| {
        matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\' | b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
    };
    if !text.is_empty() && !text.eq_ignore_ascii_case("NULL") && !text.bytes().any(special) {
        return out.push_str(text);
    }
    out.push_ascii(b"\"");
    for piece in text.split_inclusive(['"', '\\']) {
        match piece.as_bytes() {
            [before @ .., last @ (b'"' | b'\\')] => {
                out.push_str(&piece[..before.len()]);
                out.push_ascii(&[b'\\', *last]);
            }
            _ => out.push_str(piece),
        }
    }
    out.push_ascii(b"\"");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, DictionaryArray, new_null_array};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{Field, IntervalMonthDayNano};

    use super::*;

    fn sql(array: &dyn Array) -> String {
        super::super::shown(array, 0)
    }

    fn json(array: &dyn Array, meaning: Meaning) -> String {
        let mut out = String::new();
        Cells::new(array, meaning).write_json(0, ", ", &mut out);
        out
    }

    /// An array whose one row holds all elements.
    fn list(elements: ArrayRef) -> ListArray {
        let field = Arc::new(Field::new("item", elements.data_type().clone(), true));
        ListArray::new(field, OffsetBuffer::from_lengths([elements.len()]), elements, None)
    }

    #[test]
    fn every_type_has_its_two_texts() {
        let instant = TimestampMicrosecondArray::from(vec![1_500_000]).with_timezone("UTC");
        let decimal = Decimal128Array::from(vec![-5]).with_precision_and_scale(9, 2).unwrap();
        let uuid = FixedSizeBinaryArray::try_from_iter([[0x1f_u8; 16]].into_iter()).unwrap();
        let interval =
            IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(14, -3, 5_400_000_000_000)]);
        let dictionary: DictionaryArray<Int32Type> = ["a \"b\""].into_iter().collect();
        let cases: [(ArrayRef, &str, &str); 17] = [
            (Arc::new(BooleanArray::from(vec![true])), "true", "true"),
            (Arc::new(Int16Array::from(vec![-7])), "-7", "-7"),
            (Arc::new(Int32Array::from(vec![7])), "7", "7"),
            (Arc::new(Int64Array::from(vec![i64::MIN])), "-9223372036854775808", "-9223372036854775808"),
            (Arc::new(Float32Array::from(vec![1e6])), "1e+06", "1e+06"),
            (Arc::new(Float64Array::from(vec![1.0])), "1", "1"),
            (Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])), "-Infinity", "null"),
            (Arc::new(decimal), "-0.05", "-0.05"),
            (Arc::new(Date32Array::from(vec![19_753])), "2024-01-31", "\"2024-01-31\""),
            (Arc::new(Time64MicrosecondArray::from(vec![1_500_000])), "00:00:01.5", "\"00:00:01.5\""),
            (
                Arc::new(TimestampMicrosecondArray::from(vec![0])),
                "1970-01-01 00:00:00",
                "\"1970-01-01T00:00:00\"",
            ),
            (Arc::new(instant), "1970-01-01 00:00:01.5+00", "\"1970-01-01T00:00:01.5Z\""),
            (Arc::new(interval), "1 year 2 mons -3 days +01:30:00", "\"P1Y2M-3DT1H30M\""),
            (
                Arc::new(uuid),
                "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f",
                "\"1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f\"",
            ),
            (Arc::new(BinaryArray::from_vec(vec![b"hi"])), "\\x6869", "\"\\\\x6869\""),
            (Arc::new(dictionary), "a \"b\"", "\"a \\\"b\\\"\""),
            (new_null_array(&DataType::Null, 1), "NULL", "null"),
        ];
        for (array, in_sql, in_json) in &cases {
            assert_eq!((sql(array).as_str(), json(array, Meaning::Text).as_str()), (*in_sql, *in_json));
        }
        let document = StringArray::from(vec!["{\"a\": 1}"]);
        assert_eq!(
            (sql(&document).as_str(), json(&document, Meaning::Json).as_str()),
            ("{\"a\": 1}", "{\"a\": 1}")
        );
    }

    #[test]
    fn intervals_have_other_spellings() {
        let array = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(-12, 1, 1_500_000_000)]);
        for (intervals, expected) in [
            (Intervals::Sql, "-1 years +1 day 00:00:01.5"),
            (Intervals::Iso, "P-1Y1DT1.5S"),
            (Intervals::Plain, "-1 years 1 day 00:00:01.500000"),
        ] {
            let mut out = Vec::new();
            Cells::spelled(&array, Meaning::Text, intervals).values().write_sql(0, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    /// PostgreSQL 15 has the same quotes.
    #[test]
    fn elements_of_arrays_have_quotes_where_they_need_them() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![
            Some("a"),
            Some(""),
            None,
            Some("null"),
            Some("b c"),
            Some("{\"ü\\"),
        ]));
        let texts = list(texts);
        assert_eq!(sql(&texts), "{a,\"\",NULL,\"null\",\"b c\",\"{\\\"ü\\\\\"}");
        assert_eq!(json(&texts, Meaning::Text), r#"["a", "", null, "null", "b c", "{\"ü\\"]"#);
        let numbers = list(Arc::new(list(Arc::new(Float64Array::from(vec![Some(1e20), None])))));
        assert_eq!(
            (sql(&numbers), json(&numbers, Meaning::Text)),
            ("{{1e+20,NULL}}".into(), "[[1e+20, null]]".into())
        );
        let clocks = list(Arc::new(TimestampMicrosecondArray::from(vec![0])));
        assert_eq!(sql(&clocks), "{\"1970-01-01 00:00:00\"}");
        let bytes = list(Arc::new(BinaryArray::from_vec(vec![b"hi"])));
        assert_eq!(
            (sql(&bytes), json(&bytes, Meaning::Text)),
            (r#"{"\\x6869"}"#.into(), r#"["\\x6869"]"#.into())
        );
        let dates = list(Arc::new(Date32Array::from(vec![0])));
        assert_eq!(sql(&dates), "{1970-01-01}");
    }
}

//! A column of a batch, made ready for the wire: checked, converted, and in one of a few shapes.
//!
//! What takes as many bytes in every row is kept as an array of words of that size. Everything else is a run of finished
//! *fields*: the length and the bytes, one after the other.

use std::borrow::Cow;
use std::iter;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::binary;
use super::check::{Place, check};
use super::inet::Address;
use super::numeric;
use super::repeated::repeated;
use super::target::{Decimals, Form};
use crate::error::Error;

/// Days from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
pub(super) const EPOCH_DAYS: i32 = 10_957;

/// Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The length of a field that is NULL.
pub(super) const NULL: [u8; 4] = (-1i32).to_be_bytes();

/// The version that stands before the text of a `jsonb`.
pub(super) const JSONB_VERSION: u8 = 1;

/// What a user can do about an array that is not what its schema says.
pub(super) const FAULT: &str = "this is a fault of seedbed, please report it";

/// The values of a column.
pub(super) enum Payload<'a> {
    /// NULL in every row.
    Null,
    /// Values of one size, and where they are NULL.
    Bool(&'a BooleanArray),
    Two(Cow<'a, [i16]>, Option<&'a NullBuffer>),
    Four(Cow<'a, [i32]>, Option<&'a NullBuffer>),
    Eight(Cow<'a, [i64]>, Option<&'a NullBuffer>),
    /// From 1970-01-01.
    Days(&'a [i32], Option<&'a NullBuffer>),
    Micros(&'a [i64], Option<&'a NullBuffer>),
    /// Decimals of four groups at most.
    Numeric(Vec<numeric::Short>, Option<&'a NullBuffer>),
    Sixteen(Cow<'a, [[u8; 16]]>, Option<&'a NullBuffer>),
    /// The bytes between two offsets per row, and where they are NULL.
    Bytes {
        offsets: &'a [i32],
        bytes: &'a [u8],
        nulls: Option<&'a NullBuffer>,
    },
    /// A field per row.
    Fields(Fields),
    /// Which field each row has, and the bytes of the shortest and of the longest field.
    Keyed(Cow<'a, [i32]>, Fields, (usize, usize)),
}

/// Fields with their lengths, one after the other.
pub(super) struct Fields {
    bytes: Vec<u8>,
    /// Where each field begins, and where the last one ends.
    offsets: Vec<usize>,
}

impl Fields {
    fn with_capacity(fields: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(fields + 1);
        offsets.push(0);
        Self { bytes: Vec::with_capacity(bytes), offsets }
    }

    /// Fields that are written already, and where each begins.
    pub(super) fn from_parts(bytes: Vec<u8>, offsets: Vec<usize>) -> Self {
        Self { bytes, offsets }
    }

    fn push_null(&mut self) {
        self.bytes.extend_from_slice(&NULL);
        self.offsets.push(self.bytes.len());
    }

    /// Appends what `write` appends, with its length in front.
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&NULL);
        write(&mut self.bytes);
        let length = (self.bytes.len() - start - 4) as i32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        self.offsets.push(self.bytes.len());
    }

    /// Where each field begins, and where the last one ends.
    pub(super) fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    #[inline]
    pub(super) fn get(&self, field: usize) -> &[u8] {
        &self.bytes[self.offsets[field]..self.offsets[field + 1]]
    }
}

/// A dictionary where none is expected is unpacked; so is one that has more values than the batch has rows.
pub(super) fn unpacked(array: &ArrayRef, form: &Form) -> Result<ArrayRef, Error> {
    let failed = |error: arrow::error::ArrowError| Error::usage(error.to_string(), FAULT);
    match array.data_type() {
        DataType::Dictionary(key, of) if **key == DataType::Int32 && **of == DataType::Utf8 => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let keeps = dictionary.values().len() <= array.len()
                && matches!(form, Form::Text(_) | Form::Jsonb | Form::Inet | Form::Cidr);
            if keeps {
                Ok(array.clone())
            } else {
                take(dictionary.values(), dictionary.keys(), None).map_err(failed)
            }
        }
        DataType::Dictionary(_, of) => cast(array, of).map_err(failed),
        _ => Ok(array.clone()),
    }
}

impl<'a> Payload<'a> {
    /// Checks and converts an array. Its type fits the form, and it has been [`unpacked`].
    ///
    /// # Errors
    /// A value that the column cannot take.
    pub(super) fn new(array: &'a ArrayRef, form: &Form, place: Place) -> Result<Self, Error> {
        if array.data_type() == &DataType::Null {
            return Ok(Self::Null);
        }
        if let DataType::Dictionary(..) = array.data_type() {
            return keyed(array, form, place);
        }
        check(array, form, place)?;
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        Ok(match form {
            Form::Null => Self::Null,
            Form::Bool => Self::Bool(array.as_boolean()),
            Form::Int2 => Self::Two(twos(array), nulls),
            Form::Int4 => Self::Four(fours(array), nulls),
            Form::Int8 => Self::Eight(eights(array), nulls),
            Form::Float4 => Self::Four(
                converted(array.as_primitive::<Float32Type>(), |v| v.to_bits().cast_signed()),
                nulls,
            ),
            Form::Float8 if array.data_type() == &DataType::Float32 => {
                let widened = |v: f32| f64::from(v).to_bits().cast_signed();
                Self::Eight(converted(array.as_primitive::<Float32Type>(), widened), nulls)
            }
            Form::Float8 => Self::Eight(
                converted(array.as_primitive::<Float64Type>(), |v| v.to_bits().cast_signed()),
                nulls,
            ),
            Form::Date => Self::Days(array.as_primitive::<Date32Type>().values(), nulls),
            Form::Time(_) => {
                Self::Eight(Cow::Borrowed(array.as_primitive::<Time64MicrosecondType>().values()), nulls)
            }
            Form::Timestamp(_) => {
                Self::Micros(array.as_primitive::<TimestampMicrosecondType>().values(), nulls)
            }
            Form::Interval(_) => Self::Sixteen(intervals(array.as_primitive()), nulls),
            Form::Uuid => {
                let uuids = array.as_fixed_size_binary();
                Self::Sixteen(Cow::Borrowed(uuids.value_data().as_chunks().0), nulls)
            }
            Form::Text(_) => {
                let texts: &StringArray = array.as_string();
                Self::Bytes { offsets: texts.value_offsets(), bytes: texts.value_data(), nulls }
            }
            Form::Bytes => {
                let values = array.as_binary::<i32>();
                Self::Bytes { offsets: values.value_offsets(), bytes: values.value_data(), nulls }
            }
            Form::Numeric(decimals) => numerics(array, *decimals),
            Form::Jsonb | Form::Inet | Form::Cidr => Self::Fields(transformed(array.as_string(), form)),
            Form::List(oid, element) => Self::Fields(lists(array, *oid, element, place)?),
        })
    }
}

impl Payload<'_> {
    /// The bytes of the field of every row, if they are as many in each.
    pub(super) fn bytes_per_row(&self) -> Option<usize> {
        match self {
            Self::Null => Some(4),
            Self::Bool(values) if values.null_count() == 0 => Some(5),
            Self::Two(_, None) => Some(6),
            Self::Four(_, None) | Self::Days(_, None) => Some(8),
            Self::Eight(_, None) | Self::Micros(_, None) => Some(12),
            Self::Sixteen(_, None) => Some(20),
            Self::Keyed(_, _, (shortest, longest)) if shortest == longest => Some(*longest),
            _ => None,
        }
    }
}

fn converted<'a, T: ArrowPrimitiveType, V: Clone>(
    array: &PrimitiveArray<T>,
    convert: impl Fn(T::Native) -> V,
) -> Cow<'a, [V]> {
    Cow::Owned(array.values().iter().map(|value| convert(*value)).collect())
}

fn twos(array: &ArrayRef) -> Cow<'_, [i16]> {
    match array.data_type() {
        DataType::Int16 => Cow::Borrowed(array.as_primitive::<Int16Type>().values()),
        DataType::Int32 => converted(array.as_primitive::<Int32Type>(), |value| value as i16),
        DataType::Int64 => converted(array.as_primitive::<Int64Type>(), |value| value as i16),
        _ => converted(array.as_primitive::<Decimal128Type>(), |value| value as i16),
    }
}

fn fours(array: &ArrayRef) -> Cow<'_, [i32]> {
    match array.data_type() {
        DataType::Int16 => converted(array.as_primitive::<Int16Type>(), i32::from),
        DataType::Int32 => Cow::Borrowed(array.as_primitive::<Int32Type>().values()),
        DataType::Int64 => converted(array.as_primitive::<Int64Type>(), |value| value as i32),
        _ => converted(array.as_primitive::<Decimal128Type>(), |value| value as i32),
    }
}

fn eights(array: &ArrayRef) -> Cow<'_, [i64]> {
    match array.data_type() {
        DataType::Int16 => converted(array.as_primitive::<Int16Type>(), i64::from),
        DataType::Int32 => converted(array.as_primitive::<Int32Type>(), i64::from),
        DataType::Int64 => Cow::Borrowed(array.as_primitive::<Int64Type>().values()),
        _ => converted(array.as_primitive::<Decimal128Type>(), |value| value as i64),
    }
}

fn intervals(array: &PrimitiveArray<IntervalMonthDayNanoType>) -> Cow<'static, [[u8; 16]]> {
    converted(array, |value| {
        let micros = u128::from((value.nanoseconds / 1000).cast_unsigned());
        let (days, months) = (value.days.cast_unsigned(), value.months.cast_unsigned());
        (micros << 64 | u128::from(days) << 32 | u128::from(months)).to_be_bytes()
    })
}

fn numerics(array: &ArrayRef, decimals: Decimals) -> Payload<'_> {
    match array.data_type() {
        DataType::Int16 => numeric(array.as_primitive::<Int16Type>(), decimals),
        DataType::Int32 => numeric(array.as_primitive::<Int32Type>(), decimals),
        DataType::Int64 => numeric(array.as_primitive::<Int64Type>(), decimals),
        _ => numeric::<Decimal128Type>(array.as_primitive(), decimals),
    }
}

fn numeric<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, decimals: Decimals) -> Payload<'_>
where
    i128: From<T::Native>,
{
    let writer = numeric::Writer::new(decimals.scale);
    let values = || array.values().iter().map(|value| i128::from(*value));
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    if let Some((different, numbers)) = repeated(values()) {
        let mut fields = Fields::with_capacity(different.len() + 1, (different.len() + 1) * 24);
        for value in different {
            fields.push(|out| writer.write(value, out));
        }
        return keyed_by(numbers.into(), nulls, fields);
    }
    let mut shorts = Vec::with_capacity(array.len());
    shorts.extend(values().map_while(|value| writer.short(value)));
    if shorts.len() == array.len() {
        return Payload::Numeric(shorts, nulls);
    }
    let mut fields = Fields::with_capacity(array.len(), array.len() * 24);
    for value in array {
        match value {
            None => fields.push_null(),
            Some(value) => fields.push(|out| writer.write(i128::from(value), out)),
        }
    }
    Payload::Fields(fields)
}

/// Fields of texts that are not sent as they are. They have been checked.
fn transformed(array: &StringArray, form: &Form) -> Fields {
    let mut fields = Fields::with_capacity(array.len(), array.len() * 24);
    for value in array {
        match (value, form) {
            (None, _) => fields.push_null(),
            (Some(value), Form::Jsonb) => fields.push(|out| {
                out.push(JSONB_VERSION);
                out.extend_from_slice(value.as_bytes());
            }),
            (Some(value), Form::Inet | Form::Cidr) => {
                let cidr = matches!(form, Form::Cidr);
                let address = Address::parse(value, cidr).expect("addresses have been checked");
                fields.push(|out| address.write(cidr, out));
            }
            (Some(value), _) => fields.push(|out| out.extend_from_slice(value.as_bytes())),
        }
    }
    fields
}

/// Every value of a dictionary becomes a field once.
fn keyed<'a>(array: &'a ArrayRef, form: &Form, place: Place) -> Result<Payload<'a>, Error> {
    let dictionary = array.as_dictionary::<Int32Type>();
    let values: &StringArray = dictionary.values().as_string();
    if check(values, form, place).is_err() {
        // The value may be one that no row has.
        let used =
            take(values, dictionary.keys(), None).map_err(|error| Error::usage(error.to_string(), FAULT))?;
        check(&used, form, place)?;
        return Ok(Payload::Fields(transformed(used.as_string(), form)));
    }
    let keys = dictionary.keys();
    let nulls = keys.nulls().filter(|nulls| nulls.null_count() > 0);
    Ok(keyed_by(Cow::Borrowed(keys.values()), nulls, transformed(values, form)))
}

/// Rows that have the fields of these numbers, or one more field, which is NULL.
fn keyed_by<'a>(keys: Cow<'a, [i32]>, nulls: Option<&NullBuffer>, mut fields: Fields) -> Payload<'a> {
    let keys = match nulls {
        None => keys,
        Some(nulls) => {
            let null = fields.offsets.len() as i32 - 1;
            fields.push_null();
            iter::zip(keys.iter(), nulls).map(|(key, valid)| if valid { *key } else { null }).collect()
        }
    };
    let lengths = || iter::zip(&fields.offsets, &fields.offsets[1..]).map(|(start, end)| end - start);
    let lengths = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
    Payload::Keyed(keys, fields, lengths)
}

/// Arrays: the fields of all elements are written first and then cut into the arrays.
fn lists(array: &ArrayRef, oid: u32, element: &Form, place: Place) -> Result<Fields, Error> {
    let lists = array.as_list::<i32>();
    let offsets = lists.value_offsets();
    let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
    let elements = unpacked(&lists.values().slice(first, last - first), element)?;
    let payload = Payload::new(&elements, element, place)?;
    let written = binary::fields(&payload, elements.len());
    let nulls = elements.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    let mut fields = Fields::with_capacity(lists.len(), written.bytes.len() + 24 * lists.len());
    for (row, range) in iter::zip(offsets, &offsets[1..]).enumerate() {
        if lists.is_null(row) {
            fields.push_null();
            continue;
        }
        let (start, end) = (*range.0 as usize - first, *range.1 as usize - first);
        let has_nulls = nulls.as_ref().is_some_and(|nulls| (start..end).any(|i| nulls.is_null(i)));
        fields.push(|out| {
            out.extend_from_slice(&u32::from(start < end).to_be_bytes());
            out.extend_from_slice(&u32::from(has_nulls).to_be_bytes());
            out.extend_from_slice(&oid.to_be_bytes());
            if start < end {
                out.extend_from_slice(&((end - start) as u32).to_be_bytes());
                out.extend_from_slice(&1u32.to_be_bytes());
                out.extend_from_slice(&written.bytes[written.offsets[start]..written.offsets[end]]);
            }
        });
    }
    Ok(fields)
}

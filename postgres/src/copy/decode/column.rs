//! The fields of one column → an Arrow array of the scenario's type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryBuilder, BooleanArray, FixedSizeBinaryBuilder, ListArray, NullArray,
    PrimitiveArray, StringBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use seedbed_engine::types::Type;

use super::broken;
use super::field::{self, Misread};
use crate::copy::inet::Address;
use crate::copy::payload::JSONB_VERSION;
use crate::error::Error;
use crate::types::{ColumnType, Kind};

/// Where a field is in the stream; `None` is NULL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u64,
    bytes: Option<u32>,
}

impl Span {
    /// Reads the length at the beginning of `rest`, which is at `at` in the stream, and gives what is behind the field;
    /// `None` when not all of the field is there.
    pub(super) fn read(at: u64, rest: &[u8]) -> Result<Option<(Self, &[u8])>, Error> {
        let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let start = at + 4;
        match i32::from_be_bytes(*length) {
            -1 => Ok(Some((Self { start, bytes: None }, rest))),
            length => {
                let bytes = u32::try_from(length).map_err(|_| broken("a field has less than no bytes"))?;
                let behind = rest.get(bytes as usize..);
                Ok(behind.map(|behind| (Self { start, bytes: Some(bytes) }, behind)))
            }
        }
    }

    fn bytes(self, bytes: &[u8], gone: u64) -> Option<&[u8]> {
        let start = (self.start - gone) as usize;
        self.bytes.map(|length| &bytes[start..start + length as usize])
    }
}

/// A column that has been read.
pub(super) struct Read {
    pub(super) array: ArrayRef,
    /// The rows whose value the type cannot hold, and the values.
    pub(super) foreign: Vec<(usize, String)>,
}

/// The fields of a column, with what their places count from.
struct Fields<'a> {
    spans: &'a [Span],
    bytes: &'a [u8],
    gone: u64,
}

/// Reads the fields of a column. Fails on a field that is no value of the database's type.
pub(super) fn read(
    ty: &Type,
    target: &ColumnType,
    spans: &[Span],
    bytes: &[u8],
    gone: u64,
) -> Result<Read, ()> {
    let fields = Fields { spans, bytes, gone };
    match ty {
        Type::Null => fields.nulls(),
        Type::Boolean => fields.booleans(),
        Type::SmallInt => fields.primitives::<Int16Type>(ty, |f| field::integer(f, &target.kind)),
        Type::Integer => fields.primitives::<Int32Type>(ty, |f| field::integer(f, &target.kind)),
        Type::BigInt => fields.primitives::<Int64Type>(ty, |f| field::integer(f, &target.kind)),
        Type::Real => fields.primitives::<Float32Type>(ty, field::real),
        Type::Double => fields.primitives::<Float64Type>(ty, field::double),
        Type::Numeric { precision, scale } => {
            let (precision, scale) = (*precision, scale.unsigned_abs());
            fields.primitives::<Decimal128Type>(ty, |f| field::decimal(f, &target.kind, precision, scale))
        }
        Type::Date => fields.primitives::<Date32Type>(ty, field::date),
        Type::Time => fields.primitives::<Time64MicrosecondType>(ty, field::time),
        Type::Timestamp | Type::Instant => {
            fields.primitives::<TimestampMicrosecondType>(ty, field::timestamp)
        }
        Type::Interval => fields.primitives::<IntervalMonthDayNanoType>(ty, field::interval),
        Type::Text if matches!(target.kind, Kind::Inet | Kind::Cidr) => fields.texts(|f, out| {
            out.push_str(&Address::read(f).ok_or(Misread::Malformed)?.canonical());
            Ok(())
        }),
        Type::Text if matches!(target.kind, Kind::Bpchar(_)) => fields.texts(|f, out| {
            out.push_str(field::text(f)?.trim_end_matches(' '));
            Ok(())
        }),
        Type::Text => fields.texts(|f, out| {
            out.push_str(field::text(f)?);
            Ok(())
        }),
        Type::Json => fields.texts(|f, out| {
            let text = match (&target.kind, f) {
                (Kind::Jsonb, [JSONB_VERSION, text @ ..]) => text,
                (Kind::Jsonb, _) => return Err(Misread::Malformed),
                _ => f,
            };
            out.push_str(field::text(text)?);
            Ok(())
        }),
        Type::Uuid => fields.uuids(),
        Type::Bytes => fields.binaries(),
        Type::List(of) => fields.lists(of, target),
    }
}

impl<'a> Fields<'a> {
    fn iter(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let (bytes, gone) = (self.bytes, self.gone);
        self.spans.iter().map(move |span| span.bytes(bytes, gone))
    }

    /// Reads every field; what the type cannot hold becomes NULL and is noted.
    fn each<V>(
        &self,
        mut read: impl FnMut(&'a [u8]) -> Result<V, Misread>,
        mut push: impl FnMut(Option<V>),
    ) -> Result<Vec<(usize, String)>, ()> {
        let mut foreign = Vec::new();
        for (row, field) in self.iter().enumerate() {
            match field.map(&mut read).transpose() {
                Ok(value) => push(value),
                Err(Misread::Foreign(value)) => {
                    foreign.push((row, value));
                    push(None);
                }
                Err(Misread::Malformed) => return Err(()),
            }
        }
        Ok(foreign)
    }

    fn nulls(&self) -> Result<Read, ()> {
        let foreign = self.each::<()>(|_| Err(Misread::Foreign("a value".to_owned())), |_| ())?;
        Ok(Read { array: Arc::new(NullArray::new(self.spans.len())), foreign })
    }

    fn booleans(&self) -> Result<Read, ()> {
        let mut values = Vec::with_capacity(self.spans.len());
        let foreign = self.each(|f| Ok(field::array::<1>(f)?[0] != 0), |value| values.push(value))?;
        Ok(Read { array: Arc::new(BooleanArray::from(values)), foreign })
    }

    fn primitives<T: ArrowPrimitiveType>(
        &self,
        ty: &Type,
        read: impl Fn(&[u8]) -> Result<T::Native, Misread>,
    ) -> Result<Read, ()> {
        let mut values = PrimitiveArray::<T>::builder(self.spans.len()).with_data_type(ty.arrow());
        let foreign = self.each(read, |value| values.append_option(value))?;
        Ok(Read { array: Arc::new(values.finish()), foreign })
    }

    fn texts(&self, read: impl Fn(&[u8], &mut String) -> Result<(), Misread>) -> Result<Read, ()> {
        let mut values = StringBuilder::with_capacity(self.spans.len(), self.spans.len() * 16);
        let mut foreign = Vec::new();
        let mut text = String::new();
        for (row, field) in self.iter().enumerate() {
            let Some(field) = field else {
                values.append_null();
                continue;
            };
            text.clear();
            match read(field, &mut text) {
                Ok(()) => values.append_value(&text),
                Err(Misread::Foreign(value)) => {
                    foreign.push((row, value));
                    values.append_null();
                }
                Err(Misread::Malformed) => return Err(()),
            }
        }
        Ok(Read { array: Arc::new(values.finish()), foreign })
    }

    fn uuids(&self) -> Result<Read, ()> {
        let mut values = FixedSizeBinaryBuilder::with_capacity(self.spans.len(), 16);
        for field in self.iter() {
            match field {
                Some(field) => values.append_value(field).map_err(drop)?,
                None => values.append_null(),
            }
        }
        Ok(Read { array: Arc::new(values.finish()), foreign: Vec::new() })
    }

    fn binaries(&self) -> Result<Read, ()> {
        let mut values = BinaryBuilder::new();
        self.iter().for_each(|field| values.append_option(field));
        Ok(Read { array: Arc::new(values.finish()), foreign: Vec::new() })
    }

    /// Reads arrays: the fields of all their elements are found first and then read as one column.
    fn lists(&self, of: &Type, target: &ColumnType) -> Result<Read, ()> {
        let Kind::Array(element) = &target.kind else { return Err(()) };
        let mut spans = Vec::new();
        let (mut lengths, mut valid) = (Vec::new(), Vec::new());
        let mut foreign = Vec::new();
        for (row, span) in self.spans.iter().enumerate() {
            let before = spans.len();
            let found = match span.bytes(self.bytes, self.gone) {
                None => Ok(false),
                Some(field) => elements(field, span.start, &mut spans).map(|()| true),
            };
            valid.push(match found {
                Ok(valid) => valid,
                Err(Misread::Foreign(value)) => {
                    foreign.push((row, value));
                    false
                }
                Err(Misread::Malformed) => return Err(()),
            });
            lengths.push(spans.len() - before);
        }
        let read = read(of, element, &spans, self.bytes, self.gone)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        let row_of = |i: usize| offsets.partition_point(|offset| *offset as usize <= i) - 1;
        foreign.extend(read.foreign.into_iter().map(|(i, value)| (row_of(i), value)));
        let DataType::List(item) = Type::List(Box::new(of.clone())).arrow() else { return Err(()) };
        let item: Arc<Field> = item;
        let lists = ListArray::try_new(item, offsets, read.array, Some(NullBuffer::from(valid)));
        Ok(Read { array: Arc::new(lists.map_err(drop)?), foreign })
    }
}

/// Finds the elements of an array whose field is at `at` in the stream.
fn elements(field: &[u8], at: u64, spans: &mut Vec<Span>) -> Result<(), Misread> {
    let (head, shape) = field.split_first_chunk::<12>().ok_or(Misread::Malformed)?;
    match head[..4] {
        [0, 0, 0, 0] => return Ok(()),
        [0, 0, 0, 1] => {}
        _ => return Err(Misread::Foreign("an array of several dimensions".to_owned())),
    }
    let (shape, mut rest) = shape.split_first_chunk::<8>().ok_or(Misread::Malformed)?;
    if shape[4..] != [0, 0, 0, 1] {
        return Err(Misread::Foreign("an array that does not begin at 1".to_owned()));
    }
    let before = spans.len();
    while !rest.is_empty() {
        let at = at + (field.len() - rest.len()) as u64;
        let (span, behind) = Span::read(at, rest).ok().flatten().ok_or(Misread::Malformed)?;
        spans.push(span);
        rest = behind;
    }
    let announced = u32::from_be_bytes(shape[..4].try_into().map_err(|_| Misread::Malformed)?);
    if spans.len() - before == announced as usize { Ok(()) } else { Err(Misread::Malformed) }
}

//! Values of tests and the Arrow arrays made of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, NullArray,
    PrimitiveArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowPrimitiveType, DataType, IntervalMonthDayNano};
use seedbed_engine::types::Type;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    /// Integers, decimals without their point, days, microseconds.
    Number(i128),
    Single(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Months, days, microseconds.
    Interval(i32, i32, i64),
    List(Vec<Cell>),
}

/// A value, and whether it is NULL nevertheless: arrays may have something behind a NULL.
pub(super) type Cell = (Value, bool);

/// An array of a type of the language. Behind NULLs are the values.
pub(super) fn array(ty: &Type, cells: &[Cell]) -> ArrayRef {
    let nulls = cells.iter().any(|cell| cell.1);
    let nulls = nulls.then(|| NullBuffer::from_iter(cells.iter().map(|cell| !cell.1)));
    let number = |cell: &Cell| if let Value::Number(number) = cell.0 { number } else { panic!("{cell:?}") };
    let text = |cell: &Cell| if let Value::Text(text) = &cell.0 { text.clone() } else { panic!("{cell:?}") };
    let bytes =
        |cell: &Cell| if let Value::Bytes(bytes) = &cell.0 { bytes.clone() } else { panic!("{cell:?}") };
    let micros = |cell: &Cell| number(cell) as i64;
    match ty {
        Type::Boolean => {
            let values = cells.iter().map(|cell| cell.0 == Value::Bool(true)).collect();
            Arc::new(BooleanArray::new(values, nulls))
        }
        Type::SmallInt => Arc::new(Int16Array::new(cells.iter().map(|c| number(c) as i16).collect(), nulls)),
        Type::Integer => Arc::new(Int32Array::new(cells.iter().map(|c| number(c) as i32).collect(), nulls)),
        Type::BigInt => Arc::new(Int64Array::new(cells.iter().map(micros).collect(), nulls)),
        Type::Real => primitive(
            cells,
            nulls,
            |value| if let Value::Single(v) = value { *v } else { 0.0 },
            Float32Array::new,
        ),
        Type::Double => primitive(
            cells,
            nulls,
            |value| if let Value::Double(v) = value { *v } else { 0.0 },
            Float64Array::new,
        ),
        Type::Numeric { precision, scale } => {
            let array = Decimal128Array::new(cells.iter().map(number).collect(), nulls);
            Arc::new(array.with_precision_and_scale(*precision, *scale).expect("a precision"))
        }
        Type::Date => Arc::new(Date32Array::new(cells.iter().map(|c| number(c) as i32).collect(), nulls)),
        Type::Time => Arc::new(Time64MicrosecondArray::new(cells.iter().map(micros).collect(), nulls)),
        Type::Timestamp => {
            Arc::new(TimestampMicrosecondArray::new(cells.iter().map(micros).collect(), nulls))
        }
        Type::Instant => {
            let array = TimestampMicrosecondArray::new(cells.iter().map(micros).collect(), nulls);
            Arc::new(array.with_timezone("UTC"))
        }
        Type::Interval => primitive(
            cells,
            nulls,
            |value| match value {
                Value::Interval(months, days, micros) => {
                    IntervalMonthDayNano::new(*months, *days, micros * 1000)
                }
                other => panic!("{other:?}"),
            },
            IntervalMonthDayNanoArray::new,
        ),
        Type::Text | Type::Json => {
            let (offsets, values, _) = StringArray::from_iter_values(cells.iter().map(text)).into_parts();
            Arc::new(StringArray::new(offsets, values, nulls))
        }
        Type::Bytes => {
            let (offsets, values, _) = BinaryArray::from_iter_values(cells.iter().map(bytes)).into_parts();
            Arc::new(BinaryArray::new(offsets, values, nulls))
        }
        Type::Uuid => {
            let values: Vec<u8> = cells.iter().flat_map(bytes).collect();
            Arc::new(FixedSizeBinaryArray::new(16, values.into(), nulls))
        }
        Type::List(of) => {
            let lists = cells
                .iter()
                .map(|cell| if let Value::List(list) = &cell.0 { list } else { panic!("{cell:?}") });
            let offsets = OffsetBuffer::from_lengths(lists.clone().map(Vec::len));
            let elements: Vec<Cell> = lists.flatten().cloned().collect();
            let DataType::List(item) = ty.arrow() else { unreachable!("a list") };
            Arc::new(ListArray::new(item, offsets, array(of, &elements), nulls))
        }
        Type::Null => Arc::new(NullArray::new(cells.len())),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    cells: &[Cell],
    nulls: Option<NullBuffer>,
    value: impl Fn(&Value) -> T::Native,
    make: impl Fn(ScalarBuffer<T::Native>, Option<NullBuffer>) -> PrimitiveArray<T>,
) -> ArrayRef {
    Arc::new(make(cells.iter().map(|cell| value(&cell.0)).collect(), nulls))
}

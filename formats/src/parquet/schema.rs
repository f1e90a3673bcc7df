//! The Parquet schema of a table: annotated so that every reader sees instants, decimals, UUIDs and JSON for
//! what they are.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::basic::{LogicalType, Repetition, TimeUnit as ParquetTimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::Type;

use crate::schema::is_json;

/// The root of a table's schema.
pub(super) fn root(schema: &Schema) -> Result<Type, ParquetError> {
    let fields = schema.fields().iter().map(|field| node(field, field.name()).map(Arc::new));
    Type::group_type_builder("schema").with_fields(fields.collect::<Result<_, _>>()?).build()
}

/// The node of a column, or of the elements of a list.
fn node(field: &Field, name: &str) -> Result<Type, ParquetError> {
    let repetition = if field.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let (physical, logical) = match field.data_type() {
        DataType::List(item) => {
            let element = Arc::new(node(item, "element")?);
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![element]);
            return Type::group_type_builder(name)
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(list.build()?)])
                .build();
        }
        DataType::Decimal128(precision, scale) => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            return Type::primitive_type_builder(name, decimal_physical(precision))
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::decimal(scale, precision)))
                .with_precision(precision)
                .with_scale(scale)
                .with_length(decimal_length(precision))
                .build();
        }
        DataType::FixedSizeBinary(length) => {
            return Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::Uuid))
                .with_length(*length)
                .build();
        }
        DataType::Null => (Physical::INT32, Some(LogicalType::Unknown)),
        DataType::Boolean => (Physical::BOOLEAN, None),
        DataType::Int16 => (Physical::INT32, Some(LogicalType::integer(16, true))),
        DataType::Int32 => (Physical::INT32, None),
        DataType::Int64 => (Physical::INT64, None),
        DataType::Float32 => (Physical::FLOAT, None),
        DataType::Float64 => (Physical::DOUBLE, None),
        DataType::Date32 => (Physical::INT32, Some(LogicalType::Date)),
        DataType::Time64(_) => (Physical::INT64, Some(LogicalType::time(false, ParquetTimeUnit::MICROS))),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            (Physical::INT64, Some(LogicalType::timestamp(zone.is_some(), ParquetTimeUnit::MICROS)))
        }
        DataType::Utf8 if is_json(field) => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        DataType::Utf8 | DataType::Dictionary(..) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        DataType::Binary => (Physical::BYTE_ARRAY, None),
        other => return Err(ParquetError::NYI(format!("type {other}"))),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

fn decimal_physical(precision: i32) -> Physical {
    match precision {
        ..=9 => Physical::INT32,
        10..=18 => Physical::INT64,
        _ => Physical::FIXED_LEN_BYTE_ARRAY,
    }
}

/// The bytes that hold so many decimal digits and a sign; -1 where the length is the physical type's own.
fn decimal_length(precision: i32) -> i32 {
    match precision {
        ..=18 => -1,
        _ => {
            let largest = 10_i128.pow(precision.unsigned_abs()) - 1;
            let bits = i128::BITS - largest.leading_zeros() + 1;
            bits.div_ceil(8).cast_signed()
        }
    }
}

//! The types that tables are made of, as seen by the formats.

use arrow::datatypes::{DataType, Field, IntervalUnit, Schema, TimeUnit};

use crate::error::Error;

/// The key under which Arrow keeps the name of an extension type.
const EXTENSION: &str = "ARROW:extension:name";

/// Whether text is JSON.
pub(crate) fn is_json(field: &Field) -> bool {
    field.metadata().get(EXTENSION).is_some_and(|name| name == "arrow.json")
}

/// Refuses types that the engine does not make, so that encoders need not expect them.
pub(crate) fn check(table: &str, schema: &Schema, format: &'static str) -> Result<(), Error> {
    match schema.fields().iter().find(|field| !is_known(field.data_type())) {
        None => Ok(()),
        Some(field) => {
            let message = format!("column `{}` has the unknown type {}", field.name(), field.data_type());
            Err(Error::Encode { table: table.to_owned(), format, message })
        }
    }
}

fn is_known(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null
        | DataType::Boolean
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Date32
        | DataType::Time64(TimeUnit::Microsecond)
        | DataType::Timestamp(TimeUnit::Microsecond, _)
        | DataType::Interval(IntervalUnit::MonthDayNano)
        | DataType::FixedSizeBinary(16)
        | DataType::Binary
        | DataType::Utf8 => true,
        DataType::Decimal128(precision, scale) => (0..=precision.cast_signed()).contains(scale),
        DataType::Dictionary(key, value) => **key == DataType::Int32 && **value == DataType::Utf8,
        DataType::List(item) => is_known(item.data_type()),
        _ => false,
    }
}

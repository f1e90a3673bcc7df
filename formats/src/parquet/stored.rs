//! The columns of a table as Parquet stores them, where it, or a reader, does not know a type: as the text
//! that CSV has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;

use super::options::ParquetReader;
use crate::text::as_text;

/// The columns of a table as they are stored.
pub(super) fn schema(schema: &Schema, reader: ParquetReader) -> Schema {
    Schema::new(schema.fields().iter().map(|field| stored(field, reader)).collect::<Vec<_>>())
}

/// A column, or the elements of a list, as they are stored.
fn stored(field: &FieldRef, reader: ParquetReader) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::List(item) => DataType::List(stored(item, reader)),
        of if is_text(of, reader) => {
            return Arc::new(Field::new(field.name(), DataType::Utf8, field.is_nullable()));
        }
        _ => return field.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

fn is_text(data_type: &DataType, reader: ParquetReader) -> bool {
    match data_type {
        // Parquet's own interval has no sign and ends at milliseconds.
        DataType::Interval(_) => true,
        DataType::Time64(_) | DataType::FixedSizeBinary(_) => reader == ParquetReader::Spark,
        _ => false,
    }
}

/// An array as it is stored in a column.
pub(super) fn array(array: &ArrayRef, field: &FieldRef) -> Result<ArrayRef, ArrowError> {
    match (array.data_type(), field.data_type()) {
        (DataType::List(of), DataType::List(item)) if of.data_type() != item.data_type() => {
            let list = array.as_list::<i32>();
            let values = self::array(list.values(), item)?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, nulls)?))
        }
        (DataType::Interval(_) | DataType::Time64(_) | DataType::FixedSizeBinary(_), DataType::Utf8) => {
            Ok(Arc::new(as_text(array)))
        }
        _ => Ok(array.clone()),
    }
}

//! Columns of files as the engine has them. Parquet holds intervals as text, and for some readers times and UUIDs, too.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Field};
use seedbed_engine::expression::Expression;
use seedbed_engine::types::Type;

/// An array with the text of such values read. Any other type is left as it is, whether it fits or not.
pub(super) fn fit(array: &ArrayRef, ty: &Type) -> Result<ArrayRef, String> {
    match ty {
        Type::Interval | Type::Time | Type::Uuid if *array.data_type() == DataType::Utf8 => {
            let reader = Expression::reader(ty).map_err(|fault| fault.message)?;
            reader.evaluate(std::slice::from_ref(array), array.len())
        }
        Type::List(of) => {
            let Some(list) = array.as_list_opt::<i32>() else { return Ok(array.clone()) };
            let values = fit(list.values(), of)?;
            let field = Arc::new(Field::new("item", values.data_type().clone(), true));
            let list = ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned());
            Ok(Arc::new(list.map_err(|error| error.to_string())?))
        }
        _ => Ok(array.clone()),
    }
}

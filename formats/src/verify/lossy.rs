//! What JSON Lines cannot hold: NaN, the infinities, and JSON's own null beside SQL's are all `null` there.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, ListArray, RecordBatch, StringArray,
};
use arrow::datatypes::{Field, Float32Type, Float64Type, Schema};
use seedbed_engine::types::Type;

/// A batch of the plan as it comes back from JSON Lines.
pub(super) fn as_json_lines(batch: RecordBatch, columns: &[(String, Type)]) -> RecordBatch {
    if !can_lose(columns) {
        return batch;
    }
    let arrays = batch.columns().iter().zip(columns);
    let arrays: Vec<ArrayRef> = arrays.map(|(array, (_, ty))| without_loss(array, ty)).collect();
    let fields = batch
        .schema()
        .fields()
        .iter()
        .zip(&arrays)
        .map(|(field, array)| {
            Arc::new(field.as_ref().clone().with_nullable(true).with_data_type(array.data_type().clone()))
        })
        .collect::<Vec<_>>();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap_or(batch)
}

/// Whether columns can hold what JSON Lines cannot.
pub(super) fn can_lose(columns: &[(String, Type)]) -> bool {
    columns.iter().any(|(_, ty)| is_lossy(ty))
}

fn is_lossy(ty: &Type) -> bool {
    match ty {
        Type::Real | Type::Double | Type::Json => true,
        Type::List(of) => is_lossy(of),
        _ => false,
    }
}

/// The same with NULL in the place of what is lost.
fn without_loss(array: &ArrayRef, ty: &Type) -> ArrayRef {
    match ty {
        Type::Real => {
            let values = array.as_primitive::<Float32Type>().iter();
            Arc::new(values.map(|value| value.filter(|value| value.is_finite())).collect::<Float32Array>())
        }
        Type::Double => {
            let values = array.as_primitive::<Float64Type>().iter();
            Arc::new(values.map(|value| value.filter(|value| value.is_finite())).collect::<Float64Array>())
        }
        Type::Json => match array.as_string_opt::<i32>() {
            Some(texts) => {
                let kept = texts.iter().map(|text| text.filter(|text| text.trim_ascii() != "null"));
                Arc::new(kept.collect::<StringArray>())
            }
            None => array.clone(),
        },
        Type::List(of) if is_lossy(of) => {
            let list = array.as_list::<i32>();
            let values = without_loss(list.values(), of);
            let field = Arc::new(Field::new("item", values.data_type().clone(), true));
            let list = ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned());
            list.map_or_else(|_| array.clone(), |list| Arc::new(list))
        }
        _ => array.clone(),
    }
}

//! Rows picked from several results, the last step of `case` and `coalesce`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, DictionaryArray, Int32Array, PrimitiveArray, StringArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::kernel::{Numbers, Value};
use crate::types::Type;

/// Row `r` of the result is row `r` of `results[choice[r]]`.
pub(super) fn choose(mut results: Vec<Value>, choice: &[u32], ty: &Type) -> Result<Value, String> {
    if results.len() == 1 {
        return Ok(results.remove(0));
    }
    if *ty == Type::Text {
        if results.iter().all(Value::is_scalar) {
            return choose_text_constants(results, choice);
        }
        // Dictionaries stay dictionaries, with constants among them; other mixtures become plain.
        let keep = results.iter().all(|result| result.is_dictionary() || result.is_scalar());
        let form = |result: Value| if keep { result.keyed() } else { result.plain() };
        results = results.into_iter().map(form).collect::<Result<_, _>>()?;
    }
    let primitive = match ty {
        Type::SmallInt => pick::<Int16Type>,
        Type::Integer => pick::<Int32Type>,
        Type::BigInt => pick::<Int64Type>,
        Type::Real => pick::<Float32Type>,
        Type::Double => pick::<Float64Type>,
        Type::Numeric { .. } => pick::<Decimal128Type>,
        Type::Date => pick::<Date32Type>,
        Type::Timestamp | Type::Instant => pick::<TimestampMicrosecondType>,
        _ => return interleaved(&results, choice),
    };
    Ok(primitive(&results, choice, ty))
}

/// The loop for fixed-width values.
fn pick<T: ArrowPrimitiveType>(results: &[Value], choice: &[u32], ty: &Type) -> Value {
    let readers: Vec<Numbers<T>> = results.iter().map(Numbers::of).collect();
    let nulls: Vec<Option<NullBuffer>> = results.iter().map(Value::nulls).collect();
    let values: Vec<T::Native> =
        choice.iter().enumerate().map(|(row, &index)| readers[index as usize].get(row)).collect();
    let nulls = nulls.iter().any(Option::is_some).then(|| {
        let valid = |row: usize| {
            let index = choice[row] as usize;
            let at = if results[index].is_scalar() { 0 } else { row };
            nulls[index].as_ref().is_none_or(|nulls| nulls.is_valid(at))
        };
        NullBuffer::new(BooleanBuffer::collect_bool(choice.len(), valid))
    });
    Value::Array(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls).with_data_type(ty.arrow())))
}

/// Arrow's kernel for everything else.
fn interleaved(results: &[Value], choice: &[u32]) -> Result<Value, String> {
    let arrays: Vec<&dyn Array> = results.iter().map(Value::array).collect();
    let places: Vec<(usize, usize)> = choice
        .iter()
        .enumerate()
        .map(|(row, &index)| {
            let index = index as usize;
            (index, if results[index].is_scalar() { 0 } else { row })
        })
        .collect();
    interleave(&arrays, &places).map(Value::Array).map_err(|e| e.to_string())
}

/// A choice among constants is a dictionary.
fn choose_text_constants(results: Vec<Value>, choice: &[u32]) -> Result<Value, String> {
    let results = results.into_iter().map(Value::plain).collect::<Result<Vec<_>, _>>()?;
    let mut distinct: Vec<&str> = Vec::new();
    let mut keys = Vec::with_capacity(results.len());
    for result in &results {
        if result.is_null_scalar() {
            keys.push(None);
            continue;
        }
        let text = result.array().as_string::<i32>().value(0);
        let key = distinct.iter().position(|known| *known == text).unwrap_or_else(|| {
            distinct.push(text);
            distinct.len() - 1
        });
        keys.push(i32::try_from(key).ok());
    }
    let has_null = keys.contains(&None);
    let chosen: Vec<i32> = choice.iter().map(|&index| keys[index as usize].unwrap_or(0)).collect();
    let nulls =
        has_null.then(|| choice.iter().map(|&index| keys[index as usize].is_some()).collect::<NullBuffer>());
    let keys = Int32Array::new(chosen.into(), nulls);
    let array = DictionaryArray::try_new(keys, Arc::new(StringArray::from(distinct)));
    array.map(|array| Value::Array(Arc::new(array))).map_err(|e| e.to_string())
}

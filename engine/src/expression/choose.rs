//! Rows picked from several results, the last step of `case` and `coalesce`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray, Int32Array, PrimitiveArray, StringArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::kernel::{Numbers, Value};
use super::tree::Expression;
use crate::budget;
use crate::types::Type;

/// Row `r` of the result is row `r` of `results[choice[r]]`.
pub(super) fn choose(mut results: Vec<Value>, choice: &[u32], ty: &Type) -> Result<Value, String> {
    if results.len() == 1 {
        return Ok(results.remove(0));
    }
    if *ty == Type::Text {
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
    // One long text may be chosen by many rows.
    if results.iter().any(|result| result.array().data_type() == &DataType::Utf8) {
        let length = |(row, index): (usize, &u32)| {
            let result = &results[*index as usize];
            let texts = result.array().as_string_opt::<i32>();
            texts.map_or(0, |texts| texts.value_length(if result.is_scalar() { 0 } else { row }) as usize)
        };
        budget::spend(choice.iter().enumerate().map(length).sum())?;
    }
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

/// Constant texts to choose from, as a dictionary.
pub(super) struct ConstantTexts {
    values: ArrayRef,
    /// The key of each text; `None` for NULL.
    keys: Vec<Option<i32>>,
}

impl ConstantTexts {
    /// The results of a choice, if all of them are constant text.
    pub(super) fn of<'e>(results: impl Iterator<Item = &'e Expression>) -> Option<Self> {
        let mut distinct: Vec<String> = Vec::new();
        let mut keys = Vec::new();
        for result in results {
            if *result.ty() != Type::Text {
                return None;
            }
            let value = result.constant()?;
            keys.push(match result.constant_text() {
                None if value.is_null(0) => None,
                None => return None,
                Some(text) => {
                    let known = distinct.iter().position(|known| *known == text);
                    let key = known.unwrap_or_else(|| {
                        distinct.push(text);
                        distinct.len() - 1
                    });
                    Some(i32::try_from(key).ok()?)
                }
            });
        }
        Some(Self { values: Arc::new(StringArray::from(distinct)), keys })
    }

    /// Row `r` is text `choice[r]`.
    pub(super) fn pick(&self, choice: &[u32]) -> Value {
        let keys: Vec<i32> = choice.iter().map(|&index| self.keys[index as usize].unwrap_or(0)).collect();
        let nulls = self
            .keys
            .contains(&None)
            .then(|| choice.iter().map(|&index| self.keys[index as usize].is_some()).collect::<NullBuffer>());
        // With NULL as the only result the dictionary is empty, and no key is read.
        let keys = Int32Array::new(keys.into(), nulls);
        Value::Array(Arc::new(DictionaryArray::new(keys, self.values.clone())))
    }
}

//! Choices.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, UInt32Array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{cast, interleave, take};
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use super::Frame;
use crate::error::ValueError;
use crate::model::Column;
use crate::random::{Stream, Weighted};

pub(super) fn boolean(frame: &Frame, stream: &Stream, threshold: u64, always: bool) -> ArrayRef {
    let words = frame.words(stream, 1);
    let values = BooleanBuffer::collect_bool(words.len(), |i| always || words[i] < threshold);
    Arc::new(BooleanArray::new(values, None))
}

/// One of some values: a dictionary when they are text, shared by all batches.
pub(super) fn choose(frame: &Frame, stream: &Stream, law: &Weighted, values: &ArrayRef) -> ArrayRef {
    let words = frame.words(stream, 1);
    match values.data_type() {
        DataType::Utf8 => {
            let keys = Int32Array::from_iter_values(words.iter().map(|word| law.sample(*word) as i32));
            Arc::new(DictionaryArray::<Int32Type>::new(keys, values.clone()))
        }
        DataType::Dictionary(..) => {
            // Fields of places: several cities share a value.
            let dictionary = values.as_dictionary::<Int32Type>();
            let shared = dictionary.keys().values();
            let keys = Int32Array::from_iter_values(words.iter().map(|word| shared[law.sample(*word)]));
            Arc::new(DictionaryArray::<Int32Type>::new(keys, dictionary.values().clone()))
        }
        _ => {
            let index = UInt32Array::from_iter_values(words.iter().map(|word| law.sample(*word) as u32));
            take(values, &index, None).expect("the law draws indices of its values")
        }
    }
}

/// For each row the value of the case that its index names; the last case stands for all other values.
///
/// # Errors
/// A case whose values do not fit the type that all cases have in common.
pub(super) fn switch(
    frame: &Frame,
    index: &ArrayRef,
    cases: &[Option<usize>],
    column: &Column,
) -> Result<ArrayRef, ValueError> {
    let ty = column.made.arrow();
    // The `CASE` that picks it counts in small whole numbers.
    let index = cast(index, &DataType::Int64).expect("every integer type casts to `Int64`");
    let index = index.as_primitive::<Int64Type>();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(cases.len());
    for (number, case) in cases.iter().enumerate() {
        let array = match case {
            Some(input) => frame.input_where(*input, |row| index.values()[row] as usize == number)?,
            None => new_null_array(&ty, frame.len()),
        };
        arrays.push(cast(&array, &ty).map_err(|error| frame.value_error(column, error.to_string()))?);
    }
    let picks: Vec<(usize, usize)> =
        index.values().iter().enumerate().map(|(row, case)| (*case as usize, row)).collect();
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&parts, &picks)
        .expect("the cases have one type, a row each, and the index names one of them"))
}

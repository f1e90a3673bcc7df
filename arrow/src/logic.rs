//! `and`, `or` and `not` of truth values.

use arrow_array::{Array, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::ArrowError;

/// Three-valued `and`: false where a side is false, NULL where none is and a side is NULL.
///
/// # Errors
/// Arrays of different lengths.
pub fn and_kleene(left: &BooleanArray, right: &BooleanArray) -> Result<BooleanArray, ArrowError> {
    same_length(left, right)?;
    let ((left_true, left_false), (right_true, right_false)) = (sides(left), sides(right));
    Ok(of(&left_true & &right_true, &left_false | &right_false))
}

/// Three-valued `or`: true where a side is true, NULL where none is and a side is NULL.
///
/// # Errors
/// Arrays of different lengths.
pub fn or_kleene(left: &BooleanArray, right: &BooleanArray) -> Result<BooleanArray, ArrowError> {
    same_length(left, right)?;
    let ((left_true, left_false), (right_true, right_false)) = (sides(left), sides(right));
    Ok(of(&left_true | &right_true, &left_false & &right_false))
}

/// `or` that is NULL where a side is.
///
/// # Errors
/// Arrays of different lengths.
pub fn or(left: &BooleanArray, right: &BooleanArray) -> Result<BooleanArray, ArrowError> {
    same_length(left, right)?;
    Ok(BooleanArray::new(left.values() | right.values(), NullBuffer::union(left.nulls(), right.nulls())))
}

/// `not`, NULL for NULL.
///
/// # Errors
/// None.
pub fn not(array: &BooleanArray) -> Result<BooleanArray, ArrowError> {
    Ok(BooleanArray::new(!array.values(), array.nulls().cloned()))
}

fn same_length(left: &BooleanArray, right: &BooleanArray) -> Result<(), ArrowError> {
    if left.values().len() == right.values().len() {
        return Ok(());
    }
    Err(ArrowError::ComputeError("truth values of different numbers of rows".to_owned()))
}

/// Where it is true, and where it is false.
fn sides(array: &BooleanArray) -> (BooleanBuffer, BooleanBuffer) {
    match array.nulls() {
        None => (array.values().clone(), !array.values()),
        Some(nulls) => (array.values() & nulls.inner(), &!array.values() & nulls.inner()),
    }
}

fn of(is_true: BooleanBuffer, is_false: BooleanBuffer) -> BooleanArray {
    let nulls = NullBuffer::new(&is_true | &is_false);
    BooleanArray::new(is_true, Some(nulls).filter(|nulls| nulls.null_count() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logic_has_three_values() {
        let values = [Some(true), Some(false), None];
        let pairs: Vec<_> = values.iter().flat_map(|left| values.map(|right| (*left, right))).collect();
        let left: BooleanArray = pairs.iter().map(|pair| pair.0).collect();
        let right: BooleanArray = pairs.iter().map(|pair| pair.1).collect();
        let (t, f, n) = (Some(true), Some(false), None);
        let of = |array: Result<BooleanArray, ArrowError>| array.unwrap().iter().collect::<Vec<_>>();
        assert_eq!(of(and_kleene(&left, &right)), [t, f, n, f, f, f, n, f, n]);
        assert_eq!(of(or_kleene(&left, &right)), [t, t, t, t, f, n, t, n, n]);
        assert_eq!(of(or(&left, &right)), [t, t, n, t, f, n, n, n, n]);
        assert_eq!(of(not(&left)), [f, f, f, t, t, t, n, n, n]);
        // A slice begins in the middle of its buffers.
        assert_eq!(of(and_kleene(&left.slice(3, 5), &right.slice(1, 5))), [f, f, f, f, n]);
        assert!(and_kleene(&left, &right.slice(0, 3)).is_err());
    }
}

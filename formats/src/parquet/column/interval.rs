//! Intervals as text.

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::IntervalMonthDayNanoType;

use crate::interval::write_interval;

/// Intervals in the form that CSV has, too.
pub(super) fn as_text(array: &ArrayRef) -> StringArray {
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 12);
    let mut text = Vec::new();
    for value in array.as_primitive::<IntervalMonthDayNanoType>() {
        text.clear();
        texts.append_option(value.map(|value| {
            write_interval(&mut text, value.months, value.days, value.nanoseconds);
            str::from_utf8(&text).expect("intervals are ASCII")
        }));
    }
    texts.finish()
}

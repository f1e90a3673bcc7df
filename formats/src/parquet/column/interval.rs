//! Intervals as text.

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::IntervalMonthDayNanoType;
use seedbed_engine::calendar::text::write_interval;

/// Intervals in the form of ISO 8601, `P1Y2M3DT4H`.
pub(super) fn as_text(array: &ArrayRef) -> StringArray {
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 12);
    let mut text = String::new();
    for value in array.as_primitive::<IntervalMonthDayNanoType>() {
        text.clear();
        texts.append_option(value.map(|value| {
            write_interval(&mut text, value.months, value.days, value.nanoseconds);
            &text
        }));
    }
    texts.finish()
}

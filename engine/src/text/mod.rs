//! Values as text: the one place that spells them, in two styles.
//!
//! *PostgreSQL's* is what `cast(x as text)` gives there: `1e+20`, `2024-01-31 10:00:00+00`, `\x6869`, `{a,"b c",NULL}`. Truth values
//! are `true` and `false` in arrays, too. *JSON's* is what `to_json(x)` gives, with moments and intervals in the form of ISO 8601:
//! `[1e+20, null]`, `"2024-01-31T10:00:00Z"`. Numbers have the same digits in both.
//!
//! An array is looked at once: [`Values`] knows its type, and appends single values to a buffer of the caller's.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Float64Array};
//! use seedbed_engine::text::{Cells, Meaning, shown};
//!
//! let array: ArrayRef = Arc::new(Float64Array::from(vec![Some(1e20), Some(f64::NAN), Some(0.5), None]));
//! let cells = Cells::new(&array, Meaning::Text);
//! let (mut sql, mut json) = (String::new(), String::new());
//! cells.values().write_sql(0, &mut sql);
//! assert_eq!(sql, "1e+20");
//! let lost: usize = (0..4).map(|row| cells.write_json(row, ", ", &mut json)).sum();
//! assert_eq!((json.as_str(), lost), ("1e+20null0.5null", 1));
//! assert_eq!(shown(&array, 3), "NULL");
//! ```

mod bytes;
mod json;
mod number;
mod values;

pub use crate::calendar::text::Buffer;
pub use bytes::{write_hex, write_uuid};
pub use json::write_json_text;
pub use number::{write_decimal, write_double, write_integer, write_real};
pub use values::{Ascii, Bare, Cells, Intervals, Meaning, Values};

use arrow::array::Array;

/// A value as PostgreSQL writes it; `NULL` when there is none. For messages: it looks at the array anew for every value.
pub fn shown(array: &dyn Array, row: usize) -> String {
    let cells = Cells::new(array, Meaning::Text);
    let mut text = String::new();
    match cells.is_null(row) {
        true => text.push_str("NULL"),
        false => cells.values().write_sql(row, &mut text),
    }
    text
}

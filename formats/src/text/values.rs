//! Columns of a batch as the formats made of text have them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::{Field, Int32Type};
use seedbed_engine::text::{Cells, Intervals, Meaning, Values};

use crate::schema::is_json;

/// Settles the type of an array that fits the field; the field's type is one that [`crate::schema::check`] has passed. Intervals are
/// spelled as both PostgreSQL and DuckDB read them.
pub(super) fn cells<'a>(field: &Field, array: &'a dyn Array) -> Cells<'a> {
    let meaning = if is_json(field) { Meaning::Json } else { Meaning::Text };
    Cells::spelled(array, meaning, Intervals::Plain)
}

/// Whether no byte of a column's texts is one that needs care: one look at all of them together.
pub(super) fn is_clean(cells: &Cells, needs_care: impl Fn(u8) -> bool) -> bool {
    let Values::Text(values) = cells.values() else { return false };
    let offsets = values.value_offsets();
    let bytes = &values.value_data()[offsets[0] as usize..offsets[values.len()] as usize];
    // No early exit, so that the compiler vectorises it.
    !bytes.iter().fold(false, |found, byte| found | needs_care(*byte))
}

/// The values of an array as the text that CSV has.
pub(crate) fn as_text(array: &ArrayRef) -> StringArray {
    let cells = Cells::spelled(array, Meaning::Text, Intervals::Plain);
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 12);
    let mut text = String::new();
    for row in 0..array.len() {
        text.clear();
        if cells.is_null(row) {
            texts.append_null();
            continue;
        }
        cells.values().write_sql(row, &mut text);
        texts.append_value(&text);
    }
    texts.finish()
}

/// The values of a dictionary as a format writes them, kept as long as batches share the dictionary.
#[derive(Default)]
pub(super) struct Written {
    of: Option<ArrayRef>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Written {
    /// Writes the values of an array that is a dictionary, unless they are the ones that have been written.
    pub(super) fn prepare(&mut self, array: &dyn Array, write: impl Fn(&str, &mut Vec<u8>)) {
        let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else { return };
        let values = dictionary.values();
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, values)) {
            return;
        }
        self.bytes.clear();
        self.ends.clear();
        for value in values.as_string::<i32>() {
            write(value.unwrap_or_default(), &mut self.bytes);
            self.ends.push(self.bytes.len());
        }
        self.of = Some(values.clone());
    }

    pub(super) fn value(&self, key: i32) -> &[u8] {
        let key = key as usize;
        let start = if key == 0 { 0 } else { self.ends[key - 1] };
        &self.bytes[start..self.ends[key]]
    }
}

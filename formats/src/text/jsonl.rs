//! JSON Lines: one object per row, keys in the order of the columns. Numbers keep their digits, JSON columns
//! stand in the object as they are, everything else is text in quotes; what JSON cannot say (NaN and the
//! infinities) is null.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use seedbed_engine::run::RunError;
use seedbed_engine::text::{Cells, Values, write_json_text};

use super::BYTES_PER_CELL;
use super::values::{Written, cells, is_clean};
use crate::encode::NextBatch;
use crate::error::Error;

/// Encodes the rows of one table.
pub(crate) struct JsonlEncoder {
    schema: SchemaRef,
    /// What stands before each value: `{"id":`, `,"name":`, ….
    keys: Vec<Vec<u8>>,
    /// Values that JSON cannot say, so far.
    lost: AtomicU64,
}

impl JsonlEncoder {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        let keys = schema.fields().iter().enumerate().map(|(i, field)| {
            let mut key = vec![if i == 0 { b'{' } else { b',' }];
            write_json_text(&mut key, field.name());
            key.push(b':');
            key
        });
        let keys = keys.collect();
        Self { schema, keys, lost: AtomicU64::new(0) }
    }

    /// How many values have become null because JSON cannot say them.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<Vec<u8>, RunError<Error>> {
        let bytes_per_row = self.keys.iter().map(|key| key.len() + BYTES_PER_CELL).sum::<usize>();
        let mut out = Vec::new();
        let mut dictionaries: Vec<Written> = self.keys.iter().map(|_| Written::default()).collect();
        let mut lost = 0;
        while let Some(batch) = next()? {
            out.reserve(batch.num_rows() * bytes_per_row);
            self.write_batch(&batch, &mut dictionaries, &mut out, &mut lost);
        }
        self.lost.fetch_add(lost, Ordering::Relaxed);
        Ok(out)
    }

    fn write_batch(
        &self,
        batch: &RecordBatch,
        dictionaries: &mut [Written],
        out: &mut Vec<u8>,
        lost: &mut u64,
    ) {
        for (array, written) in batch.columns().iter().zip(&mut *dictionaries) {
            written.prepare(array, |text, out| write_json_text(out, text));
        }
        let columns =
            self.schema.fields().iter().zip(batch.columns()).map(|(field, array)| cells(field, array));
        let columns: Vec<Cells> = columns.collect();
        // Whether no text of a column needs an escape.
        let needs_escape = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
        let clean: Vec<bool> = columns.iter().map(|column| is_clean(column, needs_escape)).collect();
        for row in 0..batch.num_rows() {
            for (i, column) in columns.iter().enumerate() {
                out.extend_from_slice(&self.keys[i]);
                match column.values() {
                    _ if column.is_null(row) => out.extend_from_slice(b"null"),
                    Values::Text(values) if clean[i] => {
                        out.push(b'"');
                        out.extend_from_slice(values.value(row).as_bytes());
                        out.push(b'"');
                    }
                    Values::Dictionary(keys, _) => {
                        out.extend_from_slice(dictionaries[i].value(keys.value(row)))
                    }
                    Values::Json(values) => write_line(values.value(row), out),
                    values => *lost += values.write_json(row, ",", out) as u64,
                }
            }
            out.extend_from_slice(if columns.is_empty() { b"{}\n" } else { b"}\n" });
        }
    }
}

/// Appends JSON without line breaks: between its tokens one is a blank, and inside its strings there is none.
fn write_line(json: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json.as_bytes());
    out[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
}

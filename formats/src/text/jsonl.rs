//! JSON Lines: one object per row, keys in the order of the columns. Numbers keep their digits, JSON columns
//! stand in the object as they are, everything else is text in quotes; what JSON cannot say (NaN and the
//! infinities) is null.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use seedbed_engine::calendar::Style;
use seedbed_engine::run::RunError;

use super::BYTES_PER_CELL;
use super::values::{Column, Values, Written};
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
            write_text(field.name().as_bytes(), &mut key);
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
        let columns =
            self.schema.fields().iter().zip(batch.columns()).map(|(field, array)| Column::new(field, array));
        let columns: Vec<Column> = columns.collect();
        for (column, written) in columns.iter().zip(&mut *dictionaries) {
            if let Values::Dictionary(_, values) = column.values {
                written.prepare(values, write_text);
            }
        }
        let clean: Vec<bool> = columns.iter().map(is_clean).collect();
        for row in 0..batch.num_rows() {
            for (i, column) in columns.iter().enumerate() {
                out.extend_from_slice(&self.keys[i]);
                match &column.values {
                    _ if column.is_null(row) => out.extend_from_slice(b"null"),
                    Values::Text(values) if clean[i] => write_quoted(values.value(row).as_bytes(), out),
                    Values::Dictionary(keys, _) => {
                        out.extend_from_slice(dictionaries[i].value(keys.value(row)))
                    }
                    _ => write_value(column, row, out, lost),
                }
            }
            out.extend_from_slice(if columns.is_empty() { b"{}\n" } else { b"}\n" });
        }
    }
}

/// Whether no text of a column needs an escape: one pass over all its bytes.
fn is_clean(column: &Column) -> bool {
    let Values::Text(values) = &column.values else { return false };
    let offsets = values.value_offsets();
    let bytes = &values.value_data()[offsets[0] as usize..offsets[values.len()] as usize];
    // No early exit, so that the compiler vectorises it.
    !bytes.iter().fold(false, |found, byte| found | is_special(*byte))
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if !text.iter().any(|byte| is_special(*byte)) {
        return write_quoted(text, out);
    }
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Writes a value, and counts it when it is lost.
fn write_value(column: &Column, row: usize, out: &mut Vec<u8>, lost: &mut u64) {
    if column.is_null(row) {
        return out.extend_from_slice(b"null");
    }
    match &column.values {
        Values::Null => {}
        Values::Bare(values) => {
            if values.write(row, out).is_err() {
                out.extend_from_slice(b"null");
                *lost += 1;
            }
        }
        Values::Ascii(values) => {
            out.push(b'"');
            values.write(row, Style::Iso, b"\\\\", out);
            out.push(b'"');
        }
        Values::Text(values) => write_text(values.value(row).as_bytes(), out),
        Values::Dictionary(keys, values) => {
            let values = values.as_string::<i32>();
            write_text(values.value(keys.value(row) as usize).as_bytes(), out);
        }
        Values::Json(values) => {
            let start = out.len();
            out.extend_from_slice(values.value(row).as_bytes());
            // Between the tokens of a JSON text a line break is a blank; inside its strings there is none.
            out[start..]
                .iter_mut()
                .filter(|byte| matches!(byte, b'\n' | b'\r'))
                .for_each(|byte| *byte = b' ');
        }
        Values::List(list, items) => {
            let offsets = list.value_offsets();
            out.push(b'[');
            for item in offsets[row] as usize..offsets[row + 1] as usize {
                if item > offsets[row] as usize {
                    out.push(b',');
                }
                write_value(items, item, out, lost);
            }
            out.push(b']');
        }
    }
}

//! Comma-separated values after RFC 4180, in the dialect of PostgreSQL's `COPY … (FORMAT csv, HEADER)`: lines
//! end with `\n`, NULL is an empty field, the empty text is `""`, and only what needs quotes has them.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use seedbed_engine::run::RunError;
use seedbed_engine::text::{Cells, Values};

use super::BYTES_PER_CELL;
use super::values::{Written, cells, is_clean};
use crate::encode::NextBatch;
use crate::error::Error;

/// Encodes the rows of one table.
pub(crate) struct CsvEncoder {
    schema: SchemaRef,
}

impl CsvEncoder {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        Self { schema }
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (i, field) in self.schema.fields().iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_text(field.name().as_bytes(), &mut out);
        }
        out.push(b'\n');
        out
    }

    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<Vec<u8>, RunError<Error>> {
        let mut out = Vec::new();
        let mut dictionaries: Vec<Written> =
            self.schema.fields().iter().map(|_| Written::default()).collect();
        while let Some(batch) = next()? {
            out.reserve(batch.num_rows() * batch.num_columns() * BYTES_PER_CELL);
            self.write_batch(&batch, &mut dictionaries, &mut out);
        }
        Ok(out)
    }

    fn write_batch(&self, batch: &RecordBatch, dictionaries: &mut [Written], out: &mut Vec<u8>) {
        for (array, written) in batch.columns().iter().zip(&mut *dictionaries) {
            written.prepare(array, |text, out| write_text(text.as_bytes(), out));
        }
        let columns =
            self.schema.fields().iter().zip(batch.columns()).map(|(field, array)| cells(field, array));
        let columns: Vec<Cells> = columns.collect();
        // Whether no text of a column needs quotes, unless it is empty.
        let clean = columns.iter().map(|column| is_clean(column, |byte| is_special(byte) | (byte == b'\\')));
        let clean: Vec<bool> = clean.collect();
        let mut scratch = Vec::new();
        for row in 0..batch.num_rows() {
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                if column.is_null(row) {
                    continue;
                }
                match column.values() {
                    Values::Null => {}
                    Values::Bare(values) => values.write(row, out),
                    Values::Ascii(values) => values.write_sql(row, out),
                    Values::Text(values) if clean[i] && !values.value(row).is_empty() => {
                        out.extend_from_slice(values.value(row).as_bytes());
                    }
                    Values::Text(values) | Values::Json(values) => {
                        write_text(values.value(row).as_bytes(), out)
                    }
                    Values::Dictionary(keys, _) => {
                        out.extend_from_slice(dictionaries[i].value(keys.value(row)))
                    }
                    values @ Values::List(..) => {
                        scratch.clear();
                        values.write_sql(row, &mut scratch);
                        write_text(&scratch, out);
                    }
                }
            }
            out.push(b'\n');
        }
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b',' | b'"' | b'\n' | b'\r')
}

/// Appends a field, in quotes where it needs them. A lone `\.` needs them because PostgreSQL takes it for the
/// end of the data.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() && text != b"\\." && !text.iter().any(|byte| is_special(*byte)) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

//! Comma-separated values after RFC 4180, in the dialect of PostgreSQL's `COPY … (FORMAT csv, HEADER)`: lines
//! end with `\n`, NULL is an empty field, the empty text is `""`, and only what needs quotes has them.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use seedbed_engine::calendar::Style;
use seedbed_engine::run::RunError;

use super::BYTES_PER_CELL;
use super::values::{Column, Values, Written};
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
        let columns =
            self.schema.fields().iter().zip(batch.columns()).map(|(field, array)| Column::new(field, array));
        let columns: Vec<Column> = columns.collect();
        for (column, written) in columns.iter().zip(&mut *dictionaries) {
            if let Values::Dictionary(_, values) = column.values {
                written.prepare(values, write_text);
            }
        }
        let clean: Vec<bool> = columns.iter().map(is_clean).collect();
        let mut scratch = Vec::new();
        for row in 0..batch.num_rows() {
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                if column.is_null(row) {
                    continue;
                }
                match &column.values {
                    Values::Null => {}
                    Values::Bare(values) => {
                        values.write(row, out).unwrap_or_else(|number| write_special(number, out))
                    }
                    Values::Ascii(values) => values.write(row, Style::Sql, b"\\", out),
                    Values::Text(values) if clean[i] && !values.value(row).is_empty() => {
                        out.extend_from_slice(values.value(row).as_bytes());
                    }
                    Values::Text(values) | Values::Json(values) => {
                        write_text(values.value(row).as_bytes(), out)
                    }
                    Values::Dictionary(keys, _) => {
                        out.extend_from_slice(dictionaries[i].value(keys.value(row)))
                    }
                    Values::List(..) => {
                        scratch.clear();
                        write_array(column, row, &mut scratch);
                        write_text(&scratch, out);
                    }
                }
            }
            out.push(b'\n');
        }
    }
}

/// Whether no text of a column needs quotes, unless it is empty: one pass over all its bytes.
fn is_clean(column: &Column) -> bool {
    let Values::Text(values) = &column.values else { return false };
    let offsets = values.value_offsets();
    let bytes = &values.value_data()[offsets[0] as usize..offsets[values.len()] as usize];
    // No early exit, so that the compiler vectorises it.
    !bytes.iter().fold(false, |found, byte| found | is_special(*byte) | (*byte == b'\\'))
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

fn write_special(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match number {
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => b"NaN",
    });
}

/// Appends the literal of an array as PostgreSQL writes it, `{a,"b c",NULL}`.
fn write_array(column: &Column, row: usize, out: &mut Vec<u8>) {
    let Values::List(list, items) = &column.values else { return };
    let offsets = list.value_offsets();
    out.push(b'{');
    for item in offsets[row] as usize..offsets[row + 1] as usize {
        if item > offsets[row] as usize {
            out.push(b',');
        }
        if items.is_null(item) {
            out.extend_from_slice(b"NULL");
            continue;
        }
        match &items.values {
            Values::Null => {}
            Values::Bare(values) => {
                values.write(item, out).unwrap_or_else(|number| write_special(number, out))
            }
            Values::Ascii(values) => {
                let mut text = Vec::new();
                values.write(item, Style::Sql, b"\\", &mut text);
                write_element(&text, out);
            }
            Values::Text(values) | Values::Json(values) => write_element(values.value(item).as_bytes(), out),
            Values::Dictionary(keys, values) => {
                let values = values.as_string::<i32>();
                write_element(values.value(keys.value(item) as usize).as_bytes(), out);
            }
            Values::List(..) => write_array(items, item, out),
        }
    }
    out.push(b'}');
}

/// Appends an element of an array, in quotes where PostgreSQL's `array_out` has them.
fn write_element(text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| {
        matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\' | b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
    };
    if !text.is_empty() && !text.eq_ignore_ascii_case(b"NULL") && !text.iter().any(special) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

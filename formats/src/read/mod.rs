//! Reads files that seedbed has written, in any of its formats, as batches with the columns of a table.
//!
//! This is for checking datasets, so readers are strict: a column too many, a field too few, or a number with more digits than
//! its type has is a finding. Text formats are read by readers of our own, because what they have to tell apart (NULL
//! and the empty text in CSV, the digits of a number in JSON) is what general readers give up.

mod column;
mod csv;
mod fit;
mod guard;
mod ipc;
mod jsonl;
mod parquet;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use seedbed_engine::types::Type;

use crate::format::Format;

/// The rows of a batch.
const ROWS_PER_BATCH: usize = 8192;
/// The text from which on a batch ends early. Offsets into the text of a column have 31 bits.
const BYTES_PER_BATCH: usize = 16 << 20;

/// What is to be read from the files of a table.
pub(crate) struct Shape {
    /// Names and types.
    pub(crate) columns: Vec<(String, Type)>,
}

/// Takes a batch with the columns of the shape. Can be called from many threads.
pub(crate) type Take<'t> = dyn Fn(&RecordBatch) -> Result<(), String> + Sync + 't;

/// Reads a file, Parquet with all threads.
///
/// # Errors
/// Why it cannot be read, in words; or what `take` says.
pub(crate) fn read(path: &Path, format: Format, shape: &Shape, take: &Take) -> Result<(), String> {
    match format {
        Format::Parquet => parquet::read(path, shape, take),
        Format::Arrow => ipc::read(path, shape, take),
        Format::Csv => csv::read(open(path)?, shape, take),
        Format::Jsonl => jsonl::read(open(path)?, shape, take),
    }
}

fn open(path: &Path) -> Result<File, String> {
    open_file(path).map_err(|error| error.to_string())
}

/// Opens a file and nothing else: a pipe would wait for a writer.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
}

impl Shape {
    /// A batch of columns that are in order.
    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, String> {
        let fields = self.columns.iter().zip(&columns);
        let fields = fields.map(|((name, _), array)| Field::new(name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(|error| error.to_string())
    }

    /// A batch of the columns of another one, found by name.
    fn select(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let columns = self.columns.iter().map(|(name, ty)| {
            let column = batch.column_by_name(name).ok_or_else(|| format!("column `{name}` is missing"))?;
            fit::fit(column, ty).map_err(|error| format!("column `{name}`: {error}"))
        });
        self.batch(columns.collect::<Result<_, _>>()?, batch.num_rows())
    }

    /// Refuses other names than those of the columns.
    fn check<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<(), String> {
        let names: Vec<&str> = names.collect();
        let known = |name: &str| self.columns.iter().any(|(column, _)| column == name);
        if let Some(name) = names.iter().find(|name| !known(name)) {
            return Err(format!("column `{name}` does not belong to the table"));
        }
        match self.columns.iter().find(|(column, _)| !names.contains(&column.as_str())) {
            Some((column, _)) => Err(format!("column `{column}` is missing")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Thousands of long texts in one batch were more than its offsets reach, and reading them panicked.
    #[test]
    fn a_batch_of_long_texts_ends_early() {
        let shape = Shape { columns: vec![("text".to_owned(), Type::Text)] };
        let text = "x".repeat(1 << 20);
        let csv = format!("text\n{}", format!("{text}\n").repeat(40));
        let jsonl = format!("{{\"text\":\"{text}\"}}\n").repeat(40);
        let batches = Mutex::new(Vec::new());
        let take = |batch: &RecordBatch| {
            batches.lock().unwrap().push(batch.num_rows());
            Ok(())
        };
        csv::read(csv.as_bytes(), &shape, &take).unwrap();
        assert_eq!(std::mem::take(&mut *batches.lock().unwrap()), [16, 16, 8]);
        jsonl::read(jsonl.as_bytes(), &shape, &take).unwrap();
        assert_eq!(*batches.lock().unwrap(), [16, 16, 8]);
    }
}

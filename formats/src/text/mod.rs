//! The formats made of text. A chunk of rows becomes one buffer; the types of its columns are examined once
//! per batch.

mod csv;
mod jsonl;
mod values;

pub(crate) use csv::CsvEncoder;
pub(crate) use jsonl::JsonlEncoder;
pub(crate) use values::as_text;

/// The bytes that a chunk is expected to take per cell, for its first allocation.
const BYTES_PER_CELL: usize = 12;

//! Arrow's IPC file format.

use std::io::BufReader;
use std::path::Path;

use arrow_ipc::reader::FileReader;

use super::guard::guarded;
use super::{Shape, Take, open};

/// More rows than any batch that is written has. A number alone can claim them where a batch has no columns of its own.
const MOST_ROWS_PER_BATCH: usize = 1 << 24;

pub(super) fn read(path: &Path, shape: &Shape, take: &Take) -> Result<(), String> {
    let file = BufReader::new(open(path)?);
    let mut reader = guarded(|| FileReader::try_new(file, None).map_err(|error| error.to_string()))?;
    shape.check(reader.schema().fields().iter().map(|field| field.name().as_str()))?;
    while let Some(batch) = guarded(|| reader.next().transpose().map_err(|error| error.to_string()))? {
        if batch.num_rows() > MOST_ROWS_PER_BATCH {
            return Err(format!("a batch claims to have {} rows", batch.num_rows()));
        }
        take(&shape.select(&batch)?)?;
    }
    Ok(())
}

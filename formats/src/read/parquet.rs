//! Parquet, a row group at a time on every thread.

use std::path::Path;

use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::guard::guarded;
use super::{ROWS_PER_BATCH, Shape, Take, open};

pub(super) fn read(path: &Path, shape: &Shape, take: &Take) -> Result<(), String> {
    let file = open(path)?;
    let metadata = guarded(|| {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())
    })?;
    shape.check(metadata.schema().fields().iter().map(|field| field.name().as_str()))?;
    (0..metadata.metadata().num_row_groups()).into_par_iter().try_for_each(|group| {
        // A file of its own, because threads that share one share its position.
        let file = open(path)?;
        let mut reader = guarded(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(ROWS_PER_BATCH)
                .build()
                .map_err(|error| error.to_string())
        })?;
        while let Some(batch) = guarded(|| reader.next().transpose().map_err(|error| error.to_string()))? {
            take(&shape.select(&batch)?)?;
        }
        Ok(())
    })
}

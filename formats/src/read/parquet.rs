//! Parquet, a row group at a time on every thread.

use std::path::Path;

use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{ROWS_PER_BATCH, Shape, Take, open};

pub(super) fn read(path: &Path, shape: &Shape, take: &Take) -> Result<(), String> {
    let metadata = ArrowReaderMetadata::load(&open(path)?, ArrowReaderOptions::new());
    let metadata = metadata.map_err(|error| error.to_string())?;
    shape.check(metadata.schema().fields().iter().map(|field| field.name().as_str()))?;
    (0..metadata.metadata().num_row_groups()).into_par_iter().try_for_each(|group| {
        // A file of its own, because threads that share one share its position.
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open(path)?, metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(ROWS_PER_BATCH)
            .build()
            .map_err(|error| error.to_string())?;
        for batch in reader {
            take(&shape.select(&batch.map_err(|error| error.to_string())?)?)?;
        }
        Ok(())
    })
}

//! The page index of a column chunk: where its pages are and between which bounds their values lie, so that
//! readers take only the pages they need.

use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;

/// The least and the greatest value of a page, as plain bytes.
pub(super) type PageBounds = Option<(Vec<u8>, Vec<u8>)>;

/// The page index of a column chunk whose pages are still coming.
pub(super) struct PageIndexBuilder {
    offsets: OffsetIndexBuilder,
    bounds: ColumnIndexBuilder,
}

/// A page index with offsets from the beginning of its column chunk.
pub(in crate::parquet) struct PageIndex {
    pub(in crate::parquet) offsets: OffsetIndexMetaData,
    /// Missing where the bounds of a page are not known.
    pub(in crate::parquet) bounds: Option<ColumnIndexMetaData>,
}

impl PageIndexBuilder {
    pub(super) fn new(physical: Physical) -> Self {
        Self { offsets: OffsetIndexBuilder::new(), bounds: ColumnIndexBuilder::new(physical) }
    }

    /// Notes a page of so many bytes, its header included. Where it has values and no bounds, the column gets none.
    pub(super) fn add(
        &mut self,
        at: usize,
        len: usize,
        rows: usize,
        nulls: usize,
        bounds: PageBounds,
    ) -> Result<(), ParquetError> {
        let size = i32::try_from(len).map_err(|_| too_large(len))?;
        self.offsets.append_offset_and_size(at as i64, size);
        self.offsets.append_row_count(rows as i64);
        let is_null = nulls == rows;
        match bounds {
            Some((least, greatest)) => self.bounds.append(is_null, least, greatest, nulls as i64, None),
            None if is_null => self.bounds.append(true, Vec::new(), Vec::new(), nulls as i64, None),
            None => self.bounds.to_invalid(),
        }
        Ok(())
    }

    /// The index, with every page moved by so many bytes.
    pub(super) fn finish(self, by: usize) -> Result<PageIndex, ParquetError> {
        let bounds = if self.bounds.valid() { Some(self.bounds.build()?) } else { None };
        Ok(PageIndex { offsets: moved(self.offsets.build(), by as i64), bounds })
    }
}

/// The places of pages, moved.
pub(in crate::parquet) fn moved(mut offsets: OffsetIndexMetaData, by: i64) -> OffsetIndexMetaData {
    for page in &mut offsets.page_locations {
        page.offset += by;
    }
    offsets
}

fn too_large(len: usize) -> ParquetError {
    ParquetError::General(format!("a page of {len} bytes is too large"))
}

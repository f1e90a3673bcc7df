//! The end of a file: page indexes, and the metadata of everything.
//!
//! For the order of values parquet declares the total order of IEEE 754 in floating-point columns. Readers that were
//! made before it refuse the whole file, or ignore its bounds. Ours are bounds in the order of the type as well, which every
//! reader knows, because a chunk with NaN has none.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::PageIndexBuilder;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::writer::TrackedWrite;

use super::column::PageIndex;

/// The bytes at the end of a file, which begin at an offset.
pub(super) fn write(
    file: FileMetaData,
    row_groups: Vec<RowGroupMetaData>,
    indexes: Vec<Vec<Option<PageIndex>>>,
    at: u64,
) -> Result<Vec<u8>, ParquetError> {
    let columns = file.schema_descr().num_columns();
    let mut index = PageIndexBuilder::new(row_groups.len(), columns);
    for (group, of_group) in indexes.into_iter().enumerate() {
        for (column, of_column) in of_group.into_iter().enumerate() {
            let Some(PageIndex { offsets, bounds }) = of_column else { continue };
            index.put_offset_index(offsets, group, column);
            if let Some(bounds) = bounds {
                index.put_column_index(bounds, group, column);
            }
        }
    }
    let metadata = ParquetMetaDataBuilder::new(file)
        .set_row_groups(row_groups)
        .set_page_index(Some(Arc::new(index.build())))
        .build();
    // Indexes are found by their offsets in the file, so everything before them has to have been counted.
    let mut bytes = Vec::new();
    let mut out = TrackedWrite::new(After { skipped: at, bytes: &mut bytes });
    const ZEROS: &[u8] = &[0; 1 << 16];
    let mut before = at;
    while before > 0 {
        let len = before.min(ZEROS.len() as u64) as usize;
        out.write_all(&ZEROS[..len])?;
        before -= len as u64;
    }
    ParquetMetaDataWriter::new_with_tracked(out, &metadata).finish()?;
    declare_order_of_types(&mut bytes, columns)?;
    Ok(bytes)
}

/// Keeps what comes after so many bytes.
struct After<'b> {
    skipped: u64,
    bytes: &'b mut Vec<u8>,
}

impl Write for After<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skipped.min(bytes.len() as u64);
        self.skipped -= skipped;
        self.bytes.extend_from_slice(&bytes[skipped as usize..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Declares the order of its type for every column, in the bytes that stand at the end of a file.
///
/// The orders are the last thing in the metadata: for each column a field without content in a struct, and the
/// number of the field is the order. The end of the metadata, its length and the magic number follow.
fn declare_order_of_types(footer: &mut [u8], columns: usize) -> Result<(), ParquetError> {
    const FIELD_1: u8 = 0x1c;
    const STOP: u8 = 0;
    let unexpected =
        || ParquetError::General("the metadata does not end with the orders of columns".to_owned());
    let end =
        footer.len().checked_sub(1 + 4 + 4).filter(|end| footer[*end] == STOP).ok_or_else(unexpected)?;
    let begin = end.checked_sub(3 * columns).ok_or_else(unexpected)?;
    for order in footer[begin..end].as_chunks_mut::<3>().0 {
        match order {
            [field, STOP, STOP] if *field & 0x0f == FIELD_1 & 0x0f => *field = FIELD_1,
            _ => return Err(unexpected()),
        }
    }
    Ok(())
}

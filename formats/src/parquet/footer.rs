//! The end of a file: page indexes, and the metadata of everything.
//!
//! For the order of values parquet declares the total order of IEEE 754 in floating-point columns. Readers that were
//! made before it refuse the whole file, or ignore its bounds. Ours are bounds in the order of the type as well, which every
//! reader knows, because a chunk with NaN has none.
//!
//! Lists of truth values have two codes for the type of their elements. parquet writes the one of the specification, 2. All
//! other writers write 1, and the readers in Rust of before parquet 57 know no other: their searches fail in the page index.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::PageIndexBuilder;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
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
    write_usual_lists(&mut bytes, at)?;
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

/// Gives the lists of truth values their usual code, in the bytes at the end of a file, which begin at an offset. The only such
/// lists are at the beginning of each column index: which of its pages are all NULL.
fn write_usual_lists(end: &mut [u8], at: u64) -> Result<(), ParquetError> {
    /// Field 1 of a struct, a list.
    const LIST: u8 = 0x19;
    const OF_TRUTH_VALUES: u8 = 2;
    const USUALLY: u8 = 1;
    let unexpected = || ParquetError::General("a page index does not begin as it should".to_owned());
    let (rest, trailer) = end.split_last_chunk::<8>().ok_or_else(unexpected)?;
    let len = u32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]) as usize;
    let begin = rest.len().checked_sub(len).ok_or_else(unexpected)?;
    let metadata = ParquetMetaDataReader::decode_metadata(&rest[begin..])?;
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let Some(offset) = column.column_index_offset() else { continue };
        let index = (offset as u64).checked_sub(at).and_then(|i| end.get_mut(i as usize..));
        match index {
            Some([LIST, list, ..]) if *list & 0x0f == OF_TRUTH_VALUES => *list = *list & 0xf0 | USUALLY,
            _ => return Err(unexpected()),
        }
    }
    Ok(())
}

//! The order of values that the end of a file declares.
//!
//! parquet declares the total order of IEEE 754 for floating-point columns. Readers that were made before it
//! refuse the whole file, or ignore its bounds. Ours are bounds in the order of the type as well, which every
//! reader knows, because a chunk with NaN has none.

use parquet::errors::ParquetError;

/// Declares the order of its type for every column, in the bytes that stand at the end of a file.
///
/// The orders are the last thing in the metadata: for each column a field without content in a struct, and the
/// number of the field is the order. The end of the metadata, its length and the magic number follow.
pub(super) fn declare_order_of_types(footer: &mut [u8], columns: usize) -> Result<(), ParquetError> {
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

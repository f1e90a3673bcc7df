//! The headers of pages, in Thrift's compact protocol. They are written here because parquet's own page
//! writer wants each page in memory of its own.

use parquet::basic::Encoding;
use parquet::errors::ParquetError;

use super::bits::write_zigzag;

/// A field of type `i32` that follows the field numbered one less.
const NEXT_I32: u8 = 0x15;
/// The field `data_page_header`, two after `compressed_page_size`.
const DATA_PAGE_HEADER: u8 = 0x2c;
/// The field `dictionary_page_header`, four after `compressed_page_size`.
const DICTIONARY_PAGE_HEADER: u8 = 0x4c;
const STOP: u8 = 0;

const DATA_PAGE: i32 = 0;
const DICTIONARY_PAGE: i32 = 2;

/// Appends the header of a data page (version 1) of so many rows, NULLs included.
pub(super) fn write_data_page(
    rows: usize,
    encoding: Encoding,
    uncompressed: usize,
    compressed: usize,
    out: &mut Vec<u8>,
) -> Result<(), ParquetError> {
    write_sizes(DATA_PAGE, uncompressed, compressed, out)?;
    out.push(DATA_PAGE_HEADER);
    let levels = number_of(Encoding::RLE)?;
    for field in [size(rows)?, number_of(encoding)?, levels, levels] {
        write_i32(field, out);
    }
    out.extend_from_slice(&[STOP, STOP]);
    Ok(())
}

/// Appends the header of a dictionary page of so many plain values.
pub(super) fn write_dictionary_page(
    values: usize,
    uncompressed: usize,
    compressed: usize,
    out: &mut Vec<u8>,
) -> Result<(), ParquetError> {
    write_sizes(DICTIONARY_PAGE, uncompressed, compressed, out)?;
    out.push(DICTIONARY_PAGE_HEADER);
    for field in [size(values)?, number_of(Encoding::PLAIN)?] {
        write_i32(field, out);
    }
    out.extend_from_slice(&[STOP, STOP]);
    Ok(())
}

fn write_sizes(
    page_type: i32,
    uncompressed: usize,
    compressed: usize,
    out: &mut Vec<u8>,
) -> Result<(), ParquetError> {
    for field in [page_type, size(uncompressed)?, size(compressed)?] {
        write_i32(field, out);
    }
    Ok(())
}

fn write_i32(number: i32, out: &mut Vec<u8>) {
    out.push(NEXT_I32);
    write_zigzag(i64::from(number), out);
}

fn size(of: usize) -> Result<i32, ParquetError> {
    i32::try_from(of).map_err(|_| ParquetError::General(format!("a page of {of} bytes is too large")))
}

/// The number of an encoding in `parquet.thrift`.
fn number_of(encoding: Encoding) -> Result<i32, ParquetError> {
    Ok(match encoding {
        Encoding::PLAIN => 0,
        Encoding::RLE => 3,
        Encoding::DELTA_BINARY_PACKED => 5,
        Encoding::DELTA_LENGTH_BYTE_ARRAY => 6,
        Encoding::RLE_DICTIONARY => 8,
        other => return Err(ParquetError::NYI(format!("pages with encoding {other}"))),
    })
}

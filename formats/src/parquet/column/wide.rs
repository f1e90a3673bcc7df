//! Values of a fixed number of bytes: UUIDs, and decimals of more than 18 digits.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type};
use parquet::basic::Encoding;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;

use super::ColumnChunk;
use super::pages::Pages;

pub(super) struct WideWriter {
    pages: Pages,
    /// Bytes per value.
    size: usize,
    /// The values of the page under construction, encoded.
    plain: Vec<u8>,
    /// As numbers that are ordered like the values.
    bounds: Option<(i128, i128)>,
    order: Order,
}

/// How the bytes of values follow from numbers of the same order.
#[derive(Clone, Copy)]
enum Order {
    /// Big-endian with a sign.
    Signed,
    /// Big-endian without a sign, which has been turned over to make a number of it.
    Unsigned,
}

impl WideWriter {
    pub(super) fn new(pages: Pages) -> Self {
        let size = pages.leaf().type_length().unsigned_abs() as usize;
        Self { pages, size, plain: Vec::new(), bounds: None, order: Order::Signed }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::FixedSizeBinary(16) => {
                self.order = Order::Unsigned;
                let array = array.as_fixed_size_binary();
                match array.nulls().filter(|nulls| nulls.null_count() > 0) {
                    None => array.value_data()[array.offset() * 16..][..array.len() * 16]
                        .as_chunks::<16>()
                        .0
                        .iter()
                        .for_each(|bytes| self.add(number_of_uuid(*bytes))),
                    Some(nulls) => nulls.valid_indices().for_each(|i| {
                        let bytes = array.value(i).try_into().expect("a UUID has 16 bytes");
                        self.add(number_of_uuid(bytes));
                    }),
                }
            }
            DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().iter().flatten().for_each(|number| self.add(number)),
            other => return Err(ParquetError::NYI(format!("wide values of type {other}"))),
        }
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn add(&mut self, number: i128) {
        let bytes = self.order.bytes(number);
        self.plain.extend_from_slice(&bytes[16 - self.size..]);
        let (least, greatest) = self.bounds.unwrap_or((number, number));
        self.bounds = Some((least.min(number), greatest.max(number)));
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let plain = &mut self.plain;
        self.pages.close_page(Encoding::PLAIN, |out| out.extend_from_slice(plain))?;
        plain.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let value = |number: i128| {
            let bytes = self.order.bytes(number)[16 - self.size..].to_vec();
            FixedLenByteArray::from(ByteArray::from(bytes))
        };
        let least = self.bounds.map(|bounds| value(bounds.0));
        let greatest = self.bounds.map(|bounds| value(bounds.1));
        self.pages.finish(None, |nulls| Statistics::fixed_len_byte_array(least, greatest, None, Some(nulls), false))
    }
}

impl Order {
    fn bytes(self, number: i128) -> [u8; 16] {
        match self {
            Self::Signed => number.to_be_bytes(),
            Self::Unsigned => (number ^ i128::MIN).to_be_bytes(),
        }
    }
}

fn number_of_uuid(bytes: [u8; 16]) -> i128 {
    i128::from_be_bytes(bytes) ^ i128::MIN
}

//! Values of a fixed number of bytes: UUIDs, and decimals of more than 18 digits.

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray};
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
            DataType::FixedSizeBinary(16) => self.add_uuids(array.as_fixed_size_binary()),
            DataType::Decimal128(..) => {
                array.as_primitive::<Decimal128Type>().iter().flatten().for_each(|number| {
                    self.plain.extend_from_slice(&number.to_be_bytes()[16 - self.size..]);
                    self.include(number, number);
                })
            }
            other => return Err(ParquetError::NYI(format!("wide values of type {other}"))),
        }
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn add_uuids(&mut self, array: &FixedSizeBinaryArray) {
        self.order = Order::Unsigned;
        let at = self.plain.len();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.plain.extend_from_slice(&array.value_data()[..array.len() * 16]),
            Some(nulls) => nulls.valid_indices().for_each(|i| self.plain.extend_from_slice(array.value(i))),
        }
        let numbers =
            self.plain[at..].as_chunks::<16>().0.iter().map(|bytes| i128::from_be_bytes(*bytes) ^ i128::MIN);
        let (least, greatest) = numbers.fold((i128::MAX, i128::MIN), |(least, greatest), number| {
            (least.min(number), greatest.max(number))
        });
        if self.plain.len() > at {
            self.include(least, greatest);
        }
    }

    fn include(&mut self, least: i128, greatest: i128) {
        let (before, after) = self.bounds.unwrap_or((least, greatest));
        self.bounds = Some((least.min(before), greatest.max(after)));
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
        self.pages
            .finish(None, |nulls| Statistics::fixed_len_byte_array(least, greatest, None, Some(nulls), false))
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

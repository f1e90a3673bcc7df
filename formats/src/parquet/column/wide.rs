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
    /// The values of the page under construction.
    arrays: Vec<ArrayRef>,
    /// Of the page under construction, as numbers that are ordered like the values.
    page: Option<(i128, i128)>,
    /// Of the pages before.
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
        Self { pages, size, arrays: Vec::new(), page: None, bounds: None, order: Order::Signed }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        match array.data_type() {
            DataType::FixedSizeBinary(16) => {
                self.order = Order::Unsigned;
                let bytes = array.as_fixed_size_binary().value_data().as_chunks::<16>().0;
                let number = |i: usize| i128::from_be_bytes(bytes[i]) ^ i128::MIN;
                match nulls {
                    None => self.include((0..array.len()).map(number)),
                    Some(nulls) => self.include(nulls.valid_indices().map(number)),
                }
            }
            DataType::Decimal128(..) => self.include(array.as_primitive::<Decimal128Type>().iter().flatten()),
            other => return Err(ParquetError::NYI(format!("wide values of type {other}"))),
        }
        self.arrays.push(array.clone());
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn include(&mut self, numbers: impl Iterator<Item = i128>) {
        let bounds = numbers.fold((i128::MAX, i128::MIN), |(least, greatest), number| {
            (least.min(number), greatest.max(number))
        });
        // Without a number the least is the greater of the two.
        if bounds.0 <= bounds.1 {
            self.page = both(self.page, Some(bounds));
        }
    }

    /// The bytes of a value by its number.
    fn plain(&self, number: i128) -> Vec<u8> {
        self.order.bytes(number)[16 - self.size..].to_vec()
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let page_bounds = self.page.map(|(least, greatest)| (self.plain(least), self.plain(greatest)));
        self.bounds = both(self.bounds, self.page.take());
        let Self { arrays, pages, size, .. } = self;
        if let Some(bloom) = pages.bloom() {
            for array in &*arrays {
                match array.as_fixed_size_binary_opt() {
                    Some(uuids) => uuids.iter().flatten().for_each(|uuid| bloom.insert(uuid)),
                    None => {
                        let numbers = array.as_primitive::<Decimal128Type>().iter().flatten();
                        numbers.for_each(|number| bloom.insert(&number.to_be_bytes()[16 - *size..]));
                    }
                }
            }
        }
        pages.close_page(Encoding::PLAIN, page_bounds, |out| {
            for array in &*arrays {
                let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
                match (array.as_fixed_size_binary_opt(), nulls) {
                    (Some(uuids), None) => out.extend_from_slice(&uuids.value_data()[..uuids.len() * 16]),
                    (Some(uuids), Some(nulls)) => {
                        nulls.valid_indices().for_each(|i| out.extend_from_slice(uuids.value(i)));
                    }
                    (None, _) => {
                        let numbers = array.as_primitive::<Decimal128Type>().iter().flatten();
                        numbers.for_each(|number| out.extend_from_slice(&number.to_be_bytes()[16 - *size..]));
                    }
                }
            }
        })?;
        arrays.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let value = |number: i128| FixedLenByteArray::from(ByteArray::from(self.plain(number)));
        let least = self.bounds.map(|bounds| value(bounds.0));
        let greatest = self.bounds.map(|bounds| value(bounds.1));
        self.pages
            .finish(None, |nulls| Statistics::fixed_len_byte_array(least, greatest, None, Some(nulls), false))
    }
}

/// The bounds of both.
fn both(a: Option<(i128, i128)>, b: Option<(i128, i128)>) -> Option<(i128, i128)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
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

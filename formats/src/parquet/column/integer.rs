//! Integers, and what is counted in integers: dates, times, timestamps, decimals up to 18 digits. They are
//! written as differences unless these would take about as much room as the numbers, or more bits than every
//! reader takes.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use parquet::basic::{Encoding, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;

use super::ColumnChunk;
use super::bits::width_of;
use super::delta::{self, Width};
use super::pages::Pages;
use crate::parquet::options::ParquetEncodings;

pub(super) struct IntegerWriter {
    pages: Pages,
    width: Width,
    encodings: ParquetEncodings,
    /// The numbers of the page under construction.
    numbers: Vec<i64>,
    bounds: Option<(i64, i64)>,
}

impl IntegerWriter {
    pub(super) fn new(pages: Pages, encodings: ParquetEncodings) -> Self {
        let width =
            if pages.leaf().physical_type() == Physical::INT32 { Width::Bits32 } else { Width::Bits64 };
        Self { pages, width, encodings, numbers: Vec::new(), bounds: None }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::Int16 => self.extend(array.as_primitive::<Int16Type>(), i64::from),
            DataType::Int32 => self.extend(array.as_primitive::<Int32Type>(), i64::from),
            DataType::Date32 => self.extend(array.as_primitive::<Date32Type>(), i64::from),
            DataType::Int64 => self.extend(array.as_primitive::<Int64Type>(), |number| number),
            DataType::Time64(_) => {
                self.extend(array.as_primitive::<Time64MicrosecondType>(), |number| number)
            }
            DataType::Timestamp(..) => {
                self.extend(array.as_primitive::<TimestampMicrosecondType>(), |number| number)
            }
            // Up to 18 digits fit.
            DataType::Decimal128(..) => {
                self.extend(array.as_primitive::<Decimal128Type>(), |number| number as i64)
            }
            other => return Err(ParquetError::NYI(format!("integers of type {other}"))),
        }
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn extend<T: ArrowPrimitiveType>(
        &mut self,
        array: &PrimitiveArray<T>,
        integer: impl Fn(T::Native) -> i64,
    ) {
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.numbers.extend(array.values().iter().map(|number| integer(*number))),
            Some(nulls) => self.numbers.extend(nulls.valid_indices().map(|i| integer(array.value(i)))),
        }
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let Self { pages, width, encodings, numbers, bounds } = self;
        let (mut least, mut greatest) = (i64::MAX, i64::MIN);
        for number in &*numbers {
            least = least.min(*number);
            greatest = greatest.max(*number);
        }
        if !numbers.is_empty() {
            let (before, after) = bounds.unwrap_or((i64::MAX, i64::MIN));
            *bounds = Some((least.min(before), greatest.max(after)));
        }
        if let Some(bloom) = pages.bloom() {
            match width {
                Width::Bits32 => numbers.iter().for_each(|number| bloom.insert(&(*number as i32))),
                Width::Bits64 => numbers.iter().for_each(|number| bloom.insert(number)),
            }
        }
        let plain = |number: i64| match width {
            Width::Bits32 => (number as i32).to_le_bytes().to_vec(),
            Width::Bits64 => number.to_le_bytes().to_vec(),
        };
        let page_bounds = (!numbers.is_empty()).then(|| (plain(least), plain(greatest)));
        // Differences of unordered numbers take a bit more than the numbers' range. From 26 bits on, fastparquet
        // gives other numbers, without a word.
        let most = match (encodings, &width) {
            (ParquetEncodings::Compatible, _) => 25,
            (ParquetEncodings::Modern, Width::Bits32) => 28,
            (ParquetEncodings::Modern, Width::Bits64) => 56,
        };
        if width_of(greatest.wrapping_sub(least).cast_unsigned()) < most || numbers.is_empty() {
            let write = |out: &mut Vec<u8>| delta::encode(numbers, *width, out);
            pages.close_page(Encoding::DELTA_BINARY_PACKED, page_bounds, write)?;
        } else {
            pages.close_page(Encoding::PLAIN, page_bounds, |out| match width {
                Width::Bits32 => write_plain(numbers, out, |number| (number as i32).to_le_bytes()),
                Width::Bits64 => write_plain(numbers, out, i64::to_le_bytes),
            })?;
        }
        numbers.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let (least, greatest) = (self.bounds.map(|bounds| bounds.0), self.bounds.map(|bounds| bounds.1));
        let width = self.width;
        self.pages.finish(None, |nulls| match width {
            Width::Bits32 => {
                let narrow = |number: Option<i64>| number.map(|number| number as i32);
                Statistics::int32(narrow(least), narrow(greatest), None, Some(nulls), false)
            }
            Width::Bits64 => Statistics::int64(least, greatest, None, Some(nulls), false),
        })
    }
}

/// Appends values of a fixed size.
pub(super) fn write_plain<T: Copy, const SIZE: usize>(
    values: &[T],
    out: &mut Vec<u8>,
    bytes: impl Fn(T) -> [u8; SIZE],
) {
    let at = out.len();
    out.resize(at + values.len() * SIZE, 0);
    for (slot, value) in out[at..].as_chunks_mut::<SIZE>().0.iter_mut().zip(values) {
        *slot = bytes(*value);
    }
}

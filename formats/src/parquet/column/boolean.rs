//! Truth values, one bit each.

use arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;

use super::ColumnChunk;
use super::pages::Pages;

pub(super) struct BooleanWriter {
    pages: Pages,
    /// The values of the page under construction.
    bits: BooleanBufferBuilder,
    any_true: bool,
    any_false: bool,
}

impl BooleanWriter {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, bits: BooleanBufferBuilder::new(0), any_true: false, any_false: false }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        let array = array.as_boolean();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.bits.append_buffer(array.values()),
            Some(nulls) => nulls.valid_indices().for_each(|i| self.bits.append(array.value(i))),
        }
        self.any_true |= array.true_count() > 0;
        self.any_false |= array.false_count() > 0;
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let bits = &mut self.bits;
        self.pages.close_page(Encoding::PLAIN, |out| {
            out.extend_from_slice(&bits.as_slice()[..bits.len().div_ceil(8)])
        })?;
        bits.truncate(0);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let any = self.any_true || self.any_false;
        let (least, greatest) = (any.then_some(!self.any_false), any.then_some(self.any_true));
        self.pages.finish(None, |nulls| Statistics::boolean(least, greatest, None, Some(nulls), false))
    }
}

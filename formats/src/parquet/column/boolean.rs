//! Truth values, one bit each.

use arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder};
use arrow::buffer::bit_chunk_iterator::UnalignedBitChunk;
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;

use super::ColumnChunk;
use super::pages::Pages;

pub(super) struct BooleanWriter {
    pages: Pages,
    /// The values of the page under construction.
    bits: BooleanBufferBuilder,
    any: Any,
}

/// Which values there are.
#[derive(Clone, Copy, Default)]
struct Any {
    yes: bool,
    no: bool,
}

impl Any {
    /// The least and the greatest value.
    fn bounds(self) -> Option<(bool, bool)> {
        (self.yes || self.no).then_some((!self.no, self.yes))
    }
}

impl BooleanWriter {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, bits: BooleanBufferBuilder::new(0), any: Any::default() }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        let array = array.as_boolean();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.bits.append_buffer(array.values()),
            Some(nulls) => nulls.valid_indices().for_each(|i| self.bits.append(array.value(i))),
        }
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let bits = &mut self.bits;
        let set = UnalignedBitChunk::new(bits.as_slice(), 0, bits.len()).count_ones();
        let page = Any { yes: set > 0, no: set < bits.len() };
        self.any = Any { yes: self.any.yes | page.yes, no: self.any.no | page.no };
        let bounds = page.bounds().map(|(least, greatest)| (vec![least.into()], vec![greatest.into()]));
        self.pages.close_page(Encoding::PLAIN, bounds, |out| {
            out.extend_from_slice(&bits.as_slice()[..bits.len().div_ceil(8)])
        })?;
        bits.truncate(0);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let (least, greatest) = self.any.bounds().unzip();
        self.pages.finish(None, |nulls| Statistics::boolean(least, greatest, None, Some(nulls), false))
    }
}

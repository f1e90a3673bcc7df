//! Text and bytes: lengths as differences, then all bytes in one piece.

use arrow::array::{Array, ArrayRef, AsArray, GenericByteArray};
use arrow::datatypes::{BinaryType, ByteArrayType, DataType, Utf8Type};
use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::ColumnChunk;
use super::bounds::TextBounds;
use super::delta::{self, Width};
use super::pages::Pages;

/// A page of text is closed after the batch that makes it as long as this.
const BYTES_PER_PAGE: usize = 1 << 20;

pub(super) struct TextWriter {
    pages: Pages,
    page: TextPage,
    bounds: TextBounds,
}

/// The texts of a page under construction.
#[derive(Default)]
pub(super) struct TextPage {
    lengths: Vec<i64>,
    bytes: Vec<u8>,
}

impl TextWriter {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, page: TextPage::default(), bounds: TextBounds::default() }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::Utf8 => self.extend(array.as_bytes::<Utf8Type>()),
            DataType::Binary => self.extend(array.as_bytes::<BinaryType>()),
            other => return Err(ParquetError::NYI(format!("text of type {other}"))),
        }
        if self.pages.is_page_full() || self.page.is_full() {
            self.page.close(&mut self.pages)?;
        }
        Ok(())
    }

    fn extend<T: ByteArrayType<Offset = i32>>(&mut self, array: &GenericByteArray<T>) {
        if array.null_count() > 0 {
            for text in array.iter().flatten() {
                let text: &[u8] = text.as_ref();
                self.page.add(text);
                self.bounds.include(text);
            }
            return;
        }
        let offsets = array.value_offsets();
        let all = array.value_data();
        for ends in offsets.windows(2) {
            self.bounds.include(&all[ends[0] as usize..ends[1] as usize]);
        }
        self.page.lengths.extend(offsets.windows(2).map(|ends| i64::from(ends[1] - ends[0])));
        self.page.bytes.extend_from_slice(&all[offsets[0] as usize..offsets[array.len()] as usize]);
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.page.close(&mut self.pages)?;
        }
        self.pages.finish(None, |nulls| statistics(self.bounds, nulls))
    }
}

impl TextPage {
    pub(super) fn add(&mut self, text: &[u8]) {
        self.lengths.push(text.len() as i64);
        self.bytes.extend_from_slice(text);
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES_PER_PAGE
    }

    pub(super) fn close(&mut self, pages: &mut Pages) -> Result<(), ParquetError> {
        pages.close_page(Encoding::DELTA_LENGTH_BYTE_ARRAY, |out| {
            delta::encode(&self.lengths, Width::Bits32, out);
            out.extend_from_slice(&self.bytes);
        })?;
        self.lengths.clear();
        self.bytes.clear();
        Ok(())
    }
}

/// The statistics of texts.
pub(super) fn statistics(bounds: TextBounds, nulls: u64) -> Statistics {
    let (least, greatest) = bounds.finish();
    let (min_is_exact, max_is_exact) = (least.as_ref().is_some_and(|b| b.1), greatest.as_ref().is_some_and(|b| b.1));
    let value = |bound: Option<(Vec<u8>, bool)>| bound.map(|(text, _)| ByteArray::from(text));
    let statistics = ValueStatistics::new(value(least), value(greatest), None, Some(nulls), false);
    Statistics::ByteArray(statistics.with_min_is_exact(min_is_exact).with_max_is_exact(max_is_exact))
}

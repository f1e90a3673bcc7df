//! Text and bytes. Plain, every value stands behind its length in four bytes, which everything reads; the
//! modern way has all lengths first, as differences, and then all bytes in one piece.

use arrow::array::{Array, ArrayRef, AsArray, GenericByteArray};
use arrow::buffer::Buffer;
use arrow::datatypes::{BinaryType, ByteArrayType, DataType, Utf8Type};
use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::ColumnChunk;
use super::bounds::{TextBound, TextBounds};
use super::delta::{self, Width};
use super::pages::Pages;
use crate::parquet::options::ParquetEncodings;

/// A page of text is closed after the batch that makes it as long as this.
const BYTES_PER_PAGE: usize = 1 << 20;

pub(super) struct TextWriter {
    pages: Pages,
    page: TextPage,
    bounds: TextBounds,
}

/// The texts of a page under construction. Their bytes stay where the batches have them until the page is
/// closed.
pub(super) struct TextPage {
    encodings: ParquetEncodings,
    lengths: Vec<i64>,
    /// The bytes of so many texts, one after the other.
    pieces: Vec<(Buffer, usize)>,
    bytes: usize,
    bounds: TextBounds,
}

impl TextWriter {
    pub(super) fn new(pages: Pages, encodings: ParquetEncodings) -> Self {
        Self { pages, page: TextPage::new(encodings), bounds: TextBounds::default() }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::Utf8 => self.page.add(array.as_bytes::<Utf8Type>()),
            DataType::Binary => self.page.add(array.as_bytes::<BinaryType>()),
            other => return Err(ParquetError::NYI(format!("text of type {other}"))),
        }
        if self.pages.is_page_full() || self.page.is_full() {
            self.page.close(&mut self.pages, &mut self.bounds)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.page.close(&mut self.pages, &mut self.bounds)?;
        }
        self.pages.finish(None, |nulls| statistics(self.bounds, nulls))
    }
}

impl TextPage {
    pub(super) fn new(encodings: ParquetEncodings) -> Self {
        Self { encodings, lengths: Vec::new(), pieces: Vec::new(), bytes: 0, bounds: TextBounds::default() }
    }

    /// Adds the texts that are not NULL.
    pub(super) fn add<T: ByteArrayType<Offset = i32>>(&mut self, array: &GenericByteArray<T>) {
        let offsets = array.value_offsets();
        let (start, end) = (offsets[0] as usize, offsets[array.len()] as usize);
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => {
                self.bounds.include_all(offsets, array.value_data());
                self.lengths.extend(offsets.windows(2).map(|ends| i64::from(ends[1] - ends[0])));
                self.pieces.push((array.values().slice_with_length(start, end - start), array.len()));
                self.bytes += end - start;
            }
            Some(nulls) => {
                // There may be bytes where there is NULL.
                let mut piece = Vec::with_capacity(end - start);
                for i in nulls.valid_indices() {
                    let text = &array.value_data()[offsets[i] as usize..offsets[i + 1] as usize];
                    self.bounds.include(text);
                    self.lengths.push(text.len() as i64);
                    piece.extend_from_slice(text);
                }
                self.bytes += piece.len();
                self.pieces.push((piece.into(), nulls.len() - nulls.null_count()));
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES_PER_PAGE
    }

    /// Closes the page; its bounds go into those of the column chunk.
    pub(super) fn close(&mut self, pages: &mut Pages, chunk: &mut TextBounds) -> Result<(), ParquetError> {
        if let Some(bloom) = pages.bloom() {
            self.each(|text| bloom.insert(text));
        }
        let bounds = self.bounds.of_page();
        match self.encodings {
            ParquetEncodings::Compatible => {
                pages.close_page(Encoding::PLAIN, bounds, |out| self.write_plain(out))?;
            }
            ParquetEncodings::Modern => {
                pages.close_page(Encoding::DELTA_LENGTH_BYTE_ARRAY, bounds, |out| {
                    delta::encode(&self.lengths, Width::Bits32, out);
                    out.reserve(self.bytes);
                    self.pieces.iter().for_each(|(piece, _)| out.extend_from_slice(piece));
                })?
            }
        }
        chunk.take_in(&mut self.bounds);
        self.lengths.clear();
        self.pieces.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Bytes that a short text is copied with at once: a copy of a known length costs a fraction of one whose length varies.
const COPIED_AT_ONCE: usize = 32;

impl TextPage {
    /// Calls a function with every text.
    fn each(&self, mut of: impl FnMut(&[u8])) {
        let mut lengths = self.lengths.iter();
        for (piece, count) in &self.pieces {
            let mut rest = piece.as_slice();
            for length in lengths.by_ref().take(*count) {
                let (text, after) = rest.split_at(*length as usize);
                of(text);
                rest = after;
            }
        }
    }

    /// Appends the texts, each behind its length.
    fn write_plain(&self, out: &mut Vec<u8>) {
        let mut at = out.len();
        // Copies reach beyond what counts.
        out.resize(at + self.lengths.len() * size_of::<u32>() + self.bytes + COPIED_AT_ONCE, 0);
        let mut lengths = &*self.lengths;
        for (piece, count) in &self.pieces {
            let (of_piece, rest) = lengths.split_at(*count);
            lengths = rest;
            let mut from = 0;
            for length in of_piece {
                let length = *length as usize;
                out[at..at + 4].copy_from_slice(&(length as u32).to_le_bytes());
                at += 4;
                match piece[from..].first_chunk::<COPIED_AT_ONCE>() {
                    Some(chunk) if length <= COPIED_AT_ONCE => {
                        out[at..at + COPIED_AT_ONCE].copy_from_slice(chunk);
                    }
                    _ => out[at..at + length].copy_from_slice(&piece[from..from + length]),
                }
                from += length;
                at += length;
            }
        }
        out.truncate(at);
    }
}

/// The statistics of texts.
pub(super) fn statistics(bounds: TextBounds, nulls: u64) -> Statistics {
    let (least, greatest) = bounds.finish();
    let is_exact = |bound: &Option<TextBound>| bound.as_ref().is_some_and(|bound| bound.is_exact);
    let (min_is_exact, max_is_exact) = (is_exact(&least), is_exact(&greatest));
    let value = |bound: Option<TextBound>| bound.map(|bound| ByteArray::from(bound.text));
    let statistics = ValueStatistics::new(value(least), value(greatest), None, Some(nulls), false);
    Statistics::ByteArray(statistics.with_min_is_exact(min_is_exact).with_max_is_exact(max_is_exact))
}

//! The pages of a column chunk: definition levels, compression, headers, and the metadata that sums them up.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::NullBuffer;
use parquet::basic::{Encoding, PageType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::bloom::Bloom;
use super::index::{PageBounds, PageIndexBuilder};
use super::{ColumnChunk, header, hybrid};
use crate::parquet::codec::Codec;

/// A page is closed after the batch that fills it.
pub(super) const ROWS_PER_PAGE: usize = 20_000;

/// The pages of a flat column of one row group.
pub(super) struct Pages {
    leaf: ColumnDescPtr,
    codec: Codec,
    /// Complete data pages.
    data: Vec<u8>,
    /// Working memory: the page under construction, plain and compressed.
    page: Vec<u8>,
    compressed: Vec<u8>,
    /// Which rows of the page under construction are not NULL; `None` where NULL cannot be.
    valid: Option<BooleanBufferBuilder>,
    rows_in_page: usize,
    nulls_in_page: usize,
    rows: u64,
    nulls: u64,
    uncompressed_bytes: usize,
    /// Data pages by encoding.
    encodings: Vec<(Encoding, i32)>,
    index: PageIndexBuilder,
    bloom: Option<Bloom>,
}

impl Pages {
    pub(super) fn new(leaf: ColumnDescPtr, codec: Codec, bloom: Option<Bloom>) -> Self {
        let valid = (leaf.max_def_level() > 0).then(|| BooleanBufferBuilder::new(0));
        let index = PageIndexBuilder::new(leaf.physical_type());
        Self {
            leaf,
            codec,
            data: Vec::new(),
            page: Vec::new(),
            compressed: Vec::new(),
            valid,
            rows_in_page: 0,
            nulls_in_page: 0,
            rows: 0,
            nulls: 0,
            uncompressed_bytes: 0,
            encodings: Vec::new(),
            index,
            bloom,
        }
    }

    pub(super) fn leaf(&self) -> &ColumnDescPtr {
        &self.leaf
    }

    /// The Bloom filter that the values are to be put into, if one is asked for.
    pub(super) fn bloom(&mut self) -> Option<&mut Bloom> {
        self.bloom.as_mut()
    }

    /// Notes rows of the page under construction.
    ///
    /// # Errors
    /// A NULL where none can be.
    pub(super) fn note(&mut self, rows: usize, nulls: Option<&NullBuffer>) -> Result<(), ParquetError> {
        let null_count = nulls.map_or(0, NullBuffer::null_count);
        match (&mut self.valid, nulls) {
            (Some(valid), Some(nulls)) => valid.append_buffer(nulls.inner()),
            (Some(valid), None) => valid.append_n(rows, true),
            (None, _) if null_count > 0 => {
                return Err(ParquetError::General(format!(
                    "NULL in column `{}`, which has none",
                    self.leaf.name()
                )));
            }
            (None, _) => {}
        }
        self.rows_in_page += rows;
        self.nulls_in_page += null_count;
        Ok(())
    }

    pub(super) fn is_page_full(&self) -> bool {
        self.rows_in_page >= ROWS_PER_PAGE
    }

    pub(super) fn is_page_empty(&self) -> bool {
        self.rows_in_page == 0
    }

    /// Closes the page under construction with the values that are not NULL, appended by `write`. Without
    /// `bounds` of values that are there, the column has no index of bounds.
    pub(super) fn close_page(
        &mut self,
        encoding: Encoding,
        bounds: PageBounds,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), ParquetError> {
        let page = &mut self.page;
        page.clear();
        if let Some(valid) = &mut self.valid {
            page.extend_from_slice(&[0; 4]);
            hybrid::encode_bits(valid.as_slice(), self.rows_in_page, self.nulls_in_page == 0, page);
            let length = (page.len() - 4) as u32;
            page[..4].copy_from_slice(&length.to_le_bytes());
            valid.truncate(0);
        }
        write(page);
        let stored = self.codec.compress(page, &mut self.compressed)?;
        let before = self.data.len();
        header::write_data_page(self.rows_in_page, encoding, page.len(), stored.len(), &mut self.data)?;
        self.uncompressed_bytes += self.data.len() - before + page.len();
        self.data.extend_from_slice(stored);
        self.index.add(before, self.data.len() - before, self.rows_in_page, self.nulls_in_page, bounds)?;
        match self.encodings.iter_mut().find(|(known, _)| *known == encoding) {
            Some((_, count)) => *count += 1,
            None => self.encodings.push((encoding, 1)),
        }
        self.rows += self.rows_in_page as u64;
        self.nulls += self.nulls_in_page as u64;
        (self.rows_in_page, self.nulls_in_page) = (0, 0);
        Ok(())
    }

    /// The column chunk. `dictionary` is a page of so many plain values; `statistics` are made from the
    /// number of NULLs.
    pub(super) fn finish(
        mut self,
        dictionary: Option<(Vec<u8>, usize)>,
        statistics: impl FnOnce(u64) -> Statistics,
    ) -> Result<ColumnChunk, ParquetError> {
        let mut bytes = Vec::with_capacity(2);
        let mut page_counts = Vec::new();
        let mut encodings = vec![Encoding::RLE];
        let dictionary_len = match dictionary {
            None => None,
            Some((plain, count)) => {
                let stored = self.codec.compress(&plain, &mut self.compressed)?;
                let mut page = Vec::with_capacity(stored.len() + 64);
                header::write_dictionary_page(count, plain.len(), stored.len(), &mut page)?;
                self.uncompressed_bytes += page.len() + plain.len();
                page.extend_from_slice(stored);
                page_counts.push(PageEncodingStats {
                    page_type: PageType::DICTIONARY_PAGE,
                    encoding: Encoding::PLAIN,
                    count: 1,
                });
                encodings.push(Encoding::PLAIN);
                let len = page.len();
                bytes.push(page);
                Some(len)
            }
        };
        bytes.push(self.data);
        for (encoding, count) in self.encodings {
            encodings.push(encoding);
            page_counts.push(PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count });
        }
        let metadata = ColumnChunkMetaData::builder(self.leaf)
            .set_compression_codec(self.codec.name())
            .set_encodings(encodings)
            .set_page_encoding_stats(page_counts)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.iter().map(|part| part.len() as i64).sum())
            .set_total_uncompressed_size(self.uncompressed_bytes as i64)
            .set_dictionary_page_offset(dictionary_len.map(|_| 0))
            .set_data_page_offset(dictionary_len.unwrap_or_default() as i64)
            .set_statistics(statistics(self.nulls))
            .build()?;
        let index = self.index.finish(dictionary_len.unwrap_or_default())?;
        let bloom = self.bloom.map(Bloom::finish).transpose()?;
        Ok(ColumnChunk { bytes, metadata, index: Some(index), bloom })
    }
}

//! Compression of pages.

use parquet::basic::{Compression as ParquetCompression, CompressionCodec, ZstdLevel};
use parquet::errors::ParquetError;

use crate::format::Compression;

/// A codec with its working memory.
pub(super) enum Codec {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Codec {
    pub(super) fn new(compression: Compression) -> Result<Self, ParquetError> {
        Ok(match compression {
            Compression::None => Self::None,
            Compression::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Zstd(level) => Self::Zstd(Box::new(zstd::bulk::Compressor::new(level)?)),
        })
    }

    /// Its name in metadata.
    pub(super) fn name(&self) -> CompressionCodec {
        match self {
            Self::None => CompressionCodec::UNCOMPRESSED,
            Self::Snappy(_) => CompressionCodec::SNAPPY,
            Self::Zstd(_) => CompressionCodec::ZSTD,
        }
    }

    /// The page as it is stored, in `scratch` unless it is stored as it is.
    pub(super) fn compress<'p>(
        &mut self,
        page: &'p [u8],
        scratch: &'p mut Vec<u8>,
    ) -> Result<&'p [u8], ParquetError> {
        let most = match self {
            Self::None => return Ok(page),
            Self::Snappy(_) => snap::raw::max_compress_len(page.len()),
            Self::Zstd(_) => zstd::zstd_safe::compress_bound(page.len()),
        };
        if scratch.len() < most {
            scratch.resize(most, 0);
        }
        let len = match self {
            Self::None => unreachable!("returned above"),
            Self::Snappy(encoder) => {
                encoder.compress(page, scratch).map_err(|error| ParquetError::External(Box::new(error)))?
            }
            Self::Zstd(compressor) => compressor.compress_to_buffer(page, &mut scratch[..])?,
        };
        Ok(&scratch[..len])
    }
}

/// The codec in the terms of parquet's own writers.
pub(super) fn parquet_compression(compression: Compression) -> Result<ParquetCompression, ParquetError> {
    Ok(match compression {
        Compression::None => ParquetCompression::UNCOMPRESSED,
        Compression::Snappy => ParquetCompression::SNAPPY,
        Compression::Zstd(level) => ParquetCompression::ZSTD(ZstdLevel::try_new(level)?),
    })
}

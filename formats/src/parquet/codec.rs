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

    /// The page as it is stored; without a codec, as it is.
    pub(super) fn compress(&mut self, page: Vec<u8>) -> Result<Vec<u8>, ParquetError> {
        match self {
            Self::None => Ok(page),
            Self::Snappy(encoder) => encoder.compress_vec(&page).map_err(|error| ParquetError::External(Box::new(error))),
            Self::Zstd(compressor) => Ok(compressor.compress(&page)?),
        }
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

//! How the columns of a row group are encoded: one way for each family of types.

mod bits;
mod bloom;
mod boolean;
mod bounds;
mod delta;
mod dictionary;
mod float;
mod header;
mod hybrid;
mod index;
mod integer;
mod nested;
mod pages;
mod text;
mod wide;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, FieldRef, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::schema::types::ColumnDescPtr;

use crate::format::Compression;
use crate::parquet::codec::Codec;
use crate::parquet::options::ParquetEncodings;
use bloom::Bloom;
pub(super) use index::{PageIndex, moved};
use pages::Pages;

/// What is known about a column before its values.
pub(super) struct Column {
    field: FieldRef,
    leaf: ColumnDescPtr,
    settings: ColumnSettings,
    /// For types that go through parquet's own writers.
    nested: Option<nested::Factory>,
}

/// What is chosen for a column.
#[derive(Clone, Copy)]
pub(super) struct ColumnSettings {
    pub(super) compression: Compression,
    pub(super) encodings: ParquetEncodings,
    /// The values that a Bloom filter of a column chunk may have to hold; `None` for no filter.
    pub(super) bloom_values: Option<u64>,
}

/// A column chunk with offsets from its own beginning.
pub(super) struct ColumnChunk {
    /// Its pages, in order.
    pub(super) bytes: Vec<Vec<u8>>,
    pub(super) metadata: ColumnChunkMetaData,
    pub(super) index: Option<PageIndex>,
    pub(super) bloom: Option<Vec<u8>>,
}

/// Encodes a column of one row group.
pub(super) struct ColumnWriter<'c>(Kind<'c>);

enum Kind<'c> {
    Integer(integer::IntegerWriter),
    Float(float::FloatWriter),
    Wide(wide::WideWriter),
    Boolean(boolean::BooleanWriter),
    Text(text::TextWriter),
    Dictionary(Box<dictionary::DictionaryWriter>),
    Nested(Box<nested::NestedWriter<'c>>),
}

impl Column {
    pub(super) fn new(
        field: &FieldRef,
        leaf: &ColumnDescPtr,
        settings: ColumnSettings,
    ) -> Result<Self, ParquetError> {
        let nested = match field.data_type() {
            DataType::List(_) | DataType::Null => Some(nested::Factory::new(field, settings)?),
            _ => None,
        };
        Ok(Self { field: field.clone(), leaf: leaf.clone(), settings, nested })
    }

    pub(super) fn writer(&self) -> Result<ColumnWriter<'_>, ParquetError> {
        if let Some(factory) = &self.nested {
            return Ok(ColumnWriter(Kind::Nested(Box::new(factory.writer()?))));
        }
        let ColumnSettings { compression, encodings, bloom_values } = self.settings;
        let bloom = bloom_values.map(Bloom::new).transpose()?;
        let pages = Pages::new(self.leaf.clone(), Codec::new(compression)?, bloom);
        Ok(ColumnWriter(match self.field.data_type() {
            DataType::Int16 | DataType::Int32 | DataType::Date32 => {
                Kind::Integer(integer::IntegerWriter::new(pages, encodings))
            }
            DataType::Int64
            | DataType::Time64(_)
            | DataType::Timestamp(TimeUnit::Microsecond, _)
            | DataType::Decimal128(..=18, _) => Kind::Integer(integer::IntegerWriter::new(pages, encodings)),
            DataType::Float32 | DataType::Float64 => Kind::Float(float::FloatWriter::new(pages)),
            DataType::FixedSizeBinary(_) | DataType::Decimal128(..) => {
                Kind::Wide(wide::WideWriter::new(pages))
            }
            DataType::Boolean => Kind::Boolean(boolean::BooleanWriter::new(pages)),
            DataType::Utf8 | DataType::Binary => Kind::Text(text::TextWriter::new(pages, encodings)),
            DataType::Dictionary(..) => {
                Kind::Dictionary(Box::new(dictionary::DictionaryWriter::new(pages, encodings)))
            }
            other => return Err(ParquetError::NYI(format!("type {other}"))),
        }))
    }
}

impl ColumnWriter<'_> {
    /// Adds the values of a batch.
    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        match &mut self.0 {
            Kind::Integer(writer) => writer.push(array),
            Kind::Float(writer) => writer.push(array),
            Kind::Wide(writer) => writer.push(array),
            Kind::Boolean(writer) => writer.push(array),
            Kind::Text(writer) => writer.push(array),
            Kind::Dictionary(writer) => writer.push(array),
            Kind::Nested(writer) => writer.push(array),
        }
    }

    /// The complete column chunk.
    pub(super) fn finish(self) -> Result<ColumnChunk, ParquetError> {
        match self.0 {
            Kind::Integer(writer) => writer.finish(),
            Kind::Float(writer) => writer.finish(),
            Kind::Wide(writer) => writer.finish(),
            Kind::Boolean(writer) => writer.finish(),
            Kind::Text(writer) => writer.finish(),
            Kind::Dictionary(writer) => writer.finish(),
            Kind::Nested(writer) => writer.finish(),
        }
    }
}

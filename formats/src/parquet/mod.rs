//! Parquet. A chunk of rows becomes one row group, encoded by the thread that makes its batches; the file
//! only adds up the offsets.
//!
//! Flat columns are encoded here and not by parquet's own column writers, which hash every value. What
//! batches know is used instead: the keys of a dictionary are written as they are, numbers are packed as
//! differences, text is copied in one piece. Lists go through parquet's writers. Every column's encoding
//! follows from its type and its values alone.

mod codec;
mod column;
mod footer;
mod options;
mod schema;
mod stored;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Fields, Schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, KeyValue, RowGroupMetaData};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor};
use seedbed_engine::ROWS_PER_BATCH;
use seedbed_engine::run::RunError;

use crate::encode::NextBatch;
use crate::error::Error;
use crate::format::Compression;
use column::{Column, ColumnChunk, ColumnSettings, ColumnWriter, PageIndex, moved};
pub use options::{BloomColumns, ParquetEncodings, ParquetOptions, ParquetReader};

/// The writer of the file as its metadata has it. Readers look for the word `version` in it.
const CREATED_BY: &str = concat!("seedbed version ", env!("CARGO_PKG_VERSION"));

/// Spark takes dates before 1582 and instants before 1900 for those of another calendar, or refuses them, unless the file names
/// a version of Spark's that writes as we do.
const SPARK_VERSION: (&str, &str) = ("org.apache.spark.version", "3.5.0");

/// The rows of a Parquet row group: what readers give to a thread at once (DuckDB's own row groups have as
/// many).
pub(crate) const ROWS_PER_ROW_GROUP: u64 = 15 * ROWS_PER_BATCH;

/// Row groups are numbered with 16 bits; those beyond go without a number, which is optional.
const MOST_ORDINALS: usize = i16::MAX as usize;

/// Encodes the row groups of one table.
pub(crate) struct ParquetEncoder {
    table: String,
    /// The columns as they are stored.
    fields: Fields,
    schema: SchemaDescPtr,
    columns: Vec<Column>,
    reader: ParquetReader,
}

/// An encoded row group; one without rows has no columns, and is none.
pub(crate) struct RowGroup {
    rows: u64,
    columns: Vec<ColumnChunk>,
}

impl ParquetEncoder {
    /// An encoder whose columns of these names have Bloom filters.
    pub(crate) fn new(
        table: &str,
        schema: &Schema,
        compression: Compression,
        options: &ParquetOptions,
        bloom: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        Self::try_new(table, schema, compression, options, bloom).map_err(|error| encode_error(table, &error))
    }

    fn try_new(
        table: &str,
        schema: &Schema,
        compression: Compression,
        options: &ParquetOptions,
        bloom: &BTreeSet<String>,
    ) -> Result<Self, ParquetError> {
        let schema = stored::schema(schema, options.reader);
        let descriptor = Arc::new(SchemaDescriptor::new(Arc::new(schema::root(&schema)?)));
        let values = options.rows_per_row_group.unwrap_or(ROWS_PER_ROW_GROUP);
        // Every column has one leaf: lists are the only nested type.
        let columns = schema.fields().iter().zip(descriptor.columns()).map(|(field, leaf)| {
            let bloom_values = bloom.contains(field.name()).then_some(values);
            let settings = ColumnSettings { compression, encodings: options.encodings, bloom_values };
            Column::new(field, leaf, settings)
        });
        let columns = columns.collect::<Result<_, _>>()?;
        let (table, fields) = (table.to_owned(), schema.fields().clone());
        Ok(Self { table, fields, schema: descriptor, columns, reader: options.reader })
    }

    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<RowGroup, RunError<Error>> {
        let mut writers = self.writers().map_err(|error| self.error(&error))?;
        let mut rows = 0;
        while let Some(batch) = next()? {
            rows += batch.num_rows() as u64;
            for ((writer, field), array) in writers.iter_mut().zip(&self.fields).zip(batch.columns()) {
                let array = stored::array(array, field).map_err(ParquetError::from);
                array.and_then(|array| writer.push(&array)).map_err(|error| self.error(&error))?;
            }
        }
        if rows == 0 {
            return Ok(RowGroup { rows, columns: Vec::new() });
        }
        let columns = writers.into_iter().map(ColumnWriter::finish).collect::<Result<_, _>>();
        Ok(RowGroup { rows, columns: columns.map_err(|error| self.error(&error))? })
    }

    fn writers(&self) -> Result<Vec<ColumnWriter<'_>>, ParquetError> {
        self.columns.iter().map(Column::writer).collect()
    }

    fn error(&self, error: &ParquetError) -> RunError<Error> {
        RunError::Output(encode_error(&self.table, error))
    }
}

fn encode_error(table: &str, error: &ParquetError) -> Error {
    Error::Encode { table: table.to_owned(), format: "parquet", message: error.to_string() }
}

impl RowGroup {
    /// What goes into the file, in order: all pages, then the Bloom filters.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        let pages = self.columns.iter().flat_map(|column| column.bytes.iter());
        pages.chain(self.columns.iter().filter_map(|column| column.bloom.as_ref())).map(Vec::as_slice)
    }
}

/// A file under construction: the metadata that stands at its end.
pub(crate) struct ParquetFile<'e> {
    encoder: &'e ParquetEncoder,
    row_groups: Vec<RowGroupMetaData>,
    /// The page indexes of every row group's columns.
    indexes: Vec<Vec<Option<PageIndex>>>,
    rows: u64,
}

impl<'e> ParquetFile<'e> {
    /// The bytes that a file begins with.
    pub(crate) const MAGIC: &'static [u8] = b"PAR1";

    pub(crate) fn new(encoder: &'e ParquetEncoder) -> Self {
        Self { encoder, row_groups: Vec::new(), indexes: Vec::new(), rows: 0 }
    }

    /// Notes a row group whose bytes stand at an offset. One without rows is not noted: an empty file has
    /// none.
    pub(crate) fn add(&mut self, group: RowGroup, at: u64) -> Result<(), Error> {
        if group.rows > 0 {
            self.rows += group.rows;
            let row_group =
                self.row_group(group, at).map_err(|error| encode_error(&self.encoder.table, &error))?;
            self.row_groups.push(row_group);
        }
        Ok(())
    }

    fn row_group(&mut self, group: RowGroup, at: u64) -> Result<RowGroupMetaData, ParquetError> {
        let mut builder = RowGroupMetaData::builder(self.encoder.schema.clone())
            .set_num_rows(group.rows as i64)
            .set_file_offset(at as i64)
            .set_total_byte_size(
                group.columns.iter().map(|column| column.metadata.uncompressed_size()).sum(),
            );
        if self.row_groups.len() <= MOST_ORDINALS {
            builder = builder.set_ordinal(self.row_groups.len() as i32);
        }
        let mut offset = at as i64;
        let pages: i64 = group.columns.iter().map(|column| column.metadata.compressed_size()).sum();
        let mut bloom_offset = offset + pages;
        let mut indexes = Vec::with_capacity(group.columns.len());
        for column in group.columns {
            let size = column.metadata.compressed_size();
            let mut chunk = moved_chunk(column.metadata, offset)?.into_builder();
            if let Some(bloom) = column.bloom {
                chunk = chunk
                    .set_bloom_filter_offset(Some(bloom_offset))
                    .set_bloom_filter_length(i32::try_from(bloom.len()).ok());
                bloom_offset += bloom.len() as i64;
            }
            builder = builder.add_column_metadata(chunk.build()?);
            let index = column.index;
            indexes.push(index.map(|index| PageIndex { offsets: moved(index.offsets, offset), ..index }));
            offset += size;
        }
        self.indexes.push(indexes);
        builder.build()
    }

    /// The bytes at the end of the file, which begin at an offset.
    pub(crate) fn finish(self, at: u64) -> Result<Vec<u8>, Error> {
        let Self { encoder, row_groups, indexes, rows } = self;
        let (name, value) = SPARK_VERSION;
        let spark = (encoder.reader == ParquetReader::Spark)
            .then(|| vec![KeyValue { key: name.to_owned(), value: Some(value.to_owned()) }]);
        let file = FileMetaData::new(
            2,
            rows as i64,
            Some(CREATED_BY.to_owned()),
            spark,
            encoder.schema.clone(),
            None,
        );
        footer::write(file, row_groups, indexes, at).map_err(|error| encode_error(&encoder.table, &error))
    }
}

/// The metadata of a column chunk that has been moved from the beginning of nowhere to an offset.
fn moved_chunk(column: ColumnChunkMetaData, by: i64) -> Result<ColumnChunkMetaData, ParquetError> {
    let data = column.data_page_offset() + by;
    let dictionary = column.dictionary_page_offset().map(|offset| offset + by);
    column.into_builder().set_data_page_offset(data).set_dictionary_page_offset(dictionary).build()
}

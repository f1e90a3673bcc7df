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

use std::sync::Arc;

use arrow::datatypes::Schema;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor};
use seedbed_engine::run::RunError;

use crate::encode::NextBatch;
use crate::error::Error;
use crate::format::Compression;
use column::{Column, ColumnChunk, ColumnWriter};
pub use options::{ParquetEncodings, ParquetOptions};

/// The writer of the file as its metadata has it. Readers look for the word `version` in it.
const CREATED_BY: &str = concat!("seedbed version ", env!("CARGO_PKG_VERSION"));

/// Row groups are numbered with 16 bits; those beyond go without a number, which is optional.
const MOST_ORDINALS: usize = i16::MAX as usize;

/// Encodes the row groups of one table.
pub(crate) struct ParquetEncoder {
    table: String,
    schema: SchemaDescPtr,
    columns: Vec<Column>,
}

/// An encoded row group; one without rows has no columns, and is none.
pub(crate) struct RowGroup {
    rows: u64,
    columns: Vec<ColumnChunk>,
}

impl ParquetEncoder {
    pub(crate) fn new(
        table: &str,
        schema: &Schema,
        compression: Compression,
        options: &ParquetOptions,
    ) -> Result<Self, Error> {
        Self::try_new(table, schema, compression, options).map_err(|error| encode_error(table, &error))
    }

    fn try_new(
        table: &str,
        schema: &Schema,
        compression: Compression,
        options: &ParquetOptions,
    ) -> Result<Self, ParquetError> {
        let root = schema::root(schema)?;
        let descriptor = Arc::new(SchemaDescriptor::new(Arc::new(root)));
        // Every column has one leaf: lists are the only nested type.
        let columns = schema.fields().iter().zip(descriptor.columns());
        let columns = columns.map(|(field, leaf)| Column::new(field, leaf, compression, options.encodings));
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self { table: table.to_owned(), schema: descriptor, columns })
    }

    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<RowGroup, RunError<Error>> {
        let mut writers = self.writers().map_err(|error| self.error(&error))?;
        let mut rows = 0;
        while let Some(batch) = next()? {
            rows += batch.num_rows() as u64;
            for (writer, array) in writers.iter_mut().zip(batch.columns()) {
                writer.push(array).map_err(|error| self.error(&error))?;
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
    /// What goes into the file, in order.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.columns.iter().flat_map(|column| column.bytes.iter().map(Vec::as_slice))
    }
}

/// A file under construction: the metadata that stands at its end.
pub(crate) struct ParquetFile<'e> {
    encoder: &'e ParquetEncoder,
    row_groups: Vec<RowGroupMetaData>,
    rows: u64,
}

impl<'e> ParquetFile<'e> {
    /// The bytes that a file begins with.
    pub(crate) const MAGIC: &'static [u8] = b"PAR1";

    pub(crate) fn new(encoder: &'e ParquetEncoder) -> Self {
        Self { encoder, row_groups: Vec::new(), rows: 0 }
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

    fn row_group(&self, group: RowGroup, at: u64) -> Result<RowGroupMetaData, ParquetError> {
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
        for column in group.columns {
            let size = column.metadata.compressed_size();
            builder = builder.add_column_metadata(moved(column.metadata, offset)?);
            offset += size;
        }
        builder.build()
    }

    /// The bytes at the end.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        let table = &self.encoder.table;
        self.footer().map_err(|error| encode_error(table, &error))
    }

    fn footer(self) -> Result<Vec<u8>, ParquetError> {
        let schema = self.encoder.schema.clone();
        let columns = schema.num_columns();
        let file = FileMetaData::new(2, self.rows as i64, Some(CREATED_BY.to_owned()), None, schema, None);
        let metadata = ParquetMetaData::new(file, self.row_groups);
        let mut bytes = Vec::new();
        ParquetMetaDataWriter::new(&mut bytes, &metadata).finish()?;
        footer::declare_order_of_types(&mut bytes, columns)?;
        Ok(bytes)
    }
}

/// The metadata of a column chunk that has been moved from the beginning of nowhere to an offset.
fn moved(column: ColumnChunkMetaData, by: i64) -> Result<ColumnChunkMetaData, ParquetError> {
    let data = column.data_page_offset() + by;
    let dictionary = column.dictionary_page_offset().map(|offset| offset + by);
    column.into_builder().set_data_page_offset(data).set_dictionary_page_offset(dictionary).build()
}

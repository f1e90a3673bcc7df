//! Arrow's IPC file format. Dictionaries are spelled out, so that readers see text and files need no
//! dictionary batches; extension types (UUID, JSON) are kept.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::writer::FileWriter;
use seedbed_engine::run::RunError;

use crate::encode::NextBatch;
use crate::error::Error;

/// Prepares the batches of one table.
pub(crate) struct IpcEncoder {
    table: String,
    schema: SchemaRef,
}

impl IpcEncoder {
    pub(crate) fn new(table: &str, schema: &Schema) -> Self {
        let plain = |field: &Arc<Field>| match field.data_type() {
            DataType::Dictionary(_, value) => {
                Arc::new(field.as_ref().clone().with_data_type(value.as_ref().clone()))
            }
            _ => field.clone(),
        };
        let fields: Vec<_> = schema.fields().iter().map(plain).collect();
        Self { table: table.to_owned(), schema: Arc::new(Schema::new(fields)) }
    }

    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<Vec<RecordBatch>, RunError<Error>> {
        let mut plain = Vec::new();
        while let Some(batch) = next()? {
            plain.push(self.plain(&batch).map_err(|error| RunError::Output(self.error(&error)))?);
        }
        Ok(plain)
    }

    fn plain(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(array, field)| match array.data_type() {
            DataType::Dictionary(..) => cast(array, field.data_type()),
            _ => Ok(array.clone()),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }

    fn error(&self, error: &ArrowError) -> Error {
        Error::Encode { table: self.table.clone(), format: "arrow", message: error.to_string() }
    }
}

/// A file under construction. What is written goes through a buffer, because only the caller knows how to
/// report an error of the file system.
pub(crate) struct IpcFile<'e> {
    encoder: &'e IpcEncoder,
    writer: FileWriter<Vec<u8>>,
}

impl<'e> IpcFile<'e> {
    pub(crate) fn new(encoder: &'e IpcEncoder) -> Result<Self, Error> {
        let writer =
            FileWriter::try_new(Vec::new(), &encoder.schema).map_err(|error| encoder.error(&error))?;
        Ok(Self { encoder, writer })
    }

    /// The bytes of a batch, after those of the schema if it is the first.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        self.writer.write(batch).map_err(|error| self.encoder.error(&error))?;
        Ok(std::mem::take(self.writer.get_mut()))
    }

    /// The bytes at the end.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        self.writer.into_inner().map_err(|error| self.encoder.error(&error))
    }
}

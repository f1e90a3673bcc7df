//! One encoder for each table to be written, and the pieces they make.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use seedbed_engine::Plan;
use seedbed_engine::run::{Batches, Chunk, Encode, RunError};

use crate::error::Error;
use crate::format::{Compression, Format};
use crate::ipc::IpcEncoder;
use crate::parquet::{ParquetEncoder, RowGroup};
use crate::schema;
use crate::text::{CsvEncoder, JsonlEncoder};

/// Gives the next batch of a chunk.
pub(crate) type NextBatch<'b> = dyn FnMut() -> Result<Option<RecordBatch>, RunError<Error>> + 'b;

/// Encodes the chunks of a run.
pub(crate) struct Encoder {
    /// By the number of the table; `None` for those that are not written.
    tables: Vec<Option<TableEncoder>>,
}

/// Encodes the chunks of a table.
pub(crate) enum TableEncoder {
    Parquet(ParquetEncoder),
    Csv(CsvEncoder),
    Jsonl(JsonlEncoder),
    Ipc(IpcEncoder),
    /// Looks at every column and drops it.
    Null,
}

/// An encoded chunk.
pub(crate) enum Piece {
    RowGroup(RowGroup),
    Text(Vec<u8>),
    Batches(Vec<RecordBatch>),
    /// The bytes that were dropped.
    Dropped(u64),
}

impl Encoder {
    /// Encoders for some tables; without a format they drop everything.
    pub(crate) fn new(
        plan: &Plan,
        tables: &[usize],
        format: Option<(Format, Compression)>,
    ) -> Result<Self, Error> {
        let mut encoders: Vec<Option<TableEncoder>> = plan.model().tables.iter().map(|_| None).collect();
        for &table in tables {
            let name = &plan.model().tables[table].name;
            encoders[table] = Some(match format {
                None => TableEncoder::Null,
                Some((format, compression)) => {
                    TableEncoder::new(name, plan.schema(table), format, compression)?
                }
            });
        }
        Ok(Self { tables: encoders })
    }

    pub(crate) fn table(&self, table: usize) -> &TableEncoder {
        self.tables[table].as_ref().expect("every table that is written has an encoder")
    }
}

impl Encode for Encoder {
    type Piece = Piece;
    type Error = Error;

    fn encode(&self, chunk: &Chunk, mut batches: Batches) -> Result<Piece, RunError<Error>> {
        self.table(chunk.table).encode(&mut || batches.next_batch())
    }
}

impl TableEncoder {
    /// An encoder for a table of that name.
    pub(crate) fn new(
        table: &str,
        schema: SchemaRef,
        format: Format,
        compression: Compression,
    ) -> Result<Self, Error> {
        schema::check(table, &schema, format.name())?;
        Ok(match format {
            Format::Csv => Self::Csv(CsvEncoder::new(schema)),
            Format::Jsonl => Self::Jsonl(JsonlEncoder::new(schema)),
            Format::Arrow => Self::Ipc(IpcEncoder::new(table, &schema)),
            Format::Parquet => Self::Parquet(ParquetEncoder::new(table, &schema, compression)?),
        })
    }

    /// Encodes the batches of a chunk.
    pub(crate) fn encode(&self, next: &mut NextBatch) -> Result<Piece, RunError<Error>> {
        match self {
            Self::Parquet(encoder) => encoder.encode(next).map(Piece::RowGroup),
            Self::Csv(encoder) => encoder.encode(next).map(Piece::Text),
            Self::Jsonl(encoder) => encoder.encode(next).map(Piece::Text),
            Self::Ipc(encoder) => encoder.encode(next).map(Piece::Batches),
            Self::Null => drop_all(next).map(Piece::Dropped),
        }
    }
}

fn drop_all(next: &mut NextBatch) -> Result<u64, RunError<Error>> {
    let mut bytes = 0;
    while let Some(batch) = next()? {
        bytes += batch.columns().iter().map(|column| size_of_values(column.as_ref())).sum::<usize>();
    }
    Ok(bytes as u64)
}

/// The bytes of an array's values in memory; of a dictionary only the keys, because batches share the rest.
fn size_of_values(array: &dyn Array) -> usize {
    match array.data_type() {
        DataType::Dictionary(..) => array.len() * size_of::<i32>(),
        _ => array.to_data().get_slice_memory_size().unwrap_or_default(),
    }
}

//! One encoder for each table to be written, and the pieces they make.

use std::collections::BTreeSet;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use seedbed_engine::digest::{RowHasher, TableDigest};
use seedbed_engine::run::{Batches, Chunk, Encode, RunError};
use seedbed_engine::{Finder, Plan, TableId};

use crate::error::Error;
use crate::format::{Compression, Format};
use crate::ipc::IpcEncoder;
use crate::parquet::{ParquetEncoder, ParquetOptions, RowGroup};
use crate::schema;
use crate::stop::Stop;
use crate::text::{CsvEncoder, JsonlEncoder};

/// Gives the next batch of a chunk.
pub(crate) type NextBatch<'b> = dyn FnMut() -> Result<Option<RecordBatch>, RunError<Error>> + 'b;

/// Encodes the chunks of a run.
pub(crate) struct Encoder {
    /// By the number of the table; `None` for those that are not written.
    tables: Vec<Option<TableEncoder>>,
    /// By the number of the table; `None` for those whose rows get no fingerprint.
    hashers: Vec<Option<RowHasher>>,
    /// Finds the cases of the tables that are written.
    pub(crate) finder: Finder,
    stop: Stop,
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

/// An encoded chunk and the digest of its rows, which is empty unless it is asked for.
pub(crate) struct Encoded {
    pub(crate) piece: Piece,
    pub(crate) digest: TableDigest,
}

/// What a chunk has become.
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
        tables: &[TableId],
        format: Option<(Format, Compression, &ParquetOptions)>,
    ) -> Result<Self, Error> {
        let mut encoders: Vec<Option<TableEncoder>> = plan.model().tables.iter().map(|_| None).collect();
        for &table in tables {
            let name = &plan.model().tables[table].name;
            encoders[table.index()] = Some(match format {
                None => TableEncoder::Null,
                Some((format, compression, parquet)) => {
                    let bloom = parquet.bloom_columns(plan, table);
                    TableEncoder::new(name, plan.schema(table), format, compression, parquet, &bloom)?
                }
            });
        }
        let hashers = encoders.iter().map(|_| None).collect();
        Ok(Self { tables: encoders, hashers, finder: Finder::new(plan, tables), stop: Stop::new() })
    }

    /// The same, with digests of the rows.
    pub(crate) fn with_digests(self, plan: &Plan) -> Self {
        let tables = self.tables.iter().zip(&plan.model().tables);
        let hashers = tables.map(|(encoder, table)| encoder.as_ref().map(|_| RowHasher::of(table))).collect();
        Self { hashers, ..self }
    }

    /// The same, until it is asked to stop.
    pub(crate) fn until(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    pub(crate) fn table(&self, table: TableId) -> &TableEncoder {
        self.tables[table.index()].as_ref().expect("every table that is written has an encoder")
    }
}

impl Encode for Encoder {
    type Piece = Encoded;
    type Error = Error;

    fn encode(&self, chunk: &Chunk, batches: Batches) -> Result<Encoded, RunError<Error>> {
        let mut batches = batches.finding(&self.finder);
        let encoder = self.table(chunk.table);
        let mut digest = TableDigest::default();
        let mut next = || match self.stop.is_asked() {
            true => Err(RunError::Output(Error::Interrupted)),
            false => batches.next_batch(),
        };
        let Some(hasher) = &self.hashers[chunk.table.index()] else {
            return Ok(Encoded { piece: encoder.encode(&mut next)?, digest });
        };
        let (mut hasher, mut hashes) = (hasher.clone(), Vec::new());
        let piece = encoder.encode(&mut || {
            let batch = next()?;
            if let Some(batch) = &batch {
                // While its columns are still in the processor's cache.
                hasher.hash(batch, &mut hashes).expect("a batch has the columns of its table");
                digest.add(&hashes);
            }
            Ok(batch)
        })?;
        Ok(Encoded { piece, digest })
    }
}

impl TableEncoder {
    /// An encoder for a table of that name.
    pub(crate) fn new(
        table: &str,
        schema: SchemaRef,
        format: Format,
        compression: Compression,
        parquet: &ParquetOptions,
        bloom: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        schema::check(table, &schema, format.name())?;
        Ok(match format {
            Format::Csv => Self::Csv(CsvEncoder::new(schema)),
            Format::Jsonl => Self::Jsonl(JsonlEncoder::new(schema)),
            Format::Arrow => Self::Ipc(IpcEncoder::new(table, &schema)),
            Format::Parquet => {
                Self::Parquet(ParquetEncoder::new(table, &schema, compression, parquet, bloom)?)
            }
        })
    }

    /// How many values have become null because the format cannot hold them.
    pub(crate) fn lost(&self) -> u64 {
        match self {
            Self::Jsonl(encoder) => encoder.lost(),
            Self::Parquet(_) | Self::Csv(_) | Self::Ipc(_) | Self::Null => 0,
        }
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

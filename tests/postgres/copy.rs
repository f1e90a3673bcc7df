//! Binary COPY against a server: the bytes of each type, values there and back, what is refused.

mod arrays;
mod cases;
mod vectors;
mod round_trip;
mod text_format;
mod foreign;
mod pairs;

use std::pin::pin;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use seedbed_engine::types::Type;
use seedbed_postgres::copy::{TableEncoder, TargetColumn};
use seedbed_postgres::types::{ColumnType, Kind};
use seedbed_tests::server::Database;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

/// A connection with the thread that drives it.
struct Connection {
    runtime: Runtime,
    client: Client,
}

impl Connection {
    fn to(database: &Database) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let connected = runtime.block_on(tokio_postgres::connect(&database.url(), NoTls));
        let (client, connection) = connected.expect("a connection");
        runtime.spawn(connection);
        Self { runtime, client }
    }

    fn run(&self, statements: &str) {
        self.runtime.block_on(self.client.batch_execute(statements)).expect(statements);
    }

    /// Sends a whole stream.
    fn copy_in(&self, statement: &str, stream: &[u8]) -> Result<u64, tokio_postgres::Error> {
        self.runtime.block_on(async {
            let mut sink = pin!(self.client.copy_in(statement).await?);
            for piece in stream.chunks(1000) {
                sink.send(Bytes::copy_from_slice(piece)).await?;
            }
            sink.finish().await
        })
    }

    /// Receives a whole stream, in the pieces in which it comes.
    fn copy_out(&self, statement: &str) -> Vec<Bytes> {
        self.runtime.block_on(async {
            let stream = self.client.copy_out(statement).await.expect(statement);
            stream.try_collect().await.expect(statement)
        })
    }

    /// The only column of a query's rows, as text.
    fn texts(
        &self,
        query: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Vec<Option<String>> {
        let rows = self.runtime.block_on(self.client.query(query, parameters)).expect(query);
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The number of a type.
    fn oid(&self, sql: &str) -> u32 {
        let rows = self.runtime.block_on(self.client.query("select $1::text::regtype::oid", &[&sql]));
        rows.expect(sql)[0].get(0)
    }
}

/// A column of a test, whose name is `name`.
fn column(connection: &Connection, name: &str, ty: Type, sql: &str, kind: Kind) -> TargetColumn {
    let target = ColumnType { oid: connection.oid(sql), sql: sql.to_owned(), kind };
    TargetColumn { name: name.to_owned(), arrow: ty.arrow(), ty, target }
}

/// A batch of arrays, in the order of the columns.
fn batch(columns: &[TargetColumn], arrays: Vec<ArrayRef>) -> RecordBatch {
    let fields =
        columns.iter().zip(&arrays).map(|(c, array)| Field::new(&c.name, array.data_type().clone(), true));
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays).expect("a batch")
}

/// Encodes and loads batches into table `t`.
fn load(connection: &Connection, encoder: &TableEncoder, batches: &[RecordBatch]) {
    let mut stream = encoder.header().to_vec();
    batches.iter().for_each(|batch| encoder.encode(batch, &mut stream).expect("values that the table takes"));
    stream.extend_from_slice(encoder.trailer());
    let statement = format!("copy t from stdin ({})", encoder.copy_options());
    let rows = connection.copy_in(&statement, &stream).unwrap_or_else(|error| {
        panic!("{error}: {:?}", error.as_db_error());
    });
    assert_eq!(rows as usize, batches.iter().map(RecordBatch::num_rows).sum::<usize>());
}

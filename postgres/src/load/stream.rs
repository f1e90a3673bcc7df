//! Rows on their way into one table over one connection: encoded by all threads, sent in order by `COPY … FROM STDIN`.

use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use seedbed_engine::run::{self, Batches, Chunk, Encode, Layout, RunError, Sink};
use seedbed_engine::{Plan, ROWS_PER_BATCH};

use super::buffer::Buffers;
use super::clock::Meter;
use crate::copy::TableEncoder;
use crate::error::Error;
use crate::session::{CopyIn, Session};

/// The server tells its errors only at the end of a COPY, so none is longer than this: a wrong row is noticed within a
/// fraction of a second.
const BYTES_PER_COPY: u64 = 64 << 20;

/// Pieces are cut when they are longer, so that no message grows without bound.
const BYTES_PER_MESSAGE: usize = 1 << 20;

/// A piece's rows are those of a batch: a few hundred kilobytes for usual tables.
const LAYOUT: Layout = Layout { rows_per_file: u64::MAX, rows_per_chunk: ROWS_PER_BATCH };

/// Some rows of a table, and how they are written.
pub(crate) struct Stream<'s> {
    /// The number of the table in the plan.
    pub(crate) table: usize,
    pub(crate) name: &'s str,
    pub(crate) rows: Range<u64>,
    pub(crate) encoder: &'s TableEncoder,
    /// `COPY … FROM STDIN …`.
    pub(crate) statement: &'s str,
}

/// What a stream has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Streamed {
    /// Rows, as the server counted them.
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) elapsed: Duration,
}

/// Everything that streams share.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'s> {
    pub(crate) plan: &'s Plan,
    pub(crate) pool: &'s rayon::ThreadPool,
    pub(crate) buffers: &'s Buffers,
    pub(crate) meter: &'s Meter<'s>,
    /// Chunks that a stream may have in flight.
    pub(crate) window: usize,
}

impl Stream<'_> {
    /// Makes, encodes and sends the rows.
    pub(crate) fn send(&self, session: &Session, shared: Shared) -> Result<Streamed, Error> {
        let file = [(self.table, 0, self.rows.clone())];
        let rows = Rows { encoder: self.encoder, shared };
        let now = Instant::now();
        let sink = Sending {
            stream: self,
            session,
            shared,
            copy: None,
            bytes_in_copy: 0,
            done: Streamed::default(),
            begun: now,
            idle_since: now,
        };
        let Shared { plan, pool, window, .. } = shared;
        let streamed =
            run::run_within(plan, &file, LAYOUT, pool, window, &rows, sink, |_, _| {}).map_err(|error| {
                match error {
                    RunError::Value(error) => Error::Value(error),
                    RunError::Output(error) => error,
                    RunError::Stopped => Error::Interrupted,
                }
            })?;
        let expected = self.rows.end - self.rows.start;
        if streamed.rows != expected {
            return Err(Error::Rows { table: self.name.to_owned(), expected, found: streamed.rows });
        }
        Ok(streamed)
    }
}

/// Encodes batches, on any thread.
struct Rows<'s> {
    encoder: &'s TableEncoder,
    shared: Shared<'s>,
}

impl Encode for Rows<'_> {
    type Piece = Vec<u8>;
    type Error = Error;

    fn encode(&self, _: &Chunk, mut batches: Batches) -> Result<Vec<u8>, RunError<Error>> {
        let Shared { buffers, meter, .. } = self.shared;
        let mut out = buffers.take();
        while let Some(batch) = meter.generate.time(|| batches.next_batch())? {
            meter.encode.time(|| self.encoder.encode(&batch, &mut out)).map_err(RunError::Output)?;
        }
        Ok(out)
    }
}

/// Sends pieces, in order.
struct Sending<'s> {
    stream: &'s Stream<'s>,
    session: &'s Session,
    shared: Shared<'s>,
    copy: Option<CopyIn<'s>>,
    bytes_in_copy: u64,
    done: Streamed,
    begun: Instant,
    /// When the last piece had been sent.
    idle_since: Instant,
}

impl Sending<'_> {
    fn doing(&self) -> String {
        format!("copy rows into table `{}`", self.stream.name)
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.bytes_in_copy += bytes.len() as u64;
        self.done.bytes += bytes.len() as u64;
        if self.copy.is_none() {
            let mut copy = self.session.copy_in(self.doing(), self.stream.statement)?;
            let header = self.stream.encoder.header();
            if !header.is_empty() {
                copy.send(Bytes::from_static(header))?;
            }
            self.copy = Some(copy);
        }
        match &mut self.copy {
            Some(copy) if !bytes.is_empty() => copy.send(bytes),
            _ => Ok(()),
        }
    }

    /// Ends the COPY that is under way, and learns what the server thinks of it.
    fn end_copy(&mut self) -> Result<(), Error> {
        let Some(mut copy) = self.copy.take() else { return Ok(()) };
        let trailer = self.stream.encoder.trailer();
        if !trailer.is_empty() {
            copy.send(Bytes::from_static(trailer))?;
        }
        self.done.rows += copy.finish()?;
        self.bytes_in_copy = 0;
        Ok(())
    }
}

impl Sink for Sending<'_> {
    type Piece = Vec<u8>;
    type Summary = Streamed;
    type Error = Error;

    fn write(&mut self, chunk: &Chunk, piece: Vec<u8>) -> Result<(), Error> {
        let Shared { buffers, meter, .. } = self.shared;
        let begun = Instant::now();
        meter.wait_for_rows.add(begun - self.idle_since);
        let bytes = buffers.lend(piece);
        meter.sent(chunk.rows.end - chunk.rows.start, bytes.len() as u64);
        for start in (0..bytes.len()).step_by(BYTES_PER_MESSAGE) {
            self.send(bytes.slice(start..(start + BYTES_PER_MESSAGE).min(bytes.len())))?;
        }
        drop(bytes);
        if self.bytes_in_copy >= BYTES_PER_COPY {
            self.end_copy()?;
        }
        self.idle_since = Instant::now();
        meter.wait_for_server.add(self.idle_since - begun);
        Ok(())
    }

    fn finish(mut self) -> Result<Streamed, Error> {
        let begun = Instant::now();
        self.end_copy()?;
        self.shared.meter.wait_for_server.add(begun.elapsed());
        Ok(Streamed { elapsed: self.begun.elapsed(), ..self.done })
    }
}

//! Rows on their way into one table over one connection: made by all threads or by the one that sends them, in order, by `COPY … FROM STDIN`.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use bytes::Bytes;
use seedbed_engine::run::{self, Batches, Chunk, Encode, RunError, Sink};
use seedbed_engine::{Finder, Plan, ROWS_PER_BATCH, TableId};

use super::Load;
use super::buffer::Buffers;
use super::meter::Meter;
use crate::copy::{Output, TableEncoder};
use crate::error::Error;
use crate::session::{CopyIn, Session};

/// After as many bytes, another COPY begins: the server tells its errors only at the end of one, and so a wrong row is noticed
/// within a fraction of a second.
const BYTES_PER_COPY: u64 = 64 << 20;

/// Pieces are cut when they are longer, so that no message grows without bound.
const BYTES_PER_MESSAGE: usize = 1 << 20;

/// What a thread encodes before it sends it. Copied on the way to the socket, it stays in the processor's second cache.
const BYTES_PER_PIECE: usize = 128 << 10;

/// The rows of a table, for all streams that fill it: each takes the next chunk when it has room for one, so they end at about
/// the same time, however fast each is.
pub(crate) struct Queue {
    table: TableId,
    rows: u64,
    /// How many streams take from it.
    streams: usize,
    /// Those of a batch: a few hundred kilobytes for usual tables.
    rows_per_chunk: u64,
    next: AtomicU64,
}

impl Queue {
    pub(crate) fn new(plan: &Plan, table: TableId, rows: u64, streams: usize) -> Self {
        let rows_per_chunk = plan.rows_per_chunk(table, ROWS_PER_BATCH);
        Self { table, rows, streams, rows_per_chunk, next: AtomicU64::new(0) }
    }

    fn take(&self) -> Option<Chunk> {
        let start = self.next.fetch_add(self.rows_per_chunk, Ordering::Relaxed);
        let end = self.rows.min(start + self.rows_per_chunk);
        let chunk = Chunk {
            table: self.table,
            file: 0,
            rows: start..end,
            first_in_file: start == 0,
            last_in_file: end == self.rows,
        };
        (start < self.rows).then_some(chunk)
    }
}

/// One of the ways of a table's rows into it.
pub(crate) struct Stream<'s> {
    pub(crate) name: &'s str,
    pub(crate) queue: &'s Queue,
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
    pub(crate) finder: &'s Finder,
    pub(crate) pool: &'s rayon::ThreadPool,
    pub(crate) buffers: &'s Buffers,
    pub(crate) meter: &'s Meter<'s>,
    /// The streams that are under way.
    pub(crate) active: &'s AtomicUsize,
    /// Whether the server is on this machine.
    pub(crate) is_local: bool,
    /// How many processors this machine has.
    pub(crate) processors: usize,
}

impl<'s> Shared<'s> {
    pub(crate) fn new(
        load: &Load<'s>,
        buffers: &'s Buffers,
        meter: &'s Meter<'s>,
        active: &'s AtomicUsize,
    ) -> Self {
        let is_local = load.target.is_local();
        let processors = available_parallelism().map_or(1, NonZero::get);
        let (plan, finder, pool) = (load.plan, load.finder, load.pool);
        Self { plan, finder, pool, buffers, meter, active, is_local, processors }
    }

    /// The chunks that a stream may have in flight. There are none where the server is on this machine and there is a stream for
    /// every thread, but no processor for each of them and its server: then each makes its rows itself and sends them while they
    /// are in the nearest caches. Fewer streams need all threads to make rows for them, more must not be more threads than were
    /// asked for, and a server that has processors of its own is to find rows ready when its answer arrives.
    fn window(&self, queue: &Queue) -> usize {
        // Those that share a table count from the beginning: the first one is not to take all that there is.
        let streams = self.active.load(Ordering::Relaxed).max(queue.streams);
        if streams == self.pool.current_num_threads() && self.is_local && 2 * streams > self.processors {
            return 0;
        }
        run::window(self.pool).div_ceil(streams).max(2)
    }
}

impl Stream<'_> {
    /// Makes, encodes and sends rows until the queue is empty.
    pub(crate) fn send(&self, session: &Session, shared: Shared) -> Result<Streamed, Error> {
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
        let Shared { plan, pool, active, .. } = shared;
        let rows = Rows { queue: self.queue, encoder: self.encoder, shared };
        let window = || shared.window(self.queue);
        let chunks = std::iter::from_fn(|| self.queue.take());
        active.fetch_add(1, Ordering::Relaxed);
        let result = run::run_within(plan, chunks, pool, window, &rows, sink, |_, _| {});
        active.fetch_sub(1, Ordering::Relaxed);
        result.map_err(|error| match error {
            RunError::Value(error) => Error::Value(error),
            RunError::Output(error) => error,
            RunError::Stopped => Error::Interrupted,
        })
    }
}

/// Rows on their way.
enum Piece {
    /// Ready to be sent.
    Encoded(Output),
    /// To be encoded by the thread that sends them, a piece at a time.
    Batches(Vec<RecordBatch>),
}

/// Makes batches, on any thread; encodes them too, unless the threads that send are those that make.
struct Rows<'s> {
    queue: &'s Queue,
    encoder: &'s TableEncoder,
    shared: Shared<'s>,
}

impl Encode for Rows<'_> {
    type Piece = Piece;
    type Error = Error;

    fn encode(&self, chunk: &Chunk, batches: Batches) -> Result<Piece, RunError<Error>> {
        let Shared { buffers, meter, finder, .. } = self.shared;
        let mut batches = batches.finding(finder);
        let mut next = || meter.generate.time(|| batches.next_batch());
        if self.shared.window(self.queue) == 0 {
            let mut batches = Vec::new();
            while let Some(batch) = next()? {
                batches.push(batch);
            }
            return Ok(Piece::Batches(batches));
        }
        let mut out = buffers.take();
        let mut first = chunk.rows.start;
        while let Some(batch) = next()? {
            meter
                .encode
                .time(|| self.encoder.encode_rows(first, &batch, &mut out, |_| Ok(())))
                .map_err(RunError::Output)?;
            first += batch.num_rows() as u64;
        }
        Ok(Piece::Encoded(out))
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
    /// Sends what is in a buffer, whole rows, in messages that are not too long.
    fn send(&mut self, buffer: Output) -> Result<(), Error> {
        let begun = Instant::now();
        let bytes = self.shared.buffers.lend(buffer);
        for start in (0..bytes.len()).step_by(BYTES_PER_MESSAGE) {
            self.send_message(bytes.slice(start..(start + BYTES_PER_MESSAGE).min(bytes.len())))?;
        }
        self.shared.meter.wait_for_server.add(begun.elapsed());
        if self.bytes_in_copy >= BYTES_PER_COPY { self.end_copy() } else { Ok(()) }
    }

    /// Encodes rows from the number `first` on, and sends them as soon as they fill a piece, while they are in the processor's nearest cache.
    fn encode_and_send(&mut self, first: u64, batch: &RecordBatch) -> Result<(), Error> {
        let Shared { buffers, meter, .. } = self.shared;
        let encoder = self.stream.encoder;
        // The server has no rows meanwhile.
        let encoded = |begun: Instant| {
            let time = begun.elapsed();
            meter.encode.add(time);
            meter.wait_for_rows.add(time);
        };
        let mut begun = Instant::now();
        let mut out = buffers.take();
        encoder.encode_rows(first, batch, &mut out, |out| {
            if out.len() >= BYTES_PER_PIECE {
                encoded(begun);
                self.send(std::mem::replace(out, buffers.take()))?;
                begun = Instant::now();
            }
            Ok(())
        })?;
        encoded(begun);
        self.send(out)
    }

    fn send_message(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.bytes_in_copy += bytes.len() as u64;
        self.done.bytes += bytes.len() as u64;
        let copy = match &mut self.copy {
            Some(copy) => copy,
            none => {
                let mut copy = self
                    .session
                    .copy_in(format!("copy rows into table `{}`", self.stream.name), self.stream.statement)?;
                let header = self.stream.encoder.header();
                if !header.is_empty() {
                    copy.send(Bytes::from_static(header))?;
                }
                none.insert(copy)
            }
        };
        copy.send(bytes)
    }

    /// Ends the COPY that is under way, and learns what the server thinks of it.
    fn end_copy(&mut self) -> Result<(), Error> {
        let Some(mut copy) = self.copy.take() else { return Ok(()) };
        let begun = Instant::now();
        let trailer = self.stream.encoder.trailer();
        if !trailer.is_empty() {
            copy.send(Bytes::from_static(trailer))?;
        }
        self.done.rows += copy.finish()?;
        self.bytes_in_copy = 0;
        self.shared.meter.wait_for_server.add(begun.elapsed());
        Ok(())
    }
}

impl Sink for Sending<'_> {
    type Piece = Piece;
    type Summary = Streamed;
    type Error = Error;

    fn write(&mut self, chunk: &Chunk, piece: Piece) -> Result<(), Error> {
        let Shared { meter, .. } = self.shared;
        meter.wait_for_rows.add(self.idle_since.elapsed());
        let bytes_before = self.done.bytes;
        match piece {
            Piece::Encoded(rows) => self.send(rows)?,
            Piece::Batches(batches) => {
                let mut first = chunk.rows.start;
                for batch in &batches {
                    self.encode_and_send(first, batch)?;
                    first += batch.num_rows() as u64;
                }
            }
        }
        meter.sent(chunk.rows.end - chunk.rows.start, self.done.bytes - bytes_before);
        self.idle_since = Instant::now();
        Ok(())
    }

    fn finish(mut self) -> Result<Streamed, Error> {
        self.end_copy()?;
        Ok(Streamed { elapsed: self.begun.elapsed(), ..self.done })
    }
}

#[cfg(test)]
mod tests {
    use seedbed_engine::Settings;

    use super::*;

    #[test]
    fn streams_share_the_rows_of_a_table() {
        let plan = Plan::compile("tables: {t: {rows: 100000, columns: {n: serial}}}", &Settings::default());
        let queue = Queue::new(&plan.expect("no faults"), TableId::new(0), 100_000, 4);
        let mut taken: Vec<Vec<Chunk>> = std::thread::scope(|scope| {
            let streams: Vec<_> =
                (0..4).map(|_| scope.spawn(|| std::iter::from_fn(|| queue.take()).collect())).collect();
            streams.into_iter().map(|stream| stream.join().expect("no panic")).collect()
        });
        taken.iter().for_each(|chunks| assert!(chunks.is_sorted_by_key(|chunk| chunk.rows.start)));
        let mut chunks: Vec<_> = taken.drain(..).flatten().map(|chunk| chunk.rows).collect();
        chunks.sort_by_key(|rows| rows.start);
        assert_eq!(chunks[0], 0..8192);
        assert!(chunks.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(chunks.last().expect("chunks").end, 100_000);
    }

    #[test]
    fn streams_of_a_table_share_the_window_before_they_begin() {
        let plan = Plan::compile("tables: {t: {rows: 100000, columns: {n: serial}}}", &Settings::default());
        let plan = plan.expect("no faults");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("threads");
        let (meter, active) = (Meter::new(0, &|_| {}), AtomicUsize::new(0));
        let window = |is_local, processors| {
            Shared {
                plan: &plan,
                finder: &Finder::new(&plan, &[]),
                pool: &pool,
                buffers: &Buffers::default(),
                meter: &meter,
                active: &active,
                is_local,
                processors,
            }
            .window(&Queue::new(&plan, TableId::new(0), 100_000, 4))
        };
        // Nine chunks in all for four streams, of which none has begun.
        assert_eq!(window(false, 2), 3);
        // Where processors are scarce, those who send make the rows.
        assert_eq!((window(true, 4), window(true, 8)), (0, 3));
        active.store(5, Ordering::Relaxed);
        assert_eq!(window(true, 4), 2);
    }
}

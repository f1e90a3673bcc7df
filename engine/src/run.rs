//! Drives a plan: chunks are made and encoded by all threads, and handed to a sink in order.
//!
//! A [`Layout`] cuts every table into files and files into chunks, by row numbers alone, so that the
//! output does not depend on the number of threads. A window of chunks is in flight at any time; the next one starts
//! when the oldest has been written, so memory is bounded by the window. Without a window the thread that writes makes the
//! chunks, too. The first error stops everything.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use arrow::array::RecordBatch;

use crate::cases::Finder;
use crate::error::ValueError;
use crate::ids::TableId;
use crate::plan::Plan;

/// Turns the batches of a chunk into a piece of output, on any thread.
pub trait Encode: Sync {
    /// What the sink gets.
    type Piece: Send;
    /// What can go wrong.
    type Error: Send;

    /// Encodes a chunk. The batches come in order and can be made only once; an error among them is passed on.
    ///
    /// # Errors
    /// What went wrong while encoding, or the error of a value.
    fn encode(&self, chunk: &Chunk, batches: Batches) -> Result<Self::Piece, RunError<Self::Error>>;
}

/// Takes pieces in order.
pub trait Sink {
    /// What it takes.
    type Piece;
    /// What it tells at the end.
    type Summary;
    /// What can go wrong.
    type Error;

    /// Takes the next piece.
    ///
    /// # Errors
    /// What went wrong while writing; nothing more is written then.
    fn write(&mut self, chunk: &Chunk, piece: Self::Piece) -> Result<(), Self::Error>;

    /// Completes the output; without it nothing counts as written.
    ///
    /// # Errors
    /// What went wrong while completing.
    fn finish(self) -> Result<Self::Summary, Self::Error>;
}

/// How tables are cut into files and chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The rows of every file but a table's last.
    pub rows_per_file: u64,
    /// The rows of every chunk (a row group, in Parquet) but a file's last. Tables with wide rows have fewer.
    pub rows_per_chunk: u64,
}

/// A run of rows of one table that is encoded at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The table.
    pub table: TableId,
    /// The number of the file within the table.
    pub file: u64,
    /// The rows.
    pub rows: Range<u64>,
    /// Whether the file begins with this chunk.
    pub first_in_file: bool,
    /// Whether the file ends with this chunk.
    pub last_in_file: bool,
}

/// A part of the files of a dataset, for several machines: shard `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u64,
    /// How many there are.
    pub count: u64,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E> {
    /// A value could not be computed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Encoding or writing failed.
    #[error(transparent)]
    Output(E),
    /// Another thread's error stopped this one.
    #[error("stopped")]
    Stopped,
}

/// The batches of a chunk, made when asked for.
pub struct Batches<'p> {
    plan: &'p Plan,
    table: TableId,
    rows: Range<u64>,
    stop: &'p AtomicBool,
    finder: Option<&'p Finder>,
}

impl<'p> Batches<'p> {
    /// The batches of some rows, outside a run.
    pub fn new(plan: &'p Plan, table: TableId, rows: Range<u64>) -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { plan, table, rows, stop: &NEVER, finder: None }
    }

    /// The same, whose cases are found meanwhile.
    pub fn finding<'f>(self, finder: &'f Finder) -> Batches<'f>
    where
        'p: 'f,
    {
        Batches { finder: Some(finder), ..self }
    }

    /// The rows that are still to come.
    pub fn rows(&self) -> Range<u64> {
        self.rows.clone()
    }

    /// The next batch.
    ///
    /// # Errors
    /// A value that could not be computed, or that the run has been stopped.
    pub fn next_batch<E>(&mut self) -> Result<Option<RecordBatch>, RunError<E>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(RunError::Stopped);
        }
        let end = self.rows.start.saturating_add(self.plan.rows_per_batch(self.table)).min(self.rows.end);
        let rows = self.rows.start..end;
        let batch = match self.finder {
            None => self.plan.batch(self.table, rows)?,
            Some(finder) => self.plan.batch_with_cases(self.table, rows, finder)?,
        };
        self.rows.start = end;
        Ok(Some(batch))
    }
}

/// The most files of a run.
const MOST_FILES: usize = 1_000_000;

/// The files of some tables: table, file number, rows. Tables without rows have one empty file.
///
/// # Errors
/// A count that cannot be computed, a table that is not there, files without rows, or too many files.
pub fn files(
    plan: &Plan,
    tables: &[TableId],
    layout: Layout,
) -> Result<Vec<(TableId, u64, Range<u64>)>, ValueError> {
    let mut files = Vec::new();
    for &table in tables {
        let rows = plan.rows(table)?;
        if layout.rows_per_file == 0 {
            return Err(plan.error_of(table, "rows per file: expected 1 or more".to_owned()));
        }
        let mut start: u64 = 0;
        let mut file = 0;
        loop {
            let end = rows.min(start.saturating_add(layout.rows_per_file));
            if files.len() == MOST_FILES {
                let message = format!("more than {MOST_FILES} files: raise the rows per file");
                return Err(plan.error_of(table, message));
            }
            files.push((table, file, start..end));
            (start, file) = (end, file + 1);
            if start >= rows {
                break;
            }
        }
    }
    Ok(files)
}

impl Shard {
    /// The files of this shard: a run of all files, cut so that shards have about the same number of rows. Every file belongs to
    /// exactly one shard.
    pub fn select(self, files: Vec<(TableId, u64, Range<u64>)>) -> Vec<(TableId, u64, Range<u64>)> {
        // An empty file counts as a row, so that it belongs somewhere.
        let weight = |rows: &Range<u64>| u128::from(rows.end.saturating_sub(rows.start).max(1));
        let total: u128 = files.iter().map(|(.., rows)| weight(rows)).sum();
        let mut before = 0;
        let mut selected = Vec::new();
        for file in files {
            // A file belongs to the shard in which its middle falls.
            let middle = before * 2 + weight(&file.2);
            before += weight(&file.2);
            let shard = middle * u128::from(self.count) / (total * 2);
            if shard + 1 == u128::from(self.index) {
                selected.push(file);
            }
        }
        selected
    }
}

/// Makes and writes the files given, in order, with the threads of `pool`. It waits for them, so it is not to be called from one of
/// them.
///
/// # Errors
/// The first error in the order of the output; nothing is written after it, and the sink is not finished. Also chunks without rows.
pub fn run<E: Encode, S: Sink<Piece = E::Piece, Error = E::Error>>(
    plan: &Plan,
    files: &[(TableId, u64, Range<u64>)],
    layout: Layout,
    pool: &rayon::ThreadPool,
    encode: &E,
    sink: S,
    progress: impl FnMut(&Chunk, &S),
) -> Result<S::Summary, RunError<E::Error>> {
    if let (0, Some((table, ..))) = (layout.rows_per_chunk, files.first()) {
        return Err(plan.error_of(*table, "rows per chunk: expected 1 or more".to_owned()).into());
    }
    let chunks = files.iter().flat_map(|(table, file, rows)| {
        let rows_per_chunk = plan.rows_per_chunk(*table, layout.rows_per_chunk);
        chunks_of(*table, *file, rows.clone(), rows_per_chunk)
    });
    run_within(plan, chunks, pool, || window(pool), encode, sink, progress)
}

/// The chunks that a run has in flight, so that no thread of the pool waits for the sink.
pub fn window(pool: &rayon::ThreadPool) -> usize {
    pool.current_num_threads() * 2 + 1
}

/// The same as [`run`] with chunks and a window of one's own, for several runs that share a pool. The window may change at any
/// time; a chunk is taken when there is room for it. In a window of 0 the calling thread makes the chunks itself, one after the
/// other.
///
/// # Errors
/// As for [`run`].
pub fn run_within<E: Encode, S: Sink<Piece = E::Piece, Error = E::Error>>(
    plan: &Plan,
    mut chunks: impl Iterator<Item = Chunk>,
    pool: &rayon::ThreadPool,
    window: impl Fn() -> usize,
    encode: &E,
    mut sink: S,
    mut progress: impl FnMut(&Chunk, &S),
) -> Result<S::Summary, RunError<E::Error>> {
    let stop = AtomicBool::new(false);
    let make = |chunk: &Chunk| {
        if stop.load(Ordering::Relaxed) {
            return Err(RunError::Stopped);
        }
        let batches =
            Batches { plan, table: chunk.table, rows: chunk.rows.clone(), stop: &stop, finder: None };
        encode.encode(chunk, batches)
    };
    let make = &make;
    pool.in_place_scope(|scope| {
        let mut in_flight: VecDeque<(Chunk, mpsc::Receiver<_>)> = VecDeque::new();
        loop {
            while in_flight.len() < window() {
                let Some(chunk) = chunks.next() else { break };
                let (sender, receiver) = mpsc::sync_channel(1);
                in_flight.push_back((chunk.clone(), receiver));
                // The receiver is gone when an earlier chunk failed.
                scope.spawn(move |_| drop(sender.send(make(&chunk))));
            }
            let (chunk, made) = match in_flight.pop_front() {
                // A worker that panicked sends nothing; the scope passes its panic on.
                Some((chunk, receiver)) => (chunk, receiver.recv().unwrap_or(Err(RunError::Stopped))),
                None => {
                    let Some(chunk) = chunks.next() else { return Ok(()) };
                    let made = make(&chunk);
                    (chunk, made)
                }
            };
            let written = made.and_then(|piece| sink.write(&chunk, piece).map_err(RunError::Output));
            if let Err(error) = written {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
            progress(&chunk, &sink);
        }
    })?;
    sink.finish().map_err(RunError::Output)
}

/// The chunks of a file, each of so many rows, 1 or more, but the last; a file without rows has one, too.
pub fn chunks_of(
    table: TableId,
    file: u64,
    rows: Range<u64>,
    rows_per_chunk: u64,
) -> impl Iterator<Item = Chunk> {
    let rows_per_chunk = rows_per_chunk.max(1);
    let count = rows.end.saturating_sub(rows.start).div_ceil(rows_per_chunk).max(1);
    (0..count).map(move |i| {
        let start = rows.start + i * rows_per_chunk;
        Chunk {
            table,
            file,
            rows: start..start.saturating_add(rows_per_chunk).min(rows.end),
            first_in_file: i == 0,
            last_in_file: i + 1 == count,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn every_file_belongs_to_one_shard() {
        let files: Vec<_> =
            [0, 0, 0, 5, 100, 3].iter().enumerate().map(|(i, rows)| (TableId::new(i), 0, 0..*rows)).collect();
        for count in 1..9 {
            let all: Vec<_> =
                (1..=count).flat_map(|index| Shard { index, count }.select(files.clone())).collect();
            assert_eq!(all, files);
        }
    }

    /// Gives the number of each row, and whether the calling thread made it.
    struct Numbers(std::thread::ThreadId);

    impl Encode for Numbers {
        type Piece = (Vec<i64>, bool);
        type Error = String;

        fn encode(&self, chunk: &Chunk, mut batches: Batches) -> Result<Self::Piece, RunError<String>> {
            let mut numbers = Vec::new();
            while let Some(batch) = batches.next_batch()? {
                numbers.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
            }
            if chunk.rows.end > 90_000 {
                return Err(RunError::Output("beyond 90,000".to_owned()));
            }
            Ok((numbers, std::thread::current().id() == self.0))
        }
    }

    #[derive(Default)]
    struct Collected {
        numbers: Vec<i64>,
        /// Chunks that the calling thread made, and others.
        made: (usize, usize),
    }

    impl Sink for &mut Collected {
        type Piece = (Vec<i64>, bool);
        type Summary = ();
        type Error = String;

        fn write(&mut self, _: &Chunk, (numbers, here): (Vec<i64>, bool)) -> Result<(), String> {
            self.numbers.extend(numbers);
            *if here { &mut self.made.0 } else { &mut self.made.1 } += 1;
            Ok(())
        }

        fn finish(self) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn the_window_decides_who_makes_rows_and_not_which() {
        let text = "tables: {t: {rows: 100000, columns: {n: serial}}}";
        let plan = Plan::compile(text, &crate::Settings::default()).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let run = |rows, window: &dyn Fn() -> usize| {
            let mut collected = Collected::default();
            let encode = Numbers(std::thread::current().id());
            let chunks = chunks_of(TableId::new(0), 0, 0..rows, 5_000);
            let ended = run_within(&plan, chunks, &pool, window, &encode, &mut collected, |_, _| {});
            (ended, collected)
        };
        let asked = AtomicUsize::new(0);
        let changing = || [3, 0, 0, 2, 5, 0, 1][asked.fetch_add(1, Ordering::Relaxed) % 7];
        let windows: [(&dyn Fn() -> usize, _); 3] = [(&|| 0, Some(18)), (&|| 3, Some(0)), (&changing, None)];
        for (window, here) in windows {
            let (ended, collected) = run(90_000, window);
            assert!(ended.is_ok() && collected.numbers == (1..=90_000).collect::<Vec<_>>());
            assert_eq!(collected.made.0 + collected.made.1, 18);
            assert!(here.is_none_or(|here| collected.made.0 == here));
            // What comes before an error is written, and nothing behind it.
            let (ended, collected) = run(100_000, window);
            assert!(matches!(ended, Err(RunError::Output(message)) if message == "beyond 90,000"));
            assert_eq!(collected.numbers.last(), Some(&90_000));
        }
    }

    #[test]
    fn chunks_cover_a_file() {
        let chunks: Vec<_> = chunks_of(TableId::new(0), 2, 200..290, 30).collect();
        assert_eq!(chunks.iter().map(|c| c.rows.clone()).collect::<Vec<_>>(), [200..230, 230..260, 260..290]);
        assert!(chunks[0].first_in_file && !chunks[0].last_in_file && chunks[2].last_in_file);
        let empty: Vec<_> = chunks_of(TableId::new(0), 0, 0..0, 30).collect();
        assert!(empty.len() == 1 && empty[0].first_in_file && empty[0].last_in_file);
    }
}

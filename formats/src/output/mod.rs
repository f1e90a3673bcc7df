//! Where encoded chunks go: files that appear when they are complete, a stream, or nowhere.

mod directory;
mod document;
mod durable;
mod earlier;
mod lock;
mod manifest;
mod names;
mod partial;
mod stage;
mod temporary;

use std::time::{Duration, Instant};

use seedbed_engine::cases::FoundCase;
use seedbed_engine::digest::TableDigest;
use seedbed_engine::run::{Chunk, Sink};
use seedbed_engine::{Plan, TableId};

pub(crate) use directory::{Directory, put_back};
pub(crate) use document::Document;
pub(crate) use manifest::{Manifest, ManifestFile};
pub(crate) use names::part;
pub(crate) use partial::{Existing, Out, folder_of};

use crate::encode::{Encoded, Encoder};
use crate::error::Error;
use crate::request::{Report, TableReport};

/// A target that has been found fit to be written to.
pub(crate) enum Place {
    Directory(Directory),
    /// A file or a stream; `None` once it has been begun.
    One(Option<Out>),
    Null,
}

/// How much of its tables a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All rows.
    All,
    /// Some, the rows of a shard: too few to judge how many there are.
    Shard,
}

/// The sink of a run.
pub(crate) struct Output<'r> {
    plan: &'r Plan,
    encoder: &'r Encoder,
    part: Part,
    /// The file being written. Stands before the place, so that a file that is given up is gone when its
    /// folder is tidied.
    current: Option<(Document<'r>, Out)>,
    place: Place,
    /// The rows of the file being written.
    rows_in_file: u64,
    /// Their digest.
    digest_of_file: TableDigest,
    tables: Vec<TableReport>,
    begun: Instant,
    clock: TableClock,
}

/// Times tables that are written one after the other.
struct TableClock {
    table: Option<TableId>,
    begun: Instant,
    last: Instant,
}

impl TableClock {
    /// Notes that something of a table has been written, and tells how long the table has taken.
    fn tick(&mut self, table: TableId) -> Duration {
        if self.table != Some(table) {
            (self.table, self.begun) = (Some(table), self.last);
        }
        self.last = Instant::now();
        self.last - self.begun
    }
}

impl<'r> Output<'r> {
    /// A sink that takes the chunks of `tables`, in this order. `begun` is when the whole thing began.
    pub(crate) fn new(
        plan: &'r Plan,
        encoder: &'r Encoder,
        tables: &[TableId],
        place: Place,
        part: Part,
        begun: Instant,
    ) -> Self {
        let tables = tables.iter().map(|table| TableReport {
            name: plan.model().tables[*table].name.clone(),
            rows: 0,
            files: 0,
            bytes: 0,
            lost: 0,
            elapsed: Duration::ZERO,
        });
        let tables = tables.collect();
        let now = Instant::now();
        Self {
            plan,
            encoder,
            part,
            current: None,
            place,
            rows_in_file: 0,
            digest_of_file: TableDigest::default(),
            tables,
            begun,
            clock: TableClock { table: None, begun: now, last: now },
        }
    }

    /// Bytes taken so far.
    pub(crate) fn bytes(&self) -> u64 {
        let current = self.current.as_ref().map_or(0, |(_, out)| out.bytes());
        self.tables.iter().map(|table| table.bytes).sum::<u64>() + current
    }

    /// Rows taken so far.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    fn open(&mut self, chunk: &Chunk) -> Result<Out, Error> {
        match &mut self.place {
            Place::Directory(directory) => {
                directory.open(&self.plan.model().tables[chunk.table].name, chunk.file)
            }
            Place::One(out) => Ok(out.take().expect("a file is begun once")),
            Place::Null => Ok(Out::null()),
        }
    }

    /// What was found of the cases, once all rows have been written.
    ///
    /// # Errors
    /// Too few rows of one.
    fn cases(&self) -> Result<Vec<FoundCase>, Error> {
        let found = self.encoder.finder.found(self.plan)?;
        match found.iter().find_map(FoundCase::too_few) {
            Some(too_few) if self.part == Part::All => Err(Error::Case(too_few)),
            _ => Ok(found),
        }
    }

    fn complete(&mut self, chunk: &Chunk, out: Out) -> Result<u64, Error> {
        if let Place::One(_) = self.place {
            // The file has its name as soon as it is complete.
            self.cases()?;
        }
        let (bytes, checksum) = out.complete()?;
        let rows = std::mem::take(&mut self.rows_in_file);
        let digest = std::mem::take(&mut self.digest_of_file);
        if let Place::Directory(directory) = &mut self.place {
            let name = part(&self.plan.model().tables[chunk.table].name, chunk.file, directory.extension());
            let file = ManifestFile { name, rows, bytes, checksum, digest };
            directory.completed(&self.plan.model().tables[chunk.table].name, file);
        }
        Ok(bytes)
    }
}

impl Sink for Output<'_> {
    type Piece = Encoded;
    type Summary = Report;
    type Error = Error;

    fn write(&mut self, chunk: &Chunk, encoded: Encoded) -> Result<(), Error> {
        let Encoded { piece, digest } = encoded;
        let (mut document, mut out) = match self.current.take() {
            Some(current) => current,
            None => {
                let mut out = self.open(chunk)?;
                (Document::begin(self.encoder.table(chunk.table), &mut out)?, out)
            }
        };
        document.write(piece, &mut out)?;
        let rows = chunk.rows.end - chunk.rows.start;
        self.rows_in_file += rows;
        self.digest_of_file.merge(digest);
        let mut bytes = None;
        if chunk.last_in_file {
            document.finish(&mut out)?;
            bytes = Some(self.complete(chunk, out)?);
        } else {
            self.current = Some((document, out));
        }
        let name = &self.plan.model().tables[chunk.table].name;
        let table = self
            .tables
            .iter_mut()
            .find(|table| table.name == *name)
            .expect("chunks are of tables that were asked for");
        table.rows += rows;
        table.elapsed = self.clock.tick(chunk.table);
        if let Some(bytes) = bytes {
            table.files += 1;
            table.bytes += bytes;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Report, Error> {
        let cases = self.cases()?;
        if let Place::Directory(directory) = self.place {
            directory.finish(&cases)?;
        }
        for table in &mut self.tables {
            let number = self.plan.table(&table.name);
            table.lost = number.map_or(0, |number| self.encoder.table(number).lost());
        }
        let total = |of: fn(&TableReport) -> u64| self.tables.iter().map(of).sum();
        let (rows, bytes) = (total(|table| table.rows), total(|table| table.bytes));
        Ok(Report { tables: self.tables, cases, rows, bytes, elapsed: self.begun.elapsed() })
    }
}

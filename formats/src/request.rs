//! What is asked for, what is told on the way, and what came of it.

use seedbed_engine::TableId;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use seedbed_engine::cases::FoundCase;
use seedbed_engine::run::Shard;

use crate::format::{Compression, Format};
use crate::parquet::ParquetOptions;

/// The target of the data.
pub enum Target {
    /// A directory: one folder per table, and a manifest. It is made when it is not there.
    Directory(PathBuf),
    /// One file, for one table.
    File(PathBuf),
    /// A stream, for one table.
    Writer(Box<dyn Write + Send>),
    /// Nowhere: every column is worked out and dropped.
    Null,
}

/// What to write, how and where.
pub struct Request {
    /// The tables, by their numbers in the plan, in the order of writing.
    pub tables: Vec<TableId>,
    /// Where to.
    pub target: Target,
    /// As what.
    pub format: Format,
    /// With which codec; all but [`Compression::None`] are for Parquet alone.
    pub compression: Compression,
    /// What else can be chosen about Parquet files; other formats take the default alone.
    pub parquet: ParquetOptions,
    /// The rows of every file but a table's last, 1 or more; `None` for about a million. Only directories
    /// have several files to a table.
    pub rows_per_file: Option<u64>,
    /// The part of the files to write; `None` for all. Only for directories, and nowhere.
    pub shard: Option<Shard>,
    /// Whether an earlier dataset or file in the way is replaced.
    pub force: bool,
}

/// How far a run is, told after every chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The table being written.
    pub table: &'a str,
    /// Rows written so far, of all tables.
    pub rows: u64,
    /// Rows there will be in the end.
    pub rows_total: u64,
    /// Bytes written so far.
    pub bytes: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Table by table, in the order of writing.
    pub tables: Vec<TableReport>,
    /// The cases of these tables, in the order of the scenario. Of a shard, those among its rows.
    pub cases: Vec<FoundCase>,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of all files; nowhere, the bytes of the columns in memory.
    pub bytes: u64,
    /// How long it took, counting included.
    pub elapsed: Duration,
}

/// What was written of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its files.
    pub files: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Values that are null in its files because the format cannot hold them: NaN and the infinities in JSON Lines.
    pub lost: u64,
    /// From the end of the table before to its own end: tables overlap at their borders, where threads that
    /// are done with one begin the next.
    pub elapsed: Duration,
}

//! What is asked for, what is told on the way, and what is told at the end.

use seedbed_engine::TableId;
use seedbed_engine::cases::FoundCase;
use std::time::Duration;

/// A load that is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The numbers of the tables, in the order of the scenario.
    pub tables: Vec<TableId>,
    /// The schema that the tables belong to.
    pub schema: String,
    /// What becomes of tables that are there already.
    pub existing: Existing,
    /// What becomes of tables that are not there.
    pub missing: Missing,
    /// How many connections load and build indexes at a time, from 1.
    pub jobs: usize,
    /// Whether tables get their keys.
    pub keys: Keys,
    /// Whether the keys of cases are written, too.
    pub cases: CaseTable,
    /// Whether the server may be another machine.
    pub allow_remote: bool,
}

/// Whether the keys of cases get a table of their own, `seedbed_cases`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseTable {
    /// They do, where the scenario has cases.
    Written,
    /// They do not.
    LeftOut,
}

/// What becomes of tables that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They must be empty.
    Refuse,
    /// Their rows go away in the same step that brings the new ones.
    Replace,
    /// They keep their rows.
    Append,
}

/// What becomes of tables that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They are made.
    Make,
    /// They are refused: a misspelt name must not become a new table.
    Refuse,
}

/// What becomes of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Create,
    /// It is there and empty, and is filled.
    Fill,
    /// A new one takes its place.
    Swap,
    /// It is emptied and filled.
    Refill,
    /// Rows are added to those that it has.
    Append,
}

impl Fate {
    /// What has been done, in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "made",
            Self::Fill => "filled",
            Self::Swap => "replaced",
            Self::Refill => "emptied and filled",
            Self::Append => "added to",
        }
    }
}

/// Whether tables that are made get keys, indexes and constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All that the scenario has.
    All,
    /// None: tables and rows only.
    Omitted,
}

/// What is going on, told from any thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows have been sent.
    Rows {
        /// Rows so far, of all tables.
        rows: u64,
        /// Rows in all.
        rows_total: u64,
        /// Bytes so far.
        bytes: u64,
    },
    /// A step begins, as in "create index `users_email_key`".
    Step(String),
}

/// What has been done.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each table: those that were made, then the others, each in the order asked for.
    pub tables: Vec<TableReport>,
    /// The cases of these tables among the new rows, in the order of the scenario.
    pub cases: Vec<FoundCase>,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes sent for them.
    pub bytes: u64,
    /// From the first connection to the end.
    pub elapsed: Duration,
    /// Where the time went.
    pub times: Times,
    /// What the rows waited for most.
    pub limit: Limit,
    /// Connections that loaded.
    pub jobs: usize,
    /// Notes for the user, a sentence each.
    pub notes: Vec<String>,
}

/// What has been done to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// What has become of it.
    pub fate: Fate,
    /// Its rows, as the server counted them.
    pub rows: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Streams that filled it.
    pub streams: usize,
    /// Indexes built, those of keys among them.
    pub indexes: usize,
    /// The time of its streams, added up.
    pub loading: Duration,
    /// The time of its indexes and constraints, added up.
    pub finishing: Duration,
}

/// Where the time went. Times of threads and connections that worked side by side are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Making values.
    pub generate: Duration,
    /// Turning them into the bytes of COPY.
    pub encode: Duration,
    /// Connections without rows to send: they wait, or make and encode them.
    pub wait_for_rows: Duration,
    /// Connections sending rows and waiting for the server to take them.
    pub wait_for_server: Duration,
    /// ANALYZE, and VACUUM of tables that several connections filled.
    pub analyze: Duration,
    /// Building indexes.
    pub index: Duration,
    /// Adding keys and checking constraints.
    pub constraints: Duration,
    /// Moving tables into place.
    pub publish: Duration,
}

/// What held the rows up most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Values were not made as fast as the server took them.
    Generator,
    /// They were made, but not encoded as fast.
    Client,
    /// The server did not take them as fast.
    Server,
}

impl Times {
    /// What held the rows up most.
    pub fn limit(&self) -> Limit {
        if self.wait_for_server >= self.wait_for_rows {
            Limit::Server
        } else if self.generate >= self.encode {
            Limit::Generator
        } else {
            Limit::Client
        }
    }
}

impl Limit {
    /// `generator`, `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl TableReport {
    pub(crate) fn new(name: &str, fate: Fate) -> Self {
        Self {
            name: name.to_owned(),
            fate,
            rows: 0,
            bytes: 0,
            streams: 0,
            indexes: 0,
            loading: Duration::ZERO,
            finishing: Duration::ZERO,
        }
    }
}

impl Report {
    pub(crate) fn new(tables: Vec<TableReport>, cases: Vec<FoundCase>, times: Times, jobs: usize) -> Self {
        Self {
            rows: tables.iter().map(|table| table.rows).sum(),
            bytes: tables.iter().map(|table| table.bytes).sum(),
            tables,
            cases,
            elapsed: Duration::ZERO,
            limit: times.limit(),
            times,
            jobs,
            notes: Vec::new(),
        }
    }
}

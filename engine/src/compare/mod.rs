//! Compares what is somewhere with what a plan makes, row by row but in any order, in bounded memory.
//!
//! Both sides are read once and their rows counted into 4,096 buckets by the hash of their key, each with its digest. Where all
//! buckets agree the tables are equal. Else both sides are read again, and the rows of buckets that differ are compared one by
//! one: a row of the plan that is not there is *missing*, one that is there with another content is *changed*, and one that is
//! there and not in the plan is *extra*. A third pass fetches the rows that are to be shown.
//!
//! Where the other side comes from (files, a database) is its reader's business: a function that hands every batch to a
//! visitor, in any order, from any thread, and that can be called several times.

mod meter;
mod search;
mod tally;

use std::ops::Range;

use arrow::array::RecordBatch;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::batch::ROWS_PER_BATCH;
use crate::digest::{RowHasher, TableDigest, WrongArray};
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::plan::Plan;
use crate::types::Type;
pub use meter::{Meter, Progress};
use search::Search;
use tally::Tallies;

/// The rows that are made at once on one thread.
const ROWS_PER_PIECE: u64 = 4 * ROWS_PER_BATCH;

/// The most rows that are compared one by one, on both sides together; of a single bucket that has more, as many different
/// ones.
const MOST_SEARCHED: usize = 1 << 20;

/// Takes a batch of the other side: the columns of the table in the plan's order. Can be called from many threads.
pub type Visit<'v> = dyn Fn(&RecordBatch) -> Result<(), WrongArray> + Sync + 'v;

/// Changes a batch of the plan into what comes back from where it was written.
pub type Adapt<'a> = dyn Fn(RecordBatch) -> RecordBatch + Sync + 'a;

/// What should be there.
pub struct Expected<'p> {
    plan: &'p Plan,
    table: TableId,
    rows: Vec<Range<u64>>,
    /// The written columns that tell rows apart, by their numbers in a batch; none where nothing does.
    key: Vec<usize>,
    adapt: Option<&'p Adapt<'p>>,
    /// The types of the written columns, as they are compared.
    types: Vec<Type>,
    meter: Option<&'p Meter<'p>>,
}

/// What has been found out about a table.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The rows of the plan.
    pub expected: TableDigest,
    /// The rows that are there.
    pub found: TableDigest,
    /// Rows that differ; `None` when none does.
    pub differences: Option<Differences>,
    /// The types in which the columns were compared, in the order of a batch.
    pub types: Vec<Type>,
}

/// Rows that differ.
#[derive(Clone, Debug)]
pub struct Differences {
    /// Rows of the plan that are there with another content; without a key there are none.
    pub changed: u64,
    /// Rows of the plan that are not there.
    pub missing: u64,
    /// Rows that are there and not in the plan, or more often than there.
    pub extra: u64,
    /// Whether these are all. Otherwise they are those among the rows that have been compared one by one.
    pub complete: bool,
    /// Some of them: changed and missing ones by row, then extra ones; of equal ones the first.
    pub shown: Vec<Difference>,
}

/// A row that differs. The batches have one row and the columns of the table.
#[derive(Clone, Debug)]
pub enum Difference {
    /// It has another content.
    Changed {
        /// Its number, from 0.
        row: u64,
        /// What the plan says.
        expected: RecordBatch,
        /// What is there.
        found: RecordBatch,
    },
    /// It is not there.
    Missing {
        /// Its number, from 0.
        row: u64,
        /// What the plan says.
        expected: RecordBatch,
    },
    /// It is not in the plan.
    Extra {
        /// What is there.
        found: RecordBatch,
    },
}

/// What has been found out about a table, wherever it is.
#[derive(Clone, Debug)]
pub struct TableVerification {
    /// Its number in the plan.
    pub table: TableId,
    /// What keeps it from being compared, or cannot be what the plan makes, a sentence each.
    pub problems: Vec<String>,
    /// Columns that cannot be compared, and why, a sentence each. They are left out of the comparison.
    pub uncompared: Vec<Uncompared>,
    /// Its rows; `None` when they cannot be compared, for a reason among the problems.
    pub comparison: Option<Comparison>,
}

/// A column that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncompared {
    /// Its name.
    pub column: String,
    /// Why.
    pub reason: String,
}

impl TableVerification {
    /// A table that cannot be compared, for a reason.
    pub fn without_rows(table: TableId, problems: Vec<String>) -> Self {
        Self { table, problems, uncompared: Vec::new(), comparison: None }
    }

    /// Whether the table holds the rows of the plan and no others, as far as its columns can be compared.
    pub fn is_equal(&self) -> bool {
        self.problems.is_empty() && self.comparison.as_ref().is_some_and(Comparison::is_equal)
    }
}

impl Comparison {
    /// Whether the same rows are there.
    pub fn is_equal(&self) -> bool {
        self.expected == self.found && self.differences.is_none()
    }
}

impl<'p> Expected<'p> {
    /// All rows of a table.
    ///
    /// # Errors
    /// A count that cannot be computed.
    pub fn new(plan: &'p Plan, table: TableId) -> Result<Self, ValueError> {
        let all = 0..plan.rows(table)?;
        let described = &plan.model().tables[table];
        let written: Vec<ColumnId> = described.written_ids().collect();
        let primary = described.keys.primary.iter().flat_map(|key| &key.columns);
        let key: Option<Vec<usize>> =
            primary.map(|column| written.iter().position(|written| written == column)).collect();
        let types = described.written().map(|column| column.ty.clone()).collect();
        let key = key.unwrap_or_default();
        Ok(Self { plan, table, rows: vec![all], key, adapt: None, types, meter: None })
    }

    /// Only some rows: runs that do not overlap.
    #[must_use]
    pub fn rows(self, rows: Vec<Range<u64>>) -> Self {
        Self { rows, ..self }
    }

    /// As they come back from a place that cannot hold them as they are.
    #[must_use]
    pub fn adapted(self, adapt: &'p Adapt<'p>) -> Self {
        Self { adapt: Some(adapt), ..self }
    }

    /// In columns of these types, which both sides then have.
    #[must_use]
    pub fn compared_as(self, types: Vec<Type>) -> Self {
        Self { types, ..self }
    }

    /// Tells how far it is. Rows count when they are read for the first time; looking for differences is not counted.
    #[must_use]
    pub fn metered(self, meter: &'p Meter<'p>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// The columns that tell rows apart, by their numbers in a batch; none where nothing does.
    pub fn key(&self) -> &[usize] {
        &self.key
    }

    /// Compares with what `read` hands to its visitor, and shows up to `most_shown` rows that differ. Uses the rayon pool that
    /// it runs in. `read` is called up to three times.
    ///
    /// # Errors
    /// What `read` says, or a value that cannot be computed.
    pub fn compare<E: From<ValueError> + Send>(
        &self,
        most_shown: usize,
        read: impl Fn(&Visit) -> Result<(), E>,
    ) -> Result<Comparison, E> {
        let hashers = || (self.hasher(0..self.types.len()), self.hasher(self.key.iter().copied()));
        let planned = Tallies::new(&self.key, hashers());
        let saw = |batch: &RecordBatch| {
            if let Some(meter) = self.meter {
                meter.saw(self.table, batch.num_rows());
            }
        };
        self.visit(&|_, batch| {
            saw(batch);
            planned.with(|tally| tally.count(batch))
        })?;
        let there = Tallies::new(&self.key, hashers());
        read(&|batch| {
            saw(batch);
            there.with(|tally| tally.count(batch))
        })?;
        let (planned, there) = (planned.into_sum(), there.into_sum());
        let (expected, found) = (planned.total(), there.total());
        let differences = match Search::new(&planned, &there, MOST_SEARCHED) {
            None => None,
            Some(search) => {
                let searchers = Tallies::new(&self.key, hashers());
                self.visit(&|first, batch| {
                    searchers.with(|tally| {
                        search.expected(first, tally.hashes(batch)?);
                        Ok(())
                    })
                })?;
                read(&|batch| {
                    searchers.with(|tally| {
                        search.found(tally.hashes(batch)?);
                        Ok(())
                    })
                })?;
                Some(self.shown(&search, most_shown, &searchers, &read)?)
            }
        };
        Ok(Comparison { expected, found, differences, types: self.types.clone() })
    }

    /// Fetches the rows that are to be shown.
    fn shown<E: From<ValueError> + Send>(
        &self,
        search: &Search,
        most_shown: usize,
        hashers: &Tallies,
        read: impl Fn(&Visit) -> Result<(), E>,
    ) -> Result<Differences, E> {
        let outcome = search.outcome();
        let expected = |row: u64| -> Result<RecordBatch, ValueError> {
            Ok(self.adapt(self.plan.batch(self.table, row..row + 1)?))
        };
        let pairs: Vec<_> = outcome.pairs.iter().take(most_shown).collect();
        let extras: Vec<_> = outcome.extras.iter().take(most_shown).collect();
        let wanted = pairs.iter().filter_map(|pair| pair.found).chain(extras.iter().map(|extra| **extra));
        let caught = search::Caught::new(wanted);
        if !caught.is_complete() {
            read(&|batch| {
                hashers.with(|tally| {
                    caught.look(batch, tally.hashes(batch)?);
                    Ok(())
                })
            })?;
        }
        let mut shown = Vec::new();
        for pair in pairs {
            let expected = expected(pair.row)?;
            shown.push(match pair.found.and_then(|found| caught.take(found)) {
                Some(found) => Difference::Changed { row: pair.row, expected, found },
                None => Difference::Missing { row: pair.row, expected },
            });
        }
        let extras = extras.into_iter().filter_map(|extra| caught.take(*extra));
        shown.extend(extras.map(|found| Difference::Extra { found }));
        Ok(Differences {
            changed: outcome.changed,
            missing: outcome.missing,
            extra: outcome.extra,
            complete: outcome.complete,
            shown,
        })
    }

    /// Makes the rows in parallel and hands them over, each batch with the number of its first row.
    fn visit<E: From<ValueError> + Send>(
        &self,
        visit: &(dyn Fn(u64, &RecordBatch) -> Result<(), WrongArray> + Sync),
    ) -> Result<(), E> {
        let pieces = self.rows.iter().flat_map(|rows| {
            let starts = rows.clone().step_by(ROWS_PER_PIECE as usize);
            starts.map(|start| start..rows.end.min(start + ROWS_PER_PIECE))
        });
        let pieces: Vec<Range<u64>> = pieces.collect();
        pieces.par_iter().try_for_each(|piece| {
            let rows_per_batch = self.plan.rows_per_batch(self.table);
            for start in piece.clone().step_by(rows_per_batch as usize) {
                let rows = start..piece.end.min(start + rows_per_batch);
                let batch = self.adapt(self.plan.batch(self.table, rows)?);
                visit(start, &batch).expect("a batch has the types that it is compared in");
            }
            Ok(())
        })
    }

    fn adapt(&self, batch: RecordBatch) -> RecordBatch {
        match self.adapt {
            Some(adapt) => adapt(batch),
            None => batch,
        }
    }

    /// A hasher of some columns.
    fn hasher(&self, columns: impl Iterator<Item = usize>) -> RowHasher {
        let written: Vec<_> = self.plan.model().tables[self.table].written().collect();
        RowHasher::new(columns.map(|column| (written[column].name.as_str(), &self.types[column])))
    }
}

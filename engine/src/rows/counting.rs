//! How many rows there are: counts of children, computed as far as a lookup needs.

use std::ops::Range;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use rayon::prelude::*;

use super::{Frame, Pace, Rows, locating};
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::Source;
use crate::plan::{Plan, Siblings};

/// How many rows a table has, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many.
    Exactly(u64),
    /// About so many: as if the parents that have not been counted were like those that have.
    About(u64),
    /// So many or more.
    AtLeast(u64),
}

impl Extent {
    /// The number.
    pub fn rows(self) -> u64 {
        match self {
            Self::Exactly(rows) | Self::About(rows) | Self::AtLeast(rows) => rows,
        }
    }

    /// The sum of two, no more certain than either.
    pub fn and(self, other: Self) -> Self {
        let rows = self.rows().saturating_add(other.rows());
        match (self, other) {
            (Self::AtLeast(_), _) | (_, Self::AtLeast(_)) => Self::AtLeast(rows),
            (Self::About(_), _) | (_, Self::About(_)) => Self::About(rows),
            _ => Self::Exactly(rows),
        }
    }

    /// The same with another number.
    fn map(self, f: impl FnOnce(u64) -> u64) -> Self {
        match self {
            Self::Exactly(rows) => Self::Exactly(f(rows)),
            Self::About(rows) => Self::About(f(rows)),
            Self::AtLeast(rows) => Self::AtLeast(f(rows)),
        }
    }
}

/// Parents counted by one worker at a time.
const PARENTS_PER_TASK: u64 = 4096;

impl Plan {
    /// How many rows a table has; counts what has not been counted yet, on this thread.
    ///
    /// # Errors
    /// A count that cannot be computed, or a table that is not there.
    pub fn rows(&self, table: TableId) -> Result<u64, ValueError> {
        self.check_table(table)?;
        match (&self.model.tables[table].source, &self.counts[table]) {
            (Source::Per { parent, .. }, Some(counts)) => {
                counts.total(self.rows(*parent)?, &|runs| self.evaluate_counts(table, runs))
            }
            (Source::Root { rows }, _) => Ok(*rows),
            (Source::Per { .. }, None) => Ok(0),
        }
    }

    /// How many rows a table has by what has been counted so far; counts nothing.
    pub fn extent(&self, table: TableId) -> Extent {
        let (parent, count) = match &self.model.tables[table].source {
            Source::Root { rows } => return Extent::Exactly(*rows),
            Source::Per { parent, count } => (*parent, count),
        };
        let parents = self.extent(parent);
        let Some(counts) = self.counts[table].as_ref().filter(|counts| counts.per_parent().is_none()) else {
            return parents.map(|parents| parents.saturating_mul(count.min));
        };
        let (covered, rows, complete) = counts.so_far();
        match parents {
            _ if complete => Extent::Exactly(rows),
            Extent::Exactly(parents) if covered >= parents => Extent::Exactly(rows),
            _ if count.min == count.max => parents.map(|parents| parents.saturating_mul(count.min)),
            Extent::Exactly(parents) | Extent::About(parents) if covered > 0 => {
                Extent::About((parents as f64 * (rows as f64 / covered as f64)) as u64)
            }
            parents => Extent::AtLeast(parents.rows().saturating_mul(count.min).max(rows)),
        }
    }

    /// Counts the rows of all tables with the threads of the current pool. Afterwards [`Self::rows`] answers at once, and
    /// batches need not count. Not to be called from inside a batch.
    ///
    /// # Errors
    /// A count that cannot be computed, or a table with more rows than can be numbered.
    pub fn count(&self) -> Result<(), ValueError> {
        let all: Vec<TableId> = self.tables().collect();
        self.count_unless(&all, &|| false)
    }

    /// Counts some tables and their ancestors, and ends early when it is asked to stop, which it checks often. What has been
    /// counted by then is kept.
    ///
    /// # Errors
    /// The same.
    pub fn count_unless(
        &self,
        tables: &[TableId],
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), ValueError> {
        tables.iter().try_for_each(|table| self.count_table(*table, stopped))
    }

    fn count_table(&self, table: TableId, stopped: &(dyn Fn() -> bool + Sync)) -> Result<(), ValueError> {
        self.check_table(table)?;
        let Source::Per { parent, count } = &self.model.tables[table].source else { return Ok(()) };
        self.count_table(*parent, stopped)?;
        if stopped() {
            return Ok(());
        }
        let parents = self.rows(*parent)?;
        if let Some(column) = count.column {
            self.count_in_parallel(table, *parent, column, parents, stopped)?;
        }
        // The rows of a table that has not been counted to its end would be counted one after the other.
        if stopped() {
            return Ok(());
        }
        let rows = self.rows(table)?;
        if rows > 1 << 53 {
            return Err(ValueError {
                table: self.model.tables[table].name.clone(),
                column: "*".to_owned(),
                message: format!("{rows} rows are more than 2^53"),
                row: None,
            });
        }
        Ok(())
    }

    fn count_in_parallel(
        &self,
        table: TableId,
        parent: TableId,
        column: ColumnId,
        parents: u64,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), ValueError> {
        let Some(counts) = &self.counts[table] else { return Ok(()) };
        let wave = PARENTS_PER_TASK * 4 * rayon::current_num_threads() as u64;
        while !counts.is_complete(parents) && !stopped() {
            let first = counts.covered();
            let end = (first + wave).min(parents);
            let tasks: Vec<Range<u64>> = (first..end)
                .step_by(PARENTS_PER_TASK as usize)
                .map(|start| start..(start + PARENTS_PER_TASK).min(end))
                .collect();
            let counted: Vec<Result<Vec<u64>, ValueError>> = tasks
                .into_par_iter()
                .map(|range| counts_of(self, parent, column, Rows::Range(range)))
                .collect();
            // Of several errors the first one is told.
            let counted: Result<Vec<Vec<u64>>, ValueError> = counted.into_iter().collect();
            counts.append(first, &counted?.concat());
        }
        Ok(())
    }

    /// The offsets of the children of the parents `range.start ..= range.end`.
    pub(crate) fn offsets(&self, table: TableId, range: Range<u64>) -> Result<Vec<u64>, ValueError> {
        match &self.counts[table] {
            Some(counts) => counts.offsets(range, &|runs| self.evaluate_counts(table, runs)),
            None => Ok(range.chain([0]).map(|_| 0).collect()),
        }
    }

    /// The children of some rows.
    pub(crate) fn children(&self, table: TableId, parents: &[u64]) -> Result<Vec<Siblings>, ValueError> {
        match &self.counts[table] {
            Some(counts) => counts.children(parents, &|runs| self.evaluate_counts(table, runs)),
            None => Ok(parents.iter().map(|&parent| Siblings { parent, start: 0, end: 0 }).collect()),
        }
    }

    /// The parents of some rows, with all their children. Of rows past the end it tells nothing.
    pub(crate) fn families(&self, table: TableId, rows: &[u64]) -> Result<Vec<Siblings>, ValueError> {
        match (&self.counts[table], &self.model.tables[table].source) {
            (Some(counts), Source::Per { parent, .. }) => {
                let parents = self.most_rows(*parent);
                counts.families(rows, parents, &|runs| self.evaluate_counts(table, runs))
            }
            _ => Ok(vec![Siblings::default(); rows.len()]),
        }
    }

    /// How many rows a table has, but no more than `end`: counts no further than that. Each table of a chain is asked
    /// once for the rows that the next one needs, so a chain costs as much as its tables together.
    ///
    /// # Errors
    /// A count that cannot be computed, or a table that is not there.
    pub fn rows_up_to(&self, table: TableId, end: u64) -> Result<u64, ValueError> {
        self.check_table(table)?;
        match (&self.model.tables[table].source, &self.counts[table]) {
            (Source::Root { rows }, _) => Ok(end.min(*rows)),
            (Source::Per { parent, .. }, Some(counts)) => match counts.per_parent() {
                Some(0) => Ok(0),
                Some(count) => {
                    let parents = self.rows_up_to(*parent, end.div_ceil(count))?;
                    Ok(parents.saturating_mul(count).min(end))
                }
                None => counts.rows_up_to(end, &|runs| self.evaluate_counts(table, runs)),
            },
            (Source::Per { .. }, None) => Ok(0),
        }
    }

    /// The number of rows when it is known without counting, else no bound.
    fn most_rows(&self, table: TableId) -> u64 {
        match &self.model.tables[table].source {
            Source::Root { rows } => *rows,
            Source::Per { .. } => u64::MAX,
        }
    }

    /// The counts of runs of parents. The run at the end of what has been counted is cut where there are no more parents.
    fn evaluate_counts(&self, table: TableId, runs: &[Range<u64>]) -> Result<Vec<u64>, ValueError> {
        let Source::Per { parent, count } = &self.model.tables[table].source else { return Ok(Vec::new()) };
        let Some(column) = count.column else {
            let parents: u64 = runs.iter().map(|run| run.end - run.start).sum();
            return Ok(vec![count.min; parents as usize]);
        };
        let rows = match runs {
            // What has been counted is there; what has not may end within the run.
            [run] if self.counts[table].as_ref().is_none_or(|counts| counts.covered() < run.end) => {
                Rows::Range(run.start..self.rows_up_to(*parent, run.end)?.max(run.start))
            }
            [run] => Rows::Range(run.clone()),
            _ => Rows::Picked(runs.iter().cloned().flatten().collect()),
        };
        counts_of(self, *parent, column, rows)
    }
}

/// The counts of some rows of a parent table.
fn counts_of(plan: &Plan, parent: TableId, column: ColumnId, rows: Rows) -> Result<Vec<u64>, ValueError> {
    let counts = |rows: Rows| {
        let frame = Frame::new(plan, parent, rows);
        let counts = frame.column(column)?;
        let counts = counts.as_primitive::<Int64Type>().values().iter().map(|count| count.unsigned_abs());
        Ok((counts.collect::<Vec<u64>>(), frame))
    };
    if rows.len() == 0 {
        return Ok(Vec::new());
    }
    let counts = |rows: Rows| counts(rows.clone()).map_err(|error| locating(error, || counts(rows)));
    if !plan.model.wide.contains(&(parent, column)) {
        return Ok(counts(rows)?.0);
    }
    // What takes long texts is worked out in steps that depend on how long they turn out to be.
    let (mut all, mut pace) = (Vec::with_capacity(rows.len()), Pace::of(plan, parent, &[column]));
    while all.len() < rows.len() {
        let (some, frame) = counts(rows.slice(all.len()..rows.len().min(all.len() + pace.rows())))?;
        pace.worked_out(&frame);
        all.extend(some);
    }
    Ok(all)
}

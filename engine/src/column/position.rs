//! Where rows stand: parents, siblings, row numbers; the counts behind them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use rayon::prelude::*;

use super::frame::{Rows, counts_of};
use crate::error::ValueError;
use crate::model::Source;
use crate::plan::{Counts, Plan};

/// Parents counted by one worker at a time.
const PARENTS_PER_TASK: u64 = 4096;

/// Parents and siblings of some rows.
pub(crate) struct Family {
    /// The parents, those of neighbouring rows once.
    pub(crate) parents: Rows,
    /// Where each row's parent stands among them.
    pub(crate) index: Vec<u32>,
    ordinal: Vec<i64>,
    siblings: Vec<i64>,
}

impl Family {
    pub(crate) fn of(plan: &Plan, table: usize, rows: &Rows) -> Result<Self, ValueError> {
        match rows {
            Rows::Range(range) if range.is_empty() => Ok(Self::with_capacity(0, Rows::Range(0..0))),
            Rows::Range(range) => {
                let parents = plan.parent_of(table, range.start)?..plan.parent_of(table, range.end - 1)? + 1;
                if parents.end - parents.start > 2 * rows.len() as u64 + 64 {
                    // Most of these parents have no children: only those that have are worked out.
                    return Self::of_picked(plan, table, range.clone(), rows.len());
                }
                Self::of_run(plan, table, range.clone(), parents)
            }
            Rows::Picked(picked) => Self::of_picked(plan, table, picked.iter().copied(), rows.len()),
        }
    }

    fn with_capacity(rows: usize, parents: Rows) -> Self {
        Self {
            parents,
            index: Vec::with_capacity(rows),
            ordinal: Vec::with_capacity(rows),
            siblings: Vec::with_capacity(rows),
        }
    }

    /// The parents of a run are a run.
    fn of_run(plan: &Plan, table: usize, rows: Range<u64>, parents: Range<u64>) -> Result<Self, ValueError> {
        let offsets = plan.offsets(table, parents.clone())?;
        let mut family = Self::with_capacity((rows.end - rows.start) as usize, Rows::Range(parents));
        for (parent, pair) in offsets.windows(2).enumerate() {
            let (first, end) = (pair[0].max(rows.start), pair[1].min(rows.end));
            for row in first..end {
                family.push(parent, row, pair[0], pair[1]);
            }
        }
        Ok(family)
    }

    fn of_picked(
        plan: &Plan,
        table: usize,
        rows: impl Iterator<Item = u64>,
        count: usize,
    ) -> Result<Self, ValueError> {
        let mut family = Self::with_capacity(count, Rows::Range(0..0));
        let mut parents: Vec<u64> = Vec::new();
        let (mut start, mut end) = (0, 0);
        for row in rows {
            // Neighbours often share a parent.
            if !(start..end).contains(&row) {
                let parent = plan.parent_of(table, row)?;
                (start, end) = plan.children_of(table, parent)?;
                parents.push(parent);
            }
            family.push(parents.len() - 1, row, start, end);
        }
        family.parents = Rows::Picked(parents.into());
        Ok(family)
    }

    /// Adds a row whose siblings are `start..end`.
    fn push(&mut self, parent: usize, row: u64, start: u64, end: u64) {
        // A batch has fewer than 2^32 parents.
        self.index.push(parent as u32);
        self.ordinal.push((row - start + 1).cast_signed());
        self.siblings.push((end - start).cast_signed());
    }

    /// `ordinal()`, from 1.
    pub(crate) fn ordinals(&self) -> ArrayRef {
        Arc::new(Int64Array::from(self.ordinal.clone()))
    }

    /// `siblings()`.
    pub(crate) fn siblings(&self) -> ArrayRef {
        Arc::new(Int64Array::from(self.siblings.clone()))
    }
}

/// `row_number()`, from 1.
pub(super) fn row_numbers(rows: &Rows) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.cast_signed() + 1)))
}

impl Plan {
    /// How many rows a table has; counts what has not been counted yet, on this thread.
    ///
    /// # Errors
    /// A count that cannot be computed.
    pub fn rows(&self, table: usize) -> Result<u64, ValueError> {
        match (&self.model.tables[table].source, &self.counts[table]) {
            (Source::Per { parent, .. }, Some(counts)) => {
                counts.total(self.rows(*parent)?, &|range| self.evaluate_counts(table, range))
            }
            (Source::Root { rows }, _) => Ok(*rows),
            (Source::Per { .. }, None) => Ok(0),
        }
    }

    /// Counts the rows of all tables with the threads of the current pool. Afterwards [`Self::rows`] answers at once, and
    /// batches need not count. Not to be called from inside a batch.
    ///
    /// # Errors
    /// A count that cannot be computed, or a table with more rows than can be numbered.
    pub fn count(&self) -> Result<(), ValueError> {
        (0..self.model.tables.len()).try_for_each(|table| self.count_table(table))
    }

    fn count_table(&self, table: usize) -> Result<(), ValueError> {
        let Source::Per { parent, count } = &self.model.tables[table].source else { return Ok(()) };
        self.count_table(*parent)?;
        let parents = self.rows(*parent)?;
        if let Some(column) = count.column {
            self.count_in_parallel(table, *parent, column, parents)?;
        }
        let rows = self.rows(table)?;
        if rows > 1 << 53 {
            return Err(ValueError {
                table: self.model.tables[table].name.clone(),
                column: "*".to_owned(),
                message: format!("{rows} rows are more than 2^53"),
            });
        }
        Ok(())
    }

    fn count_in_parallel(
        &self,
        table: usize,
        parent: usize,
        column: usize,
        parents: u64,
    ) -> Result<(), ValueError> {
        let Some(counts) = &self.counts[table] else { return Ok(()) };
        let wave = PARENTS_PER_TASK * 4 * rayon::current_num_threads() as u64;
        while !counts.is_complete(parents) {
            let first = counts.covered();
            let end = (first + wave).min(parents);
            let tasks: Vec<Range<u64>> = (first..end)
                .step_by(PARENTS_PER_TASK as usize)
                .map(|start| start..(start + PARENTS_PER_TASK).min(end))
                .collect();
            let counted: Result<Vec<Vec<u64>>, ValueError> =
                tasks.into_par_iter().map(|range| counts_of(self, parent, column, range)).collect();
            counts.append(first, &counted?.concat());
        }
        Ok(())
    }

    /// The offsets of the children of the parents `range.start ..= range.end`.
    pub(crate) fn offsets(&self, table: usize, range: Range<u64>) -> Result<Vec<u64>, ValueError> {
        match &self.counts[table] {
            Some(counts) => counts.offsets(range, &|range| self.evaluate_counts(table, range)),
            None => Ok(range.chain([0]).map(|_| 0).collect()),
        }
    }

    /// The first child of a row and the end of its children.
    pub(crate) fn children_of(&self, table: usize, row: u64) -> Result<(u64, u64), ValueError> {
        match &self.counts[table] {
            // Without the detour over a list: references ask this for every row.
            Some(Counts::Constant(count)) => Ok((row * count, (row + 1) * count)),
            _ => self.offsets(table, row..row + 1).map(|offsets| (offsets[0], offsets[1])),
        }
    }

    /// The parent of a row.
    pub(crate) fn parent_of(&self, table: usize, row: u64) -> Result<u64, ValueError> {
        match (&self.counts[table], &self.model.tables[table].source) {
            (Some(counts), Source::Per { parent, .. }) => {
                let parents = self.most_rows(*parent)?;
                counts.parent_of(row, parents, &|range| self.evaluate_counts(table, range))
            }
            _ => Ok(0),
        }
    }

    /// Whether a table has a row of that number; counts no further than that.
    pub(crate) fn has_row(&self, table: usize, row: u64) -> Result<bool, ValueError> {
        match (&self.counts[table], &self.model.tables[table].source) {
            (Some(counts), Source::Per { parent, .. }) => {
                let found = counts.parent_of(row, u64::MAX, &|range| self.evaluate_counts(table, range))?;
                if !self.has_row(*parent, found)? {
                    return Ok(false);
                }
                let offsets = self.offsets(table, found..found + 1)?;
                Ok((offsets[0]..offsets[1]).contains(&row))
            }
            (_, Source::Root { rows }) => Ok(row < *rows),
            _ => Ok(false),
        }
    }

    /// The number of rows when it is known without counting, else no bound.
    fn most_rows(&self, table: usize) -> Result<u64, ValueError> {
        match &self.model.tables[table].source {
            Source::Root { rows } => Ok(*rows),
            Source::Per { .. } => Ok(u64::MAX),
        }
    }

    /// The counts of a run of parents; shorter than the run when there are not as many parents.
    fn evaluate_counts(&self, table: usize, range: Range<u64>) -> Result<Vec<u64>, ValueError> {
        let Source::Per { parent, count } = &self.model.tables[table].source else { return Ok(Vec::new()) };
        let Some(column) = count.column else {
            return Ok(vec![count.min; (range.end - range.start) as usize]);
        };
        let end = match &self.model.tables[*parent].source {
            Source::Root { rows } => range.end.min(*rows),
            Source::Per { .. } => {
                // As many parents of the run as there are: the last one that exists is found by halving.
                let (mut low, mut high) = (range.start, range.end);
                if high > low && self.has_row(*parent, high - 1)? {
                    low = high;
                }
                while low < high {
                    let middle = low + (high - low) / 2;
                    if self.has_row(*parent, middle)? { low = middle + 1 } else { high = middle }
                }
                low
            }
        };
        if end <= range.start {
            return Ok(Vec::new());
        }
        counts_of(self, *parent, column, range.start..end)
    }
}

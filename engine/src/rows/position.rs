//! Where rows stand: parents, siblings, row numbers.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::frame::Rows;
use crate::error::ValueError;
use crate::ids::TableId;
use crate::plan::Plan;

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
    pub(crate) fn of(plan: &Plan, table: TableId, rows: &Rows) -> Result<Self, ValueError> {
        match rows {
            Rows::Range(range) if range.is_empty() => Ok(Self::with_capacity(0, Rows::Range(0..0))),
            Rows::Range(range) => {
                let ends = plan.families(table, &[range.start, range.end - 1])?;
                let parents = ends[0].parent..ends[1].parent + 1;
                if parents.end - parents.start > 2 * rows.len() as u64 + 64 {
                    // Most of these parents have no children: only those that have are worked out.
                    let rows: Vec<u64> = range.clone().collect();
                    return Self::of_picked(plan, table, &rows);
                }
                Self::of_run(plan, table, range.clone(), parents)
            }
            Rows::Picked(picked) => Self::of_picked(plan, table, picked),
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
    fn of_run(
        plan: &Plan,
        table: TableId,
        rows: Range<u64>,
        parents: Range<u64>,
    ) -> Result<Self, ValueError> {
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

    fn of_picked(plan: &Plan, table: TableId, rows: &[u64]) -> Result<Self, ValueError> {
        let mut family = Self::with_capacity(rows.len(), Rows::Range(0..0));
        let mut parents: Vec<u64> = Vec::new();
        for (&row, siblings) in rows.iter().zip(plan.families(table, rows)?) {
            // Neighbours often share a parent.
            if parents.last() != Some(&siblings.parent) {
                parents.push(siblings.parent);
            }
            family.push(parents.len() - 1, row, siblings.start, siblings.end);
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

    /// How many siblings stand before the row at a place.
    pub(crate) fn before(&self, place: usize) -> u64 {
        self.ordinal[place].cast_unsigned() - 1
    }

    /// How many siblings stand behind it.
    pub(super) fn behind(&self, place: usize) -> u64 {
        (self.siblings[place] - self.ordinal[place]).cast_unsigned()
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

//! How many rows to work out at a time.

use super::Frame;
use crate::ids::{ColumnId, TableId};
use crate::plan::Plan;

/// The bytes of all columns that are worked out together.
const BYTES_AT_A_TIME: u64 = 16 << 20;
/// The first step where rows may be wide: so few rows that even the longest texts do no harm.
const FIRST_STEP: usize = 4;
/// The longest step.
pub(super) const LONGEST_STEP: usize = 8192;

/// How many rows come next: where they may be wide, by the width of those before.
pub(super) struct Pace {
    rows: usize,
    wide: bool,
}

impl Pace {
    /// For some columns of a table.
    pub(super) fn of(plan: &Plan, table: TableId, columns: &[ColumnId]) -> Self {
        let wide = columns.iter().any(|column| plan.model.wide.contains(&(table, *column)));
        Self { rows: if wide { FIRST_STEP } else { LONGEST_STEP }, wide }
    }

    /// How many rows to work out next.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Some rows have been worked out.
    pub(super) fn worked_out(&mut self, frame: &Frame) {
        if self.wide {
            let width = (frame.bytes() / frame.len().max(1) as u64).max(1);
            let fitting = (BYTES_AT_A_TIME / width) as usize;
            self.rows = fitting.min(self.rows * 8).clamp(1, LONGEST_STEP);
        }
    }
}

//! How far a comparison is.

use crate::ids::TableId;
use std::sync::atomic::{AtomicU64, Ordering};

/// Some rows further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of the table that is being compared.
    pub table: TableId,
    /// Rows so far, of all tables.
    pub rows: u64,
    /// Rows in all, as the plan has them.
    pub rows_total: u64,
}

/// Adds up the rows of a comparison of one or several tables, and tells a listener, from any thread.
pub struct Meter<'m> {
    rows_total: u64,
    /// Rows of either side.
    seen: AtomicU64,
    listener: &'m (dyn Fn(Progress) + Sync),
}

impl<'m> Meter<'m> {
    /// Of so many rows in all.
    pub fn new(rows_total: u64, listener: &'m (dyn Fn(Progress) + Sync)) -> Self {
        Self { rows_total, seen: AtomicU64::new(0), listener }
    }

    /// Notes rows of one side. A row is compared when it has been seen on both, so each counts half.
    pub(super) fn saw(&self, table: TableId, rows: usize) {
        let seen = self.seen.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        // There may be more rows than the plan has.
        let rows = (seen / 2).min(self.rows_total);
        (self.listener)(Progress { table, rows, rows_total: self.rows_total });
    }
}

//! Ways from a row to another, step by step.

use super::drafts::Drafts;
use super::{Column, Hop, Input, Model, Source};
use crate::error::Fault;

/// Tables, and the steps between their rows.
pub(crate) trait Steps {
    /// The table that a step leads to; `None` where it leads nowhere, or where that is not settled.
    fn after(&self, table: usize, hop: Hop) -> Option<usize>;

    /// The table at the end of a way.
    fn end(&self, table: usize, hops: &[Hop]) -> Option<usize> {
        hops.iter().try_fold(table, |table, hop| self.after(table, *hop))
    }
}

impl Steps for Model {
    fn after(&self, table: usize, hop: Hop) -> Option<usize> {
        match hop {
            Hop::Parent => self.tables[table].parent(),
            Hop::Reference(c) => target(&self.tables[table].columns[c]),
        }
    }
}

impl Steps for Drafts {
    fn after(&self, table: usize, hop: Hop) -> Option<usize> {
        match hop {
            Hop::Parent => self[table].parent,
            Hop::Reference(c) => target(self.done(table, c).ok()?),
        }
    }
}

fn target(column: &Column) -> Option<usize> {
    column.reference().map(|reference| reference.target)
}

impl Drafts {
    /// The table at the end of a way whose columns are settled, and whether the way may end in NULL.
    pub(crate) fn walk(&self, table: usize, hops: &[Hop]) -> Result<(usize, bool), Fault> {
        let (mut table, mut nullable) = (table, false);
        for hop in hops {
            if let Hop::Reference(c) = *hop {
                nullable |= self.done(table, c)?.nullable;
            }
            table = self.after(table, *hop).ok_or_else(Fault::reported)?;
        }
        Ok((table, nullable))
    }

    /// Whether different rows lead to different rows at the end of a way: every row on it is an only child, or referred to once.
    pub(super) fn keeps_apart(&self, table: usize, hops: &[Hop]) -> bool {
        let mut table = table;
        hops.iter().all(|hop| {
            let apart = match *hop {
                Hop::Parent => {
                    let source = self[table].rows.done();
                    matches!(source, Some(Source::Per { count, .. }) if count.max <= 1)
                }
                Hop::Reference(c) => self.done(table, c).is_ok_and(|column| column.unique),
            };
            let next = self.after(table, *hop).filter(|_| apart);
            table = next.unwrap_or(table);
            next.is_some()
        })
    }

    /// The table and the column that an input leads to.
    pub(super) fn column_at(&self, t: usize, input: &Input) -> Option<(usize, usize)> {
        let Input::Column { hops, column } = input else { return None };
        Some((self.end(t, hops)?, *column))
    }
}

//! Ways from a row to another, step by step.

use super::resolve::Resolver;
use super::{Column, Hop, Model};
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

impl Steps for Resolver<'_> {
    fn after(&self, table: usize, hop: Hop) -> Option<usize> {
        match hop {
            Hop::Parent => self.drafts[table].parent,
            Hop::Reference(c) => target(self.done(table, c).ok()?),
        }
    }
}

fn target(column: &Column) -> Option<usize> {
    column.reference().map(|reference| reference.target)
}

impl Resolver<'_> {
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
}

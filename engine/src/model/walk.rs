//! Ways from a row to another, step by step.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::drafts::Drafts;
use super::resolve::Resolver;
use super::{Column, Hop, Input, Model, Source};
use crate::error::Fault;
use crate::generators::{Formula, Latest, Recipe};
use crate::ids::{ColumnId, InputId, TableId};

/// Tables, and the steps between their rows.
pub(crate) trait Steps {
    /// The table that a step leads to; `None` where it leads nowhere, or where that is not settled.
    fn after(&self, table: TableId, hop: Hop) -> Option<TableId>;

    /// The table at the end of a way.
    fn end(&self, table: TableId, hops: &[Hop]) -> Option<TableId> {
        hops.iter().try_fold(table, |table, hop| self.after(table, *hop))
    }
}

impl Steps for Model {
    fn after(&self, table: TableId, hop: Hop) -> Option<TableId> {
        match hop {
            Hop::Parent => self.tables[table].parent(),
            Hop::Reference(c) => target(&self.tables[table].columns[c]),
        }
    }
}

impl Steps for Drafts {
    fn after(&self, table: TableId, hop: Hop) -> Option<TableId> {
        match hop {
            Hop::Parent => self[table].parent,
            Hop::Reference(c) => target(self.done(table, c).ok()?),
        }
    }
}

fn target(column: &Column) -> Option<TableId> {
    column.reference().map(|reference| reference.target)
}

impl Drafts {
    /// The table at the end of a way whose columns are settled, and whether the way may end in NULL.
    pub(crate) fn walk(&self, table: TableId, hops: &[Hop]) -> Result<(TableId, bool), Fault> {
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
    pub(super) fn keeps_apart(&self, table: TableId, hops: &[Hop]) -> bool {
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

    /// If the instants of a column rise among the children of one parent whenever some inputs are equal for all of them: these
    /// inputs. An expression may hand such a column on.
    pub(crate) fn rises_with(&self, t: TableId, c: ColumnId) -> Option<Vec<InputId>> {
        let column = self.done(t, c).ok().filter(|column| column.cast.is_none() && !column.nullable)?;
        match column.formula() {
            None => column.recipe.rises_with(),
            Some(formula) => match &self[t].inputs[formula.passes_on()?] {
                Input::Column { hops, column } if hops.is_empty() => self.rises_with(t, *column),
                _ => None,
            },
        }
    }

    /// The table and the column that an input leads to.
    pub(super) fn column_at(&self, t: TableId, input: &Input) -> Option<(TableId, ColumnId)> {
        match input {
            Input::Column { hops, column } => Some((self.end(t, hops)?, *column)),
            Input::Neighbour { column, .. } => Some((t, *column)),
            _ => None,
        }
    }
}

impl Resolver<'_> {
    /// Whether the instants of a formula are never after one, as far as this can be seen.
    pub(crate) fn not_after(&self, t: TableId, formula: &Formula, instant: i64) -> bool {
        formula.expression.never_after(instant, &mut |slot| {
            let Some(&input) = formula.inputs.get(slot) else { return false };
            let Some((t, c)) = self.drafts.column_at(t, &self.drafts[t].inputs[input]) else { return false };
            let Ok(column) = self.drafts.done(t, c) else { return false };
            let by_recipe = match &column.recipe {
                Recipe::Formula(formula) => self.not_after(t, formula, instant),
                recipe => recipe.latest().is_some_and(|latest| match latest {
                    Latest::Formulas(both) => both.iter().all(|formula| self.not_after(t, formula, instant)),
                    Latest::AsOf => true,
                }),
            };
            by_recipe && column.cast.is_none() && self.not_pinned_after(t, column, instant)
        })
    }

    /// Whether the instants to which a column is pinned, if it is, are not after one.
    fn not_pinned_after(&self, t: TableId, column: &Column, instant: i64) -> bool {
        self.pins_of(t, &column.name).iter().all(|node| {
            // A value that is wrong is told where the pin is read.
            let Ok(value) = self.pinned_value(node, &column.name, &column.ty) else { return true };
            let instants = value.as_primitive_opt::<TimestampMicrosecondType>();
            instants.is_some_and(|value| value.is_null(0) || value.value(0) <= instant)
        })
    }
}

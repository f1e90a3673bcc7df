//! Which values a column is known to hold at its ends: whether they fit its type is told before a row is made.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};

use super::drafts::Drafts;
use super::{Column, Count, Input, Source};
use crate::error::Fault;
use crate::generators::{Ends, Origin, Recipe};
use crate::ids::TableId;
use crate::scenario::Spec;
use crate::text::shown;
use crate::types::Type;

impl Drafts {
    /// Refuses a type that values of the column do not fit, as far as they are known.
    pub(super) fn check_range(&self, t: TableId, column: &Column, spec: &Spec) -> Result<(), Fault> {
        if let (Some(to), Some(node)) = (&column.cast, &spec.sql_type)
            && let Some(values) = self.ends_made(t, &column.recipe, &column.made)
        {
            let fits = |values: &ArrayRef| to.evaluate(std::slice::from_ref(values), values.len()).is_ok();
            return match fits(&values) {
                true => Ok(()),
                false => Err(Fault::at(node.span, self.misfit(t, column, &values, &fits))),
            };
        }
        // `= cast(row_number() as smallint)`, which is a type, too.
        let Some(formula) = column.formula() else { return Ok(()) };
        let slot = formula.expression.passes_on_number().filter(|_| column.written);
        let input = slot.and_then(|slot| Some(&self[t].inputs[*formula.inputs.get(slot)?]));
        let Some(values) = input.and_then(|input| self.ends_of(t, input)) else { return Ok(()) };
        let fits = |values: &ArrayRef| {
            formula.expression.evaluate(std::slice::from_ref(values), values.len()).is_ok()
        };
        // The slot is the only one that is read.
        if slot == Some(0) && !fits(&values) {
            return Err(Fault::at(spec.span, self.misfit(t, column, &values, &fits)));
        }
        Ok(())
    }

    /// What does not fit, in words.
    fn misfit(
        &self,
        t: TableId,
        column: &Column,
        values: &ArrayRef,
        fits: &dyn Fn(&ArrayRef) -> bool,
    ) -> String {
        let ty = &column.ty;
        let wrong = (0..values.len()).find(|&i| !fits(&values.slice(i, 1))).unwrap_or_default();
        let value = shown(values, wrong);
        match &column.recipe {
            Recipe::Serial(_) => {
                let row = if wrong == 0 { 1 } else { self.certain_rows(t) };
                format!("row {row} has {value}, which does not fit {ty}")
            }
            Recipe::Choose(_) => format!("{value} does not fit {ty}"),
            _ if values.len() == 2 => {
                format!("{} to {} do not fit {ty}", shown(values, 0), shown(values, 1))
            }
            _ => format!("{value} does not fit {ty}"),
        }
    }

    /// The least and the greatest value of a column, or all that it may hold.
    fn ends(&self, t: TableId, column: &Column) -> Option<ArrayRef> {
        let made = self.ends_made(t, &column.recipe, &column.made)?;
        match &column.cast {
            None => Some(made),
            Some(to) => to.evaluate(std::slice::from_ref(&made), made.len()).ok(),
        }
    }

    /// The same before the column's cast.
    fn ends_made(&self, t: TableId, recipe: &Recipe, made: &Type) -> Option<ArrayRef> {
        match recipe.ends(self.certain_rows(t), made) {
            Ends::Unknown => None,
            Ends::Known(values) => Some(values),
            Ends::Of(Origin::Input(input)) => self.ends_of(t, &self[t].inputs[input]),
            Ends::Of(Origin::Column { table, column }) => self.ends(table, self.done(table, column).ok()?),
        }
    }

    fn ends_of(&self, t: TableId, input: &Input) -> Option<ArrayRef> {
        let rows = i64::try_from(self.certain_rows(t)).ok().filter(|rows| *rows > 0);
        let siblings = match self[t].rows.done()? {
            Source::Per { count: Count { min, .. }, .. } => i64::try_from(*min).ok().filter(|min| *min > 0),
            Source::Root { .. } => None,
        };
        match input {
            Input::Row => Some(integers([1, rows?])),
            // Some family is there, and has as many children at least.
            Input::Ordinal => rows.and(Some(integers([1, siblings?]))),
            Input::Siblings => rows.and(Some(integers([siblings?, siblings?]))),
            Input::Column { .. } => {
                let (table, column) = self.column_at(t, input)?;
                self.ends(table, self.done(table, column).ok()?)
            }
            Input::Total { .. } | Input::Neighbour { .. } | Input::Running { .. } => None,
        }
    }
}

fn integers(values: [i64; 2]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

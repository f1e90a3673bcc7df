//! Which values a column is known to hold at its ends: whether they fit its type is told before a row is made.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array};
use arrow::compute::{cast, filter};

use super::arguments::shown;
use super::resolve::Resolver;
use super::{Column, Count, Input, RealLaw, Recipe, Source};
use crate::error::Fault;
use crate::model::DiscreteLaw;
use crate::scenario::Spec;
use crate::types::Type;

impl Resolver<'_> {
    /// Refuses a type that values of the column do not fit, as far as they are known.
    pub(super) fn check_range(&self, t: usize, column: &Column, spec: &Spec) -> Result<(), Fault> {
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
        let Recipe::Formula(formula) = &column.recipe else { return Ok(()) };
        let slot = formula.expression.passes_on_number().filter(|_| column.written);
        let input = slot.and_then(|slot| self.drafts[t].inputs.get(*formula.inputs.get(slot)?));
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
        t: usize,
        column: &Column,
        values: &ArrayRef,
        fits: &dyn Fn(&ArrayRef) -> bool,
    ) -> String {
        let ty = &column.ty;
        let wrong = (0..values.len()).find(|&i| !fits(&values.slice(i, 1))).unwrap_or_default();
        let value = shown(&values.slice(wrong, 1));
        match &column.recipe {
            Recipe::Serial { .. } => {
                let row = if wrong == 0 { 1 } else { self.certain_rows(t) };
                format!("row {row} has {value}, which does not fit {ty}")
            }
            Recipe::Choose { .. } => format!("{value} does not fit {ty}"),
            _ if values.len() == 2 => {
                format!("{} to {} do not fit {ty}", shown(&values.slice(0, 1)), shown(&values.slice(1, 1)))
            }
            _ => format!("{value} does not fit {ty}"),
        }
    }

    /// The rows that a table has in any case.
    fn certain_rows(&self, t: usize) -> u64 {
        match self.drafts[t].rows_settled() {
            Some(Source::Root { rows }) => *rows,
            Some(Source::Per { parent, count }) => self.certain_rows(*parent).saturating_mul(count.min),
            None => 0,
        }
    }

    /// The least and the greatest value of a column, or all that it may hold.
    fn ends(&self, t: usize, column: &Column) -> Option<ArrayRef> {
        let made = self.ends_made(t, &column.recipe, &column.made)?;
        match &column.cast {
            None => Some(made),
            Some(to) => to.evaluate(std::slice::from_ref(&made), made.len()).ok(),
        }
    }

    /// The same before the column's cast.
    fn ends_made(&self, t: usize, recipe: &Recipe, made: &Type) -> Option<ArrayRef> {
        match recipe {
            Recipe::Literal(values) => Some(values.0.clone()),
            Recipe::Choose { law, values, .. } => {
                // What has no weight is never drawn.
                filter(&values.0, &law.drawn(values.0.len()).into()).ok()
            }
            Recipe::Serial { start, step } => {
                let last =
                    i64::try_from(self.certain_rows(t)).ok()?.checked_sub(1).filter(|last| *last >= 0)?;
                integers([*start, start.checked_add(step.checked_mul(last)?)?], made)
            }
            Recipe::Integer { law, .. } => integers([law.low(), law.high()], made),
            Recipe::UniqueInteger { from, domain, .. } => {
                integers([*from, from.checked_add_unsigned(domain.checked_sub(1)?)?], made)
            }
            Recipe::Decimal { law, .. } => {
                let Type::Numeric { precision, scale } = made else { return None };
                let values = Decimal128Array::from(vec![i128::from(law.low()), i128::from(law.high())]);
                Some(Arc::new(values.with_precision_and_scale(*precision, *scale).ok()?))
            }
            Recipe::Real { law: RealLaw::Uniform(law), .. } => {
                Some(Arc::new(Float64Array::from(law.ends().to_vec())))
            }
            Recipe::Discrete { law: DiscreteLaw::Zipf(law), .. } => {
                integers([1, i64::try_from(law.ranks()).ok()?], made)
            }
            Recipe::Formula(formula) => match formula.expression.constant() {
                Some(value) => Some(value),
                None => {
                    let slot = formula.expression.passes_on()?;
                    self.ends_of(t, self.drafts[t].inputs.get(*formula.inputs.get(slot)?)?)
                }
            },
            Recipe::Parent { key } => self.ends_of(t, &self.drafts[t].inputs[*key]),
            Recipe::Reference(reference) => {
                self.ends(reference.target, self.done(reference.target, reference.shown).ok()?)
            }
            // No bounds, texts and times that a cast takes as they are, and what consists of several columns.
            Recipe::Group
            | Recipe::Template { .. }
            | Recipe::Uuid4 { .. }
            | Recipe::Uuid7 { .. }
            | Recipe::Real { .. }
            | Recipe::Discrete { .. }
            | Recipe::Boolean { .. }
            | Recipe::Switch { .. }
            | Recipe::Text { .. }
            | Recipe::Bytes { .. }
            | Recipe::Person { .. }
            | Recipe::Place { .. }
            | Recipe::Company { .. }
            | Recipe::Moment { .. }
            | Recipe::Date { .. }
            | Recipe::Json { .. }
            | Recipe::Array { .. }
            | Recipe::Count { .. } => None,
        }
    }

    fn ends_of(&self, t: usize, input: &Input) -> Option<ArrayRef> {
        let rows = i64::try_from(self.certain_rows(t)).ok().filter(|rows| *rows > 0);
        let siblings = match self.drafts[t].rows_settled()? {
            Source::Per { count: Count { min, .. }, .. } => i64::try_from(*min).ok().filter(|min| *min > 0),
            Source::Root { .. } => None,
        };
        match input {
            Input::Row => integers([1, rows?], &Type::BigInt),
            // Some family is there, and has as many children at least.
            Input::Ordinal => rows.and(integers([1, siblings?], &Type::BigInt)),
            Input::Siblings => rows.and(integers([siblings?, siblings?], &Type::BigInt)),
            Input::Column { .. } => {
                let (table, column) = self.column_at(t, input)?;
                self.ends(table, self.done(table, column).ok()?)
            }
            Input::Total { .. } => None,
        }
    }
}

fn integers(values: [i64; 2], ty: &Type) -> Option<ArrayRef> {
    let values: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
    cast(&values, &ty.arrow()).ok().filter(|cast| cast.null_count() == 0)
}

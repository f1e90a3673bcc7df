//! Count laws: how many children each parent has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::choose::literal_sql;
use super::reading::Address;
use super::{Ends, Formula, Prepared, Recipe, Shown, Texts};
use crate::error::{Fault, Span, ValueError};
use crate::model::resolve::Resolver;
use crate::model::{self, Column, Input};
use crate::rows::Frame;
use crate::scenario::{self, Node, Spec, Text};
use crate::text;
use crate::types::Type;

/// The most children of one parent when no `max:` says otherwise.
const MAX_COUNT: i64 = 1 << 40;

/// How many children a row has: the law's value times a factor, rounded half up, bounded.
#[derive(Debug)]
pub(crate) struct Count {
    /// The input that is the law's value; NULL counts as 0.
    base: usize,
    /// The factor; NULL counts as 0.
    times: Option<Formula>,
    /// The least count.
    min: u64,
    /// The greatest count.
    max: u64,
}

impl Prepared for Count {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let as_doubles = |array: &ArrayRef| {
            cast(array, &DataType::Float64)
                .expect("the resolver made sure of a number, and all numbers cast to doubles")
        };
        let times = self.times.as_ref().map(|times| times.values(frame, column)).transpose()?;
        let base = as_doubles(&frame.input(self.base)?);
        let base = base.as_primitive::<Float64Type>();
        let times = times.as_ref().map(as_doubles);
        let times = times.as_ref().map(|times| times.as_primitive::<Float64Type>());
        let value = |i: usize| {
            let value = if base.is_valid(i) { base.value(i) } else { 0.0 };
            let factor = times.map_or(1.0, |times| if times.is_valid(i) { times.value(i) } else { 0.0 });
            // The cast takes NaN and negative numbers to 0.
            let rounded = libm::floor(value * factor + 0.5) as u64;
            rounded.clamp(self.min, self.max).cast_signed()
        };
        Ok(Arc::new(Int64Array::from_iter_values((0..base.len()).map(value))))
    }

    fn explain(&self, shown: &Shown) -> String {
        let times = self.times.as_ref().map(|times| format!(" × {}", times.expression)).unwrap_or_default();
        let most = if self.max >= 1 << 40 { String::new() } else { format!(", at most {}", self.max) };
        let least = if self.min == 0 { String::new() } else { format!(", at least {}", self.min) };
        format!("round({}{times}){least}{most}", shown.input(self.base))
    }

    fn inputs(&self) -> Vec<usize> {
        self.times.iter().flat_map(|times| times.inputs.clone()).chain([self.base]).collect()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Unknown
    }

    fn bounds(&self) -> (f64, f64) {
        (self.min as f64, self.max as f64)
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        None
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Unknown
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<usize>> {
        None
    }

    fn is_independent(&self) -> bool {
        false
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

impl Resolver<'_> {
    /// The count law of table `t` over the rows of `parent`.
    pub(crate) fn count_law(
        &mut self,
        t: usize,
        parent: usize,
        spec: &Spec,
        times: Option<&Node>,
        min: Option<&Node>,
        max: Option<&Node>,
    ) -> Result<model::Count, Fault> {
        let least = min.map(|node| self.whole(node, "min", 0, MAX_COUNT)).transpose()?.unwrap_or(0);
        let most = max.map(|node| self.whole(node, "max", 0, MAX_COUNT)).transpose()?.unwrap_or(MAX_COUNT);
        if least > most {
            let span = max.map_or(spec.span, |node| node.span);
            return Err(Fault::at(span, format!("`min` {least} is above `max` {most}")));
        }
        let (least, most) = (least.unsigned_abs(), most.unsigned_abs());
        if spec.null.is_some() || spec.unique.is_some() {
            return Err(Fault::at(spec.span, "a count has no `null` and no `unique`"));
        }
        if let Some(ty) = &spec.sql_type {
            let fault = Fault::at(ty.span, "a count has no `type`");
            return Err(fault.hint("counts are whole numbers; leave it out"));
        }
        let table = self.drafts[t].name.text.clone();
        // No column has an empty name, so the count shares its words with none.
        let address = Address { seed: self.settings.seed, table: table.clone(), column: String::new() };
        let law = self.column_of(parent, format!("count of {table}"), false, spec, &address)?;
        if !law.ty.is_number() {
            return Err(Fault::at(spec.span, "`count`: expected a number").label(format!("found {}", law.ty)));
        }
        let times = times.map(|node| self.factor(parent, node)).transpose()?;
        let (low, high) = law.recipe.bounds();
        if high < 0.0 {
            return Err(Fault::at(spec.span, "`count`: always below 0"));
        }
        if let (Recipe::Formula(formula), None) = (&law.recipe, &times)
            && let Some(value) = formula.expression.constant()
        {
            // NULL counts as none.
            let low = if value.is_null(0) { 0.0 } else { low };
            if low < 0.0 || low > MAX_COUNT as f64 || low.is_nan() {
                return Err(Fault::at(spec.span, format!("`count`: expected 0 to {MAX_COUNT}"))
                    .label(format!("found {}", text::shown(&value, 0))));
            }
            let count = (libm::round(low) as u64).clamp(least, most);
            return Ok(model::Count { column: None, min: count, max: count });
        }
        let base = self.add_hidden(parent, law);
        let base = self.input(parent, Input::Column { hops: Vec::new(), column: base });
        // A factor makes the law's own bounds unknown; those of the scenario hold after it.
        let (min, max) = match times {
            None => (
                (libm::round(low.max(0.0)) as u64).clamp(least, most),
                (libm::round(high.min(MAX_COUNT as f64)) as u64).clamp(least, most),
            ),
            Some(_) => (least, most),
        };
        let column = self.add_hidden(
            parent,
            Column::hidden(
                format!("rows of {table}"),
                Type::BigInt,
                Count { base, times, min: least, max: most },
            ),
        );
        Ok(model::Count { column: Some(column), min, max })
    }

    /// A factor: an expression, or `{column: {value: factor, …}}`.
    fn factor(&mut self, parent: usize, node: &Node) -> Result<Formula, Fault> {
        let Some(entries) = node.map() else {
            let text = scenario::as_expression(node, "`times`")?;
            return self
                .formula_of(parent, &text, &Type::Double)
                .map_err(|fault| fault.hint("`times` is a factor, a number"));
        };
        let mut sql = String::new();
        for (column, factors) in entries {
            let factors =
                scenario::map_of(factors, &format!("`times` by `{}`", column.text), "a factor per value")?;
            let on = Text { text: column.text.clone(), span: column.span, exact: true };
            let ty = self.formula(parent, &on)?.expression.ty().clone();
            // The line ends what may be a comment.
            let mut case = format!("case ({}\n)", column.text);
            for (value, factor) in factors {
                let number = self.number(factor, "times")?;
                if number < 0.0 {
                    return Err(Fault::at(factor.span, "`times`: a factor cannot be negative"));
                }
                let literal = literal_sql(&ty, value)?;
                case += &format!(" when {literal} then cast('{number:?}' as double precision)");
            }
            let product = if sql.is_empty() { "" } else { " * " };
            sql += &format!("{product}{case} else 1 end");
        }
        let text = Text { text: sql, span: node.span, exact: false };
        self.formula_of(parent, &text, &Type::Double)
    }
}

/// Where a count law cannot promise what a reference needs.
pub(super) fn too_many(span: Span, needed: u64, there: u64, table: &str) -> Fault {
    let found = if needed >= MAX_COUNT.unsigned_abs() {
        "no upper bound".to_owned()
    } else {
        format!("up to {needed}")
    };
    Fault::at(span, format!("`distinct` needs at least as many rows of `{table}` as a parent has children"))
        .label(format!("children: {found}; rows of `{table}`: {there}"))
        .hint("bound the count with `max:`")
}

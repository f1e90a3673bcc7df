//! Count laws: how many children each parent has.

use super::Address;
use super::choice::literal_sql;
use crate::error::{Fault, Span};
use crate::model::arguments::shown;
use crate::model::resolve::Resolver;
use crate::model::{Column, Count, Formula, Input, Recipe};
use crate::scenario::{self, Node, Spec, Text};
use crate::types::Type;

/// The most children of one parent when no `max:` says otherwise.
const MAX_COUNT: i64 = 1 << 40;

impl Resolver<'_> {
    /// The count law of table `t` over the rows of `parent`.
    pub(in crate::model) fn count_law(
        &mut self,
        t: usize,
        parent: usize,
        spec: &Spec,
        times: Option<&Node>,
        min: Option<&Node>,
        max: Option<&Node>,
    ) -> Result<Count, Fault> {
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
        let (low, high) = bounds_of(&law.recipe);
        if high < 0.0 {
            return Err(Fault::at(spec.span, "`count`: always below 0"));
        }
        if let (Recipe::Formula(formula), None) = (&law.recipe, &times)
            && let Some(value) = formula.expression.constant()
        {
            if low < 0.0 || low > MAX_COUNT as f64 || low.is_nan() {
                return Err(Fault::at(spec.span, format!("`count`: expected 0 to {MAX_COUNT}"))
                    .label(format!("found {}", shown(&value))));
            }
            let count = (libm::round(low) as u64).clamp(least, most);
            return Ok(Count { column: None, min: count, max: count });
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
                Recipe::Count { base, times, min: least, max: most },
            ),
        );
        Ok(Count { column: Some(column), min, max })
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

/// What is known of a law's least and greatest value.
fn bounds_of(recipe: &Recipe) -> (f64, f64) {
    use crate::model::recipe::DiscreteLaw;
    match recipe {
        Recipe::Formula(formula) => match formula.expression.constant().and_then(|value| as_number(&value)) {
            Some(value) => (value, value),
            None => (0.0, f64::INFINITY),
        },
        Recipe::Integer { law, .. } => (law.low() as f64, law.high() as f64),
        Recipe::Real { bounds, .. } => (bounds.min.max(0.0), bounds.max),
        Recipe::Discrete { bounds, law, .. } => {
            let least = if matches!(law, DiscreteLaw::Zipf(_)) { 1 } else { 0 };
            let max = if bounds.max == i64::MAX { f64::INFINITY } else { bounds.max as f64 };
            // Counts are below 2^40, which doubles hold.
            (bounds.min.max(least) as f64, max)
        }
        Recipe::Choose { values, .. } => {
            let numbers: Vec<f64> =
                (0..values.0.len()).filter_map(|i| as_number(&values.0.slice(i, 1))).collect();
            (
                numbers.iter().copied().fold(f64::INFINITY, f64::min),
                numbers.iter().copied().fold(0.0, f64::max),
            )
        }
        _ => (0.0, f64::INFINITY),
    }
}

fn as_number(value: &arrow::array::ArrayRef) -> Option<f64> {
    use arrow::array::{Array, AsArray};
    let value = arrow::compute::cast(value, &arrow::datatypes::DataType::Float64).ok()?;
    value.is_valid(0).then(|| value.as_primitive::<arrow::datatypes::Float64Type>().value(0))
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

//! Where the rows of a table come from: what is written about their number.

use arrow::array::Array;

use super::resolve::Resolver;
use super::{Column, Count, Input, MAX_COUNT, MAX_ROWS, Source};
use crate::error::Fault;
use crate::generators::{self, Address, Formula, Recipe, literal_sql};
use crate::ids::TableId;
use crate::scenario::{self, Node, RowSource, Spec, Text};
use crate::text::shown;
use crate::types::Type;

impl Resolver<'_> {
    /// Reads how many rows a table has.
    pub(super) fn read_rows(&mut self, t: TableId) -> Result<Source, Fault> {
        let table = &self.scenario.tables[t];
        match &table.source {
            RowSource::Faulty => Err(Fault::reported()),
            RowSource::Literal(rows) => Ok(Source::Root { rows: rows.len() as u64 }),
            RowSource::Count { rows, scaled } => {
                let written = self.constants.whole(rows, "rows", 0, MAX_ROWS as i64)? as u64;
                let scale = if *scaled { self.settings.scale } else { 1.0 };
                if self.settings.check().is_err() {
                    // Noted with the settings.
                    return Err(Fault::reported());
                }
                let rows_scaled = libm::round(written as f64 * scale);
                if rows_scaled > MAX_ROWS as f64 {
                    let message = format!("{written} rows at scale {scale} are more than {MAX_ROWS}");
                    return Err(Fault::at(rows.span, message).hint("use a smaller `--scale`"));
                }
                // A scaled-down table keeps one row, so that references to it have somewhere to go.
                Ok(Source::Root { rows: (rows_scaled as u64).max(u64::from(written > 0)) })
            }
            RowSource::Per { count, times, min, max, .. } => {
                let Some(parent) = self.drafts[t].parent else { return Err(Fault::reported()) };
                self.rows_of(parent)?;
                let span = count.span;
                let count = self.count_law(t, parent, count, times.as_ref(), min.as_ref(), max.as_ref())?;
                let least = u128::from(self.least_rows(parent)?) * u128::from(count.min);
                if least > u128::from(MAX_ROWS) {
                    let message = format!("table `{}` would have more than {MAX_ROWS} rows", table.name.text);
                    return Err(Fault::at(span, message).label(format!("{least} or more")));
                }
                Ok(Source::Per { parent, count })
            }
            RowSource::Times { key, rule, .. } => {
                let Some(parent) = self.drafts[t].parent else { return Err(Fault::reported()) };
                self.rows_of(parent)?;
                let count = match key.text.as_str() {
                    "every" => self.every(t, parent, key, rule)?,
                    _ => self.rate(t, parent, key, rule)?,
                };
                Ok(Source::Per { parent, count })
            }
            RowSource::History { life, first, .. } => {
                let Some(parent) = self.drafts[t].parent else { return Err(Fault::reported()) };
                self.rows_of(parent)?;
                let count = self.history(t, parent, life, *first)?;
                Ok(Source::Per { parent, count })
            }
        }
    }

    /// The count law of a table that is already settled.
    pub(crate) fn count_of(&mut self, t: TableId) -> Result<Option<Count>, Fault> {
        Ok(match self.rows_of(t)? {
            Source::Per { count, .. } => Some(count),
            Source::Root { .. } => None,
        })
    }

    /// The least number of rows a table can have.
    pub(crate) fn least_rows(&mut self, t: TableId) -> Result<u64, Fault> {
        Ok(match self.rows_of(t)? {
            Source::Root { rows } => rows,
            Source::Per { parent, count } => self.least_rows(parent)?.saturating_mul(count.min),
        })
    }

    /// The count law of table `t` over the rows of `parent`.
    fn count_law(
        &mut self,
        t: TableId,
        parent: TableId,
        spec: &Spec,
        times: Option<&Node>,
        min: Option<&Node>,
        max: Option<&Node>,
    ) -> Result<Count, Fault> {
        let bound = |node: Option<&Node>, name: &str, otherwise: u64| match node {
            None => Ok(otherwise),
            Some(node) => self.constants.whole(node, name, 0, MAX_COUNT.cast_signed()).map(i64::unsigned_abs),
        };
        let (least, most) = (bound(min, "min", 0)?, bound(max, "max", MAX_COUNT)?);
        if least > most {
            let span = max.map_or(spec.span, |node| node.span);
            return Err(Fault::at(span, format!("`min` {least} is above `max` {most}")));
        }
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
                    .label(format!("found {}", shown(&value, 0))));
            }
            let count = (libm::round(low) as u64).clamp(least, most);
            return Ok(Count { column: None, min: count, max: count });
        }
        let base = self.drafts.add_hidden(parent, law);
        let base = self.drafts.input(parent, Input::Column { hops: Vec::new(), column: base });
        // A factor makes the law's own bounds unknown; those of the scenario hold after it.
        let (min, max) = match times {
            None => (
                (libm::round(low.max(0.0)) as u64).clamp(least, most),
                (libm::round(high.min(MAX_COUNT as f64)) as u64).clamp(least, most),
            ),
            Some(_) => (least, most),
        };
        let column = self.drafts.add_hidden(
            parent,
            Column::hidden(
                format!("rows of {table}"),
                Type::BigInt,
                generators::Count { base, times, min: least, max: most },
            ),
        );
        Ok(Count { column: Some(column), min, max })
    }

    /// A factor: an expression, or `{column: {value: factor, …}}`.
    fn factor(&mut self, parent: TableId, node: &Node) -> Result<Formula, Fault> {
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
                let number = self.constants.number(factor, "times")?;
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

//! Time: instants and dates between bounds.

use super::{Address, Made};
use crate::error::Fault;
use crate::model::arguments::Arguments;
use crate::model::recipe::Growth;
use crate::model::resolve::Resolver;
use crate::model::{Formula, Input, Recipe};
use crate::scenario::Node;
use crate::types::Type;

/// Mean lengths in microseconds, as the Gregorian calendar's 400 years have them.
const YEAR: f64 = 365.2425 * 86_400e6;

impl Resolver<'_> {
    pub(super) fn time_generator(
        &mut self,
        t: usize,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        let stream = address.stream(name, "value");
        let ty = if name == "date" { Type::Date } else { Type::Instant };
        let from = self.time_bound(t, arguments, "from", &ty)?;
        let to = self.time_bound(t, arguments, "to", &ty)?;
        let nullable = from.expression.nullable() || to.expression.nullable();
        if let (Some(a), Some(b)) = (from.expression.constant(), to.expression.constant()) {
            let after = arrow::compute::kernels::cmp::gt(&a, &b).is_ok_and(|after| after.value(0));
            if after {
                let (from, to) = (arguments.required("from")?, arguments.required("to")?);
                return Err(Fault::at(to.span, "`to` is before `from`").label(format!(
                    "from {} to {}",
                    from.describe(),
                    to.describe()
                )));
            }
        }
        if name == "date" {
            return Ok(Made { nullable, ..Made::new(Recipe::Date { stream, from, to }, ty) });
        }
        let growth = arguments
            .get("growth")
            .map(|node| self.growth(node))
            .transpose()?
            .unwrap_or(Growth { rate: 0.0 });
        let stratum = match arguments.word("order")? {
            None => None,
            Some(key) if key.text == "within parent" => {
                if self.count_of(t)?.is_none() {
                    let table = &self.drafts[t].name.text;
                    return Err(Fault::at(key.span, format!("the rows of `{table}` have no parent"))
                        .hint("leave `order` out"));
                }
                Some((self.input(t, Input::Ordinal), self.input(t, Input::Siblings)))
            }
            Some(key) => {
                return Err(Fault::at(key.span, "`order`: expected `within parent`")
                    .label(format!("found `{}`", key.text)));
            }
        };
        let precision = match arguments.word("precision")? {
            None => 1,
            Some(key) => match key.text.as_str() {
                "second" => 1_000_000,
                "millisecond" => 1_000,
                "microsecond" => 1,
                other => {
                    return Err(Fault::at(
                        key.span,
                        "`precision`: expected `second`, `millisecond` or `microsecond`",
                    )
                    .label(format!("found `{other}`")));
                }
            },
        };
        Ok(Made {
            nullable,
            ..Made::new(Recipe::Moment { stream, from, to, growth, stratum, precision }, ty)
        })
    }

    fn time_bound(
        &mut self,
        t: usize,
        arguments: &Arguments,
        name: &str,
        ty: &Type,
    ) -> Result<Formula, Fault> {
        let mut text = arguments.expression(name)?.ok_or_else(Fault::reported)?;
        // A plain date or instant needs no quotes.
        let plain = text.text.trim();
        if plain.starts_with(|c: char| c.is_ascii_digit()) {
            // What begins with a year and a hyphen would otherwise be read as a subtraction.
            let dated = plain.find('-') == Some(4) && plain[..4].bytes().all(|byte| byte.is_ascii_digit());
            match crate::model::arguments::constant_instant(plain) {
                Ok(_) => {
                    text.text =
                        format!("{} '{plain}'", if *ty == Type::Date { "date" } else { "timestamptz" });
                    text.exact = false;
                }
                Err(message) if dated => return Err(Fault::at(text.span, format!("`{name}`: {message}"))),
                Err(_) => {}
            }
        }
        let formula = self.formula(t, &text)?;
        // A date bounds an instant by its midnight in UTC, an instant bounds a date by its day in UTC.
        let wanted = match (formula.expression.ty(), ty) {
            (Type::Instant | Type::Timestamp, Type::Date) => {
                text.text = format!("cast(({}) as date)", text.text);
                text.exact = false;
                return self.formula_of(t, &text, ty);
            }
            _ => ty,
        };
        let expression = formula.expression.cast_to(wanted, text.span)?;
        Ok(Formula { expression, inputs: formula.inputs })
    }

    /// `6% per month`, or a share per month.
    fn growth(&self, node: &Node) -> Result<Growth, Fault> {
        let expected = || {
            Fault::at(node.span, "`growth`: expected a share per time, such as `6% per month`")
                .label(format!("found {}", node.describe()))
                .hint("the units are day, week, month and year")
        };
        let text = node.scalar().ok_or_else(expected)?.text.trim();
        let (share, unit) = text.split_once(" per ").ok_or_else(expected)?;
        let share: f64 =
            share.trim().strip_suffix('%').and_then(|s| s.trim().parse().ok()).ok_or_else(expected)?;
        let micros = match unit.trim() {
            "day" => 86_400e6,
            "week" => 7.0 * 86_400e6,
            "month" => YEAR / 12.0,
            "year" => YEAR,
            _ => return Err(expected()),
        };
        if !(share > -100.0 && share <= 10_000.0) {
            return Err(Fault::at(node.span, "`growth`: expected more than -100% and at most 10000%")
                .label(format!("found {share}%")));
        }
        Ok(Growth { rate: libm::log1p(share / 100.0) / micros })
    }
}

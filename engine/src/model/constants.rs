//! Constants: parameters, `as_of`, `since` and numbers of rows, and what can be read with nothing else: numbers, shares, lengths,
//! weights.

use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
use sqlparser::ast;

use super::arguments::{Length, Weights};
use super::number::{Misfit, Number, Value};
use super::parameters::{Parameter, parameter_values};
use super::{Param, Settings};
use crate::calendar::text::{Moment, parse_timestamp};
use crate::error::{Fault, Faults, MOST_GUESSES, Span, did_you_mean, listed};
use crate::expression::{Expression, Name, Operand, Position, Scope, Source, Total};
use crate::ids::TableId;
use crate::scenario::{self, Key, Node, Scenario};
use crate::text;
use crate::types::Type;

/// 2026-01-01T00:00:00Z: fixed, so that a scenario without `as_of` gives the same data forever.
const DEFAULT_AS_OF: i64 = 1_767_225_600_000_000;

/// What does not depend on rows.
pub(crate) struct Constants {
    params: Vec<Parameter>,
    /// The names of all parameters, also of those that are wrong.
    param_names: Vec<String>,
    /// The dataset's "now", microseconds since 1970-01-01T00:00:00Z.
    pub(crate) as_of: i64,
    /// The start of its history.
    pub(crate) since: Option<i64>,
    /// The names of all tables, and how many rows they have, where that is settled and needs no counting.
    rows: Vec<(String, Option<u64>)>,
    /// How many names have been guessed at.
    guesses: Cell<usize>,
}

impl Constants {
    /// Parameters and instants as the settings or else the scenario give them; no number of rows is known.
    pub(super) fn new(scenario: &Scenario, settings: &Settings, faults: &mut Faults) -> Self {
        let mut constants = Self {
            params: parameter_values(scenario, settings, faults),
            param_names: scenario.params.iter().map(|param| param.name.text.clone()).collect(),
            as_of: DEFAULT_AS_OF,
            since: None,
            rows: scenario.tables.iter().map(|table| (table.name.text.clone(), None)).collect(),
            guesses: Cell::new(0),
        };
        constants.read_times(scenario, settings, faults);
        constants
    }

    fn read_times(&mut self, scenario: &Scenario, settings: &Settings, faults: &mut Faults) {
        let as_of = match (&settings.as_of, &scenario.as_of) {
            (Some(text), _) => constant_instant(text).map_err(|message| {
                Fault::setting(format!("`as_of`: {message}"))
                    .hint("write a date or an instant, as in 2026-04-13T00:00:00Z")
            }),
            (None, Some(node)) => instant_of(node, "as_of"),
            (None, None) => Ok(DEFAULT_AS_OF),
        };
        let as_of = faults.keep(as_of);
        self.as_of = as_of.unwrap_or(DEFAULT_AS_OF);
        let Some(node) = &scenario.since else { return };
        self.since = faults.keep(instant_of(node, "since"));
        if as_of.zip(self.since).is_some_and(|(as_of, since)| since > as_of) {
            let fault = Fault::at(node.span, "`since` is after `as_of`");
            faults.push(fault.hint("history runs from `since` to `as_of`"));
        }
    }

    /// The parameters, for those who look at a plan.
    pub(super) fn params(&self) -> Vec<Param> {
        let shown = |param: &Parameter| Param {
            name: param.name.clone(),
            value: text::shown(&param.value, 0),
            ty: param.ty.clone(),
        };
        self.params.iter().map(shown).collect()
    }

    /// Notes how many rows a table has.
    pub(super) fn set_rows(&mut self, table: TableId, rows: Option<u64>) {
        self.rows[table.index()].1 = rows;
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &Name) -> Result<Operand, Fault> {
        if let Some(param) = self.params.iter().find(|param| param.name == name.text) {
            return Ok(Operand::Constant(param.value.clone(), param.ty.clone()));
        }
        if self.param_names.contains(&name.text) {
            return Err(Fault::reported());
        }
        Err(Fault::at(name.span, format!("unknown parameter `${}`", name.text))
            .hint("define it under `params:`")
            .maybe_hint(self.guess(&name.text, self.param_names.iter().map(String::as_str))))
    }

    /// How many rows a table has, when its rows need no counting.
    pub(super) fn rows_of(&self, table: &Name) -> Result<Operand, Fault> {
        match self.rows.iter().find(|(name, _)| *name == table.text) {
            Some((_, Some(rows))) => {
                let rows: ArrayRef = Arc::new(Int64Array::from(vec![rows.cast_signed()]));
                Ok(Operand::Constant(rows, Type::BigInt))
            }
            Some((_, None)) => {
                let message = format!("the number of rows of `{}` is not known here", table.text);
                Err(Fault::at(table.span, message).hint(
                    "it is known of tables with `rows:`, written above, and of children whose `count:` is a constant",
                ))
            }
            None => {
                let known: Vec<&str> = self.rows.iter().map(|(name, _)| name.as_str()).collect();
                let fault = Fault::at(table.span, format!("unknown table `{}`", table.text))
                    .hint(format!("the tables are: {}", listed(&known)));
                Err(fault.maybe_hint(self.guess(&table.text, known.into_iter())))
            }
        }
    }

    /// What a wrong name may have been meant to be. After many wrong names it is left open: a thousand of them among a thousand
    /// right ones would take long.
    fn guess<'n>(&self, wrong: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
        self.guesses.set(self.guesses.get() + 1);
        if self.guesses.get() > MOST_GUESSES { None } else { did_you_mean(wrong, known) }
    }
}

impl Constants {
    /// A constant expression: numbers, parameters, arithmetic on them.
    pub(crate) fn constant(&self, node: &Node, what: &str) -> Result<(ArrayRef, Type), Fault> {
        let text = scenario::as_expression(node, &format!("`{what}`"))?;
        let source = Source { text: &text.text, span: text.span, exact: text.exact };
        let expression = Expression::compile(&source, &mut ConstantScope { constants: self })?;
        let value = expression
            .constant()
            .ok_or_else(|| Fault::at(node.span, format!("`{what}`: expected a constant")))?;
        Ok((value, expression.ty().clone()))
    }

    /// A number: as it is written, as the parameter named has it, or as an expression of these gives it.
    fn value(&self, node: &Node, what: &str) -> Result<Value, Fault> {
        let expected = || {
            Fault::at(node.span, format!("`{what}`: expected a number"))
                .label(format!("found {}", node.describe()))
        };
        let text = scenario::as_expression(node, what).map_err(|_| {
            expected().hint("numbers, parameters such as `$tenants` and arithmetic on them can stand here")
        })?;
        let text = text.text.trim();
        if let Some(number) = Number::read(text) {
            return Ok(Value::Exact(number));
        }
        if node.scalar().is_none_or(|s| s.text.chars().all(|c| c.is_alphabetic() || c.is_whitespace())) {
            return Err(expected()
                .hint("numbers, parameters such as `$tenants` and arithmetic on them can stand here"));
        }
        // A parameter alone is the number that was written, also where expressions see a double.
        let named = text.strip_prefix('$').and_then(|name| self.params.iter().find(|p| p.name == name));
        if let Some(number) = named.and_then(|param| param.number.clone()) {
            return Ok(Value::Exact(number));
        }
        let (value, ty) = self.constant(node, what)?;
        Value::of(&value, &ty).ok_or_else(expected)
    }

    /// A number with all its digits.
    pub(crate) fn exact(&self, node: &Node, what: &str) -> Result<Number, Fault> {
        match self.value(node, what)? {
            Value::Exact(number) => Ok(number),
            Value::Double(value) => Number::of_double(value).ok_or_else(|| {
                Fault::at(node.span, format!("`{what}`: expected an exact number"))
                    .label(format!("found the double precision number {value:e}"))
                    .hint("convert it, as in `cast(power(2, 60) as bigint)`")
            }),
        }
    }

    /// A finite number, as the nearest double.
    pub(crate) fn number(&self, node: &Node, what: &str) -> Result<f64, Fault> {
        let value = self.value(node, what)?.double();
        if value.is_finite() {
            return Ok(value);
        }
        Err(Fault::at(node.span, format!("`{what}`: expected a number"))
            .label(format!("found {}", node.describe())))
    }

    /// A whole number from `least` to `greatest`.
    pub(crate) fn whole(&self, node: &Node, what: &str, least: i64, greatest: i64) -> Result<i64, Fault> {
        let number = self.exact(node, what)?;
        let fits = match number.at_scale(0) {
            Err(Misfit::Fraction) => {
                return Err(Fault::at(node.span, format!("`{what}`: expected a whole number"))
                    .label(format!("found {}", node.describe())));
            }
            Err(Misfit::Long) => None,
            Ok(value) => i64::try_from(value).ok(),
        };
        match fits {
            Some(value) if (least..=greatest).contains(&value) => Ok(value),
            Some(value) => Err(beyond(node, what, value < least, least, greatest, &value.to_string())),
            None => Err(beyond(node, what, number.is_negative(), least, greatest, &node.describe())),
        }
    }

    /// A share: `5%` or `0.05`, from 0 to 1.
    pub(crate) fn share(&self, node: &Node, what: &str) -> Result<f64, Fault> {
        let percent = node.scalar().and_then(|s| s.text.trim().strip_suffix('%')).and_then(Number::read);
        let value = match percent {
            Some(percent) => percent.double() / 100.0,
            None => self.number(node, what)?,
        };
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(Fault::at(node.span, format!("`{what}`: expected a share from 0% to 100%"))
            .label(format!("found {}", node.describe()))
            .hint("write `5%` or `0.05`"))
    }

    /// A length: a number, or `{from, to}`.
    pub(crate) fn length(&self, node: &Node, what: &str, greatest: i64) -> Result<Length, Fault> {
        let (from, to) = match node.map() {
            None => {
                let length = self.whole(node, what, 0, greatest)?;
                (length, length)
            }
            Some(entries) => {
                let mut faults = Faults::default();
                scenario::unknown_keys(entries, &["from", "to"], &format!("`{what}`"), &mut faults);
                if let Some(fault) = faults.0.into_iter().next() {
                    return Err(fault);
                }
                let bound = |name: &str| {
                    let found = node.get(name).ok_or_else(|| {
                        Fault::at(node.span, format!("`{what}`: expected a number or `{{from, to}}`"))
                    });
                    self.whole(found?, name, 0, greatest)
                };
                (bound("from")?, bound("to")?)
            }
        };
        if from > to {
            return Err(Fault::at(node.span, format!("`{what}`: `from` {from} is above `to` {to}")));
        }
        Ok(Length { from: from.unsigned_abs(), to: to.unsigned_abs() })
    }

    /// A list (weights 1) or a map from values to weights; the span is that of each value.
    pub(crate) fn weights(&self, node: &Node, what: &str) -> Result<Weights, Fault> {
        let expected = || {
            Fault::at(node.span, format!("`{what}`: expected a list, or a map from values to weights"))
                .label(format!("found {}", node.describe()))
        };
        if let Some(entries) = node.map() {
            let mut weights = Vec::new();
            for (key, weight) in entries {
                if !key.quoted && matches!(key.text.as_str(), "null" | "Null" | "NULL" | "~") {
                    return Err(null_among_values(key.span, what));
                }
                let percent =
                    weight.scalar().and_then(|s| s.text.trim().strip_suffix('%')).and_then(Number::read);
                weights.push(match percent {
                    Some(percent) => percent.double(),
                    None => self.number(weight, what)?,
                });
                if weights.last().is_some_and(|w| *w < 0.0) {
                    return Err(Fault::at(weight.span, format!("`{what}`: a weight cannot be negative"))
                        .label(format!("found {}", weight.describe())));
                }
            }
            if weights.is_empty() {
                return Err(expected());
            }
            if weights.iter().all(|w| *w == 0.0) {
                return Err(Fault::at(node.span, format!("`{what}`: all weights are 0")));
            }
            let keys = entries.iter().map(|(key, _)| key.clone()).collect();
            let quoted = entries.iter().map(|(key, _)| key.quoted).collect();
            return Ok((keys, quoted, Some(weights)));
        }
        let items = node.list().filter(|items| !items.is_empty()).ok_or_else(expected)?;
        let mut keys = Vec::new();
        let mut quoted = Vec::new();
        for item in items {
            if item.is_null() {
                return Err(null_among_values(item.span, what));
            }
            let scalar = item.scalar().ok_or_else(|| {
                Fault::at(item.span, format!("`{what}`: expected a plain value"))
                    .label(format!("found {}", item.describe()))
            })?;
            keys.push(Key { text: scalar.text.clone(), span: item.span, quoted: scalar.quoted });
            quoted.push(scalar.quoted);
        }
        Ok((keys, quoted, None))
    }
}

/// A scope that knows only parameters, `as_of` and `since`: for counts, bounds and weights.
pub(crate) struct ConstantScope<'c> {
    pub(super) constants: &'c Constants,
}

impl Scope for ConstantScope<'_> {
    fn name(&mut self, path: &[Name]) -> Result<Operand, Fault> {
        match path {
            [name] if name.text == "as_of" => Ok(instant(self.constants.as_of)),
            [name] if name.text == "since" && self.constants.since.is_some() => {
                Ok(instant(self.constants.since.unwrap_or_default()))
            }
            _ => Err(Fault::at(path[0].span, format!("expected a constant, found `{}`", path[0].text))
                .hint("only numbers and parameters such as `$tenants` can stand here")),
        }
    }

    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault> {
        self.constants.parameter(name)
    }

    fn position(&mut self, _: Position, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "expected a constant"))
    }

    fn rows(&mut self, table: &Name) -> Result<Operand, Fault> {
        self.constants.rows_of(table)
    }

    fn total(&mut self, _: Total, _: Option<&ast::Expr>, _: &Source, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "expected a constant"))
    }
}

/// An instant as a constant.
pub(super) fn instant(micros: i64) -> Operand {
    let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("UTC"));
    Operand::Constant(array, Type::Instant)
}

/// An instant written as a date (midnight UTC) or as ISO 8601; a wall clock without an offset is read as UTC.
pub(crate) fn constant_instant(text: &str) -> Result<i64, String> {
    match parse_timestamp(text) {
        Ok(Moment::Instant(micros) | Moment::Wall(micros)) => Ok(micros),
        Err(error) => Err(error.to_string()),
    }
}

fn instant_of(node: &Node, what: &str) -> Result<i64, Fault> {
    let Some(text) = node.scalar().filter(|_| !node.is_null()).map(|scalar| scalar.text.clone()) else {
        let fault = Fault::at(node.span, format!("`{what}`: expected a date or an instant"));
        return Err(fault
            .label(format!("found {}", node.describe()))
            .hint("write it as in 2026-04-13T00:00:00Z"));
    };
    constant_instant(&text).map_err(|message| {
        Fault::at(node.span, format!("`{what}`: {message}"))
            .hint("write a date or an instant, as in 2026-04-13T00:00:00Z")
    })
}

fn beyond(node: &Node, what: &str, below: bool, least: i64, greatest: i64, found: &str) -> Fault {
    let bound = if below { format!("at least {least}") } else { format!("at most {greatest}") };
    Fault::at(node.span, format!("`{what}`: expected {bound}")).label(format!("found {found}"))
}

fn null_among_values(span: Span, what: &str) -> Fault {
    Fault::at(span, format!("`{what}`: NULL is no value"))
        .hint("`null: 10%` beside it makes a share of the rows NULL; a text `null` stands in quotes")
}

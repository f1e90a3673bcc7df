//! `moment`: instants between two bounds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray, make_comparator};
use arrow::buffer::NullBuffer;
use arrow::compute::SortOptions;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::constants::constant_instant;
use crate::model::{Column, Input};
use crate::random::{Stream, unit};
use crate::rows::{Frame, nulls_of};
use crate::scenario::{Node, Text};
use crate::together::Together;
use crate::types::Type;

pub(super) const MOMENT: GeneratorDoc = GeneratorDoc {
    name: "moment",
    version: 1,
    family: "time",
    summary: "An instant between two bounds, to the microsecond.",
    arguments: &[
        required("from", Kind::Expression, "the earliest instant"),
        required(
            "to",
            Kind::Expression,
            "the latest instant; when it is before `from`, every value is `from`",
        ),
        optional(
            "growth",
            Kind::Any,
            "how the rate grows: `6% per month` (or day, week, year); default even",
        ),
        optional("order", Kind::Word, "`within parent`: rises from one child of a parent to the next"),
        optional("precision", Kind::Word, "`second`, `millisecond` or `microsecond` (default)"),
    ],
    short: None,
    group: false,
    example: "seen_at: {moment: {from: since, to: as_of, growth: 4% per month}}",
    read,
};

/// Instants between two bounds. With a growth rate *g* the density at *t* is proportional to e^(*g t*), and
/// its distribution function is inverted: `t = ln(1 + u × (e^(g L) − 1)) / g` for a span of length *L*.
///
/// With a stratum (k of n) the unit interval is cut into n parts, and *u* falls into the k-th.
#[derive(Debug)]
pub(crate) struct Moment {
    /// Random words, one a row.
    stream: Stream,
    /// The earliest instant.
    from: Formula,
    /// The latest instant.
    to: Formula,
    /// How the rate grows.
    growth: Growth,
    /// Inputs `ordinal` and `siblings` when moments rise within the parent.
    stratum: Option<(InputId, InputId)>,
    /// The precision in microseconds: 1, 1000 or 1000000.
    precision: i64,
}

/// How a rate grows: by `e^(rate × t)`, t in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Growth {
    /// The exponent per microsecond; 0 for even.
    rate: f64,
}

/// The mean length of a year in microseconds, as the Gregorian calendar's 400 years have it.
const YEAR: f64 = 365.2425 * 86_400e6;

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let bounds = bounds(reading, &Type::Instant);
    let growth = reading.arguments.get("growth").map_or(Ok(Growth { rate: 0.0 }), growth_of);
    let ((from, to, nullable), growth, stratum, precision) =
        (bounds, growth, stratum_of(reading), precision_of(reading)).together()?;
    let stream = reading.stream("value");
    let recipe = Moment { stream, from, to, growth, stratum, precision };
    Ok(Made { nullable, ..Made::new(recipe, Type::Instant) })
}

/// The inputs that `order: within parent` reads.
fn stratum_of(reading: &mut Reading) -> Result<Option<(InputId, InputId)>, Fault> {
    let Some(key) = reading.arguments.word("order")? else { return Ok(None) };
    if key.text != "within parent" {
        return Err(
            Fault::at(key.span, "`order`: expected `within parent`").label(format!("found `{}`", key.text))
        );
    }
    let (t, resolver) = (reading.table, &mut *reading.resolver);
    if resolver.count_of(t)?.is_none() {
        let table = &resolver.drafts()[t].name.text;
        return Err(
            Fault::at(key.span, format!("the rows of `{table}` have no parent")).hint("leave `order` out")
        );
    }
    Ok(Some((resolver.input(t, Input::Ordinal), resolver.input(t, Input::Siblings))))
}

/// The precision in microseconds.
fn precision_of(reading: &Reading) -> Result<i64, Fault> {
    let Some(key) = reading.arguments.word("precision")? else { return Ok(1) };
    match key.text.as_str() {
        "second" => Ok(1_000_000),
        "millisecond" => Ok(1_000),
        "microsecond" => Ok(1),
        other => {
            let message = "`precision`: expected `second`, `millisecond` or `microsecond`";
            Err(Fault::at(key.span, message).label(format!("found `{other}`")))
        }
    }
}

/// `from` and `to`, and whether one of them can be NULL.
pub(super) fn bounds(reading: &mut Reading, ty: &Type) -> Result<(Formula, Formula, bool), Fault> {
    let (from, to) = (bound(reading, "from", ty), bound(reading, "to", ty)).together()?;
    if let (Some(a), Some(b)) = (from.expression.constant(), to.expression.constant()) {
        let compare = make_comparator(&a, &b, SortOptions::default());
        if a.is_valid(0) && b.is_valid(0) && compare.is_ok_and(|compare| compare(0, 0).is_gt()) {
            let (from, to) = (reading.required("from")?, reading.required("to")?);
            let found = format!("from {} to {}", from.describe(), to.describe());
            return Err(Fault::at(to.span, "`to` is before `from`").label(found));
        }
    }
    let nullable = from.expression.nullable() || to.expression.nullable();
    Ok((from, to, nullable))
}

fn bound(reading: &mut Reading, name: &str, ty: &Type) -> Result<Formula, Fault> {
    let (t, resolver) = (reading.table, &mut *reading.resolver);
    let mut text = reading.arguments.expression(name)?.ok_or_else(Fault::reported)?;
    plain_moment(&mut text, name, ty)?;
    let formula = resolver.formula(t, &text)?;
    // A date bounds an instant by its midnight in UTC, an instant bounds a date by its day in UTC.
    let wanted = match (formula.expression.ty(), ty) {
        (Type::Instant | Type::Timestamp, Type::Date) => {
            text.text = format!("cast(({}) as date)", text.text);
            text.exact = false;
            return resolver.formula_of(t, &text, ty);
        }
        _ => ty,
    };
    let expression = formula.expression.cast_to(wanted, text.span)?;
    Ok(Formula { expression, inputs: formula.inputs })
}

/// Makes an expression of a plain date or instant, which needs no quotes in an argument; others stay as they are.
pub(crate) fn plain_moment(text: &mut Text, name: &str, ty: &Type) -> Result<(), Fault> {
    let plain = text.text.trim();
    if !plain.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    // What begins with a year and a hyphen would otherwise be read as a subtraction.
    let year = plain.split('-').next().unwrap_or_default();
    let dated = (4..=6).contains(&year.len())
        && year.len() < plain.len()
        && year.bytes().all(|byte| byte.is_ascii_digit());
    match constant_instant(plain) {
        Ok(_) => {
            text.text = format!("{} '{plain}'", if *ty == Type::Date { "date" } else { "timestamptz" });
            text.exact = false;
        }
        Err(message) if dated => return Err(Fault::at(text.span, format!("`{name}`: {message}"))),
        Err(_) => {}
    }
    Ok(())
}

/// `6% per month`, or a share per month.
fn growth_of(node: &Node) -> Result<Growth, Fault> {
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

impl Prepared for Moment {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let (from, to) = (self.from.values(frame, column)?, self.to.values(frame, column)?);
        let stratum = match self.stratum {
            Some((ordinal, siblings)) => Some((frame.input(ordinal)?, frame.input(siblings)?)),
            None => None,
        };
        let words = frame.words(&self.stream, 1);
        let nulls = NullBuffer::union(nulls_of(&from).as_ref(), nulls_of(&to).as_ref());
        let from = from.as_primitive::<TimestampMicrosecondType>().values();
        let to = to.as_primitive::<TimestampMicrosecondType>().values();
        let mut share: Vec<f64> = words.iter().map(|word| unit(*word)).collect();
        if let Some((ordinal, siblings)) = &stratum {
            let ordinal = ordinal.as_primitive::<Int64Type>().values();
            let siblings = siblings.as_primitive::<Int64Type>().values();
            for (i, share) in share.iter_mut().enumerate() {
                *share = ((ordinal[i] - 1) as f64 + *share) / siblings[i] as f64;
            }
        }
        let mut law = self.growth.prepared();
        let instants = share.iter().zip(from.iter().zip(to));
        let values: Vec<i64> = instants
            .map(|(share, (&from, &to))| {
                let span = to.saturating_sub(from).max(0);
                // Both bounds are included, and rounding must not step over them.
                let micros = from + (law(*share, span as f64) as i64).clamp(0, span);
                rounded(micros, from, to, self.precision)
            })
            .collect();
        Ok(Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC")))
    }

    fn explain(&self, _: &Shown) -> String {
        let growth = if self.growth.rate == 0.0 {
            String::new()
        } else {
            let month = libm::expm1(self.growth.rate * 365.2425 / 12.0 * 86_400e6) * 100.0;
            format!(", growing {month:.2}% per month")
        };
        let order = if self.stratum.is_some() { ", rising within the parent" } else { "" };
        format!("an instant from {} to {}{growth}{order}", self.from.expression, self.to.expression)
    }

    fn inputs(&self) -> Vec<InputId> {
        let stratum = self.stratum.iter().flat_map(|(ordinal, siblings)| [*ordinal, *siblings]);
        self.from.inputs.iter().chain(&self.to.inputs).copied().chain(stratum).collect()
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        self.stratum.map(|_| self.from.inputs.iter().chain(&self.to.inputs).copied().collect())
    }

    fn is_independent(&self) -> bool {
        self.stratum.is_none() && self.from.is_independent() && self.to.is_independent()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, serial);
}

impl Growth {
    /// What has passed of a span when a share of all events has.
    fn prepared(self) -> impl FnMut(f64, f64) -> f64 {
        // Siblings mostly share their bounds, and with them the growth over the whole span.
        let (mut known, mut grown) = (0.0, 0.0);
        move |share, length| {
            if self.rate == 0.0 {
                return share * length;
            }
            if length != known {
                (known, grown) = (length, libm::expm1(self.rate * length));
            }
            if grown.is_finite() {
                libm::log1p(share * grown) / self.rate
            } else {
                // The same, divided by e^(g L), which is too large a number.
                let shrunk = libm::exp(-self.rate * length);
                length + libm::log(share + (1.0 - share) * shrunk) / self.rate
            }
        }
    }
}

/// An instant in whole units, between the bounds.
fn rounded(micros: i64, from: i64, to: i64, precision: i64) -> i64 {
    if precision == 1 {
        return micros;
    }
    let whole = micros.div_euclid(precision).wrapping_mul(precision);
    // The first unit begins before `from` where that is no whole one: its instants are the next whole one then.
    let next = whole.saturating_add(precision);
    match whole < from {
        false => whole,
        true if next <= to => next,
        // No whole unit lies between the bounds.
        true => from,
    }
}

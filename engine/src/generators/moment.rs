//! `moment`: instants between two bounds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray, make_comparator};
use arrow::buffer::NullBuffer;
use arrow::compute::SortOptions;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::covered::{Covered, During, EachCovered};
use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::growth::{self, Growth};
use super::local::{self, Local};
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::constants::constant_instant;
use crate::model::{Column, Input};
use crate::random::{Stream, unit};
use crate::rows::{Frame, nulls_of};
use crate::scenario::Text;
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
        local::HOURS,
        local::WEEKDAYS,
        local::SEASON,
        local::ZONE,
        optional(
            "during",
            Kind::Expression,
            "only during some states of a lifecycle, as in `subscriptions.life in (active)`; NULL where there is no such time",
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
    /// The local hours, weekdays and months, when they are not all alike. Recipes are moved about while columns are settled one in
    /// the other, so large parts stand elsewhere.
    local: Option<Box<Local>>,
    /// The states of a lifecycle during which it can be.
    during: Option<Box<During>>,
    /// Inputs `ordinal` and `siblings` when moments rise within the parent.
    stratum: Option<(InputId, InputId)>,
    /// The precision in microseconds: 1, 1000 or 1000000.
    precision: i64,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let bounds = bounds(reading, &Type::Instant);
    let growth = reading.arguments.get("growth").map_or(Ok(growth::EVEN), Growth::read);
    let (t, arguments) = (reading.table, reading.arguments);
    let local = Local::read(reading.resolver, t, arguments);
    let during = During::read(reading.resolver, t, arguments);
    let ((from, to, nullable), growth, stratum, precision) =
        (bounds, growth, stratum_of(reading), precision_of(reading)).together()?;
    let (local, during) = (local, during).together()?;
    let stream = reading.stream("value");
    let nullable =
        nullable || during.is_some() || local.as_ref().is_some_and(|local| local.zone.expression.nullable());
    let (local, during) = (local.map(Box::new), during.map(Box::new));
    let recipe = Moment { stream, from, to, growth, local, during, stratum, precision };
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
        if self.local.is_some() || self.during.is_some() {
            return self.covered(frame, column, &share, [from, to], nulls);
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

    fn explain(&self, shown: &Shown) -> String {
        let growth = self.growth.told();
        let local = self.local.as_ref().map(|local| format!(", at local hours of {}", local.zone.expression));
        let during = self
            .during
            .as_ref()
            .map(|during| format!(", during {}", shown.states(during.path, &during.states)));
        let when = [local, during].into_iter().flatten().collect::<String>();
        let order = if self.stratum.is_some() { ", rising within the parent" } else { "" };
        format!("an instant from {} to {}{growth}{when}{order}", self.from.expression, self.to.expression)
    }

    fn inputs(&self) -> Vec<InputId> {
        let stratum = self.stratum.iter().flat_map(|(ordinal, siblings)| [*ordinal, *siblings]);
        self.bounded_by().chain(stratum).collect()
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        self.stratum.map(|_| self.bounded_by().collect())
    }

    fn is_independent(&self) -> bool {
        let zone = self.local.as_ref().is_none_or(|local| local.zone.is_independent());
        let open = self.stratum.is_none() && self.during.is_none();
        open && zone && self.from.is_independent() && self.to.is_independent()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, serial);
}

impl Moment {
    /// What it is never after: the later one of these, because it is `from` where `to` is before that.
    pub(super) fn bounds_of_time(&self) -> [&Formula; 2] {
        [&self.from, &self.to]
    }

    /// The inputs that decide among which instants it is.
    fn bounded_by(&self) -> impl Iterator<Item = InputId> {
        let zone = self.local.iter().flat_map(|local| &local.zone.inputs);
        let during = self.during.iter().map(|during| during.path);
        self.from.inputs.iter().chain(&self.to.inputs).chain(zone).copied().chain(during)
    }

    /// The instants of the time that counts before which these shares of it lie.
    fn covered(
        &self,
        frame: &Frame,
        column: &Column,
        share: &[f64],
        [from, to]: [&[i64]; 2],
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef, ValueError> {
        let zones = self.local.as_ref().map(|local| local.zone.values(frame, column)).transpose()?;
        let local = self.local.as_ref().zip(zones.as_ref()).map(|(local, zones)| (&*local.intensity, zones));
        let mut each = EachCovered::of(frame, local, self.during.as_deref())?;
        let mut covered = Covered::nothing();
        let mut law = self.growth.prepared();
        let value = |row: usize| {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                return Ok(None);
            }
            let (from, to) = (from[row], to[row]);
            let has_zone = each.cover(row, from, to.max(from).saturating_add(1), &mut covered);
            if !has_zone.map_err(|message| frame.value_error(column, message))? {
                return Ok(None);
            }
            Ok(match covered.instant(law(share[row], covered.total)) {
                Some((at, first, last)) => Some(rounded(at, first, last, self.precision)),
                // No time counts between the bounds: without hours, any is as good as another.
                None => self.during.is_none().then_some(from),
            })
        };
        let values: TimestampMicrosecondArray =
            (0..frame.len()).map(value).collect::<Result<Vec<Option<i64>>, ValueError>>()?.into();
        Ok(Arc::new(values.with_timezone("UTC")))
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

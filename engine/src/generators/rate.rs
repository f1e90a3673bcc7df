//! `rate:` of a table: rows for what happens at a rate, as a Poisson process of the parent.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::covered::{Covered, During, EachCovered};
use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::growth::{self, Growth};
use super::local::{self, Local};
use super::per_time::{expression_per_time, rate_of};
use super::{Ends, Formula, GeneratorDoc, Made, Origin, Prepared, Record, Shown, Timeline};
use crate::calendar::civil::split_micros;
use crate::error::{Fault, ValueError};
use crate::expression::Zones;
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::arguments::Arguments;
use crate::model::resolve::Resolver;
use crate::model::{Column, Count, Hop, Input, MAX_COUNT};
use crate::random::Stream;
use crate::rows::Frame;
use crate::scenario::{self, Key, Node, Text};
use crate::time::process::Times;
use crate::time::{Intensity, Process, States};
use crate::together::Together;
use crate::types::Type;

/// The entry of a table that takes the place of `count`.
pub(crate) const RATE: GeneratorDoc = GeneratorDoc {
    name: "rate",
    version: 1,
    family: "time",
    summary: "A row for each time that something happens by chance, at a rate, in the order of time.",
    arguments: &[
        required(
            "of",
            Kind::Expression,
            "how often: `12 per week`, or an expression over the row of the parent, as in `= seats * 2 per day`",
        ),
        required("from", Kind::Expression, "the instant or date from which on, over the row of the parent"),
        optional(
            "until",
            Kind::Expression,
            "the end, over the row of the parent, which is no part of it; nothing happens after `as_of`",
        ),
        optional(
            "growth",
            Kind::Any,
            "how the rate grows from its beginning on: `6% per month`; default even",
        ),
        local::HOURS,
        local::WEEKDAYS,
        local::SEASON,
        local::ZONE,
        optional(
            "during",
            Kind::Expression,
            "only during some states of a lifecycle, as in `life in (active)`; other time does not count",
        ),
    ],
    short: None,
    group: false,
    example: "rate: {of: 12 per week, from: joined_at, hours: business, zone: timezone}",
    read: |reading| Err(Fault::at(reading.arguments.span(), "`rate` belongs to a table, beside `per`")),
};

/// The most cells of a process that are gone through: for 67 million rows of one parent.
const MOST_CELLS: u64 = 1 << 24;

/// What happens at a rate for the rows of a table: the columns that it depends on.
#[derive(Clone, Debug)]
pub(crate) struct RateOf {
    /// A random word.
    pub(crate) lot: ColumnId,
    /// How often, per microsecond.
    pub(crate) often: ColumnId,
    pub(crate) from: ColumnId,
    /// The names of zones, and how likely their hours are.
    pub(crate) local: Option<(ColumnId, Arc<Intensity>)>,
    pub(crate) growth: f64,
    pub(crate) during: Option<(Vec<Hop>, ColumnId, States)>,
    /// The last instant.
    pub(crate) as_of: i64,
}

/// The same as inputs of a table.
#[derive(Clone, Debug)]
struct RateInputs {
    lot: InputId,
    often: InputId,
    from: InputId,
    local: Option<(InputId, Arc<Intensity>)>,
    growth: Growth,
    during: Option<During>,
    /// The last instant.
    as_of: i64,
}

impl RateInputs {
    fn along(resolver: &mut Resolver, t: TableId, hops: &[Hop], rate: &RateOf) -> Self {
        let mut input = |also: &[Hop], column: ColumnId| {
            let hops = hops.iter().chain(also).copied().collect();
            resolver.input(t, Input::Column { hops, column })
        };
        Self {
            lot: input(&[], rate.lot),
            often: input(&[], rate.often),
            from: input(&[], rate.from),
            local: rate.local.as_ref().map(|(zone, intensity)| (input(&[], *zone), intensity.clone())),
            growth: Growth { rate: rate.growth },
            as_of: rate.as_of,
            during: rate.during.as_ref().map(|(also, path, states)| During {
                path: input(also, *path),
                states: states.clone(),
                as_of: rate.as_of,
            }),
        }
    }

    fn inputs(&self) -> impl Iterator<Item = InputId> {
        let zone = self.local.as_ref().map(|(zone, _)| *zone);
        let during = self.during.as_ref().map(|during| during.path);
        [self.lot, self.often, self.from].into_iter().chain(zone).chain(during)
    }

    /// Reads the columns, and hands over what happens for each row.
    fn with<T>(
        &self,
        frame: &Frame,
        run: impl FnOnce(EachRate) -> Result<T, ValueError>,
    ) -> Result<T, ValueError> {
        let (lot, often, from) = (frame.input(self.lot)?, frame.input(self.often)?, frame.input(self.from)?);
        let zones = self.local.as_ref().map(|(zone, _)| frame.input(*zone)).transpose()?;
        let local =
            self.local.as_ref().zip(zones.as_ref()).map(|((_, intensity), zones)| (&**intensity, zones));
        run(EachRate {
            lot: lot.as_primitive(),
            often: often.as_primitive(),
            from: from.as_primitive(),
            covered: EachCovered::of(frame, local, self.during.as_ref())?,
            growth: self.growth,
            as_of: self.as_of,
            last: None,
        })
    }

    fn told(&self, shown: &Shown) -> String {
        let local =
            self.local.as_ref().map(|(zone, _)| format!(", at local hours of {}", shown.input(*zone)));
        let during = self
            .during
            .as_ref()
            .map(|during| format!(", during {}", shown.states(during.path, &during.states)));
        let when = [local, during].into_iter().flatten().collect::<String>();
        let (often, from, growth) = (shown.input(self.often), shown.input(self.from), self.growth.told());
        format!("what happens at the {often} from {from} on{growth}{when}")
    }
}

/// What happens for each row, of which neighbours mostly share it.
struct EachRate<'a> {
    lot: &'a Int64Array,
    often: &'a arrow::array::Float64Array,
    from: &'a TimestampMicrosecondArray,
    covered: EachCovered<'a>,
    growth: Growth,
    as_of: i64,
    /// By word and beginning.
    last: Option<((i64, i64), OneRate<'a>)>,
}

/// What happens for one row.
struct OneRate<'a> {
    covered: Covered<'a>,
    often: f64,
    growth: Growth,
    as_of: i64,
    times: Times<'static>,
}

static PROCESS: LazyLock<Process> = LazyLock::new(Process::new);

impl<'a> EachRate<'a> {
    /// Of a row; none where something is NULL or the rate is not above 0.
    fn get(&mut self, row: usize) -> Result<Option<&mut OneRate<'a>>, String> {
        if self.from.is_null(row) || self.often.is_null(row) {
            return Ok(None);
        }
        let (from, often) = (self.from.value(row), self.often.value(row));
        if often.is_nan() || often <= 0.0 {
            return Ok(None);
        }
        let key = (self.lot.value(row), from);
        if self.last.as_ref().is_none_or(|(known, _)| *known != key) {
            let last = self.last.take().map(|(_, rate)| rate.covered);
            let mut covered = last.unwrap_or_else(Covered::nothing);
            if !self.covered.cover(row, from, i64::MAX, &mut covered)? {
                return Ok(None);
            }
            let times = PROCESS.times(key.0.cast_unsigned());
            self.last =
                Some((key, OneRate { covered, often, growth: self.growth, as_of: self.as_of, times }));
        }
        Ok(self.last.as_mut().map(|(_, rate)| rate))
    }
}

impl OneRate<'_> {
    /// How often it happens before an instant.
    fn before(&mut self, instant: i64) -> Result<i64, String> {
        let expected = self.often * self.growth.happened(self.covered.before(instant));
        let mut count = self.times.before(expected, MOST_CELLS);
        // Instants are whole microseconds, and one is rounded up at times.
        while let Some(last) = count.and_then(|count| count.checked_sub(1))
            && self.at(last).is_some_and(|at| at >= instant)
        {
            count = Some(last);
        }
        count
            .map(u64::cast_signed)
            .ok_or_else(|| format!("about {expected:.0} rows of one parent are too many; lower the rate"))
    }

    /// When it happens for the `k`-th time, counted from 0.
    fn at(&mut self, k: u64) -> Option<i64> {
        let happened = self.times.nth(k) / self.often;
        let at = self.covered.instant(self.growth.time(happened)).map(|(at, ..)| at);
        // It was counted as one that is before the end: rounding does not carry it behind.
        at.or(self.covered.last()).map(|at| at.min(self.as_of))
    }
}

impl Resolver<'_> {
    /// The count of a table whose rows happen at a rate, and what its rows need to know of it.
    pub(crate) fn rate(
        &mut self,
        t: TableId,
        parent: TableId,
        key: &Key,
        node: &Node,
    ) -> Result<Count, Fault> {
        let arguments = self.times_of(parent, &RATE, key, node)?;
        let often = self.often(parent, &arguments);
        let from = self.moment_of(parent, &arguments, "from");
        let until = self.moment_of(parent, &arguments, "until");
        let growth = arguments.get("growth").map_or(Ok(growth::EVEN), Growth::read);
        let local = Local::read(self, parent, &arguments);
        let during = During::read(self, parent, &arguments);
        let ((often, from, until), growth, (local, during)) =
            ((often, from, until).together(), growth, (local, during).together()).together()?;
        let from = from.ok_or_else(Fault::reported)?;
        let table = self.drafts()[t].name.text.clone();
        // No column has an empty name, so the lots share their words with none.
        let stream = Stream::new(self.settings().seed, &table, "", "rate", RATE.version);
        let lots = Column::hidden(format!("lot of {table}"), Type::BigInt, Lots { stream });
        let rate = RateOf {
            lot: self.add_hidden(parent, lots),
            often: self.hidden(parent, format!("rate of {table}"), Type::Double, often),
            from: self.hidden(parent, format!("start of {table}"), Type::Instant, from),
            local: local.map(|Local { intensity, zone }| {
                (self.hidden(parent, format!("zone of {table}"), Type::Text, zone), intensity)
            }),
            growth: growth.rate,
            as_of: self.constants().as_of,
            during: during.and_then(|During { path, states, .. }| {
                match &self.drafts()[parent].inputs[path] {
                    Input::Column { hops, column } => Some((hops.clone(), *column, states)),
                    _ => None,
                }
            }),
        };
        let until = until.map(|until| self.hidden(parent, format!("end of {table}"), Type::Instant, until));
        let until = until.map(|column| self.input(parent, Input::Column { hops: Vec::new(), column }));
        let inputs = RateInputs::along(self, parent, &[], &rate);
        let count = Events { rate: inputs, until };
        let column = Column::hidden(format!("rows of {table}"), Type::BigInt, count);
        let column = Some(self.add_hidden(parent, column));
        self.stands_for(t, Timeline::Rate(rate));
        Ok(Count { column, min: 0, max: MAX_COUNT })
    }

    /// How often something happens, per microsecond, over the row of the parent.
    fn often(&mut self, parent: TableId, arguments: &Arguments) -> Result<Formula, Fault> {
        let node = arguments.required("of")?;
        let text = match scenario::expression_text(node) {
            Some(text) => {
                let (often, micros) = expression_per_time(node, &text.text)?;
                Text {
                    text: format!("cast(({often}\n) as double precision) / {micros:?}"),
                    exact: false,
                    ..text
                }
            }
            None => {
                if node.scalar().is_some_and(|scalar| scalar.text.contains('%')) {
                    return Err(Fault::at(
                        node.span,
                        "`of`: expected how many per time, such as `12 per week`",
                    )
                    .label(format!("found {}", node.describe())));
                }
                let (often, micros) = rate_of(node)?;
                let text = format!("cast('{:?}' as double precision)", often / micros);
                Text { text, span: node.span, exact: false }
            }
        };
        self.formula_of(parent, &text, &Type::Double)
    }
}

/// A random word for each row.
#[derive(Debug)]
pub(crate) struct Lots {
    /// Random words, one a row.
    pub(crate) stream: Stream,
}

impl Prepared for Lots {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1).into_iter().map(u64::cast_signed);
        Ok(Arc::new(Int64Array::from_iter_values(words)))
    }

    fn explain(&self, _: &Shown) -> String {
        "a random word".to_owned()
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// How often it happens for each row of the parent.
#[derive(Debug)]
pub(crate) struct Events {
    rate: RateInputs,
    /// The input with the end, if there is one.
    until: Option<InputId>,
}

impl Prepared for Events {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let until = self.until.map(|until| frame.input(until)).transpose()?;
        let until = until.as_ref().map(|until| until.as_primitive::<TimestampMicrosecondType>());
        self.rate.with(frame, |mut each| {
            let count = |row: usize| {
                // One row can have very many.
                if frame.plan.is_stopped() {
                    return Err(frame.value_error(column, "stopped before it was counted".into()));
                }
                let end = until.filter(|until| until.is_valid(row)).map(|until| until.value(row));
                let now = self.rate.as_of.saturating_add(1);
                let end = end.map_or(now, |end| end.min(now));
                let count = each.get(row).and_then(|rate| rate.map_or(Ok(0), |rate| rate.before(end)));
                count.map_err(|message| frame.value_error(column, message))
            };
            let counts = (0..frame.len()).map(count).collect::<Result<Vec<i64>, ValueError>>()?;
            Ok(Arc::new(Int64Array::from(counts)) as ArrayRef)
        })
    }

    fn explain(&self, shown: &Shown) -> String {
        let until = self.until.map(|until| format!(" until {}", shown.input(until))).unwrap_or_default();
        format!("{}{until}", self.rate.told(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.rate.inputs().chain(self.until).collect()
    }

    fn bounds(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    unknown!(ends, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// A field of the record `occurrence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Start,
    StartDate,
    Number,
}

/// What a row of the table knows of its own time.
#[derive(Debug)]
pub(crate) struct Event {
    rate: RateInputs,
    /// The input `ordinal`.
    ordinal: InputId,
    field: Field,
}

impl Event {
    /// Whether it is when it happens.
    pub(super) fn is_instant(&self) -> bool {
        self.field == Field::Start
    }
}

/// The record `occurrence` of a table with `rate:`.
pub(super) fn occurrence(resolver: &mut Resolver, t: TableId, rate: &RateOf) -> Made {
    let rate = RateInputs::along(resolver, t, &[Hop::Parent], rate);
    let ordinal = resolver.input(t, Input::Ordinal);
    let made = |field: Field, ty: Type| Made::new(Event { rate: rate.clone(), ordinal, field }, ty);
    Record::made([
        ("start", made(Field::Start, Type::Instant)),
        ("start_date", made(Field::StartDate, Type::Date)),
        ("number", made(Field::Number, Type::BigInt)),
    ])
}

impl Prepared for Event {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let ordinals = frame.input(self.ordinal)?;
        let ordinals = ordinals.as_primitive::<Int64Type>();
        if self.field == Field::Number {
            return Ok(Arc::new(ordinals.clone()));
        }
        let failed = |message: String| frame.value_error(column, message);
        let starts = self.rate.with(frame, |mut each| {
            let start = |row: usize| {
                let k = ordinals.value(row).cast_unsigned() - 1;
                let start = each.get(row).map_err(failed)?.and_then(|rate| rate.at(k));
                start.ok_or_else(|| failed("time out of range".to_owned()))
            };
            (0..frame.len()).map(start).collect::<Result<Vec<i64>, ValueError>>()
        })?;
        if self.field == Field::Start {
            return Ok(Arc::new(TimestampMicrosecondArray::from(starts).with_timezone("UTC")));
        }
        let zones = self.rate.local.as_ref().map(|(zone, _)| frame.input(*zone)).transpose()?;
        let mut zones = zones.as_ref().map(|names| Zones::of(names, false));
        let date = |(row, start): (usize, i64)| {
            let zone = zones.as_mut().map(|zones| zones.get(row)).transpose().map_err(failed)?;
            Ok(split_micros(zone.map_or(start, |zone| zone.to_local(start))).0)
        };
        let dates = starts.into_iter().enumerate().map(date).collect::<Result<Vec<i32>, ValueError>>()?;
        Ok(Arc::new(Date32Array::from(dates)))
    }

    fn explain(&self, shown: &Shown) -> String {
        format!("the time of {}", self.rate.told(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        match self.field {
            Field::Number => vec![self.ordinal],
            _ => self.rate.inputs().chain([self.ordinal]).collect(),
        }
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match self.field {
            Field::Number => Ends::Of(Origin::Input(self.ordinal)),
            _ => Ends::Unknown,
        }
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        (self.field == Field::Start).then(|| self.rate.inputs().collect())
    }

    unknown!(bounds, highest, longest, texts, is_without_digits, is_independent, serial);
}

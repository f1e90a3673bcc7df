//! Rows that come back: how many a parent has (`every:` of a table), and the time of each (the record `occurrence`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::rate;
use super::series::{Counted, EachSeries, SeriesInputs};
use super::{
    ArgumentDoc, Ends, Formula, GeneratorDoc, Made, Origin, Prepared, Reading, Record, Shown, Timeline,
};
use crate::error::{Fault, ValueError};
use crate::ids::{ColumnId, InputId};
use crate::model::{Column, Hop, Input, MAX_COUNT};
use crate::rows::Frame;
use crate::time::{Recurrence, Series, States};
use crate::types::Type;

const FROM: ArgumentDoc =
    required("from", Kind::Expression, "the instant or date from which on, over the row");
const ZONE: ArgumentDoc = optional("zone", Kind::Expression, "the time zone, over the row; default UTC");
const AT: ArgumentDoc =
    optional("at", Kind::Word, "the local time of day, as in `02:30`; default that of `from`");
const ON: ArgumentDoc = optional(
    "on",
    Kind::Any,
    "the day: of a month `15`, `last day`, `first monday` to `fourth sunday`, `last friday`; of a week `monday` or a list of weekdays; default that of the first occurrence",
);
const FOLD: ArgumentDoc = optional(
    "fold",
    Kind::Word,
    "of a local time that happens twice: the `later` one (the default), the `earlier` one, or `both`",
);
const YEAR: ArgumentDoc = optional("year", Kind::Number, "every so many years");
const MONTH: ArgumentDoc = optional("month", Kind::Number, "every so many months");
const WEEK: ArgumentDoc = optional("week", Kind::Number, "every so many weeks");
const DAY: ArgumentDoc = optional("day", Kind::Number, "every so many days");
const HOUR: ArgumentDoc = optional("hour", Kind::Number, "every so many hours of elapsed time");
const MINUTE: ArgumentDoc = optional("minute", Kind::Number, "every so many minutes of elapsed time");

/// The entry of a table that takes the place of `count`.
pub(crate) const EVERY: GeneratorDoc = GeneratorDoc {
    name: "every",
    version: 1,
    family: "time",
    summary: "A row for each time that something comes back, in the order of time.",
    arguments: &[
        optional(
            "of",
            Kind::Word,
            "a `recurrence` of the parent, in place of `from`, the step, `on`, `at`, `zone` and `fold`",
        ),
        optional(
            "from",
            Kind::Expression,
            "the instant or date from which on, over the row of the parent; required without `of`",
        ),
        YEAR,
        MONTH,
        WEEK,
        DAY,
        HOUR,
        MINUTE,
        ON,
        AT,
        ZONE,
        optional(
            "until",
            Kind::Expression,
            "the end, over the row of the parent, which is no part of it; where it is NULL, and by default, the last moment is `as_of`",
        ),
        optional(
            "while",
            Kind::Expression,
            "only those during some states of a lifecycle, as in `life in (active)`",
        ),
        FOLD,
    ],
    short: Some("of"),
    group: false,
    example: "every: {month: 1, from: started_at, zone: timezone}",
    read: |reading| Err(Fault::at(reading.arguments.span(), "`every` belongs to a table, beside `per`")),
};

pub(super) const RECURRENCE: GeneratorDoc = GeneratorDoc {
    name: "recurrence",
    version: 1,
    family: "time",
    summary: "When something of the row comes back, to be asked by expressions. It belongs under `let`.",
    arguments: &[FROM, YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, ON, AT, ZONE, FOLD],
    short: None,
    group: true,
    example: "renewal: {recurrence: {month: 1, from: started_at, zone: timezone}}",
    read: |reading| {
        let (t, what) = (reading.table, reading.address.column.clone());
        let every = reading.resolver.rule(t, &what, reading.arguments)?;
        Ok(Record::of_timeline([], Timeline::Series(every)))
    },
};

pub(super) const OCCURRENCE: GeneratorDoc = GeneratorDoc {
    name: "occurrence",
    version: 1,
    family: "time",
    summary: "The time of a row of a table with `every:`, and of the next one; or of one with `rate:`. It belongs under `let`.",
    arguments: &[],
    short: None,
    group: true,
    example: "period: occurrence",
    read,
};

/// When something comes back for the rows of a table: the rule, and the columns that it depends on.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    /// The rule.
    pub(crate) rule: Recurrence,
    /// The column with the first instant.
    pub(crate) from: ColumnId,
    /// The column with the zone.
    pub(crate) zone: ColumnId,
    /// The column with how many steps of the rule are one, if that depends on the row.
    pub(crate) times: Option<ColumnId>,
    /// The column with the local time of day, if that depends on the row.
    pub(crate) at: Option<ColumnId>,
    /// Only during these states of lives, which are a column of the same table or of one that hops lead to.
    pub(crate) during: Option<(Vec<Hop>, ColumnId, States)>,
}

/// How often it comes back for each row of the parent.
#[derive(Debug)]
pub(crate) struct Occurrences {
    /// The series.
    pub(crate) series: SeriesInputs,
    /// The input with the end, if there is one; NULL for `as_of`.
    pub(crate) until: Option<InputId>,
    /// The last instant where there is no other end.
    pub(crate) as_of: i64,
}

impl Prepared for Occurrences {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let read = self.series.read(frame)?;
        let mut series = EachSeries::of(&read);
        let until = self.until.map(|until| frame.input(until)).transpose()?;
        let until = until.as_ref().map(|until| until.as_primitive::<TimestampMicrosecondType>());
        let count = |row: usize| {
            let Some(of_row) = series.get(row).map_err(|message| frame.value_error(column, message))? else {
                return Ok(0);
            };
            let end = until.filter(|until| until.is_valid(row)).map(|until| until.value(row));
            let now = self.as_of.saturating_add(1);
            let count = match &read.during {
                None => of_row.before(end.unwrap_or(now)),
                // Lives are known up to `as_of`.
                Some(during) => {
                    let end = end.map_or(now, |end| end.min(now));
                    during.runs(&of_row, row, end).map(|run| run.end - run.start).sum()
                }
            };
            match count <= MAX_COUNT {
                true => Ok(count.cast_signed()),
                false => Err(frame.value_error(column, format!("more than {MAX_COUNT} occurrences"))),
            }
        };
        let counts = (0..frame.len()).map(count).collect::<Result<Vec<i64>, ValueError>>()?;
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn explain(&self, shown: &Shown) -> String {
        let until = self.until.map(|until| format!(" until {}", shown.input(until))).unwrap_or_default();
        format!("{}{until}", self.series.told(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.series.inputs().chain(self.until).collect()
    }

    fn bounds(&self) -> (f64, f64) {
        (0.0, MAX_COUNT as f64)
    }

    unknown!(ends, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// A field of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Start,
    End,
    StartDate,
    EndDate,
    Number,
}

impl Field {
    const ALL: [(&'static str, Self); 5] = [
        ("start", Self::Start),
        ("end", Self::End),
        ("start_date", Self::StartDate),
        ("end_date", Self::EndDate),
        ("number", Self::Number),
    ];

    fn ty(self) -> Type {
        match self {
            Self::Start | Self::End => Type::Instant,
            Self::StartDate | Self::EndDate => Type::Date,
            Self::Number => Type::BigInt,
        }
    }
}

/// What a row of the table knows of its own time.
#[derive(Debug)]
pub(crate) struct Occurrence {
    /// The series of the parent.
    series: SeriesInputs,
    /// The input `ordinal`.
    ordinal: InputId,
    field: Field,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (t, resolver) = (reading.table, &mut *reading.resolver);
    resolver.rows_of(t)?;
    let every = match resolver.drafts()[t].timeline.clone() {
        Some(Timeline::Series(every)) => every,
        Some(Timeline::Rate(rate)) => return Ok(rate::occurrence(resolver, t, &rate)),
        _ => {
            let table = &resolver.drafts()[t].name.text;
            return Err(Fault::at(
                reading.arguments.span(),
                format!("the rows of `{table}` do not come back"),
            )
            .hint("`occurrence` belongs to a table with `every:` or `rate:`"));
        }
    };
    let series = SeriesInputs::along(resolver, t, &[Hop::Parent], &every);
    let ordinal = resolver.input(t, Input::Ordinal);
    Ok(Record::made(Field::ALL.map(|(name, field)| {
        (name, Made::new(Occurrence { series: series.clone(), ordinal, field }, field.ty()))
    })))
}

impl Prepared for Occurrence {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let ordinals = frame.input(self.ordinal)?;
        let ordinals = ordinals.as_primitive::<Int64Type>();
        if self.field == Field::Number {
            return Ok(Arc::new(ordinals.clone()));
        }
        let read = self.series.read(frame)?;
        let mut series = EachSeries::of(&read);
        let failed = |message: String| frame.value_error(column, message);
        let mut counted = read.during.as_ref().map(Counted::of);
        let mut each = |row: usize, value: &dyn Fn(&Series, u64) -> Option<i64>| {
            let k = ordinals.value(row).cast_unsigned() - 1;
            let of_row = series.get(row).map_err(failed)?;
            let answer = of_row.and_then(|of_row| match &mut counted {
                None => value(&of_row, k),
                Some(counted) => value(&of_row, counted.nth(&of_row, row, k)?),
            });
            answer.ok_or_else(|| {
                failed(match self.field {
                    Field::End | Field::EndDate => {
                        "the next time, which is the end of this one, is beyond the calendar".to_owned()
                    }
                    _ => "time out of range".to_owned(),
                })
            })
        };
        let value: &dyn Fn(&Series, u64) -> Option<i64> = match self.field {
            Field::Start => &|series, k| series.at(k),
            Field::End => &|series, k| series.at(k + 1),
            Field::StartDate => &|series, k| series.local_date(k).map(i64::from),
            _ => &|series, k| series.local_date(k + 1).map(i64::from),
        };
        let values =
            (0..frame.len()).map(|row| each(row, value)).collect::<Result<Vec<i64>, ValueError>>()?;
        Ok(match self.field {
            Field::StartDate | Field::EndDate => {
                // Dates of the calendar fit 32 bits.
                Arc::new(Date32Array::from_iter_values(values.into_iter().map(|date| date as i32)))
            }
            _ => Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC")),
        })
    }

    fn explain(&self, shown: &Shown) -> String {
        let name = Field::ALL.iter().find(|(_, field)| *field == self.field).map_or("", |(name, _)| name);
        format!("{name} of {}", self.series.told(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        match self.field {
            Field::Number => vec![self.ordinal],
            _ => self.series.inputs().chain([self.ordinal]).collect(),
        }
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match self.field {
            Field::Number => Ends::Of(Origin::Input(self.ordinal)),
            _ => Ends::Unknown,
        }
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        matches!(self.field, Field::Start | Field::End).then(|| self.series.inputs().collect())
    }

    unknown!(bounds, highest, longest, texts, is_without_digits, is_independent, serial);
}

/// What is asked of a recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The occurrence of a number, from 1.
    Number,
    /// How many there are before an instant.
    Before,
    /// The last one at or before an instant.
    Last,
    /// The first one after an instant.
    Next,
}

/// The answers of a recurrence; NULL where there is none.
#[derive(Debug)]
pub(crate) struct SeriesAsked {
    series: SeriesInputs,
    which: Which,
    argument: Formula,
}

impl SeriesAsked {
    pub(crate) fn made(series: SeriesInputs, which: Which, argument: Formula) -> Made {
        let ty = if which == Which::Before { Type::BigInt } else { Type::Instant };
        Made { nullable: true, ..Made::new(Self { series, which, argument }, ty) }
    }
}

impl Prepared for SeriesAsked {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let read = self.series.read(frame)?;
        let mut series = EachSeries::of(&read);
        let argument = self.argument.values(frame, column)?;
        let number = |row: usize| match self.which {
            Which::Number => argument.as_primitive::<Int64Type>().value(row),
            _ => argument.as_primitive::<TimestampMicrosecondType>().value(row),
        };
        let mut answer = |row: usize| -> Result<Option<i64>, String> {
            let Some(series) = series.get(row)?.filter(|_| argument.is_valid(row)) else { return Ok(None) };
            let asked = number(row);
            Ok(match self.which {
                Which::Number => asked.checked_sub(1).and_then(|k| series.at(u64::try_from(k).ok()?)),
                Which::Before => i64::try_from(series.before(asked)).ok(),
                Which::Last => {
                    series.before(asked.saturating_add(1)).checked_sub(1).and_then(|k| series.at(k))
                }
                Which::Next => series.at(series.before(asked.saturating_add(1))),
            })
        };
        let answers = (0..frame.len()).map(&mut answer).collect::<Result<Vec<Option<i64>>, String>>();
        let answers = answers.map_err(|message| frame.value_error(column, message))?;
        Ok(match self.which {
            Which::Before => Arc::new(Int64Array::from(answers)),
            _ => Arc::new(TimestampMicrosecondArray::from(answers).with_timezone("UTC")),
        })
    }

    fn explain(&self, shown: &Shown) -> String {
        let argument = &self.argument.expression;
        let what = match self.which {
            Which::Number => format!("occurrence {argument}"),
            Which::Before => format!("how many occurrences before {argument}"),
            Which::Last => format!("the last occurrence up to {argument}"),
            Which::Next => format!("the first occurrence after {argument}"),
        };
        format!("{what} of {}", self.series.told(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.series.inputs().chain(self.argument.inputs.iter().copied()).collect()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

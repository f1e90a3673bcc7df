//! Rows that come back: how many a parent has (`every:` of a table), and the time of each (the record `occurrence`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::{Ends, GeneratorDoc, Made, Origin, Prepared, Reading, Record, Shown};
use crate::calendar::Zone;
use crate::error::{Fault, ValueError};
use crate::expression::Zones;
use crate::ids::{ColumnId, InputId};
use crate::model::{Column, Hop, Input, MAX_COUNT};
use crate::rows::Frame;
use crate::time::{Recurrence, Series};
use crate::types::Type;

/// The entry of a table that takes the place of `count`.
pub(crate) const EVERY: GeneratorDoc = GeneratorDoc {
    name: "every",
    version: 1,
    family: "time",
    summary: "A row for each time that something comes back, in the order of time.",
    arguments: &[
        required("from", Kind::Expression, "the instant or date from which on, over the row of the parent"),
        optional("year", Kind::Number, "every so many years"),
        optional("month", Kind::Number, "every so many months"),
        optional("week", Kind::Number, "every so many weeks"),
        optional("day", Kind::Number, "every so many days"),
        optional("hour", Kind::Number, "every so many hours of elapsed time"),
        optional("minute", Kind::Number, "every so many minutes of elapsed time"),
        optional(
            "on",
            Kind::Any,
            "the day: of a month `15`, `last day`, `first monday` to `fourth sunday`, `last friday`; of a week `monday` or a list of weekdays; default that of the first occurrence",
        ),
        optional("at", Kind::Word, "the local time of day, as in `02:30`; default that of `from`"),
        optional("zone", Kind::Expression, "the time zone, over the row of the parent; default UTC"),
        optional(
            "until",
            Kind::Expression,
            "the end, over the row of the parent, which is no part of it; where it is NULL, and by default, the last moment is `as_of`",
        ),
        optional(
            "fold",
            Kind::Word,
            "of a local time that happens twice: the `later` one (the default), the `earlier` one, or `both`",
        ),
    ],
    short: None,
    group: false,
    example: "every: {month: 1, from: started_at, zone: timezone}",
    read: |reading| Err(Fault::at(reading.arguments.span(), "`every` belongs to a table, beside `per`")),
};

pub(super) const OCCURRENCE: GeneratorDoc = GeneratorDoc {
    name: "occurrence",
    version: 1,
    family: "time",
    summary: "The time of a row of a table with `every:`, and of the next one. It belongs under `let`.",
    arguments: &[],
    short: None,
    group: true,
    example: "period: occurrence",
    read,
};

/// When the rows of a table come back: the rule, and the columns of the parent that it depends on.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    /// The rule.
    pub(crate) rule: Recurrence,
    /// The parent's column with the first instant.
    pub(crate) from: ColumnId,
    /// The parent's column with the zone.
    pub(crate) zone: ColumnId,
}

/// How often it comes back for each row of the parent.
#[derive(Debug)]
pub(crate) struct Occurrences {
    /// The rule.
    pub(crate) rule: Recurrence,
    /// The input with the first instant; NULL for never.
    pub(crate) from: InputId,
    /// The input with the zone; NULL for never.
    pub(crate) zone: InputId,
    /// The input with the end, if there is one; NULL for `as_of`.
    pub(crate) until: Option<InputId>,
    /// The last instant where there is no other end.
    pub(crate) as_of: i64,
}

impl Prepared for Occurrences {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let (from, zone) = (frame.input(self.from)?, frame.input(self.zone)?);
        let mut series = EachSeries::of(self.rule, &from, &zone);
        let until = self.until.map(|until| frame.input(until)).transpose()?;
        let until = until.as_ref().map(|until| until.as_primitive::<TimestampMicrosecondType>());
        let count = |row: usize| {
            let Some(series) = series.get(row).map_err(|message| frame.value_error(column, message))? else {
                return Ok(0);
            };
            let end = until.filter(|until| until.is_valid(row)).map(|until| until.value(row));
            let count = series.before(end.unwrap_or(self.as_of.saturating_add(1)));
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
        format!("{} from {} in {}{until}", self.rule, shown.input(self.from), shown.input(self.zone))
    }

    fn inputs(&self) -> Vec<InputId> {
        [self.from, self.zone].into_iter().chain(self.until).collect()
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
    rule: Recurrence,
    /// The input with the first instant, of the parent.
    from: InputId,
    /// The input with the zone, of the parent.
    zone: InputId,
    /// The input `ordinal`.
    ordinal: InputId,
    field: Field,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (t, resolver) = (reading.table, &mut *reading.resolver);
    resolver.rows_of(t)?;
    let Some(every) = resolver.drafts()[t].every.clone() else {
        let table = &resolver.drafts()[t].name.text;
        return Err(Fault::at(reading.arguments.span(), format!("the rows of `{table}` do not come back"))
            .hint("`occurrence` belongs to a table with `every:`"));
    };
    let of_parent = |column: ColumnId| Input::Column { hops: vec![Hop::Parent], column };
    let [from, zone] = [every.from, every.zone].map(|column| resolver.input(t, of_parent(column)));
    let ordinal = resolver.input(t, Input::Ordinal);
    Ok(Record::made(Field::ALL.map(|(name, field)| {
        (name, Made::new(Occurrence { rule: every.rule, from, zone, ordinal, field }, field.ty()))
    })))
}

impl Prepared for Occurrence {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let ordinals = frame.input(self.ordinal)?;
        let ordinals = ordinals.as_primitive::<Int64Type>();
        if self.field == Field::Number {
            return Ok(Arc::new(ordinals.clone()));
        }
        let (from, zone) = (frame.input(self.from)?, frame.input(self.zone)?);
        let mut series = EachSeries::of(self.rule, &from, &zone);
        let failed = |message: String| frame.value_error(column, message);
        let mut each = |row: usize, value: &dyn Fn(&Series, u64) -> Option<i64>| {
            let k = ordinals.value(row).cast_unsigned() - 1;
            let series = series.get(row).map_err(failed)?;
            series.and_then(|series| value(&series, k)).ok_or_else(|| failed("time out of range".to_owned()))
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
        format!("{name} of {} from {}", self.rule, shown.input(self.from))
    }

    fn inputs(&self) -> Vec<InputId> {
        match self.field {
            Field::Number => vec![self.ordinal],
            _ => vec![self.from, self.zone, self.ordinal],
        }
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match self.field {
            Field::Number => Ends::Of(Origin::Input(self.ordinal)),
            _ => Ends::Unknown,
        }
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        matches!(self.field, Field::Start | Field::End).then(|| vec![self.from, self.zone])
    }

    unknown!(bounds, highest, longest, texts, is_without_digits, is_independent, serial);
}

/// The series of each row, of which neighbours mostly share one.
struct EachSeries<'a> {
    rule: Recurrence,
    from: &'a TimestampMicrosecondArray,
    names: &'a ArrayRef,
    zones: Zones<'a>,
    last: Option<(i64, &'static Zone, Series)>,
}

impl<'a> EachSeries<'a> {
    /// By the first instants and the names of zones.
    fn of(rule: Recurrence, from: &'a ArrayRef, names: &'a ArrayRef) -> Self {
        let zones = Zones::of(names, false);
        Self { rule, from: from.as_primitive(), names, zones, last: None }
    }

    /// The series of a row; none where the instant or the zone is NULL.
    #[inline]
    fn get(&mut self, row: usize) -> Result<Option<Series>, String> {
        if self.from.is_null(row) || self.names.is_null(row) {
            return Ok(None);
        }
        let (from, zone) = (self.from.value(row), self.zones.get(row)?);
        if let Some((known, in_zone, series)) = &self.last
            && *known == from
            && std::ptr::eq(*in_zone, zone)
        {
            return Ok(Some(*series));
        }
        let series = self.rule.from(from, zone);
        self.last = Some((from, zone, series));
        Ok(Some(series))
    }
}

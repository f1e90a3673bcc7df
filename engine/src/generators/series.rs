//! The recurrences of rows: of the row itself, of its parent or of a row that it refers to, each with its zone and its beginning.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray};

use super::lifecycle::EachLife;
use super::recurrence::Every;
use super::{Reading, Shown, Timeline};
use crate::calendar::Zone;
use crate::error::{Fault, ValueError};
use crate::expression::{Name, Zones};
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::resolve::Resolver;
use crate::model::{Hop, Input};
use crate::rows::Frame;
use crate::scenario::Key;
use crate::time::lifecycle::Address;
use crate::time::{Recurrence, Series, States};

/// A recurrence of some row, as inputs of a table.
#[derive(Clone, Debug)]
pub(crate) struct SeriesInputs {
    rule: Recurrence,
    from: InputId,
    zone: InputId,
    times: Option<InputId>,
    at: Option<InputId>,
    during: Option<(InputId, States)>,
}

impl SeriesInputs {
    /// Of the rows that some hops lead to.
    pub(crate) fn along(resolver: &mut Resolver, t: TableId, hops: &[Hop], every: &Every) -> Self {
        let mut input = |also: &[Hop], column: ColumnId| {
            let hops = hops.iter().chain(also).copied().collect();
            resolver.input(t, Input::Column { hops, column })
        };
        Self {
            rule: every.rule,
            from: input(&[], every.from),
            zone: input(&[], every.zone),
            times: every.times.map(|times| input(&[], times)),
            at: every.at.map(|at| input(&[], at)),
            during: every.during.as_ref().map(|(also, path, states)| (input(also, *path), states.clone())),
        }
    }

    /// The one that a path names.
    pub(super) fn named(reading: &mut Reading, name: &Key) -> Result<Self, Fault> {
        let path: Vec<Name> =
            name.text.split('.').map(|part| Name { text: part.to_owned(), span: name.span }).collect();
        match reading.resolver.timeline(reading.table, &path, &["recurrence"])? {
            (hops, Timeline::Series(every)) => {
                Ok(Self::along(reading.resolver, reading.table, &hops, &every))
            }
            _ => Err(Fault::at(name.span, format!("`{}` does not come back", name.text))
                .hint("name a `recurrence` under `let`")),
        }
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = InputId> {
        let during = self.during.as_ref().map(|(path, _)| *path);
        [self.from, self.zone].into_iter().chain(self.times).chain(self.at).chain(during)
    }

    pub(super) fn read(&self, frame: &Frame) -> Result<SeriesColumns, ValueError> {
        Ok(SeriesColumns {
            rule: self.rule,
            from: frame.input(self.from)?,
            zone: frame.input(self.zone)?,
            times: self.times.map(|times| frame.input(times)).transpose()?,
            at: self.at.map(|at| frame.input(at)).transpose()?,
            during: match &self.during {
                None => None,
                Some((path, states)) => {
                    Some(During { lives: EachLife::of(frame, *path)?, states: states.clone() })
                }
            },
        })
    }

    pub(super) fn told(&self, shown: &Shown) -> String {
        let times = self.times.map(|times| format!("{} × ", shown.input(times))).unwrap_or_default();
        let during =
            self.during.as_ref().map(|(path, states)| format!(" during {}", shown.states(*path, states)));
        let during = during.unwrap_or_default();
        format!("{times}{} from {} in {}{during}", self.rule, shown.input(self.from), shown.input(self.zone))
    }
}

/// A recurrence of each row of a frame.
pub(super) struct SeriesColumns {
    rule: Recurrence,
    from: ArrayRef,
    zone: ArrayRef,
    times: Option<ArrayRef>,
    at: Option<ArrayRef>,
    pub(super) during: Option<During>,
}

/// Occurrences that count only during some states.
pub(super) struct During {
    lives: EachLife,
    states: States,
}

impl During {
    /// The occurrences of a series that count, before an end, as runs of their numbers.
    pub(super) fn runs<'a>(
        &'a self,
        series: &'a Series,
        row: usize,
        end: i64,
    ) -> impl Iterator<Item = Range<u64>> + 'a {
        let times = self.lives.get(row).during(&self.states);
        times
            .take_while(move |(entered, _)| *entered < end)
            .map(move |(entered, left)| series.before(entered)..series.before(left.min(end)))
    }
}

/// The occurrences that count of each row's series, of which neighbours mostly share one.
pub(super) struct Counted<'d> {
    during: &'d During,
    /// Of which series and life: the number of the first occurrence of each run, and how many are before it that count.
    last: Option<(Series, Address)>,
    runs: Vec<(u64, u64)>,
}

impl<'d> Counted<'d> {
    pub(super) fn of(during: &'d During) -> Self {
        Self { during, last: None, runs: Vec::new() }
    }

    /// The number in the series of the occurrence that is the `k`-th of those that count, both from 0.
    pub(super) fn nth(&mut self, series: &Series, row: usize, k: u64) -> Option<u64> {
        let of = (*series, self.during.lives.get(row).address());
        if self.last != Some(of) {
            self.last = Some(of);
            self.runs.clear();
            let mut before = 0;
            for run in self.during.runs(series, row, i64::MAX) {
                if !run.is_empty() {
                    self.runs.push((run.start, before));
                    before += run.end - run.start;
                }
            }
        }
        let (first, before) =
            self.runs[self.runs.partition_point(|(_, before)| *before <= k).checked_sub(1)?];
        Some(first + (k - before))
    }
}

/// The series of each row, of which neighbours mostly share one.
pub(super) struct EachSeries<'a> {
    columns: &'a SeriesColumns,
    from: &'a TimestampMicrosecondArray,
    times: Option<&'a Int64Array>,
    at: Option<&'a Time64MicrosecondArray>,
    zones: Zones<'a>,
    /// The rule as the row has it, where it begins, its zone, and the series.
    last: Option<(Recurrence, i64, &'static Zone, Series)>,
}

impl<'a> EachSeries<'a> {
    pub(super) fn of(columns: &'a SeriesColumns) -> Self {
        let times = columns.times.as_ref().map(|times| times.as_primitive());
        let at = columns.at.as_ref().map(|at| at.as_primitive());
        let zones = Zones::of(&columns.zone, false);
        Self { columns, from: columns.from.as_primitive(), times, at, zones, last: None }
    }

    /// The series of a row; none where the instant, the zone or the step is NULL.
    #[inline]
    pub(super) fn get(&mut self, row: usize) -> Result<Option<Series>, String> {
        if self.from.is_null(row)
            || self.columns.zone.is_null(row)
            || self.times.is_some_and(|times| times.is_null(row))
            || self.at.is_some_and(|at| at.is_null(row))
        {
            return Ok(None);
        }
        let (from, zone) = (self.from.value(row), self.zones.get(row)?);
        let times = self.times.map_or(1, |times| times.value(row));
        let mut rule = match times {
            1 => self.columns.rule,
            _ => self.columns.rule.times(times).ok_or_else(|| match times {
                ..1 => format!("a step of {times}: it must be 1 or more"),
                _ => format!("a step of {times} leads beyond the calendar"),
            })?,
        };
        if let Some(at) = self.at {
            rule.at = Some(at.value(row));
        }
        if let Some((known, since, in_zone, series)) = &self.last
            && *known == rule
            && *since == from
            && std::ptr::eq(*in_zone, zone)
        {
            return Ok(Some(*series));
        }
        let series = rule.from(from, zone);
        self.last = Some((rule, from, zone, series));
        Ok(Some(series))
    }
}

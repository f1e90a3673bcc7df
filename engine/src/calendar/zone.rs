//! IANA time zones as tables of transitions, and what gaps and folds mean.
//!
//! chrono-tz compiles the IANA database into the program but hides its tables and takes some 60 ns per
//! lookup. A [`Zone`] finds the transitions once, by probing, and then answers in a few nanoseconds.
//!
//! A table covers every change up to the end of 2099; before its first one local mean time holds for ever.
//! After 2099 the rules go on for ever, as in PostgreSQL and in `zoneinfo`. They say no more than which
//! weekday of which month it is, so a year is like every other whose March begins with the same weekday.
//! Each of the seven kinds occurs in the last eleven years of the table. (Palestine's clocks, which are
//! known to stand back in Ramadan up to 2086, leave no more.)

use std::fmt;
use std::sync::OnceLock;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::civil::{self, MICROS_PER_DAY, MICROS_PER_SECOND, civil_from_days, days_from_civil, split_micros};
use crate::error::{did_you_mean, excerpt};

/// The version of the IANA database, such as `2025b`.
pub const TZDB_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// PostgreSQL's answer to a local time that happened twice: the later instant, after the clock went back,
/// which is standard time almost everywhere (`DetermineTimeZoneOffset`; documentation, appendix B.2).
pub const DEFAULT_FOLD: Fold = Fold::Later;

/// Which of two instants a local time means that happened twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// The first one, before the clock went back.
    Earlier,
    /// The second one, after the clock went back.
    Later,
}

/// What a local time means in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It happened once.
    Unique(i64),
    /// It did not happen: the clock jumped over it.
    Gap {
        /// The instant it stands for all the same: the local time moved forward by the length of the gap.
        utc: i64,
        /// The jump.
        transition: Transition,
    },
    /// It happened twice.
    Fold {
        /// The instant before the clock went back.
        earlier: i64,
        /// The instant after the clock went back.
        later: i64,
    },
}

/// A change of the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The first instant with the new offset, in microseconds.
    pub at: i64,
    /// Seconds east of UTC until then.
    pub before: i32,
    /// Seconds east of UTC from then on; never the same as `before`.
    pub after: i32,
}

impl Transition {
    /// Whether the clock went forward and skipped local times.
    pub fn is_gap(&self) -> bool {
        self.after > self.before
    }
}

/// A name that is not in the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{name}`")]
pub struct UnknownZone {
    /// The name as given.
    pub name: String,
    /// The name that was probably meant.
    pub hint: Option<String>,
}

/// An IANA time zone. Two are equal when their names are.
pub struct Zone {
    name: &'static str,
    /// Its place among all zones.
    place: usize,
    /// Offsets from UTC in microseconds; `offsets[i]` holds before transition `i`, the last one for ever.
    offsets: Box<[i64]>,
    /// Instants of the transitions.
    utc: Steps,
    /// Wall clocks from which a transition counts when a time that happens twice is read as the earlier.
    wall_earlier: Steps,
    /// The same, read as the later.
    wall_later: Steps,
}

impl Zone {
    /// How many zones there are.
    pub(crate) const COUNT: usize = TZ_VARIANTS.len();

    /// The zone of an IANA name, in exact case. The first call for a zone builds its table, which takes
    /// about a millisecond; it is kept for the life of the program.
    pub fn named(name: &str) -> Result<&'static Self, UnknownZone> {
        static ZONES: [OnceLock<Zone>; TZ_VARIANTS.len()] = [const { OnceLock::new() }; TZ_VARIANTS.len()];
        match TZ_VARIANTS.iter().position(|tz| tz.name() == name) {
            Some(i) => Ok(ZONES[i].get_or_init(|| Self::build(i))),
            None => {
                let hint = did_you_mean(name, names());
                Err(UnknownZone { name: excerpt(name).into_owned(), hint })
            }
        }
    }

    /// The zone without transitions and with offset zero.
    pub fn utc() -> &'static Self {
        Self::named("UTC").expect("the database has UTC")
    }

    fn build(place: usize) -> Self {
        let tz = TZ_VARIANTS[place];
        let (first_offset, transitions) = probe(|utc| offset_of(tz, utc));
        let after = transitions.iter().map(|&(_, offset)| offset);
        let offsets: Box<[i64]> =
            std::iter::once(first_offset).chain(after).map(|offset| offset * MICROS_PER_SECOND).collect();
        let at: Vec<i64> = transitions.iter().map(|&(at, _)| at * MICROS_PER_SECOND).collect();
        // A local time in a gap keeps the offset before it, so both tables switch at the gap's end. In a
        // fold the earlier reading keeps the old offset to the fold's end, the later one drops it at once.
        let wall_later = at.iter().zip(&offsets[1..]).map(|(at, after)| at + after).collect();
        let wall_earlier = at.iter().zip(offsets.windows(2)).map(|(at, o)| at + o[0].max(o[1])).collect();
        Self {
            name: tz.name(),
            place,
            offsets,
            utc: Steps::new(at),
            wall_earlier: Steps::new(wall_earlier),
            wall_later: Steps::new(wall_later),
        }
    }

    /// The IANA name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its place among all zones, below [`Zone::COUNT`].
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// How many changes of those up to the end of 2099 are at or before an instant.
    #[inline]
    pub(crate) fn changes_up_to(&self, utc: i64) -> usize {
        self.utc.count(utc).unwrap_or(self.utc.at.len())
    }

    /// Every change of the offset up to the end of 2099, in the order of time.
    pub fn transitions(&self) -> impl ExactSizeIterator<Item = Transition> {
        (0..self.utc.at.len()).map(|i| self.transition(i))
    }

    fn transition(&self, i: usize) -> Transition {
        let seconds = |i: usize| (self.offsets[i] / MICROS_PER_SECOND) as i32;
        Transition { at: self.utc.at[i], before: seconds(i), after: seconds(i + 1) }
    }

    /// The offset from UTC in microseconds where a moment stands among some steps.
    #[inline]
    fn offset(&self, steps: &Steps, micros: i64) -> i64 {
        match steps.count(micros) {
            Some(count) => self.offsets[count],
            None => self.offset_after_the_table(steps, micros),
        }
    }

    #[cold]
    fn offset_after_the_table(&self, steps: &Steps, micros: i64) -> i64 {
        self.offsets[steps.count(micros - self.beyond(micros)).unwrap_or(self.utc.at.len())]
    }

    /// How far a moment after the table lies from the one of its last years that the rules treat the same, in
    /// microseconds; 0 for others, and where no rule changes the clock for ever. No rule changes it from December to
    /// February, so that neither the zone by which a year begins nor a leap day matters.
    fn beyond(&self, micros: i64) -> i64 {
        let for_ever = self.utc.at.last().is_some_and(|&at| at >= LAST_YEAR * MICROS_PER_SECOND);
        if micros < END * MICROS_PER_SECOND || !for_ever {
            return 0;
        }
        let (year, _, _) = civil_from_days(split_micros(micros).0);
        let march = days_from_civil(year, 3, 1);
        let distance = |like: i32| march - days_from_civil(like, 3, 1);
        // In eleven years March begins on every day of the week.
        let distance = (2089..2100).map(distance).find(|days| days % 7 == 0).unwrap_or(0);
        i64::from(distance) * MICROS_PER_DAY
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(&self, utc: i64) -> i32 {
        (self.offset(&self.utc, utc) / MICROS_PER_SECOND) as i32
    }

    /// The wall clock at an instant.
    pub fn to_local(&self, utc: i64) -> i64 {
        utc.saturating_add(self.offset(&self.utc, utc))
    }

    /// The instant of a wall clock. A time in a gap moves forward by the length of the gap, as in
    /// PostgreSQL; `fold` decides about a time that happened twice.
    pub fn to_utc(&self, local: i64, fold: Fold) -> i64 {
        local.saturating_sub(self.offset(self.wall(fold), local))
    }

    /// Appends the wall clock of every instant.
    pub fn to_local_all(&self, utc: &[i64], out: &mut Vec<i64>) {
        out.extend(utc.iter().map(|&utc| self.to_local(utc)));
    }

    /// Appends the instant of every wall clock; see [`Zone::to_utc`].
    pub fn to_utc_all(&self, local: &[i64], fold: Fold, out: &mut Vec<i64>) {
        let steps = self.wall(fold);
        out.extend(local.iter().map(|&local| local.saturating_sub(self.offset(steps, local))));
    }

    /// What a wall clock means here: one instant, none or two.
    pub fn resolve(&self, local: i64) -> Resolved {
        let beyond = self.beyond(local);
        let local = local - beyond;
        let last = self.utc.at.len();
        let earlier_index = self.wall_earlier.count(local).unwrap_or(last);
        let later_index = self.wall_later.count(local).unwrap_or(last);
        let earlier = local.saturating_sub(self.offsets[earlier_index]);
        if earlier_index != later_index {
            let later = local.saturating_sub(self.offsets[later_index]);
            return Resolved::Fold {
                earlier: earlier.saturating_add(beyond),
                later: later.saturating_add(beyond),
            };
        }
        // Read with the offset before the next transition, a time in its gap lies at or after it.
        match self.utc.at.get(earlier_index) {
            Some(&at) if earlier >= at => {
                let transition = self.transition(earlier_index);
                let at = transition.at.saturating_add(beyond);
                Resolved::Gap {
                    utc: earlier.saturating_add(beyond),
                    transition: Transition { at, ..transition },
                }
            }
            _ => Resolved::Unique(earlier.saturating_add(beyond)),
        }
    }

    /// The changes of the offset after one instant, up to and with another one that is some days later.
    pub fn changes(&self, after: i64, until: i64) -> impl Iterator<Item = Transition> {
        // No rule changes the clock in the first or the last days of a year, so both have the same distance.
        let beyond = self.beyond(after.saturating_add((until - after) / 2));
        let last = self.utc.at.len();
        let count = |utc: i64| self.utc.count(utc.saturating_sub(beyond)).unwrap_or(last);
        (count(after)..count(until)).map(move |i| {
            let change = self.transition(i);
            Transition { at: change.at.saturating_add(beyond), ..change }
        })
    }

    /// An instant plus an interval: months and days on the wall clock, which keeps the local time of day
    /// across a change of the offset, then the time on the instant. PostgreSQL answers the same unless the
    /// months alone lead into a gap: it then moves forward before it adds the days.
    /// `None` outside the range of [`civil::add_interval_micros`].
    pub fn add_interval(&self, utc: i64, months: i32, days: i32, nanos: i64, fold: Fold) -> Option<i64> {
        let utc = match (months, days) {
            (0, 0) => utc,
            _ => self.to_utc(civil::add_interval_micros(self.to_local(utc), months, days, 0)?, fold),
        };
        civil::add_interval_micros(utc, 0, 0, nanos)
    }

    fn wall(&self, fold: Fold) -> &Steps {
        match fold {
            Fold::Earlier => &self.wall_earlier,
            Fold::Later => &self.wall_later,
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

/// Every name of the IANA database, in its order.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|tz| tz.name())
}

/// Moments in ascending order, and how many of them lie behind any other moment.
#[derive(Debug)]
struct Steps {
    at: Box<[i64]>,
    /// How many moments lie before each bucket of time, so that a search starts where it ends.
    before_bucket: Box<[u16]>,
}

impl Steps {
    /// A bucket is 2^41 microseconds, 25 days: hardly ever more than one transition.
    const BUCKET_BITS: u32 = 41;
    const BUCKETS: i64 = (((END - BEGIN) * MICROS_PER_SECOND) >> Self::BUCKET_BITS) + 1;

    fn new(at: Vec<i64>) -> Self {
        let before = |bucket: i64| {
            let start = BEGIN * MICROS_PER_SECOND + (bucket << Self::BUCKET_BITS);
            at.partition_point(|&at| at < start) as u16
        };
        // Bucket 0 also answers for everything before it.
        let before_bucket = std::iter::once(0).chain((1..Self::BUCKETS).map(before)).collect();
        Self { at: at.into(), before_bucket }
    }

    /// The number of moments at or before `micros`; `None` after the table, where the buckets end.
    #[inline]
    fn count(&self, micros: i64) -> Option<usize> {
        let bucket = micros.saturating_sub(BEGIN * MICROS_PER_SECOND) >> Self::BUCKET_BITS;
        let mut count = usize::from(*self.before_bucket.get(bucket.max(0) as usize)?);
        while self.at.get(count).is_some_and(|&at| at <= micros) {
            count += 1;
        }
        Some(count)
    }
}

// 1800-01-01, 1900-01-01, 2099-01-01 and 2100-01-01 in seconds. No zone has a change before the first, and so few
// before the second that one bucket holds them.
const DAWN: i64 = -62_091 * 86_400;
const BEGIN: i64 = -25_567 * 86_400;
const LAST_YEAR: i64 = END - 365 * 86_400;
const END: i64 = 47_482 * 86_400;

/// The shortest visit to an offset lasts an hour less than a week (Recife in October 2000, Gaza around
/// Ramadan), so a probe every five days sees every one. A test compares this with a probe every twelve hours.
const PROBE_STEP: i64 = 5 * 86_400;

/// The first offset, and every transition as its second and the offset from there on.
fn probe(offset_at: impl Fn(i64) -> i64) -> (i64, Vec<(i64, i64)>) {
    let first_offset = offset_at(DAWN);
    let mut transitions = Vec::new();
    let (mut low, mut offset) = (DAWN, first_offset);
    while low < END {
        let high = (low + PROBE_STEP).min(END);
        let high_offset = offset_at(high);
        while offset != high_offset {
            low = first_change(low, high, offset, &offset_at);
            offset = offset_at(low);
            transitions.push((low, offset));
        }
        low = high;
    }
    (first_offset, transitions)
}

/// A second in `low + 1..=high` with another offset than the second before, which has that of `low`.
fn first_change(mut low: i64, mut high: i64, offset: i64, offset_at: impl Fn(i64) -> i64) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset_at(middle) == offset {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// chrono-tz's answer: seconds east of UTC, daylight saving included.
fn offset_of(tz: Tz, utc_seconds: i64) -> i64 {
    let utc = DateTime::from_timestamp(utc_seconds, 0).expect("a second between 1800 and 2100").naive_utc();
    i64::from(tz.offset_from_utc_datetime(&utc).fix().local_minus_utc())
}

#[cfg(test)]
mod tests;

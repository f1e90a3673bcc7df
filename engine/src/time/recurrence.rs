//! Recurrences: the *k*-th time that something comes back, in the civil time of a zone.
//!
//! A [`Recurrence`] is the rule ("every month", "on the last Friday", "at 02:30"), a [`Series`] is the rule from an instant on, in a
//! zone. Every occurrence is counted from the anchor, never from the one before, so days do not drift: what begins on
//! 31 January comes back on 28 February and on 31 March. Looking up an occurrence and counting those before an instant take
//! constant time; with [`Folds::Both`], the changes of the clock from the anchor on are gone through.
//!
//! ```
//! use seedbed_engine::calendar::Zone;
//! use seedbed_engine::calendar::text::{Style, write_instant};
//! use seedbed_engine::time::{DayOfMonth, Folds, Recurrence, Step};
//!
//! let monthly = Recurrence {
//!     step: Step::Months { months: 1, day: DayOfMonth::OfAnchor },
//!     at: Some(0),
//!     folds: Folds::Later,
//! };
//! let berlin = Zone::named("Europe/Berlin").unwrap();
//! // 2026-01-30T23:00:00Z, which is midnight of the 31st in Berlin.
//! let series = monthly.from(1_769_814_000_000_000, berlin);
//! let shown = |k| {
//!     let (at, mut out) = (series.at(k).unwrap(), String::new());
//!     write_instant(&mut out, at, berlin.offset_at(at), Style::Sql);
//!     out
//! };
//! assert_eq!(shown(1), "2026-02-28 00:00:00+01");
//! assert_eq!(shown(2), "2026-03-31 00:00:00+02");
//! ```

use std::fmt;

use crate::calendar::civil::{
    MAX_MICROS, MICROS_PER_DAY, MIN_MICROS, civil_from_days, days_from_civil, days_in_month, split_micros,
    weekday,
};
use crate::calendar::{Fold, Resolved, Zone};

/// When something comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// How far apart the occurrences are.
    pub step: Step,
    /// The local time of day, microseconds since midnight; `None` for that of the anchor. It means nothing for
    /// [`Step::Elapsed`].
    pub at: Option<i64>,
    /// What becomes of local times that happen twice. Those that do not happen move forward by the length of the gap.
    pub folds: Folds,
}

/// The names of the weekdays, from Monday.
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// How far apart occurrences are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// So many microseconds of elapsed time, 1 or more, whatever the clocks do.
    Elapsed(i64),
    /// So many days, 1 or more.
    Days(u32),
    /// On some weekdays of every so many weeks, 1 or more. Weeks begin on Monday.
    Weeks {
        /// How many weeks.
        weeks: u32,
        /// The weekdays, Monday in the lowest bit; none for that of the anchor.
        weekdays: u8,
    },
    /// On a day of every so many months, 1 or more.
    Months {
        /// How many months.
        months: u32,
        /// Which day.
        day: DayOfMonth,
    },
}

/// A day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DayOfMonth {
    /// The day of the anchor, or the month's last where it has no such day.
    OfAnchor,
    /// The day of that number, 1 to 31, or the month's last where it has no such day.
    Number(u32),
    /// The *n*-th of a weekday, *n* from 1 to 4; weekdays count from 1, Monday.
    Weekday {
        /// Which of them.
        nth: u32,
        /// The weekday.
        weekday: u32,
    },
    /// The last of a weekday, counted from 1, Monday.
    LastWeekday(u32),
}

/// What becomes of local times that happen twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Folds {
    /// The first of the two counts.
    Earlier,
    /// The second of the two counts, as in PostgreSQL.
    Later,
    /// Both count: there is one occurrence more. Up to the end of 2099, where the table of a zone ends; the later one counts behind it.
    Both,
}

/// A recurrence from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    rule: Recurrence,
    zone: &'static Zone,
    /// The instant it was asked to begin at.
    from: i64,
    /// The local date of occurrence 0.
    date: i32,
    /// The local time of day of all occurrences.
    time: i64,
}

impl Recurrence {
    /// The occurrences in a zone, the first of them at or after an instant (microseconds since 1970-01-01T00:00:00Z).
    pub fn from(self, from: i64, zone: &'static Zone) -> Series {
        let (date, time_of_day) = split_micros(zone.to_local(from));
        let mut series = Series { rule: self, zone, from, date, time: self.at.unwrap_or(time_of_day) };
        if !matches!(self.step, Step::Elapsed(_)) {
            // Where the clock went back over midnight, the day before has times that are still to come; one that it skipped
            // has none.
            let yesterday = date.saturating_sub(1);
            let is_yesterday = series.last_of(yesterday) >= from && !series.is_skipped(yesterday);
            series.date = self.first_day(if is_yesterday { yesterday } else { date });
            // The time of day may have passed. A clock that skips days needs a second step.
            for _ in 0..3 {
                if series.last_of(series.date) >= from {
                    break;
                }
                series.date = self.first_day(series.date.saturating_add(1));
            }
        }
        series
    }

    /// The first day that the rule knows from a day on.
    fn first_day(self, date: i32) -> i32 {
        match self.step {
            Step::Elapsed(_) | Step::Days(_) | Step::Weeks { weekdays: 0, .. } => date,
            Step::Months { day: DayOfMonth::OfAnchor, .. } => date,
            Step::Weeks { weekdays, .. } => {
                let in_week = |date: i32| weekdays >> (weekday(date) - 1) & 1 == 1;
                (0..7).map(|days| date.saturating_add(days)).find(|date| in_week(*date)).unwrap_or(date)
            }
            Step::Months { day, .. } => {
                let month = month_of(date);
                let here = day.in_month(month, 1);
                if here >= date { here } else { day.in_month(month + 1, 1) }
            }
        }
    }
}

impl Recurrence {
    /// The same with steps so many times as far; `None` where that is below 1 or too far.
    pub fn times(self, times: i64) -> Option<Self> {
        let far = |count: u32| u32::try_from(i64::from(count).checked_mul(times)?).ok().filter(|n| *n > 0);
        let step = match self.step {
            Step::Elapsed(micros) => Step::Elapsed(micros.checked_mul(times).filter(|micros| *micros > 0)?),
            Step::Days(days) => Step::Days(far(days)?),
            Step::Weeks { weeks, weekdays } => Step::Weeks { weeks: far(weeks)?, weekdays },
            Step::Months { months, day } => Step::Months { months: far(months)?, day },
        };
        Some(Self { step, ..self })
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let every = |f: &mut fmt::Formatter, count: i64, unit: &str| match count {
            1 => write!(f, "every {unit}"),
            _ => write!(f, "every {count} {unit}s"),
        };
        match self.step {
            Step::Elapsed(micros) if micros % 3_600_000_000 == 0 => every(f, micros / 3_600_000_000, "hour")?,
            Step::Elapsed(micros) => every(f, micros / 60_000_000, "minute")?,
            Step::Days(days) => every(f, days.into(), "day")?,
            Step::Weeks { weeks, weekdays } => {
                every(f, weeks.into(), "week")?;
                let named = WEEKDAYS.iter().enumerate().filter(|(day, _)| weekdays >> day & 1 == 1);
                for (i, (_, name)) in named.enumerate() {
                    write!(f, "{} {name}", if i == 0 { " on" } else { "," })?;
                }
            }
            Step::Months { months, day } => {
                every(f, months.into(), "month")?;
                let name = |weekday: u32| WEEKDAYS[weekday as usize - 1];
                match day {
                    DayOfMonth::OfAnchor => {}
                    DayOfMonth::Number(day) => write!(f, " on day {day}")?,
                    DayOfMonth::Weekday { nth, weekday } => write!(f, " on {} number {nth}", name(weekday))?,
                    DayOfMonth::LastWeekday(weekday) => write!(f, " on the last {}", name(weekday))?,
                }
            }
        }
        if let Some(at) = self.at {
            write!(f, " at {:02}:{:02}", at / 3_600_000_000, at / 60_000_000 % 60)?;
        }
        f.write_str(match self.folds {
            Folds::Later => "",
            Folds::Earlier => ", the earlier time where it comes twice",
            Folds::Both => ", both times where it comes twice",
        })
    }
}

impl DayOfMonth {
    /// The day in a month, counted from January of year 0; `anchor` is the day of the anchor in its month.
    fn in_month(self, month: i64, anchor: u32) -> i32 {
        // Months of 32-bit dates fit 32-bit years.
        let (year, month) = (month.div_euclid(12) as i32, month.rem_euclid(12) as u32 + 1);
        let last = days_in_month(year, month);
        let nth = |weekday_wanted: u32, from: u32| {
            let first = weekday(days_from_civil(year, month, from));
            from + (weekday_wanted + 7 - first) % 7
        };
        let day = match self {
            Self::OfAnchor => anchor.min(last),
            Self::Number(day) => day.min(last),
            Self::Weekday { nth: n, weekday } => nth(weekday, 1 + 7 * (n - 1)),
            Self::LastWeekday(weekday) => nth(weekday, last - 6),
        };
        days_from_civil(year, month, day)
    }
}

/// Months since January of year 0.
fn month_of(date: i32) -> i64 {
    let (year, month, _) = civil_from_days(date);
    i64::from(year) * 12 + i64::from(month) - 1
}

impl Series {
    /// The instant of occurrence `k`, counted from 0; `None` where the calendar ends.
    #[inline]
    pub fn at(&self, k: u64) -> Option<i64> {
        if let Step::Elapsed(micros) = self.rule.step {
            let at = i64::try_from(k).ok()?.checked_mul(micros)?.checked_add(self.from)?;
            return (MIN_MICROS..=MAX_MICROS).contains(&at).then_some(at);
        }
        match self.rule.folds {
            Folds::Earlier => self.instant(self.date(k)?, Fold::Earlier),
            Folds::Later => self.instant(self.date(k)?, Fold::Later),
            Folds::Both => {
                let (day, fold) = self.of_both(k);
                self.instant(self.date(day)?, fold)
            }
        }
    }

    /// The local date of occurrence `k`: that of the rule, also where the clock jumps over it.
    #[inline]
    pub fn local_date(&self, k: u64) -> Option<i32> {
        match (self.rule.step, self.rule.folds) {
            (Step::Elapsed(_), _) => self.at(k).map(|at| split_micros(self.zone.to_local(at)).0),
            (_, Folds::Both) => self.date(self.of_both(k).0),
            _ => self.date(k),
        }
    }

    /// How many occurrences lie before an instant.
    pub fn before(&self, instant: i64) -> u64 {
        if let Step::Elapsed(micros) = self.rule.step {
            let since = i128::from(instant) - i128::from(self.from);
            return u64::try_from((since + i128::from(micros) - 1).div_euclid(i128::from(micros)))
                .unwrap_or(0);
        }
        let fold = if self.rule.folds == Folds::Earlier { Fold::Earlier } else { Fold::Later };
        let is_before = |day: u64| {
            self.date(day).and_then(|date| self.instant(date, fold)).is_some_and(|at| at < instant)
        };
        // Two days earlier, every occurrence up to then is before it, whatever the clocks do.
        let (date, _) = split_micros(self.zone.to_local(instant));
        let mut days = self.days_before(date.saturating_sub(2));
        while is_before(days) {
            days += 1;
        }
        if self.rule.folds == Folds::Both {
            let twice = self.twice(days + 1);
            let earlier = twice.filter(|day| {
                self.date(*day)
                    .and_then(|date| self.instant(date, Fold::Earlier))
                    .is_some_and(|at| at < instant)
            });
            return days + earlier.count() as u64;
        }
        days
    }

    #[inline]
    fn instant(&self, date: i32, fold: Fold) -> Option<i64> {
        let local = i64::from(date).checked_mul(MICROS_PER_DAY)?.checked_add(self.time)?;
        (MIN_MICROS..=MAX_MICROS).contains(&local).then(|| self.zone.to_utc(local, fold))
    }

    /// Whether the clock jumps over the time of a day.
    fn is_skipped(&self, date: i32) -> bool {
        let midnight = i64::from(date).checked_mul(MICROS_PER_DAY);
        let local = midnight.and_then(|midnight| midnight.checked_add(self.time));
        local.is_some_and(|local| matches!(self.zone.resolve(local), Resolved::Gap { .. }))
    }

    /// The last instant of a day's occurrences.
    fn last_of(&self, date: i32) -> i64 {
        let fold = if self.rule.folds == Folds::Earlier { Fold::Earlier } else { Fold::Later };
        self.instant(date, fold).unwrap_or(i64::MAX)
    }

    /// The date of the `k`-th day of the rule.
    #[inline]
    fn date(&self, k: u64) -> Option<i32> {
        let k = i64::try_from(k).ok()?;
        let days = match self.rule.step {
            Step::Elapsed(_) => return None,
            Step::Days(days) => k.checked_mul(i64::from(days))?,
            Step::Weeks { weeks, weekdays: 0 } => k.checked_mul(7 * i64::from(weeks))?,
            Step::Weeks { weeks, weekdays } => {
                let per_week = i64::from(weekdays.count_ones());
                let first = i64::from(weekday(self.date)) - 1;
                let place = i64::from((weekdays & ((1 << first) - 1)).count_ones()) + k;
                let (week, place) = (place / per_week, place % per_week);
                let day = (0..7).filter(|day| weekdays >> day & 1 == 1).nth(place as usize)?;
                week.checked_mul(7 * i64::from(weeks))?.checked_add(day - first)?
            }
            Step::Months { months, day } => {
                let (year, month, anchor) = civil_from_days(self.date);
                let first = i64::from(year) * 12 + i64::from(month) - 1;
                let month = k.checked_mul(i64::from(months))?.checked_add(first)?;
                return i32::try_from(month.div_euclid(12)).ok().map(|_| day.in_month(month, anchor));
            }
        };
        i32::try_from(days.checked_add(i64::from(self.date))?).ok()
    }

    /// How many days of the rule are before a date, or a few less.
    fn days_before(&self, date: i32) -> u64 {
        let days = i64::from(date) - i64::from(self.date);
        let steps = match self.rule.step {
            Step::Elapsed(_) => 0,
            Step::Days(every) => days / i64::from(every),
            Step::Weeks { weeks, weekdays } => {
                // Whole periods of weeks, less the one that the anchor has begun.
                let periods = days.div_euclid(7 * i64::from(weeks));
                let per_week = i64::from(weekdays.count_ones().max(1));
                let spare = if weekdays == 0 { 0 } else { per_week };
                periods.saturating_mul(per_week) - spare
            }
            Step::Months { months, .. } => (month_of(date) - month_of(self.date)) / i64::from(months) - 1,
        };
        steps.max(0).cast_unsigned()
    }

    /// The days of the rule before the `until`-th whose local time happens twice, both times from the anchor on.
    fn twice(&self, until: u64) -> impl Iterator<Item = u64> {
        let folds = self.zone.transitions().filter(|change| !change.is_gap() && change.at >= self.from);
        let dates = folds.filter_map(|change| {
            let wall = |offset: i32| change.at + i64::from(offset) * 1_000_000;
            let (first, end) = (wall(change.after), wall(change.before));
            let mut dates = split_micros(first).0..=split_micros(end).0;
            dates.find(|date| (first..end).contains(&(i64::from(*date) * MICROS_PER_DAY + self.time)))
        });
        let whole = dates.filter(|date| self.instant(*date, Fold::Earlier).is_some_and(|at| at >= self.from));
        whole.filter_map(|date| self.day_of(date)).take_while(move |day| *day < until)
    }

    /// Which day of the rule a date is, if it is one.
    fn day_of(&self, date: i32) -> Option<u64> {
        let mut k = self.days_before(date);
        while self.date(k)? < date {
            k += 1;
        }
        (self.date(k)? == date).then_some(k)
    }

    /// The day and the reading of occurrence `k`, where local times that happen twice count twice.
    fn of_both(&self, k: u64) -> (u64, Fold) {
        let mut more = 0;
        for day in self.twice(k + 1) {
            let first = day + more;
            if k < first {
                break;
            }
            if k == first {
                return (day, Fold::Earlier);
            }
            more += 1;
        }
        (k - more, Fold::Later)
    }
}

#[cfg(test)]
mod tests;

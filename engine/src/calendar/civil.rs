//! The proleptic Gregorian calendar on integers: days and microseconds since 1970-01-01.
//!
//! Years are astronomical: 0 is 1 BC, -4712 is 4713 BC. Nothing here panics or allocates.
//!
//! Dates are exact over all of `i32`, which spans the years -5877641 to 5881580; PostgreSQL's dates lie
//! in [`MIN_DAYS`]`..=`[`MAX_DAYS`]. Microseconds are exact in [`MIN_MICROS`]`..=`[`MAX_MICROS`]: from
//! 4713 BC, where PostgreSQL's timestamps begin, to the last whole year that fits 64 bits counted from
//! 1970. PostgreSQL counts from 2000 and therefore reaches 294276, thirty years further. Outside,
//! functions that return an `Option` say `None` and the others saturate.

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// -4712-01-01 (4713 BC), the first date.
pub const MIN_DAYS: i32 = -2_440_550;
/// 5874897-12-31, the last date.
pub const MAX_DAYS: i32 = 2_145_042_905;
/// -4712-01-01 00:00:00 (4713 BC), the first instant.
pub const MIN_MICROS: i64 = MIN_DAYS as i64 * MICROS_PER_DAY;
/// 294246-12-31 23:59:59.999999, the last instant. Nine days below `i64::MAX`, so that no offset of a
/// zone overflows.
pub const MAX_MICROS: i64 = 106_751_982 * MICROS_PER_DAY - 1;

// The Gregorian calendar repeats every 400 years.
const DAYS_PER_CYCLE: i64 = 146_097;
// Days from 0000-03-01, where the computational year begins, to 1970-01-01.
const EPOCH: i64 = 719_468;
// Cycles added so that unsigned division sees no negative date, and no negative year.
const CYCLES_BEFORE_DAYS: i64 = 14_704;
const CYCLES_BEFORE_YEARS: i64 = 5_368_710;

/// Whether a year has a 29 February.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days in a month, 28 to 31; `month` is 1 to 12.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether the calendar has this date.
pub fn is_date(year: i32, month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month)
}

/// Days since 1970-01-01. `month` is 1 to 12; a `day` past the month's end counts on into the next one.
/// Saturates where the date does not fit.
///
/// After C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar
/// algorithms", Software: Practice and Experience 53 (2023), with a wider shift for all of `i32`.
///
/// ```
/// use seedbed_engine::calendar::civil::days_from_civil;
/// assert_eq!(days_from_civil(1970, 1, 1), 0);
/// assert_eq!(days_from_civil(2000, 3, 1), 11_017);
/// ```
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let before_march = month <= 2;
    let year = (i64::from(year) + 400 * CYCLES_BEFORE_YEARS - i64::from(before_march)) as u64;
    let month = u64::from(if before_march { month + 12 } else { month });
    let century = year / 100;
    let days_before_year = 1461 * year / 4 - century + century / 4;
    let days_before_month = (979 * month).saturating_sub(2919) / 32;
    let day_count = (days_before_year + days_before_month + u64::from(day)) as i64;
    let days = day_count - 1 - EPOCH - DAYS_PER_CYCLE * CYCLES_BEFORE_YEARS;
    days.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// The year, month (1 to 12) and day (1 to 31) of a date. Source: see [`days_from_civil`].
///
/// ```
/// use seedbed_engine::calendar::civil::civil_from_days;
/// assert_eq!(civil_from_days(-1), (1969, 12, 31));
/// assert_eq!(civil_from_days(11_016), (2000, 2, 29));
/// ```
pub fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = (i64::from(days) + EPOCH + DAYS_PER_CYCLE * CYCLES_BEFORE_DAYS) as u64;
    let quarter_days = 4 * shifted + 3;
    let century = quarter_days / DAYS_PER_CYCLE as u64;
    let in_century = (quarter_days % DAYS_PER_CYCLE as u64) as u32 / 4;

    // 2939745 / 2^32 is 1 / 1461, near enough for every day of a century.
    let product = 2_939_745 * u64::from(4 * in_century + 3);
    let year_of_century = (product >> 32) as u32;
    let day_of_year = product as u32 / 2_939_745 / 4;

    let month_and_day = 2141 * day_of_year + 197_913;
    let (month, day) = (month_and_day >> 16, (month_and_day & 0xffff) / 2141 + 1);
    let after_december = day_of_year >= 306;
    let year = 100 * century as i64 + i64::from(year_of_century) - 400 * CYCLES_BEFORE_DAYS;
    let year = (year + i64::from(after_december)) as i32;
    (year, if after_december { month - 12 } else { month }, day)
}

/// The ISO weekday: 1 is Monday, 7 is Sunday.
pub fn weekday(days: i32) -> u32 {
    // 1970-01-01 was a Thursday.
    (i64::from(days) + 3).rem_euclid(7) as u32 + 1
}

/// The day of the year, 1 to 366.
pub fn day_of_year(days: i32) -> u32 {
    let (year, _, _) = civil_from_days(days);
    days.wrapping_sub(days_from_civil(year, 1, 1)) as u32 + 1
}

/// The ISO year and week (1 to 53): weeks begin on Monday, and week 1 has the year's first Thursday.
pub fn iso_week(days: i32) -> (i32, u32) {
    let thursday = days.saturating_add(4 - weekday(days) as i32);
    let (year, _, _) = civil_from_days(thursday);
    (year, (day_of_year(thursday) - 1) / 7 + 1)
}

/// The date `months` later (or earlier), on the same day or on the month's last where it has no such day.
/// Count from the anchor, not from the last answer, and the day comes back: that is what keeps
/// "every month on the 31st" from drifting.
///
/// ```
/// use seedbed_engine::calendar::civil::{add_months, civil_from_days, days_from_civil};
/// let anchor = days_from_civil(2023, 1, 31);
/// assert_eq!(civil_from_days(add_months(anchor, 1)), (2023, 2, 28));
/// assert_eq!(civil_from_days(add_months(anchor, 2)), (2023, 3, 31));
/// ```
pub fn add_months(days: i32, months: i32) -> i32 {
    let (year, month, day) = civil_from_days(days);
    let count = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    // Fits: a twelfth of 2^31 months on top of 5.9 million years.
    let year = count.div_euclid(12) as i32;
    let month = count.rem_euclid(12) as u32 + 1;
    days_from_civil(year, month, day.min(days_in_month(year, month)))
}

/// The date and the microseconds since its midnight, `0..86_400_000_000`.
pub fn split_micros(micros: i64) -> (i32, i64) {
    let days = micros.div_euclid(MICROS_PER_DAY);
    (days as i32, micros.wrapping_sub(days.wrapping_mul(MICROS_PER_DAY)))
}

/// A wall clock plus an interval, as PostgreSQL adds them: first the months, clamped to the month's end,
/// then the days, then the time, of which whole microseconds count. `None` outside
/// [`MIN_MICROS`]`..=`[`MAX_MICROS`]. For an instant in a zone see [`Zone::add_interval`](super::Zone::add_interval).
pub fn add_interval_micros(micros: i64, months: i32, days: i32, nanos: i64) -> Option<i64> {
    let (mut date, micros_of_day) = split_micros(micros);
    if months != 0 {
        date = add_months(date, months);
    }
    let micros = (i64::from(date) + i64::from(days))
        .checked_mul(MICROS_PER_DAY)?
        .checked_add(micros_of_day)?
        .checked_add(nanos / 1000)?;
    (MIN_MICROS..=MAX_MICROS).contains(&micros).then_some(micros)
}

/// A unit that time is truncated to, from short to long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// The finest unit there is.
    Microsecond,
    /// 1000 microseconds.
    Millisecond,
    /// Second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// From midnight to midnight.
    Day,
    /// The ISO week, from Monday.
    Week,
    /// The calendar month.
    Month,
    /// Three months, from January, April, July or October.
    Quarter,
    /// The calendar year.
    Year,
    /// Ten years, from one that ends in 0.
    Decade,
    /// A hundred years, from one that ends in 01.
    Century,
    /// A thousand years, from one that ends in 001.
    Millennium,
}

impl Unit {
    /// Every unit, from short to long.
    pub const ALL: [Self; 13] = [
        Self::Microsecond,
        Self::Millisecond,
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::Decade,
        Self::Century,
        Self::Millennium,
    ];

    /// The name in SQL, in the singular.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microsecond => "microsecond",
            Self::Millisecond => "millisecond",
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Century => "century",
            Self::Millennium => "millennium",
        }
    }

    /// The unit of a name in SQL, singular or plural, in any case, or one of PostgreSQL's short forms.
    ///
    /// ```
    /// use seedbed_engine::calendar::Unit;
    /// assert_eq!(Unit::from_name("Hours"), Some(Unit::Hour));
    /// assert_eq!(Unit::from_name("mon"), Some(Unit::Month));
    /// assert_eq!(Unit::from_name("fortnight"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let short = match name.as_str() {
            "us" | "usec" | "usecs" => Some(Self::Microsecond),
            "ms" | "msec" | "msecs" => Some(Self::Millisecond),
            "s" | "sec" | "secs" => Some(Self::Second),
            "m" | "min" | "mins" => Some(Self::Minute),
            "h" | "hr" | "hrs" => Some(Self::Hour),
            "d" => Some(Self::Day),
            "w" => Some(Self::Week),
            "mon" | "mons" => Some(Self::Month),
            "qtr" => Some(Self::Quarter),
            "y" | "yr" | "yrs" => Some(Self::Year),
            "dec" | "decs" => Some(Self::Decade),
            "c" | "cent" | "centuries" => Some(Self::Century),
            "mil" | "mils" | "millennia" => Some(Self::Millennium),
            _ => None,
        };
        let singular = name.strip_suffix('s').unwrap_or(&name);
        short.or_else(|| Self::ALL.into_iter().find(|unit| unit.name() == singular))
    }

    /// Nanoseconds in a unit of fixed length; `None` from the day on, whose length depends on the zone.
    pub fn nanos(self) -> Option<i64> {
        Some(match self {
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
            _ => return None,
        })
    }
}

/// The beginning of the unit that a wall clock lies in, towards the past. For an instant convert to the
/// wall clock of a zone first, as `date_trunc` does.
pub fn trunc(unit: Unit, micros: i64) -> i64 {
    match unit {
        Unit::Microsecond => micros,
        Unit::Millisecond => trunc_to(micros, 1_000),
        Unit::Second => trunc_to(micros, MICROS_PER_SECOND),
        Unit::Minute => trunc_to(micros, 60 * MICROS_PER_SECOND),
        Unit::Hour => trunc_to(micros, 3_600 * MICROS_PER_SECOND),
        Unit::Day => trunc_to(micros, MICROS_PER_DAY),
        Unit::Week
        | Unit::Month
        | Unit::Quarter
        | Unit::Year
        | Unit::Decade
        | Unit::Century
        | Unit::Millennium => {
            let (days, _) = split_micros(micros);
            i64::from(trunc_days(unit, days)).saturating_mul(MICROS_PER_DAY)
        }
    }
}

/// The first day of the unit that a date lies in; the date itself for units up to the day.
pub fn trunc_days(unit: Unit, days: i32) -> i32 {
    let (year, month, day) = match unit {
        Unit::Month | Unit::Quarter | Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium => {
            civil_from_days(days)
        }
        Unit::Week => return days.saturating_sub(weekday(days) as i32 - 1),
        _ => return days,
    };
    match unit {
        Unit::Month => days.saturating_sub(day as i32 - 1),
        Unit::Quarter => days_from_civil(year, (month - 1) / 3 * 3 + 1, 1),
        Unit::Decade => days_from_civil(year.div_euclid(10) * 10, 1, 1),
        Unit::Century => days_from_civil((year - 1).div_euclid(100) * 100 + 1, 1, 1),
        Unit::Millennium => days_from_civil((year - 1).div_euclid(1000) * 1000 + 1, 1, 1),
        _ => days_from_civil(year, 1, 1),
    }
}

fn trunc_to(micros: i64, length: i64) -> i64 {
    micros.saturating_sub(micros.rem_euclid(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bounds_are_what_their_names_say() {
        assert_eq!(civil_from_days(MIN_DAYS), (-4712, 1, 1));
        assert_eq!(civil_from_days(MAX_DAYS), (5_874_897, 12, 31));
        assert_eq!(split_micros(MAX_MICROS + 1), (days_from_civil(294_247, 1, 1), 0));
        assert_eq!(civil_from_days(i32::MIN), (-5_877_641, 6, 23));
        assert_eq!(civil_from_days(i32::MAX), (5_881_580, 7, 11));
    }

    /// Python's `datetime`: days, date, `isoweekday`, `isocalendar` and `tm_yday`.
    #[test]
    fn python_agrees() {
        let witnesses = [
            (-719_162, (1, 1, 1), 1, (1, 1), 1),
            (2_932_896, (9999, 12, 31), 5, (9999, 52), 365),
            (-25_509, (1900, 2, 28), 3, (1900, 9), 59),
            (-25_508, (1900, 3, 1), 4, (1900, 9), 60),
            (11_016, (2000, 2, 29), 2, (2000, 9), 60),
            (12_783, (2004, 12, 31), 5, (2004, 53), 366),
            (12_784, (2005, 1, 1), 6, (2004, 53), 1),
            (12_785, (2005, 1, 2), 7, (2004, 53), 2),
            (14_242, (2008, 12, 29), 1, (2009, 1), 364),
            (14_609, (2009, 12, 31), 4, (2009, 53), 365),
            (14_612, (2010, 1, 3), 7, (2009, 53), 3),
            (14_613, (2010, 1, 4), 1, (2010, 1), 4),
            (17_166, (2016, 12, 31), 6, (2016, 52), 366),
            (17_532, (2018, 1, 1), 1, (2018, 1), 1),
            (18_627, (2020, 12, 31), 4, (2020, 53), 366),
            (18_630, (2021, 1, 3), 7, (2020, 53), 3),
            (19_782, (2024, 2, 29), 4, (2024, 9), 60),
            (20_087, (2024, 12, 30), 1, (2025, 1), 365),
            (20_818, (2026, 12, 31), 4, (2026, 53), 365),
            (20_819, (2027, 1, 1), 5, (2026, 53), 1),
            (47_540, (2100, 2, 28), 7, (2100, 8), 59),
            (-1, (1969, 12, 31), 3, (1970, 1), 365),
            (0, (1970, 1, 1), 4, (1970, 1), 1),
        ];
        for (days, date, day_of_week, week, ordinal) in witnesses {
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
            assert_eq!(civil_from_days(days), date);
            assert_eq!(weekday(days), day_of_week, "{date:?}");
            assert_eq!(iso_week(days), week, "{date:?}");
            assert_eq!(day_of_year(days), ordinal, "{date:?}");
        }
    }

    /// Every day of 800 years, counted by hand from 1600-01-01, a Saturday.
    #[test]
    fn the_calendar_goes_day_by_day() {
        let (mut year, mut month, mut day) = (1600, 1, 1);
        let mut day_of_week = 6;
        for days in days_from_civil(1600, 1, 1)..=days_from_civil(2400, 1, 1) {
            assert_eq!(civil_from_days(days), (year, month, day));
            assert_eq!(days_from_civil(year, month, day), days);
            assert_eq!(weekday(days), day_of_week);
            day_of_week = day_of_week % 7 + 1;
            day += 1;
            if day > days_in_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn leap_years_follow_the_rule_of_400() {
        let leap = |year: &i32| is_leap(*year);
        assert_eq!((1896..=1912).filter(leap).collect::<Vec<_>>(), [1896, 1904, 1908, 1912]);
        assert!(is_leap(2000) && is_leap(0) && is_leap(-4) && !is_leap(2100) && !is_leap(-100));
        assert!(
            is_date(2024, 2, 29) && !is_date(2023, 2, 29) && !is_date(2023, 0, 1) && !is_date(2023, 4, 0)
        );
    }

    #[test]
    fn months_are_clamped_and_do_not_drift() {
        let anchor = days_from_civil(2023, 1, 31);
        let ends = |months| civil_from_days(add_months(anchor, months));
        assert_eq!(
            [-2, -1, 0, 1, 2, 3, 12, 13].map(ends),
            [
                (2022, 11, 30),
                (2022, 12, 31),
                (2023, 1, 31),
                (2023, 2, 28),
                (2023, 3, 31),
                (2023, 4, 30),
                (2024, 1, 31),
                (2024, 2, 29),
            ]
        );
    }

    /// PostgreSQL 15: `timestamp '2024-01-31 12:00' + interval '1 month 1 day 13 hours'`.
    #[test]
    fn intervals_add_months_then_days_then_time() {
        let at = |year, month, day, hour: i64| {
            i64::from(days_from_civil(year, month, day)) * MICROS_PER_DAY + hour * 3_600 * MICROS_PER_SECOND
        };
        let hours = 3_600_000_000_000;
        assert_eq!(add_interval_micros(at(2024, 1, 31, 12), 1, 1, 13 * hours), Some(at(2024, 3, 2, 1)));
        assert_eq!(add_interval_micros(at(2024, 3, 1, 0), 0, 0, -hours), Some(at(2024, 2, 29, 23)));
        assert_eq!(add_interval_micros(0, 0, 0, 1_999), Some(1));
        assert_eq!(add_interval_micros(MAX_MICROS, 0, 0, 1_000), None);
        assert_eq!(add_interval_micros(MIN_MICROS, -1, 0, 0), None);
        assert_eq!(add_interval_micros(i64::MAX, i32::MAX, i32::MAX, i64::MAX), None);
        assert_eq!(add_interval_micros(i64::MIN, i32::MIN, i32::MIN, i64::MIN), None);
    }

    #[test]
    fn truncation_goes_towards_the_past() {
        // 2024-05-31 23:59:58.765432, a Friday.
        let micros = i64::from(days_from_civil(2024, 5, 31)) * MICROS_PER_DAY + 86_398_765_432;
        let day = |year, month, day| i64::from(days_from_civil(year, month, day)) * MICROS_PER_DAY;
        let friday = day(2024, 5, 31);
        let expected = [
            micros,
            friday + 86_398_765_000,
            friday + 86_398_000_000,
            friday + 86_340_000_000,
            friday + 82_800_000_000,
            friday,
            day(2024, 5, 27),
            day(2024, 5, 1),
            day(2024, 4, 1),
            day(2024, 1, 1),
            day(2020, 1, 1),
            day(2001, 1, 1),
            day(2001, 1, 1),
        ];
        assert_eq!(Unit::ALL.map(|unit| trunc(unit, micros)), expected);
        assert_eq!(trunc(Unit::Second, -1), -MICROS_PER_SECOND);
        assert_eq!(trunc(Unit::Year, -1), day(1969, 1, 1));
    }

    #[test]
    fn units_have_names() {
        for unit in Unit::ALL {
            assert_eq!(Unit::from_name(unit.name()), Some(unit));
            assert_eq!(Unit::from_name(&format!("{}S", unit.name().to_uppercase())), Some(unit));
        }
        for name in ["", "s ", "dayss", "yearly"] {
            assert_eq!(Unit::from_name(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_day_comes_back(days: i32) {
            let (year, month, day) = civil_from_days(days);
            prop_assert!(is_date(year, month, day));
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }

        #[test]
        fn nothing_panics(days: i32, micros: i64, months: i32, nanos: i64, year: i32, month in 1_u32..=12) {
            days_from_civil(year, month, 31);
            iso_week(days);
            day_of_year(days);
            add_months(days, months);
            let _ = add_interval_micros(micros, months, days, nanos);
            for unit in Unit::ALL {
                let start = trunc(unit, micros);
                prop_assert!(start <= micros && trunc(unit, start) == start);
            }
        }
    }
}

//! The hard moments of a calendar: hours that happen twice, hours beside those that do not happen, long and short days, the ends of
//! months and years.

use super::Resolved;
use super::civil::{MICROS_PER_DAY, MICROS_PER_SECOND, civil_from_days, days_in_month, is_leap};
use super::zone::Zone;

/// An hour.
const HOUR: i64 = 3_600 * MICROS_PER_SECOND;

/// The clocks of no zone are further from UTC than this, with a day's margin for the changes themselves.
const FARTHEST: i64 = 26 * HOUR;

/// Whether a day is the last one of its month.
pub fn is_month_end(days: i32) -> bool {
    let (year, month, day) = civil_from_days(days);
    day == days_in_month(year, month)
}

/// Whether a day is a 29 February.
pub fn is_leap_day(days: i32) -> bool {
    let (year, month, day) = civil_from_days(days);
    is_leap(year) && (month, day) == (2, 29)
}

/// Whether a day is a 31 December.
pub fn is_year_end(days: i32) -> bool {
    let (_, month, day) = civil_from_days(days);
    (month, day) == (12, 31)
}

impl Zone {
    /// Whether the wall clock at an instant shows a time that it shows twice, be it the first time or the second.
    pub fn is_in_fold(&self, utc: i64) -> bool {
        matches!(self.resolve(self.to_local(utc)), Resolved::Fold { .. })
    }

    /// Whether the clock goes forward less than an hour before an instant, at it, or at most an hour after it.
    pub fn is_next_to_gap(&self, utc: i64) -> bool {
        self.changes(utc.saturating_sub(HOUR), utc.saturating_add(HOUR)).any(|change| change.is_gap())
    }

    /// How long the wall clock shows a date, in microseconds: 23, 24 or 25 hours, mostly; 0 for a day that was left out.
    pub fn length_of_day(&self, days: i32) -> i64 {
        let day = i64::from(days) * MICROS_PER_DAY;
        let (from, to) = (day - FARTHEST, day + MICROS_PER_DAY + FARTHEST);
        let mut length = 0;
        let (mut start, mut offset) = (from, i64::from(self.offset_at(from)) * MICROS_PER_SECOND);
        let mut add = |start: i64, end: i64, offset: i64| {
            let (start, end) = (start + offset, end + offset);
            length += (end.min(day + MICROS_PER_DAY) - start.max(day)).max(0);
        };
        for change in self.changes(from, to) {
            add(start, change.at, offset);
            (start, offset) = (change.at, i64::from(change.after) * MICROS_PER_SECOND);
        }
        add(start, to, offset);
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::civil::days_from_civil;

    #[test]
    fn days_have_the_hours_that_clocks_show() {
        let hours = |zone: &str, year, month, day| {
            let length = Zone::named(zone).unwrap().length_of_day(days_from_civil(year, month, day));
            length as f64 / HOUR as f64
        };
        assert_eq!([hours("Europe/Berlin", 2026, 3, 29), hours("Europe/Berlin", 2026, 10, 25)], [23.0, 25.0]);
        assert_eq!([hours("Europe/Berlin", 2026, 3, 28), hours("UTC", 2026, 3, 29)], [24.0, 24.0]);
        assert_eq!(hours("Australia/Lord_Howe", 2026, 4, 5), 24.5);
        // Midnight is left out, happens twice, and a minute past it leads back to the day before.
        assert_eq!(hours("America/Sao_Paulo", 2018, 11, 4), 23.0);
        assert_eq!(hours("America/Havana", 2026, 11, 1), 25.0);
        assert_eq!(hours("America/St_Johns", 2006, 10, 28), 24.0 + 59.0 / 60.0);
        assert_eq!(hours("America/St_Johns", 2006, 10, 29), 24.0 + 1.0 / 60.0);
        // A whole day was left out, and the rules go on for ever.
        assert_eq!(hours("Pacific/Apia", 2011, 12, 30), 0.0);
        assert_eq!([hours("Europe/Berlin", 2126, 3, 31), hours("Europe/Berlin", 2126, 10, 27)], [23.0, 25.0]);
    }

    #[test]
    fn ends_are_ends() {
        let day = days_from_civil;
        let is = |days| (is_month_end(days), is_leap_day(days), is_year_end(days));
        assert_eq!(is(day(2024, 2, 29)), (true, true, false));
        assert_eq!(is(day(2023, 2, 28)), (true, false, false));
        assert_eq!(is(day(2024, 2, 28)), (false, false, false));
        assert_eq!(is(day(1999, 12, 31)), (true, false, true));
        assert_eq!(is(day(2100, 2, 28)), (true, false, false));
    }
}

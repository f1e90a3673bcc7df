//! Recurrences by hand around the hard days, and by their own laws everywhere.

use proptest::prelude::*;

use super::*;
use crate::calendar::text::{Moment, Style, parse_timestamp, write_instant};

fn instant(text: &str) -> i64 {
    match parse_timestamp(text).unwrap() {
        Moment::Instant(micros) => micros,
        Moment::Wall(_) => panic!("{text} has no offset"),
    }
}

fn shown(series: &Series, k: u64) -> String {
    let (at, mut out) = (series.at(k).unwrap(), String::new());
    write_instant(&mut out, at, series.zone.offset_at(at), Style::Sql);
    out
}

fn all(step: Step, at: Option<i64>, folds: Folds, zone: &str, from: &str, count: u64) -> Vec<String> {
    let series = Recurrence { step, at, folds }.from(instant(from), Zone::named(zone).unwrap());
    for k in 0..count {
        assert_eq!(series.before(series.at(k).unwrap()), k, "{k} of {step:?}");
        assert_eq!(series.before(series.at(k).unwrap() + 1), k + 1, "{k} of {step:?}");
    }
    (0..count).map(|k| shown(&series, k)).collect()
}

const HOUR: i64 = 3_600_000_000;
const HALF_PAST_TWO: Option<i64> = Some(5 * HOUR / 2);

/// Casey's clocks went back on 5 March at 02:00, to 23:00 of the day before: half past eleven of that day was still to come.
#[test]
fn clocks_that_go_back_over_midnight() {
    let half_past_eleven = Some(47 * HOUR / 2);
    for from in ["2010-03-04T12:59:59Z", "2010-03-04T14:00:00Z", "2010-03-04T15:00:00Z"] {
        assert_eq!(
            all(Step::Days(1), half_past_eleven, Folds::Later, "Antarctica/Casey", from, 2),
            ["2010-03-04 23:30:00+08", "2010-03-05 23:30:00+08"]
        );
    }
    // What Kwajalein left out, 21 August, is no day.
    assert_eq!(
        all(Step::Days(1), half_past_eleven, Folds::Later, "Pacific/Kwajalein", "1993-08-21T12:00:00Z", 1),
        ["1993-08-22 23:30:00+12"]
    );
}

fn months(months: u32, day: DayOfMonth) -> Step {
    Step::Months { months, day }
}

#[test]
fn the_end_of_a_month_comes_back() {
    let of_anchor = months(1, DayOfMonth::OfAnchor);
    assert_eq!(
        all(of_anchor, Some(0), Folds::Later, "Europe/Berlin", "2024-01-30T23:00:00Z", 5),
        [
            "2024-01-31 00:00:00+01",
            "2024-02-29 00:00:00+01",
            "2024-03-31 00:00:00+01",
            "2024-04-30 00:00:00+02",
            "2024-05-31 00:00:00+02"
        ]
    );
    assert_eq!(
        all(months(12, DayOfMonth::OfAnchor), None, Folds::Later, "UTC", "2024-02-29T12:00:00Z", 5),
        [
            "2024-02-29 12:00:00+00",
            "2025-02-28 12:00:00+00",
            "2026-02-28 12:00:00+00",
            "2027-02-28 12:00:00+00",
            "2028-02-29 12:00:00+00"
        ]
    );
}

#[test]
fn days_of_a_month_begin_with_the_first_that_is_not_over() {
    let noon = Some(12 * HOUR);
    assert_eq!(
        all(months(1, DayOfMonth::Number(15)), noon, Folds::Later, "UTC", "2026-01-15T12:00:00Z", 2),
        ["2026-01-15 12:00:00+00", "2026-02-15 12:00:00+00"]
    );
    assert_eq!(
        all(months(2, DayOfMonth::Number(31)), noon, Folds::Later, "UTC", "2026-01-31T12:00:01Z", 2),
        ["2026-02-28 12:00:00+00", "2026-04-30 12:00:00+00"]
    );
    assert_eq!(
        all(months(1, DayOfMonth::LastWeekday(5)), noon, Folds::Later, "UTC", "2026-01-01T00:00:00Z", 3),
        ["2026-01-30 12:00:00+00", "2026-02-27 12:00:00+00", "2026-03-27 12:00:00+00"]
    );
    let second_tuesday = DayOfMonth::Weekday { nth: 2, weekday: 2 };
    assert_eq!(
        all(months(1, second_tuesday), noon, Folds::Later, "UTC", "2026-09-09T00:00:00Z", 2),
        ["2026-10-13 12:00:00+00", "2026-11-10 12:00:00+00"]
    );
}

#[test]
fn weekdays_of_every_other_week() {
    let step = Step::Weeks { weeks: 2, weekdays: 0b0010001 };
    // A Thursday: the Friday of that week is the first.
    assert_eq!(
        all(step, Some(9 * HOUR), Folds::Later, "Asia/Tokyo", "2026-01-01T00:00:00Z", 4),
        [
            "2026-01-02 09:00:00+09",
            "2026-01-12 09:00:00+09",
            "2026-01-16 09:00:00+09",
            "2026-01-26 09:00:00+09"
        ]
    );
    assert_eq!(
        all(Step::Weeks { weeks: 1, weekdays: 0 }, None, Folds::Later, "UTC", "2026-01-01T08:00:00Z", 2),
        ["2026-01-01 08:00:00+00", "2026-01-08 08:00:00+00"]
    );
}

/// 02:30 in Berlin: skipped on 29 March 2026, twice on 25 October 2026.
#[test]
fn gaps_and_folds() {
    let daily =
        |folds, from: &str, count| all(Step::Days(1), HALF_PAST_TWO, folds, "Europe/Berlin", from, count);
    assert_eq!(
        daily(Folds::Later, "2026-03-28T00:00:00Z", 3),
        ["2026-03-28 02:30:00+01", "2026-03-29 03:30:00+02", "2026-03-30 02:30:00+02"]
    );
    let autumn = "2026-10-24T00:00:00Z";
    assert_eq!(
        daily(Folds::Earlier, autumn, 3),
        ["2026-10-24 02:30:00+02", "2026-10-25 02:30:00+02", "2026-10-26 02:30:00+01"]
    );
    assert_eq!(
        daily(Folds::Later, autumn, 3),
        ["2026-10-24 02:30:00+02", "2026-10-25 02:30:00+01", "2026-10-26 02:30:00+01"]
    );
    assert_eq!(
        daily(Folds::Both, autumn, 4),
        [
            "2026-10-24 02:30:00+02",
            "2026-10-25 02:30:00+02",
            "2026-10-25 02:30:00+01",
            "2026-10-26 02:30:00+01"
        ]
    );
    // What begins between the two has the second.
    assert_eq!(
        daily(Folds::Both, "2026-10-25T00:45:00Z", 2),
        ["2026-10-25 02:30:00+01", "2026-10-26 02:30:00+01"]
    );
    // A year and a day later there is one more behind it.
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let rule = Recurrence { step: Step::Days(1), at: HALF_PAST_TWO, folds: Folds::Both };
    let series = rule.from(instant(autumn), berlin);
    assert_eq!(series.before(instant("2027-11-01T00:00:00Z")), 373 + 2);
}

/// Lord Howe changes its clocks by half an hour, so the fold is half an hour long.
#[test]
fn half_an_hour_twice() {
    let at_two = Some(2 * HOUR - HOUR / 4);
    assert_eq!(
        all(Step::Days(1), at_two, Folds::Both, "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 3),
        ["2026-04-05 01:45:00+11", "2026-04-05 01:45:00+10:30", "2026-04-06 01:45:00+10:30"]
    );
}

/// Elapsed time does not care about clocks: a day of 23 hours has 23 hours.
#[test]
fn hours_go_by() {
    assert_eq!(
        all(Step::Elapsed(HOUR), None, Folds::Later, "Europe/Berlin", "2026-03-29T00:30:00Z", 3),
        ["2026-03-29 01:30:00+01", "2026-03-29 03:30:00+02", "2026-03-29 04:30:00+02"]
    );
}

#[test]
fn rules_are_told() {
    let told = |step, at, folds| Recurrence { step, at, folds }.to_string();
    let later = Folds::Later;
    assert_eq!(told(Step::Elapsed(2 * HOUR), None, later), "every 2 hours");
    assert_eq!(told(Step::Elapsed(HOUR / 4), None, later), "every 15 minutes");
    assert_eq!(
        told(Step::Days(1), HALF_PAST_TWO, Folds::Both),
        "every day at 02:30, both times where it comes twice"
    );
    assert_eq!(
        told(Step::Weeks { weeks: 2, weekdays: 0b1001 }, None, later),
        "every 2 weeks on Monday, Thursday"
    );
    let friday = DayOfMonth::LastWeekday(5);
    assert_eq!(told(months(1, friday), Some(0), later), "every month on the last Friday at 00:00");
    assert_eq!(told(months(3, DayOfMonth::Number(31)), None, later), "every 3 months on day 31");
}

fn steps() -> impl Strategy<Value = Step> {
    let day = prop_oneof![
        Just(DayOfMonth::OfAnchor),
        (1u32..=31).prop_map(DayOfMonth::Number),
        (1u32..=4, 1u32..=7).prop_map(|(nth, weekday)| DayOfMonth::Weekday { nth, weekday }),
        (1u32..=7).prop_map(DayOfMonth::LastWeekday),
    ];
    prop_oneof![
        (1i64..1_000_000).prop_map(|seconds| Step::Elapsed(seconds * 1_000_000)),
        (1u32..500).prop_map(Step::Days),
        (1u32..60, 0u8..128).prop_map(|(weeks, weekdays)| Step::Weeks { weeks, weekdays }),
        (1u32..40, day).prop_map(|(months, day)| Step::Months { months, day }),
    ]
}

proptest! {
    /// The first is not before the anchor, and none in between is missing; they rise, and their number before an instant is what
    /// counting them one by one gives.
    #[test]
    fn counting_agrees_with_looking_up(
        step in steps(),
        at in proptest::option::of(0i64..24 * 60),
        folds in prop_oneof![Just(Folds::Earlier), Just(Folds::Later), Just(Folds::Both)],
        zone in 0usize..600,
        from in 0i64..4_000_000_000,
        ahead in 0i64..400_000_000,
    ) {
        let zones: Vec<&str> = crate::calendar::zone::names().collect();
        let zone = Zone::named(zones[zone % zones.len()]).unwrap();
        let from = from * 1_000_000;
        let rule = Recurrence { step, at: at.map(|minutes| minutes * 60_000_000), folds };
        let series = rule.from(from, zone);
        prop_assert!(series.at(0).unwrap() >= from);
        let until = from + ahead * 1_000_000;
        let count = series.before(until);
        let first = count.saturating_sub(400);
        let instants: Vec<i64> = (first..count + 3).map(|k| series.at(k).unwrap()).collect();
        // A zone that skips a whole day puts two occurrences on one instant.
        prop_assert!(instants.is_sorted(), "{:?}", rule);
        let counted = first + instants.iter().filter(|at| **at < until).count() as u64;
        prop_assert_eq!(counted, count, "{:?} in {}", rule, zone.name());
    }

    /// All occurrences of a rule are on the days and at the time of day that it says, but for gaps.
    #[test]
    fn local_times_are_kept(step in steps(), minutes in 0i64..24 * 60, from in 0i64..4_000_000_000, k in 0u64..300) {
        prop_assume!(!matches!(step, Step::Elapsed(_)));
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let rule = Recurrence { step, at: Some(minutes * 60_000_000), folds: Folds::Later };
        let series = rule.from(from * 1_000_000, berlin);
        let (date, time) = split_micros(berlin.to_local(series.at(k).unwrap()));
        prop_assert_eq!(date, series.local_date(k).unwrap());
        prop_assert!(time == minutes * 60_000_000 || time == minutes * 60_000_000 + HOUR);
        if let Step::Weeks { weekdays, .. } = step && weekdays != 0 {
            prop_assert!(weekdays >> (weekday(date) - 1) & 1 == 1);
        }
        if let Step::Months { day: DayOfMonth::LastWeekday(wanted), .. } = step {
            prop_assert_eq!(weekday(date), wanted);
            prop_assert_ne!(month_of(date), month_of(date + 7));
        }
    }
}

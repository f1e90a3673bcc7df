//! Witnesses: Python's `zoneinfo` for chosen zones, chrono-tz for all of them, PostgreSQL for the rules.

use super::*;
use crate::calendar::text::{Moment, parse_timestamp};
use proptest::prelude::*;

fn wall(text: &str) -> i64 {
    match parse_timestamp(text).unwrap() {
        Moment::Wall(micros) => micros,
        Moment::Instant(_) => panic!("`{text}` has an offset"),
    }
}

fn utc(text: &str) -> i64 {
    match parse_timestamp(text).unwrap() {
        Moment::Instant(micros) => micros,
        Moment::Wall(_) => panic!("`{text}` has no offset"),
    }
}

fn every_zone() -> impl Iterator<Item = &'static Zone> {
    names().map(|name| Zone::named(name).unwrap())
}

#[test]
fn python_agrees() {
    let mut zone = Zone::utc();
    let mut probes = 0;
    for line in include_str!("../testdata/zones.tsv").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |i: usize| fields[i].parse::<i64>().unwrap();
        match fields[0] {
            "u" => assert_eq!(i64::from(zone.offset_at(number(1) * 1_000_000)), number(2), "{zone:?} {line}"),
            "l" => {
                let local = number(1) * 1_000_000;
                let both = [Fold::Earlier, Fold::Later].map(|fold| zone.to_utc(local, fold));
                assert_eq!(both, [2, 3].map(|i| number(i) * 1_000_000), "{} {line}", zone.name());
            }
            name => zone = Zone::named(name).unwrap(),
        }
        probes += usize::from(fields.len() > 1);
    }
    assert!(probes > 4_000, "{probes} probes");
}

/// The year 2125 was an hour off in Berlin, and the year 1850 had the offset of 1900.
#[test]
fn python_agrees_before_1900_and_after_2099() {
    let mut lines =
        include_str!("../testdata/far_years.tsv").lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, numbers) = line.split_once('\t').unwrap();
            (name, numbers.split('\t').map(|number| number.parse::<i64>().unwrap()).collect::<Vec<_>>())
        });
    let (_, seconds) = lines.next().unwrap();
    let mut probes = 0;
    for (name, offsets) in lines {
        let Ok(zone) = Zone::named(name) else { continue };
        for (second, offset) in seconds.iter().zip(offsets) {
            let micros = second * MICROS_PER_SECOND;
            assert_eq!(i64::from(zone.offset_at(micros)), offset, "{name} at {second}");
            let local = zone.to_local(micros);
            let both = [Fold::Earlier, Fold::Later].map(|fold| zone.to_utc(local, fold));
            assert!(both.contains(&micros), "{name} at {second}");
            probes += 1;
        }
    }
    assert!(probes > 20_000, "{probes} probes");
}

/// Years after the table are read off its last ones, which holds where those have the last rules.
#[test]
fn the_last_years_of_the_table_repeat() {
    for zone in every_zone() {
        // The transitions of a year, counted from its March.
        let of_year = |year: i32| -> Vec<Transition> {
            let micros = |year, month| i64::from(days_from_civil(year, month, 1)) * MICROS_PER_DAY;
            let within = micros(year, 1)..micros(year + 1, 1);
            let from_march = |t: Transition| Transition { at: t.at - micros(year, 3), ..t };
            zone.transitions().filter(|t| within.contains(&t.at)).map(from_march).collect()
        };
        let for_ever = !of_year(2099).is_empty();
        for year in 2088..2100 {
            let transitions = of_year(year);
            assert_eq!(!transitions.is_empty(), for_ever, "{} {year}", zone.name());
            for t in &transitions {
                let days = t.at / MICROS_PER_DAY;
                assert!((3..270).contains(&days), "{} {t:?}", zone.name());
            }
            for like in 2088..year {
                if (days_from_civil(year, 3, 1) - days_from_civil(like, 3, 1)) % 7 == 0 {
                    assert_eq!(transitions, of_year(like), "{} {year} {like}", zone.name());
                }
            }
        }
    }
}

/// Folds and gaps are found after the table, and their jumps lie there, too.
#[test]
fn gaps_and_folds_go_on() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let transition = Transition { at: utc("2126-03-31T01:00:00Z"), before: 3_600, after: 7_200 };
    let local = wall("2126-03-31 02:30:00");
    assert_eq!(berlin.resolve(local), Resolved::Gap { utc: utc("2126-03-31T01:30:00Z"), transition });
    let earlier = utc("9999-10-31T00:30:00Z");
    assert_eq!(
        berlin.resolve(wall("9999-10-31 02:30:00")),
        Resolved::Fold { earlier, later: earlier + 3_600_000_000 }
    );
    assert_eq!(berlin.to_utc(wall("9999-10-31 02:30:00"), DEFAULT_FOLD), earlier + 3_600_000_000);
}

/// What PostgreSQL 15 answers to `timestamp '...' at time zone '...'`.
#[test]
fn gaps_and_folds_are_read_as_in_postgresql() {
    let cases = [
        ("America/New_York", "2018-03-11 02:30:00", "2018-03-11T07:30:00Z"),
        ("America/New_York", "2018-11-04 01:30:00", "2018-11-04T06:30:00Z"),
        // Ireland's standard time is the one in summer; the later reading wins all the same.
        ("Europe/Dublin", "2026-03-29 01:30:00", "2026-03-29T01:30:00Z"),
        ("Europe/Dublin", "2026-10-25 01:30:00", "2026-10-25T01:30:00Z"),
        // A whole day that Samoa skipped.
        ("Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z"),
    ];
    for (name, local, expected) in cases {
        let zone = Zone::named(name).unwrap();
        assert_eq!(zone.to_utc(wall(local), DEFAULT_FOLD), utc(expected), "{name} {local}");
    }
}

#[test]
fn a_local_time_is_unique_skipped_or_twofold() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    assert_eq!(berlin.resolve(wall("2026-07-01 12:00:00")), Resolved::Unique(utc("2026-07-01T10:00:00Z")));
    let transition = Transition { at: utc("2026-03-29T01:00:00Z"), before: 3_600, after: 7_200 };
    for local in ["2026-03-29 02:00:00", "2026-03-29 02:59:59.999999"] {
        let utc = wall(local) - 3_600_000_000;
        assert_eq!(berlin.resolve(wall(local)), Resolved::Gap { utc, transition });
    }
    for local in ["2026-03-29 01:59:59.999999", "2026-03-29 03:00:00", "2026-10-25 03:00:00"] {
        assert!(matches!(berlin.resolve(wall(local)), Resolved::Unique(_)), "{local}");
    }
    for local in ["2026-10-25 02:00:00", "2026-10-25 02:59:59.999999"] {
        let earlier = wall(local) - 7_200_000_000;
        assert_eq!(berlin.resolve(wall(local)), Resolved::Fold { earlier, later: earlier + 3_600_000_000 });
    }
}

/// Values of 2025b; they change only with the version of the database.
#[test]
fn values_are_stable() {
    assert_eq!(TZDB_VERSION, "2025b");
    assert_eq!(names().len(), 597);
    let casablanca = Zone::named("Africa/Casablanca").unwrap();
    assert_eq!(casablanca.offset_at(utc("2026-02-20T12:00:00Z")), 0);
    assert_eq!(casablanca.offset_at(utc("2026-04-20T12:00:00Z")), 3_600);
    let lord_howe = Zone::named("Australia/Lord_Howe").unwrap();
    assert_eq!(lord_howe.to_local(utc("2026-01-01T00:00:00Z")), wall("2026-01-01 11:00:00"));
    assert_eq!(lord_howe.to_local(utc("2026-07-01T00:00:00Z")), wall("2026-07-01 10:30:00"));
}

#[test]
fn unknown_names_are_refused_with_a_hint() {
    let error = Zone::named("Europe/Berln").unwrap_err();
    assert_eq!(error.to_string(), "unknown time zone `Europe/Berln`");
    assert_eq!(error.hint.as_deref(), Some("did you mean `Europe/Berlin`?"));
    assert_eq!(
        Zone::named("europe/berlin").unwrap_err().hint.as_deref(),
        Some("did you mean `Europe/Berlin`?")
    );
    assert_eq!(Zone::named("Middle-earth/Bree").unwrap_err().hint, None);
}

/// A probe every twelve hours finds no transition that the build missed.
#[test]
fn the_probe_misses_nothing() {
    for zone in every_zone() {
        let mut transitions = zone.transitions().peekable();
        let mut offset = i64::from(zone.offset_at(DAWN * MICROS_PER_SECOND));
        let tz: Tz = zone.name().parse().unwrap();
        assert_eq!(offset, offset_of(tz, DAWN));
        for second in (DAWN..END).step_by(12 * 3_600) {
            while let Some(t) = transitions.next_if(|t| t.at <= second * MICROS_PER_SECOND) {
                assert_eq!(i64::from(t.before), offset);
                offset = i64::from(t.after);
            }
            assert_eq!(offset_of(tz, second), offset, "{} at {second}", zone.name());
        }
    }
}

/// `Steps` and `resolve` rely on this: on the wall, too, transitions come one after the other, and no
/// gap or fold reaches into the next.
#[test]
fn transitions_do_not_overlap_on_the_wall() {
    for zone in every_zone() {
        for steps in [&zone.utc, &zone.wall_earlier, &zone.wall_later] {
            assert!(steps.at.is_sorted_by(|a, b| a < b), "{}", zone.name());
        }
        for next in 1..zone.wall_later.at.len() {
            assert!(zone.wall_earlier.at[next - 1] < zone.wall_later.at[next], "{}", zone.name());
            let walls = [next, next + 1].map(|i| zone.utc.at[next] + zone.offsets[i]);
            assert!(zone.wall_earlier.at[next - 1] <= walls[0].min(walls[1]), "{}", zone.name());
        }
    }
}

#[test]
fn intervals_keep_the_time_of_day_across_a_change() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let start = utc("2026-03-28T11:00:00Z");
    let day = 24 * 3_600_000_000_000;
    let add = |months, days, nanos| berlin.add_interval(start, months, days, nanos, DEFAULT_FOLD);
    assert_eq!(add(0, 1, 0), Some(utc("2026-03-29T10:00:00Z")));
    assert_eq!(add(0, 0, day), Some(utc("2026-03-29T11:00:00Z")));
    assert_eq!(add(7, 0, 0), Some(utc("2026-10-28T11:00:00Z")));
    assert_eq!(berlin.add_interval(civil::MAX_MICROS, 0, 1, 0, DEFAULT_FOLD), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn chrono_tz_agrees(i in 0..TZ_VARIANTS.len(), second in DAWN..END, micros in 0..MICROS_PER_SECOND) {
        let zone = Zone::named(TZ_VARIANTS[i].name()).unwrap();
        let offset = zone.offset_at(second * MICROS_PER_SECOND + micros);
        prop_assert_eq!(i64::from(offset), offset_of(TZ_VARIANTS[i], second));
    }

    #[test]
    fn local_times_come_back(i in 0..TZ_VARIANTS.len(), utc in 2 * DAWN * MICROS_PER_SECOND..60 * END * MICROS_PER_SECOND) {
        let zone = Zone::named(TZ_VARIANTS[i].name()).unwrap();
        let local = zone.to_local(utc);
        let both = [Fold::Earlier, Fold::Later].map(|fold| zone.to_utc(local, fold));
        prop_assert!(both.contains(&utc) && both[0] <= both[1]);
        match zone.resolve(local) {
            Resolved::Unique(unique) => prop_assert_eq!(both, [unique; 2]),
            Resolved::Fold { earlier, later } => prop_assert_eq!(both, [earlier, later]),
            Resolved::Gap { .. } => prop_assert!(false, "{local} is the local time of {utc}"),
        }
    }

    #[test]
    fn no_moment_panics(i in 0..TZ_VARIANTS.len(), micros: i64) {
        let zone = Zone::named(TZ_VARIANTS[i].name()).unwrap();
        for micros in [micros, i64::MIN, i64::MAX] {
            zone.to_local(micros);
            zone.to_utc(micros, Fold::Later);
            zone.resolve(micros);
        }
    }

    #[test]
    fn the_bulk_path_answers_the_same(
        i in 0..TZ_VARIANTS.len(),
        micros in proptest::collection::vec(2 * BEGIN * MICROS_PER_SECOND..2 * END * MICROS_PER_SECOND, 0..100),
    ) {
        let zone = Zone::named(TZ_VARIANTS[i].name()).unwrap();
        let mut out = vec![7];
        zone.to_local_all(&micros, &mut out);
        for fold in [Fold::Earlier, Fold::Later] {
            zone.to_utc_all(&micros, fold, &mut out);
        }
        let one_by_one = std::iter::once(7)
            .chain(micros.iter().map(|&m| zone.to_local(m)))
            .chain(micros.iter().map(|&m| zone.to_utc(m, Fold::Earlier)))
            .chain(micros.iter().map(|&m| zone.to_utc(m, Fold::Later)));
        prop_assert!(one_by_one.eq(out));
    }
}

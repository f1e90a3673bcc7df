//! Intensities against sums over small steps of time, hour by hour.

use super::*;
use crate::random::Trickle;

const HOUR: i64 = MICROS_PER_HOUR;

fn zone(name: &str) -> &'static Zone {
    Zone::named(name).unwrap()
}

/// The intensity of an instant, as the definition has it.
fn density(hours: &[f64; 24], weekdays: &[f64; 7], months: &[f64; 12], zone: &Zone, instant: i64) -> f64 {
    let (date, time) = split_micros(zone.to_local(instant));
    let (_, month, _) = civil_from_days(date);
    hours[(time / HOUR) as usize] * weekdays[weekday(date) as usize - 1] * months[month as usize - 1]
}

const OFFICE: [f64; 24] = {
    let mut hours = [0.0; 24];
    let mut hour = 8;
    while hour < 18 {
        hours[hour] = 1.0;
        hour += 1;
    }
    hours[2] = 0.5;
    hours[23] = 0.25;
    hours
};
const WORKING: [f64; 7] = [1.0, 1.0, 1.0, 1.0, 0.5, 0.0, 0.25];
const MONTHS: [f64; 12] = [1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 2.0, 1.0, 1.0, 1.5, 0.0, 1.0];

#[test]
fn draws_have_weight_lie_between_and_rise() {
    let intensity = Intensity::new(&OFFICE, &WORKING, &MONTHS, 0.001).unwrap();
    let mut words = Trickle::new(7);
    for name in [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Asia/Kathmandu",
        "America/Havana",
        "Pacific/Apia",
    ] {
        let zone = zone(name);
        for _ in 0..400 {
            // From 1995 on; up to 40 days.
            let from = (789_000_000 + words.below(1_000_000_000) as i64) * 1_000_000;
            let to = from + words.below(40 * 86_400) as i64 * 1_000_000;
            let draws: Vec<i64> =
                (1..20).filter_map(|i| intensity.draw(zone, from, to, f64::from(i) / 20.0)).collect();
            assert!(draws.len() == 19 || draws.is_empty());
            assert!(draws.is_sorted(), "{name}: {from} to {to}");
            for at in &draws {
                assert!((from..=to).contains(at), "{name}");
                // An end of an hour with weight may be what is drawn.
                let near = density(&OFFICE, &WORKING, &MONTHS, zone, *at)
                    + density(&OFFICE, &WORKING, &MONTHS, zone, *at - 2);
                assert!(near > 0.0, "{name}: {at} between {from} and {to}");
            }
        }
    }
}

/// Over a week with a clock change, shares are those of a sum over minutes; each day has its weight, however many hours it has.
#[test]
fn shares_are_those_of_a_sum_over_minutes() {
    let intensity = Intensity::new(&OFFICE, &WORKING, &MONTHS, 0.0).unwrap();
    for (name, monday) in [
        ("Europe/Berlin", 1_774_224_000), // 2026-03-23: a gap on Sunday.
        ("Europe/Berlin", 1_792_368_000), // 2026-10-19: a fold on Sunday.
        ("America/New_York", 1_772_409_600),
        ("Australia/Lord_Howe", 1_774_828_800),
        ("Asia/Tokyo", 1_774_224_000),
    ] {
        let zone = zone(name);
        let (from, to) = (monday * 1_000_000, (monday + 9 * 86_400) * 1_000_000);
        let minutes: Vec<i64> = (from..to).step_by(60_000_000).collect();
        let mut by_day: std::collections::BTreeMap<i32, Vec<(i64, f64)>> = Default::default();
        for minute in &minutes {
            let (date, time) = split_micros(zone.to_local(*minute));
            by_day.entry(date).or_default().push((*minute, OFFICE[(time / HOUR) as usize]));
        }
        // The days that are whole, minute by minute.
        let mut sum = 0.0;
        let mut expected = Vec::new();
        for (date, minutes) in &by_day {
            let day = WORKING[weekday(*date) as usize - 1] * MONTHS[civil_from_days(*date).1 as usize - 1];
            let hours: f64 = if minutes.len() < 1380 {
                OFFICE.iter().sum::<f64>() * 60.0
            } else {
                minutes.iter().map(|(_, weight)| weight).sum()
            };
            for (minute, weight) in minutes {
                expected.push((*minute, sum));
                sum += day * weight / hours;
            }
        }
        for (minute, before) in expected.iter().step_by(97) {
            let found = intensity.before(zone, *minute).unwrap() - intensity.before(zone, from).unwrap();
            assert!((found - before).abs() < 1e-9, "{name} at {minute}: {found} and {before}");
        }
    }
}

#[test]
fn inverting_is_the_way_back() {
    let intensity = Intensity::new(&OFFICE, &WORKING, &MONTHS, 0.002).unwrap();
    let mut words = Trickle::new(3);
    for name in ["Europe/Berlin", "Australia/Lord_Howe", "America/Los_Angeles"] {
        let zone = zone(name);
        for _ in 0..2000 {
            let from = (1_600_000_000 + words.below(200_000_000) as i64) * 1_000_000;
            let to = from + (1 + words.below(400) as i64) * 86_400_000_000;
            let share = words.unit();
            let Some(at) = intensity.draw(zone, from, to, share) else { continue };
            let before = |instant: i64| intensity.before(zone, instant).unwrap();
            let found = (before(at) - before(from)) / (before(to) - before(from));
            assert!((found - share).abs() < 1e-6, "{name}: {share} became {found} at {at}");
        }
    }
}

#[test]
fn where_there_is_nothing_nothing_is_drawn() {
    let intensity = Intensity::new(&OFFICE, &WORKING, &MONTHS, 0.0).unwrap();
    // A Saturday, and a day before the table.
    assert_eq!(intensity.draw(Zone::utc(), 1_780_704_000_000_000, 1_780_747_200_000_000, 0.5), None);
    assert_eq!(intensity.draw(Zone::utc(), -4_000_000_000_000_000, 0, 0.5), None);
    assert!(Intensity::new(&[0.0; 24], &WORKING, &MONTHS, 0.0).is_err());
    assert!(Intensity::new(&OFFICE, &[-1.0; 7], &MONTHS, 0.0).is_err());
    assert!(Intensity::new(&OFFICE, &WORKING, &MONTHS, f64::NAN).is_err());
}

//! Intensities against sums over minutes, by their definition.

use super::*;
use crate::random::Trickle;

fn zone(name: &str) -> &'static Zone {
    Zone::named(name).unwrap()
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

fn office() -> Intensity {
    Intensity::new(&OFFICE, &WORKING, &MONTHS).unwrap()
}

/// The intensity of an instant, as the definition has it.
fn density(zone: &Zone, instant: i64) -> f64 {
    let (date, time) = split_micros(zone.to_local(instant));
    let (_, month, _) = civil_from_days(date);
    OFFICE[(time / MICROS_PER_HOUR) as usize]
        * WORKING[weekday(date) as usize - 1]
        * MONTHS[month as usize - 1]
}

/// Gaps and folds of an hour and of half an hour, at night, at midnight and over midnight, and a day that is left out.
const CHANGES: [(&str, i64); 9] = [
    ("Europe/Berlin", 1_774_224_000),
    ("Europe/Berlin", 1_792_368_000),
    ("America/New_York", 1_772_409_600),
    ("Australia/Lord_Howe", 1_774_828_800),
    ("America/Havana", 1_772_409_600),
    ("America/St_Johns", 1_162_000_000),
    ("Pacific/Apia", 1_324_900_000),
    ("Africa/Casablanca", 1_770_600_000),
    ("Asia/Tokyo", 1_774_224_000),
];

/// What passes is the sum of the definition over minutes, up to one factor.
#[test]
fn what_passes_is_a_sum_over_minutes() {
    let intensity = office();
    // A working day in June weighs as much as ten hours and three quarters.
    let utc = intensity.in_zone(Zone::utc());
    let monday = 1_780_876_800_000_000;
    let factor = (utc.passed(monday + MICROS_PER_DAY) - utc.passed(monday)) / (10.75 * 60.0);
    for (name, second) in CHANGES {
        let (zone, from) = (zone(name), second / 86_400 * MICROS_PER_DAY);
        let local = intensity.in_zone(zone);
        let mut sum = 0.0;
        for minute in (from..from + 12 * MICROS_PER_DAY).step_by(60_000_000) {
            let found = local.passed(minute) - local.passed(from);
            assert!((found - sum).abs() < 50.0, "{name} at {minute}: {found} and {sum}");
            sum += density(zone, minute) * factor;
        }
    }
}

/// Draws lie where there is weight, rise, and lead back to what was drawn.
#[test]
fn inverting_is_the_way_back() {
    let intensity = office();
    let mut words = Trickle::new(3);
    for (name, second) in CHANGES {
        let (zone, local) = (zone(name), intensity.in_zone(zone(name)));
        let from = local.passed(second * 1_000_000);
        let mut draws: Vec<f64> = (0..2000).map(|_| from + words.unit() * 30.0 * DAY).collect();
        draws.sort_by(f64::total_cmp);
        let instants: Vec<i64> = draws.iter().map(|passed| local.instant(*passed)).collect();
        assert!(instants.is_sorted(), "{name}");
        for (drawn, at) in draws.iter().zip(&instants) {
            assert!((local.passed(*at) - drawn).abs() < 10.0, "{name} at {at}");
            // The end of an hour with weight may be what is drawn.
            assert!(
                density(zone, *at) + density(zone, at - 2) + density(zone, at + 2) > 0.0,
                "{name} at {at}"
            );
        }
    }
}

/// The day that Samoa left out, and the only hour with weight that is skipped, have no draws: nothing piles up.
#[test]
fn what_is_skipped_has_no_weight() {
    let mut only_two = [0.0; 24];
    only_two[2] = 1.0;
    let nights = Intensity::new(&only_two, &[1.0; 7], &[1.0; 12]).unwrap();
    let berlin = nights.in_zone(zone("Europe/Berlin"));
    // From noon of 28 March 2026 to noon of 29 March.
    let (from, to) = (1_774_695_600_000_000, 1_774_782_000_000_000);
    assert!((berlin.passed(to) - berlin.passed(from)).abs() < 10.0);
    let all = Intensity::new(&[1.0; 24], &[1.0; 7], &[1.0; 12]).unwrap();
    let apia = all.in_zone(zone("Pacific/Apia"));
    // 29 to 31 December 2011 there.
    let (from, to) = (1_325_152_800_000_000, 1_325_325_600_000_000);
    assert!((apia.passed(to) - apia.passed(from) - 2.0 * DAY).abs() < 10.0);
}

#[test]
fn over_the_years_it_keeps_pace() {
    let intensity = office();
    for name in ["UTC", "America/Los_Angeles", "Asia/Kathmandu"] {
        let local = intensity.in_zone(zone(name));
        let (from, to) = (0, 50 * 365 * MICROS_PER_DAY);
        let ratio = (local.passed(to) - local.passed(from)) / (to - from) as f64;
        assert!((ratio - 1.0).abs() < 0.005, "{name}: {ratio}");
    }
}

#[test]
fn far_times_have_answers() {
    let intensity = office();
    let local = intensity.in_zone(zone("Europe/Berlin"));
    let mut before = f64::NEG_INFINITY;
    for instant in
        [i64::MIN / 2, -4_000_000_000_000_000, -2_208_988_800_000_000, 0, 7_258_118_400_000_000, i64::MAX / 2]
    {
        let passed = local.passed(instant);
        assert!(passed >= before && passed.is_finite());
        before = passed;
    }
    for passed in [f64::MIN, -1e18, -1e16, 1e16, 1e18, f64::MAX, f64::INFINITY] {
        local.instant(passed);
    }
}

#[test]
fn wrong_weights_are_refused() {
    assert!(Intensity::new(&[0.0; 24], &WORKING, &MONTHS).is_err());
    assert!(Intensity::new(&OFFICE, &[-1.0; 7], &MONTHS).is_err());
    assert!(Intensity::new(&OFFICE, &WORKING, &[f64::NAN; 12]).is_err());
    // Only their ratios matter, however large they are.
    let large = Intensity::new(&[1e308; 24], &[1e300; 7], &[1e308; 12]).unwrap();
    assert!((large.in_zone(Zone::utc()).passed(MICROS_PER_DAY) - DAY).abs() < 1e-3 * DAY);
}

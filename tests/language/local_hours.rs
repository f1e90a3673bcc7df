//! Moments at local hours, weekdays and months: in each zone, around clock changes, alone and in bulk; and what is refused.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use seedbed_engine::calendar::Zone;
use seedbed_engine::calendar::civil::{civil_from_days, split_micros, weekday};
use seedbed_engine::{Plan, Settings};
use seedbed_tests::statistics::assert_discrete;

use super::{batch, faults, numbers};

const HOUR: i64 = 3_600_000_000;

fn rows(scenario: &str, table: &str, rows: u64) -> RecordBatch {
    let plan = Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    plan.batch(plan.table(table).expect("the table is there"), 0..rows).expect("values exist")
}

fn instants(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<TimestampMicrosecondType>().iter().collect()
}

/// Weights as shares of their sum.
fn shares(weights: &[f64]) -> impl Fn(usize) -> f64 + '_ {
    let sum: f64 = weights.iter().sum();
    move |at| weights[at] / sum
}

/// Over a year: in local time, hours, weekdays and months have their weights, in every zone.
#[test]
fn hours_weekdays_and_months_have_their_weights() {
    let hours: Vec<f64> =
        (0..24).map(|hour| if (7..20).contains(&hour) { f64::from(hour) } else { 0.0 }).collect();
    let weekdays = [3.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.5];
    let months = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0, 3.0];
    for name in ["UTC", "Asia/Kolkata", "America/Los_Angeles", "Australia/Lord_Howe"] {
        let scenario = format!(
            "tables: {{t: {{rows: 40000, columns: {{at: {{moment: {{from: 2025-01-01, to: 2026-01-01, zone: \"'{name}'\", \
             hours: {hours:?}, weekdays: {weekdays:?}, season: {months:?}}}}}}}}}}}"
        );
        let zone = Zone::named(name).unwrap();
        let instants = instants(&rows(&scenario, "t", 40_000), "at");
        let local = instants.iter().map(|at| split_micros(zone.to_local(at.expect("no bound is NULL"))));
        let local: Vec<(i32, i64)> = local.collect();
        let drawn = |place: fn(&(i32, i64)) -> usize| local.iter().map(place);
        let hour_of = |(_, time): &(i32, i64)| (time / HOUR) as usize;
        assert!(drawn(hour_of).all(|hour| hours[hour] > 0.0), "{name}");
        assert_discrete(drawn(hour_of), 24, shares(&hours), &format!("hours in {name}"));
        // Weekdays and months share their days: the weight of one is a sum over the days of the year.
        let (mut of_weekday, mut of_month) = ([0.0; 7], [0.0; 12]);
        for day in 20_089..20_454 {
            let (w, m) = (weekday(day) as usize - 1, civil_from_days(day).1 as usize - 1);
            of_weekday[w] += weekdays[w] * months[m];
            of_month[m] += weekdays[w] * months[m];
        }
        let weekday_of = |(date, _): &(i32, i64)| weekday(*date) as usize - 1;
        let month_of = |(date, _): &(i32, i64)| civil_from_days(*date).1 as usize - 1;
        assert_discrete(drawn(weekday_of), 7, shares(&of_weekday), &format!("weekdays in {name}"));
        assert_discrete(drawn(month_of), 12, shares(&of_month), &format!("months in {name}"));
    }
}

const TENANTS: &str = "
since: 2025-10-20
as_of: 2025-11-10
tables:
  tenants:
    rows: 300
    let: {place: place}
    columns: {id: serial, zone: {expression: place.zone, null: 5%}}
  events:
    per: tenants
    count: {integer: {from: 1, to: 8}}
    columns:
      id: serial
      tenant_id: parent
      zone: = tenants.zone
      at: {moment: {from: since, to: as_of, zone: tenants.zone, hours: business, weekdays: {saturday: 0.1, sunday: 0}, order: within parent, precision: second}}
      late: {moment: {from: at, to: as_of, zone: tenants.zone, hours: night, growth: 5% per week}}
";

#[test]
fn moments_rise_in_the_zone_of_their_parent() {
    let events = rows(TENANTS, "events", 1200);
    let (of, at, late) = (numbers(&events, "tenant_id"), instants(&events, "at"), instants(&events, "late"));
    let zones =
        arrow::compute::cast(events.column_by_name("zone").unwrap(), &arrow::datatypes::DataType::Utf8)
            .unwrap();
    let zones = zones.as_string::<i32>();
    let mut nights = 0;
    for i in 0..events.num_rows() {
        assert_eq!((at[i].is_some(), late[i].is_some()), (zones.is_valid(i), zones.is_valid(i)));
        let (Some(at_i), Some(late)) = (at[i], late[i]) else { continue };
        let zone = Zone::named(zones.value(i)).unwrap();
        let (date, _) = split_micros(zone.to_local(at_i));
        assert_ne!(weekday(date), 7, "nothing on Sundays");
        assert!(at_i <= late && at_i % 1_000_000 == 0);
        assert!(i == 0 || of[i] != of[i - 1] || at[i - 1] <= at[i], "they rise");
        let hour = split_micros(zone.to_local(late)).1 / HOUR;
        nights += u32::from(!(6..21).contains(&hour));
    }
    assert!(nights > 900, "{nights} in the night");
    // A row alone is the row in bulk.
    let plan = Plan::compile(TENANTS, &Settings::default()).unwrap();
    let table = plan.table("events").unwrap();
    for row in (0..events.num_rows()).rev().step_by(37) {
        assert_eq!(plan.batch(table, row as u64..row as u64 + 1).unwrap(), events.slice(row, 1), "row {row}");
    }
}

/// A night with an hour less, and one with an hour more: local times that do not exist are never drawn, and those that come twice are
/// hit in both hours.
#[test]
fn clock_changes_of_a_night() {
    let scenario = |from: &str, to: &str| {
        format!(
            "tables: {{t: {{rows: 1000, columns: {{at: {{moment: {{from: {from}, to: {to}, zone: Europe/Berlin, \
             hours: [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}}}}}}}}}}"
        )
    };
    let by_utc_hour = |scenario: &str| {
        let mut hours = std::collections::BTreeMap::new();
        for at in instants(&batch(scenario, "t"), "at").into_iter().flatten() {
            *hours.entry(at.div_euclid(HOUR) % 24).or_insert(0) += 1;
        }
        hours
    };
    // Spring: 01:00 to 02:00 and 03:00 to 04:00 are two hours on end.
    let spring = by_utc_hour(&scenario("2026-03-28T22:00:00Z", "2026-03-29T20:00:00Z"));
    assert_eq!(spring.keys().copied().collect::<Vec<_>>(), [0, 1]);
    assert!(spring.values().all(|count| (420..580).contains(count)), "{spring:?}");
    // Autumn: 02:00 to 03:00 comes twice.
    let autumn = by_utc_hour(&scenario("2026-10-24T21:00:00Z", "2026-10-25T20:00:00Z"));
    assert_eq!(autumn.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 23]);
    assert!(autumn.values().all(|count| (190..310).contains(count)), "{autumn:?}");
}

#[test]
fn wrong_hours_are_refused() {
    let scenario = |arguments: &str| {
        faults(&format!(
            "tables: {{t: {{rows: 1, columns: {{at: {{moment: {{from: 2025-01-01, to: 2026-01-01, {arguments}}}}}}}}}}}"
        ))
    };
    for (arguments, message) in [
        ("hours: busines", "`hours`: expected `business`, `evening`, `night` or a list of 24 weights"),
        ("hours: [1, 2]", "`hours`: expected 24 weights (found 2)"),
        ("weekdays: [0, 0, 0, 0, 0, 0, 0]", "`weekdays`: expected a weight above 0"),
        ("weekdays: {sundy: 1}", "did you mean `sunday`?"),
        ("season: {march: -1}", "`season`: a weight cannot be negative"),
        ("season: summer", "`season`: expected 12 weights, or a map of names to weights"),
        ("zone: Europe/Berlin", "`zone` alone changes nothing"),
        ("hours: business, zone: \"'Europe/Berln'\"", "unknown time zone `Europe/Berln`"),
    ] {
        let said = scenario(arguments);
        assert!(said.contains(message), "{arguments}: {said}");
    }
}

//! Rows that come back: in each zone, at any `as_of`, alone and in bulk; and what is refused.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use seedbed_engine::calendar::Zone;

use super::{batch, faults, in_bulk, numbers, plan_at};

const DAY: i64 = 86_400_000_000;

fn instants(batch: &RecordBatch, column: &str) -> Vec<i64> {
    let array = batch.column_by_name(column).expect("the column is there");
    assert_eq!(array.null_count(), 0);
    array.as_primitive::<TimestampMicrosecondType>().values().to_vec()
}

fn dates(batch: &RecordBatch, column: &str) -> Vec<i32> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<Date32Type>().values().to_vec()
}

const INVOICES: &str = "
since: 2020-01-01
tables:
  tenants:
    rows: 150
    let: {place: place}
    columns: {id: serial, zone: {expression: place.zone, null: 2%}}
  subscriptions:
    per: tenants
    count: 2
    columns:
      id: serial
      zone: = tenants.zone
      started_at: {moment: {from: since, to: 2025-12-31}, null: 3%}
      ended_at: {moment: {from: 'coalesce(started_at, since)', to: 2026-01-01}, null: 50%}
  invoices:
    per: subscriptions
    every: {month: 1, from: started_at, at: 00:00, zone: zone, until: ended_at}
    let: {period: occurrence}
    columns:
      subscription_id: parent
      zone: = subscriptions.zone
      number: = period.number
      started_at: = subscriptions.started_at
      ended_at: = subscriptions.ended_at
      starts: = period.start
      ends: = period.end
      start_date: = period.start_date
      end_date: = period.end_date
";

/// By the zones' own arithmetic: each period begins at local midnight of the anchor's day, the next begins where it ends, none is
/// missing, and none begins at or after the end.
#[test]
fn an_invoice_for_each_month_at_local_midnight() {
    let plan = plan_at(INVOICES, "2026-01-01");
    let invoices = in_bulk(&plan, "invoices");
    assert!(invoices.num_rows() > 5_000, "{} rows", invoices.num_rows());
    let (of, number) = (numbers(&invoices, "subscription_id"), numbers(&invoices, "number"));
    let (starts, ends) = (instants(&invoices, "starts"), instants(&invoices, "ends"));
    let (start_date, end_date) = (dates(&invoices, "start_date"), dates(&invoices, "end_date"));
    let started = instants(&invoices, "started_at");
    let ended = invoices.column_by_name("ended_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    let zones =
        arrow::compute::cast(invoices.column_by_name("zone").unwrap(), &arrow::datatypes::DataType::Utf8)
            .unwrap();
    let as_of = plan.model().as_of;
    for i in 0..invoices.num_rows() {
        let zone = Zone::named(zones.as_string::<i32>().value(i)).unwrap();
        let first = number[i] == Some(1);
        assert_eq!(first, i == 0 || of[i] != of[i - 1]);
        if first {
            assert!(
                (started[i]..=started[i] + DAY + DAY / 12).contains(&starts[i]),
                "the first midnight from then on"
            );
        } else {
            assert_eq!((starts[i], start_date[i]), (ends[i - 1], end_date[i - 1]));
            assert!((28..=31).contains(&(start_date[i] - start_date[i - 1])));
        }
        // Midnight, or the hour after where the clocks go forward at midnight.
        let local = zone.to_local(starts[i]);
        assert_eq!(local.div_euclid(DAY), i64::from(start_date[i]));
        assert!([0, DAY / 24].contains(&local.rem_euclid(DAY)), "{local}");
        let last = i + 1 == invoices.num_rows() || of[i] != of[i + 1];
        let open_at = |at: i64| if ended.is_valid(i) { at < ended.value(i) } else { at <= as_of };
        assert!(open_at(starts[i]));
        assert_eq!(last, !open_at(ends[i]), "row {i}");
    }
}

#[test]
fn a_row_alone_is_the_row_in_bulk() {
    let plan = plan_at(INVOICES, "2026-01-01");
    let table = plan.table("invoices").unwrap();
    let all = in_bulk(&plan, "invoices");
    for row in (0..all.num_rows()).rev().step_by(97) {
        let alone = plan.batch(table, row as u64..row as u64 + 1).unwrap();
        assert_eq!(alone, all.slice(row, 1), "row {row}");
    }
}

/// Every occurrence up to an earlier `as_of` is there at a later one, unchanged.
#[test]
fn a_later_as_of_goes_on() {
    let scenario =
        INVOICES.replace(", until: ended_at", "").replace("      ended_at: = subscriptions.ended_at\n", "");
    let key = |batch: &RecordBatch| {
        let instants = instants(batch, "starts");
        numbers(batch, "subscription_id").into_iter().zip(instants).collect::<Vec<_>>()
    };
    let plans = ["2026-01-01", "2026-03-31T12:00:00Z", "2028-02-29"].map(|as_of| plan_at(&scenario, as_of));
    let rows = plans.each_ref().map(|plan| key(&in_bulk(plan, "invoices")));
    for (earlier, later) in [(0, 1), (1, 2)] {
        let as_of = plans[earlier].model().as_of;
        let old: Vec<_> = rows[later].iter().filter(|(_, at)| *at <= as_of).copied().collect();
        assert_eq!(old, rows[earlier]);
        assert!(rows[later].len() > old.len());
    }
}

#[test]
fn an_instant_at_as_of_is_there_and_one_at_the_end_is_not() {
    let scenario = |until: &str| {
        format!(
            "as_of: 2026-01-05\ntables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, every: {{day: 1, from: 2026-01-01{until}}}, \
             let: {{o: occurrence}}, columns: {{n: = o.number}}}}}}"
        )
    };
    let days = |until: &str| batch_of(&scenario(until)).num_rows();
    assert_eq!(days(""), 5);
    assert_eq!(days(", until: 2026-01-04"), 3);
    assert_eq!(days(", until: 2026-01-05"), 4);
    assert_eq!(days(", until: 'cast(null as timestamptz)'"), 5);
    assert_eq!(days(", until: 2026-01-20"), 19);
}

fn batch_of(scenario: &str) -> RecordBatch {
    batch(scenario, "b")
}

/// References find the occurrence that an instant lies in.
#[test]
fn what_existed_may_have_come_back() {
    let scenario = "
as_of: 2026-03-01
tables:
  a: {rows: 20, columns: {id: serial, at: {moment: {from: 2025-01-01, to: 2025-06-01}}}}
  b: {per: a, every: {week: 1, from: at}, let: {o: occurrence}, columns: {id: serial, created_at: = o.start}}
  c:
    per: a
    count: 30
    let: {at: {moment: {from: 2025-01-01, to: as_of}}}
    columns: {seen_at: = at, b_id: {reference: {to: b, within: a, existed_at: at}}, born: = b.created_at}
";
    let rows = batch(scenario, "c");
    let (at, of) = (instants(&rows, "seen_at"), numbers(&rows, "b_id"));
    let born = rows.column_by_name("born").unwrap().as_primitive::<TimestampMicrosecondType>();
    for (i, at) in at.iter().enumerate() {
        assert_eq!(of[i].is_some(), born.is_valid(i));
        assert!(!born.is_valid(i) || born.value(i) <= *at);
    }
    let found = of.iter().flatten().count();
    assert!(found > rows.num_rows() / 3 && found < rows.num_rows(), "{found}");
}

#[test]
fn wrong_rules_are_refused() {
    let scenario = |every: &str| {
        faults(&format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, every: {{{every}}}, let: {{o: occurrence}}, columns: {{n: = o.number}}}}}}"
        ))
    };
    for (every, message) in [
        ("from: 2026-01-01", "`every` needs a step"),
        ("month: 1", "`every` needs `from`"),
        ("month: 1, day: 1, from: 2026-01-01", "two steps: `month` and `day`"),
        ("month: 0, from: 2026-01-01", "`month`: expected at least 1"),
        ("month: 1.5, from: 2026-01-01", "`month`: expected a whole number"),
        ("month: 1, from: id", "does not become `timestamptz`"),
        ("month: 1, on: 32, from: 2026-01-01", "`on`: expected a day of the month"),
        ("month: 1, on: fifth friday, from: 2026-01-01", "`on`: expected a day of the month"),
        ("week: 1, on: [monday, frday], from: 2026-01-01", "did you mean `friday`?"),
        ("day: 1, on: monday, from: 2026-01-01", "`on` does not go with `day`"),
        ("day: 1, at: 25:00, from: 2026-01-01", "`at`: expected a local time of day"),
        ("hour: 1, at: 02:00, from: 2026-01-01", "`at` does not go with hours and minutes"),
        ("day: 1, from: 2026-01-01, zone: 'Europe/Berln'", "unknown"),
        ("day: 1, from: 2026-01-01, zone: \"'Europe/Berln'\"", "unknown time zone `Europe/Berln`"),
        ("day: 1, from: 2026-01-02, until: 2026-01-02", "`until` is not after `from`"),
        ("day: 1, from: 2026-01-01, fold: twice", "`fold`: expected `later`, `earlier` or `both`"),
        ("day: 1, from: 2026-01-01, til: 2026-01-02", "unknown argument `til` of `every`"),
    ] {
        let said = scenario(every);
        assert!(said.contains(message), "{every}: {said}");
    }
    let beside = faults(
        "tables: {a: {rows: 1, columns: {id: serial}}, b: {per: a, count: 2, let: {o: occurrence}, columns: {n: = o.number}}}",
    );
    assert!(beside.contains("the rows of `b` do not come back"), "{beside}");
    let count = faults(
        "tables: {a: {rows: 1, columns: {id: serial}}, b: {per: a, count: 2, every: {day: 1, from: 2026-01-01}, columns: {n: = 1}}}",
    );
    assert!(count.contains("`count` does not go with `every`"), "{count}");
}

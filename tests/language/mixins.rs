//! Columns that several tables have, written once under `mixins:`.

use seedbed_engine::{Plan, Settings};

use super::{batch, faults, numbers};

const WRITTEN_OUT: &str = "
since: 2025-01-01
tables:
  users:
    rows: 50
    let: {place: place, born_on: {date: {from: 1950-01-01, to: 2005-01-01}}}
    columns:
      id: serial
      city: = place.city
      created_at: {moment: {from: since, to: as_of}}
      updated_at: {moment: {from: created_at, to: as_of}, null: 20%}
      note: {words: {length: 20}}
  orders:
    per: users
    count: {poisson: 2}
    columns:
      id: serial
      user_id: parent
      created_at: {moment: {from: users.created_at, to: as_of}}
      updated_at: {moment: {from: created_at, to: as_of}, null: 20%}
      note: {words: {length: 20}}
";

const WITH_MIXINS: &str = "
since: 2025-01-01
mixins:
  times:
    about: when a row came and changed
    columns:
      created_at: {moment: {from: since, to: as_of}}
      updated_at: {moment: {from: created_at, to: as_of}, null: 20%}
  note: {columns: {note: {words: {length: 20}}}}
  born:
    let: {born_on: {date: {from: 1950-01-01, to: 2005-01-01}}}
tables:
  users:
    rows: 50
    mixins: [times, note, born]
    let: {place: place}
    columns:
      id: serial
      city: = place.city
  orders:
    per: users
    count: {poisson: 2}
    mixins: [times, note]
    columns:
      id: serial
      user_id: parent
      created_at: {moment: {from: users.created_at, to: as_of}}
";

#[test]
fn a_column_that_moves_into_a_mixin_keeps_its_values() {
    let [out, mixed] =
        [WRITTEN_OUT, WITH_MIXINS].map(|text| Plan::compile(text, &Settings::default()).unwrap());
    assert_eq!(out.fingerprint(), mixed.fingerprint());
    for table in ["users", "orders"] {
        assert_eq!(batch(WRITTEN_OUT, table), batch(WITH_MIXINS, table));
    }
}

#[test]
fn columns_of_mixins_come_after_those_of_the_table_which_win() {
    let scenario = "
mixins:
  one: {let: {base: = id * 10}, columns: {a: = base + 1, b: = base + 2}}
  two: {columns: {c: = base + 3, a2: serial}}
  only: {columns: {x: serial}}
tables:
  t:
    rows: 2
    mixins: [two, one]
    columns: {id: serial, b: = -id}
  u: {rows: [{a: 7}, {a: 8}], mixins: one, columns: {id: serial}}
  v: {rows: 1, mixins: only, let: , columns: }
";
    let t = batch(scenario, "t");
    let names: Vec<_> = t.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "b", "c", "a2", "a"]);
    assert_eq!(numbers(&t, "b"), [Some(-1), Some(-2)]);
    assert_eq!(numbers(&t, "a"), [Some(11), Some(21)]);
    let u = batch(scenario, "u");
    assert_eq!((numbers(&u, "a"), numbers(&u, "b")), (vec![Some(7), Some(8)], vec![Some(12), Some(22)]));
    assert_eq!(numbers(&batch(scenario, "v"), "x"), [Some(1)]);
}

/// A mixin that nobody names is read all the same, and a wrong one is told once.
#[test]
fn faults_of_mixins_are_told_once() {
    let tables = |mixins: &str| -> String {
        let table = |i| format!("  t{i}: {{rows: 1, mixins: [{mixins}], columns: {{id: serial}}}}\n");
        (0..10).map(table).collect()
    };
    let scenario = format!(
        "mixins: {{m: {{columns: {{x: = upper(nothing), y: {{integer: few}}}}}}}}\ntables:\n{}",
        tables("m")
    );
    let told = faults(&scenario);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("unknown column `nothing` (in table `t0`)"), "{told}");
    let unused = format!("mixins: {{m: {{columns: {{x: {{intger: 5}}}}}}}}\ntables:\n{}", tables(""));
    assert!(faults(&unused).starts_with("unknown generator `intger`"));
}

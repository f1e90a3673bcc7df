//! Values that break software: in their share of the rows, listed as cases, and nowhere else.

use std::collections::HashSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use seedbed_engine::text::shown;
use seedbed_engine::{Finder, Plan, Settings};

use super::{faults, plan, whole};

const SCENARIO: &str = "
as_of: 2026-04-13
since: 2025-01-01
tables:
  parents:
    rows: 300
    columns: {id: serial, name: {text: 'Parent {id}'ADV}, at: {moment: {from: since, to: as_of}}}
  rows:
    per: parents
    count: 20
    check: price > 0
    columns:
      id: serial
      parent_id: parent
      name: {characters: 5, type: varchar(8)ADV}
      number: {integer: {from: 1, to: 9}ADV}
      price: {decimal: {from: 1, to: 9}}
      at: {moment: {from: parents.at, to: as_of}}
      length: = char_length(name)
      of: = parents.name
      kind: {choose: [a, b]}
";

fn scenario(adversarial: &str) -> String {
    SCENARIO.replace("ADV", adversarial)
}

/// The texts of a column.
fn texts(plan: &Plan, table: &str, column: &str) -> Vec<String> {
    let batch = whole(plan, table, 1000);
    let column = batch.column_by_name(column).expect("the column is there");
    (0..column.len()).map(|row| shown(column, row)).collect()
}

#[test]
fn the_share_is_hostile_and_the_rest_as_it_was() {
    let (plain, hostile) = (plan(&scenario("")), plan(&scenario(", adversarial: 10%")));
    for column in ["id", "price", "at", "kind"] {
        assert_eq!(texts(&plain, "rows", column), texts(&hostile, "rows", column), "{column}");
    }
    for (column, values) in [("name", 60), ("number", 10)] {
        let pairs: Vec<_> =
            texts(&plain, "rows", column).into_iter().zip(texts(&hostile, "rows", column)).collect();
        let others: Vec<&String> =
            pairs.iter().filter(|(plain, hostile)| plain != hostile).map(|(_, hostile)| hostile).collect();
        // Five standard deviations about a tenth of 6,000.
        assert!((484..=716).contains(&others.len()), "{column}: {}", others.len());
        assert!(others.iter().collect::<HashSet<_>>().len() > values, "{column}");
    }
    let names = texts(&hostile, "rows", "name");
    assert!(names.iter().all(|name| name.chars().count() <= 8));
    assert!(
        names.iter().any(String::is_empty)
            && names.iter().any(|name| name.chars().filter(|c| *c == '漢').count() == 8)
    );
    // What depends on it follows.
    let lengths = texts(&hostile, "rows", "length");
    assert!(names.iter().zip(lengths).all(|(name, length)| name.chars().count().to_string() == length));
    let of: HashSet<String> = texts(&hostile, "rows", "of").into_iter().collect();
    assert_eq!(of, texts(&hostile, "parents", "name").into_iter().collect());
}

/// The case of a column lists exactly the rows that have other values.
#[test]
fn hostile_rows_are_a_case() {
    let (plain, hostile) = (plan(&scenario("")), plan(&scenario(", adversarial: 1%")));
    let rows = hostile.table("rows").expect("it is there");
    let finder = Finder::new(&hostile, &[rows]);
    finder.look_through(&hostile).expect("values exist");
    let found = finder.found(&hostile).expect("keys exist");
    let case = found.iter().find(|case| case.name == "adversarial_rows_name").expect("it is a case");
    let (before, after) = (texts(&plain, "rows", "name"), texts(&hostile, "rows", "name"));
    let changed: Vec<usize> = (0..before.len()).filter(|row| before[*row] != after[*row]).collect();
    assert_eq!(case.rows, changed.len() as u64);
    let keys: Vec<String> = case.keys.iter().map(ToString::to_string).collect();
    let expected: Vec<String> =
        changed.iter().take(10).map(|row| format!("{{\"id\": {}}}", row + 1)).collect();
    assert_eq!(keys, expected);
}

/// For a whole scenario, only what nothing depends on is hostile.
#[test]
fn a_share_of_everything_breaks_no_rule() {
    let text = scenario("");
    let plain = plan(&text);
    let settings = Settings { adversarial: Some(0.2), ..Settings::default() };
    let hostile = Plan::compile(&text, &settings).unwrap_or_else(|faults| panic!("{faults}"));
    assert_ne!(plain.fingerprint(), hostile.fingerprint());
    let changed = |table: &str, column: &str| texts(&plain, table, column) != texts(&hostile, table, column);
    // `length` is read by nothing; names and prices are, and `kind` is a closed set.
    for (table, column, is_hostile) in [
        ("parents", "id", false),
        ("parents", "name", false),
        ("parents", "at", false),
        ("rows", "parent_id", false),
        ("rows", "name", false),
        ("rows", "number", true),
        ("rows", "price", false),
        ("rows", "at", true),
        ("rows", "length", true),
        ("rows", "of", true),
        ("rows", "kind", false),
    ] {
        assert_eq!(changed(table, column), is_hostile, "{table}.{column}");
    }
    let at = whole(&hostile, "rows", 1000);
    let at = at.column_by_name("at").expect("it is there").as_primitive::<TimestampMicrosecondType>();
    assert!(at.iter().flatten().any(|at| at > hostile.model().as_of));
}

#[test]
fn shares_are_shares() {
    let settings = |share| Settings { adversarial: Some(share), ..Settings::default() };
    for share in [-0.1, 1.1, f64::NAN] {
        let refused = Plan::compile(&scenario(""), &settings(share)).expect_err("it is no share").to_string();
        assert!(refused.contains("`adversarial`: expected a share from 0 to 1"), "{refused}");
    }
    assert!(faults(&scenario(", adversarial: 200%")).contains("expected a share from 0% to 100%"));
    let all = Plan::compile(&scenario(""), &settings(1.0)).expect("it is a share");
    assert!(
        texts(&all, "rows", "number")
            .iter()
            .all(|number| !("1"..="9").contains(&&**number) || number == "1" || number.len() > 1)
    );
}

/// What is pinned, what a check names and what is a key is not hostile, and two cases never share a name.
#[test]
fn what_is_known_of_a_row_is_left_alone() {
    let scenario = "
tables:
  a_b: {rows: 9, columns: {id: serial, c: {text: 'x', adversarial: 100%}}}
  a:
    rows: 9
    columns: {id: serial, b_c: {text: 'x', adversarial: 100%}, 'my price': 5, other: 6, free: 7}
cases:
  pinned: {in: a, row: 3, pin: {b_c: known}}
checks:
  positive: select id from a where \"my price\" <= 0 or OTHER <= 0
";
    let settings = Settings { adversarial: Some(1.0), ..Settings::default() };
    let plan = Plan::compile(scenario, &settings).unwrap_or_else(|faults| panic!("{faults}"));
    let tables: Vec<_> = plan.tables().collect();
    let finder = Finder::new(&plan, &tables);
    finder.look_through(&plan).expect("values exist");
    let found = finder.found(&plan).expect("keys exist");
    let found: Vec<(&str, u64)> = found.iter().map(|case| (&*case.name, case.rows)).collect();
    assert_eq!(
        found,
        [("pinned", 1), ("adversarial_a_b_c", 9), ("adversarial_a_b_c_", 8), ("adversarial_a_free", 9)]
    );
    assert_eq!(texts(&plan, "a", "b_c")[2], "known");
    assert!(texts(&plan, "a", "my price").iter().all(|price| price == "5"));

    for (key, column) in [
        ("primary key: code", "code: {text: x, adversarial: 1%}"),
        ("unique: [code]", "code: {text: x, adversarial: 1%}"),
        ("", "code: {integer: {from: 1, to: 9}, adversarial: 1%, references: t}"),
    ] {
        let key = if key.is_empty() { String::new() } else { format!("{key}, ") };
        let told = faults(&format!("tables: {{t: {{rows: 9, {key}columns: {{id: serial, {column}}}}}}}"));
        assert!(told.contains("`code` is part of a key, and `adversarial` does not go with keys"), "{told}");
    }
}

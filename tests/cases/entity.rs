//! `seedbed entity`: one row with its ancestors, what it refers to, and its children in time.

use std::fs;

use seedbed_engine::{Plan, Settings};
use seedbed_tests::command::{run, seedbed, stderr};
use seedbed_tests::shipped;
use seedbed_tests::value::Values;
use serde_json::Value;

const SCENARIO: &str = "
as_of: 2026-01-01
tables:
  plans: {rows: [{code: free}, {code: pro}], key: code}
  tenants:
    rows: 4
    columns: {id: serial, name: {text: \"tenant {id}\"}, plan: {reference: plans, null: 40%}}
  users:
    per: tenants
    count: 3
    primary key: [tenant_id, n]
    columns: {tenant_id: parent, n: = ordinal(), born_on: {date: {from: \"date '1960-01-01'\", to: \"date '2000-01-01'\"}}}
  visits:
    per: users
    count: 12
    columns: {at: {moment: {from: \"timestamp '2025-01-01'\", to: as_of}}, page: {integer: {from: 1, to: 9}}}
  notes: {per: users, count: 0, columns: {id: serial}}
";

fn plan() -> Plan {
    shipped::compile(SCENARIO, &Settings::default())
}

fn scenario(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("x.yaml");
    fs::write(&path, SCENARIO).unwrap();
    path.display().to_string()
}

/// The page of the first visit.
fn told_page(entity: &Value) -> &Value {
    &entity["children"][0]["first"][0]["row"]["page"]
}

#[test]
fn a_life_is_told_as_the_tables_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = scenario(&folder);
    let output = run(["entity", &scenario, "users", "2,1", "--rows", "5", "--json"]);
    let entity: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(entity["entity"]["key"], serde_json::json!({"tenant_id": 2, "n": 1}));
    assert_eq!(entity["ancestors"][0]["row"]["name"], "tenant 2");
    assert_eq!(
        entity["children"][1],
        serde_json::json!({"table": "notes", "rows": 0, "by": null, "first": []})
    );
    // The user is row 4, so the visits are rows 37 to 48.
    let visits = plan().batch(plan().table("visits").unwrap(), 36..48).unwrap();
    // Values have the types of JSON Lines, which was not so: all were texts.
    assert!(entity["entity"]["row"]["n"].is_i64() && told_page(&entity).is_i64());
    let iso = |at: String| at.replace(' ', "T").replace("+00", "Z");
    let mut at: Vec<String> =
        (0..12).map(|i| iso(seedbed_engine::text::shown(visits.column(0), i))).collect();
    at.sort_unstable();
    let told = &entity["children"][0];
    assert_eq!((&told["table"], &told["rows"], &told["by"]), (&"visits".into(), &12.into(), &"at".into()));
    let told: Vec<String> = told["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|visit| visit["row"]["at"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, at[..5]);

    let tenants = Values::whole(&plan(), "tenants");
    for (id, plan) in (1..).zip(tenants.cells("plan")) {
        let shown = run(["entity", &scenario, "tenants", &format!("{id}"), "--rows", "1"]);
        let shown = String::from_utf8(shown.stdout).unwrap();
        let refers = match plan.as_deref() {
            None => "\nrefers to\n  plan: nothing\n".to_owned(),
            Some(plan) => format!("\nrefers to\n  plan: plans {{\"code\": \"{plan}\"}}: code {plan}\n"),
        };
        assert!(
            shown.starts_with(&format!("tenants {{\"id\": {id}}}\n  id    {id}\n  name  tenant {id}\n")),
            "{shown}"
        );
        assert!(shown.contains(&refers), "{shown}");
        assert!(shown.contains("\nusers: 3 rows, the first 1 by born_on\n"), "{shown}");
    }
}

#[test]
fn keys_that_no_row_has_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = scenario(&folder);
    for (table, key, code, words) in [
        ("tenants", "5", 1, "no row of `tenants` has id 5"),
        ("tenants", "-1", 1, "no row of `tenants` has id -1"),
        ("users", "2", 2, "the key of `users` is tenant_id, n"),
        ("users", "2,4", 1, "no row of `users` has tenant_id, n 2,4"),
        ("plans", "fre", 1, "no row of `plans` has code fre"),
        ("visits", "145", 1, "no row of `visits` has row number 145"),
        ("user", "1", 2, "unknown table `user`"),
    ] {
        let output = seedbed(["entity", &scenario, table, key]).output().unwrap();
        let said = stderr(&output);
        assert_eq!(
            (output.status.code(), said.lines().next()),
            (Some(code), Some(&*format!("error: {words}")))
        );
    }
    assert!(run(["entity", &scenario, "visits", "144"]).stdout.starts_with(b"visits {\"row\": 144}\n"));
}

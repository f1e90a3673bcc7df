//! Cases with a condition: their rows are counted and listed by what the rows hold, however they are made.

use std::collections::BTreeMap;
use std::fs;

use seedbed_engine::cases::FoundCase;
use seedbed_engine::run::Shard;
use seedbed_engine::{Finder, Plan, Settings};
use seedbed_formats::{Format, Report, Target, generate};
use seedbed_tests::folder::{Writing, assert_same_files};
use seedbed_tests::value::Values;
use seedbed_tests::{command, shipped};
use serde_json::Value;

const TABLES: &str = "
tables:
  shops:
    rows: 900
    columns: {id: serial, kind: {choose: {small: 9, large: 1}}}
  sales:
    per: shops
    count: {poisson: {mean: 40}}
    let: {note: \"= repeat('x', 2000) || amount\"}
    columns:
      id: serial
      shop_id: parent
      amount: {integer: {from: 1, to: 1000}, null: 10%}
";

const CASES: &str = "
cases:
  large: {in: shops, where: kind = 'large', list: 3}
  dear: {in: sales, where: amount > 990 and shops.kind = 'large', about: dear sales of large shops}
  noted: {in: sales, where: \"length(note) = 2001\", list: 1000}
  none: {in: shops, where: id > 900, at least: 0}
  all: {in: shops, where: 1 = 1, list: 0}
";

fn plan(text: &str) -> Plan {
    shipped::compile(text, &Settings::default())
}

fn written(plan: &Plan, writing: &Writing) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(writing.threads).build().unwrap();
    let request = writing.request(plan, Target::Directory(folder.path().join("data")));
    generate(plan, request, &pool, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn numbers(case: &FoundCase) -> Vec<i64> {
    let id = |key: &seedbed_engine::cases::RowKey| key.members[0].1.parse().unwrap();
    assert!(case.keys.iter().all(|key| key.members.len() == 1 && key.members[0].0 == "id"));
    case.keys.iter().map(id).collect()
}

/// The keys of rows that fulfil a condition, by the values of the columns.
fn expected(plan: &Plan) -> BTreeMap<&'static str, Vec<i64>> {
    let shops = Values::whole(plan, "shops");
    let sales = Values::whole(plan, "sales");
    let large: Vec<i64> =
        (1..).zip(shops.texts("kind")).filter(|(_, kind)| *kind == "large").map(|(id, _)| id).collect();
    let amounts = sales.numbers_or_null("amount");
    let parents = sales.numbers("shop_id");
    let of = |holds: &dyn Fn(usize) -> bool| {
        (0..amounts.len()).filter(|i| holds(*i)).map(|i| i as i64 + 1).collect()
    };
    let dear = of(&|i| amounts[i].is_some_and(|amount| amount > 990) && large.contains(&parents[i]));
    let noted = of(&|i| amounts[i].is_some_and(|amount| amount < 10));
    BTreeMap::from([
        ("large", large),
        ("dear", dear),
        ("noted", noted),
        ("none", vec![]),
        ("all", (1..=900).collect()),
    ])
}

#[test]
fn cases_are_the_rows_that_hold_what_is_asked() {
    let plan = plan(&format!("{TABLES}{CASES}"));
    let expected = expected(&plan);
    assert!(expected["dear"].len() > 10 && expected["noted"].len() > 100, "there is something to be found");
    let listed = [("large", 3), ("dear", 10), ("noted", 1000), ("none", 10), ("all", 0)];
    let check = |found: &[FoundCase]| {
        assert_eq!(found.len(), listed.len());
        for (case, (name, most)) in found.iter().zip(listed) {
            let ids = &expected[name];
            assert_eq!((case.name.as_str(), case.rows), (name, ids.len() as u64));
            assert_eq!(numbers(case), ids[..ids.len().min(most)], "{name}");
        }
    };
    for threads in [1, 3] {
        for format in [Format::Parquet, Format::Csv] {
            let writing = Writing { threads, rows_per_file: Some(7_000), ..Writing::all(format) };
            check(&written(&plan, &writing).cases);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let finder = Finder::of_cases(&plan, |_| true);
        pool.install(|| finder.look_through(&plan)).unwrap();
        check(&finder.found(&plan).unwrap());
    }
}

#[test]
fn shards_find_their_own_rows() {
    let text = format!("{TABLES}{CASES}").replace("at least: 0", "at least: 7");
    let plan = plan(&text);
    let expected = expected(&plan);
    let count = 3;
    let mut rows = BTreeMap::new();
    for index in 1..=count {
        let shard = Some(Shard { index, count });
        let writing = Writing { shard, rows_per_file: Some(5_000), ..Writing::all(Format::Csv) };
        // None of them knows whether seven rows are there in all.
        for case in written(&plan, &writing).cases {
            assert!(numbers(&case).iter().all(|id| expected[case.name.as_str()].contains(id)));
            *rows.entry(case.name).or_insert(0) += case.rows;
        }
    }
    assert!(expected.iter().all(|(name, ids)| rows[*name] == ids.len() as u64), "{rows:?}");
}

#[test]
fn only_tables_that_are_written_are_looked_at() {
    let plan = plan(&format!("{TABLES}{CASES}"));
    let writing = Writing { tables: vec!["shops".to_owned()], ..Writing::all(Format::Csv) };
    let names: Vec<String> = written(&plan, &writing).cases.into_iter().map(|case| case.name).collect();
    assert_eq!(names, ["large", "none", "all"]);
}

#[test]
fn cases_change_no_value_no_file_and_no_fingerprint() {
    let without = plan(TABLES);
    let with = plan(&format!("{TABLES}{CASES}"));
    assert_eq!(with.fingerprint(), without.fingerprint());
    for format in [Format::Parquet, Format::Jsonl] {
        let (mut found, mut expected) =
            (Writing::all(format).files(&with), Writing::all(format).files(&without));
        let manifest = |files: &mut BTreeMap<String, Vec<u8>>| -> Value {
            serde_json::from_slice(&files.remove("manifest.json").unwrap()).unwrap()
        };
        let (mut told, plain) = (manifest(&mut found), manifest(&mut expected));
        assert_same_files(&found, &expected, format.name());
        let cases = told.as_object_mut().unwrap().remove("cases").unwrap();
        assert_eq!(told, plain);
        assert_eq!(cases.as_array().unwrap().len(), 5);
        assert_eq!((&cases[3]["name"], &cases[3]["rows"]), (&"none".into(), &0.into()));
        assert_eq!(cases[0]["keys"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn keys_are_those_of_the_table() {
    let text = "
tables:
  of_two:
    rows: 3
    primary key: [b, a]
    columns: {a: = row_number(), b: {text: \"\\\"{a}\\\"\"}}
  of_uuids: {rows: 3, key: u, columns: {n: = row_number(), u: uuid}}
  of_none: {rows: 3, columns: {n: = 1}}
cases:
  two: {in: of_two, where: a = 2}
  uuids: {in: of_uuids, where: n = 2}
  none: {in: of_none, where: row_number() = 2}
";
    let plan = plan(text);
    let finder = Finder::of_cases(&plan, |_| true);
    finder.look_through(&plan).unwrap();
    let found = finder.found(&plan).unwrap();
    let uuid = Values::whole(&plan, "of_uuids").texts("u")[1].to_owned();
    let keys: Vec<String> = found.iter().map(|case| case.keys[0].to_string()).collect();
    let keys: Vec<String> = keys.iter().map(|key| key.replace('-', "")).collect();
    assert_eq!(
        keys,
        [r#"{"b": "\"2\"", "a": 2}"#.to_owned(), format!(r#"{{"u": "{uuid}"}}"#), r#"{"row": 2}"#.to_owned()]
    );
}

#[test]
fn too_few_rows_fail_the_run_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    let text = format!("{TABLES}cases: {{none: {{in: shops, where: id >= 900, at least: 3}}}}\n");
    fs::write(&path, text).unwrap();
    let scenario = path.to_str().unwrap();
    let expected = "error: case `none`: found 1 row of `shops`, expected at least 3";
    for to in ["data", "shops.csv", "null:"] {
        let target = if to == "null:" { to.to_owned() } else { folder.path().join(to).display().to_string() };
        let output =
            command::seedbed(["generate", scenario, "--tables", "shops", "--quiet", "--to", &target])
                .output()
                .unwrap();
        let stderr = command::stderr(&output);
        assert_eq!(
            (output.status.code(), stderr.lines().next()),
            (Some(1), Some(expected)),
            "{to}: {stderr}"
        );
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["x.yaml"], "{to}");
    }
    let output = command::seedbed(["cases", scenario]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("none  shops     1  {\"id\": 900}"));
    assert!(command::stderr(&output).starts_with(expected));
}

#[test]
fn a_condition_that_fails_names_its_row() {
    let text = "
tables: {t: {rows: 20000, columns: {id: serial}}}
cases: {odd: {in: t, where: 10 / (id - 12345) > 0}}
";
    let plan = plan(text);
    let expected = "`t.case odd`: division by zero (row 12345)";
    let finder = Finder::of_cases(&plan, |_| true);
    assert_eq!(finder.look_through(&plan).unwrap_err().to_string(), expected);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let request = Writing::all(Format::Csv).request(&plan, Target::Null);
    assert_eq!(generate(&plan, request, &pool, &mut |_| {}).unwrap_err().to_string(), expected);
}

#[test]
fn the_report_lists_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    fs::write(&path, format!("{TABLES}{CASES}")).unwrap();
    let scenario = path.to_str().unwrap();
    for arguments in [&["generate", scenario, "--to", "null:", "--json"][..], &["cases", scenario, "--json"]]
    {
        let output = command::run(arguments.iter().copied());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let ids = expected(&plan(&format!("{TABLES}{CASES}")))["large"].clone();
        let case = &report["cases"][0];
        assert_eq!(
            case["keys"],
            Value::from(ids[..3].iter().map(|id| serde_json::json!({"id": id})).collect::<Vec<_>>())
        );
        assert_eq!(
            (&case["name"], &case["table"], &case["at_least"]),
            (&"large".into(), &"shops".into(), &1.into())
        );
    }
    let some = command::run(["cases", scenario, "none", "all"]);
    let shown = String::from_utf8(some.stdout).unwrap();
    assert_eq!(shown, "case  table  rows  first keys\nnone  shops     0\nall   shops   900   …\n");
}

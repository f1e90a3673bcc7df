//! Pins: named rows have the values that are written, what is derived follows, and nothing else moves.

use std::collections::BTreeMap;

use seedbed_engine::cases::FoundCase;
use seedbed_engine::{Plan, Settings, TableId, text};
use seedbed_formats::{Format, Target, generate};
use seedbed_tests::folder::Writing;
use seedbed_tests::shipped;

const TABLES: &str = "
as_of: 2026-06-30
params: {boss: Sarah}
tables:
  plans: {rows: [{id: 1, code: free, price: 0.00}, {id: 2, code: pro, price: 9.50}]}
  tenants:
    rows: 60
    let:
      place: place
    columns:
      id: serial
      name: company
      plan_id: {reference: {to: plans, skew: 2}, null: 30%}
      price: = plan_id.price
      kind: {choose: {small: 9, large: 1}}
      zone: = place.zone
      founded_on: {date: {from: \"date '2000-01-01'\", to: \"date '2020-01-01'\"}}
      staff: = count(users)
      oldest: = min(users.born_on)
  users:
    per: tenants
    count: {poisson: {mean: 150}}
    min: 20
    let: {person: person}
    columns:
      id: serial
      tenant_id: parent
      full_name: = person.name
      email: {text: \"{person.username}{id}@{tenants.name|slug}.example\", unique: true}
      code: {integer: {from: 1, to: 1000000}}
      active: {boolean: 90%}
      born_on: {date: {from: \"date '1950-01-01'\", to: \"date '2005-01-01'\"}, null: 10%}
      chief: {reference: {to: users, within: tenants}, null: 20%}
      chief_name: = chief.full_name
      token: uuid
  notes:
    per: users
    count: 2
    columns: {id: serial, user_id: parent, author: = users.full_name, tag: word, at: {moment: {from: \"timestamptz '2020-01-01'\", to: as_of}}}
";

const CASES: &str = "
cases:
  none: {in: users, where: full_name = 'Nobody At All', at least: 0}
  acme:
    in: tenants
    row: 7
    pin: {name: \"Acme, Inc.\", plan_id: {case: free}, kind: huge, place.zone: Europe/Berlin, founded_on: \"= as_of::date - 366\"}
  free: {in: plans, row: 1}
  sarah:
    in: users
    of: acme
    ordinal: 3
    pin: {full_name: $boss, person.username: sarah, code: 77, active: false, born_on: 1970-02-28, chief: {case: tom}, token: 00000000-0000-4000-8000-000000000000}
  tom: {in: users, of: acme, ordinal: 20, pin: {born_on: null, chief: null}}
  note: {in: notes, of: sarah, ordinal: 2, pin: {at: 2026-02-28 23:59:59.999999+00}}
";

fn compile(text: &str) -> Plan {
    shipped::compile(text, &Settings::default())
}

/// A row by the names of its columns.
fn row(plan: &Plan, table: &str, row: u64) -> BTreeMap<String, String> {
    let batch = plan.batch(plan.table(table).unwrap(), row..row + 1).unwrap();
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    names.into_iter().zip(batch.columns()).map(|(name, array)| (name, text::shown(array, 0))).collect()
}

/// All rows of a table as shown.
fn rows(plan: &Plan, table: TableId) -> Vec<Vec<String>> {
    let batch = plan.batch(table, 0..plan.rows(table).unwrap()).unwrap();
    (0..batch.num_rows())
        .map(|i| batch.columns().iter().map(|column| text::shown(column, i)).collect())
        .collect()
}

/// The rows of the cases `sarah` and `tom`: acme's users begin at this row.
fn first_of_acme(plan: &Plan) -> u64 {
    let users = rows(plan, plan.table("users").unwrap());
    users.iter().position(|row| row[1] == "7").unwrap() as u64
}

#[test]
fn named_rows_have_the_values_that_are_written_and_what_is_derived_follows() {
    let plan = compile(&format!("{TABLES}{CASES}"));
    let first = first_of_acme(&plan);
    let acme = row(&plan, "tenants", 6);
    let expected = [
        ("name", "Acme, Inc."),
        ("plan_id", "1"),
        ("price", "0.00"),
        ("kind", "huge"),
        ("zone", "Europe/Berlin"),
        ("founded_on", "2025-06-29"),
    ];
    expected.iter().for_each(|(column, value)| assert_eq!(acme[*column], *value, "{column}"));
    let (sarah, tom) = (row(&plan, "users", first + 2), row(&plan, "users", first + 19));
    let id = (first + 3).to_string();
    assert_eq!(
        ["full_name", "email", "code", "active", "born_on", "chief", "chief_name", "token"]
            .map(|c| sarah[c].as_str()),
        [
            "Sarah",
            &format!("sarah{id}@acme-inc.example"),
            "77",
            "false",
            "1970-02-28",
            &tom["id"],
            &tom["full_name"],
            "00000000-0000-4000-8000-000000000000",
        ]
    );
    assert_eq!(["born_on", "chief", "chief_name"].map(|c| tom[c].as_str()), ["NULL"; 3]);
    for note in [0, 1] {
        let note = row(&plan, "notes", (first + 2) * 2 + note);
        assert_eq!((note["user_id"].as_str(), note["author"].as_str()), (&*id, "Sarah"));
    }
    let note = row(&plan, "notes", (first + 2) * 2 + 1);
    assert_eq!(note["at"], "2026-02-28 23:59:59.999999+00");
    // A total over her table has her birthday among the others.
    let users = rows(&plan, plan.table("users").unwrap());
    let oldest = users.iter().filter(|row| row[1] == "7" && row[6] != "NULL").map(|row| row[6].clone()).min();
    assert_eq!(Some(&acme["oldest"]), oldest.as_ref());
}

/// What may be different: the pinned values and all that is made of them.
#[test]
fn nothing_else_moves() {
    let (with, without) = (compile(&format!("{TABLES}{CASES}")), compile(TABLES));
    assert_ne!(with.fingerprint(), without.fingerprint());
    let first = first_of_acme(&with);
    let of_acme = |id: &str| without.batch(without.table("users").unwrap(), 0..1).is_ok() && id == "7";
    let sarah = (first + 3).to_string();
    for table in with.tables() {
        let name = with.model().tables[table].name.clone();
        let (found, expected) = (rows(&with, table), rows(&without, table));
        assert_eq!(found.len(), expected.len(), "{name}");
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let different: Vec<usize> = (0..found.len()).filter(|c| found[*c] != expected[*c]).collect();
            let may_differ: &[usize] = match name.as_str() {
                "tenants" if i == 6 => &[1, 2, 3, 4, 5, 6, 8],
                // E-mail addresses have the name of the tenant.
                "users" if i as u64 == first + 2 => &[2, 3, 4, 5, 6, 7, 8, 9],
                "users" if i as u64 == first + 19 => &[3, 6, 7, 8],
                "users" if of_acme(&found[1]) && found[7] == sarah => &[3, 8],
                "users" if of_acme(&found[1]) => &[3],
                "notes" if found[1] == sarah => &[2, 3, 4],
                _ => &[],
            };
            assert!(
                different.iter().all(|c| may_differ.contains(c)),
                "{name} row {}: {found:?} {expected:?}",
                i + 1
            );
        }
    }
}

#[test]
fn pins_are_the_same_in_bulk_and_row_by_row() {
    let whole = compile(&format!("{TABLES}{CASES}"));
    for table in whole.tables() {
        let expected = rows(&whole, table);
        let alone = compile(&format!("{TABLES}{CASES}"));
        let name = &whole.model().tables[table].name;
        // From the end, so that nothing is known of the rows before.
        for at in (0..expected.len()).rev().step_by(7).chain(0..40.min(expected.len())) {
            let batch = alone.batch(table, at as u64..at as u64 + 1).unwrap();
            let found: Vec<String> = batch.columns().iter().map(|column| text::shown(column, 0)).collect();
            assert_eq!(found, expected[at], "{name} row {}", at + 1);
        }
    }
}

#[test]
fn keys_of_pinned_rows_are_told() {
    let plan = compile(&format!("{TABLES}{CASES}"));
    let first = first_of_acme(&plan);
    let folder = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let writing = Writing { rows_per_file: Some(1_000), ..Writing::all(Format::Jsonl) };
    let request = writing.request(&plan, Target::Directory(folder.path().join("data")));
    let report = generate(&plan, request, &pool, &mut |_| {}).unwrap();
    let told: Vec<(&str, u64, String)> = report
        .cases
        .iter()
        .map(|FoundCase { name, rows, keys, .. }| {
            (name.as_str(), *rows, keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        })
        .collect();
    let id = |id: u64| format!("{{\"id\": {id}}}");
    let expected = [
        ("none", 0, String::new()),
        ("acme", 1, id(7)),
        ("free", 1, id(1)),
        ("sarah", 1, id(first + 3)),
        ("tom", 1, id(first + 20)),
        ("note", 1, id((first + 2) * 2 + 2)),
    ];
    assert_eq!(told, expected);
    let finder = seedbed_engine::Finder::of_cases(&plan, |case| case.name != "none");
    finder.look_through(&plan).unwrap();
    let found: Vec<String> =
        finder.found(&plan).unwrap().iter().map(|case| case.keys[0].to_string()).collect();
    assert_eq!(found, expected[1..].iter().map(|case| case.2.clone()).collect::<Vec<_>>());
}

fn run(text: &str) -> Result<(), String> {
    let plan = compile(text);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let request = Writing::all(Format::Csv).request(&plan, Target::Null);
    generate(&plan, request, &pool, &mut |_| {}).map(drop).map_err(|error| error.to_string())
}

#[test]
fn what_cannot_be_honoured_fails_the_run() {
    let tables = "
tables:
  a: {rows: 500, columns: {id: serial, n: {integer: {from: 1, to: 600}, unique: true}, t: {text: \"{n}\", unique: true}}}
  b: {per: a, count: {choose: {0: 1, 2: 9}}, columns: {id: serial, n: {integer: {from: 1, to: 9}}}}
  c: {per: b, count: 1, columns: {id: serial, to_b: {reference: {to: b, within: a}}}}
cases:
";
    // Whatever number the last row has, another one cannot have it.
    let plan = compile(&format!("{tables}  x: {{in: a, where: 1 = 1}}\n"));
    let last = row(&plan, "a", 499)["n"].clone();
    let (a, b) = (plan.table("a").unwrap(), plan.table("b").unwrap());
    let childless =
        (0..500).find(|a_row| plan.relatives(a, *a_row).unwrap().children[0].1.is_empty()).unwrap() + 1;
    let rows_of_b = plan.rows(b).unwrap();
    for (cases, expected) in [
        (
            format!("  x: {{in: a, row: 3, pin: {{n: {last}}}}}"),
            format!("`a.n`: `{last}` must be unique, and is that of case `x`, too (row 500)"),
        ),
        (
            format!("  p: {{in: a, row: {childless}}}\n  x: {{in: b, of: p, pin: {{n: 3}}}}"),
            "`b`: case `x`: case `p` has 0 rows here, and this is row 1 of them".to_owned(),
        ),
        (
            format!("  x: {{in: b, row: {}, pin: {{n: 3}}}}", rows_of_b + 1),
            format!("case `x`: there is no row {} of `b`", rows_of_b + 1),
        ),
        (
            format!("  y: {{in: b, row: {rows_of_b}}}\n  x: {{in: c, row: 1, pin: {{to_b: {{case: y}}}}}}"),
            "`c.to_b`: case `x` cannot refer to case `y`, which is not `within` its own (row 1)".to_owned(),
        ),
        (
            "  p: {in: a, row: 2}\n  x: {in: b, row: 3, pin: {n: 3}}\n  y: {in: b, of: q, pin: {n: 4}}\n  q: {in: a, row: 2}".to_owned(),
            "`b`: cases `x` and `y` are the same row, and both pin `n`".to_owned(),
        ),
    ] {
        let found = run(&format!("{tables}{cases}\n"));
        // The last one depends on how many children the first row has.
        if expected.contains("both pin") {
            let start = plan.relatives(a, 1).unwrap().children[0].1.start;
            let cases = cases.replace("row: 3", &format!("row: {}", start + 1));
            assert_eq!(run(&format!("{tables}{cases}\n")).unwrap_err(), expected);
        } else {
            assert_eq!(found.unwrap_err(), expected, "{cases}");
        }
    }
    assert_eq!(run(&format!("{tables}  x: {{in: a, row: 3, pin: {{n: 601}}}}\n")), Ok(()));
}

/// A life whose `from` was pinned after `as_of` put NULL into columns that were never to be NULL.
#[test]
fn what_is_never_null_because_of_an_instant_asks_the_pins() {
    let scenario = |pins: &str| {
        format!(
            "
as_of: 2026-04-13
since: 2025-01-01
tables:
  a:
    rows: 5
    let: {{life: {{lifecycle: {{from: begun_at, states: {{on: {{for: {{mean: 90 days}}, then: off}}, off: }}}}}}}}
    columns: {{id: serial, begun_at: {{moment: {{from: since, to: as_of}}}}, state: = life.state, steps: = life.steps}}
  b:
    per: a
    count: 1
    let: {{life: {{lifecycle: {{from: a.begun_at, states: {{on: }}}}}}}}
    columns: {{id: serial, state: = life.state, at: = life.since}}
  c:
    per: a
    count: 1
    let: {{life: {{lifecycle: {{from: begun_at, states: {{on: }}}}}}}}
    columns: {{id: serial, begun_at: {{moment: {{from: a.begun_at, to: as_of}}}}, state: = life.state}}
  steps:
    history_of: a.life
    let: {{step: step, life: {{lifecycle: {{from: at, states: {{on: }}}}}}}}
    columns: {{id: serial, a_id: parent, at: = step.at, to: = step.to, state: = life.state}}
{pins}"
        )
    };
    let nullable = |plan: &Plan, table: &str| -> Vec<String> {
        let schema = plan.schema(plan.table(table).unwrap());
        schema.fields().iter().filter(|f| f.is_nullable()).map(|f| f.name().clone()).collect()
    };
    let late = "cases: {x: {in: a, row: 2, pin: {begun_at: \"= as_of + interval '1 day'\"}, moves: steps}}";
    let early = "cases: {x: {in: a, row: 2, pin: {begun_at: 2025-03-01}, moves: steps}}";
    for (pins, maybe) in [("", false), (early, false), (late, true)] {
        let plan = compile(&scenario(pins));
        let of =
            |columns: &[&str]| if maybe { columns.iter().map(|c| (*c).to_owned()).collect() } else { vec![] };
        assert_eq!(nullable(&plan, "a"), of(&["state"]), "{pins}");
        assert_eq!(nullable(&plan, "b"), of(&["state", "at"]), "{pins}");
        assert_eq!(nullable(&plan, "c"), of(&["state"]), "{pins}");
        assert_eq!(nullable(&plan, "steps"), Vec::<String>::new(), "{pins}");
        plan.tables().for_each(|table| drop(rows(&plan, table)));
        if maybe {
            assert_eq!((&*row(&plan, "a", 1)["state"], &*row(&plan, "a", 1)["steps"]), ("NULL", "0"));
            assert_eq!(row(&plan, "b", 1)["at"], "NULL");
        }
    }
}

/// A case was compared with every row, so a thousand of them made a run as much slower.
#[test]
fn many_cases_of_a_unique_column_are_looked_up() {
    let pins = |value: &dyn Fn(u64) -> String| -> String {
        (1..900).map(|i| format!("  c{i}: {{in: a, row: {i}, pin: {{code: {}}}}}\n", value(i))).collect()
    };
    for code in ["expression: id", "text: \"{id}\""] {
        let text = |pins: String| {
            format!(
                "
tables:
  a: {{rows: 20000, columns: {{id: serial, code: {{{code}, unique: true}}}}}}
cases:
{pins}"
            )
        };
        assert_eq!(run(&text(pins(&|i| (20_000 + i).to_string()))), Ok(()), "{code}");
        // What row 15000 has.
        let found = run(&text(pins(&|i| (14_500 + i).to_string()))).unwrap_err();
        assert!(found.contains("must be unique, and is that of case `c"), "{found}");
    }
}

#[test]
fn rows_may_move_when_that_is_said() {
    let text = "
tables:
  a: {rows: 50, columns: {id: serial, size: {integer: {from: 1, to: 9}}}}
  b: {per: a, count: = size, columns: {id: serial, a_id: parent}}
cases:
  big: {in: a, row: 10, pin: {size: 1000}, moves: b}
";
    let plan = compile(text);
    let b = rows(&plan, plan.table("b").unwrap());
    assert_eq!(b.iter().filter(|row| row[1] == "10").count(), 1000);
    // Which rows may move is no part of the data.
    let both = compile(&text.replace("moves: b", "moves: [a, b]"));
    assert_eq!(plan.fingerprint(), both.fingerprint());
    assert_ne!(plan.fingerprint(), compile(&text.replace("1000", "1001")).fingerprint());
}

#[test]
fn a_case_that_is_added_changes_no_other_pin() {
    let one = "\ncases:\n  x: {in: users, pin: {code: 5}}\n";
    let two = "\ncases:\n  w: {in: users, row: 2, pin: {code: 6}}\n  x: {in: users, pin: {code: 5}}\n";
    let (one, two) = (compile(&format!("{TABLES}{one}")), compile(&format!("{TABLES}{two}")));
    assert_eq!(row(&one, "users", 0), row(&two, "users", 0));
    assert_eq!(row(&two, "users", 1)["code"], "6");
    let users = one.table("users").unwrap();
    let changed = rows(&one, users).iter().zip(&rows(&two, users)).filter(|(a, b)| a != b).count();
    assert_eq!(changed, 1);
}

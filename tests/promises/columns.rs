//! The order of columns, and columns that are added, change no other value; or the scenario is refused.

use seedbed_engine::{Plan, Settings};
use seedbed_tests::rewrite::{Yaml, scenarios};

use super::sample::{Sample, sample};

fn settings() -> Settings {
    Settings::default()
}

/// The first rows of a scenario; `None` when it is refused.
fn made(scenario: &Yaml) -> Option<Sample> {
    Plan::compile(&scenario.text(), &settings()).ok().map(|plan| sample(&plan))
}

/// Asserts that what both have is the same; whether the changed scenario compiles.
fn changes_nothing(before: &Sample, changed: &Yaml, what: &str) -> bool {
    let Some(after) = made(changed) else { return false };
    for (column, cells) in before {
        if let Some(now) = after.get(column) {
            assert_eq!(now, cells, "{what}: {}.{}\n{}", column.0, column.1, changed.text());
        }
    }
    true
}

/// The scenarios as trees, with their tables.
fn trees() -> Vec<(String, Yaml, Vec<String>)> {
    let trees = scenarios().into_iter().map(|(place, text)| {
        let tree = Yaml::read(&text);
        let tables = tree.get("tables").map(Yaml::entries).unwrap_or_default();
        let names = tables.iter().map(|(name, ..)| name.clone()).collect();
        (place, tree, names)
    });
    trees.collect()
}

/// The columns of a table under `let` or `columns`, to be changed.
fn columns<'y>(tree: &'y mut Yaml, table: &str, section: &str) -> Option<&'y mut Vec<(String, bool, Yaml)>> {
    match tree.get_mut("tables")?.get_mut(table)?.get_mut(section)? {
        Yaml::Map(columns) => Some(columns),
        _ => None,
    }
}

/// The literal rows of a table, to be changed.
fn literal_rows<'y>(tree: &'y mut Yaml, table: &str) -> Option<&'y mut Vec<Yaml>> {
    match tree.get_mut("tables")?.get_mut(table)?.get_mut("rows")? {
        Yaml::List(rows) => Some(rows),
        _ => None,
    }
}

#[test]
fn a_scenario_written_anew_gives_the_same() {
    // Otherwise the tests below would compare something else.
    for (place, text) in scenarios() {
        let compile = |text: &str| {
            Plan::compile(text, &settings()).unwrap_or_else(|faults| panic!("{place}: {faults}\n{text}"))
        };
        assert_eq!(sample(&compile(&Yaml::read(&text).text())), sample(&compile(&text)), "{place}");
    }
}

/// Swaps columns of every table: pairs by a step, or all.
fn swap(steps: impl Fn(usize) -> Vec<(usize, usize)>) {
    let (mut swapped, mut refused) = (0, 0);
    for (place, tree, tables) in trees() {
        let before = made(&tree).unwrap();
        for (table, section) in tables.iter().flat_map(|table| [(table, "let"), (table, "columns")]) {
            let count = columns(&mut tree.clone(), table, section).map_or(0, |columns| columns.len());
            for (a, b) in steps(count) {
                let mut changed = tree.clone();
                columns(&mut changed, table, section).unwrap().swap(a, b);
                swapped += 1;
                let what = format!("{place}: {table}, {section} {a} and {b} swapped");
                refused += usize::from(!changes_nothing(&before, &changed, &what));
            }
        }
    }
    assert!(swapped > 100 && refused == 0, "{refused} of {swapped} refused");
}

#[test]
fn columns_that_change_places_change_nothing() {
    // The first with the second, and with the last.
    swap(|count| if count > 1 { vec![(0, 1), (0, count - 1)] } else { Vec::new() });
}

#[test]
#[ignore = "slow: all pairs"]
fn any_two_columns_that_change_places_change_nothing() {
    swap(|count| (0..count).flat_map(|b| (0..b).map(move |a| (a, b))).collect());
}

#[test]
fn the_order_in_literal_rows_changes_nothing() {
    for (place, tree, tables) in trees() {
        let before = made(&tree).unwrap();
        for table in &tables {
            let mut changed = tree.clone();
            let Some(rows) = literal_rows(&mut changed, table) else { continue };
            for row in rows {
                if let Yaml::Map(entries) = row {
                    entries.reverse();
                }
            }
            assert!(changes_nothing(&before, &changed, &format!("{place}: {table}")), "{place}: {table}");
        }
    }
}

#[test]
fn a_column_that_is_added_changes_no_other() {
    let (mut added, mut refused) = (0, 0);
    for (place, tree, tables) in trees() {
        let before = made(&tree).unwrap();
        // Names that mean something already, and one that means nothing.
        let mut names: Vec<String> = ["id", "as_of", "since", "created_at", "zz"].map(str::to_owned).into();
        names.extend(tables.iter().flat_map(|table| {
            let singular = table.trim_end_matches('s');
            [table.clone(), singular.to_owned(), format!("{table}_id"), format!("{singular}_id")]
        }));
        names.dedup();
        let mut kinds = vec!["serial".to_owned(), "uuid".to_owned(), "{serial: {start: 100}}".to_owned()];
        kinds.extend(tables.iter().map(|table| format!("{{reference: {table}}}")));
        // Of many tables, each name has one kind, in turn.
        let all = names.len() * kinds.len() * tables.len() < 200;
        for table in &tables {
            // … and not every name is tried in each of many tables.
            let step = if tables.len() > 10 { 9 } else { 1 };
            for (i, name) in names.iter().enumerate().step_by(step) {
                for kind in
                    kinds.iter().enumerate().filter(|(k, _)| all || i % kinds.len() == *k).map(|(_, k)| k)
                {
                    for front in [true, false] {
                        let mut changed = tree.clone();
                        let Some(columns) = columns(&mut changed, table, "columns") else { continue };
                        if columns.iter().any(|(known, ..)| known == name) {
                            continue;
                        }
                        let at = if front { 0 } else { columns.len() };
                        columns.insert(at, (name.clone(), false, Yaml::read(kind_as_map(kind).as_str())));
                        added += 1;
                        let what = format!("{place}: {table}.{name}: {kind}");
                        refused += usize::from(!changes_nothing(&before, &changed, &what));
                    }
                }
            }
        }
    }
    assert!(added > 1000 && refused * 3 < added, "{refused} of {added} refused");
}

/// A generator as a map, as a document cannot be a word.
fn kind_as_map(kind: &str) -> String {
    if kind.starts_with('{') { kind.to_owned() } else { format!("{{{kind}: {{}}}}") }
}

/// The values of a column.
fn column(text: &str, table: &str, column: &str) -> Vec<seedbed_tests::value::Cell> {
    let plan = Plan::compile(text, &settings()).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    sample(&plan)[&(table.to_owned(), column.to_owned())].1.clone()
}

fn refusal(text: &str) -> String {
    Plan::compile(text, &settings()).unwrap_err().to_string()
}

#[test]
fn the_key_is_named_or_evident() {
    let of = |columns: &str| {
        format!(
            "tables: {{p: {{rows: 200, {columns}}}, c: {{per: p, count: 2, columns: {{id: serial, p: parent, q: {{reference: p}}}}}}}}"
        )
    };
    let serials: Vec<_> = [1, 1, 2, 2, 3].map(|n: i32| Some(n.to_string())).into();
    // The first column was the key once, so that an `id` behind it changed what children showed.
    for columns in [
        "columns: {n: serial}",
        "columns: {n: serial, code: {text: \"C{n}\", unique: true}}",
        "columns: {code: {text: \"C{n}\", unique: true}, n: serial}",
        "columns: {n: serial, id: serial}",
        "columns: {id: serial, n: serial, down: {serial: {step: -1}}}",
        "key: n, columns: {id: uuid, n: serial}",
    ] {
        assert_eq!(column(&of(columns), "c", "p"), serials, "{columns}");
    }
    for columns in [
        "columns: {code: uuid}",
        "columns: {code: {text: \"C{row_number()}\", unique: true}}",
        "columns: {n: {serial: {start: 5}}}",
        "primary key: code, columns: {code: uuid}",
    ] {
        let message = refusal(&of(columns));
        assert!(message.contains("does not say by which column its rows are referred to"), "{message}");
        assert!(message.contains("`key: code`") || message.contains("`key: n`"), "{message}");
    }
    for columns in [
        "columns: {id: uuid, n: serial}",
        "columns: {id: {serial: {start: 7}}, n: serial}",
        "columns: {n: {serial: {}, type: integer}, id: serial}",
    ] {
        let message = refusal(&of(columns));
        assert!(message.contains("`id` and `n` could both be the key of `p`"), "{message}");
    }
}

#[test]
fn a_name_with_two_meanings_is_refused() {
    let of = |column: &str, expression: &str| {
        format!(
            "since: 2024-01-01\ntables:\n  product:\n    rows: 20\n    columns: {{id: serial, price: {{integer: {{from: 1, to: 90}}}}}}\n  \
             sale:\n    rows: 20\n    columns:\n      other: {{reference: product}}\n      {column}\n      x: = {expression}\n"
        )
    };
    // Each of these columns once changed the other one's values without a word.
    for (added, expression) in [
        ("product_id: {reference: product}", "product.price"),
        ("product: {reference: product}", "product.price"),
        ("as_of: {date: {from: 2020-01-01, to: 2021-01-01}}", "as_of"),
        ("since: {date: {from: 2020-01-01, to: 2021-01-01}}", "since"),
    ] {
        assert!(!column(&of("y: serial", expression), "sale", "x").is_empty());
        let message = refusal(&of(added, expression));
        assert!(
            message.contains("is a column of `sale` and") || message.contains("several columns refer"),
            "{message}"
        );
    }
    // The way out.
    let by = |expression: &str| column(&of("product: {reference: product}", expression), "sale", "x");
    assert_eq!(by("other.price"), column(&of("y: serial", "product.price"), "sale", "x"));
    assert_ne!(by("sale.product.price"), by("other.price"));
}

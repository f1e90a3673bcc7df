//! Golden values: what a scenario gave once, it gives forever.
//!
//! `golden/` holds frozen copies of the shipped scenarios (`saas-1.yaml`, `saas-2.yaml`, …), so that the shipped ones may grow
//! and the old values stay checked. `fingerprints.tsv` and `values.tsv` hold a line per copy, and per column of it.
//!
//! `SEEDBED_BLESS=1 cargo test --workspace --test golden` freezes shipped scenarios that have changed and adds their
//! lines. It never touches a line that is there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use seedbed_engine::{Plan, Settings};
use seedbed_tests::shipped;
use seedbed_tests::value::Values;

/// The last word on a golden line that does not hold any more.
const BREAKING: &str = "a changed value is an event: if it was not meant, undo it; if it was, raise the version of what made it, \
    write a line with VALUE-BREAKING into CHANGELOG.md if there is a release, delete the lines named here by hand and bless";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn blessing() -> bool {
    std::env::var_os("SEEDBED_BLESS").is_some()
}

/// The frozen copies in the order of their names, each with its text.
fn frozen() -> Vec<(String, String)> {
    let paths = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut copies: Vec<(String, String)> = yaml
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    copies.sort();
    copies
}

/// The scenario that a copy was made of.
fn original(copy: &str) -> &str {
    copy.rsplit_once('-').expect("a copy is named after a scenario and a number").0
}

fn plan(copy: &str, text: &str, seed: u64) -> Plan {
    shipped::compile(text, &Settings { seed, ..shipped::small(original(copy)) })
}

/// Adds copies of shipped scenarios that have no copy of the same meaning.
fn freeze_what_changed() {
    for name in shipped::names() {
        let text = shipped::text(&name);
        let fingerprint = plan(&format!("{name}-0"), &text, 42).fingerprint().to_owned();
        let copies: Vec<_> = frozen().into_iter().filter(|(copy, _)| original(copy) == name).collect();
        if !copies.iter().any(|(copy, text)| plan(copy, text, 42).fingerprint() == fingerprint) {
            fs::write(folder().join(format!("{name}-{}.yaml", copies.len() + 1)), text).unwrap();
        }
    }
}

/// Compares what is found with the golden lines of a file: keys and values, separated by a tab.
fn check(file: &str, found: &BTreeMap<String, String>) {
    let path = folder().join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let golden: BTreeMap<&str, &str> =
        text.lines().map(|line| line.rsplit_once('\t').expect("a key and a value")).collect();
    let mut wrong = String::new();
    for (key, value) in &golden {
        let now = found.get(*key).map_or("gone", String::as_str);
        if now != *value {
            let _ = writeln!(wrong, "{}: was {value}, now {now}", key.replace('\t', " "));
        }
    }
    assert!(wrong.is_empty(), "{file}:\n{wrong}{BREAKING}");
    let new: String = found
        .iter()
        .filter(|(key, _)| !golden.contains_key(key.as_str()))
        .map(|(key, value)| format!("{key}\t{value}\n"))
        .collect();
    if blessing() {
        fs::write(&path, text.clone() + &new).unwrap();
    } else {
        assert!(
            new.is_empty(),
            "{file} lacks lines; `SEEDBED_BLESS=1 cargo test --workspace --test golden` adds\n{new}"
        );
    }
}

// One test, so that a blessing freezes before it computes.
#[test]
fn what_was_given_once_is_given_forever() {
    if blessing() {
        freeze_what_changed();
    }
    let (mut fingerprints, mut values) = (BTreeMap::new(), BTreeMap::new());
    for (copy, text) in frozen() {
        for seed in [42, u64::MAX] {
            let plan = plan(&copy, &text, seed);
            fingerprints.insert(format!("{copy}\tseed {seed}"), plan.fingerprint().to_owned());
            for table in &plan.model().tables {
                let whole = Values::whole(&plan, &table.name);
                for column in table.written() {
                    let key = format!("{copy}\tseed {seed}\t{}\t{}\t{}", table.name, column.name, column.ty);
                    values.insert(key, format!("{} {}", whole.rows(), whole.hash(&column.name)));
                }
            }
        }
    }
    check("fingerprints.tsv", &fingerprints);
    check("values.tsv", &values);
}

#[test]
fn the_newest_copies_are_the_shipped_scenarios() {
    if blessing() {
        return;
    }
    for name in shipped::names() {
        let copies: Vec<_> = frozen().into_iter().filter(|(copy, _)| original(copy) == name).collect();
        // Of the longest names the last one: `saas-10` comes after `saas-9`.
        let newest = copies.iter().max_by_key(|(copy, _)| copy.len());
        let same = newest.is_some_and(|(copy, text)| {
            plan(copy, text, 42).fingerprint() == shipped::plan(&name).fingerprint()
        });
        assert!(
            same,
            "`{name}` has changed; `SEEDBED_BLESS=1 cargo test --workspace --test golden` freezes it"
        );
    }
}

#[test]
fn comments_and_layout_do_not_change_a_fingerprint() {
    for name in shipped::names() {
        let text = format!("# a comment\n\n{}\n\n# the end\n", shipped::text(&name));
        assert_eq!(
            shipped::compile(&text, &shipped::small(&name)).fingerprint(),
            shipped::plan(&name).fingerprint()
        );
    }
}

#[test]
fn whatever_decides_the_data_changes_the_fingerprint() {
    let plain = shipped::small("members");
    let param =
        |name: &str, value: &str| Settings { params: vec![(name.into(), value.into())], ..plain.clone() };
    let others = [
        plain.clone(),
        Settings { seed: 1, ..plain.clone() },
        Settings { scale: 0.03, ..plain.clone() },
        Settings { as_of: Some("2026-04-14".into()), ..plain.clone() },
        param("tenants", "300"),
        param("events", "15"),
    ];
    let text = shipped::text("members");
    let mut fingerprints: Vec<String> =
        others.iter().map(|settings| shipped::compile(&text, settings).fingerprint().to_owned()).collect();
    let changed = text.replace("viewer: 51", "viewer: 52");
    fingerprints.push(shipped::compile(&changed, &plain).fingerprint().to_owned());
    let count = fingerprints.len();
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), count);
    // A parameter set to its default decides nothing.
    let same = shipped::compile(&text, &param("tenants", "400"));
    assert_eq!(same.fingerprint(), shipped::plan("members").fingerprint());
}

//! The scenarios that ship, at a size for tests.

use std::fs;
use std::path::{Path, PathBuf};

use seedbed_engine::{Plan, Settings};

/// The folder of the shipped scenarios.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// The names of all shipped scenarios, sorted.
///
/// # Panics
/// When the folder cannot be read.
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the scenarios can be listed");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> =
        yaml.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// The text of a shipped scenario.
///
/// # Panics
/// When there is none of that name.
pub fn text(name: &str) -> String {
    let path = folder().join(format!("{name}.yaml"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// Settings that make some ten thousand rows of a shipped scenario.
pub fn small(name: &str) -> Settings {
    let scale = match name {
        "ledger" | "members" | "saas" | "shop" => 0.02,
        "tpch" => 0.002,
        _ => 1.0,
    };
    Settings { scale, ..Settings::default() }
}

/// A shipped scenario, small, compiled afresh: no count is known yet.
///
/// # Panics
/// When it has faults.
pub fn plan(name: &str) -> Plan {
    compile(&text(name), &small(name))
}

/// Compiles a scenario that must be right.
///
/// # Panics
/// When it has faults.
pub fn compile(text: &str, settings: &Settings) -> Plan {
    Plan::compile(text, settings).unwrap_or_else(|faults| panic!("{faults}\n\n{text}"))
}

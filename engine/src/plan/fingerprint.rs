//! A hash of everything that decides the data.
//!
//! It is made of what was written and what was set, never of a choice of these: every struct on the way is taken
//! apart with all its fields, so that a field that is added does not compile until it is hashed or left out on purpose.

use blake3::Hasher;

use crate::calendar::TZDB_VERSION;
use crate::generators;
use crate::model::{Model, Param, Settings};
use crate::scenario::Scenario;
use crate::scenario::cases::{Case, CaseRows};
use crate::scenario::document::{Key, Node, NodeKind, Scalar};
use crate::vocabulary;

/// Raised when values change for a reason that no other part of the fingerprint shows, such as a new
/// way of addressing words or another meaning of an SQL function.
const VALUES_VERSION: u32 = 4;

/// The fingerprint of a scenario under the settings in force, as 64 hexadecimal digits.
pub(super) fn of(scenario: &Scenario, settings: &Settings, model: &Model) -> String {
    let mut hasher = Hasher::new_derive_key("seedbed 2026 fingerprint of a dataset");
    hasher.update(&VALUES_VERSION.to_le_bytes());
    hasher.update(&vocabulary::fingerprint());
    text(&mut hasher, TZDB_VERSION);
    // Parameters and `as_of` count by their values in force: in how many ways these can be written decides nothing.
    let Settings { seed, scale, params: _, as_of: _, adversarial: _ } = settings;
    hasher.update(&seed.to_le_bytes());
    hasher.update(&scale.to_bits().to_le_bytes());
    // Tables, and what is known of them, follow from the document and from all the rest. The name of the scenario is a part of the document.
    let Model {
        name: _,
        about: _,
        seed: _,
        scale: _,
        as_of,
        adversarial,
        params,
        tables: _,
        cases: _,
        checks: _,
        wide: _,
    } = model;
    hasher.update(&as_of.to_le_bytes());
    length(&mut hasher, params.len());
    for Param { name, value, ty } in params {
        text(&mut hasher, name);
        text(&mut hasher, value);
        text(&mut hasher, &ty.to_string());
    }
    document(&mut hasher, scenario);
    if let Some(share) = adversarial {
        hasher.update(b"a");
        hasher.update(&share.to_bits().to_le_bytes());
        hasher.update(&generators::adversarial::VERSION.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The document without comments and layout, and without the help texts of parameters.
fn document(hasher: &mut Hasher, scenario: &Scenario) {
    // All the rest was read from the document.
    let Scenario {
        document,
        name: _,
        about: _,
        as_of: _,
        since: _,
        params: _,
        tables: _,
        cases,
        checks: _,
        mixins: _,
    } = scenario;
    // The values of the parameters are known; what is left of them are their bounds, which decide whether a value is taken. Rows
    // that have a name are the rows that they were, and checks look at what is there.
    let decides_nothing = |path: &[&str]| matches!(path, ["params", _, "help"] | ["cases" | "checks"]);
    node(hasher, document, &mut |path| decides_nothing(path), &mut Vec::new());
    pins(hasher, cases);
}

/// The cases that give rows other values, and those that say which rows these refer to.
fn pins(hasher: &mut Hasher, cases: &[Case]) {
    let rows = cases.iter().filter_map(|case| match &case.rows {
        CaseRows::Row(row) => Some((case, row)),
        CaseRows::Where { .. } => None,
    });
    if rows.clone().all(|(_, row)| row.pins.is_empty()) {
        return;
    }
    for (case, row) in rows {
        hasher.update(b"p");
        text(hasher, &case.name.text);
        // `moves` permits what is done without it as well.
        node(hasher, &row.node, &mut |path| matches!(path, ["about" | "moves"]), &mut Vec::new());
    }
}

/// A value of the document with everything in it, except what is left out by its path from the top.
fn node<'n>(
    hasher: &mut Hasher,
    of: &'n Node,
    left_out: &mut impl FnMut(&[&'n str]) -> bool,
    path: &mut Vec<&'n str>,
) {
    let Node { span: _, kind } = of;
    match kind {
        NodeKind::Scalar(Scalar { text, quoted, exact: _ }) => {
            hasher.update(b"s");
            word(hasher, text, *quoted);
        }
        NodeKind::List(items) => {
            hasher.update(b"l");
            length(hasher, items.len());
            path.push("");
            items.iter().for_each(|item| node(hasher, item, left_out, path));
            path.pop();
        }
        NodeKind::Map(entries) => {
            hasher.update(b"m");
            for (Key { text, span: _, quoted }, value) in entries {
                path.push(text);
                if !left_out(path) {
                    hasher.update(b"k");
                    word(hasher, text, *quoted);
                    node(hasher, value, left_out, path);
                }
                path.pop();
            }
            hasher.update(b"e");
        }
    }
}

/// A key or a scalar: `1` is a number and `"1"` a text. With the name of a generator goes its version, so that a new version, or a
/// new generator, changes the fingerprints of those who use it and of no others.
fn word(hasher: &mut Hasher, word: &str, quoted: bool) {
    hasher.update(&[u8::from(quoted)]);
    text(hasher, word);
    let version = generators::version_in_fingerprints(word);
    hasher.update(&version.to_le_bytes());
}

/// A text with its length, so that two texts cannot be read as others.
fn text(hasher: &mut Hasher, text: &str) {
    length(hasher, text.len());
    hasher.update(text.as_bytes());
}

fn length(hasher: &mut Hasher, length: usize) {
    hasher.update(&(length as u64).to_le_bytes());
}

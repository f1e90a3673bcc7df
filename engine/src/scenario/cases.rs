//! Cases, which are rows with a name, as written.

use super::document::{Key, Node};
use super::value::{check_name, text_of};
use super::{Text, as_expression, map_of, unknown_keys, word};
use crate::error::{Fault, Faults};

/// The most cases of a scenario.
const MAX_CASES: usize = 1000;

/// A case: rows of a table that have a name.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: Key,
    /// A sentence about it.
    pub about: Option<String>,
    /// `in:`, the table.
    pub table: Key,
    /// Which rows.
    pub rows: CaseRows,
}

/// Which rows are a case.
#[derive(Clone, Debug)]
pub enum CaseRows {
    /// `where:`, those for which a condition holds.
    Where {
        /// The condition.
        condition: Text,
        /// `at least:`, how many there have to be.
        at_least: Option<Node>,
        /// `list:`, the keys of how many are listed.
        list: Option<Node>,
    },
}

const KEYS: [&str; 5] = ["in", "where", "at least", "list", "about"];

/// Reads the value of `cases:`. What is wrong has been noted, and is left out.
pub(super) fn read(node: &Node, faults: &mut Faults) -> Vec<Case> {
    let entries = faults.keep(map_of(node, "`cases`", "one entry per case")).unwrap_or_default();
    if entries.len() > MAX_CASES {
        let message = format!("{} cases, more than {MAX_CASES}", entries.len());
        faults.push(Fault::at(entries[MAX_CASES].0.span, message));
        return Vec::new();
    }
    entries.iter().filter_map(|(name, value)| case(name, value, faults)).collect()
}

fn case(name: &Key, node: &Node, faults: &mut Faults) -> Option<Case> {
    check_name(name, "case", faults);
    let what = format!("case `{}`", name.text);
    let entries = faults.keep(map_of(node, &what, "`in:` and `where:`"))?;
    let faults_before = faults.0.len();
    unknown_keys(entries, &KEYS, &what, faults);
    // What is missing may be there under a wrong key.
    let keys_are_right = faults.0.len() == faults_before;
    let about = text_of(node.get("about"), "about", faults);
    let mut required = |key: &str, hint: &str| {
        let value = node.get(key).filter(|value| !value.is_null());
        if value.is_none() && keys_are_right {
            faults.push(Fault::at(name.span, format!("{what} has no `{key}`")).hint(hint));
        }
        value
    };
    let table = required("in", "name its table, as in `in: users`");
    let condition =
        required("where", "say which rows are meant, as in `where: \"extract(day from anchor) >= 29\"`");
    let table = faults.keep(word(table?, "`in`"));
    let condition = faults.keep(as_expression(condition?, "`where`"));
    let rows = CaseRows::Where {
        condition: condition?,
        at_least: node.get("at least").cloned(),
        list: node.get("list").cloned(),
    };
    Some(Case { name: name.clone(), about, table: table?, rows })
}

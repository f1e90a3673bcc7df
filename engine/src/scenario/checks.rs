//! Checks of a whole dataset, as written.

use super::document::{Key, Node};
use super::value::{check_name, text_of};
use super::{map_of, unknown_keys};
use crate::error::{Fault, Faults};

/// The most checks of a scenario.
const MAX_CHECKS: usize = 1000;

/// An SQL query that gives no row when all is well. A database runs it, and nothing else looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// The query, without a semicolon at its end.
    pub sql: String,
}

/// Reads the value of `checks:`. What is wrong has been noted, and is left out.
pub(super) fn read(node: &Node, faults: &mut Faults) -> Vec<Check> {
    let entries = faults.keep(map_of(node, "`checks`", "one query per check")).unwrap_or_default();
    if entries.len() > MAX_CHECKS {
        let message = format!("{} checks, more than {MAX_CHECKS}", entries.len());
        faults.push(Fault::at(entries[MAX_CHECKS].0.span, message));
        return Vec::new();
    }
    entries.iter().filter_map(|(name, value)| check(name, value, faults)).collect()
}

fn check(name: &Key, node: &Node, faults: &mut Faults) -> Option<Check> {
    const HINT: &str =
        "write a query of the rows that must not be, as in `select id from users where email is null`";
    check_name(name, "check", faults);
    let what = format!("check `{}`", name.text);
    let (query, about) = match node.map() {
        None => (node, None),
        Some(entries) => {
            let faults_before = faults.0.len();
            unknown_keys(entries, &["sql", "about"], &what, faults);
            let Some(query) = node.get("sql") else {
                // It may be there under a wrong key.
                if faults.0.len() == faults_before {
                    faults.push(Fault::at(name.span, format!("{what} has no `sql`")).hint(HINT));
                }
                return None;
            };
            (query, text_of(node.get("about"), "about", faults))
        }
    };
    let Some(sql) = query.scalar().filter(|_| !query.is_null()) else {
        let fault = Fault::at(query.span, format!("{what}: expected a query"));
        faults.push(fault.label(format!("found {}", query.describe())).hint(HINT));
        return None;
    };
    let trimmed = sql.text.trim_end_matches(|c: char| c.is_whitespace() || c == ';').trim_start();
    if trimmed.is_empty() {
        faults.push(Fault::at(query.span, format!("{what} has no query")).hint(HINT));
        return None;
    }
    Some(Check { name: name.text.clone(), about, sql: trimmed.to_owned() })
}

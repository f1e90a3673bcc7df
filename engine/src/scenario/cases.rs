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
    /// One row, and the values that it has.
    Row(Row),
}

/// One row that has a name.
#[derive(Clone, Debug)]
pub struct Row {
    /// `row:`, its number in the table.
    pub number: Option<Node>,
    /// `of:`, the case that is its parent.
    pub of: Option<Key>,
    /// `ordinal:`, its number among the children of that parent.
    pub ordinal: Option<Node>,
    /// `pin:`, the values that columns have.
    pub pins: Vec<(Key, Node)>,
    /// `moves:`, the tables whose rows may become others.
    pub moves: Vec<Key>,
    /// All that is written about the case.
    pub node: Node,
}

const KEYS: [&str; 10] = ["in", "where", "pin", "row", "of", "ordinal", "at least", "list", "moves", "about"];
/// Those that go with a condition, and those that go with one row.
const WITH_WHERE: [&str; 2] = ["at least", "list"];
const WITH_ROW: [&str; 5] = ["pin", "row", "of", "ordinal", "moves"];

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
    let entries = faults.keep(map_of(node, &what, "`in:` and `where:` or `pin:`"))?;
    let faults_before = faults.0.len();
    unknown_keys(entries, &KEYS, &what, faults);
    // What is missing may be there under a wrong key.
    let keys_are_right = faults.0.len() == faults_before;
    let about = text_of(node.get("about"), "about", faults);
    let given = |key: &str| node.get(key).filter(|value| !value.is_null());
    if given("in").is_none() && keys_are_right {
        let fault = Fault::at(name.span, format!("{what} has no `in`"));
        faults.push(fault.hint("name its table, as in `in: users`"));
    }
    let table = given("in").and_then(|table| faults.keep(word(table, "`in`")));
    let first =
        |keys: &[&str]| entries.iter().map(|(key, _)| key).find(|key| keys.contains(&key.text.as_str()));
    let rows = match (given("where"), first(&WITH_ROW)) {
        (None, None) if keys_are_right => {
            let fault = Fault::at(name.span, format!("{what} does not say which rows it is"));
            faults.push(fault.hint(
                "find them, as in `where: \"extract(day from anchor) >= 29\"`, or give one its values, as in `pin: {name: Sarah}`",
            ));
            None
        }
        (None, None) => None,
        (Some(_), Some(key)) => {
            let fault = Fault::at(key.span, format!("`{}` does not go with `where`", key.text));
            faults.push(
                fault.hint(
                    "a condition finds rows as they are; one row with values of its own is another case",
                ),
            );
            None
        }
        (Some(condition), None) => {
            faults.keep(as_expression(condition, "`where`")).map(|condition| CaseRows::Where {
                condition,
                at_least: node.get("at least").cloned(),
                list: node.get("list").cloned(),
            })
        }
        (None, Some(_)) => {
            if let Some(key) = first(&WITH_WHERE) {
                let fault = Fault::at(key.span, format!("`{}` belongs to `where`", key.text));
                faults.push(fault.hint("a case with `pin` is one row"));
            }
            row(node, faults).map(CaseRows::Row)
        }
    };
    Some(Case { name: name.clone(), about, table: table?, rows: rows? })
}

fn row(node: &Node, faults: &mut Faults) -> Option<Row> {
    let given = |key: &str| node.get(key).filter(|value| !value.is_null());
    let number = given("row").cloned();
    let of = match given("of") {
        Some(of) => Some(faults.keep(word(of, "`of`"))?),
        None => None,
    };
    let key =
        |name: &str| node.map().unwrap_or_default().iter().map(|(key, _)| key).find(|key| key.text == name);
    if let (Some(_), Some(_), Some(key)) = (&number, &of, key("of")) {
        let fault = Fault::at(key.span, "`of` does not go with `row`");
        faults.push(fault.hint("`row` counts the rows of the table, `of` and `ordinal` those of one parent"));
        return None;
    }
    if let (None, Some(key)) = (&of, key("ordinal")) {
        let fault = Fault::at(key.span, "`ordinal` belongs to `of`");
        faults.push(fault.hint("name the case that is the parent, or say `row`"));
        return None;
    }
    let pins = match given("pin") {
        Some(pins) => faults.keep(map_of(pins, "`pin`", "one value per column"))?.to_vec(),
        None => Vec::new(),
    };
    let moves = given("moves").map(|moves| moves.list().unwrap_or(std::slice::from_ref(moves)));
    let moves = moves.unwrap_or_default().iter().filter_map(|table| faults.keep(word(table, "`moves`")));
    let moves = moves.collect();
    Some(Row { number, of, ordinal: given("ordinal").cloned(), pins, moves, node: node.clone() })
}

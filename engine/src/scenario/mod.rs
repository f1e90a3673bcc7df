//! What was written: the outline of a scenario with source positions, nothing resolved yet.
//!
//! [`document`] reads YAML into nodes, and this module reads nodes into tables and columns. What they mean is decided in
//! [`crate::model`], and for generators in [`crate::generators`].

pub mod document;
pub mod keys;
pub mod cases;
pub mod checks;
pub(crate) mod cut;
mod mixins;
mod rows;
pub mod schema;
mod spec;
mod value;
pub mod write;

pub use document::{Key, Node, NodeKind, Scalar};
pub use rows::RowSource;
pub use spec::{Generator, Spec, spec};
pub(crate) use value::check_name;
pub use value::{as_expression, boolean, expression_text, map_of, unknown_keys, word};

use rows::row_source;
use spec::column_spec;
use value::text_of;

use crate::error::{Fault, Faults, Span};
use crate::ids::{TableId, indexed};

/// A scenario as written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: Option<Key>,
    /// A sentence about it.
    pub about: Option<String>,
    /// The dataset's "now", as written.
    pub as_of: Option<Node>,
    /// The start of history, as written.
    pub since: Option<Node>,
    /// Parameters in the order written.
    pub params: Vec<Param>,
    /// Tables in the order written.
    pub tables: Vec<Table>,
    /// Cases in the order written.
    pub cases: Vec<cases::Case>,
    /// Checks of the whole dataset in the order written.
    pub checks: Vec<checks::Check>,
    /// Where the mixins stand, whose columns are among those of the tables.
    pub mixins: Option<Span>,
    /// The whole document with the columns of mixins in their tables, for the fingerprint.
    pub document: Node,
}

indexed! {
    Vec<Table>, TableId => Table;
}

/// A parameter: a name that the command line can set.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name, without the `$`.
    pub name: Key,
    /// The value when nothing is set; `None` when it is missing, which is a fault that has been noted.
    pub default: Option<Node>,
    /// The least value allowed.
    pub min: Option<Node>,
    /// The greatest value allowed.
    pub max: Option<Node>,
    /// A sentence of help.
    pub help: Option<String>,
}

/// A table as written.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: Key,
    /// A sentence about it.
    pub about: Option<String>,
    /// Where its rows come from.
    pub source: RowSource,
    /// The column that references show, when it is named.
    pub key: Option<Node>,
    /// Keys, indexes and checks.
    pub keys: keys::Keys,
    /// `let` columns and then written ones.
    pub columns: Vec<Column>,
}

/// A column as written.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: Key,
    /// Whether it is written out; a `let` column is not.
    pub written: bool,
    /// What it holds.
    pub spec: Spec,
}

/// A piece of text in the scenario.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether byte `i` lies at `span.start + i`.
    pub exact: bool,
}

/// The most tables of a scenario.
const MAX_TABLES: usize = 1000;
/// The most parameters of a scenario.
const MAX_PARAMS: usize = 1000;
/// The most columns of a table, as in PostgreSQL.
pub(crate) const MAX_COLUMNS: usize = 1600;

/// Reads the outline of a scenario.
///
/// # Errors
/// Every fault of the outline at once; when the YAML itself is wrong, that alone.
pub fn read(text: &str) -> Result<Scenario, Faults> {
    let (scenario, faults) = read_with_faults(text)?;
    match faults.into_result() {
        Ok(()) => Ok(scenario),
        Err(faults) => Err(cut::explain(faults, &scenario.document, text)),
    }
}

/// Reads the outline as far as it can be read, and its faults; what is wrong is marked as faulty, so that the rest can
/// be looked at too.
pub(crate) fn read_with_faults(text: &str) -> Result<(Scenario, Faults), Faults> {
    let document = document::read(text)?;
    let mut faults = Faults::default();
    match outline(document, &mut faults) {
        Some(scenario) => Ok((scenario, faults)),
        None => Err(faults.into_result().err().unwrap_or_default()),
    }
}

fn outline(mut document: Node, faults: &mut Faults) -> Option<Scenario> {
    const KEYS: [&str; 9] =
        ["scenario", "about", "as_of", "since", "params", "mixins", "tables", "cases", "checks"];
    let mixins = match mixins::expand(&mut document, faults) {
        Ok(mixins) => mixins,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let entries = faults.keep(map_of(&document, "the scenario", "`tables:` and the keys beside it"))?;
    unknown_keys(entries, &KEYS, "the scenario", faults);
    let name = document.get("scenario").and_then(|node| faults.keep(word(node, "the name of the scenario")));
    let about = text_of(document.get("about"), "about", faults);
    let mut params = Vec::new();
    if let Some(node) = document.get("params") {
        let entries = faults.keep(map_of(node, "`params`", "one entry per parameter")).unwrap_or_default();
        if entries.len() > MAX_PARAMS {
            let message = format!("{} parameters, more than {MAX_PARAMS}", entries.len());
            faults.push(Fault::at(entries[MAX_PARAMS].0.span, message));
            return None;
        }
        for (key, value) in entries {
            params.push(param(key, value, faults));
        }
    }
    let mut tables = Vec::new();
    match document.get("tables") {
        // A wrong key may be `tables` misspelt.
        None if faults.0.is_empty() => {
            faults.push(Fault::at(Span::new(0, 0), "the scenario has no tables").hint("add `tables:`"));
        }
        None => return None,
        Some(node) => {
            let entries = faults.keep(map_of(node, "`tables`", "one entry per table")).unwrap_or_default();
            if entries.is_empty() && node.map().is_some() {
                faults.push(Fault::at(node.span, "the scenario has no tables"));
            }
            if entries.len() > MAX_TABLES {
                let message = format!("{} tables, more than {MAX_TABLES}", entries.len());
                faults.push(Fault::at(entries[MAX_TABLES].0.span, message));
                return None;
            }
            for (key, value) in entries {
                check_name(key, "table", faults);
                if let Some(other) =
                    tables.iter().find(|t: &&Table| t.name.text.eq_ignore_ascii_case(&key.text))
                {
                    let message =
                        format!("tables `{}` and `{}` differ only by case", other.name.text, key.text);
                    faults.push(
                        Fault::at(key.span, message).hint("their files would share a folder on some systems"),
                    );
                }
                tables.push(table(key, value, faults));
            }
        }
    }
    let cases = document.get("cases").map_or_else(Vec::new, |node| cases::read(node, faults));
    let checks = document.get("checks").map_or_else(Vec::new, |node| checks::read(node, faults));
    Some(Scenario {
        name,
        about,
        as_of: document.get("as_of").cloned(),
        since: document.get("since").cloned(),
        params,
        tables,
        cases,
        checks,
        mixins,
        document,
    })
}

fn param(key: &Key, node: &Node, faults: &mut Faults) -> Param {
    check_name(key, "parameter", faults);
    let Some(entries) = node.map() else {
        // `tenants: 200` is short for `tenants: {default: 200}`.
        return Param { name: key.clone(), default: Some(node.clone()), min: None, max: None, help: None };
    };
    unknown_keys(entries, &["default", "min", "max", "help"], &format!("parameter `{}`", key.text), faults);
    let default = node.get("default").cloned();
    if default.is_none() {
        let fault = Fault::at(key.span, format!("parameter `{}` has no default", key.text));
        faults.push(fault.hint("add `default:`"));
    }
    Param {
        name: key.clone(),
        default,
        min: node.get("min").cloned(),
        max: node.get("max").cloned(),
        help: text_of(node.get("help"), "help", faults),
    }
}

fn table(key: &Key, node: &Node, faults: &mut Faults) -> Table {
    // A message lists the first of them.
    const KEYS: [&str; 15] = [
        "rows",
        "per",
        "count",
        "every",
        "rate",
        "history_of",
        "columns",
        "let",
        "mixins",
        "key",
        "times",
        "min",
        "max",
        "scaled",
        "about",
    ];
    let what = format!("table `{}`", key.text);
    let Some(entries) = faults.keep(map_of(node, &what, "`rows:` or `per:`, and `columns:`")) else {
        return Table {
            name: key.clone(),
            about: None,
            source: RowSource::Faulty,
            key: None,
            keys: keys::Keys::default(),
            columns: Vec::new(),
        };
    };
    let faults_before = faults.0.len();
    let known: Vec<&str> = KEYS.iter().copied().chain(keys::TABLE_KEYS).collect();
    unknown_keys(entries, &known, &what, faults);
    // What is missing may be there under a wrong key.
    let keys_are_right = faults.0.len() == faults_before;
    let source = match node.get("rows").or(node.get("per")).or(node.get("history_of")) {
        None if !keys_are_right => None,
        _ => row_source(key, node, faults),
    };
    let faults_before = faults.0.len();
    let columns = columns_of(node, faults);
    let literal = matches!(source, Some(RowSource::Literal(_)));
    if columns.is_empty()
        && !literal
        && keys_are_right
        && node.get("mixins").is_none()
        && faults.0.len() == faults_before
    {
        faults.push(Fault::at(key.span, format!("{what} has no columns")).hint("add `columns:`"));
    }
    // Mixins that could not be put in have been noted, and their columns are missing.
    let source = source.filter(|_| node.get("mixins").is_none()).unwrap_or(RowSource::Faulty);
    Table {
        name: key.clone(),
        about: text_of(node.get("about"), "about", faults),
        // A table without columns has been noted, and is looked at no further.
        source: if columns.is_empty() && !literal { RowSource::Faulty } else { source },
        key: node.get("key").cloned(),
        keys: keys::of_table(node, faults),
        columns,
    }
}

/// The columns under `let:` and `columns:`.
fn columns_of(node: &Node, faults: &mut Faults) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (section, written) in [("let", false), ("columns", true)] {
        let Some(section_node) = node.get(section).filter(|node| !node.is_null()) else { continue };
        let entries = map_of(section_node, &format!("`{section}`"), "one entry per column");
        let entries = faults.keep(entries).unwrap_or_default();
        if entries.len() > MAX_COLUMNS {
            let message = format!("{} columns, more than {MAX_COLUMNS}", entries.len());
            faults.push(Fault::at(entries[MAX_COLUMNS].0.span, message));
            continue;
        }
        for (name, value) in entries {
            check_name(name, "column", faults);
            if columns.iter().any(|c| c.name.text == name.text) {
                let fault = Fault::at(name.span, format!("column `{}` is defined twice", name.text));
                faults.push(fault.hint("a `let` column and a written column cannot share a name"));
            }
            let spec = column_spec(value, name.span, faults)
                .unwrap_or_else(|| Spec::of(value.span, Generator::Faulty));
            columns.push(Column { name: name.clone(), written, spec });
        }
    }
    columns
}

//! Keys, indexes and checks of a table, as written.

use super::document::{Key, Node};
use super::{Text, as_expression, boolean, map_of, unknown_keys, word};
use crate::error::{Fault, Faults, Span};

/// Keys, indexes and checks of a table.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// `primary key:`, its columns.
    pub primary: Option<Columns>,
    /// `unique:`, one list of columns for every key.
    pub unique: Vec<Columns>,
    /// `index:`, one list of columns for every index.
    pub indexes: Vec<Columns>,
    /// `check:`, conditions in SQL.
    pub checks: Vec<Text>,
    /// `foreign key:`.
    pub foreign: Vec<ForeignKey>,
}

/// Some columns, named.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Where they stand.
    pub span: Span,
    /// Their names, at least one.
    pub names: Vec<Key>,
}

/// A foreign key.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The columns of this table.
    pub columns: Columns,
    /// The table they refer to.
    pub to: Key,
    /// The columns there; its primary key when none are named.
    pub references: Option<Columns>,
}

/// What a column says of its keys, beside `unique`.
#[derive(Clone, Debug, Default)]
pub struct ColumnKeys {
    /// `references:`.
    pub references: Option<References>,
    /// Whether an index is asked for, and where.
    pub index: Option<Span>,
}

impl ColumnKeys {
    /// Whether anything is asked for.
    pub(super) fn says_something(&self) -> bool {
        self.references.is_some() || self.index.is_some()
    }
}

/// The value of `references:`.
#[derive(Clone, Debug)]
pub enum References {
    /// `none`: no foreign key, although one would follow from the generator.
    None,
    /// `table` or `table.column`.
    To {
        /// The table.
        table: Key,
        /// The column; its primary key when none is named.
        column: Option<Key>,
    },
}

/// The keys of a table's map that are read here.
pub(super) const TABLE_KEYS: [&str; 6] =
    ["primary key", "unique", "index", "check", "foreign key", "partition by"];
/// The modifiers of a column that are read here.
pub(super) const MODIFIERS: [&str; 2] = ["references", "index"];

/// Reads what a table says about its keys.
pub(super) fn of_table(node: &Node, faults: &mut Faults) -> Keys {
    if let Some((key, _)) = node.map().unwrap_or_default().iter().find(|(key, _)| key.text == "partition by")
    {
        let fault = Fault::at(key.span, "`partition by` is not supported yet");
        faults.push(fault.hint("load into tables that you have partitioned yourself, or leave it out"));
    }
    let mut keys = Keys::default();
    if let Some(node) = node.get("primary key") {
        keys.primary = faults.keep(columns(node, "primary key"));
    }
    for (name, into) in [("unique", &mut keys.unique), ("index", &mut keys.indexes)] {
        let Some(node) = node.get(name) else { continue };
        for item in several(node) {
            into.extend(faults.keep(columns(item, name)));
        }
    }
    if let Some(node) = node.get("check") {
        keys.checks
            .extend(several(node).iter().filter_map(|item| faults.keep(as_expression(item, "`check`"))));
    }
    if let Some(node) = node.get("foreign key") {
        keys.foreign.extend(several(node).iter().filter_map(|item| foreign(item, faults)));
    }
    keys
}

/// The items of a list; a value that is no list stands for a list of one.
fn several(node: &Node) -> &[Node] {
    node.list().unwrap_or(std::slice::from_ref(node))
}

/// One column, or a list of them.
fn columns(node: &Node, what: &str) -> Result<Columns, Fault> {
    let mut names: Vec<Key> = Vec::new();
    for item in several(node) {
        let name = word(item, &format!("`{what}`")).map_err(|fault| match item.list() {
            Some(_) => fault.hint("write `[[a, b], c]`: a list of columns, or of lists of columns"),
            None => fault.hint("name a column, or a list of columns"),
        })?;
        if names.iter().any(|other| other.text == name.text) {
            return Err(Fault::at(name.span, format!("`{what}`: column `{}` occurs twice", name.text)));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(Fault::at(node.span, format!("`{what}`: expected at least one column")));
    }
    Ok(Columns { span: node.span, names })
}

fn foreign(node: &Node, faults: &mut Faults) -> Option<ForeignKey> {
    let entries = faults.keep(map_of(node, "`foreign key`", "`columns`, `to` and perhaps `references`"))?;
    unknown_keys(entries, &["columns", "to", "references"], "a foreign key", faults);
    let mut required = |name: &str| {
        let missing = || {
            Fault::at(node.span, format!("`foreign key` needs `{name}`"))
                .hint("write `{columns: [a, b], to: table, references: [c, d]}`")
        };
        faults.keep(node.get(name).ok_or_else(missing))
    };
    let (own, to) = (required("columns"), required("to"));
    let own = faults.keep(columns(own?, "columns"))?;
    let to = faults.keep(word(to?, "`to`"))?;
    let references = match node.get("references") {
        Some(node) => Some(faults.keep(columns(node, "references"))?),
        None => None,
    };
    Some(ForeignKey { columns: own, to, references })
}

/// Reads `references:` and `index:` of a column.
pub(super) fn of_column(node: &Node, faults: &mut Faults) -> ColumnKeys {
    let references = node.get("references").and_then(|node| faults.keep(references(node)));
    let index = node.get("index").and_then(|node| {
        let wanted = faults.keep(boolean(node, "index"))?;
        wanted.then_some(node.span)
    });
    ColumnKeys { references, index }
}

fn references(node: &Node) -> Result<References, Fault> {
    let hint = "write a table, `table.column`, or `none`";
    let name = word(node, "`references`").map_err(|fault| fault.hint(hint))?;
    let quoted = node.scalar().is_some_and(|scalar| scalar.quoted);
    if name.text == "none" && !quoted {
        return Ok(References::None);
    }
    // Names hold no dots.
    let Some((table, column)) = name.text.split_once('.') else {
        return Ok(References::To { table: name, column: None });
    };
    let exact = node.scalar().is_some_and(|scalar| scalar.exact);
    let part = |text: &str, start: usize| {
        let span = if exact { Span::new(start, start + text.len()) } else { node.span };
        Key::new(text, span)
    };
    let (table, column) = (part(table, node.span.start), part(column, node.span.start + table.len() + 1));
    Ok(References::To { table, column: Some(column) })
}

/// Refuses `references:` and `index:` where there is no column of a table.
pub(super) fn refuse(node: &Node, faults: &mut Faults) {
    for (key, _) in
        node.map().unwrap_or_default().iter().filter(|(key, _)| MODIFIERS.contains(&key.text.as_str()))
    {
        let fault = Fault::at(key.span, format!("`{}` belongs to a column of a table", key.text));
        faults.push(fault.hint("leave it out here"));
    }
}

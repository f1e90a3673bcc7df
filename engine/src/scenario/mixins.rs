//! `mixins:`, columns that several tables have and that are written once.
//!
//! They are put into the document before tables are read, behind the columns of every table that names them. From there on a
//! column is the same whether it comes from a mixin or stands in its table: so are its values, and so is the fingerprint.

use std::collections::{HashMap, HashSet};

use super::document::{Key, Node, NodeKind, Size};
use super::{check_name, columns_of, map_of, unknown_keys, word};
use crate::error::{Fault, Faults, Span, did_you_mean, listed};

/// The most mixins of a scenario.
const MAX_MIXINS: usize = 1000;
/// What holds columns, in a table and in a mixin.
const SECTIONS: [&str; 2] = ["let", "columns"];

/// Moves columns from the mixins to the tables. Tells where the mixins stand, which are gone from the document then.
///
/// A table that names a mixin that is not there keeps its `mixins`, as a sign that something is missing.
///
/// # Errors
/// The document would be too large, or there are too many mixins.
pub(super) fn expand(document: &mut Node, faults: &mut Faults) -> Result<Option<Span>, Fault> {
    let mut size = Size::of(document);
    let NodeKind::Map(top) = &mut document.kind else { return Ok(None) };
    let at = top.iter().position(|(key, _)| key.text == "mixins");
    let mixins = at.map(|at| top.remove(at).1);
    let known = mixins.as_ref().and_then(|node| faults.keep(map_of(node, "`mixins`", "one entry per mixin")));
    let known = known.unwrap_or_default();
    if let Some((one_more, _)) = known.get(MAX_MIXINS) {
        return Err(Fault::at(one_more.span, format!("{} mixins, more than {MAX_MIXINS}", known.len())));
    }
    known.iter().for_each(|(name, mixin)| check(name, mixin, faults));
    let tables = top.iter_mut().find(|(key, _)| key.text == "tables").map(|(_, tables)| &mut tables.kind);
    if let Some(NodeKind::Map(tables)) = tables {
        for (_, table) in tables {
            let named = table.get("mixins").and_then(|named| faults.keep(mixins_of(named, known)));
            if let Some(named) = named.filter(|named| faults.keep(no_two_alike(table, named)).is_some()) {
                put_into(table, &named, &mut size)?;
            }
        }
    }
    Ok(mixins.map(|node| node.span))
}

/// Notes what is wrong with a mixin, whether a table names it or not.
fn check(name: &Key, mixin: &Node, faults: &mut Faults) {
    check_name(name, "mixin", faults);
    let what = format!("mixin `{}`", name.text);
    if let Some(entries) = faults.keep(map_of(mixin, &what, "`columns:`, `let:` or both")) {
        unknown_keys(entries, &["columns", "let", "about"], &what, faults);
        columns_of(mixin, faults);
    }
}

/// The names of the columns that a table has without mixins.
fn own(table: &Node) -> HashSet<String> {
    // Literal rows have columns, too.
    let rows = table.get("rows").and_then(Node::list).unwrap_or_default().iter().filter_map(Node::map);
    let in_rows = rows.flatten().map(|(name, _)| name);
    names(table).chain(in_rows).map(|name| name.text.clone()).collect()
}

/// Refuses a column that two mixins would add.
fn no_two_alike(table: &Node, mixins: &[Mixin]) -> Result<(), Fault> {
    let own = own(table);
    let mut added: HashMap<&str, &Key> = HashMap::new();
    for Mixin { place, name, node } in mixins {
        for column in names(node).filter(|column| !own.contains(&column.text)) {
            if let Some(other) = added.insert(&column.text, name).filter(|other| other.text != name.text) {
                let (one, other, column) = (&other.text, &name.text, &column.text);
                let message = format!("the mixins `{one}` and `{other}` both have a column `{column}`");
                return Err(Fault::at(*place, message).hint(
                    "write the column in the table, where it takes the place of theirs, or leave one out",
                ));
            }
        }
    }
    Ok(())
}

/// Adds the columns of mixins that the table does not have itself.
fn put_into(table: &mut Node, mixins: &[Mixin], size: &mut Size) -> Result<(), Fault> {
    let own = own(table);
    for Mixin { place, node, .. } in mixins {
        for section in SECTIONS {
            let columns = entries(node, section).iter().filter(|(column, _)| !own.contains(&column.text));
            for (column, value) in columns {
                size.add_copy(column, value, *place)?;
                if let Some(columns) = section_of(table, section, *place) {
                    columns.push((column.clone(), value.clone()));
                }
            }
        }
    }
    if let NodeKind::Map(keys) = &mut table.kind {
        keys.retain(|(key, _)| key.text != "mixins");
    }
    Ok(())
}

/// A mixin that a table names.
struct Mixin<'n> {
    /// Where the table names it.
    place: Span,
    name: &'n Key,
    node: &'n Node,
}

/// The mixins that a table names.
fn mixins_of<'n>(named: &Node, known: &'n [(Key, Node)]) -> Result<Vec<Mixin<'n>>, Fault> {
    let mut mixins: Vec<Mixin> = Vec::new();
    for item in named.list().unwrap_or(std::slice::from_ref(named)) {
        let wanted =
            word(item, "`mixins`").map_err(|fault| fault.hint("name a mixin, or a list of mixins"))?;
        let Some((name, node)) = known.iter().find(|(name, _)| name.text == wanted.text) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| name.text.as_str()).collect();
            let hint =
                did_you_mean(&wanted.text, names.iter().copied()).unwrap_or_else(|| match &names[..] {
                    [] => "mixins stand under `mixins:`, beside `tables:`".to_owned(),
                    names => format!("the mixins are: {}", listed(names)),
                });
            return Err(Fault::at(item.span, format!("unknown mixin `{}`", wanted.text)).hint(hint));
        };
        if mixins.iter().any(|other| other.name.text == name.text) {
            return Err(Fault::at(item.span, format!("mixin `{}` is named twice", name.text)));
        }
        mixins.push(Mixin { place: item.span, name, node });
    }
    Ok(mixins)
}

/// The columns of a section.
fn entries<'n>(node: &'n Node, section: &str) -> &'n [(Key, Node)] {
    node.get(section).and_then(Node::map).unwrap_or_default()
}

/// The names of all columns.
fn names(node: &Node) -> impl Iterator<Item = &Key> {
    SECTIONS.into_iter().flat_map(|section| entries(node, section)).map(|(name, _)| name)
}

/// The columns of a section of a table, to add some; the section is made where there is none. What is no map, which is a fault,
/// is left as it is.
fn section_of<'n>(table: &'n mut Node, section: &str, place: Span) -> Option<&'n mut Vec<(Key, Node)>> {
    let NodeKind::Map(keys) = &mut table.kind else { return None };
    let at = keys.iter().position(|(key, _)| key.text == section).unwrap_or_else(|| {
        keys.push((Key::new(section, place), Node { span: place, kind: NodeKind::Map(Vec::new()) }));
        keys.len() - 1
    });
    let node = &mut keys[at].1;
    if node.is_null() {
        node.kind = NodeKind::Map(Vec::new());
    }
    match &mut node.kind {
        NodeKind::Map(columns) => Some(columns),
        _ => None,
    }
}

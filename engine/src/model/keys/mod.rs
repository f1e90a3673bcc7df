//! Keys, indexes and checks of tables: what is written, and what follows from the generators.
//!
//! A table's primary key is the column that references show, else the first, unless another one is written. Foreign keys follow from `parent`,
//! `reference` and expressions that only pass on a key. Values never depend on any of this.

mod check;
mod choice;
mod foreign;
#[cfg(test)]
mod tests;

use super::drafts::Drafts;
use super::unique::injective;
use super::{Column, Declared, Input};
use crate::error::{Fault, Faults, Span};
use crate::generators::{Pick, Recipe};
use crate::ids::{ColumnId, TableId, indexed};
use crate::scenario::Scenario;
use crate::scenario::keys::Columns;
use crate::types::Type;

/// The most columns of a key or an index, as in PostgreSQL.
const MOST_COLUMNS: usize = 32;

/// Keys, indexes and checks of a table. Columns are numbers of columns that are written.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The primary key; its columns are never NULL.
    pub primary: Option<UniqueKey>,
    /// Other keys.
    pub unique: Vec<UniqueKey>,
    /// Indexes: those that are written, and those that foreign keys need.
    pub indexes: Vec<Index>,
    /// Conditions that hold in every row.
    pub checks: Vec<Check>,
    /// Columns whose texts are known to be one of a few.
    pub choices: Vec<Choice>,
    /// Foreign keys.
    pub foreign: Vec<ForeignKey>,
}

/// Columns that are together unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// The columns, in the order written.
    pub columns: Vec<ColumnId>,
    /// Whether this follows from how values are made; otherwise the scenario vouches for it, and the database checks it.
    pub proven: bool,
}

/// An index that is not unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The columns, in the order written.
    pub columns: Vec<ColumnId>,
}

/// A condition on the columns of a row, which the scenario vouches for and the database checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The condition in PostgreSQL's SQL.
    pub sql: String,
    /// The columns it reads, in ascending order.
    pub columns: Vec<ColumnId>,
}

/// A column whose texts are one of a few, by the way they are made: the labels of an enum, or the values of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The column.
    pub column: ColumnId,
    /// The texts, each once.
    pub labels: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns of this table.
    pub columns: Vec<ColumnId>,
    /// The number of the table they refer to.
    pub target: TableId,
    /// As many columns of that table: its primary key or another of its keys.
    pub references: Vec<ColumnId>,
    /// Whether it follows from the generators; otherwise it is written, and may be checked by the database alone.
    pub derived: bool,
}

indexed! {
    [Keys], TableId => Keys;
}

impl Keys {
    /// The primary key and the others.
    pub fn unique_keys(&self) -> impl Iterator<Item = &UniqueKey> {
        self.primary.iter().chain(&self.unique)
    }

    /// Whether these columns, in any order, are a key.
    fn has_key(&self, columns: &[ColumnId]) -> bool {
        self.unique_keys().any(|key| same(&key.columns, columns))
    }

    /// Whether an index, of a key or its own, begins with these columns in any order.
    fn begins_an_index(&self, columns: &[ColumnId]) -> bool {
        let begins = |of: &[ColumnId]| of.len() >= columns.len() && same(&of[..columns.len()], columns);
        self.unique_keys().any(|key| begins(&key.columns)) || self.indexes.iter().any(|i| begins(&i.columns))
    }
}

/// Whether two lists hold the same columns, each once.
fn same(a: &[ColumnId], b: &[ColumnId]) -> bool {
    a.len() == b.len() && a.iter().all(|column| b.contains(column))
}

/// The keys of all tables, once everything else is settled; `key` is the column of each that references show. Where a column
/// refers to a key, it takes over what a database is told of that one. Tables with faults have the keys that are left, so that all
/// faults are told at once.
pub(super) fn of_tables(
    drafts: &mut Drafts,
    scenario: &Scenario,
    key: &[ColumnId],
    faults: &mut Faults,
) -> Vec<Keys> {
    let mut pass = KeysOf { drafts, scenario, faults };
    let mut keys: Vec<Keys> = TableId::enumerate(key).map(|(t, key)| pass.unique_keys_of(t, *key)).collect();
    pass.name_enums();
    pass.foreign_keys(&mut keys);
    pass.choices(&mut keys);
    for (t, keys) in TableId::enumerate(&mut keys) {
        pass.indexes_of(t, keys);
        pass.checks_of(t, keys);
    }
    keys
}

/// Finds out the keys of settled tables.
struct KeysOf<'m> {
    drafts: &'m mut Drafts,
    scenario: &'m Scenario,
    faults: &'m mut Faults,
}

impl KeysOf<'_> {
    /// The columns that are written and settled, with what the scenario says of their keys.
    fn written_columns(&self, t: TableId) -> impl Iterator<Item = (ColumnId, &Column)> {
        let columns = ColumnId::enumerate(&self.drafts[t].columns);
        columns.filter(|(_, draft)| draft.written).filter_map(|(c, draft)| Some((c, draft.state.done()?)))
    }

    fn unique_keys_of(&mut self, t: TableId, key: ColumnId) -> Keys {
        let mut keys = Keys::default();
        if self.drafts[t].faulty || self.drafts[t].columns.is_empty() {
            return keys;
        }
        let written = self.scenario.tables[t].keys.clone();
        if let Some(columns) = &written.primary
            && let Some(found) = self.key_columns(t, columns, "primary key")
        {
            for (&c, name) in found.iter().zip(&columns.names) {
                if self.drafts.done(t, c).is_ok_and(|column| column.nullable) {
                    let fault = Fault::at(name.span, format!("`primary key`: `{}` can be NULL", name.text));
                    self.faults.push(fault.hint("use `unique:`, or a column that is never NULL"));
                }
            }
            keys.primary = Some(self.unique_key(t, found));
        }
        let vouched = self.scenario.tables[t].key.is_some();
        if let Ok(column) = self.drafts.done(t, key)
            && column.written
            && (column.unique || vouched)
            && !keys.has_key(&[key])
        {
            let nullable = column.nullable;
            let of_key = self.unique_key(t, vec![key]);
            match written.primary.is_none() && !nullable {
                true => keys.primary = Some(of_key),
                false => keys.unique.push(of_key),
            }
        }
        let asked: Vec<ColumnId> =
            self.written_columns(t).filter(|(c, _)| self.unique_is_asked(t, *c)).map(|(c, _)| c).collect();
        let listed: Vec<Vec<ColumnId>> =
            written.unique.iter().filter_map(|columns| self.key_columns(t, columns, "unique")).collect();
        for columns in asked.into_iter().map(|c| vec![c]).chain(listed) {
            if !keys.has_key(&columns) {
                keys.unique.push(self.unique_key(t, columns));
            }
        }
        keys
    }

    fn unique_is_asked(&self, t: TableId, c: ColumnId) -> bool {
        self.drafts[t].columns[c].spec.as_ref().is_some_and(|spec| spec.unique.is_some())
    }

    fn unique_key(&self, t: TableId, columns: Vec<ColumnId>) -> UniqueKey {
        UniqueKey { proven: self.proven(t, &columns), columns }
    }

    /// Whether columns are together unique by the way they are made: one of them is; or they hold the parent and what differs among
    /// the children of one parent.
    fn proven(&self, t: TableId, columns: &[ColumnId]) -> bool {
        let columns: Vec<&Column> = columns.iter().filter_map(|&c| self.drafts.done(t, c).ok()).collect();
        let keeps = |column: &Column| {
            column.cast.as_ref().is_none_or(|cast| injective(&column.made, cast.ty()))
                && column.null.is_none()
        };
        let is_parent = |column: &Column| {
            let Recipe::Parent(parent) = &column.recipe else { return false };
            let key = match self.drafts[t].inputs[parent.key] {
                Input::Column { column, .. } => {
                    self.drafts[t].parent.map(|parent| self.drafts.done(parent, column))
                }
                _ => None,
            };
            key.is_some_and(|key| key.is_ok_and(|key| key.unique)) && keeps(column)
        };
        let differs = |column: &Column| match &column.recipe {
            Recipe::Reference(reference) => {
                let shown = self.drafts.done(reference.target, reference.shown);
                matches!(reference.pick, Pick::Distinct { .. } | Pick::Ring { .. })
                    && shown.is_ok_and(|shown| shown.unique)
            }
            Recipe::Formula(formula) => {
                let input = formula.passes_on_number();
                input.is_some_and(|input| self.drafts[t].inputs[input] == Input::Ordinal)
            }
            _ => false,
        };
        columns.iter().any(|column| column.unique)
            || (columns.iter().any(|column| is_parent(column))
                && columns.iter().any(|column| keeps(column) && differs(column)))
    }

    fn indexes_of(&mut self, t: TableId, keys: &mut Keys) {
        let written = self.scenario.tables[t].keys.indexes.clone();
        let listed: Vec<Vec<ColumnId>> =
            written.iter().filter_map(|columns| self.key_columns(t, columns, "index")).collect();
        let mut asked = Vec::new();
        for (c, draft) in ColumnId::enumerate(&self.drafts[t].columns) {
            let Some(span) = draft.spec.as_ref().and_then(|spec| spec.keys.index) else { continue };
            if !draft.written {
                self.faults.push(not_written(span, "index", &draft.name));
            } else if let Some(fault) = draft.state.done().and_then(|column| no_order(column, span)) {
                self.faults.push(fault);
            } else {
                asked.push(vec![c]);
            }
        }
        for columns in asked.into_iter().chain(listed) {
            if !keys.indexes.iter().any(|index| index.columns == columns)
                && !keys.unique_keys().any(|key| key.columns == columns)
            {
                keys.indexes.push(Index { columns });
            }
        }
        for foreign in &keys.foreign.clone() {
            if !keys.begins_an_index(&foreign.columns) {
                keys.indexes.push(Index { columns: foreign.columns.clone() });
            }
        }
    }

    /// The numbers of columns that are named; faults are noted.
    fn key_columns(&mut self, t: TableId, columns: &Columns, what: &str) -> Option<Vec<ColumnId>> {
        if self.drafts[t].faulty {
            return None;
        }
        if columns.names.len() > MOST_COLUMNS {
            let message = format!("`{what}`: {} columns, more than {MOST_COLUMNS}", columns.names.len());
            self.faults.push(Fault::at(columns.span, message));
            return None;
        }
        let mut found = Vec::new();
        for name in &columns.names {
            let Some(c) = self.drafts[t].position(|c| c.name == name.text) else {
                let table = &self.drafts[t].name.text;
                let fault =
                    Fault::at(name.span, format!("`{what}`: unknown column `{}` of `{table}`", name.text));
                let otherwise = format!("the columns of `{table}` are");
                let hint = self.faults.guess(&name.text, || self.drafts[t].column_names(), &otherwise);
                self.faults.push(fault.maybe_hint(hint));
                continue;
            };
            let draft = &self.drafts[t].columns[c];
            if !draft.written {
                self.faults.push(not_written(name.span, what, &name.text));
            } else if let Some(fault) = draft.state.done().and_then(|column| no_order(column, name.span)) {
                self.faults.push(fault);
            } else {
                found.push(c);
            }
        }
        (found.len() == columns.names.len()).then_some(found)
    }
}

fn not_written(span: Span, what: &str, name: &str) -> Fault {
    Fault::at(span, format!("`{what}`: `{name}` stands under `let` and is not written"))
        .hint("move it to `columns:`")
}

/// Columns of `json` have no order and no equality.
fn no_order(column: &Column, span: Span) -> Option<Fault> {
    let json = column.ty == Type::Json && column.declared == Some(Declared::Json);
    json.then(|| {
        Fault::at(span, format!("`{}` is of type json, which has no order", column.name))
            .hint("use `type: jsonb`")
    })
}

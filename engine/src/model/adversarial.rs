//! Columns in which some rows have values that break software: those that say so, and for a share of everything those on which
//! nothing else depends.

use std::collections::{BTreeSet, HashSet};

use super::constants::Constants;
use super::drafts::Drafts;
use super::resolve::Resolver;
use super::walk::Steps;
use super::{Case, CaseRows, Column, Input, Keys, Model, Source};
use crate::error::{Fault, Faults};
use crate::generators::adversarial::{self, Adversarial, Rows};
use crate::generators::{Pick, Recipe};
use crate::ids::{ColumnId, InputId, TableId};
use crate::scenario::{Node, Spec};
use crate::types::Type;

/// The keys of how many hostile rows of a column are listed.
const LISTED: u64 = 10;

/// A column with such values.
pub(super) struct Hostile {
    pub(super) table: TableId,
    /// Its name.
    name: String,
    /// The hidden column that tells in which rows it has them.
    told: ColumnId,
}

impl Hostile {
    /// The rows as a case.
    pub(super) fn case(&self, table: &str, others: &[Case]) -> Case {
        let mut name = format!("adversarial_{table}_{}", self.name);
        // Two names can be put together to the same one, and another case can have it.
        while others.iter().any(|other| other.name == name) {
            name.push('_');
        }
        Case {
            name,
            about: Some(format!("values of `{}` that break software", self.name)),
            table: self.table,
            rows: CaseRows::Where { condition: self.told, at_least: 0, listed: LISTED },
        }
    }
}

/// The column that has other values in some rows, if its type has values that break software, and the one that tells in which.
fn mixed(
    column: &Column,
    rows: Rows,
    constants: &Constants,
) -> Option<(impl FnOnce(InputId, ColumnId) -> Column + use<>, Column)> {
    let values = adversarial::values(&column.ty, column.declared.as_ref(), constants)?;
    let told = Column::hidden(format!("hostile {}", column.name), Type::Boolean, rows.told());
    let outer = Column {
        about: column.about.clone(),
        written: column.written,
        declared: column.declared.clone(),
        nullable: column.nullable,
        ..Column::hidden(column.name.clone(), column.ty.clone(), Recipe::from(rows.told()))
    };
    let outer =
        move |plain, told| Column { recipe: Adversarial { plain, told, rows, values }.into(), ..outer };
    Some((outer, told))
}

/// The same column under another name, which is not written.
fn hidden(column: Column) -> Column {
    Column { name: format!("{} as it is otherwise", column.name), written: false, ..column }
}

/// Refuses keys that hold hostile values.
pub(super) fn check_keys(drafts: &Drafts, keys: &[Keys], faults: &mut Faults) {
    for (t, keys) in TableId::enumerate(keys) {
        let own = keys.unique_keys().flat_map(|key| &key.columns);
        let own = own.chain(keys.foreign.iter().flat_map(|key| &key.columns)).map(|c| (t, *c));
        let shown = drafts[t].column_ids().filter_map(|c| drafts.done(t, c).ok()?.refers_to());
        for (t, c) in own.chain(shown).collect::<BTreeSet<_>>() {
            let Ok(column) = drafts.done(t, c) else { continue };
            if let Recipe::Adversarial(_) = column.recipe {
                let message =
                    format!("`{}` is part of a key, and `adversarial` does not go with keys", column.name);
                let fault = Fault::at(drafts[t].span_of(c), message);
                faults.push(
                    fault.hint("a value that breaks software would occur twice; leave it out, or the key"),
                );
            }
        }
    }
}

impl Resolver<'_> {
    /// Lets a column have hostile values in a share of its rows.
    pub(super) fn adversarial(
        &mut self,
        t: TableId,
        column: Column,
        spec: &Spec,
        node: &Node,
    ) -> Result<Column, Fault> {
        let refuse = |message: String, hint: &str| Err(Fault::at(node.span, message).hint(hint));
        let name = column.name.clone();
        if column.is_parent() || column.reference().is_some() || column.serial().is_some() {
            return refuse(
                format!("`{name}` is a key, and `adversarial` does not go with keys"),
                "leave it out",
            );
        }
        if column.unique && spec.unique.is_some() {
            return refuse(
                "`adversarial` and `unique` cannot be combined".to_owned(),
                "a value that breaks software would occur twice; leave one of them out",
            );
        }
        let share = self.constants.share(node, "adversarial")?;
        let rows = Rows::new(self.settings.seed, &self.drafts[t].name.text, &name, share);
        let Some((outer, told)) = mixed(&column, rows, &self.constants) else {
            let ty = column.declared.as_ref().map_or_else(|| column.ty.to_string(), ToString::to_string);
            return refuse(
                format!("`adversarial` has no values of type {ty}"),
                "it goes with texts, numbers, dates and times",
            );
        };
        let plain = self.add_hidden(t, hidden(column));
        let plain = self.input(t, Input::Column { hops: Vec::new(), column: plain });
        let told = self.add_hidden(t, told);
        self.hostile.push(Hostile { table: t, name, told });
        Ok(outer(plain, told))
    }
}

/// Lets the written columns that nothing else reads, no key and no check among them, have hostile values in a share of their rows.
pub(super) fn in_all(model: &mut Model, constants: &Constants, share: f64) {
    let read = read(model);
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    // Names are in small letters unless they are quoted.
    let words = model.checks.iter().flat_map(|check| check.sql.split(|c| !is_of_name(c)));
    let words: HashSet<String> = words.map(str::to_lowercase).collect();
    let checks: Vec<&str> = model.checks.iter().map(|check| check.sql.as_str()).collect();
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let checked = |name: &str| words.contains(name) || checks.iter().any(|sql| sql.contains(&quoted(name)));
    for t in model.table_ids() {
        let table = &model.tables[t];
        let keys = &table.keys;
        let keyed = keys
            .unique_keys()
            .flat_map(|key| &key.columns)
            .chain(keys.foreign.iter().flat_map(|key| &key.columns));
        let keyed: HashSet<ColumnId> = keyed
            .chain(keys.checks.iter().flat_map(|check| &check.columns))
            .chain(keys.choices.iter().map(|choice| &choice.column))
            .copied()
            .collect();
        for c in table.written_ids().collect::<Vec<_>>() {
            let table = &model.tables[t];
            let column = &table.columns[c];
            let depends = read.contains(&(t, c)) || keyed.contains(&c) || checked(&column.name);
            let is_plain = column.pins.is_empty()
                && !matches!(column.recipe, Recipe::Adversarial(_) | Recipe::Literal(_));
            if depends || !is_plain || column.unique || column.serial().is_some() || table.key == c {
                continue;
            }
            let rows = Rows::new(model.seed, &table.name, &column.name, share);
            let Some((outer, told)) = mixed(column, rows, constants) else { continue };
            let table = &mut model.tables[t];
            let end = table.columns.len();
            table.inputs.push(Input::Column { hops: Vec::new(), column: ColumnId::new(end) });
            let told_at = ColumnId::new(end + 1);
            let outer = outer(InputId::new(table.inputs.len() - 1), told_at);
            let name = outer.name.clone();
            let plain = std::mem::replace(&mut table.columns[c], outer);
            table.columns.extend([hidden(plain), told]);
            let hostile = Hostile { table: t, name, told: told_at };
            let case = hostile.case(&table.name, &model.cases);
            model.cases.push(case);
        }
    }
}

/// The columns that something reads.
fn read(model: &Model) -> HashSet<(TableId, ColumnId)> {
    let mut read = HashSet::new();
    for t in model.table_ids() {
        let table = &model.tables[t];
        if let Source::Per { parent, count } = &table.source {
            read.extend(count.column.map(|column| (*parent, column)));
        }
        for input in &table.inputs {
            match input {
                Input::Column { hops, column } => {
                    read.extend(model.end(t, hops).map(|end| (end, *column)));
                }
                Input::Total { child, column, .. } => read.extend(column.map(|column| (*child, column))),
                Input::Neighbour { column, .. } | Input::Running { column, .. } => {
                    read.insert((t, *column));
                }
                Input::Row | Input::Ordinal | Input::Siblings => {}
            }
        }
        for reference in table.columns.iter().filter_map(Column::reference) {
            read.insert((reference.target, reference.shown));
            match &reference.pick {
                Pick::Existing { by, still, .. } => {
                    read.insert((reference.target, *by));
                    read.extend(still.until.map(|until| (reference.target, until)));
                }
                Pick::Latest { by, .. } => {
                    read.insert((reference.target, *by));
                }
                _ => {}
            }
        }
    }
    read.extend(model.cases.iter().filter_map(|case| match case.rows {
        CaseRows::Where { condition, .. } => Some((case.table, condition)),
        _ => None,
    }));
    read
}

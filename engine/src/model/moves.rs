//! What a pinned value must not do to other rows, unless that is said.
//!
//! A value of a row that decides how many children the row has moves all children behind it: they get other row numbers, and so
//! other values. And where rows are found by an instant, a pinned one would hide others.

use std::collections::{HashMap, HashSet};

use arrow::array::Array;

use super::work::columns_behind;
use super::{Column, Input, Model, Pin, PinnedTo, Steps, UniqueKey, Values};
use crate::error::{Fault, Faults};
use crate::generators::{Pick, Reference};
use crate::ids::{ColumnId, TableId};
use crate::scenario::Scenario;
use crate::scenario::cases::CaseRows;

/// Refuses pins that change more than their row and what is derived from it.
pub(super) fn check(model: &Model, scenario: &Scenario) -> Result<(), Faults> {
    let pinned: Vec<(TableId, ColumnId, &Pin)> = TableId::enumerate(&model.tables)
        .flat_map(|(t, table)| {
            let columns = ColumnId::enumerate(&table.columns);
            columns.flat_map(move |(c, column)| column.pins.iter().map(move |pin| (t, c, pin)))
        })
        .collect();
    let mut faults = Faults::default();
    if !pinned.is_empty() {
        let mut pass = Pass { model, scenario, pinned: &pinned, faults: &mut faults };
        pass.counts();
        pass.births();
        pass.keys();
        pass.references();
    }
    faults.into_result()
}

/// The pins of a scenario.
struct Pass<'m> {
    model: &'m Model,
    scenario: &'m Scenario,
    pinned: &'m [(TableId, ColumnId, &'m Pin)],
    faults: &'m mut Faults,
}

impl Pass<'_> {
    /// Refuses pins that decide how many children a row has, unless their rows may move.
    fn counts(&mut self) {
        let model = self.model;
        let counted: Vec<_> =
            model.table_ids().filter_map(|child| Some((child, counted(model, child)?))).collect();
        // Mostly none does.
        let behind = columns_behind(model, counted.iter().map(|(_, count)| *count));
        if !self.pinned.iter().any(|(t, c, _)| behind.contains(&(*t, *c))) {
            return;
        }
        for (child, count) in counted {
            let child = &model.tables[child].name;
            let behind = columns_behind(model, [count]);
            for (t, c, pin) in self.pinned.iter().filter(|(t, c, _)| behind.contains(&(*t, *c))) {
                let may_move = match &self.scenario.cases[pin.case].rows {
                    CaseRows::Row(row) => row.moves.iter().any(|name| name.text == *child),
                    CaseRows::Where { .. } => true,
                };
                if !may_move {
                    let name = &model.tables[*t].columns[*c].name;
                    let message = format!("`{name}` decides how many rows of `{child}` there are");
                    self.faults.push(
                        Fault::at(pin.span, message)
                            .label(format!("with another value, other rows of `{child}` become others"))
                            .hint(format!(
                                "if they may, say `moves: {child}`; or pin a column that decides less"
                            )),
                    );
                }
            }
        }
    }

    /// Refuses pins of columns by which rows are found that existed.
    fn births(&mut self) {
        let model = self.model;
        let references =
            model.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
        let by = |column: &Column| match column.reference() {
            Some(Reference { target, pick: Pick::Existing { by, .. } | Pick::Latest { by, .. }, .. }) => {
                Some((*target, *by))
            }
            _ => None,
        };
        let found: Vec<_> =
            references.filter_map(|(table, column)| Some((table, column, by(column)?))).collect();
        let mut known: HashMap<(TableId, ColumnId), HashSet<(TableId, ColumnId)>> = HashMap::new();
        for (table, column, by) in found {
            // What is pinned elsewhere is the same for all rows among which one is looked for.
            let of_target: Vec<_> = self.pinned.iter().filter(|(t, ..)| *t == by.0).collect();
            if of_target.is_empty() {
                continue;
            }
            let behind = known.entry(by).or_insert_with(|| columns_behind(model, [by]));
            for (t, c, pin) in of_target.into_iter().filter(|(t, c, _)| behind.contains(&(*t, *c))) {
                let name = &model.tables[*t].columns[*c].name;
                let message = format!("`{}.{}` finds rows by `{name}`", table.name, column.name);
                self.faults.push(
                    Fault::at(pin.span, message)
                        .label("`existed_at` needs instants that rise from row to row")
                        .hint("pin another column, or leave `existed_at` out"),
                );
            }
        }
    }

    /// Refuses values of columns that hand on the key of another row, which so is a foreign key, here or further on.
    fn references(&mut self) {
        let model = self.model;
        // By the column: the table whose key it hands on.
        let mut handed_on: HashMap<(TableId, ColumnId), TableId> = HashMap::new();
        for (t, table) in TableId::enumerate(&model.tables) {
            for key in table.keys.foreign.iter().filter(|key| key.derived) {
                let mut at = key.columns.first().map(|c| (t, *c));
                while let Some((t, c)) = at.filter(|at| *at != (key.target, key.references[0])) {
                    let Some(formula) = model.tables[t].columns[c].formula() else { break };
                    handed_on.entry((t, c)).or_insert(key.target);
                    let input = formula.passes_on().or_else(|| formula.passes_on_number());
                    at = input.and_then(|input| column_at(model, t, &model.tables[t].inputs[input]));
                }
            }
        }
        for (t, c, pin) in self.pinned {
            let PinnedTo::Value(Values(value)) = &pin.to else { continue };
            if let Some(target) = handed_on.get(&(*t, *c)).filter(|_| value.is_valid(0)) {
                let (name, target) = (&model.tables[*t].columns[*c].name, &model.tables[*target].name);
                let message = format!("`{name}` hands on the key of a row of `{target}`");
                self.faults.push(Fault::at(pin.span, message).hint(
                    "pin the reference that leads to the row, or say `references: none` of the column",
                ));
            }
        }
    }

    /// Refuses pins of columns that are a key only together with others, by the way they are made.
    fn keys(&mut self) {
        for (t, c, pin) in self.pinned {
            let (table, column) = (&self.model.tables[*t], &self.model.tables[*t].columns[*c]);
            let made = |key: &&UniqueKey| {
                key.proven && key.columns.len() > 1 && !key.columns.iter().any(|&c| table.columns[c].unique)
            };
            if let Some(key) = table.keys.unique_keys().filter(made).find(|key| key.columns.contains(c)) {
                let names: Vec<&str> = key.columns.iter().map(|&c| table.columns[c].name.as_str()).collect();
                let message = format!("`{}` is part of the key ({})", column.name, names.join(", "));
                self.faults.push(
                    Fault::at(pin.span, message)
                        .label("its values differ by the way they are made")
                        .hint("pin another column"),
                );
            }
        }
    }
}

/// The table and the column that an input leads to.
fn column_at(model: &Model, t: TableId, input: &Input) -> Option<(TableId, ColumnId)> {
    match input {
        Input::Column { hops, column } => Some((model.end(t, hops)?, *column)),
        Input::Neighbour { column, .. } => Some((t, *column)),
        _ => None,
    }
}

/// The table and the column that count the rows of a child table.
fn counted(model: &Model, child: TableId) -> Option<(TableId, ColumnId)> {
    match &model.tables[child].source {
        super::Source::Per { parent, count } => Some((*parent, count.column?)),
        super::Source::Root { .. } => None,
    }
}

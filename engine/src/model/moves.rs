//! What a pinned value must not do to other rows, unless that is said.
//!
//! A value of a row that decides how many children the row has moves all children behind it: they get other row numbers, and so
//! other values. And where rows are found by an instant, a pinned one would hide others.

use super::work::columns_behind;
use super::{Model, Pin, UniqueKey};
use crate::error::{Fault, Faults};
use crate::generators::Pick;
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
    if pinned.is_empty() {
        return Ok(());
    }
    for (child, table) in TableId::enumerate(&model.tables) {
        let Some((parent, count)) = counted(model, child) else { continue };
        let behind = columns_behind(model, parent, count);
        for (t, c, pin) in pinned.iter().filter(|(t, c, _)| behind.contains(&(*t, *c))) {
            let moves = match &scenario.cases[pin.case].rows {
                CaseRows::Row(row) => row.moves.iter().any(|name| name.text == table.name),
                CaseRows::Where { .. } => true,
            };
            if !moves {
                let (name, child) = (&model.tables[*t].columns[*c].name, &table.name);
                let message = format!("`{name}` decides how many rows of `{child}` there are");
                faults.push(
                    Fault::at(pin.span, message)
                        .label(format!("with another value, other rows of `{child}` become others"))
                        .hint(format!(
                            "if they may, say `moves: {child}`; or pin a column that decides less"
                        )),
                );
            }
        }
    }
    for table in &model.tables {
        for column in &table.columns {
            let Some(reference) = column.reference() else { continue };
            let Pick::Existing { by, .. } = reference.pick else { continue };
            let behind = columns_behind(model, reference.target, by);
            let hidden =
                pinned.iter().filter(|(t, c, _)| *t == reference.target && behind.contains(&(*t, *c)));
            for (t, c, pin) in hidden {
                let name = &model.tables[*t].columns[*c].name;
                let message = format!("`{}.{}` finds rows by `{name}`", table.name, column.name);
                faults.push(
                    Fault::at(pin.span, message)
                        .label("`existed_at` needs instants that rise from row to row")
                        .hint("pin another column, or leave `existed_at` out"),
                );
            }
        }
    }
    for (t, c, pin) in &pinned {
        let (table, column) = (&model.tables[*t], &model.tables[*t].columns[*c]);
        let made = |key: &&UniqueKey| {
            key.proven && key.columns.len() > 1 && !key.columns.iter().any(|&c| table.columns[c].unique)
        };
        if let Some(key) = table.keys.unique_keys().filter(made).find(|key| key.columns.contains(c)) {
            let names: Vec<&str> = key.columns.iter().map(|&c| table.columns[c].name.as_str()).collect();
            let message = format!("`{}` is part of the key ({})", column.name, names.join(", "));
            faults.push(
                Fault::at(pin.span, message)
                    .label("its values differ by the way they are made")
                    .hint("pin another column"),
            );
        }
    }
    faults.into_result()
}

/// The table and the column that count the rows of a child table.
fn counted(model: &Model, child: TableId) -> Option<(TableId, ColumnId)> {
    match &model.tables[child].source {
        super::Source::Per { parent, count } => Some((*parent, count.column?)),
        super::Source::Root { .. } => None,
    }
}

//! A plan prints itself.

use super::Plan;
use crate::generators::Shown;
use crate::ids::{ColumnId, TableId};
use crate::model::{Case, CaseRows, Column, PinnedTo, Source, Table, Values};
use crate::text::shown;

impl Plan {
    /// The plan of all tables, of one table, or of one column, line by line. Names and texts stand in a line as they were written.
    pub fn explain(&self, table: Option<TableId>, column: Option<&str>) -> Vec<String> {
        let mut out = Vec::new();
        for (t, each) in
            TableId::enumerate(&self.model.tables).filter(|(t, _)| table.is_none_or(|only| only == *t))
        {
            if !out.is_empty() {
                out.push(String::new());
            }
            self.explain_table(t, each, column, &mut out);
        }
        out
    }

    fn explain_table(&self, t: TableId, table: &Table, only: Option<&str>, out: &mut Vec<String>) {
        let name = &table.name;
        match &table.source {
            Source::Root { rows: 1 } => out.push(format!("{name}: 1 row")),
            Source::Root { rows } => out.push(format!("{name}: {rows} rows")),
            Source::Per { parent, count } => {
                let above = &self.model.tables[*parent];
                let bounds = match (count.column, count.max) {
                    (None, 1) => "1 row".to_owned(),
                    (None, count) => format!("{count} rows"),
                    (Some(_), most) if most >= 1 << 40 => format!("at least {} rows", count.min),
                    (Some(_), most) => format!("{} to {most} rows", count.min),
                };
                out.push(format!("{name}: {bounds} per row of {}", above.name));
                if let (Some(column), None) = (count.column, only) {
                    let recipe = self.recipe(*parent, &above.columns[column]);
                    out.push(format!("  count = {recipe}"));
                }
            }
        }
        if let (Some(about), None) = (&table.about, only) {
            out.extend(about.lines().map(|line| format!("  {line}")));
        }
        let conditions: Vec<ColumnId> = self
            .cases_of(t)
            .filter_map(|(_, case)| match case.rows {
                CaseRows::Where { condition, .. } => Some(condition),
                CaseRows::Row { .. } | CaseRows::Child { .. } => None,
            })
            .collect();
        let is_shown = |(c, column): &(ColumnId, &Column)| {
            let named = |name| column.name == name || column.name.starts_with(&format!("{name}."));
            only.map_or(!conditions.contains(c), named)
        };
        for (_, column) in ColumnId::enumerate(&table.columns).filter(is_shown) {
            let mut notes = Vec::new();
            if !column.written {
                notes.push("let".to_owned());
            }
            if column.unique {
                notes.push("unique".to_owned());
            }
            if let Some((threshold, _)) = column.null {
                notes.push(format!("{:.4}% null", threshold as f64 / u64::MAX as f64 * 100.0));
            } else if column.nullable {
                notes.push("null possible".to_owned());
            }
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
            out.push(format!("  {} {}{notes} = {}", column.name, column.sql_type(), self.recipe(t, column)));
            if let (Some(about), Some(_)) = (&column.about, only) {
                out.extend(about.lines().map(|line| format!("    {line}")));
            }
        }
        if only.is_none() {
            self.explain_keys(table, out);
            self.explain_cases(t, table, out);
        }
    }

    fn cases_of(&self, t: TableId) -> impl Iterator<Item = (usize, &Case)> {
        self.model.cases.iter().enumerate().filter(move |(_, case)| case.table == t)
    }

    fn explain_cases(&self, t: TableId, table: &Table, out: &mut Vec<String>) {
        for (number, case) in self.cases_of(t) {
            let rows = match case.rows {
                CaseRows::Where { condition, at_least, .. } => {
                    format!("{}, at least {at_least}", self.recipe(t, &table.columns[condition]))
                }
                CaseRows::Row { row } => format!("row {}", row + 1),
                CaseRows::Child { of, ordinal } => {
                    format!("row {ordinal} of case {}", self.model.cases[of].name)
                }
            };
            out.push(format!("  case {}: {rows}", case.name));
            for column in &table.columns {
                let pins = column.pins.iter().filter(|pin| pin.case == number);
                out.extend(pins.map(|pin| match &pin.to {
                    PinnedTo::Value(Values(value)) => format!("    {} = {}", column.name, shown(value, 0)),
                    PinnedTo::Row(case) => {
                        format!("    {} = the row of case {}", column.name, self.model.cases[*case].name)
                    }
                }));
            }
        }
    }

    /// What a database is told beside the columns.
    fn explain_keys(&self, table: &Table, out: &mut Vec<String>) {
        let names = |of: &Table, columns: &[ColumnId]| {
            columns.iter().map(|&c| of.columns[c].name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let keys = &table.keys;
        for key in keys.unique_keys() {
            let kind = if keys.primary.as_ref() == Some(key) { "primary key" } else { "unique" };
            let proven = if key.proven { "" } else { ", as the scenario says: only the database checks it" };
            out.push(format!("  {kind} ({}){proven}", names(table, &key.columns)));
        }
        for key in &keys.foreign {
            let target = &self.model.tables[key.target];
            let (own, other) = (names(table, &key.columns), names(target, &key.references));
            let written =
                if key.derived { "" } else { ", as the scenario says: only the database checks it" };
            out.push(format!("  foreign key ({own}) to {} ({other}){written}", target.name));
        }
        for index in &keys.indexes {
            out.push(format!("  index ({})", names(table, &index.columns)));
        }
        for check in &keys.checks {
            out.push(format!("  check ({}), as the scenario says: only the database checks it", check.sql));
        }
        for choice in &keys.choices {
            let column = &table.columns[choice.column];
            let kind = match column.declared() {
                Some(crate::model::Declared::Enum { name: Some(name) }) => format!("enum {name}"),
                _ => "check".to_owned(),
            };
            out.push(format!("  {kind} ({} is one of {})", column.name, choice.labels.join(", ")));
        }
    }

    fn recipe(&self, table: TableId, column: &Column) -> String {
        column.recipe.explain(&Shown { model: &self.model, table })
    }
}

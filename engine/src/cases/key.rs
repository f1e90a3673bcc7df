//! The keys of rows, as JSON.

use std::fmt;

use arrow::array::ArrayRef;

use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::Table;
use crate::plan::Plan;
use crate::rows::{Frame, Rows};
use crate::text::{Cells, Meaning, write_json_text};
use crate::types::Type;

/// The key of a row: the columns of the primary key or of another unique one, as in `{"id": 17}`. A row of a table without a key has
/// its number, from 1: `{"row": 17}`.
///
/// It displays as a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The names of the columns, each with its value as JSON.
    pub members: Vec<(String, String)>,
}

impl RowKey {
    /// The keys of some rows that exist, in their order.
    ///
    /// # Errors
    /// A value that cannot be computed, or a table that is not there.
    pub fn of_rows(plan: &Plan, table: TableId, rows: &[u64]) -> Result<Vec<Self>, ValueError> {
        plan.check_table(table)?;
        let described = &plan.model.tables[table];
        let columns = columns_of_key(described);
        if columns.is_empty() {
            let number = |row: &u64| Self { members: vec![("row".to_owned(), (row + 1).to_string())] };
            return Ok(rows.iter().map(number).collect());
        }
        let frame = Frame::new(plan, table, Rows::Picked(rows.into()));
        let arrays = columns.iter().map(|&c| frame.column(c));
        let arrays: Vec<ArrayRef> = arrays.collect::<Result<_, _>>()?;
        let columns = columns.iter().map(|&c| &described.columns[c]).zip(&arrays);
        let cells = columns.map(|(column, array)| {
            let meaning = if column.ty == Type::Json { Meaning::Json } else { Meaning::Text };
            (&column.name, Cells::new(array, meaning))
        });
        let cells: Vec<_> = cells.collect();
        let key = |row| {
            let members = cells.iter().map(|(name, cells)| {
                let mut value = String::new();
                cells.write_json(row, ", ", &mut value);
                ((*name).clone(), value)
            });
            Self { members: members.collect() }
        };
        Ok((0..rows.len()).map(key).collect())
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.members.iter().enumerate() {
            let mut quoted = String::new();
            write_json_text(&mut quoted, name);
            write!(f, "{}{quoted}: {value}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str("}")
    }
}

/// The columns that tell a row from all others; none where nothing does.
pub(crate) fn columns_of_key(table: &Table) -> &[ColumnId] {
    table.keys.unique_keys().next().map_or(&[], |key| &key.columns)
}

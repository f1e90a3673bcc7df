//! Unique columns of rows that have values of their own: no other row may have the same.
//!
//! Columns are unique by the way they are made, and a pinned value is not made that way. So it is compared with those of all other
//! rows while these are made, and so is what is composed of it.

use std::sync::OnceLock;

use arrow::array::{Array, ArrayRef, make_comparator};
use arrow::compute::SortOptions;
use arrow::error::ArrowError;

use crate::error::ValueError;
use crate::generators::Recipe;
use crate::ids::{ColumnId, TableId};
use crate::model::Column;
use crate::plan::Plan;
use crate::rows::{Frame, Rows};
use crate::text::shown;

/// A unique column of the row of a case.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) table: TableId,
    pub(super) column: ColumnId,
    case: usize,
    /// The value in that row, once it is known.
    value: OnceLock<ArrayRef>,
}

impl Guard {
    /// Those of some tables.
    pub(super) fn all(plan: &Plan, tables: &[TableId]) -> Vec<Self> {
        let mut guards = Vec::new();
        for &table in tables {
            let columns = &plan.model.tables[table].columns;
            let mut cases: Vec<usize> =
                columns.iter().flat_map(|column| column.pins.iter().map(|pin| pin.case)).collect();
            cases.sort_unstable();
            cases.dedup();
            for (c, column) in ColumnId::enumerate(columns).filter(|(_, column)| column.unique) {
                let guarded = cases.iter().filter(|case| may_change(column, **case));
                guards.extend(guarded.map(|&case| Self { table, column: c, case, value: OnceLock::new() }));
            }
        }
        guards
    }

    /// Refuses rows among which another one has the value.
    pub(super) fn check(&self, frame: &Frame) -> Result<(), ValueError> {
        let column = &frame.described().columns[self.column];
        let own = frame.plan.case_row(self.case)?;
        let value = match self.value.get() {
            Some(value) => value,
            None => {
                let value =
                    Frame::new(frame.plan, self.table, Rows::Picked([own].into())).column(self.column)?;
                self.value.get_or_init(|| value)
            }
        };
        // A row that is not there is told at the end.
        if value.is_empty() || value.is_null(0) {
            return Ok(());
        }
        let values = frame.column(self.column)?;
        let error = |error: ArrowError| frame.value_error(column, error.to_string());
        let compare = make_comparator(&values, value, SortOptions::default()).map_err(error)?;
        let mut rows = frame.rows.iter().enumerate();
        if rows.any(|(i, row)| row != own && values.is_valid(i) && compare(i, 0).is_eq()) {
            let (case, value) = (&frame.plan.model.cases[self.case].name, shown(value, 0));
            let message = format!("`{value}` must be unique, and is that of case `{case}`, too");
            return Err(frame.value_error(column, message));
        }
        Ok(())
    }
}

/// Whether the value of a column may be another one in the row of a case because of its pins.
fn may_change(column: &Column, case: usize) -> bool {
    let is_composed = matches!(column.recipe, Recipe::TextTemplate(_) | Recipe::Formula(_));
    column.pins.iter().any(|pin| pin.case == case) || (is_composed && column.serial().is_none())
}

//! Unique columns of rows that have values of their own: no other row may have the same.
//!
//! Columns are unique by the way they are made, and a pinned value is not made that way. So those of all other rows are looked up
//! among the pinned ones while they are made, and so is what is composed of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, RecordBatch, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use crate::digest::RowHasher;
use crate::error::ValueError;
use crate::generators::Recipe;
use crate::ids::{ColumnId, TableId};
use crate::model::Column;
use crate::plan::Plan;
use crate::rows::{Frame, Rows};
use crate::text::shown;

/// A unique column of the rows of cases.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) table: TableId,
    pub(super) column: ColumnId,
    cases: Vec<usize>,
    /// The values in these rows by their hashes, once they are known.
    values: OnceLock<HashMap<u64, Vec<Guarded>>>,
}

/// A value that no other row may have.
#[derive(Debug)]
struct Guarded {
    case: usize,
    row: u64,
    value: ArrayRef,
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
                let cases: Vec<usize> =
                    cases.iter().copied().filter(|case| may_change(column, *case)).collect();
                if !cases.is_empty() {
                    guards.push(Self { table, column: c, cases, values: OnceLock::new() });
                }
            }
        }
        guards
    }

    /// Refuses rows among which another one has a value of these.
    pub(super) fn check(&self, frame: &Frame) -> Result<(), ValueError> {
        let column = &frame.described().columns[self.column];
        let error = |error: ArrowError| frame.value_error(column, error.to_string());
        let guarded = match self.values.get() {
            Some(values) => values,
            None => {
                let values = self.values_of_cases(frame.plan)?;
                self.values.get_or_init(|| values)
            }
        };
        let values = frame.column(self.column)?;
        for ((i, row), hash) in frame.rows.iter().enumerate().zip(hashes(frame, column, &values)?) {
            for Guarded { case, row: own, value } in guarded.get(&hash).into_iter().flatten() {
                if row == *own || values.is_null(i) {
                    continue;
                }
                let compare = make_comparator(&values, value, SortOptions::default()).map_err(error)?;
                if compare(i, 0).is_eq() {
                    let (case, value) = (&frame.plan.model.cases[*case].name, shown(value, 0));
                    let message = format!("`{value}` must be unique, and is that of case `{case}`, too");
                    return Err(frame.value_error(column, message));
                }
            }
        }
        Ok(())
    }

    /// What the rows of the cases have. A row that is not there is told at the end.
    fn values_of_cases(&self, plan: &Plan) -> Result<HashMap<u64, Vec<Guarded>>, ValueError> {
        let mut values: HashMap<u64, Vec<Guarded>> = HashMap::new();
        for &case in &self.cases {
            let row = plan.case_row(case)?;
            if plan.rows_up_to(self.table, row.saturating_add(1))? <= row {
                continue;
            }
            let frame = Frame::new(plan, self.table, Rows::Picked([row].into()));
            let value = frame.column(self.column)?;
            if value.is_valid(0) {
                let hash = hashes(&frame, &frame.described().columns[self.column], &value)?[0];
                values.entry(hash).or_default().push(Guarded { case, row, value });
            }
        }
        Ok(values)
    }
}

/// A hash of each value of a column; equal values have equal ones.
fn hashes(frame: &Frame, column: &Column, values: &ArrayRef) -> Result<Vec<u64>, ValueError> {
    let field = Field::new(&column.name, values.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values.clone()]);
    let batch = batch.map_err(|error| frame.value_error(column, error.to_string()))?;
    let mut hashes = Vec::new();
    let hashed = RowHasher::new([(&*column.name, &column.ty)]).hash(&batch, &mut hashes);
    hashed.map_err(|error| frame.value_error(column, error.to_string()))?;
    Ok(hashes)
}

/// Whether the value of a column may be another one in the row of a case because of its pins.
fn may_change(column: &Column, case: usize) -> bool {
    let is_composed = matches!(column.recipe, Recipe::TextTemplate(_) | Recipe::Formula(_));
    column.pins.iter().any(|pin| pin.case == case) || (is_composed && column.serial().is_none())
}

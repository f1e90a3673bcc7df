//! `seedbed preview`: some rows of tables.

use arrow::array::RecordBatch;
use seedbed_engine::text::shown;
use seedbed_engine::{Plan, TableId};

use crate::arguments::Preview;
use crate::exit::Failure;
use crate::output::grid::{Align, Grid, cut};
use crate::output::quantity;
use crate::output::{self, Page};
use crate::prepare;

/// The widest cell, in columns of the terminal.
const CELL_WIDTH: usize = 40;
/// Rows shown when one table is named, and when none is.
const ROWS_OF_ONE: u64 = 10;
const ROWS_OF_EACH: u64 = 5;
/// Rows worked out together, so that wide ones fit the memory.
const ROWS_AT_ONCE: u64 = 1_000;

/// Prints rows; works out no more than these.
pub(crate) fn run(arguments: &Preview) -> Result<(), Failure> {
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let first = arguments.from.get() - 1;
    let Some(name) = &arguments.table else {
        let mut out = Page::default();
        for t in plan.tables() {
            if t.index() > 0 {
                out = out.line("");
            }
            let rows = rows(&plan, t, first, arguments.rows.unwrap_or(ROWS_OF_EACH))?;
            out = out.line(&plan.model().tables[t].name).page(&rows);
        }
        return output::print(&out);
    };
    let table = prepare::table(&plan, name)?;
    output::print(&rows(&plan, table, first, arguments.rows.unwrap_or(ROWS_OF_ONE))?)
}

fn rows(plan: &Plan, table: TableId, first: u64, count: u64) -> Result<Page, Failure> {
    let schema = plan.schema(table);
    let columns = schema.fields().iter().map(|field| {
        let align = if field.data_type().is_numeric() { Align::Right } else { Align::Left };
        (cut(field.name(), CELL_WIDTH), align)
    });
    let mut grid = Grid::new(columns);
    let (mut start, end) = (first, first.saturating_add(count));
    let mut found = 0;
    let at_once = ROWS_AT_ONCE.min(plan.rows_per_batch(table));
    while start < end {
        let next = end.min(start.saturating_add(at_once));
        let batch = plan.batch_to_show(table, start..next)?;
        add(&mut grid, &batch);
        found += batch.num_rows();
        if batch.num_rows() == 0 {
            break;
        }
        start = next;
    }
    if found == 0 {
        // The rows have been counted on the way to finding none.
        let all = quantity::plural(plan.rows(table)?, "row");
        let none = format!("(no rows from {} on; the table has {all})", quantity::count(first + 1));
        return Ok(Page::default().lines(grid.ruled()).line(none));
    }
    match output::columns() {
        Some(columns) if grid.width() > columns => Ok(Page::default().lines(grid.records(first + 1))),
        _ => Ok(Page::default().lines(grid.ruled())),
    }
}

fn add(grid: &mut Grid, batch: &RecordBatch) {
    for row in 0..batch.num_rows() {
        grid.row(batch.columns().iter().map(|column| cut(&shown(column, row), CELL_WIDTH)));
    }
}

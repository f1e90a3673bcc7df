//! Values of the sibling before a row, or behind it.

use std::ops::Range;
use std::rc::Rc;

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, nullif};

use super::frame::{Frame, Rows, Step};
use super::pick::each_once;
use crate::error::ValueError;
use crate::ids::ColumnId;
use crate::model::{Side, Source};

/// A column of the sibling beside each row of a frame; NULL where there is none.
pub(super) fn neighbour(frame: &Frame, side: Side, column: ColumnId) -> Result<ArrayRef, ValueError> {
    match &frame.rows {
        Rows::Range(rows) if !rows.is_empty() => shifted(frame, rows, side, column)
            // Perhaps it was a row that is beside none of these.
            .or_else(|_| one_by_one(frame, side)?.column(column)),
        Rows::Range(_) => frame.column(column),
        Rows::Picked(_) => frame.beside(side, || one_by_one(frame, side))?.column(column),
    }
}

/// The column of a run of rows, moved by one: all but one of the neighbours are rows of the run.
fn shifted(frame: &Frame, rows: &Range<u64>, side: Side, column: ColumnId) -> Result<ArrayRef, ValueError> {
    let count = frame.len();
    let has_neighbour = neighbours(frame, side)?;
    let own = frame.column(column)?;
    let (edge, row) = match side {
        Side::Before => (0, rows.start.wrapping_sub(1)),
        Side::Behind => (count - 1, rows.end),
    };
    let beyond = match has_neighbour(edge) {
        true => {
            let one = || Ok(Step::to(Frame::new(frame.plan, frame.table, Rows::Range(row..row + 1)), None));
            frame.beside(side, one)?.column(column)?
        }
        false => new_null_array(own.data_type(), 1),
    };
    let rest = match side {
        Side::Before => own.slice(0, count - 1),
        Side::Behind => own.slice(1, count - 1),
    };
    let parts: [&dyn Array; 2] = match side {
        Side::Before => [&*beyond, &*rest],
        Side::Behind => [&*rest, &*beyond],
    };
    let failed = |error: arrow::error::ArrowError| {
        frame.value_error(&frame.described().columns[column], error.to_string())
    };
    let moved = concat(&parts).map_err(failed)?;
    let alone = BooleanArray::new(BooleanBuffer::collect_bool(count, |i| !has_neighbour(i)), None);
    nullif(&moved, &alone).map_err(failed)
}

/// The step to the neighbours themselves.
fn one_by_one<'p>(frame: &Frame<'p>, side: Side) -> Result<Rc<Step<'p>>, ValueError> {
    let has_neighbour = neighbours(frame, side)?;
    let beside = |row: u64| match side {
        Side::Before => row - 1,
        Side::Behind => row + 1,
    };
    let rows = frame.rows.iter().enumerate();
    let picks: Vec<Option<u64>> = rows.map(|(i, row)| has_neighbour(i).then(|| beside(row))).collect();
    let (rows, map) = each_once(&picks);
    Ok(Step::to(Frame::new(frame.plan, frame.table, rows), map))
}

/// Whether the row at a place has a sibling on that side.
fn neighbours<'f>(frame: &'f Frame, side: Side) -> Result<Box<dyn Fn(usize) -> bool + 'f>, ValueError> {
    if let Source::Per { .. } = frame.described().source {
        let family = frame.family()?;
        return Ok(match side {
            Side::Before => Box::new(move |place| family.before(place) > 0),
            Side::Behind => Box::new(move |place| family.behind(place) > 0),
        });
    }
    let last = frame.plan.rows(frame.table)?.saturating_sub(1);
    let end = match side {
        Side::Before => 0,
        Side::Behind => last,
    };
    Ok(match &frame.rows {
        Rows::Range(rows) => {
            let start = rows.start;
            Box::new(move |place| start + place as u64 != end)
        }
        Rows::Picked(rows) => Box::new(move |place| rows[place] != end),
    })
}

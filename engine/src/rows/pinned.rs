//! Values that named rows have whatever their generators say.

use arrow::array::{Array, ArrayRef};
use arrow::compute::{cast, interleave};

use super::frame::{Frame, Rows};
use super::pick;
use crate::error::ValueError;
use crate::generators::Reference;
use crate::model::{Column, Pin, PinnedTo, Values};

/// The pins of a column that fall on rows of a frame, each with the place of its row; a row that stands at several places is there
/// as often.
pub(super) fn places<'c>(frame: &Frame, column: &'c Column) -> Result<Vec<(usize, &'c Pin)>, ValueError> {
    if column.pins.is_empty() {
        return Ok(Vec::new());
    }
    let rows = column.pins.iter().map(|pin| Ok((frame.plan.case_row(pin.case)?, pin)));
    let mut rows: Vec<(u64, &Pin)> = rows.collect::<Result<_, ValueError>>()?;
    rows.sort_by_key(|(row, _)| *row);
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let name = |pin: &Pin| &frame.plan.model().cases[pin.case].name;
        let (first, second) = (name(pair[0].1), name(pair[1].1));
        let message =
            format!("cases `{first}` and `{second}` are the same row, and both pin `{}`", column.name);
        return Err(frame.plan.error_of(frame.table, message));
    }
    Ok(match &frame.rows {
        Rows::Range(range) => {
            let there = rows.into_iter().filter(|(row, _)| range.contains(row));
            there.map(|(row, pin)| ((row - range.start) as usize, pin)).collect()
        }
        Rows::Picked(picked) => {
            let pin = |row: &u64| rows.binary_search_by_key(row, |(row, _)| *row).ok().map(|at| rows[at].1);
            picked.iter().enumerate().filter_map(|(place, row)| Some((place, pin(row)?))).collect()
        }
    })
}

/// The values of a column with those that are pinned in their places.
pub(super) fn replaced(
    frame: &Frame,
    column: &Column,
    array: ArrayRef,
    pinned: &[(usize, &Pin)],
) -> Result<ArrayRef, ValueError> {
    let error = |error: arrow::error::ArrowError| frame.value_error(column, error.to_string());
    let (mut values, mut indices) = (vec![array.clone()], None);
    for (place, pin) in pinned {
        let PinnedTo::Value(Values(value)) = &pin.to else { continue };
        let indices = indices.get_or_insert_with(|| (0..array.len()).map(|i| (0, i)).collect::<Vec<_>>());
        indices[*place] = (values.len(), 0);
        values.push(cast(value, array.data_type()).map_err(error)?);
    }
    let Some(indices) = indices else { return Ok(array) };
    let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
    interleave(&values, &indices).map_err(error)
}

/// Lets pinned references lead to the rows that they are pinned to.
pub(super) fn redirect(
    frame: &Frame,
    column: &Column,
    reference: &Reference,
    picks: &mut [Option<u64>],
) -> Result<(), ValueError> {
    for (place, pin) in places(frame, column)? {
        picks[place] = match &pin.to {
            PinnedTo::Value(_) => None,
            PinnedTo::Row(case) => {
                let row = frame.plan.case_row(*case)?;
                let to = &frame.plan.model().cases[*case].name;
                if frame.plan.rows_up_to(reference.target, row.saturating_add(1))? <= row {
                    return Err(frame.value_error(column, format!("case `{to}` has no row")));
                }
                if !pick::may_pick(frame, reference, place, row)? {
                    let of = &frame.plan.model().cases[pin.case].name;
                    let message =
                        format!("case `{of}` cannot refer to case `{to}`, which is not `within` its own");
                    return Err(frame.value_error(column, message));
                }
                Some(row)
            }
        };
    }
    Ok(())
}

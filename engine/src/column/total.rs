//! Totals over child rows, exact and in bounded memory.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, UInt64Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::Frame;
use super::frame::Rows;
use crate::error::ValueError;
use crate::model::TotalKind;

/// Child rows worked out at a time.
const ROWS_PER_SLICE: usize = 8192;

/// A total over the children of each row of a frame.
pub(super) fn total(
    frame: &Frame,
    child: usize,
    kind: TotalKind,
    column: Option<usize>,
) -> Result<ArrayRef, ValueError> {
    let ranges = child_ranges(frame, child)?;
    let Some(column) = column else {
        let counts = ranges.iter().map(|(start, end)| (end - start).cast_signed());
        return Ok(Arc::new(Int64Array::from_iter_values(counts)));
    };
    let mut sums = Sums::new(frame, child, column, kind);
    let mut slice: Vec<(usize, u64, u64)> = Vec::new();
    let mut rows = 0;
    for (i, &(start, end)) in ranges.iter().enumerate() {
        let mut start = start;
        // One parent may have more children than fit a slice.
        while start < end {
            let taken = (end - start).min((ROWS_PER_SLICE - rows) as u64);
            slice.push((i, start, start + taken));
            rows += taken as usize;
            start += taken;
            if rows == ROWS_PER_SLICE {
                sums.add(&slice)?;
                slice.clear();
                rows = 0;
            }
        }
    }
    if !slice.is_empty() {
        sums.add(&slice)?;
    }
    sums.finish()
}

fn child_ranges(frame: &Frame, child: usize) -> Result<Vec<(u64, u64)>, ValueError> {
    match &frame.rows {
        Rows::Range(range) => {
            let offsets = frame.plan.offsets(child, range.clone())?;
            Ok(offsets.windows(2).map(|pair| (pair[0], pair[1])).collect())
        }
        Rows::Picked(rows) => {
            let children = frame.plan.children(child, rows)?;
            Ok(children.into_iter().map(|siblings| (siblings.start, siblings.end)).collect())
        }
    }
}

/// What has been added up so far, one entry per row of the frame.
struct Sums<'f, 'p> {
    frame: &'f Frame<'p>,
    child: usize,
    column: usize,
    kind: TotalKind,
    whole: Vec<i128>,
    real: Vec<f64>,
    /// How many values were not NULL.
    counted: Vec<i64>,
    /// Of `min` and `max`: the best so far, as an array of one, by row.
    best: Vec<Option<ArrayRef>>,
}

impl<'f, 'p> Sums<'f, 'p> {
    fn new(frame: &'f Frame<'p>, child: usize, column: usize, kind: TotalKind) -> Self {
        let n = frame.len();
        Self {
            frame,
            child,
            column,
            kind,
            whole: vec![0; n],
            real: vec![0.0; n],
            counted: vec![0; n],
            best: vec![None; if matches!(kind, TotalKind::Min | TotalKind::Max) { n } else { 0 }],
        }
    }

    fn add(&mut self, slice: &[(usize, u64, u64)]) -> Result<(), ValueError> {
        let contiguous = slice.windows(2).all(|pair| pair[0].2 == pair[1].1);
        let rows = match (slice.first(), slice.last()) {
            (Some(first), Some(last)) if contiguous => Rows::Range(first.1..last.2),
            _ => Rows::Picked(slice.iter().flat_map(|(_, start, end)| *start..*end).collect()),
        };
        let values = Frame::new(self.frame.plan, self.child, rows).column(self.column)?;
        let nulls = values.logical_nulls();
        let valid = |i: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i));
        let mut at = 0;
        for &(row, start, end) in slice {
            let range = at..at + (end - start) as usize;
            at = range.end;
            match (self.kind, values.data_type()) {
                (TotalKind::Min | TotalKind::Max, _) => {
                    self.extreme(row, &values.slice(range.start, range.len()))
                }
                (TotalKind::Count, _) => {}
                (_, DataType::Decimal128(..)) => {
                    let values = values.as_primitive::<Decimal128Type>().values();
                    for i in range.clone().filter(|&i| valid(i)) {
                        self.whole[row] = self.whole[row].saturating_add(values[i]);
                    }
                }
                (_, DataType::Int64) => {
                    let values = values.as_primitive::<Int64Type>().values();
                    self.whole[row] +=
                        range.clone().filter(|&i| valid(i)).map(|i| i128::from(values[i])).sum::<i128>();
                }
                _ => {
                    let values = values.as_primitive::<Float64Type>().values();
                    for i in range.clone().filter(|&i| valid(i)) {
                        // In the order of the rows, whatever the slices: float addition is not associative.
                        self.real[row] += values[i];
                    }
                }
            }
            self.counted[row] += range.filter(|&i| valid(i)).count() as i64;
        }
        Ok(())
    }

    fn extreme(&mut self, row: usize, values: &ArrayRef) {
        let all = match &self.best[row] {
            Some(best) => concat(&[best.as_ref(), values.as_ref()]).unwrap_or_else(|_| values.clone()),
            None => values.clone(),
        };
        let options =
            arrow::compute::SortOptions { descending: self.kind == TotalKind::Max, nulls_first: false };
        if let Ok(first) = arrow::compute::sort_to_indices(&all, Some(options), Some(1)) {
            self.best[row] = take(&all, &first, None).ok();
        }
    }

    fn finish(self) -> Result<ArrayRef, ValueError> {
        let column = &self.frame.plan.model.tables[self.child].columns[self.column];
        let some = |i: usize| self.counted[i] > 0;
        let n = self.counted.len();
        Ok(match (self.kind, column.ty.arrow()) {
            (TotalKind::Count, _) => Arc::new(Int64Array::from(self.counted)),
            (TotalKind::Avg, _) => {
                let mean = |i: usize| some(i).then(|| self.real[i] / self.counted[i] as f64);
                Arc::new((0..n).map(mean).collect::<Float64Array>())
            }
            (TotalKind::Sum, DataType::Decimal128(_, scale)) => {
                // A sum that saturated has more than 38 digits, too.
                if self.whole.iter().any(|sum| sum.unsigned_abs() >= 10u128.pow(38)) {
                    return Err(self.frame.value_error(column, "numeric field overflow".into()));
                }
                let sums = (0..n).map(|i| some(i).then(|| self.whole[i])).collect::<Decimal128Array>();
                Arc::new(sums.with_data_type(DataType::Decimal128(38, scale)))
            }
            (TotalKind::Sum, DataType::Int64) => {
                let mut sums = Vec::with_capacity(n);
                for i in 0..n {
                    let sum = i64::try_from(self.whole[i]);
                    sums.push(some(i).then_some(
                        sum.map_err(|_| self.frame.value_error(column, "bigint out of range".into()))?,
                    ));
                }
                Arc::new(Int64Array::from(sums))
            }
            (TotalKind::Sum, _) => {
                Arc::new((0..n).map(|i| some(i).then(|| self.real[i])).collect::<Float64Array>())
            }
            (TotalKind::Min | TotalKind::Max, ty) => {
                let parts: Vec<ArrayRef> = self.best.iter().flatten().cloned().collect();
                let mut next = 0;
                let index: UInt64Array = self
                    .best
                    .iter()
                    .map(|best| {
                        best.as_ref().map(|_| {
                            next += 1;
                            next - 1
                        })
                    })
                    .collect();
                let all = match parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()[..] {
                    [] => arrow::array::new_empty_array(&ty),
                    ref parts => concat(parts).map_err(|e| self.frame.value_error(column, e.to_string()))?,
                };
                take(&all, &index, None).map_err(|e| self.frame.value_error(column, e.to_string()))?
            }
        })
    }
}

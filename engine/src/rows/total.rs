//! Totals over child rows, exact and in bounded memory.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, UInt64Array, make_comparator,
};
use arrow::compute::{SortOptions, concat, interleave, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::Frame;
use super::frame::Rows;
use super::pace::{LONGEST_STEP, Pace};
use super::slices::{Run, rows_of, slices};
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::TotalKind;

/// Totals over more children are kept for other batches.
const MOST_ADDED_UP_AGAIN: u64 = 4 * LONGEST_STEP as u64;

/// The children of each row of a frame.
fn runs_of(frame: &Frame, child: TableId) -> Result<Vec<Run>, ValueError> {
    let run = |(of, (start, end))| Run { of, start, end };
    Ok(match &frame.rows {
        Rows::Range(range) => {
            let offsets = frame.plan.offsets(child, range.clone())?;
            offsets.windows(2).map(|pair| (pair[0], pair[1])).enumerate().map(run).collect()
        }
        Rows::Picked(rows) => {
            let children = frame.plan.children(child, rows)?.into_iter();
            children.map(|siblings| (siblings.start, siblings.end)).enumerate().map(run).collect()
        }
    })
}

/// A total over the children of each row of a frame.
pub(super) fn total(
    frame: &Frame,
    child: TableId,
    kind: TotalKind,
    column: Option<ColumnId>,
) -> Result<ArrayRef, ValueError> {
    let runs = runs_of(frame, child)?;
    let Some(column) = column else {
        let counts = runs.iter().map(|run| (run.end - run.start).cast_signed());
        return Ok(Arc::new(Int64Array::from_iter_values(counts)));
    };
    let (large, small): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| run.len() > MOST_ADDED_UP_AGAIN);
    let all = add_up(frame, child, kind, column, frame.len(), &small)?;
    if large.is_empty() {
        return Ok(all);
    }
    let mut arrays = vec![all];
    let mut places: Vec<(usize, usize)> = (0..frame.len()).map(|row| (0, row)).collect();
    for run in large {
        let key = (child, column, kind, run.start);
        let known = frame.plan.totals.get(&key);
        let value = match known {
            Some(value) => value,
            None => {
                let value = add_up(frame, child, kind, column, 1, &[Run { of: 0, ..run }])?;
                frame.plan.totals.keep(key, value.clone());
                value
            }
        };
        places[run.of] = (arrays.len(), 0);
        arrays.push(value);
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, &places).expect("totals have one type, and a value at each place"))
}

/// Totals over runs of children, for so many rows.
fn add_up(
    frame: &Frame,
    child: TableId,
    kind: TotalKind,
    column: ColumnId,
    rows: usize,
    runs: &[Run],
) -> Result<ArrayRef, ValueError> {
    let mut sums = Sums::new(frame, child, column, kind, rows);
    let mut next = slices(runs);
    let mut pace = Pace::of(frame.plan, child, &[column]);
    while let Some(slice) = next(pace.rows()) {
        pace.worked_out(&sums.add(&slice)?);
    }
    sums.finish()
}

/// What has been added up so far, one entry per row of the frame.
struct Sums<'f, 'p> {
    frame: &'f Frame<'p>,
    child: TableId,
    column: ColumnId,
    kind: TotalKind,
    whole: Vec<i128>,
    real: Vec<f64>,
    /// How many values were not NULL.
    counted: Vec<i64>,
    /// Of `min` and `max`: the best of each run, and whose it is, slice by slice.
    best: Vec<ArrayRef>,
    best_of: Vec<usize>,
}

impl<'f, 'p> Sums<'f, 'p> {
    fn new(frame: &'f Frame<'p>, child: TableId, column: ColumnId, kind: TotalKind, n: usize) -> Self {
        Self {
            frame,
            child,
            column,
            kind,
            whole: vec![0; n],
            real: vec![0.0; n],
            counted: vec![0; n],
            best: Vec::new(),
            best_of: Vec::new(),
        }
    }

    /// Adds the children of a slice; gives the frame that they were worked out in.
    fn add(&mut self, slice: &[Run]) -> Result<Frame<'p>, ValueError> {
        let children = Frame::new(self.frame.plan, self.child, rows_of(slice));
        let values = children.column(self.column)?;
        let nulls = values.logical_nulls();
        let valid = |i: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i));
        if matches!(self.kind, TotalKind::Min | TotalKind::Max) {
            self.extremes(slice, &values, valid)?;
        }
        let mut at = 0;
        for run in slice {
            let (row, range) = (run.of, at..at + (run.end - run.start) as usize);
            at = range.end;
            match (self.kind, values.data_type()) {
                (TotalKind::Min | TotalKind::Max | TotalKind::Count, _) => {}
                (_, DataType::Decimal128(..)) => {
                    let values = values.as_primitive::<Decimal128Type>().values();
                    for i in range.clone().filter(|&i| valid(i)) {
                        let sum = self.whole[row].checked_add(values[i]);
                        self.whole[row] = sum.ok_or_else(|| self.failed("numeric field overflow"))?;
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
        Ok(children)
    }

    /// Keeps the best value of each run of a slice.
    fn extremes(
        &mut self,
        slice: &[Run],
        values: &ArrayRef,
        valid: impl Fn(usize) -> bool,
    ) -> Result<(), ValueError> {
        let better = self.better(values)?;
        let mut index = Vec::with_capacity(slice.len());
        let mut at = 0;
        for run in slice {
            let range = at..at + (run.end - run.start) as usize;
            at = range.end;
            if let Some(best) = range.filter(|&i| valid(i)).reduce(|a, b| if better(b, a) { b } else { a }) {
                index.push(best as u64);
                self.best_of.push(run.of);
            }
        }
        let index = UInt64Array::from(index);
        self.best.push(take(values, &index, None).expect("the indices are places of the values"));
        Ok(())
    }

    /// Whether the first of two values of an array comes before the second in the order of `min` or `max`.
    fn better(&self, values: &ArrayRef) -> Result<impl Fn(usize, usize) -> bool + use<'f, 'p>, ValueError> {
        let options = SortOptions { descending: self.kind == TotalKind::Max, nulls_first: false };
        let compare =
            make_comparator(values, values, options).map_err(|error| self.failed(&error.to_string()))?;
        Ok(move |a, b| compare(a, b).is_lt())
    }

    /// The best value of each row, NULL where there is none.
    fn bests(&self, ty: &DataType) -> Result<ArrayRef, ValueError> {
        let parts: Vec<&dyn Array> = self.best.iter().map(AsRef::as_ref).collect();
        let all = match parts[..] {
            [] => arrow::array::new_empty_array(ty),
            ref parts => concat(parts).map_err(|error| self.failed(&error.to_string()))?,
        };
        let better = self.better(&all)?;
        let mut index: Vec<Option<u64>> = vec![None; self.counted.len()];
        // A row whose children lie in several slices has several.
        for (i, &row) in self.best_of.iter().enumerate() {
            if index[row].is_none_or(|best| better(i, best as usize)) {
                index[row] = Some(i as u64);
            }
        }
        Ok(take(&all, &UInt64Array::from(index), None).expect("the indices are places of the values"))
    }

    fn failed(&self, message: &str) -> ValueError {
        let column = &self.frame.plan.model.tables[self.child].columns[self.column];
        self.frame.value_error(column, message.to_owned())
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
                if self.whole.iter().any(|sum| sum.unsigned_abs() >= 10u128.pow(38)) {
                    return Err(self.failed("numeric field overflow"));
                }
                let sums = (0..n).map(|i| some(i).then(|| self.whole[i])).collect::<Decimal128Array>();
                Arc::new(sums.with_data_type(DataType::Decimal128(38, scale)))
            }
            (TotalKind::Sum, DataType::Int64) => {
                let mut sums = Vec::with_capacity(n);
                for i in 0..n {
                    let sum = i64::try_from(self.whole[i]);
                    sums.push(some(i).then_some(sum.map_err(|_| self.failed("bigint out of range"))?));
                }
                Arc::new(Int64Array::from(sums))
            }
            (TotalKind::Sum, _) => {
                Arc::new((0..n).map(|i| some(i).then(|| self.real[i])).collect::<Float64Array>())
            }
            (TotalKind::Min | TotalKind::Max, ty) => self.bests(&ty)?,
        })
    }
}

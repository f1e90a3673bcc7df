//! `serial`: the numbers of the rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::{integers, unknown};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::rows::{Frame, Rows};
use crate::together::Together;
use crate::types::Type;

pub(super) const SERIAL: GeneratorDoc = GeneratorDoc {
    name: "serial",
    version: 1,
    family: "keys",
    summary: "1, 2, 3, … in the order of the rows; a `bigint`, unique.",
    arguments: &[
        optional("start", Kind::Number, "the first value; default 1"),
        optional("step", Kind::Number, "the distance between values; default 1"),
    ],
    short: None,
    group: false,
    example: "id: serial",
    read,
};

/// `start + row × step`.
#[derive(Debug)]
pub(crate) struct Serial {
    /// The value of row 0.
    start: i64,
    /// The distance between rows.
    step: i64,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let number = |name| reading.whole(name, i64::MIN / 2, i64::MAX / 2);
    let (start, step) = (number("start"), number("step")).together()?;
    let (start, step) = (start.unwrap_or(1), step.unwrap_or(1));
    if step == 0 {
        return Err(Fault::at(reading.required("step")?.span, "`step`: a serial must move"));
    }
    if step.unsigned_abs() > 1 << 9 {
        return Err(Fault::at(reading.required("step")?.span, "`step`: expected -512 to 512"));
    }
    Ok(Made { unique: true, ..Made::new(Serial { start, step }, Type::BigInt) })
}

/// The serial number of a row.
pub(super) fn serial_of(row: u64, (start, step): (i64, i64)) -> i64 {
    start.wrapping_add(row.cast_signed().wrapping_mul(step))
}

impl Prepared for Serial {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let value = |row: u64| serial_of(row, (self.start, self.step));
        Ok(match &frame.rows {
            Rows::Range(range) => Arc::new(Int64Array::from_iter_values(range.clone().map(value))),
            Rows::Picked(rows) => Arc::new(Int64Array::from_iter_values(rows.iter().copied().map(value))),
        })
    }

    fn explain(&self, _: &Shown) -> String {
        format!("{} + row × {}", self.start, self.step)
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, rows: u64, made: &Type) -> Ends {
        let last = i64::try_from(rows).ok().and_then(|rows| rows.checked_sub(1)).filter(|last| *last >= 0);
        let end = last.and_then(|last| self.start.checked_add(self.step.checked_mul(last)?));
        end.map_or(Ends::Unknown, |end| integers([self.start, end], made))
    }

    fn highest(&self, last_row: u64) -> Option<i128> {
        let natural = self.start >= 0 && self.step > 0;
        natural.then(|| i128::from(self.start) + i128::from(last_row) * i128::from(self.step))
    }

    fn serial(&self) -> Option<(i64, i64)> {
        Some((self.start, self.step))
    }

    unknown!(bounds, longest, texts, is_without_digits, rises_with, is_independent);
}

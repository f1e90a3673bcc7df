//! `date`: dates between two bounds.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Date32Type;

use super::doc::{ArgumentKind as Kind, required};
use super::facts::unknown;
use super::moment::bounds;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Stream, below};
use crate::rows::{Frame, nulls_of};
use crate::types::Type;

pub(super) const DATE: GeneratorDoc = GeneratorDoc {
    name: "date",
    version: 1,
    family: "time",
    summary: "A date between two bounds, both included.",
    arguments: &[
        required("from", Kind::Expression, "the first date"),
        required("to", Kind::Expression, "the last date; when it is before `from`, every value is `from`"),
    ],
    short: None,
    group: false,
    example: "due_on: {date: {from: \"date '2025-01-01'\", to: \"date '2025-12-31'\"}}",
    read,
};

/// Dates from the first to the last, both included.
#[derive(Debug)]
pub(crate) struct Date {
    /// Random words, one a row.
    stream: Stream,
    /// The first date.
    from: Formula,
    /// The last date.
    to: Formula,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (from, to, nullable) = bounds(reading, &Type::Date)?;
    Ok(Made { nullable, ..Made::new(Date { stream: reading.stream("value"), from, to }, Type::Date) })
}

impl Prepared for Date {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let (from, to) = (self.from.values(frame, column)?, self.to.values(frame, column)?);
        let words = frame.words(&self.stream, 1);
        let nulls = NullBuffer::union(nulls_of(&from).as_ref(), nulls_of(&to).as_ref());
        let from = from.as_primitive::<Date32Type>().values();
        let to = to.as_primitive::<Date32Type>().values();
        let day = |i: usize| {
            let days = i64::from(to[i]) - i64::from(from[i]) + 1;
            // Fits: the result lies between two dates. What is behind a NULL may be anything.
            let after = if days <= 1 { 0 } else { below(words[i], days.cast_unsigned()) as i32 };
            from[i].wrapping_add(after)
        };
        let values: Vec<i32> = (0..words.len()).map(day).collect();
        Ok(Arc::new(Date32Array::new(values.into(), nulls)))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("a date from {} to {}", self.from.expression, self.to.expression)
    }

    fn inputs(&self) -> Vec<InputId> {
        self.from.inputs.iter().chain(&self.to.inputs).copied().collect()
    }

    fn is_independent(&self) -> bool {
        self.from.is_independent() && self.to.is_independent()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, serial);
}

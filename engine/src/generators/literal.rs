//! A column of literal rows: its values are written out in the scenario.

use arrow::array::{ArrayRef, AsArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::DataType;

use super::facts::{longest_of, unknown};
use super::shown::values;
use super::{Ends, Prepared, Shown, Texts};
use crate::error::ValueError;
use crate::ids::InputId;
use crate::model::{Column, Values};
use crate::rows::{Frame, Rows};
use crate::types::Type;

/// The values themselves, row by row.
#[derive(Debug)]
pub(crate) struct Literal {
    values: Values,
}

impl Literal {
    /// One value a row, NULL where none is written.
    pub(crate) fn new(values: ArrayRef) -> Self {
        Self { values: Values::new(values) }
    }
}

impl Prepared for Literal {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let values = &self.values.0;
        Ok(match &frame.rows {
            Rows::Range(range) => values.slice(range.start as usize, (range.end - range.start) as usize),
            Rows::Picked(rows) => {
                let index = UInt64Array::from_iter_values(rows.iter().copied());
                take(values, &index, None).expect("a frame has only rows that exist, and each has its values")
            }
        })
    }

    fn explain(&self, _: &Shown) -> String {
        format!("literal {}", values(&self.values.0))
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Known(self.values.0.clone())
    }

    fn longest(&self) -> Option<u64> {
        longest_of(&self.values.0)
    }

    fn texts(&self) -> Texts<'_> {
        match self.values.0.data_type() {
            DataType::Utf8 => Texts::Listed(self.values.0.as_string::<i32>().iter().flatten().collect()),
            _ => Texts::Unknown,
        }
    }

    unknown!(bounds, highest, is_without_digits, rises_with, is_independent, serial);
}

//! The count of a child table: how many children each row has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::facts::unknown;
use super::{Formula, Prepared, Shown};
use crate::error::ValueError;
use crate::ids::InputId;
use crate::model::{Column, MAX_COUNT};
use crate::rows::Frame;

/// How many children a row has: the law's value times a factor, rounded half up, bounded.
#[derive(Debug)]
pub(crate) struct Count {
    /// The input that is the law's value; NULL counts as 0.
    pub(crate) base: InputId,
    /// The factor; NULL counts as 0.
    pub(crate) times: Option<Formula>,
    /// The least count.
    pub(crate) min: u64,
    /// The greatest count.
    pub(crate) max: u64,
}

impl Prepared for Count {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let as_doubles = |array: &ArrayRef| {
            cast(array, &DataType::Float64)
                .expect("the resolver made sure of a number, and all numbers cast to doubles")
        };
        let times = self.times.as_ref().map(|times| times.values(frame, column)).transpose()?;
        let base = as_doubles(&frame.input(self.base)?);
        let base = base.as_primitive::<Float64Type>();
        let times = times.as_ref().map(as_doubles);
        let times = times.as_ref().map(|times| times.as_primitive::<Float64Type>());
        let value = |i: usize| {
            let value = if base.is_valid(i) { base.value(i) } else { 0.0 };
            let factor = times.map_or(1.0, |times| if times.is_valid(i) { times.value(i) } else { 0.0 });
            // The cast takes NaN and negative numbers to 0.
            let rounded = libm::floor(value * factor + 0.5) as u64;
            rounded.clamp(self.min, self.max).cast_signed()
        };
        Ok(Arc::new(Int64Array::from_iter_values((0..base.len()).map(value))))
    }

    fn explain(&self, shown: &Shown) -> String {
        let times = self.times.as_ref().map(|times| format!(" × {}", times.expression)).unwrap_or_default();
        let most = if self.max >= MAX_COUNT { String::new() } else { format!(", at most {}", self.max) };
        let least = if self.min == 0 { String::new() } else { format!(", at least {}", self.min) };
        format!("round({}{times}){least}{most}", shown.input(self.base))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.times.iter().flat_map(|times| times.inputs.clone()).chain([self.base]).collect()
    }

    fn bounds(&self) -> (f64, f64) {
        (self.min as f64, self.max as f64)
    }

    unknown!(ends, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

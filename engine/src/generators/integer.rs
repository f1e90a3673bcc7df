//! `integer`: whole numbers, evenly; with `unique: true` a permutation of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::{integers, unknown};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Permutation, Stream, UniformInteger};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const INTEGER: GeneratorDoc = GeneratorDoc {
    name: "integer",
    version: 1,
    family: "numbers",
    summary: "A whole number, evenly from `from` to `to`, both included.",
    arguments: &[
        required("from", Kind::Number, "the least value"),
        required("to", Kind::Number, "the greatest value"),
    ],
    short: None,
    group: false,
    example: "age: {integer: {from: 18, to: 90}}",
    read,
};

/// Whole numbers, evenly.
#[derive(Debug)]
pub(crate) struct Integer {
    /// Random words, one a row.
    stream: Stream,
    /// The law.
    law: UniformInteger,
}

/// Whole numbers, evenly, none twice: a permutation.
#[derive(Debug)]
pub(crate) struct UniqueInteger {
    /// The key of the permutation.
    key: [u64; 2],
    /// The least value.
    from: i64,
    /// How many values there are.
    domain: u64,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let bound = |name| reading.required_whole(name, i64::MIN, i64::MAX);
    let (from, to) = (bound("from"), bound("to")).together()?;
    reading.rising(from, to)?;
    let law = UniformInteger::new(from, to).map_err(|e| reading.arguments.invalid(&e))?;
    Ok(Made::new(Integer { stream: reading.stream("value"), law }, Type::BigInt))
}

impl Integer {
    /// The least and the greatest value.
    pub(crate) fn range(&self) -> (i64, i64) {
        (self.law.low(), self.law.high())
    }

    /// The same numbers, each at most once, of which there are so many.
    pub(crate) fn unique(&self, domain: u64) -> UniqueInteger {
        UniqueInteger { key: [self.stream.word(0), self.stream.word(1)], from: self.law.low(), domain }
    }
}

impl Prepared for Integer {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        Ok(Arc::new(Int64Array::from_iter_values(words.iter().map(|word| self.law.sample(*word)))))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("uniform integer {} to {}", self.law.low(), self.law.high())
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, made: &Type) -> Ends {
        integers([self.law.low(), self.law.high()], made)
    }

    fn bounds(&self) -> (f64, f64) {
        (self.law.low() as f64, self.law.high() as f64)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(highest, longest, texts, is_without_digits, rises_with, serial);
}

impl Prepared for UniqueInteger {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        // The resolver refused rows beyond the domain, too.
        let permutation =
            Permutation::new(self.key, self.domain).expect("a range from one number to another has numbers");
        let value = |row| self.from.wrapping_add_unsigned(permutation.apply(row));
        Ok(Arc::new(Int64Array::from_iter_values(frame.rows.iter().map(value))))
    }

    fn explain(&self, _: &Shown) -> String {
        let to = i128::from(self.from) + i128::from(self.domain) - 1;
        format!("permutation of {} to {to}", self.from)
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, made: &Type) -> Ends {
        let to = self.domain.checked_sub(1).and_then(|last| self.from.checked_add_unsigned(last));
        to.map_or(Ends::Unknown, |to| integers([self.from, to], made))
    }

    fn highest(&self, _: u64) -> Option<i128> {
        (self.from >= 0).then(|| i128::from(self.from) + i128::from(self.domain) - 1)
    }

    unknown!(bounds, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

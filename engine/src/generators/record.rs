//! Records: several values that are drawn together, such as a person's. They stand under `let`, and expressions name their fields.

use arrow::array::{ArrayRef, new_null_array};

use super::facts::ANY_NUMBER;
use super::{Ends, Made, Prepared, Shown, Texts};
use crate::error::ValueError;
use crate::ids::InputId;
use crate::model::Column;
use crate::rows::Frame;
use crate::types::Type;

/// Fields by name. Each is a column of its own, made when an expression first names it and taken out here then.
#[derive(Debug)]
pub(crate) struct Record {
    fields: Vec<(&'static str, Option<Made>)>,
}

impl Record {
    /// A group of values, as a generator makes it.
    pub(super) fn made(fields: impl IntoIterator<Item = (&'static str, Made)>) -> Made {
        let fields = fields.into_iter().map(|(name, made)| (name, Some(made))).collect();
        Made::new(Self { fields }, Type::Text)
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Made> {
        self.fields.iter_mut().find(|(known, _)| *known == name)?.1.take()
    }
}

impl Prepared for Record {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        // Nothing reads a record itself.
        Ok(new_null_array(&column.ty.arrow(), frame.len()))
    }

    fn explain(&self, _: &Shown) -> String {
        "drawn together".to_owned()
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Unknown
    }

    fn bounds(&self) -> (f64, f64) {
        ANY_NUMBER
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        None
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Unknown
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        None
    }

    fn is_independent(&self) -> bool {
        false
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

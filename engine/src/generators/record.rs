//! Records: several values that are drawn together, such as a person's. They stand under `let`, and expressions name their fields.

use arrow::array::{ArrayRef, new_null_array};

use super::facts::unknown;
use super::{Every, LifeOf, Made, Prepared, RateOf, Shown, WhichSteps};
use crate::error::ValueError;
use crate::ids::InputId;
use crate::model::Column;
use crate::rows::Frame;
use crate::types::Type;

/// Fields by name. Each is a column of its own, made when an expression first names it and taken out here then.
#[derive(Debug)]
pub(crate) struct Record {
    fields: Vec<(&'static str, Option<Made>)>,
    timeline: Option<Timeline>,
}

/// Instants that belong to a row, by a rule: what expressions, tables and references ask.
#[derive(Clone, Debug)]
pub(crate) enum Timeline {
    /// Something comes back.
    Series(Every),
    /// The row goes through states.
    Life(LifeOf),
    /// Some steps of the parent's life.
    Steps(LifeOf, WhichSteps),
    /// Something happens at a rate.
    Rate(RateOf),
}

impl Record {
    /// A group of values, as a generator makes it.
    pub(super) fn made(fields: impl IntoIterator<Item = (&'static str, Made)>) -> Made {
        Self::of(fields, None)
    }

    /// The same of something that expressions ask about instants.
    pub(super) fn of_timeline(
        fields: impl IntoIterator<Item = (&'static str, Made)>,
        timeline: Timeline,
    ) -> Made {
        Self::of(fields, Some(timeline))
    }

    fn of(fields: impl IntoIterator<Item = (&'static str, Made)>, timeline: Option<Timeline>) -> Made {
        let fields = fields.into_iter().map(|(name, made)| (name, Some(made))).collect();
        Made::new(Self { fields, timeline }, Type::Text)
    }

    /// What it says about instants, if it does.
    pub(crate) fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
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

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

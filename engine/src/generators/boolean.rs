//! `boolean`: true for a share of the rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::ANY_NUMBER;
use super::reading::threshold;
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::Stream;
use crate::rows::Frame;
use crate::types::Type;

pub(super) const BOOLEAN: GeneratorDoc = GeneratorDoc {
    name: "boolean",
    version: 1,
    family: "choices",
    summary: "True for a share of the rows.",
    arguments: &[optional("share", Kind::Share, "the share of true; default 50%")],
    short: Some("share"),
    group: false,
    example: "active: {boolean: 85%}",
    read,
};

/// True below a threshold.
#[derive(Debug)]
pub(crate) struct Boolean {
    /// Random words, one a row.
    stream: Stream,
    /// Words below give true.
    threshold: u64,
    /// Always true: the threshold of 100 % does not fit a word.
    always: bool,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let share = match reading.arguments.get("share") {
        Some(node) => reading.constants().share(node, "share")?,
        None => 0.5,
    };
    let stream = reading.stream("value");
    Ok(Made::new(Boolean { stream, threshold: threshold(share), always: share >= 1.0 }, Type::Boolean))
}

impl Prepared for Boolean {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let is_true = |i: usize| self.always || words[i] < self.threshold;
        Ok(Arc::new(BooleanArray::new(BooleanBuffer::collect_bool(words.len(), is_true), None)))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("true for {:.4}%", self.threshold as f64 / u64::MAX as f64 * 100.0)
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
        true
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

//! `boolean`: true for a share of the rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::unknown;
use super::reading::threshold;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
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

impl Boolean {
    /// True for a share of the rows, by a word each.
    pub(super) fn new(stream: Stream, share: f64) -> Self {
        Self { stream, threshold: threshold(share), always: share >= 1.0 }
    }

    /// What words say.
    pub(super) fn of(&self, words: &[u64]) -> BooleanArray {
        let is_true = |i: usize| self.always || words[i] < self.threshold;
        BooleanArray::new(BooleanBuffer::collect_bool(words.len(), is_true), None)
    }
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let share = match reading.arguments.get("share") {
        Some(node) => reading.constants().share(node, "share")?,
        None => 0.5,
    };
    let stream = reading.stream("value");
    Ok(Made::new(Boolean::new(stream, share), Type::Boolean))
}

impl Prepared for Boolean {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        Ok(Arc::new(self.of(&frame.words(&self.stream, 1))))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("true for {:.4}%", self.threshold as f64 / u64::MAX as f64 * 100.0)
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, serial);
}

//! `array`: arrays of independent values.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::unknown;
use super::shown::length;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::arguments::Length;
use crate::random::{Stream, below};
use crate::rows::{Frame, Rows};
use crate::together::Together;
use crate::types::Type;

pub(super) const ARRAY: GeneratorDoc = GeneratorDoc {
    name: "array",
    version: 1,
    family: "structures",
    summary: "An array of independent values.",
    arguments: &[
        required("of", Kind::Spec, "the generator of the elements"),
        required("length", Kind::Any, "how many: a number, or `{from, to}`"),
    ],
    short: None,
    group: false,
    example: "tags: {array: {of: {choose: [red, green, blue]}, length: {from: 0, to: 3}}}",
    read,
};

/// The longest array. Rows are below 2^53, so that the number of an element fits 64 bits.
const MAX_ELEMENTS: i64 = 1000;
/// The most characters in the arrays of a row, so that a batch of them stays below 2^31 bytes.
const MAX_CHARACTERS: u64 = 1 << 16;

/// An array: element `k` of row `r` is row `r × most + k` of the element's generator.
#[derive(Debug)]
pub(crate) struct Elements {
    /// Random words for the length, one a row.
    stream: Stream,
    /// The law of the length.
    length: Length,
    /// The greatest length, at least 1.
    most: u64,
    /// The column, of a table of its own, that makes elements.
    pub(crate) element: Box<Column>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let node = reading.required("of")?;
    let element = reading.element(node);
    let (element, length) = (element, reading.required_length("length", MAX_ELEMENTS)).together()?;
    if !element.recipe.is_independent() {
        return Err(Fault::at(node.span, "the elements of an array are independent draws").hint(
            "use a generator without expressions over the row, such as `choose`, `integer` or `word`",
        ));
    }
    let Some(longest) = longest(&element) else {
        return Err(Fault::at(node.span, "how long these elements can be is not known")
            .hint("use a generator of texts with a length, such as `words`, `characters` or `choose`"));
    };
    if length.to.saturating_mul(longest) >= MAX_CHARACTERS {
        let message = format!("an array of up to {} texts of up to {longest} characters", length.to);
        return Err(Fault::at(node.span, message).hint(format!("keep the product below {MAX_CHARACTERS}")));
    }
    let ty = Type::List(Box::new(element.ty.clone()));
    let (stream, most) = (reading.stream("length"), length.to.max(1));
    Ok(Made::new(Elements { stream, length, most, element: Box::new(element) }, ty))
}

impl Prepared for Elements {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let (mut elements, mut lengths) = (Vec::new(), Vec::with_capacity(words.len()));
        for (row, word) in frame.rows.iter().zip(words) {
            let length = self.length.from + below(word, self.length.to - self.length.from + 1);
            // Rows are below 2^53 and arrays below 2^10, so this cannot overflow.
            elements.extend((0..length).map(|k| row * self.most + k));
            lengths.push(length as usize);
        }
        let frame = Frame::new(frame.plan, frame.table, Rows::Picked(elements.into()));
        let mut values = frame.finished(&self.element)?;
        if self.element.dictionary {
            values = cast(&values, &DataType::Utf8).expect("a dictionary of text unpacks into text");
        }
        let field = Arc::new(Field::new("item", values.data_type().clone(), true));
        Ok(Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), values, None)))
    }

    fn explain(&self, shown: &Shown) -> String {
        format!("{} of: {}", length(self.length), self.element.recipe.explain(shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        // Elements read nothing of the row.
        Vec::new()
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Of(&self.element)
    }

    unknown!(ends, bounds, highest, longest, is_without_digits, rises_with, is_independent, serial);
}

/// The most characters of a value of a column whose values do not depend on the row; a fixed number for what is no text. `None`
/// where it is not known.
fn longest(column: &Column) -> Option<u64> {
    let is_text = |ty: &Type| matches!(ty, Type::Text | Type::Json | Type::Bytes);
    if !is_text(&column.ty) {
        return fixed(&column.ty);
    }
    // Text made of a number, a boolean, a time or a UUID.
    if !is_text(&column.made) {
        return fixed(&column.made).map(|_| AS_TEXT);
    }
    column.recipe.longest()
}

/// No number, time or UUID has more characters as a text: a numeric of 38 digits has 41, an interval some more.
const AS_TEXT: u64 = 64;

/// Bytes of a value that takes as many in every row.
fn fixed(ty: &Type) -> Option<u64> {
    Some(match ty {
        Type::Null | Type::Boolean => 1,
        Type::SmallInt => 2,
        Type::Integer | Type::Real | Type::Date => 4,
        Type::BigInt | Type::Double | Type::Time | Type::Timestamp | Type::Instant => 8,
        Type::Numeric { .. } | Type::Interval | Type::Uuid => 16,
        Type::Text | Type::Json | Type::Bytes | Type::List(_) => return None,
    })
}

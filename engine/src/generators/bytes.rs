//! `bytes`: bytes of a length.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray};
use arrow::buffer::{Buffer, OffsetBuffer};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::shown::length;
use super::words::{Vocabulary, words_into};
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError, did_you_mean};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::arguments::{Length, MAX_LENGTH};
use crate::random::{Stream, Trickle};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const BYTES: GeneratorDoc = GeneratorDoc {
    name: "bytes",
    version: 1,
    family: "text",
    summary: "Bytes; a `bytea`.",
    arguments: &[
        required("length", Kind::Any, "how many: a number, or `{from, to}` drawn evenly"),
        optional("content", Kind::Word, "`random` (default), `text` of English words, or `zeros`"),
    ],
    short: Some("length"),
    group: false,
    example: "digest: {bytes: 32}",
    read,
};

/// Bytes.
#[derive(Debug)]
pub(crate) struct Bytes {
    /// Random words, one a row, each the start of a small stream.
    stream: Stream,
    /// How many.
    length: Length,
    /// What they are.
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// Any, all alike.
    Random,
    /// English words in ASCII, one after the other.
    Text(Vocabulary),
    Zeros,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let length = reading.required_length("length", MAX_LENGTH);
    let (length, content) = (length, content_of(reading)).together()?;
    Ok(Made::new(Bytes { stream: reading.stream("value"), length, content }, Type::Bytes))
}

fn content_of(reading: &Reading) -> Result<Content, Fault> {
    let Some(key) = reading.arguments.word("content")? else { return Ok(Content::Random) };
    match key.text.as_str() {
        "random" => Ok(Content::Random),
        "zeros" => Ok(Content::Zeros),
        "text" => Ok(Content::Text(Vocabulary::english())),
        other => Err(Fault::at(key.span, format!("`content`: unknown content `{other}`"))
            .label("expected `random`, `text` or `zeros`")
            .maybe_hint(did_you_mean(other, ["random", "text", "zeros"]))),
    }
}

impl Prepared for Bytes {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let usual = (self.length.from / 2 + self.length.to / 2) as usize;
        let mut bytes: Vec<u8> = Vec::with_capacity(words.len() * usual);
        let mut ends = Vec::with_capacity(words.len() + 1);
        ends.push(0);
        let mut text = String::new();
        for word in words {
            let mut trickle = Trickle::new(word);
            match &self.content {
                Content::Random => {
                    let end = bytes.len() + self.length.drawn(&mut trickle) as usize;
                    while bytes.len() < end {
                        let left = end - bytes.len();
                        bytes.extend_from_slice(&trickle.next().to_le_bytes()[..left.min(8)]);
                    }
                }
                Content::Text(vocabulary) => {
                    text.clear();
                    words_into(&mut text, &mut trickle, vocabulary, self.length, &[]);
                    bytes.extend_from_slice(text.as_bytes());
                }
                Content::Zeros => bytes.resize(bytes.len() + self.length.drawn(&mut trickle) as usize, 0),
            }
            let end = i32::try_from(bytes.len());
            ends.push(
                end.map_err(|_| frame.value_error(column, "the bytes of one batch exceed 2 GiB".into()))?,
            );
        }
        Ok(Arc::new(BinaryArray::new(OffsetBuffer::new(ends.into()), Buffer::from_vec(bytes), None)))
    }

    fn explain(&self, _: &Shown) -> String {
        let content = match &self.content {
            Content::Random => "random bytes",
            Content::Text(_) => "bytes of words",
            Content::Zeros => "zeros",
        };
        format!("{} {content}", length(self.length))
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        Some(self.length.to)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, texts, is_without_digits, rises_with, serial);
}

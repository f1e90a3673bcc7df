//! `characters`: random characters of an alphabet.

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::shown::length;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::arguments::{Length, MAX_LENGTH};
use crate::random::{Stream, Trickle};
use crate::rows::{Frame, Strings};
use crate::together::Together;
use crate::types::Type;

pub(super) const CHARACTERS: GeneratorDoc = GeneratorDoc {
    name: "characters",
    version: 1,
    family: "text",
    summary: "Random characters of an alphabet.",
    arguments: &[
        required("length", Kind::Any, "how many: a number, or `{from, to}`"),
        optional("alphabet", Kind::Text, "the characters; default `A-Z`, `a-z` and `0-9`"),
    ],
    short: Some("length"),
    group: false,
    example: "code: {characters: {length: 8, alphabet: ABCDEFGHJKLMNPQRSTUVWXYZ23456789}}",
    read,
};

/// Characters of an alphabet.
#[derive(Debug)]
pub(crate) struct Characters {
    /// Random words, one a row, each the start of a small stream.
    stream: Stream,
    /// The characters.
    alphabet: Arc<[char]>,
    /// How many.
    length: Length,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let length = reading.required_length("length", MAX_LENGTH);
    let (length, alphabet) = (length, alphabet_of(reading)).together()?;
    Ok(Made::new(Characters { stream: reading.stream("value"), alphabet, length }, Type::Text))
}

fn alphabet_of(reading: &Reading) -> Result<Arc<[char]>, Fault> {
    match reading.arguments.word("alphabet")? {
        None => Ok(('A'..='Z').chain('a'..='z').chain('0'..='9').collect()),
        Some(key) if key.text.is_empty() => {
            Err(Fault::at(key.span, "`alphabet`: expected at least one character"))
        }
        Some(key) => Ok(key.text.chars().collect()),
    }
}

impl Prepared for Characters {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let mut strings = Strings::with_capacity(words.len(), 32);
        for word in words {
            let mut trickle = Trickle::new(word);
            for _ in 0..self.length.drawn(&mut trickle) {
                strings.text.push(self.alphabet[trickle.below(self.alphabet.len() as u64) as usize]);
            }
            strings.end();
        }
        Ok(strings.finish_bounded())
    }

    fn explain(&self, _: &Shown) -> String {
        format!("{} of {} characters", length(self.length), self.alphabet.len())
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        Some(self.length.to)
    }

    fn is_without_digits(&self) -> bool {
        !self.alphabet.iter().any(char::is_ascii_digit)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, texts, rises_with, serial);
}

#[cfg(test)]
mod tests {
    use super::super::first_values;

    #[test]
    fn texts_have_their_length_and_letters() {
        let values = first_values("{characters: {length: {from: 2, to: 5}, alphabet: abc}}", 200).unwrap();
        assert!(values.iter().all(|value| (2..=5).contains(&value.len())));
        assert!(values.iter().all(|value| value.chars().all(|letter| "abc".contains(letter))));
        assert!((2..=5).all(|length| values.iter().any(|value| value.len() == length)));
    }
}

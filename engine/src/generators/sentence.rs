//! `sentence` and `paragraph`: English-looking sentences.

use arrow::array::ArrayRef;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::{longest_word, unknown};
use super::shown::length;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::arguments::Length;
use crate::random::{Stream, Trickle};
use crate::rows::{Frame, Strings};
use crate::types::Type;
use crate::vocabulary::{self, English};

pub(super) const SENTENCE: GeneratorDoc = GeneratorDoc {
    name: "sentence",
    version: 1,
    family: "text",
    summary: "An English-looking sentence.",
    arguments: &[optional("words", Kind::Any, "how many words: a number, or `{from, to}`; default 5 to 12")],
    short: Some("words"),
    group: false,
    example: "subject: sentence",
    read: sentence,
};

pub(super) const PARAGRAPH: GeneratorDoc = GeneratorDoc {
    name: "paragraph",
    version: 1,
    family: "text",
    summary: "Some sentences.",
    arguments: &[optional("sentences", Kind::Any, "how many: a number, or `{from, to}`; default 3 to 6")],
    short: Some("sentences"),
    group: false,
    example: "body: {paragraph: {sentences: {from: 1, to: 3}}}",
    read: paragraph,
};

/// English-looking sentences.
#[derive(Debug)]
pub(crate) struct Sentences {
    /// Random words, one a row, each the start of a small stream.
    stream: Stream,
    /// How many sentences; `None` for one.
    sentences: Option<Length>,
    /// How many words in each.
    words: Length,
}

/// The words of a sentence unless the scenario says otherwise, and those of every sentence of a paragraph.
const USUAL: Length = Length { from: 5, to: 12 };

fn sentence(reading: &mut Reading) -> Result<Made, Fault> {
    let words = reading.length("words", 1000)?.unwrap_or(USUAL).at_least_one();
    Ok(Made::new(Sentences { stream: reading.stream("value"), sentences: None, words }, Type::Text))
}

fn paragraph(reading: &mut Reading) -> Result<Made, Fault> {
    let sentences = reading.length("sentences", 100)?.unwrap_or(Length { from: 3, to: 6 }).at_least_one();
    let recipe = Sentences { stream: reading.stream("value"), sentences: Some(sentences), words: USUAL };
    Ok(Made::new(recipe, Type::Text))
}

impl Prepared for Sentences {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let mut strings = Strings::with_capacity(words.len(), 32);
        for word in words {
            let mut trickle = Trickle::new(word);
            let sentences = self.sentences.map_or(1, |sentences| sentences.drawn(&mut trickle));
            for i in 0..sentences {
                if i > 0 {
                    strings.text.push(' ');
                }
                sentence_into(&mut strings.text, &mut trickle, self.words);
            }
            strings.end();
        }
        Ok(strings.finish_bounded())
    }

    fn explain(&self, _: &Shown) -> String {
        match self.sentences {
            None => format!("a sentence of {} words", length(self.words)),
            Some(sentences) => format!("{} sentences", length(sentences)),
        }
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        let english = vocabulary::english();
        let lists = [&english.nouns, &english.verbs, &english.adjectives, &english.adverbs];
        // Every word, and the space or the full stop behind it; and a space between sentences.
        let sentence = self.words.to * (1 + lists.map(|list| longest_word(list)).into_iter().max()?);
        Some(self.sentences.map_or(sentence, |sentences| sentences.to * (sentence + 1)))
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, texts, is_without_digits, rises_with, serial);
}

/// An English-looking sentence: adjectives and nouns around a verb.
fn sentence_into(out: &mut String, trickle: &mut Trickle, words: Length) {
    let English { nouns, verbs, adjectives, adverbs } = vocabulary::english();
    let count = words.drawn(trickle);
    let start = out.len();
    for i in 0..count {
        let list = match i % 5 {
            0 => adjectives,
            2 => verbs,
            4 => adverbs,
            _ => nouns,
        };
        if i > 0 {
            out.push(' ');
        }
        out.push_str(list[trickle.below(list.len() as u64) as usize]);
    }
    if let Some(first) = out[start..].chars().next() {
        let upper = first.to_ascii_uppercase();
        out.replace_range(start..start + first.len_utf8(), upper.encode_utf8(&mut [0; 4]));
    }
    out.push('.');
}

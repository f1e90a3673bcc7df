//! `word` and `words`: words of a list or of common English ones.

use std::hint::select_unpredictable;
use std::iter;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::datatypes::Int32Type;

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::{longest_word, unknown};
use super::reading::threshold;
use super::shown::length;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::arguments::{Length, MAX_LENGTH};
use crate::random::{Stream, Trickle, Weighted, below};
use crate::rows::{Frame, Strings};
use crate::together::Together;
use crate::types::Type;
use crate::vocabulary;

pub(super) const WORD: GeneratorDoc = GeneratorDoc {
    name: "word",
    version: 1,
    family: "text",
    summary: "One word, of a list or of the built-in English ones.",
    arguments: &[optional(
        "of",
        Kind::Weights,
        "the words; default common English nouns, verbs and adjectives",
    )],
    short: Some("of"),
    group: false,
    example: "tag: word",
    read: word,
};

pub(super) const WORDS: GeneratorDoc = GeneratorDoc {
    name: "words",
    version: 1,
    family: "text",
    summary: "Words filling a length in characters exactly: the last word is cut there.",
    arguments: &[
        required("length", Kind::Any, "the length in characters: a number, or `{from, to}` drawn evenly"),
        optional("of", Kind::Weights, "the words; default common English ones"),
        optional(
            "phrases",
            Kind::Any,
            "a map from phrases to shares: `{\"special requests\": 1%}` puts the phrase into that share of the texts",
        ),
    ],
    short: Some("length"),
    group: false,
    example: "note: {words: {length: {from: 20, to: 60}, phrases: {urgent order: 2%}}}",
    read: words,
};

/// Text made of words.
#[derive(Debug)]
pub(crate) struct Words {
    /// Random words, one a row, each the start of a small stream: the number of draws in a text is not known beforehand.
    stream: Stream,
    /// The words to draw from.
    vocabulary: Vocabulary,
    /// How many of them.
    law: Law,
}

#[derive(Debug)]
enum Law {
    /// One word. The array holds all of them.
    One(ArrayRef),
    /// Words up to a length in characters, with phrases among them, at most one in a text.
    Filling { length: Length, phrases: Vec<Affix> },
}

/// Words to draw from.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    /// The words, one after the other.
    pub(super) words: Arc<[Box<str>]>,
    /// The same, each with a space behind it, when all are short and ASCII.
    pub(super) short: Option<Arc<[ShortWord]>>,
    /// The law of the index; `None` for evenly.
    pub(super) law: Option<Arc<Weighted>>,
}

/// A short ASCII word with a space behind it, at a fixed width that is copied at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShortWord {
    /// The word, the space, and zeros.
    pub(super) bytes: [u8; Self::WIDTH],
    /// The length of the word without the space.
    pub(super) len: u8,
}

impl ShortWord {
    /// How many bytes are copied.
    const WIDTH: usize = 16;

    fn new(word: &str) -> Option<Self> {
        let mut bytes = [0; Self::WIDTH];
        let fits = word.is_ascii() && word.len() < Self::WIDTH;
        fits.then(|| {
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            bytes[word.len()] = b' ';
            Self { bytes, len: word.len() as u8 }
        })
    }
}

impl Vocabulary {
    /// Words and the law of their index.
    pub(super) fn new(words: impl IntoIterator<Item = impl Into<Box<str>>>, law: Option<Weighted>) -> Self {
        let words: Arc<[Box<str>]> = words.into_iter().map(Into::into).collect();
        let short = words.iter().map(|word| ShortWord::new(word)).collect::<Option<Vec<_>>>();
        Self { words, short: short.map(Into::into), law: law.map(Arc::new) }
    }

    /// Common English nouns, verbs, adjectives and adverbs.
    ///
    /// Every generator that draws from them has the same.
    pub(super) fn english() -> Self {
        static WORDS: LazyLock<Vocabulary> = LazyLock::new(|| {
            let english = vocabulary::english();
            let all = [&english.nouns, &english.verbs, &english.adjectives, &english.adverbs];
            Vocabulary::new(all.into_iter().flatten().copied(), None)
        });
        WORDS.clone()
    }
}

/// A phrase put into a share of texts.
#[derive(Clone, Debug)]
pub(super) struct Affix {
    /// The phrase.
    phrase: Box<str>,
    /// Words below the threshold get the phrase.
    threshold: u64,
}

fn word(reading: &mut Reading) -> Result<Made, Fault> {
    let vocabulary = vocabulary_of(reading)?;
    let law = Law::One(Arc::new(StringArray::from_iter_values(vocabulary.words.iter())));
    let recipe = Words { stream: reading.stream("value"), vocabulary, law };
    Ok(Made { dictionary: true, ..Made::new(recipe, Type::Text) })
}

fn words(reading: &mut Reading) -> Result<Made, Fault> {
    let length = reading.required_length("length", MAX_LENGTH);
    let filling = length.and_then(|length| Ok((length, phrases_of(reading, length)?)));
    let (vocabulary, (length, phrases)) = (vocabulary_of(reading), filling).together()?;
    let law = Law::Filling { length, phrases };
    Ok(Made::new(Words { stream: reading.stream("value"), vocabulary, law }, Type::Text))
}

fn vocabulary_of(reading: &Reading) -> Result<Vocabulary, Fault> {
    let Some(node) = reading.arguments.get("of") else {
        return Ok(Vocabulary::english());
    };
    let (keys, _, weights) = reading.constants().weights(node, "of")?;
    let law = match weights {
        Some(weights) => {
            Some(Weighted::new(&weights).map_err(|e| Fault::at(node.span, format!("`of`: {e}")))?)
        }
        None => None,
    };
    if let Some(key) = keys.iter().find(|key| key.text.is_empty()) {
        return Err(Fault::at(key.span, "`of`: a word cannot be empty"));
    }
    Ok(Vocabulary::new(keys.iter().map(|key| key.text.as_str()), law))
}

fn phrases_of(reading: &Reading, length: Length) -> Result<Vec<Affix>, Fault> {
    let Some(node) = reading.arguments.get("phrases") else { return Ok(Vec::new()) };
    let entries = crate::scenario::map_of(node, "`phrases`", "a share per phrase")?;
    let shares = entries.iter().map(|(_, share)| reading.constants().share(share, "phrases"));
    let shares = shares.collect::<Vec<_>>().together()?;
    let (mut sum, mut phrases) = (0.0, Vec::new());
    for ((key, _), share) in entries.iter().zip(shares) {
        sum += share;
        if key.text.chars().count() as u64 > length.from {
            return Err(Fault::at(key.span, "a phrase must fit into the shortest text").label(format!(
                "{} characters, the shortest text has {}",
                key.text.chars().count(),
                length.from
            )));
        }
        phrases.push(Affix { phrase: key.text.as_str().into(), threshold: threshold(f64::min(sum, 1.0)) });
    }
    if sum > 1.0 {
        return Err(Fault::at(node.span, "`phrases`: the shares add up to more than 100%"));
    }
    Ok(phrases)
}

impl Prepared for Words {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let (length, phrases) = match &self.law {
            Law::One(values) => {
                let keys = words.iter().map(|word| self.vocabulary.index(*word) as i32);
                let keys = Int32Array::from_iter_values(keys);
                return Ok(Arc::new(DictionaryArray::<Int32Type>::new(keys, values.clone())));
            }
            Law::Filling { length, phrases } => (*length, phrases),
        };
        if let (Some(short), true) = (&self.vocabulary.short, phrases.is_empty()) {
            return Ok(short_words(&words, &self.vocabulary, short, length));
        }
        let mut strings = Strings::with_capacity(words.len(), 32);
        for word in words {
            words_into(&mut strings.text, &mut Trickle::new(word), &self.vocabulary, length, phrases);
            strings.end();
        }
        Ok(strings.finish_bounded())
    }

    fn explain(&self, _: &Shown) -> String {
        let words = self.vocabulary.words.len();
        match &self.law {
            Law::One(_) => format!("one of {words} words"),
            Law::Filling { length: of, .. } => format!("{} characters of {words} words", length(*of)),
        }
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        Some(match &self.law {
            Law::One(_) => longest_word(&self.vocabulary.words),
            Law::Filling { length, .. } => length.to,
        })
    }

    fn texts(&self) -> Texts<'_> {
        match &self.law {
            Law::One(_) => Texts::Listed(self.vocabulary.words.iter().map(AsRef::as_ref).collect()),
            Law::Filling { .. } => Texts::Unknown,
        }
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, is_without_digits, rises_with, serial);
}

impl Vocabulary {
    fn index(&self, word: u64) -> usize {
        match &self.law {
            None => below(word, self.words.len() as u64) as usize,
            Some(law) => law.sample(word),
        }
    }
}

/// Words until the length is reached, cut there; a phrase goes between two words.
pub(super) fn words_into(
    out: &mut String,
    trickle: &mut Trickle,
    vocabulary: &Vocabulary,
    length: Length,
    phrases: &[Affix],
) {
    let start = out.len();
    let length = length.drawn(trickle) as usize;
    let phrase = if phrases.is_empty() {
        None
    } else {
        let word = trickle.next();
        phrases.iter().find(|affix| word < affix.threshold).map(|affix| &*affix.phrase)
    };
    if let Some(phrase) = phrase {
        // The phrase fits the shortest text, so there is room for it after `before` characters.
        let room = length - phrase.chars().count();
        let before = trickle.below(room as u64 + 1) as usize;
        fill(out, start, trickle, vocabulary, before);
        if out.len() > start && !out.ends_with(' ') {
            // A separator needs room of its own.
            if room > before { out.push(' ') } else { out.truncate(start) }
        }
        out.push_str(phrase);
        if characters(out, start) < length {
            out.push(' ');
        }
    }
    fill(out, start, trickle, vocabulary, length);
    if out.ends_with(' ') && out.len() > start {
        out.pop();
        out.push('.');
    }
}

/// The same as [`words_into`] without phrases, for short ASCII words: each is copied at a fixed width, which costs less than a
/// copy of its own length, and what is too much the next row overwrites.
fn short_words(words: &[u64], vocabulary: &Vocabulary, short: &[ShortWord], length: Length) -> ArrayRef {
    let mut all = 0;
    let mut end = |word| {
        all += length.drawn(&mut Trickle::new(word)) as usize;
        all
    };
    let ends: Vec<usize> = words.iter().map(|word| end(*word)).collect();
    let mut text = vec![0; all + ShortWord::WIDTH];
    let mut at = 0;
    for (word, &end) in words.iter().zip(&ends) {
        let mut trickle = Trickle::new(*word);
        // The length.
        trickle.next();
        let start = at;
        while at < end {
            let word = &short[vocabulary.index(trickle.next())];
            text[at..at + ShortWord::WIDTH].copy_from_slice(&word.bytes);
            at += usize::from(word.len) + 1;
        }
        at = end;
        if start < end {
            let last = &mut text[end - 1];
            *last = select_unpredictable(*last == b' ', b'.', *last);
        }
    }
    text.truncate(all);
    // The limits on lengths keep a batch of text below 2 GiB.
    let offsets = iter::once(0).chain(ends.iter().map(|end| *end as i32)).collect();
    Arc::new(StringArray::new(OffsetBuffer::new(offsets), Buffer::from_vec(text), None))
}

/// Appends words, each followed by a space, until the text from `start` has `length` characters.
fn fill(out: &mut String, start: usize, trickle: &mut Trickle, vocabulary: &Vocabulary, length: usize) {
    let mut written = characters(out, start);
    while written < length {
        let word = &vocabulary.words[vocabulary.index(trickle.next())];
        let left = length - written;
        if word.len() < left {
            out.push_str(word);
            out.push(' ');
            written += if word.is_ascii() { word.len() } else { word.chars().count() } + 1;
        } else {
            let end = word.char_indices().nth(left).map_or(word.len(), |(at, _)| at);
            let before = out.len();
            out.push_str(&word[..end]);
            written += out[before..].chars().count();
            if written < length {
                out.push(' ');
                written += 1;
            }
        }
    }
}

fn characters(out: &str, start: usize) -> usize {
    out[start..].chars().count()
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;

    #[test]
    fn short_words_are_the_same_words() {
        let vocabulary = Vocabulary::new(["a", "bold", "theodolite", "pinto beans"], None);
        let rows: Vec<u64> = (0..2000u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        for length in [Length { from: 0, to: 3 }, Length { from: 10, to: 43 }, Length { from: 7, to: 7 }] {
            let short = short_words(&rows, &vocabulary, vocabulary.short.as_ref().unwrap(), length);
            for (word, fast) in rows.iter().zip(short.as_string::<i32>()) {
                let mut slow = String::new();
                words_into(&mut slow, &mut Trickle::new(*word), &vocabulary, length, &[]);
                assert_eq!(fast, Some(slow.as_str()));
                assert!((length.from..=length.to).contains(&(slow.len() as u64)));
            }
        }
    }

    #[test]
    fn phrases_occur_at_their_rate_and_lengths_hold() {
        let vocabulary = Vocabulary::new(["é", "wörter", "plain"], None);
        let phrases = [Affix { phrase: "special requests".into(), threshold: u64::MAX / 10 }];
        let length = Length { from: 19, to: 78 };
        let mut found = 0;
        for i in 0..10_000u64 {
            let mut text = String::new();
            words_into(&mut text, &mut Trickle::new(i), &vocabulary, length, &phrases);
            assert!((19..=78).contains(&text.chars().count()), "{text}");
            found += u32::from(text.contains("special requests"));
        }
        // 10 % of 10,000 with a standard deviation of 30: five of them.
        assert!((850..1150).contains(&found), "{found}");
    }
}

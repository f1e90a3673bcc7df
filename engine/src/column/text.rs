//! Text made of words and characters.
//!
//! Each row has one addressed word, which starts a small stream of its own: the number of draws in a
//! text is not known beforehand.

use std::hint::select_unpredictable;
use std::iter;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::Int32Type;

use super::Frame;
use crate::model::{Affix, BytesContent, Length, ShortWord, TextLaw, Vocabulary};
use crate::random::{Stream, Trickle, below};
use crate::vocabulary::{self, English};

/// Strings that are being written, row after row, into one buffer.
pub(super) struct Strings {
    pub(super) text: String,
    ends: Vec<i32>,
}

impl Strings {
    pub(super) fn with_capacity(rows: usize, bytes_per_row: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { text: String::with_capacity(rows * bytes_per_row), ends }
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        // Looked at in the end.
        self.ends.push(self.text.len() as i32);
    }

    /// # Errors
    /// More than 2 GiB, which only columns of the user's can add up to.
    pub(super) fn finish(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
        if i32::try_from(self.text.len()).is_err() {
            return Err("the text of one batch exceeds 2 GiB".to_owned());
        }
        let offsets = OffsetBuffer::new(self.ends.into());
        Ok(Arc::new(StringArray::new(offsets, Buffer::from_vec(self.text.into_bytes()), nulls)))
    }
}

pub(super) fn text(frame: &Frame, stream: &Stream, law: &TextLaw) -> ArrayRef {
    let words = frame.words(stream, 1);
    match law {
        TextLaw::Word(vocabulary) => {
            let keys = words.iter().map(|word| vocabulary.index(*word) as i32);
            let values = StringArray::from_iter_values(vocabulary.words.iter());
            return Arc::new(DictionaryArray::<Int32Type>::new(
                Int32Array::from_iter_values(keys),
                Arc::new(values),
            ));
        }
        TextLaw::UserAgent => {
            let agents = vocabulary::user_agents();
            let keys = words.iter().map(|word| below(*word, agents.len() as u64) as i32);
            let values = StringArray::from_iter_values(agents);
            return Arc::new(DictionaryArray::<Int32Type>::new(
                Int32Array::from_iter_values(keys),
                Arc::new(values),
            ));
        }
        _ => {}
    }
    let mut strings = Strings::with_capacity(words.len(), 32);
    match law {
        TextLaw::Words { vocabulary, length, phrases } => {
            if let (Some(short), true) = (&vocabulary.short, phrases.is_empty()) {
                return short_words(&words, vocabulary, short, *length);
            }
            for word in words {
                words_into(&mut strings.text, &mut Trickle::new(word), vocabulary, *length, phrases);
                strings.end();
            }
        }
        TextLaw::Sentence { words: count } => {
            for word in words {
                sentence_into(&mut strings.text, &mut Trickle::new(word), *count);
                strings.end();
            }
        }
        TextLaw::Paragraph { sentences } => {
            for word in words {
                let mut trickle = Trickle::new(word);
                for i in 0..drawn(&mut trickle, *sentences) {
                    if i > 0 {
                        strings.text.push(' ');
                    }
                    sentence_into(&mut strings.text, &mut trickle, Length { from: 5, to: 12 });
                }
                strings.end();
            }
        }
        TextLaw::Characters { alphabet, length } => {
            for word in words {
                let mut trickle = Trickle::new(word);
                for _ in 0..drawn(&mut trickle, *length) {
                    strings.text.push(alphabet[trickle.below(alphabet.len() as u64) as usize]);
                }
                strings.end();
            }
        }
        TextLaw::Product => {
            let product = vocabulary::product();
            for word in words {
                let mut trickle = Trickle::new(word);
                for (i, list) in
                    [&product.adjectives, &product.materials, &product.nouns].into_iter().enumerate()
                {
                    if i > 0 {
                        strings.text.push(' ');
                    }
                    strings.text.push_str(list[trickle.below(list.len() as u64) as usize]);
                }
                strings.end();
            }
        }
        TextLaw::Word(_) | TextLaw::UserAgent => {}
    }
    strings.finish(None).expect("the limits on lengths keep a batch of text below 2 GiB")
}

pub(super) fn bytes(
    frame: &Frame,
    stream: &Stream,
    length: Length,
    content: &BytesContent,
) -> Result<ArrayRef, String> {
    let words = frame.words(stream, 1);
    let mut bytes: Vec<u8> = Vec::with_capacity(words.len() * (length.from / 2 + length.to / 2) as usize);
    let mut ends = Vec::with_capacity(words.len() + 1);
    ends.push(0);
    let mut text = String::new();
    for word in words {
        let mut trickle = Trickle::new(word);
        match content {
            BytesContent::Random => {
                let end = bytes.len() + drawn(&mut trickle, length) as usize;
                while bytes.len() < end {
                    let left = end - bytes.len();
                    bytes.extend_from_slice(&trickle.next().to_le_bytes()[..left.min(8)]);
                }
            }
            BytesContent::Text(vocabulary) => {
                text.clear();
                words_into(&mut text, &mut trickle, vocabulary, length, &[]);
                bytes.extend_from_slice(text.as_bytes());
            }
            BytesContent::Zeros => bytes.resize(bytes.len() + drawn(&mut trickle, length) as usize, 0),
        }
        ends.push(i32::try_from(bytes.len()).map_err(|_| "the bytes of one batch exceed 2 GiB")?);
    }
    Ok(Arc::new(BinaryArray::new(OffsetBuffer::new(ends.into()), Buffer::from_vec(bytes), None)))
}

impl Vocabulary {
    fn index(&self, word: u64) -> usize {
        match &self.law {
            None => below(word, self.words.len() as u64) as usize,
            Some(law) => law.sample(word),
        }
    }
}

fn drawn(trickle: &mut Trickle, length: Length) -> u64 {
    length.from + trickle.below(length.to - length.from + 1)
}

/// Words until the length is reached, cut there; a phrase goes between two words.
fn words_into(
    out: &mut String,
    trickle: &mut Trickle,
    vocabulary: &Vocabulary,
    length: Length,
    phrases: &[Affix],
) {
    let start = out.len();
    let length = drawn(trickle, length) as usize;
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
        all += drawn(&mut Trickle::new(word), length) as usize;
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

/// An English-looking sentence: adjectives and nouns around a verb.
fn sentence_into(out: &mut String, trickle: &mut Trickle, words: Length) {
    let English { nouns, verbs, adjectives, adverbs } = vocabulary::english();
    let count = drawn(trickle, words);
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

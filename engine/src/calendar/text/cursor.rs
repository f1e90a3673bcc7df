//! A place in a text, and what is wrong there.

use crate::error::excerpt;

/// A text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct TextError {
    /// What should have been there.
    pub expected: String,
    /// What was there, in backticks, or `the end`.
    pub found: String,
    /// The byte of the text where it was.
    pub at: usize,
}

/// A place in the text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// So many of the next bytes, which must be ASCII.
    pub(super) fn ahead(&self, count: usize) -> &'a str {
        &self.text[self.at..self.at + count]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn eat(&mut self, choices: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| choices.contains(&byte));
        self.at += usize::from(found);
        found
    }

    pub(super) fn spaces(&mut self) {
        while self.eat(b" \t") {}
    }

    pub(super) fn end(&self, expected: &str) -> Result<(), TextError> {
        if self.is_at_end() { Ok(()) } else { Err(self.error(expected)) }
    }

    pub(super) fn error(&self, expected: &str) -> TextError {
        self.error_at(self.at, expected)
    }

    pub(super) fn error_at(&self, at: usize, expected: &str) -> TextError {
        // The cursor steps over ASCII alone, so it stands on a border of characters.
        let found = match self.text[at..].split(' ').next() {
            _ if at == self.text.len() => "the end".to_owned(),
            None | Some("") => "a space".to_owned(),
            Some(word) => format!("`{}`", excerpt(word)),
        };
        TextError { expected: expected.to_owned(), found, at }
    }

    /// Exactly two digits, and a number in a range.
    pub(super) fn pair(
        &mut self,
        range: std::ops::RangeInclusive<u32>,
        expected: &str,
    ) -> Result<u32, TextError> {
        match self.rest() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9', after @ ..]
                if !after.first().is_some_and(u8::is_ascii_digit) =>
            {
                let number = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
                if !range.contains(&number) {
                    return Err(self.error(expected));
                }
                self.at += 2;
                Ok(number)
            }
            _ => Err(self.error(expected)),
        }
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &str) -> Result<(), TextError> {
        if self.eat(&[byte]) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// A run of digits: how many, and their number. At most 18 are read.
    pub(super) fn digits(&mut self) -> (usize, i64) {
        let run = self.rest().iter().take(18).take_while(|byte| byte.is_ascii_digit());
        let (count, number) =
            run.fold((0, 0), |(count, n), byte| (count + 1, n * 10 + i64::from(byte - b'0')));
        self.at += count;
        (count, number)
    }

    /// Digits after a point, scaled to so many.
    pub(super) fn fraction(&mut self, max_digits: usize, expected: &str) -> Result<i64, TextError> {
        let start = self.at;
        let (count, number) = self.digits();
        if !(1..=max_digits).contains(&count) {
            return Err(self.error_at(start, expected));
        }
        Ok(number * 10_i64.pow((max_digits - count) as u32))
    }
}

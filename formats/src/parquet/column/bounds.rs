//! The least and the greatest value of a column chunk, for its statistics.

use super::index::PageBounds;

/// Bytes of text that statistics keep at most.
const LONGEST: usize = 64;

/// The bounds of texts, compared byte by byte.
#[derive(Default)]
pub(super) struct TextBounds {
    least: Bound,
    greatest: Bound,
    any: bool,
}

/// A bound as statistics have it.
pub(super) struct TextBound {
    pub(super) text: Vec<u8>,
    /// Whether it is a value itself.
    pub(super) is_exact: bool,
}

/// A text and its first eight bytes as a number, which settles most comparisons.
#[derive(Default)]
struct Bound {
    prefix: u64,
    text: Vec<u8>,
}

impl Bound {
    fn set(&mut self, prefix: u64, text: &[u8]) {
        self.prefix = prefix;
        self.text.clear();
        self.text.extend_from_slice(text);
    }
}

impl TextBounds {
    pub(super) fn include(&mut self, text: &[u8]) {
        let prefix = prefix_of(text);
        if !self.any {
            self.any = true;
            self.least.set(prefix, text);
            self.greatest.set(prefix, text);
            return;
        }
        // A prefix that is shorter than eight bytes is filled with zeros, so a smaller number is a smaller
        // text.
        if prefix < self.least.prefix || prefix == self.least.prefix && text < &*self.least.text {
            self.least.set(prefix, text);
        } else if prefix > self.greatest.prefix
            || prefix == self.greatest.prefix && text > &*self.greatest.text
        {
            self.greatest.set(prefix, text);
        }
    }

    /// Includes texts that lie one after the other: text `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    pub(super) fn include_all(&mut self, offsets: &[i32], bytes: &[u8]) {
        let Some((first, rest)) = offsets.split_first() else { return };
        let mut start = *first as usize;
        for end in rest {
            let text = &bytes[start..*end as usize];
            start = *end as usize;
            // Nearly all texts lie strictly between the bounds, and are done with here.
            let prefix = prefix_of(text);
            if !self.any || prefix <= self.least.prefix || prefix >= self.greatest.prefix {
                self.include(text);
            }
        }
    }

    /// Includes what other bounds hold, which are empty then.
    pub(super) fn take_in(&mut self, other: &mut Self) {
        if other.any {
            self.include(&other.least.text);
            self.include(&other.greatest.text);
            other.any = false;
        }
    }

    /// The bounds of a page that holds these texts, as plain bytes; none where the greatest cannot be shortened.
    pub(super) fn of_page(&self) -> PageBounds {
        let greatest = upper(self.greatest.text.clone()).filter(|_| self.any)?;
        Some((lower(self.least.text.clone()).text, greatest.text))
    }

    /// The least and the greatest, shortened where they are long.
    pub(super) fn finish(self) -> (Option<TextBound>, Option<TextBound>) {
        if !self.any {
            return (None, None);
        }
        (Some(lower(self.least.text)), upper(self.greatest.text))
    }
}

fn prefix_of(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(eight) => u64::from_be_bytes(*eight),
        None => {
            text.iter().enumerate().fold(0, |prefix, (i, byte)| prefix | u64::from(*byte) << (56 - 8 * i))
        }
    }
}

/// A text that is not greater and not long; it ends where a character does.
fn lower(mut text: Vec<u8>) -> TextBound {
    if text.len() <= LONGEST {
        return TextBound { text, is_exact: true };
    }
    let is_inside_character = |byte: u8| byte & 0xc0 == 0x80;
    let end = (1..=LONGEST).rev().find(|end| !is_inside_character(text[*end])).unwrap_or(LONGEST);
    text.truncate(end);
    TextBound { text, is_exact: false }
}

/// A text that is not less and not long. The last ASCII character of the beginning is raised by one, what
/// follows is dropped; there may be none.
fn upper(mut text: Vec<u8>) -> Option<TextBound> {
    if text.len() <= LONGEST {
        return Some(TextBound { text, is_exact: true });
    }
    text.truncate(LONGEST);
    while let Some(last) = text.pop() {
        if last < 0x7f {
            text.push(last + 1);
            return Some(TextBound { text, is_exact: false });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_hold(texts in prop::collection::vec("[a-cé\u{7f}\0]{0,90}", 0..20)) {
            let mut bounds = TextBounds::default();
            texts.iter().for_each(|text| bounds.include(text.as_bytes()));
            let (least, greatest) = bounds.finish();
            prop_assert_eq!(least.is_none(), texts.is_empty());
            if let Some(TextBound { text, is_exact }) = least {
                let truth = texts.iter().min().unwrap().as_str();
                prop_assert!(str::from_utf8(&text).is_ok_and(|bound| bound <= truth && is_exact == (bound == truth)));
            }
            if let Some(TextBound { text, is_exact }) = greatest {
                let truth = texts.iter().max().unwrap().as_str();
                prop_assert!(str::from_utf8(&text).is_ok_and(|bound| bound >= truth && is_exact == (bound == truth)));
            }
        }
    }
}

//! How the lists lie in the TSV files of this folder, and how they are hashed.
//!
//! A line is the list's name, a tab, and words separated by tabs; lines of one name follow each other
//! and are one list. Lines that start with `#` are comments.

/// The words of the list `name` in `file`, in order; nothing when the file has no such list.
pub(super) fn words_of(file: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    file.lines()
        .filter_map(move |line| line.strip_prefix(name)?.strip_prefix('\t'))
        .flat_map(|words| words.split('\t'))
}

/// BLAKE3 over items that each end where the next begins: `["ab"]` and `["a", "b"]` differ.
pub(super) struct Digest(blake3::Hasher);

impl Digest {
    /// Of nothing yet.
    pub(super) fn new() -> Self {
        Self(blake3::Hasher::new())
    }

    /// Of one list of words.
    #[cfg(test)]
    pub(super) fn of(words: &[&str]) -> blake3::Hash {
        let mut digest = Self::new();
        for word in words {
            digest.text(word);
        }
        digest.finish()
    }

    /// Adds a text, its length first.
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    /// The hash of all that was added.
    pub(super) fn finish(self) -> blake3::Hash {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_span_lines_and_its_name_is_matched_whole() {
        let file = "# a\tcomment\na\tx\ty\nab\tother\na\tz\n";
        assert_eq!(words_of(file, "a").collect::<Vec<_>>(), ["x", "y", "z"]);
        assert_eq!(words_of(file, "b").count(), 0);
    }

    #[test]
    fn borders_between_words_count() {
        assert_ne!(Digest::of(&["ab"]), Digest::of(&["a", "b"]));
    }
}

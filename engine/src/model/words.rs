//! The words of the built-in vocabulary.

use std::sync::OnceLock;

use super::recipe::Vocabulary;
use crate::vocabulary;

/// All English words. Every generator that draws from them has the same.
pub(super) fn english() -> Vocabulary {
    static WORDS: OnceLock<Vocabulary> = OnceLock::new();
    let made = || {
        let english = vocabulary::english();
        let all = [&english.nouns, &english.verbs, &english.adjectives, &english.adverbs];
        Vocabulary::new(all.into_iter().flatten().copied(), None)
    };
    WORDS.get_or_init(made).clone()
}

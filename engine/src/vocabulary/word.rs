//! Words for text, companies, products and the internet.

use std::sync::OnceLock;

use fake::locales::{Data, EN};

#[cfg(test)]
use super::list::Digest;
use super::list::words_of;

/// Common English words of business and software, lower case; each class without duplicates.
#[derive(Debug)]
pub struct English {
    /// Singular nouns, mostly countable.
    pub nouns: Vec<&'static str>,
    /// Verbs in the base form that can take an object: `review`, `close`.
    pub verbs: Vec<&'static str>,
    /// Adjectives that can stand before a noun.
    pub adjectives: Vec<&'static str>,
    /// Adverbs that can stand after a verb and its object.
    pub adverbs: Vec<&'static str>,
}

/// What the name of a product is made of, each word capitalised: `Rustic Oak Table`.
#[derive(Debug)]
pub struct Product {
    /// `Rustic`
    pub adjectives: Vec<&'static str>,
    /// `Oak`
    pub materials: Vec<&'static str>,
    /// `Table`
    pub nouns: Vec<&'static str>,
}

/// The Latin words of dummy text, as the crate `fake` has them: 249 words, frequent ones several times.
pub fn lorem() -> &'static [&'static str] {
    EN::LOREM_WORD
}

/// English words by class.
pub fn english() -> &'static English {
    static ENGLISH: OnceLock<English> = OnceLock::new();
    ENGLISH.get_or_init(|| English {
        nouns: list("noun"),
        verbs: list("verb"),
        adjectives: list("adjective"),
        adverbs: list("adverb"),
    })
}

/// Names of companies without their legal form: one capitalised ASCII word each, each once.
pub fn company_stems() -> &'static [&'static str] {
    static STEMS: OnceLock<Vec<&'static str>> = OnceLock::new();
    STEMS.get_or_init(|| list("company stem"))
}

/// Legal forms that follow a company's name in a country given by its alpha-2 code, in Latin letters;
/// `Inc`, `LLC`, `Ltd`, `Group` for a country that is not in the table of places. Never empty.
///
/// ```
/// use seedbed_engine::vocabulary::company_suffixes;
/// assert_eq!(company_suffixes("FI"), ["Oy", "Oyj"]);
/// assert_eq!(company_suffixes("AQ"), ["Inc", "LLC", "Ltd", "Group"]);
/// ```
pub fn company_suffixes(country: &str) -> &'static [&'static str] {
    let suffixes = all_company_suffixes();
    let index = suffixes.binary_search_by_key(&country, |(code, _)| code).unwrap_or(0);
    &suffixes[index].1
}

/// By country code, sorted; the default under the empty code comes first.
fn all_company_suffixes() -> &'static [(&'static str, Vec<&'static str>)] {
    static SUFFIXES: OnceLock<Vec<(&'static str, Vec<&'static str>)>> = OnceLock::new();
    SUFFIXES.get_or_init(|| {
        let lists = WORDS.lines().filter_map(|line| line.strip_prefix("company suffix")?.split_once('\t'));
        lists.map(|(code, words)| (code.trim_start(), words.split('\t').collect())).collect()
    })
}

/// The characters of the longest of [`company_suffixes`], of all countries.
pub(crate) fn longest_company_suffix() -> u64 {
    let all = all_company_suffixes().iter().flat_map(|(_, suffixes)| suffixes);
    all.map(|suffix| suffix.chars().count() as u64).max().unwrap_or(0)
}

/// What names of products are made of.
pub fn product() -> &'static Product {
    static PRODUCT: OnceLock<Product> = OnceLock::new();
    PRODUCT.get_or_init(|| Product {
        adjectives: list("product adjective"),
        materials: list("product material"),
        nouns: list("product noun"),
    })
}

/// Top-level domains without a dot, common ones first. If you make addresses of them,
/// remember that these domains exist; `example` does not.
pub fn domain_suffixes() -> &'static [&'static str] {
    static SUFFIXES: OnceLock<Vec<&'static str>> = OnceLock::new();
    SUFFIXES.get_or_init(|| list("domain suffix"))
}

/// What browsers of 2024 and 2025 send as `User-Agent`, each once.
pub fn user_agents() -> &'static [&'static str] {
    static AGENTS: OnceLock<Vec<&'static str>> = OnceLock::new();
    AGENTS.get_or_init(|| list("user agent"))
}

const WORDS: &str = include_str!("words.tsv");

fn list(name: &str) -> Vec<&'static str> {
    words_of(WORDS, name).collect()
}

/// All lists by name, the suffixes of companies apart.
#[cfg(test)]
fn lists() -> [(&'static str, &'static [&'static str]); 11] {
    let (english, product) = (english(), product());
    [
        ("lorem", lorem()),
        ("noun", &english.nouns),
        ("verb", &english.verbs),
        ("adjective", &english.adjectives),
        ("adverb", &english.adverbs),
        ("company stem", company_stems()),
        ("product adjective", &product.adjectives),
        ("product material", &product.materials),
        ("product noun", &product.nouns),
        ("domain suffix", domain_suffixes()),
        ("user agent", user_agents()),
    ]
}

/// The lists' names and hashes, to be compared with those that were released.
#[cfg(test)]
pub(super) fn digests() -> Vec<(String, blake3::Hash)> {
    let mut digests: Vec<(String, blake3::Hash)> =
        lists().iter().map(|(name, words)| ((*name).to_owned(), Digest::of(words))).collect();
    let mut suffixes = Digest::new();
    for line in WORDS.lines().filter(|line| line.starts_with("company suffix")) {
        suffixes.text(line);
    }
    digests.push(("company suffix".to_owned(), suffixes.finish()));
    digests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::places;
    use std::collections::HashSet;

    #[test]
    fn lists_are_long_enough_and_hold_each_word_once() {
        for ((name, words), least) in lists().iter().zip([249, 150, 150, 150, 150, 300, 50, 50, 50, 8, 30]) {
            assert!(words.len() >= least, "{name}: {}", words.len());
            let distinct: HashSet<&&str> = words.iter().collect();
            assert!(distinct.len() == words.len() || *name == "lorem", "{name} holds a word twice");
            assert!(words.iter().all(|word| !word.is_empty() && word.trim() == *word), "{name}");
        }
    }

    #[test]
    fn words_are_spelled_as_promised() {
        let english = english();
        for word in
            [&english.nouns, &english.verbs, &english.adjectives, &english.adverbs].into_iter().flatten()
        {
            assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
        }
        for stem in company_stems() {
            assert!(stem.as_bytes()[0].is_ascii_uppercase(), "{stem}");
            assert!(stem.bytes().skip(1).all(|b| b.is_ascii_lowercase()), "{stem}");
        }
    }

    #[test]
    fn every_country_has_its_own_suffixes() {
        let lines = WORDS.lines().filter_map(|line| line.strip_prefix("company suffix")?.split_once('\t'));
        assert!(lines.is_sorted_by(|before, after| before.0 < after.0), "one line per country, by code");
        let default = company_suffixes("");
        for country in places().countries() {
            let suffixes = company_suffixes(country.code);
            assert!(!suffixes.is_empty() && !std::ptr::eq(suffixes, default), "{}", country.code);
        }
        assert_eq!(company_suffixes("JP"), ["K.K.", "G.K."]);
        assert_eq!(company_suffixes("CN"), ["Co., Ltd.", "Technology Co., Ltd.", "Group"]);
        assert!(std::ptr::eq(company_suffixes("de"), default), "codes are upper case");
    }
}

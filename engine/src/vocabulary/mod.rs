//! The words that generators draw by index: places, names of persons, text, companies, products.
//!
//! Values of users' datasets depend on these lists, so they are frozen: the data lies in this folder
//! or in a crate whose version is pinned, order and content never depend on the build, and a golden
//! test holds the BLAKE3 hash of each list. A changed list is a value-breaking change; it changes
//! [`fingerprint`].
//!
//! Every list is read on its first use, so a scenario pays for what it draws from and no more.
//!
//! ```
//! use seedbed_engine::vocabulary::{names, places, slug_into};
//!
//! let germany = places().country("DE").unwrap();
//! let city = &places().cities_of(germany)[0];
//! assert_eq!((city.name, city.zone, city.locale), ("Berlin", "Europe/Berlin", "de-DE"));
//!
//! let names = names(city.locale).unwrap();
//! let mut full = String::new();
//! names.full_into(0, 0, &mut full);
//! let mut slug = String::new();
//! slug_into("Jürgen & Söhne GmbH", &mut slug);
//! assert_eq!((full.as_str(), slug.as_str()), ("Anna Müller", "jurgen-sohne-gmbh"));
//! ```

mod list;
mod name;
mod place;
mod slug;
mod word;

use std::sync::OnceLock;

pub use name::{Names, Order, Word, locales, names};
pub use place::{City, Country, Places, places};
pub use slug::{letters_into, slug_into};
pub use word::{
    English, Product, company_stems, company_suffixes, domain_suffixes, english, lorem, product, user_agents,
};

/// A hash over all lists: it changes when, and only when, a word, its order or its ASCII form does.
///
/// Reads every list on the first call (a few milliseconds) and remembers the answer.
pub fn fingerprint() -> [u8; 32] {
    static FINGERPRINT: OnceLock<[u8; 32]> = OnceLock::new();
    *FINGERPRINT.get_or_init(|| {
        let mut all = list::Digest::new();
        for (name, digest) in digests() {
            all.text(&name);
            all.text(&digest.to_hex());
        }
        *all.finish().as_bytes()
    })
}

/// Every list's name and hash, in a fixed order.
fn digests() -> Vec<(String, blake3::Hash)> {
    let mut all = place::digests();
    all.extend(name::digests());
    all.extend(word::digests());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The independent record of what was released: list, TAB, hash.
    const GOLDEN: &str = include_str!("golden.tsv");

    #[test]
    fn every_list_is_as_it_was_released() {
        let now: String = digests().iter().map(|(name, digest)| format!("{name}\t{digest}\n")).collect();
        let changed: Vec<&str> = now.lines().filter(|line| !GOLDEN.lines().any(|old| old == *line)).collect();
        assert!(
            now == GOLDEN,
            "VALUE-BREAKING: these lists differ from golden.tsv:\n{}",
            if changed.is_empty() { "(removed or reordered)".to_owned() } else { changed.join("\n") }
        );
    }

    #[test]
    fn the_fingerprint_sees_every_list() {
        assert_eq!(fingerprint(), fingerprint());
        let names: std::collections::BTreeSet<String> = digests().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), digests().len(), "two lists share a name");
    }
}

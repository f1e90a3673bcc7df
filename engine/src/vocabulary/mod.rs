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

pub use name::{Names, Order, Word, locales, names};
pub use place::{City, Country, Places, places};
pub use slug::{letters_into, slug_into};
pub(crate) use word::longest_company_suffix;
pub use word::{
    English, Product, company_stems, company_suffixes, domain_suffixes, english, lorem, product, user_agents,
};

/// What was released: list, TAB, the hash of its words. A test compares it with the lists.
const RELEASED: &str = include_str!("golden.tsv");

/// A hash over all lists: it changes when a word, its order or its ASCII form does.
///
/// It is that of `golden.tsv`, to which a test holds the lists, so that these need not be read for it.
pub fn fingerprint() -> [u8; 32] {
    let mut all = list::Digest::new();
    RELEASED.lines().flat_map(|line| line.split('\t')).for_each(|text| all.text(text));
    *all.finish().as_bytes()
}

/// Every list's name and hash, in a fixed order.
#[cfg(test)]
fn digests() -> Vec<(String, blake3::Hash)> {
    let mut all = place::digests();
    all.extend(name::digests());
    all.extend(word::digests());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_as_it_was_released() {
        let now: String = digests().iter().map(|(name, digest)| format!("{name}\t{digest}\n")).collect();
        let changed: Vec<&str> =
            now.lines().filter(|line| !RELEASED.lines().any(|old| old == *line)).collect();
        assert!(
            now == RELEASED,
            "VALUE-BREAKING: these lists differ from golden.tsv:\n{}",
            if changed.is_empty() { "(removed or reordered)".to_owned() } else { changed.join("\n") }
        );
    }

    #[test]
    fn every_list_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<String> = digests().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), digests().len(), "two lists share a name");
    }
}

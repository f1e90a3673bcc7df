//! Names of persons by locale.
//!
//! The lists come from the crate `fake` where it has good ones, and from `names.tsv` else. Locales of
//! one language share a list where people there share their names.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use fake::locales::{CY_GB, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR, PT_PT, ZH_CN, ZH_TW};

#[cfg(test)]
use super::list::Digest;
use super::list::words_of;
use super::slug::letters_into;

/// A name as people write it, and its form for user names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In the script of the locale.
    pub text: &'static str,
    /// Lower-case ASCII letters only, at least one.
    pub ascii: Box<str>,
}

/// Which name stands first when a person is named in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `Anna Müller`
    GivenFirst,
    /// `Nagy Anna`
    FamilyFirst,
}

/// The names of one or more locales.
#[derive(Debug)]
pub struct Names {
    /// Given names of women and men, each once.
    pub first: Vec<Word>,
    /// Family names, each once; of men where the language tells them apart.
    pub last: Vec<Word>,
    /// Which name stands first.
    pub order: Order,
    /// What stands between the names: a space or nothing.
    pub separator: &'static str,
    /// Where family names have a form for women.
    feminine: Option<Feminine>,
}

/// The form of family names for women, such as `Nováková` beside `Novák`.
#[derive(Debug)]
struct Feminine {
    /// The given names of women in `Names::first`.
    first: Range<usize>,
    /// One for each of `Names::last`, in its order.
    last: Vec<Word>,
}

impl Names {
    /// The family name number `last` in the form that goes with the given name number `first`.
    ///
    /// ```
    /// use seedbed_engine::vocabulary::names;
    /// let names = names("cs-CZ").unwrap();
    /// let (jan, jana) = (0, names.first.iter().position(|name| name.text == "Jana").unwrap());
    /// assert_eq!(names.last_of(jan, 0).text, "Novák");
    /// assert_eq!(names.last_of(jana, 0).text, "Nováková");
    /// ```
    pub fn last_of(&self, first: usize, last: usize) -> &Word {
        match &self.feminine {
            Some(feminine) if feminine.first.contains(&first) => &feminine.last[last],
            _ => &self.last[last],
        }
    }

    /// Appends the full name made of the given name number `first` and the family name number `last`.
    pub fn full_into(&self, first: usize, last: usize, out: &mut String) {
        let (given, family) = (self.first[first].text, self.last_of(first, last).text);
        let (before, after) = match self.order {
            Order::GivenFirst => (given, family),
            Order::FamilyFirst => (family, given),
        };
        out.push_str(before);
        out.push_str(self.separator);
        out.push_str(after);
    }
}

/// The names for a locale such as `de-AT`; `None` for a locale that is not in [`locales`].
///
/// Reads the locale's lists on its first call and is a search in a short table from then on.
pub fn names(locale: &str) -> Option<&'static Names> {
    static READ: [OnceLock<Names>; LISTS.len()] = [const { OnceLock::new() }; LISTS.len()];
    let index = LOCALES.binary_search_by_key(&locale, |(locale, _)| locale).ok()?;
    let list = LOCALES[index].1;
    debug_assert_eq!(LISTS[list as usize].list, list);
    Some(READ[list as usize].get_or_init(|| LISTS[list as usize].read()))
}

/// Every locale that [`names`] knows, sorted.
pub fn locales() -> impl ExactSizeIterator<Item = &'static str> + Clone {
    LOCALES.iter().map(|(locale, _)| *locale)
}

/// The lists there are; the discriminant is the place in `LISTS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    NorthAfrica,
    Czech,
    Welsh,
    Danish,
    German,
    Greek,
    English,
    India,
    Kenya,
    Nigeria,
    Philippines,
    Singapore,
    SouthAfrica,
    LatinAmerica,
    Spain,
    Persian,
    Finnish,
    French,
    Hebrew,
    Hindi,
    Hungarian,
    Indonesian,
    Italian,
    Japanese,
    Korean,
    Norwegian,
    Nepali,
    Dutch,
    Polish,
    Brazil,
    Portugal,
    Romanian,
    Russian,
    Gulf,
    Swedish,
    Thai,
    Turkish,
    Ukrainian,
    Vietnamese,
    China,
    Taiwan,
}

/// Which list each locale draws from; sorted by locale.
const LOCALES: &[(&str, List)] = &[
    ("ar-AE", List::Gulf),
    ("ar-EG", List::NorthAfrica),
    ("ar-MA", List::NorthAfrica),
    ("ar-SA", List::Gulf),
    ("cs-CZ", List::Czech),
    ("cy-GB", List::Welsh),
    ("da-DK", List::Danish),
    ("de-AT", List::German),
    ("de-CH", List::German),
    ("de-DE", List::German),
    ("el-GR", List::Greek),
    ("en-AU", List::English),
    ("en-CA", List::English),
    ("en-GB", List::English),
    ("en-IE", List::English),
    ("en-IN", List::India),
    ("en-KE", List::Kenya),
    ("en-NG", List::Nigeria),
    ("en-NZ", List::English),
    ("en-PH", List::Philippines),
    ("en-SG", List::Singapore),
    ("en-US", List::English),
    ("en-ZA", List::SouthAfrica),
    ("es-AR", List::LatinAmerica),
    ("es-CL", List::LatinAmerica),
    ("es-CO", List::LatinAmerica),
    ("es-EC", List::LatinAmerica),
    ("es-ES", List::Spain),
    ("es-MX", List::LatinAmerica),
    ("es-PE", List::LatinAmerica),
    ("es-US", List::LatinAmerica),
    ("es-UY", List::LatinAmerica),
    ("fa-IR", List::Persian),
    ("fi-FI", List::Finnish),
    ("fr-BE", List::French),
    ("fr-CA", List::French),
    ("fr-CH", List::French),
    ("fr-FR", List::French),
    ("he-IL", List::Hebrew),
    ("hi-IN", List::Hindi),
    ("hu-HU", List::Hungarian),
    ("id-ID", List::Indonesian),
    ("it-CH", List::Italian),
    ("it-IT", List::Italian),
    ("ja-JP", List::Japanese),
    ("ko-KR", List::Korean),
    ("nb-NO", List::Norwegian),
    ("ne-NP", List::Nepali),
    ("nl-BE", List::Dutch),
    ("nl-NL", List::Dutch),
    ("pl-PL", List::Polish),
    ("pt-BR", List::Brazil),
    ("pt-PT", List::Portugal),
    ("ro-RO", List::Romanian),
    ("ru-RU", List::Russian),
    ("sv-SE", List::Swedish),
    ("th-TH", List::Thai),
    ("tr-TR", List::Turkish),
    ("uk-UA", List::Ukrainian),
    ("vi-VN", List::Vietnamese),
    ("zh-CN", List::China),
    ("zh-TW", List::Taiwan),
];

/// Where a list's names come from, and how they are put together.
struct Source {
    list: List,
    words: Words,
    order: Order,
    separator: &'static str,
}

/// Where names come from.
enum Words {
    /// Given and family names of the crate `fake`.
    Fake(&'static [&'static str], &'static [&'static str]),
    /// Lists of `names.tsv` that start with this.
    File(&'static str),
}

/// Given name, space, family name, out of `fake`.
const fn fake<L: Data>(list: List) -> Source {
    let words = Words::Fake(L::NAME_FIRST_NAME, L::NAME_LAST_NAME);
    Source { list, words, order: Order::GivenFirst, separator: " " }
}

/// Given name, space, family name, out of `names.tsv`.
const fn file(list: List, name: &'static str) -> Source {
    Source { list, words: Words::File(name), order: Order::GivenFirst, separator: " " }
}

/// A source whose family names stand first.
const fn family_first(source: Source, separator: &'static str) -> Source {
    Source { order: Order::FamilyFirst, separator, ..source }
}

/// In the order of [`List`].
const LISTS: &[Source] = &[
    file(List::NorthAfrica, "ar"),
    file(List::Czech, "cs"),
    fake::<CY_GB>(List::Welsh),
    file(List::Danish, "da"),
    file(List::German, "de"),
    file(List::Greek, "el"),
    fake::<EN>(List::English),
    file(List::India, "en-IN"),
    file(List::Kenya, "en-KE"),
    file(List::Nigeria, "en-NG"),
    file(List::Philippines, "en-PH"),
    file(List::Singapore, "en-SG"),
    file(List::SouthAfrica, "en-ZA"),
    file(List::LatinAmerica, "es-419"),
    file(List::Spain, "es-ES"),
    file(List::Persian, "fa"),
    file(List::Finnish, "fi"),
    fake::<FR_FR>(List::French),
    file(List::Hebrew, "he"),
    file(List::Hindi, "hi"),
    family_first(file(List::Hungarian, "hu"), " "),
    file(List::Indonesian, "id"),
    fake::<IT_IT>(List::Italian),
    family_first(file(List::Japanese, "ja"), " "),
    family_first(file(List::Korean, "ko"), ""),
    file(List::Norwegian, "nb"),
    file(List::Nepali, "ne"),
    fake::<NL_NL>(List::Dutch),
    file(List::Polish, "pl"),
    fake::<PT_BR>(List::Brazil),
    fake::<PT_PT>(List::Portugal),
    file(List::Romanian, "ro"),
    file(List::Russian, "ru"),
    file(List::Gulf, "ar-SA"),
    file(List::Swedish, "sv"),
    file(List::Thai, "th"),
    file(List::Turkish, "tr"),
    file(List::Ukrainian, "uk"),
    family_first(file(List::Vietnamese, "vi"), " "),
    family_first(fake::<ZH_CN>(List::China), ""),
    family_first(fake::<ZH_TW>(List::Taiwan), ""),
];

impl Source {
    fn read(&self) -> Names {
        let Self { words, order, separator, .. } = self;
        let (first, last, feminine) = match words {
            Words::Fake(first, last) => (unique(first), unique(last), None),
            Words::File(name) => {
                let list = |part: &str| -> Vec<Word> {
                    words_of(include_str!("names.tsv"), &format!("{name} {part}")).map(Word::of).collect()
                };
                let mut first = list("given");
                let men = first.len();
                first.extend(list("given women"));
                let women = men..first.len();
                let feminine =
                    (!women.is_empty()).then(|| Feminine { first: women, last: list("family women") });
                (first, list("family"), feminine)
            }
        };
        Names { first, last, order: *order, separator, feminine }
    }
}

/// The words of a list of `fake`, where a word may stand twice or have a tab at its end.
fn unique(words: &[&'static str]) -> Vec<Word> {
    let mut seen = HashSet::new();
    words.iter().map(|word| word.trim()).filter(|word| seen.insert(*word)).map(Word::of).collect()
}

impl Word {
    /// Of a text with its ASCII form after `=`, or a text alone, which is transliterated.
    fn of(entry: &'static str) -> Self {
        let (text, reading) = entry.split_once('=').unwrap_or((entry, entry));
        let mut ascii = String::with_capacity(reading.len());
        letters_into(reading, &mut ascii);
        Self { text, ascii: ascii.into_boxed_str() }
    }
}

/// The lists' names and hashes, to be compared with those that were released.
#[cfg(test)]
pub(super) fn digests() -> Vec<(String, blake3::Hash)> {
    LISTS
        .iter()
        .map(|source| {
            let (locale, _) = LOCALES.iter().find(|(_, list)| *list == source.list).expect("a test holds it");
            let names = names(locale).expect("it stands in the table");
            let mut digest = Digest::new();
            digest.text(&format!("{:?}{:?}", names.order, names.separator));
            let feminine = names.feminine.as_ref().map_or(&[][..], |feminine| &feminine.last);
            for words in [&names.first[..], &names.last[..], feminine] {
                digest.number(words.len() as u64);
                for word in words {
                    digest.text(word.text);
                    digest.text(&word.ascii);
                }
            }
            let first_feminine = names.feminine.as_ref().map_or(0, |feminine| feminine.first.start);
            digest.number(first_feminine as u64);
            (format!("names {:?}", source.list), digest.finish())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (&'static str, &'static Names)> {
        locales().map(|locale| (locale, names(locale).unwrap()))
    }

    #[test]
    fn the_tables_are_in_order() {
        assert!(LOCALES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (index, source) in LISTS.iter().enumerate() {
            assert_eq!(source.list as usize, index, "{:?}", source.list);
            assert!(LOCALES.iter().any(|(_, list)| *list == source.list), "{:?} has no locale", source.list);
        }
    }

    #[test]
    fn unknown_locales_have_no_names() {
        for locale in ["", "de", "de-de", "xx-XX", "zz"] {
            assert!(names(locale).is_none(), "{locale}");
        }
    }

    #[test]
    fn every_list_has_enough_names_each_once() {
        for (locale, names) in all() {
            for (part, words) in [("given", &names.first), ("family", &names.last)] {
                // Italian and Saudi family names are as few as `fake` has.
                let least =
                    if part == "family" && ["it-IT", "it-CH", "ar-SA"].contains(&locale) { 44 } else { 60 };
                assert!(words.len() >= least, "{locale} {part}: {}", words.len());
                let mut seen = HashSet::new();
                let twice: Vec<&Word> = words.iter().filter(|word| !seen.insert(word.text)).collect();
                assert!(twice.is_empty(), "{locale} {part} twice: {twice:?}");
            }
        }
    }

    #[test]
    fn every_name_has_an_ascii_form() {
        for (locale, names) in all() {
            let feminine = names.feminine.iter().flat_map(|feminine| &feminine.last);
            for word in names.first.iter().chain(&names.last).chain(feminine) {
                assert!(!word.text.trim().is_empty() && word.text.trim() == word.text, "{locale} {word:?}");
                assert!(
                    !word.ascii.is_empty() && word.ascii.bytes().all(|b| b.is_ascii_lowercase()),
                    "{locale} {word:?}"
                );
            }
        }
    }

    #[test]
    fn no_locale_fell_back_to_english() {
        let english = names("en-US").unwrap();
        for (locale, names) in all().filter(|(_, names)| !std::ptr::eq(*names, english)) {
            assert_ne!(names.first, english.first, "{locale}");
            assert_ne!(names.last, english.last, "{locale}");
        }
    }

    #[test]
    fn every_family_name_has_its_feminine_form() {
        for (locale, names) in all() {
            if let Some(feminine) = &names.feminine {
                assert_eq!(feminine.last.len(), names.last.len(), "{locale}");
                assert_eq!(feminine.first.end, names.first.len(), "{locale}");
                // The two lists are written side by side: a slip would pair words that begin differently.
                for (man, woman) in names.last.iter().zip(&feminine.last) {
                    assert_eq!(man.ascii[..2], woman.ascii[..2], "{locale} {} {}", man.text, woman.text);
                }
            }
        }
        let gendered: Vec<&str> =
            all().filter(|(_, names)| names.feminine.is_some()).map(|all| all.0).collect();
        assert_eq!(gendered, ["cs-CZ", "el-GR", "pl-PL", "ru-RU", "uk-UA"]);
    }

    #[test]
    fn full_names_follow_the_locale() {
        let full = |locale: &str| {
            let names = names(locale).unwrap();
            let mut out = String::new();
            names.full_into(0, 0, &mut out);
            out
        };
        for (locale, expected) in [("en-US", "Aaliyah Abbott"), ("hu-HU", "Nagy Anna"), ("ja-JP", "佐藤 蓮")]
        {
            assert_eq!(full(locale), expected);
        }
        for (locale, expected) in [("ko-KR", "김민준"), ("zh-CN", "王文辉"), ("vi-VN", "Nguyễn Minh Anh")]
        {
            assert_eq!(full(locale), expected);
        }
    }
}

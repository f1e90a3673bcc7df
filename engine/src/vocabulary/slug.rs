//! Text as ASCII: slugs for addresses, letters for user names.

use deunicode::deunicode_char;

/// Appends `text` as a slug: lower-case ASCII letters and digits, one hyphen where anything else stood
/// between them. Appends nothing when `text` has no letter and no digit.
///
/// Other scripts are transliterated letter by letter; apostrophes leave no gap. Allocates only when
/// `out` has to grow.
///
/// ```
/// use seedbed_engine::vocabulary::slug_into;
/// let mut slug = String::from("shop-");
/// slug_into("Ünïcödé & Söhne GmbH", &mut slug);
/// assert_eq!(slug, "shop-unicode-sohne-gmbh");
/// ```
pub fn slug_into(text: &str, out: &mut String) {
    let mut slug = Slug { out, gap: false, begun: false };
    for character in text.chars() {
        if character.is_ascii() {
            slug.ascii(character);
        } else if character != '’' {
            // `None` means that no transliteration is known; it separates like a space does.
            deunicode_char(character).unwrap_or(" ").chars().for_each(|ascii| slug.ascii(ascii));
        }
    }
}

/// A slug that is being written.
struct Slug<'a> {
    out: &'a mut String,
    /// Something that is no letter and no digit came since the last one.
    gap: bool,
    /// There was a letter or a digit.
    begun: bool,
}

impl Slug<'_> {
    fn ascii(&mut self, character: char) {
        if character.is_ascii_alphanumeric() {
            if self.gap && self.begun {
                self.out.push('-');
            }
            self.out.push(character.to_ascii_lowercase());
            self.gap = false;
            self.begun = true;
        } else if character != '\'' {
            self.gap = true;
        }
    }
}

/// Appends the letters of `text` as lower-case ASCII letters and leaves out all else.
///
/// ```
/// use seedbed_engine::vocabulary::letters_into;
/// let mut letters = String::new();
/// letters_into("D’Angelo-Øster", &mut letters);
/// assert_eq!(letters, "dangelooster");
/// ```
pub fn letters_into(text: &str, out: &mut String) {
    let mut push = |ascii: char| {
        if ascii.is_ascii_alphabetic() {
            out.push(ascii.to_ascii_lowercase());
        }
    };
    for character in text.chars() {
        if character.is_ascii() {
            push(character);
        } else {
            deunicode_char(character).unwrap_or("").chars().for_each(&mut push);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slug(text: &str) -> String {
        let mut out = String::new();
        slug_into(text, &mut out);
        out
    }

    #[test]
    fn slugs_by_example() {
        for (text, expected) in [
            ("Ünïcödé & Söhne GmbH", "unicode-sohne-gmbh"),
            ("Acme, Inc.", "acme-inc"),
            ("  --Already-slugged--  ", "already-slugged"),
            ("Agent 007", "agent-007"),
            ("O'Brien’s", "obriens"),
            ("Łódź/Kraków", "lodz-krakow"),
            ("Straße", "strasse"),
            ("北京", "bei-jing"),
            ("Ελλάδα", "ellada"),
            // A letter and its accent as two code points (NFD) is the same as one.
            ("Cafe\u{301} Noir", "cafe-noir"),
            ("", ""),
            (" – & ' ", ""),
        ] {
            assert_eq!(slug(text), expected, "{text}");
        }
    }

    #[test]
    fn letters_by_example() {
        for (text, expected) in
            [("van den Berg", "vandenberg"), ("Ğül 3", "gul"), ("文辉", "wenhui"), ("12", "")]
        {
            let mut out = String::new();
            letters_into(text, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_letters_and_digits_with_single_hyphens_between(text in "\\PC{0,40}") {
            let slug = slug(&text);
            let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let well_formed = slug.is_empty() || slug.split('-').all(|part| !part.is_empty() && plain(part));
            prop_assert!(well_formed, "{}", slug);
        }

        #[test]
        fn a_slug_of_a_slug_is_itself(text in "\\PC{0,40}") {
            let once = slug(&text);
            prop_assert_eq!(slug(&once), once);
        }
    }
}

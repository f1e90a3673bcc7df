//! What a misspelt name was probably meant to be, and lists of the names there are. Both are bounded: names come from
//! scenarios of any size.

/// No name is longer than PostgreSQL's 63 bytes; what is longer is no misspelt name.
const LONGEST_WORD: usize = 64;
/// The most letters that may be wrong, in a word of any length.
const MOST_WRONG: usize = 4;
/// The most names that are listed.
const MOST_LISTED: usize = 10;

/// The name among `known` that `wrong` was probably meant to be, as a hint.
///
/// ```
/// use seedbed_engine::error::did_you_mean;
/// assert_eq!(did_you_mean("emial", ["email", "name"]).unwrap(), "did you mean `email`?");
/// assert_eq!(did_you_mean("zzz", ["email", "name"]), None);
/// assert_eq!(did_you_mean("sim", ["min"]), None);
/// ```
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if wrong.len() > LONGEST_WORD {
        return None;
    }
    let wrong: Vec<char> = wrong.to_lowercase().chars().collect();
    let limit = (1 + wrong.len() / 4).min(MOST_WRONG);
    // Of three letters one that is replaced makes another word, and a hint at it does not help: `sim` is no `min`.
    let replacing = if wrong.len() > 3 { 1 } else { 2 };
    let close = |name: &&str| name.len() <= LONGEST_WORD;
    let distance = |name: &'a str| {
        let letters: Vec<char> = name.to_lowercase().chars().collect();
        Some((edit_distance(&wrong, &letters, replacing, limit)?, name))
    };
    let (_, name) = known.into_iter().filter(close).filter_map(distance).min()?;
    Some(format!("did you mean `{name}`?"))
}

/// Names one after the other; of more than ten, the first ten and how many more there are.
///
/// ```
/// use seedbed_engine::error::listed;
/// assert_eq!(listed(&["a", "b"]), "a, b");
/// let letters: Vec<String> = ('a'..='z').map(String::from).collect();
/// assert_eq!(listed(&letters), "a, b, c, d, e, f, g, h, i, j, and 16 more");
/// ```
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_LISTED).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

/// The number of insertions, deletions, replacements and swaps of neighbours (optimal string alignment) between two words, if
/// it is within a limit. A replacement counts as often as is said. Only the places so close to the diagonal are computed.
fn edit_distance(a: &[char], b: &[char], replacing: usize, limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let far = limit + 1;
    let mut before_last: Vec<usize> = vec![far; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = vec![far; b.len() + 1];
    for i in 1..=a.len() {
        let (first, end) = (i.saturating_sub(limit).max(1), (i + limit).min(b.len()));
        row.fill(far);
        row[0] = i;
        for j in first..=end {
            let replace = last[j - 1] + replacing * usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        (before_last, last, row) = (last, row, before_last);
    }
    Some(last[b.len()]).filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
        edit_distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), 1, limit)
    }

    #[test]
    fn distances_are_counted_up_to_a_limit() {
        for (a, b, expected) in [
            ("", "", 0),
            ("email", "email", 0),
            ("emial", "email", 1),
            ("emal", "email", 1),
            ("emmail", "email", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(a, b, 4), Some(expected), "{a} {b}");
            assert_eq!(distance(b, a, expected), Some(expected), "{b} {a}");
            assert_eq!(distance(a, b, expected.saturating_sub(1)), (expected == 0).then_some(0), "{a} {b}");
        }
    }

    #[test]
    fn a_word_of_a_megabyte_is_no_misspelt_name() {
        let long = "e".repeat(1 << 20);
        assert_eq!(did_you_mean(&long, ["email"]), None);
        assert_eq!(did_you_mean("email", [long.as_str()]), None);
    }
}

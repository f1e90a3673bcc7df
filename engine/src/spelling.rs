//! What a misspelt name was probably meant to be.

/// The name among `known` that `wrong` was probably meant to be, as a hint.
///
/// ```
/// use seedbed_engine::error::did_you_mean;
/// assert_eq!(did_you_mean("emial", ["email", "name"]).unwrap(), "did you mean `email`?");
/// assert_eq!(did_you_mean("zzz", ["email", "name"]), None);
/// assert_eq!(did_you_mean("sim", ["min"]), None);
/// ```
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = wrong.chars().count();
    if length > LONGEST {
        return None;
    }
    let limit = 1 + length / 4;
    // Of three letters one that is replaced makes another word, and a hint at it does not help: `sim` is no `min`.
    let replacing = if length > 3 { 1 } else { 2 };
    known
        .into_iter()
        .filter(|name| name.chars().count().abs_diff(length) <= limit)
        .map(|name| (edit_distance(wrong, name, replacing), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// Longer than names are: what is longer still is no misspelt name.
const LONGEST: usize = 128;

/// The number of insertions, deletions, replacements and swaps of neighbours (optimal string
/// alignment) between two words, letters compared without case. A replacement counts as often as is said.
fn edit_distance(a: &str, b: &str, replacing: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + replacing * usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

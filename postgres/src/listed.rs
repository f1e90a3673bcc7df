//! Lists in messages.

/// More than so many are counted and not listed.
const MOST_LISTED: usize = 10;

/// Some things with commas between; of many the first ten, and how many more there are.
pub(crate) fn listed(things: impl IntoIterator<Item = String>) -> String {
    let mut things: Vec<String> = things.into_iter().collect();
    let more = things.len().saturating_sub(MOST_LISTED);
    things.truncate(MOST_LISTED);
    let listed = things.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_after_ten() {
        let of = |count: usize| listed((1..=count).map(|i| format!("t{i}")));
        assert_eq!(of(0), "");
        assert_eq!(of(2), "t1, t2");
        assert_eq!(of(10), "t1, t2, t3, t4, t5, t6, t7, t8, t9, t10");
        assert_eq!(of(109), "t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and 99 more");
    }
}

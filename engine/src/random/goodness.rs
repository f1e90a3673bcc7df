//! Do draws follow the law? Kolmogorov–Smirnov and chi-square, both at alpha = 0.001.
//!
//! Seeds are fixed, so a test either always passes or always fails; alpha says how likely a correct
//! law is to fail when its seed is chosen.

use super::Stream;

/// The number of draws in the ordinary suite.
pub(crate) const DRAWS: u64 = 100_000;

/// The number of draws in the slow suite.
pub(crate) const MANY_DRAWS: u64 = 10_000_000;

/// The words that the test of a law draws from.
pub(crate) fn words(law: &str, count: u64) -> Vec<u64> {
    Stream::new(20_260_413, "goodness", law, "draw", 1).rows(0..count, 1)
}

/// Fails when the empirical distribution of `draws` is too far from the continuous law `cdf`.
///
/// The limit of D × √n is 1.9495, the 0.999 quantile of Kolmogorov's distribution.
pub(crate) fn assert_continuous(mut draws: Vec<f64>, cdf: impl Fn(f64) -> f64) {
    draws.sort_by(f64::total_cmp);
    let n = draws.len() as f64;
    let distance = draws
        .iter()
        .enumerate()
        .map(|(i, draw)| {
            let expected = cdf(*draw);
            (expected - i as f64 / n).abs().max(((i + 1) as f64 / n - expected).abs())
        })
        .fold(0.0, f64::max);
    let statistic = distance * n.sqrt();
    assert!(statistic < 1.9495, "kolmogorov-smirnov: D * sqrt(n) = {statistic}");
}

/// Fails when the counts are too far from the probabilities, by Pearson's chi-square.
///
/// Neighbouring cells are put together until each expects 10 or more; the limit is the 0.999 quantile by
/// the approximation of Wilson and Hilferty. The probabilities must sum to 1.
pub(crate) fn assert_discrete(counts: &[u64], probabilities: &[f64]) {
    assert_eq!(counts.len(), probabilities.len());
    let mass: f64 = probabilities.iter().sum();
    assert!((mass - 1.0).abs() < 1e-9, "probabilities sum to {mass}");
    let total = counts.iter().sum::<u64>() as f64;
    let mut cells: Vec<(f64, f64)> = vec![(0.0, 0.0)];
    for (count, probability) in counts.iter().zip(probabilities) {
        assert!(*probability > 0.0 || *count == 0, "drawn {count} times against probability 0");
        let cell = cells.last_mut().expect("there is always a cell");
        cell.0 += *count as f64;
        cell.1 += probability * total;
        if cell.1 >= 10.0 {
            cells.push((0.0, 0.0));
        }
    }
    // What remains is too little for a cell of its own.
    let rest = cells.pop().expect("there is always a cell");
    let last = cells.last_mut().expect("enough draws for one cell");
    *last = (last.0 + rest.0, last.1 + rest.1);

    let statistic: f64 = cells.iter().map(|(found, expected)| (found - expected).powi(2) / expected).sum();
    let freedom = (cells.len() - 1) as f64;
    assert!(freedom > 0.0, "one cell cannot fail");
    let spread = 2.0 / (9.0 * freedom);
    let limit = freedom * (1.0 - spread + 3.0902 * spread.sqrt()).powi(3);
    assert!(
        statistic < limit,
        "chi-square: {statistic} of at most {limit} with {freedom} degrees of freedom"
    );
}

/// How often each number of `0..cells` was drawn.
pub(crate) fn count(draws: impl IntoIterator<Item = u64>, cells: usize) -> Vec<u64> {
    let mut counts = vec![0; cells];
    for draw in draws {
        counts[draw as usize] += 1;
    }
    counts
}

#[test]
fn equal_words_pass() {
    assert_continuous(words("self", DRAWS).into_iter().map(super::unit).collect(), |x| x);
    let digits = words("self", DRAWS).into_iter().map(|word| super::below(word, 10));
    assert_discrete(&count(digits, 10), &[0.1; 10]);
}

#[test]
#[should_panic(expected = "kolmogorov-smirnov")]
fn a_shift_of_one_percent_fails() {
    assert_continuous(words("self", DRAWS).into_iter().map(super::unit).collect(), |x| (x + 0.01).min(1.0));
}

#[test]
#[should_panic(expected = "chi-square")]
fn two_percent_more_of_one_digit_fail() {
    let mut counts = vec![10_000; 10];
    counts[3] += 2_000;
    assert_discrete(&counts, &[0.1; 10]);
}

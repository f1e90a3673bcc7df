//! Do draws follow a law? Kolmogorov–Smirnov and Pearson's chi-square, both at alpha = 0.001.
//!
//! Seeds are fixed, so a test either always passes or always fails; alpha says how likely a correct law is to fail when its seed
//! is chosen.

/// The 0.999 quantile of Kolmogorov's distribution.
const KOLMOGOROV: f64 = 1.9495;
/// The 0.999 quantile of the standard normal distribution.
const NORMAL: f64 = 3.0902;
/// Its 0.9995 quantile, for both tails together.
const NORMAL_BOTH: f64 = 3.2905;

/// Fails when draws are too far from the continuous law with the distribution function `cdf`.
///
/// # Panics
/// When they are.
pub fn assert_continuous(draws: impl IntoIterator<Item = f64>, cdf: impl Fn(f64) -> f64, what: &str) {
    let mut draws: Vec<f64> = draws.into_iter().collect();
    draws.sort_by(f64::total_cmp);
    let n = draws.len() as f64;
    let mut distance = 0.0_f64;
    for (i, draw) in draws.iter().enumerate() {
        let expected = cdf(*draw);
        distance = distance.max(expected - i as f64 / n).max((i + 1) as f64 / n - expected);
    }
    let statistic = distance * n.sqrt();
    assert!(statistic < KOLMOGOROV, "{what}: D * sqrt(n) = {statistic}");
}

/// Fails when numbers drawn are too far from the law with `probability` of each of `0..cells`.
///
/// Neighbouring cells are put together until each expects ten draws or more. The limit is the quantile of chi-square by the
/// approximation of Wilson and Hilferty.
///
/// # Panics
/// When they are, or when the probabilities do not sum to 1.
pub fn assert_discrete(
    draws: impl IntoIterator<Item = usize>,
    cells: usize,
    probability: impl Fn(usize) -> f64,
    what: &str,
) {
    let mut counts = vec![0.0; cells];
    draws.into_iter().for_each(|draw| counts[draw] += 1.0);
    let total: f64 = counts.iter().sum();
    let mass: f64 = (0..cells).map(&probability).sum();
    assert!((mass - 1.0).abs() < 1e-6, "{what}: the probabilities sum to {mass}");
    let mut merged: Vec<(f64, f64)> = Vec::new();
    let (mut found, mut expected) = (0.0, 0.0);
    for (cell, count) in counts.iter().enumerate() {
        (found, expected) = (found + count, expected + probability(cell) * total);
        if expected >= 10.0 {
            merged.push((found, expected));
            (found, expected) = (0.0, 0.0);
        }
    }
    let last = merged.last_mut().expect("enough draws for a cell");
    *last = (last.0 + found, last.1 + expected);
    let freedom = (merged.len() - 1) as f64;
    assert!(freedom > 0.0, "{what}: one cell cannot fail");
    let statistic: f64 = merged.iter().map(|(found, expected)| (found - expected).powi(2) / expected).sum();
    let spread = 2.0 / (9.0 * freedom);
    let limit = freedom * (1.0 - spread + NORMAL * spread.sqrt()).powi(3);
    assert!(statistic < limit, "{what}: chi-square {statistic} of at most {limit}");
}

/// Fails when two columns of numbers go together.
///
/// # Panics
/// When their correlation is too far from 0.
pub fn assert_uncorrelated(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len());
    let n = a.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(a, b)| f(a - mean_a, b - mean_b)).sum::<f64>();
    let correlation = sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    assert!(correlation.abs() * n.sqrt() < NORMAL_BOTH, "{what}: a correlation of {correlation}");
}

/// The distribution function of the standard normal law.
pub fn normal_cdf(x: f64) -> f64 {
    libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |i| (i as f64 + 0.5) / n as f64)
    }

    #[test]
    fn the_law_itself_passes() {
        assert_continuous(grid(10_000), |x| x, "even");
        assert_discrete((0..10_000).map(|i| i % 10), 10, |_| 0.1, "even");
        assert!((normal_cdf(1.959_963_985) - 0.975).abs() < 1e-9);
    }

    #[test]
    #[should_panic(expected = "shifted")]
    fn a_shift_of_two_percent_fails() {
        assert_continuous(grid(10_000), |x| (x + 0.02).min(1.0), "shifted");
    }

    #[test]
    #[should_panic(expected = "loaded")]
    fn a_loaded_die_fails() {
        assert_discrete((0..10_000).map(|i| if i < 300 { 3 } else { i % 10 }), 10, |_| 0.1, "loaded");
    }

    #[test]
    #[should_panic(expected = "together")]
    fn columns_that_go_together_fail() {
        let a: Vec<f64> = grid(10_000).collect();
        let b: Vec<f64> =
            a.iter().enumerate().map(|(i, a)| a * 0.05 + (i * 7919 % 10_000) as f64 / 10_000.0).collect();
        assert_uncorrelated(&a, &b, "together");
    }
}

//! A choice among a list, each item with a weight.

use std::hint::select_unpredictable;

use crate::random::Invalid;

/// The most items for which rounding stays far below a cell, see [`shares`].
const MOST_ITEMS: usize = 1 << 24;

/// One cell of the alias table: words with a fraction below `threshold` stay, the others go to `alias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    threshold: u64,
    alias: u32,
}

/// An index into a list of weights, drawn in proportion to them.
///
/// The alias method: A. J. Walker, "An efficient method for generating discrete random variables with general
/// distributions", ACM TOMS 3 (1977), with the table of M. D. Vose, "A linear algorithm for generating random
/// numbers with a given distribution", IEEE TSE 17 (1991). The table is filled in whole numbers: each weight
/// becomes a share of *n* × 2^64 once, rounded by less than 2^-64 of a cell and a few ulps of the weight, and
/// from there on nothing is rounded. An item of weight 0 has the share 0 and is never drawn.
///
/// Cost: one word, 1.5 ns while the table of 16 bytes per item is in the cache. Preparing it takes about
/// 17 ns per item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted {
    cells: Vec<Cell>,
}

impl Weighted {
    /// The law over `0..weights.len()`. Weights need not sum to anything.
    ///
    /// # Errors
    /// When there is no weight, a weight is not a finite number, 0 or more, or all are 0; also for more than
    /// 2^24 weights.
    pub fn new(weights: &[f64]) -> Result<Self, Invalid> {
        if weights.is_empty() {
            return Err(Invalid::new("weights", "at least one weight", "none"));
        }
        if weights.len() > MOST_ITEMS {
            let found = format!("`{}`", weights.len());
            return Err(Invalid::new("weights", "at most 2^24 weights", found));
        }
        if let Some(at) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let found = format!("`{}` as weight {} of {}", weights[at], at + 1, weights.len());
            return Err(Invalid::new("weights", "finite numbers, 0 or more", found));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(Invalid::new("weights", "at least one weight above 0", "only zeros"));
        }
        Ok(Self { cells: alias_table(&shares(weights)) })
    }

    /// The index that `word` stands for.
    #[inline]
    pub fn sample(&self, word: u64) -> usize {
        // The high half chooses the cell, the low half is the place in it.
        let product = u128::from(word) * self.cells.len() as u128;
        let index = (product >> 64) as usize;
        let cell = self.cells[index];
        // A branch would be guessed wrong as often as the alias is taken, which costs more than all else.
        select_unpredictable((product as u64) < cell.threshold, index, cell.alias as usize)
    }

    /// Which of the first `items` items can be drawn at all: those with a weight above 0.
    pub fn drawn(&self, items: usize) -> Vec<bool> {
        let mut drawn = vec![false; items];
        for (index, cell) in self.cells.iter().enumerate().filter(|(index, _)| *index < items) {
            drawn[index] |= cell.threshold > 0;
            if cell.threshold < u64::MAX && (cell.alias as usize) < items {
                drawn[cell.alias as usize] = true;
            }
        }
        drawn
    }

    /// Appends one index per word.
    pub fn fill(&self, words: &[u64], out: &mut Vec<usize>) {
        out.extend(words.iter().map(|word| self.sample(*word)));
    }
}

/// What one cell holds: 2^64.
const CELL: u128 = 1 << 64;

/// How much of *n* cells each weight gets; the sum is exactly *n* cells.
fn shares(weights: &[f64]) -> Vec<u128> {
    let n = weights.len() as f64;
    let largest = weights.iter().copied().fold(0.0, f64::max);
    // Relative to the largest, so that the sum cannot overflow.
    let total: f64 = weights.iter().map(|weight| weight / largest).sum();
    let mut shares: Vec<u128> = weights
        .iter()
        // Fits: at most 2^24 cells of 2^64, and a little more by rounding.
        .map(|weight| (weight / largest / total * n * CELL as f64) as u128)
        .collect();
    // The largest takes what rounding left over or took too much. It has about a cell or more, and the error
    // is less: n additions are off by a factor of n * 2^-53 at most, 2^-5 of a cell for 2^24 weights.
    let at = weights.iter().position(|weight| *weight == largest).expect("the largest is one of them");
    let others = shares.iter().sum::<u128>() - shares[at];
    shares[at] = weights.len() as u128 * CELL - others;
    shares
}

/// Cuts the shares into cells of two owners each.
fn alias_table(shares: &[u128]) -> Vec<Cell> {
    // A share of a whole cell keeps it: words at or above the threshold come back by the alias.
    let mut cells: Vec<Cell> =
        (0..shares.len()).map(|index| Cell { threshold: u64::MAX, alias: index as u32 }).collect();
    let mut left = shares.to_vec();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..shares.len()).partition(|index| shares[*index] < CELL);
    while let (Some(poor), Some(rich)) = (small.pop(), large.last().copied()) {
        // `left[poor]` is below 2^64.
        cells[poor] = Cell { threshold: left[poor] as u64, alias: rich as u32 };
        left[rich] -= CELL - left[poor];
        if left[rich] < CELL {
            large.pop();
            small.push(rich);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::goodness;

    const WEIGHTS: [f64; 7] = [70.0, 25.0, 5.0, 0.0, 0.25, 1e-3, 140.0];

    #[test]
    fn values_are_stable() {
        let mut values = Vec::new();
        Weighted::new(&[5.0, 3.0, 0.0, 2.0]).unwrap().fill(&goodness::words("stable", 8), &mut values);
        assert_eq!(values, [1, 1, 0, 0, 1, 1, 0, 3]);
    }

    #[test]
    fn one_weight_takes_all() {
        let law = Weighted::new(&[0.0, 0.0, 1e-300, 0.0]).unwrap();
        assert!(goodness::words("one", 1000).iter().all(|word| law.sample(*word) == 2));
        assert_eq!((law.sample(0), law.sample(u64::MAX)), (2, 2));
    }

    #[test]
    fn impossible_weights_are_refused() {
        let message = |weights: &[f64]| Weighted::new(weights).unwrap_err().to_string();
        assert_eq!(message(&[]), "weights: expected at least one weight, found none");
        assert_eq!(message(&[0.0, 0.0]), "weights: expected at least one weight above 0, found only zeros");
        let expected = "weights: expected finite numbers, 0 or more, found `-1` as weight 2 of 3";
        assert_eq!(message(&[1.0, -1.0, f64::NAN]), expected);
        assert_eq!(
            message(&[f64::INFINITY]),
            expected.replace("-1` as weight 2 of 3", "inf` as weight 1 of 1")
        );
    }

    fn follows_the_law(draws: u64) {
        let many: Vec<f64> = (0..1000).map(|i| f64::from(i % 37)).collect();
        for weights in [&WEIGHTS[..], &[f64::MAX, f64::MAX / 2.0, 0.0, f64::MAX], &many] {
            let law = Weighted::new(weights).unwrap();
            let words = goodness::words("weighted", draws);
            let counts = goodness::count(words.iter().map(|word| law.sample(*word) as u64), weights.len());
            let total: f64 = weights.iter().map(|weight| weight / 8.0).sum();
            let probabilities: Vec<f64> = weights.iter().map(|weight| weight / 8.0 / total).collect();
            goodness::assert_discrete(&counts, &probabilities);
        }
    }

    #[test]
    fn draws_follow_the_law() {
        follows_the_law(goodness::DRAWS);
    }

    #[test]
    #[ignore = "slow: run with make test-slow"]
    fn slow_draws_follow_the_law() {
        follows_the_law(goodness::MANY_DRAWS);
    }

    proptest! {
        /// The table gives each item exactly its share, zero for zero.
        #[test]
        fn the_cells_add_up_to_the_shares(
            weights in prop::collection::vec(prop_oneof![Just(0.0), 1e-9..1e9_f64], 1..60),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let shares = shares(&weights);
            let mut owned = vec![0; weights.len()];
            for (index, cell) in alias_table(&shares).iter().enumerate() {
                owned[index] += u128::from(cell.threshold);
                owned[cell.alias as usize] += CELL - u128::from(cell.threshold);
            }
            prop_assert_eq!(&owned, &shares);
            for (weight, share) in weights.iter().zip(&shares) {
                prop_assert!((*weight > 0.0) || *share == 0);
            }
        }
    }
}

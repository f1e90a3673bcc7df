//! What is carried from row to row, as it was at some rows: a batch goes on where another one has ended.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::ids::{ColumnId, TableId};
use crate::model::TotalKind;

/// The most states that are kept of one column.
const MOST_STATES: usize = 256;

/// What is carried: in which table, over which column, and how.
pub(crate) type Key = (TableId, ColumnId, Carrying);

/// How something is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Carrying {
    /// As a total over the siblings up to a row.
    Total(TotalKind),
    /// As a walk.
    Walk,
}

/// What has come of the siblings before a row. It is exact, so that values do not depend on where a batch begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// A whole number, or a decimal as a number of last digits.
    pub(crate) whole: i128,
    /// A double.
    pub(crate) real: f64,
    /// How many values were not NULL; of a walk, how far it is.
    pub(crate) counted: u64,
}

/// States at rows of large families.
#[derive(Debug, Default)]
pub(crate) struct Carried(Mutex<HashMap<Key, BTreeMap<u64, State>>>);

impl Carried {
    /// The last state that is known of the rows behind `first` up to `row`, and the row that it is of.
    pub(crate) fn last(&self, key: &Key, first: u64, row: u64) -> Option<(u64, State)> {
        if first >= row {
            return None;
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key)?.range(first + 1..=row).next_back().map(|(row, state)| (*row, *state))
    }

    /// Keeps the state before a row. Where there are many, every second one is left: those that were added last stay dense.
    pub(crate) fn keep(&self, key: Key, row: u64, state: State) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let states = known.entry(key).or_default();
        states.insert(row, state);
        if states.len() > MOST_STATES {
            let mut stays = false;
            states.retain(|at, _| {
                stays = !stays;
                stays || *at == row
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_bounded_and_the_last_ones_dense() {
        let carried = Carried::default();
        let key = (TableId::new(0), ColumnId::new(0), Carrying::Total(TotalKind::Sum));
        for row in 1..=100_000 {
            let state = State { whole: i128::from(row), ..State::default() };
            carried.keep(key, row, state);
            assert_eq!(carried.last(&key, 0, row), Some((row, state)));
            let (near, _) = carried.last(&key, 0, row - 1).unwrap_or_default();
            assert!(row - near <= 3, "{near} before {row}");
        }
        let states = carried.0.lock().unwrap()[&key].len();
        assert!((MOST_STATES / 2..=MOST_STATES).contains(&states), "{states}");
        assert_eq!(carried.last(&key, 100_000, 200_000), None);
        assert_eq!(carried.last(&key, 0, 0), None);
    }
}

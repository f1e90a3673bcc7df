//! Totals that every batch of a large family would work out again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrow::array::ArrayRef;

use crate::ids::{ColumnId, TableId};
use crate::model::TotalKind;

/// So many are kept at most.
const MOST_LARGE: usize = 1 << 14;

/// Which total: child table, column, function, first child.
pub(crate) type Key = (TableId, ColumnId, TotalKind, u64);

/// Totals over very many children. Every batch of these children may want the total of all of them.
#[derive(Debug, Default)]
pub(crate) struct LargeTotals(Mutex<HashMap<Key, ArrayRef>>);

impl LargeTotals {
    pub(crate) fn get(&self, key: &Key) -> Option<ArrayRef> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn keep(&self, key: Key, value: ArrayRef) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_LARGE {
            known.insert(key, value);
        }
    }
}

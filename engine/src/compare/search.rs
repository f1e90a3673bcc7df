//! Looks at the rows of buckets that differ, one by one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;

use super::tally::{BUCKETS, Hashes, Sum, bucket};

/// A row by the hashes of its key and of itself.
pub(super) type Identity = (u64, u64);

/// The rows of both sides in some buckets.
pub(super) struct Search {
    /// Which buckets.
    buckets: Vec<bool>,
    /// Whether these are all buckets that differ.
    pub(super) complete: bool,
    expected: Mutex<Vec<(Identity, u64)>>,
    found: Mutex<Vec<Identity>>,
}

/// What differs.
pub(super) struct Outcome {
    /// Rows of the plan, by number, that are not there as they should be.
    pub(super) rows: Vec<Pair>,
    /// Rows that are there and not in the plan.
    pub(super) extra: Vec<Identity>,
}

/// A row of the plan, and the row with its key that is there instead.
pub(super) struct Pair {
    pub(super) row: u64,
    pub(super) found: Option<Identity>,
}

impl Search {
    /// A search in the buckets that differ, if there are any, until they hold more rows than `most`.
    pub(super) fn new(expected: &Sum, found: &Sum, most: u64) -> Option<Self> {
        let mut buckets = vec![false; BUCKETS];
        let mut complete = true;
        let mut rows = 0;
        for (b, (expected, found)) in expected.0.iter().zip(&found.0).enumerate() {
            if expected == found {
                continue;
            }
            let more = expected.rows + found.rows;
            if rows > 0 && rows + more > most {
                complete = false;
                continue;
            }
            rows += more;
            buckets[b] = true;
        }
        (rows > 0).then(|| Self { buckets, complete, expected: Mutex::default(), found: Mutex::default() })
    }

    /// Notes rows of the plan, from the number `first` on.
    pub(super) fn expected(&self, first: u64, hashes: Hashes) {
        let rows = self.here(hashes).map(|(i, identity)| (identity, first + i as u64));
        let rows: Vec<_> = rows.collect();
        lock(&self.expected).extend(rows);
    }

    /// Notes rows that are there.
    pub(super) fn found(&self, hashes: Hashes) {
        let rows: Vec<_> = self.here(hashes).map(|(_, identity)| identity).collect();
        lock(&self.found).extend(rows);
    }

    fn here<'h>(&'h self, hashes: Hashes<'h>) -> impl Iterator<Item = (usize, Identity)> + 'h {
        let identities = hashes.keys.iter().copied().zip(hashes.rows.iter().copied());
        identities.enumerate().filter(|(_, (key, _))| self.buckets[bucket(*key)])
    }

    /// Strikes out what is on both sides, and pairs the rest by key.
    pub(super) fn outcome(&mut self) -> Outcome {
        let mut expected = std::mem::take(&mut *lock(&self.expected));
        let mut found = std::mem::take(&mut *lock(&self.found));
        expected.sort_unstable();
        found.sort_unstable();
        let mut others = found.into_iter().peekable();
        let mut extra: Vec<Identity> = Vec::new();
        let mut missing: Vec<(Identity, u64)> = Vec::new();
        for (identity, row) in expected {
            extra.extend(std::iter::from_fn(|| others.next_if(|other| *other < identity)));
            if others.next_if_eq(&identity).is_none() {
                missing.push((identity, row));
            }
        }
        extra.extend(others);
        // Both are in the order of keys.
        let mut others = extra.into_iter().peekable();
        let mut extra = Vec::new();
        let mut rows = Vec::new();
        for ((key, _), row) in missing {
            extra.extend(std::iter::from_fn(|| others.next_if(|(other, _)| *other < key)));
            rows.push(Pair { row, found: others.next_if(|(other, _)| *other == key) });
        }
        extra.extend(others);
        rows.sort_unstable_by_key(|pair| pair.row);
        Outcome { rows, extra }
    }
}

/// Rows that are being looked for.
pub(super) struct Caught(Mutex<BTreeMap<Identity, Option<RecordBatch>>>);

impl Caught {
    pub(super) fn new(wanted: impl Iterator<Item = Identity>) -> Self {
        Self(Mutex::new(wanted.map(|identity| (identity, None)).collect()))
    }

    /// Whether nothing is left to be found.
    pub(super) fn is_complete(&self) -> bool {
        lock(&self.0).values().all(Option::is_some)
    }

    /// Keeps those rows of a batch that are wanted.
    pub(super) fn look(&self, batch: &RecordBatch, hashes: Hashes) {
        let mut caught = lock(&self.0);
        for (row, identity) in hashes.keys.iter().zip(hashes.rows).enumerate() {
            if let Some(kept @ None) = caught.get_mut(&(*identity.0, *identity.1)) {
                // A copy, so that the batch can go.
                *kept = take_record_batch(batch, &UInt64Array::from(vec![row as u64])).ok();
            }
        }
    }

    /// A row that was found.
    pub(super) fn take(&self, wanted: Identity) -> Option<RecordBatch> {
        lock(&self.0).get(&wanted).cloned().flatten()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left is as good as before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

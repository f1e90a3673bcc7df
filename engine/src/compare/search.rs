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
    has_all_buckets: bool,
    rows: Mutex<Rows>,
}

/// Rows that are equal count as one with several copies, so that a table of few different rows takes little memory. Where there
/// are more different rows than `most`, only those are kept whose key's hash ends in so many zeros. Both sides are
/// thinned alike, so what is said of those that are kept is true.
struct Rows {
    most: usize,
    zeros: u32,
    copies: BTreeMap<Identity, Copies>,
}

/// How often a row is there.
struct Copies {
    expected: u64,
    found: u64,
    /// The first of its numbers in the plan.
    row: u64,
}

/// What differs.
#[derive(Default)]
pub(super) struct Outcome {
    /// Rows of the plan that are there with another content.
    pub(super) changed: u64,
    /// Rows of the plan that are not there.
    pub(super) missing: u64,
    /// Rows that are there and not in the plan.
    pub(super) extra: u64,
    /// Whether these are all.
    pub(super) complete: bool,
    /// Rows of the plan that are not there as they should be, by number, of equal ones the first.
    pub(super) pairs: Vec<Pair>,
    /// Rows that are there and not in the plan, of equal ones one.
    pub(super) extras: Vec<Identity>,
}

/// A row of the plan, and the row with its key that is there instead.
pub(super) struct Pair {
    pub(super) row: u64,
    pub(super) found: Option<Identity>,
}

impl Search {
    /// A search in the buckets that differ, if there are any, until they hold more rows than `most`. One bucket is always
    /// searched; no more than `most` different rows are kept of it.
    pub(super) fn new(expected: &Sum, found: &Sum, most: usize) -> Option<Self> {
        let mut buckets = vec![false; BUCKETS];
        let mut has_all_buckets = true;
        let mut rows = 0;
        for (b, (expected, found)) in expected.0.iter().zip(&found.0).enumerate() {
            if expected == found {
                continue;
            }
            let more = expected.rows + found.rows;
            if rows > 0 && rows + more > most as u64 {
                has_all_buckets = false;
                continue;
            }
            rows += more;
            buckets[b] = true;
        }
        let empty = Rows { most, zeros: 0, copies: BTreeMap::new() };
        (rows > 0).then(|| Self { buckets, has_all_buckets, rows: Mutex::new(empty) })
    }

    /// Notes rows of the plan, from the number `first` on.
    pub(super) fn expected(&self, first: u64, hashes: Hashes) {
        let mut rows = lock(&self.rows);
        for (i, identity) in self.here(hashes) {
            rows.note(identity, |copies| {
                copies.expected += 1;
                copies.row = copies.row.min(first + i as u64);
            });
        }
    }

    /// Notes rows that are there.
    pub(super) fn found(&self, hashes: Hashes) {
        let mut rows = lock(&self.rows);
        for (_, identity) in self.here(hashes) {
            rows.note(identity, |copies| copies.found += 1);
        }
    }

    fn here<'h>(&'h self, hashes: Hashes<'h>) -> impl Iterator<Item = (usize, Identity)> + 'h {
        let identities = hashes.keys.iter().copied().zip(hashes.rows.iter().copied());
        identities.enumerate().filter(|(_, (key, _))| self.buckets[bucket(*key)])
    }

    /// Strikes out what is on both sides, and pairs the rest by key.
    pub(super) fn outcome(&self) -> Outcome {
        let mut rows = lock(&self.rows);
        let mut outcome = Outcome { complete: self.has_all_buckets && rows.zeros == 0, ..Outcome::default() };
        let copies = std::mem::take(&mut rows.copies);
        let (missing, others): (Vec<_>, Vec<_>) = copies
            .into_iter()
            .filter(|(_, copies)| copies.expected != copies.found)
            .partition(|(_, copies)| copies.expected > copies.found);
        // Both are in the order of keys.
        let others = others.into_iter().map(|(identity, copies)| (identity, copies.found - copies.expected));
        let mut others: Vec<(Identity, u64)> = others.collect();
        let mut at = 0;
        for ((key, _), copies) in missing {
            let mut left = copies.expected - copies.found;
            while others.get(at).is_some_and(|((other, _), _)| *other < key) {
                at += 1;
            }
            while let Some((other, more)) =
                others.get_mut(at).filter(|((other, _), _)| *other == key && left > 0)
            {
                let pairs = left.min(*more);
                outcome.changed += pairs;
                outcome.pairs.push(Pair { row: copies.row, found: Some(*other) });
                (left, *more) = (left - pairs, *more - pairs);
                if *more == 0 {
                    at += 1;
                }
            }
            if left > 0 {
                outcome.missing += left;
                outcome.pairs.push(Pair { row: copies.row, found: None });
            }
        }
        outcome.pairs.sort_by_key(|pair| pair.row);
        let others = others.into_iter().filter(|(_, more)| *more > 0);
        for (identity, more) in others {
            outcome.extra += more;
            outcome.extras.push(identity);
        }
        outcome
    }
}

impl Rows {
    fn note(&mut self, identity: Identity, note: impl FnOnce(&mut Copies)) {
        let (key, _) = identity;
        if key.trailing_zeros() < self.zeros {
            return;
        }
        note(self.copies.entry(identity).or_insert(Copies { expected: 0, found: 0, row: u64::MAX }));
        while self.copies.len() > self.most && self.zeros < u64::BITS {
            self.zeros += 1;
            let zeros = self.zeros;
            self.copies.retain(|(key, _), _| key.trailing_zeros() >= zeros);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::TableDigest;

    /// Rows without a key, all in one bucket: the first bits are zeros.
    fn search(expected: &[u64], found: &[u64], most: usize) -> Search {
        let sum = |rows: &[u64]| {
            let mut buckets = vec![TableDigest::default(); BUCKETS];
            rows.iter().for_each(|row| buckets[bucket(*row)].add(&[*row]));
            Sum(buckets)
        };
        let search = Search::new(&sum(expected), &sum(found), most).unwrap();
        for (i, rows) in expected.chunks(100).enumerate() {
            search.expected(i as u64 * 100, Hashes { keys: rows, rows });
        }
        found.chunks(100).for_each(|rows| search.found(Hashes { keys: rows, rows }));
        search
    }

    /// All rows of a bucket were kept, which is a whole table when its rows are few and often.
    #[test]
    fn equal_rows_are_kept_once() {
        let rows: Vec<u64> = (0..10_000).map(|i| 7 + i % 3).collect();
        let search = search(&rows, &rows[1..], 100);
        assert_eq!(lock(&search.rows).copies.len(), 3);
        let outcome = search.outcome();
        assert_eq!((outcome.changed, outcome.missing, outcome.extra, outcome.complete), (0, 1, 0, true));
        assert_eq!(outcome.pairs[0].row, 0);
    }

    #[test]
    fn too_many_different_rows_are_thinned_on_both_sides() {
        let expected: Vec<u64> = (1..10_000).collect();
        let found: Vec<u64> =
            (1..10_000).rev().filter(|row| row % 2 == 1 || row % 256 == 0).chain([1 << 20]).collect();
        let search = search(&expected, &found, 100);
        assert!(lock(&search.rows).copies.len() <= 100);
        let zeros = lock(&search.rows).zeros;
        let outcome = search.outcome();
        let missing = expected.iter().filter(|row| row.trailing_zeros() >= zeros && *row % 256 != 0).count();
        assert!(missing > 10);
        assert_eq!((outcome.missing, outcome.extra, outcome.complete), (missing as u64, 1, false));
        assert_eq!(outcome.extras, [(1 << 20, 1 << 20)]);
    }
}

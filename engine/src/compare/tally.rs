//! Rows counted into buckets, by many threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;

use crate::digest::{RowHasher, TableDigest, WrongArray};

/// How many buckets.
pub(super) const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 12;

/// The bucket of a row, by the hash of its key.
pub(super) fn bucket(key: u64) -> usize {
    (key >> (u64::BITS - BUCKET_BITS)) as usize
}

/// One thread's rows.
pub(super) struct Tally {
    rows: RowHasher,
    keys: RowHasher,
    /// The columns that the keys are made of; without any a row is its own key.
    key: Vec<usize>,
    row_hashes: Vec<u64>,
    key_hashes: Vec<u64>,
    buckets: Vec<TableDigest>,
}

/// Hashes of a batch's keys and rows.
#[derive(Clone, Copy)]
pub(super) struct Hashes<'t> {
    pub(super) keys: &'t [u64],
    pub(super) rows: &'t [u64],
}

impl Tally {
    pub(super) fn hashes(&mut self, batch: &RecordBatch) -> Result<Hashes<'_>, WrongArray> {
        self.rows.hash(batch, &mut self.row_hashes)?;
        if self.key.is_empty() {
            return Ok(Hashes { keys: &self.row_hashes, rows: &self.row_hashes });
        }
        // The batch has the columns of the table, or it would not have been hashed.
        let keys = batch.project(&self.key).expect("keys are columns of the table");
        self.keys.hash(&keys, &mut self.key_hashes)?;
        Ok(Hashes { keys: &self.key_hashes, rows: &self.row_hashes })
    }

    /// Adds the rows of a batch.
    pub(super) fn count(&mut self, batch: &RecordBatch) -> Result<(), WrongArray> {
        let mut buckets = std::mem::take(&mut self.buckets);
        let hashes = self.hashes(batch);
        if let Ok(Hashes { keys, rows }) = hashes {
            buckets.resize(BUCKETS, TableDigest::default());
            for (key, row) in keys.iter().zip(rows) {
                buckets[bucket(*key)].add(&[*row]);
            }
        }
        let result = hashes.map(|_| ());
        self.buckets = buckets;
        result
    }
}

/// As many tallies as there are threads at work.
pub(super) struct Tallies {
    key: Vec<usize>,
    hashers: (RowHasher, RowHasher),
    idle: Mutex<Vec<Tally>>,
}

/// All rows by bucket.
pub(super) struct Sum(pub(super) Vec<TableDigest>);

impl Tallies {
    /// `hashers` are those of rows and of keys.
    pub(super) fn new(key: &[usize], hashers: (RowHasher, RowHasher)) -> Self {
        Self { key: key.to_vec(), hashers, idle: Mutex::default() }
    }

    /// Works with a tally that no other thread is using.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Tally) -> T) -> T {
        let idle = self.lock().pop();
        let mut tally = idle.unwrap_or_else(|| Tally {
            rows: self.hashers.0.clone(),
            keys: self.hashers.1.clone(),
            key: self.key.clone(),
            row_hashes: Vec::new(),
            key_hashes: Vec::new(),
            buckets: Vec::new(),
        });
        let result = work(&mut tally);
        self.lock().push(tally);
        result
    }

    pub(super) fn into_sum(self) -> Sum {
        let mut sum = vec![TableDigest::default(); BUCKETS];
        for tally in self.lock().drain(..) {
            sum.iter_mut().zip(tally.buckets).for_each(|(sum, bucket)| sum.merge(bucket));
        }
        Sum(sum)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Tally>> {
        // What a panic left is a list of tallies like any other.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sum {
    pub(super) fn total(&self) -> TableDigest {
        let mut total = TableDigest::default();
        self.0.iter().for_each(|bucket| total.merge(*bucket));
        total
    }
}

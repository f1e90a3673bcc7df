//! Fingerprints of rows: what a table holds, whatever the order of its rows and the form that they are stored in.
//!
//! A [`RowHasher`] gives each row of a batch a hash of 64 bits; a [`TableDigest`] adds them up. Two tables with the same
//! columns have equal digests when they hold the same rows the same number of times, in any order; parts of a table
//! (files, shards, batches) have digests that add up to the whole's. What a change changes:
//!
//! - One cell of a type of at most 64 bits always changes the hash of its row, and one changed, lost or added row always
//!   changes the digest, unless two rows' hashes are equal by chance: about 1 in 2^64, as for any other accident.
//! - Values belong to their row and column: swapping one column's values between two rows changes both.
//! - The order of columns means nothing, their names and types do.
//!
//! It finds accidents. It does not resist a search for collisions; checksums of files are for that.
//!
//! # What is the same
//!
//! Equal means what PostgreSQL's `=` calls equal, and not how Arrow or a file holds it: `smallint`, `integer` and
//! `bigint` are one family, so are `real` and `double precision` (a `real` as the double of the same value), text may be a
//! dictionary, and JSON is compared as `jsonb` (see [`CanonicalJson`]). 0 and -0 are equal, and every NaN is the same
//! NaN. A `numeric` is its digits at the scale of its type, which therefore has to be the same on both sides; the
//! precision has not. An interval is its months, days and microseconds; 1 month and 30 days differ, and a fraction of a
//! microsecond, which PostgreSQL cannot hold, is cut off. Text is taken as it is, blanks at the end included: who reads
//! `char(n)` takes the padding off. NULL is no value of any type.
//!
//! # How it is computed, version 1
//!
//! The functions are those of the file `mix.rs`, and `tests/witness/digest.py` has them again in Python. A column has a
//! key: `bytes(bytes(0, name), family)`. A cell has a word under that key: `mix(key ^ value)` for what fits 64 bits;
//! `mix(key ^ join(low, high))` for more; `bytes(key, …)` for text; `mix(mix(key))` for NULL. An array starts with
//! `mix(key ^ length)` and continues, for every element's word under the element's key, with `mix(state ^ word)`. A row is
//! `finish(the sum of its words)`, and a table is the sum of its rows in 128 bits.

mod json;
mod mix;
mod row;

pub use json::CanonicalJson;
pub use row::{RowHasher, WrongArray};

use std::fmt;

/// The version of the algorithm: equal fingerprints mean equal rows only if they have the same one.
pub const VERSION: u32 = 1;

/// The sum of some rows' hashes. Prints as `v1:` and 32 hexadecimal digits.
///
/// ```
/// use seedbed_engine::digest::TableDigest;
/// let mut digest = TableDigest::default();
/// digest.add(&[u64::MAX, 1]);
/// assert_eq!(digest.to_string(), "v1:00000000000000010000000000000000");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableDigest {
    /// How many rows.
    pub rows: u64,
    /// The sum of their hashes. It does not wrap, because there are fewer than 2^64 rows: were it taken modulo 2^64,
    /// many equal changes could cancel each other.
    pub sum: u128,
}

impl TableDigest {
    /// Adds rows, by their hashes.
    pub fn add(&mut self, hashes: &[u64]) {
        self.rows += hashes.len() as u64;
        self.sum += hashes.iter().map(|hash| u128::from(*hash)).sum::<u128>();
    }

    /// Adds other rows of the same table.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum += other.sum;
    }
}

impl fmt::Display for TableDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{VERSION}:{:032x}", self.sum)
    }
}

#[cfg(test)]
mod tests;

//! Random words by address, and the laws that turn words into values.
//!
//! A table is a pure function from row number to row, so random words are *addressed*, not consumed. The
//! address of a word is (seed, table, column, purpose, version of the generator, row, draw inside the row).
//! The first five make the key of a [`Stream`]; the last two make the position in it: row *r* of a column
//! that needs *w* words per row owns the words `r * w .. (r + 1) * w`.
//!
//! What everything in this folder promises:
//!
//! - The position of a row never moves. Each law takes exactly one word per value; what needs an unknown
//!   number of words (a rejection loop) takes them from a [`Trickle`] that starts at the row's own word, and
//!   so cannot move another row.
//! - The same word gives the same value on every machine: words are little-endian whatever the CPU is, and
//!   floating-point code uses `+ - * /`, square roots, and functions of `libm`, all without fused operations.
//! - A law is checked once, in its constructor, which returns [`Invalid`]; drawing cannot fail.
//! - A changed value is an event: every item has a test with literal values.
//!
//! ```
//! use seedbed_engine::random::{Normal, Stream};
//!
//! let stream = Stream::new(42, "users", "height", "draw", 1);
//! let height = Normal::new(171.0, 9.0)?;
//!
//! // A million rows in one go, or row 765,432 alone: the same height.
//! let words = stream.rows(0..1_000_000, 1);
//! let mut all = Vec::new();
//! height.fill(&words, &mut all);
//! assert_eq!(all[765_432], height.sample(stream.word(765_432)));
//! # Ok::<(), seedbed_engine::random::Invalid>(())
//! ```
//!
//! It does not serve for secrets: a seed is public, and eight rounds of ChaCha are there for statistical
//! quality and independent streams.

mod stream;
mod trickle;
mod unit;

mod invalid;

mod distribution;
mod permutation;
mod tree;

#[cfg(test)]
pub(crate) mod goodness;

pub use distribution::{
    Exponential, LogNormal, Normal, Poisson, Skew, SkewExponent, Uniform, UniformInteger, Weighted, Zipf,
};
pub use invalid::Invalid;
pub use permutation::Permutation;
pub use stream::Stream;
pub(crate) use tree::{DEEPEST, Levels, MOST_CHILDREN, Tree, TreeBounds};
pub use trickle::Trickle;
pub use unit::{below, open_unit, unit};

//! Rows: where they come from, where they stand, and the columns that are worked out for some of them.
//!
//! A [`Frame`] is some rows of a table with the columns worked out so far. A column asks its recipe for values; what the recipe
//! reads, of this row or of another one, comes from frames again.

mod carried;
mod counting;
mod frame;
mod located;
mod neighbour;
mod pace;
mod pick;
mod pinned;
mod position;
mod running;
mod slices;
mod strings;
mod total;
mod tree;

pub(crate) use carried::{Carry, carried};
pub use counting::Extent;
pub(crate) use frame::{Far, Frame, Rows, nulls_of, own_bytes};
pub(crate) use located::locating;
pub(crate) use pick::each_once;
pub(crate) use strings::Strings;
pub(crate) use tree::in_trees;

use pace::Pace;

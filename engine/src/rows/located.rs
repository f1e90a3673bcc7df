//! Which row an error is of. A frame that fails is halved until one row is left, so the row is that of the table in which the value could
//! not be made, be it a parent whose children were to be counted.

use std::cell::Cell;

use super::Frame;
use crate::budget;
use crate::error::ValueError;

/// How many frames are halved for one error.
const MOST_HALVES: u32 = 10_000;

thread_local! {
    /// How many frames may still be halved, where rows are looked for.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Does some work again that has failed; its error names the row, if there is one.
pub(crate) fn locating<R>(error: ValueError, work: impl FnOnce() -> Result<R, ValueError>) -> ValueError {
    /// Ends it, after a panic, too.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }
    // Where nothing may be made any more, every row would seem to be the one.
    if error.row.is_some() || LEFT.get().is_some() || budget::is_exceeded() {
        return error;
    }
    LEFT.set(Some(MOST_HALVES));
    let _ended = Ended;
    work().err().unwrap_or(error)
}

/// The error of the first row of a frame, where rows are looked for.
pub(super) fn located(
    frame: &Frame,
    error: ValueError,
    make: impl Fn(&Frame) -> Result<(), ValueError>,
) -> ValueError {
    let Some(left) = LEFT.get().filter(|left| *left > 0) else { return error };
    // What is said of a whole table is of no row, and what is of another table was not found there.
    let is_of_table = error.column != "*" && error.table == frame.described().name;
    if error.row.is_some() || !is_of_table || budget::is_exceeded() || frame.plan.is_stopped() {
        return error;
    }
    let rows = frame.len();
    if rows == 1 {
        return ValueError { row: frame.rows.iter().next(), ..error };
    }
    LEFT.set(Some(left - 1));
    let half = |range| make(&Frame::new(frame.plan, frame.table, frame.rows.slice(range)));
    let first = half(0..rows / 2).and_then(|()| half(rows / 2..rows));
    // It may be not one row that is wrong, but all of them together.
    first.err().unwrap_or(error)
}

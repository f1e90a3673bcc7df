//! How many bytes of text some work may make.
//!
//! A scenario of a few lines can ask for gigabytes: constants that repeat each other, columns that double one
//! another's text. Where nothing is written yet, in compiling a scenario and in looking at the first rows of a
//! table, the texts that are made are counted, and the work ends in an error when they are too many. A run has no
//! such bound: there the width of the rows decides how many stand in a batch.
//!
//! The count belongs to the thread, so that the loops of a hundred functions need not hand it on.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Does some work that may make so many bytes of text, or fewer where it is part of other such work.
pub(crate) fn within<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    /// Gives the rest back, after a panic, too.
    struct Outer(usize);
    impl Drop for Outer {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let outer = Outer(LEFT.get());
    LEFT.set(bytes.min(outer.0));
    let result = work();
    drop(outer);
    result
}

/// How many bytes of text may still be made.
pub(crate) fn left() -> usize {
    LEFT.get()
}

/// Counts text that is about to be made, or just has been.
///
/// # Errors
/// It is more than may be made.
pub(crate) fn spend(bytes: usize) -> Result<(), String> {
    match LEFT.get().checked_sub(bytes) {
        Some(left) => {
            // Without a bound there is nothing to count.
            LEFT.set(if LEFT.get() == usize::MAX { usize::MAX } else { left });
            Ok(())
        }
        None => {
            // What follows fails at once instead of after the work.
            LEFT.set(0);
            Err(exceeded())
        }
    }
}

/// The message where too much text was asked for.
pub(crate) fn exceeded() -> String {
    "the texts of these rows take too much memory together".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_within_work_has_no_more_than_it_and_gives_the_rest_back() {
        assert_eq!(spend(usize::MAX), Ok(()));
        within(100, || {
            assert_eq!(spend(60), Ok(()));
            within(1000, || {
                assert_eq!(left(), 40);
                assert_eq!(spend(30), Ok(()));
            });
            assert_eq!(left(), 40);
            assert!(spend(41).is_err());
            assert_eq!(left(), 0);
        });
        assert_eq!(left(), usize::MAX);
    }
}

//! The limits of some work: bytes of text, steps of matching patterns, expressions, generators,
//! tables of distributions.
//!
//! A scenario of a few lines can ask for gigabytes and for hours: constants that repeat each other, columns that double
//! one another's text, patterns that are tried at every place. Where nothing is written yet, in compiling a scenario and
//! in showing the first rows of a table, all results and steps are counted, and the work ends in an error when
//! it is too much. A run has no such bound: there the width of the rows decides how many stand in a batch.
//!
//! Work that may be stopped from outside also checks here, with every count, whether it has been.
//!
//! The counts belong to the thread, so that the loops of a hundred functions need not hand them on.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Fault, Span};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Texts,
    Steps,
    Generators,
    Expressions,
    Laws,
}

/// How much of each is left; [`SPENT`] where more was asked for than there was.
type Left = [i64; KINDS];

/// How many kinds are counted.
const KINDS: usize = 5;

/// Without a bound.
const ENDLESS: i64 = i64::MAX;
/// What follows fails at once instead of after the work.
const SPENT: i64 = -1;

/// The most steps for one text, in a run, too: a match may read all that is behind it, to find no longer one.
const STEPS_PER_TEXT: u64 = 1 << 28;
/// Steps are counted by the thread so many at a time.
const STEPS_AT_A_TIME: u64 = 1 << 10;

thread_local! {
    static LEFT: Cell<Left> = const { Cell::new([ENDLESS; KINDS]) };
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// What some work may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget(Left);

impl Budget {
    /// Whatever it wants.
    pub(crate) const ENDLESS: Self = Self([ENDLESS; KINDS]);

    /// So many bytes of text.
    pub(crate) const fn texts(self, bytes: usize) -> Self {
        self.with(Of::Texts, bytes)
    }

    /// So many steps of matching patterns, each about a character of a text.
    pub(crate) const fn steps(self, steps: usize) -> Self {
        self.with(Of::Steps, steps)
    }

    /// So many generators: columns and parts of columns.
    pub(crate) const fn generators(self, generators: usize) -> Self {
        self.with(Of::Generators, generators)
    }

    /// So many parts of expressions.
    pub(crate) const fn expressions(self, parts: usize) -> Self {
        self.with(Of::Expressions, parts)
    }

    /// So many bytes for the tables of distributions.
    pub(crate) const fn laws(self, bytes: usize) -> Self {
        self.with(Of::Laws, bytes)
    }

    const fn with(mut self, of: Of, most: usize) -> Self {
        self.0[of as usize] = most as i64;
        self
    }
}

/// Does some work that may take so much, or less where it is part of other such work.
pub(crate) fn within<R>(budget: Budget, work: impl FnOnce() -> R) -> R {
    /// Gives the rest back, after a panic, too.
    struct Outer(Left);
    impl Drop for Outer {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let outer = Outer(LEFT.get());
    LEFT.set(std::array::from_fn(|of| budget.0[of].min(outer.0[of])));
    let result = work();
    drop(outer);
    result
}

/// Does some work that ends in an error soon after the flag is raised, by another thread.
pub(crate) fn until<R>(stop: &Arc<AtomicBool>, work: impl FnOnce() -> R) -> R {
    /// Puts back the flag of the work around it, after a panic, too.
    struct Outer(Option<Arc<AtomicBool>>);
    impl Drop for Outer {
        fn drop(&mut self) {
            STOP.set(self.0.take());
        }
    }
    let outer = Outer(STOP.replace(Some(stop.clone())));
    let result = work();
    drop(outer);
    result
}

fn check_stop() -> Result<(), String> {
    let stopped = STOP.with_borrow(|stop| stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)));
    if stopped { Err("stopped before it was worked out".to_owned()) } else { Ok(()) }
}

/// Takes away what is used; whether there was as much.
fn take(of: Of, amount: usize) -> bool {
    let mut left = LEFT.get();
    let of = &mut left[of as usize];
    // Without a bound there is nothing to count.
    if *of == ENDLESS {
        return true;
    }
    let rest = i64::try_from(amount).ok().and_then(|amount| of.checked_sub(amount)).filter(|rest| *rest >= 0);
    *of = rest.unwrap_or(SPENT);
    LEFT.set(left);
    rest.is_some()
}

/// Takes away what is used, and tells it once where there is not as much: what comes after it fails without a word.
fn take_once(of: Of, amount: usize, fault: impl FnOnce() -> Fault) -> Result<(), Fault> {
    let told = LEFT.get()[of as usize] == SPENT;
    match take(of, amount) {
        true => Ok(()),
        false if told => Err(Fault::reported()),
        false => Err(fault()),
    }
}

/// Counts a generator that is about to be made.
///
/// # Errors
/// A fault at its place: there are too many of them.
pub(crate) fn spend_generator(span: Span) -> Result<(), Fault> {
    take_once(Of::Generators, 1, || {
        Fault::at(span, "the scenario has too many generators with all that aliases and mixins repeat")
            .hint("a generator within `switch`, `json` or `array` counts each time that it is made")
    })
}

/// Counts parts of an expression that are about to be compiled.
///
/// # Errors
/// A fault at the expression: there is too much of them.
pub(crate) fn spend_expression(parts: usize, span: Span) -> Result<(), Fault> {
    take_once(Of::Expressions, parts, || {
        Fault::at(span, "the scenario has too many expressions with all that aliases and mixins repeat").hint(
            "an alias is compiled each time that it is used: let a column compute it, and read that column",
        )
    })
}

/// Counts the table of a distribution.
///
/// # Errors
/// A fault at its place: they take too much memory.
pub(crate) fn spend_law(bytes: usize, span: Span) -> Result<(), Fault> {
    take_once(Of::Laws, bytes, || {
        Fault::at(span, "the distributions of the scenario take too much memory together")
            .hint("a `poisson` of a large mean has a large table, which those of the same mean share")
    })
}

/// How many bytes of text may still be made.
pub(crate) fn left() -> usize {
    match LEFT.get()[Of::Texts as usize] {
        ENDLESS => usize::MAX,
        left => usize::try_from(left).unwrap_or(0),
    }
}

/// Counts text that is about to be made, or just has been.
///
/// # Errors
/// It is more than may be made.
pub(crate) fn spend(bytes: usize) -> Result<(), String> {
    check_stop()?;
    if take(Of::Texts, bytes) { Ok(()) } else { Err(exceeded()) }
}

/// Counts values that did not count themselves while they were made.
///
/// # Errors
/// As [`spend`].
pub(crate) fn spend_made(bytes: impl FnOnce() -> u64) -> Result<(), String> {
    if left() == usize::MAX { Ok(()) } else { spend(usize::try_from(bytes()).unwrap_or(usize::MAX)) }
}

/// Refuses text that has grown beyond what may still be made, before it is counted.
///
/// # Errors
/// As [`spend`].
pub(crate) fn check(bytes: usize) -> Result<(), String> {
    if bytes > left() { spend(bytes) } else { Ok(()) }
}

/// Whether more text was asked for than may be made.
pub(crate) fn is_exceeded() -> bool {
    LEFT.get()[Of::Texts as usize] == SPENT
}

/// The message where too much text was asked for.
pub(crate) fn exceeded() -> String {
    "these rows, with all that they are made of, take too much memory together".to_owned()
}

/// The steps of matching patterns in texts, one text after the other.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// Those of this text that the thread has counted.
    of_text: u64,
    /// Those that it has not.
    open: u64,
    /// How many of these belong to texts before this one.
    before: u64,
}

impl Steps {
    /// Another text begins.
    pub(crate) fn begin(&mut self) {
        (self.of_text, self.before) = (0, self.open);
    }

    /// Counts some steps.
    ///
    /// # Errors
    /// This text, or all together, take too many.
    #[inline]
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), String> {
        self.open += steps as u64;
        if self.open < STEPS_AT_A_TIME { Ok(()) } else { self.settle() }
    }

    fn settle(&mut self) -> Result<(), String> {
        let (open, before) = (std::mem::take(&mut self.open), std::mem::take(&mut self.before));
        self.of_text += open - before;
        check_stop()?;
        if !take(Of::Steps, usize::try_from(open).unwrap_or(usize::MAX)) {
            return Err("looking for patterns takes too long in the texts of these rows".to_owned());
        }
        if self.of_text > STEPS_PER_TEXT {
            return Err("looking for the pattern takes too long in this text".to_owned());
        }
        Ok(())
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        // What comes after it fails, if these were too many.
        take(Of::Steps, usize::try_from(self.open).unwrap_or(usize::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_within_work_has_no_more_than_it_and_gives_the_rest_back() {
        assert_eq!(spend(usize::MAX), Ok(()));
        within(Budget::ENDLESS.texts(100), || {
            assert_eq!(spend(60), Ok(()));
            within(Budget::ENDLESS.texts(1000), || {
                assert_eq!(left(), 40);
                assert_eq!(spend(30), Ok(()));
            });
            assert_eq!(left(), 40);
            assert!(spend(41).is_err());
            assert_eq!(left(), 0);
            assert!(spend(0).is_err());
        });
        assert_eq!(left(), usize::MAX);
    }

    #[test]
    fn short_texts_use_up_the_steps_of_all_together() {
        within(Budget::ENDLESS.steps(100_000), || {
            (0..1000).for_each(|_| assert_eq!(Steps::default().take(100), Ok(())));
            // Fewer than are counted at a time, and one too many.
            assert_eq!(Steps::default().take(1), Ok(()));
            assert!(Steps::default().take(STEPS_AT_A_TIME as usize).is_err());
        });
        let mut steps = Steps::default();
        for _ in 0..3 {
            steps.begin();
            assert_eq!(steps.take((1 << 28) - 100), Ok(()));
            assert_eq!(steps.take(100), Ok(()));
        }
        assert!(Steps::default().take(1 << 29).is_err());
    }
}

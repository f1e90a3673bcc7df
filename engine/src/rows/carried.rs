//! What is carried from a row to the next of its siblings: running totals and walks.
//!
//! A run of rows takes one pass. What comes before it, among the siblings of its first row, is worked out in slices, from the last
//! row whose state is known: the end of an earlier batch, mostly. Rows that are picked are worked out with all that come before
//! them, parent by parent. States are exact and values are carried in the order of the rows, so it does not matter where it begins.

use std::ops::Range;

use super::frame::{Frame, Rows};
use super::pace::Pace;
use super::slices::{Run, rows_of, slices};
use crate::error::ValueError;
use crate::ids::ColumnId;
use crate::plan::carried::{Key, State};

/// States behind fewer siblings are not kept: they are soon worked out again.
const LEAST_KEPT: u64 = 256;

/// Something that is carried from row to row.
pub(crate) trait Carry {
    /// What it reads of some rows.
    type Read;

    /// What its states are kept under.
    fn key(&self) -> Key;

    /// The columns of the table that it reads.
    fn columns(&self) -> &[ColumnId];

    /// Reads the rows of a frame.
    ///
    /// # Errors
    /// A value that cannot be computed.
    fn read(&self, frame: &Frame) -> Result<Self::Read, ValueError>;

    /// Goes over rows that follow each other, by their places, and tells the state behind each.
    ///
    /// # Errors
    /// A state that cannot be held, in words.
    fn over(
        &self,
        read: &Self::Read,
        places: Range<usize>,
        state: &mut State,
        each: impl FnMut(&State),
    ) -> Result<(), String>;
}

/// The state behind each row of a frame, of a table with parents; `failed` makes an error of words.
///
/// # Errors
/// A value of these rows, or of a sibling before them, that cannot be computed.
pub(crate) fn carried<C: Carry>(
    frame: &Frame,
    carry: &C,
    failed: impl Fn(String) -> ValueError,
) -> Result<Vec<State>, ValueError> {
    let passing = Passing { frame, carry, failed };
    match &frame.rows {
        Rows::Range(range) => passing.run(range.clone()),
        Rows::Picked(rows) => passing.picked(rows),
    }
}

/// A pass over siblings.
struct Passing<'f, 'p, 'c, C, F> {
    frame: &'f Frame<'p>,
    carry: &'c C,
    failed: F,
}

impl<C: Carry, F: Fn(String) -> ValueError> Passing<'_, '_, '_, C, F> {
    fn run(&self, rows: Range<u64>) -> Result<Vec<State>, ValueError> {
        let count = self.frame.len();
        let mut states = Vec::with_capacity(count);
        if count == 0 {
            return Ok(states);
        }
        let family = self.frame.family()?;
        let read = self.carry.read(self.frame)?;
        let mut state = self.before(rows.start - family.before(0), rows.start)?;
        let mut at = 0;
        while at < count {
            if family.before(at) == 0 {
                state = State::default();
            }
            let end = count.min(at + 1 + family.behind(at) as usize);
            self.over(&read, at..end, &mut state, |state| states.push(*state))?;
            at = end;
        }
        if family.behind(count - 1) > 0 && family.before(count - 1) >= LEAST_KEPT {
            // A batch that goes on from here may also ask for the row before it.
            if let [.., last, _] = states[..] {
                self.frame.plan.carried.keep(self.carry.key(), rows.end - 1, last);
            }
            self.frame.plan.carried.keep(self.carry.key(), rows.end, state);
        }
        Ok(states)
    }

    /// The state before a row whose first sibling is `first`.
    fn before(&self, first: u64, row: u64) -> Result<State, ValueError> {
        let (mut at, mut state) = self.known(first, row).unwrap_or((first, State::default()));
        let (plan, table) = (self.frame.plan, self.frame.table);
        let mut pace = Pace::of(plan, table, self.carry.columns());
        while at < row {
            let end = row.min(at + pace.rows() as u64);
            let rows = Frame::new(plan, table, Rows::Range(at..end));
            let read = self.carry.read(&rows)?;
            self.over(&read, 0..rows.len(), &mut state, |_| {})?;
            pace.worked_out(&rows);
            at = end;
            if at - first >= LEAST_KEPT {
                plan.carried.keep(self.carry.key(), at, state);
            }
        }
        Ok(state)
    }

    /// The last state that is known between two siblings, if it is worth a look.
    fn known(&self, first: u64, row: u64) -> Option<(u64, State)> {
        if row - first < LEAST_KEPT {
            return None;
        }
        self.frame.plan.carried.last(&self.carry.key(), first, row)
    }

    fn picked(&self, rows: &[u64]) -> Result<Vec<State>, ValueError> {
        let (plan, table) = (self.frame.plan, self.frame.table);
        let family = self.frame.family()?;
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_unstable_by_key(|place| rows[*place]);
        // To each row that is asked for a run that ends with it, and the state that it begins with; `None` goes on with the one before.
        let same: Vec<&[usize]> = places.chunk_by(|a, b| rows[*a] == rows[*b]).collect();
        let (mut runs, mut begins) = (Vec::with_capacity(same.len()), Vec::with_capacity(same.len()));
        let mut last: Option<(u64, u64)> = None;
        for (of, same) in same.iter().enumerate() {
            let row = rows[same[0]];
            let first = row - family.before(same[0]);
            let (start, begin) = match last {
                Some((known, end)) if known == first => (end, None),
                _ => (first, Some(State::default())),
            };
            let (start, begin) =
                self.known(start, row).map_or((start, begin), |(row, state)| (row, Some(state)));
            runs.push(Run { of, start, end: row + 1 });
            begins.push(begin);
            last = Some((first, row + 1));
        }
        let mut states = vec![State::default(); rows.len()];
        let mut state = State::default();
        let mut pace = Pace::of(plan, table, self.carry.columns());
        let mut next = slices(&runs);
        while let Some(slice) = next(pace.rows()) {
            let frame = Frame::new(plan, table, rows_of(&slice));
            let read = self.carry.read(&frame)?;
            let mut at = 0;
            for run in &slice {
                let end = at + run.len() as usize;
                state = begins[run.of].take().unwrap_or(state);
                self.over(&read, at..end, &mut state, |_| {})?;
                at = end;
                if run.len() >= LEAST_KEPT {
                    plan.carried.keep(self.carry.key(), run.end, state);
                }
                if run.end == runs[run.of].end {
                    same[run.of].iter().for_each(|place| states[*place] = state);
                }
            }
            pace.worked_out(&frame);
        }
        Ok(states)
    }

    fn over(
        &self,
        read: &C::Read,
        places: Range<usize>,
        state: &mut State,
        each: impl FnMut(&State),
    ) -> Result<(), ValueError> {
        self.carry.over(read, places, state, each).map_err(&self.failed)
    }
}

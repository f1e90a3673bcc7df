//! Where the children of a row stand: a sparse prefix sum over the counts of a child table.
//!
//! Children of parent `i` are the rows `offset(i) .. offset(i + 1)`. One offset is kept for every
//! `stride` parents, a *block*; a lookup adds the counts from there on. The stride doubles whenever there are
//! more than [`MOST_ENTRIES`] entries, so the index of a table never takes more than 512 KiB, and up to
//! 65,536 parents every offset is there. The sum is extended only as far as it is asked for: ten rows of
//! a preview do not wait for a billion. Where the parents end, the index is complete, and says so at once ever after.

use std::ops::Range;
use std::sync::{Mutex, RwLock};

use crate::error::ValueError;

/// The most entries of an index: few enough that memory stays level from a million rows on.
const MOST_ENTRIES: usize = 1 << 16;
/// The first step of a lazy extension, in parents; later steps double.
const FIRST_STEP: u64 = 256;
/// The longest step.
const LAST_STEP: u64 = 1 << 14;
/// Parents whose counts a lookup works out together; a block with more of them is worked out alone.
const PARENTS_AT_A_TIME: u64 = 8192;

/// Evaluates the counts of runs of parents, one behind the other. A single run may reach past the last parent; then
/// there are fewer counts, and the index is complete.
pub(crate) type Evaluate<'e> = dyn Fn(&[Range<u64>]) -> Result<Vec<u64>, ValueError> + 'e;

/// The counts of a child table.
#[derive(Debug)]
pub(crate) enum Counts {
    /// Every parent has the same number of children.
    Constant(u64),
    /// A count law.
    Sparse {
        index: RwLock<Index>,
        /// Held while the index is extended.
        extending: Mutex<()>,
    },
}

/// The known part of a prefix sum.
#[derive(Debug)]
pub(crate) struct Index {
    /// Parents per entry, a power of two.
    stride: u64,
    /// `entries[k]` is the offset of parent `k × stride`.
    entries: Vec<u64>,
    /// Parents whose offsets are known.
    covered: u64,
    /// The offset of parent `covered`.
    rows: u64,
    /// Whether there are no more parents.
    complete: bool,
}

/// The children of one parent: the rows `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Siblings {
    pub(crate) parent: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Which block answers a question.
struct Look {
    block: u64,
    /// The offset of the block's first parent.
    offset: u64,
    /// The question's number.
    question: usize,
}

impl Counts {
    pub(crate) fn constant(count: u64) -> Self {
        Self::Constant(count)
    }

    pub(crate) fn sparse() -> Self {
        let index = Index { stride: 1, entries: vec![0], covered: 0, rows: 0, complete: false };
        Self::Sparse { index: RwLock::new(index), extending: Mutex::new(()) }
    }

    /// The offsets of the parents `range.start ..= range.end`.
    pub(crate) fn offsets(&self, range: Range<u64>, evaluate: &Evaluate) -> Result<Vec<u64>, ValueError> {
        let (index, extending) = match self {
            Self::Constant(count) => {
                return Ok((range.start..=range.end).map(|parent| parent * count).collect());
            }
            Self::Sparse { index, extending } => (index, extending),
        };
        extend(index, extending, u64::MAX, evaluate, |index| index.covered >= range.end)?;
        let index = read(index);
        let mut offsets = Vec::with_capacity((range.end - range.start + 1) as usize);
        if index.stride == 1 {
            offsets.extend((range.start..=range.end).map(|parent| index.entry(parent)));
            return Ok(offsets);
        }
        let first = range.start / index.stride;
        let mut offset = index.entry(first);
        let stride = index.stride;
        drop(index);
        let run = first * stride..range.end;
        let counts = evaluate(std::slice::from_ref(&run))?;
        for (parent, count) in (first * stride..).zip(counts) {
            if parent >= range.start {
                offsets.push(offset);
            }
            offset += count;
        }
        offsets.push(offset);
        Ok(offsets)
    }

    /// How many children every parent has, if they are as many for each.
    pub(crate) fn per_parent(&self) -> Option<u64> {
        match self {
            Self::Constant(count) => Some(*count),
            Self::Sparse { .. } => None,
        }
    }

    /// The children of some parents.
    pub(crate) fn children(&self, parents: &[u64], evaluate: &Evaluate) -> Result<Vec<Siblings>, ValueError> {
        let (index, extending) = match self {
            Self::Constant(count) => {
                let of = |&parent| Siblings { parent, start: parent * count, end: (parent + 1) * count };
                return Ok(parents.iter().map(of).collect());
            }
            Self::Sparse { index, extending } => (index, extending),
        };
        let Some(&last) = parents.iter().max() else { return Ok(Vec::new()) };
        extend(index, extending, u64::MAX, evaluate, |index| index.covered > last)?;
        let block = |index: &Index, parent: u64| parent / index.stride;
        look(index, parents, block, |parent, first, _| (parent - first) as usize, evaluate)
    }

    /// The parents of some rows, among at most `parents` of them, with all their children.
    ///
    /// A row past the last one belongs to some parent whose children do not hold it.
    pub(crate) fn families(
        &self,
        rows: &[u64],
        parents: u64,
        evaluate: &Evaluate,
    ) -> Result<Vec<Siblings>, ValueError> {
        let (index, extending) = match self {
            Self::Constant(count) => {
                let of = |&row| {
                    let parent = row / (*count).max(1);
                    Siblings { parent, start: parent * count, end: (parent + 1) * count }
                };
                return Ok(rows.iter().map(of).collect());
            }
            Self::Sparse { index, extending } => (index, extending),
        };
        let Some(&last) = rows.iter().max() else { return Ok(Vec::new()) };
        extend(index, extending, parents, evaluate, |index| index.rows > last)?;
        // The last entry that is not past the row: parents without children share an offset with the next.
        let until = |offsets: &[u64], row: u64| offsets.partition_point(|&offset| offset <= row) - 1;
        let block = |index: &Index, row: u64| until(&index.entries, row) as u64;
        look(index, rows, block, |row, _, offsets| until(offsets, row), evaluate)
    }

    /// How many children there are in all, but no more than `end`: counts no further than that.
    pub(crate) fn rows_up_to(&self, end: u64, evaluate: &Evaluate) -> Result<u64, ValueError> {
        match self {
            Self::Constant(_) => Ok(0),
            Self::Sparse { index, extending } => {
                extend(index, extending, u64::MAX, evaluate, |index| index.rows >= end)?;
                Ok(read(index).rows.min(end))
            }
        }
    }

    /// Whether the children of all parents are known.
    pub(crate) fn is_complete(&self, parents: u64) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Sparse { index, .. } => read(index).covered >= parents,
        }
    }

    /// The parents that are known and their children, and whether there are no more.
    pub(crate) fn so_far(&self) -> (u64, u64, bool) {
        match self {
            Self::Constant(_) => (0, 0, false),
            Self::Sparse { index, .. } => {
                let index = read(index);
                (index.covered, index.rows, index.complete)
            }
        }
    }

    /// How many parents are known, for extending in parallel.
    pub(crate) fn covered(&self) -> u64 {
        match self {
            Self::Constant(_) => u64::MAX,
            Self::Sparse { index, .. } => read(index).covered,
        }
    }

    /// Appends counts of the parents from `first` on, unless others did meanwhile.
    pub(crate) fn append(&self, first: u64, counts: &[u64]) {
        if let Self::Sparse { index, extending } = self {
            let _alone = extending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut index = index.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let known = index.covered.saturating_sub(first).min(counts.len() as u64) as usize;
            if first <= index.covered {
                index.push(&counts[known..]);
            }
        }
    }

    /// The number of children of all parents.
    pub(crate) fn total(&self, parents: u64, evaluate: &Evaluate) -> Result<u64, ValueError> {
        match self {
            // Rows were checked against their bound when the plan was made.
            Self::Constant(count) => Ok(parents.saturating_mul(*count)),
            Self::Sparse { index, extending } => {
                extend(index, extending, parents, evaluate, |_| false)?;
                Ok(read(index).rows)
            }
        }
    }
}

/// Answers questions that each lead to a parent in one block. The blocks are worked out some at a time, each of them
/// once, in the order of their parents. `find` takes a question, the first parent of its block and the offsets of
/// the block's parents with the end behind them, and tells the parent's place among them.
fn look(
    index: &RwLock<Index>,
    questions: &[u64],
    block: impl Fn(&Index, u64) -> u64,
    find: impl Fn(u64, u64, &[u64]) -> usize,
    evaluate: &Evaluate,
) -> Result<Vec<Siblings>, ValueError> {
    let known = read(index);
    if known.stride == 1 {
        let answer = |&question: &u64| {
            let parent = block(&known, question);
            Siblings { parent, start: known.entry(parent), end: known.entry(parent + 1) }
        };
        return Ok(questions.iter().map(answer).collect());
    }
    // Another thread may double the stride meanwhile; what is taken along here stays true.
    let (stride, covered) = (known.stride, known.covered);
    let looks = questions.iter().enumerate().map(|(question, &asked)| {
        let block = block(&known, asked);
        Look { block, offset: known.entry(block), question }
    });
    let mut looks: Vec<Look> = looks.collect();
    drop(known);
    looks.sort_unstable_by_key(|look| look.block);

    let parents_of = |block: u64| block * stride..((block + 1) * stride).min(covered);
    let mut answers = vec![Siblings::default(); questions.len()];
    let mut offsets = Vec::with_capacity(stride as usize + 1);
    let mut rest = &looks[..];
    while !rest.is_empty() {
        let (mut runs, mut parents, mut taken): (Vec<Range<u64>>, u64, usize) = (Vec::new(), 0, 0);
        for same in rest.chunk_by(|a, b| a.block == b.block) {
            let run = parents_of(same[0].block);
            if parents > 0 && parents + (run.end - run.start) > PARENTS_AT_A_TIME {
                break;
            }
            parents += run.end - run.start;
            taken += same.len();
            match runs.last_mut() {
                Some(before) if before.end == run.start => before.end = run.end,
                _ => runs.push(run),
            }
        }
        let counts = evaluate(&runs)?;
        let mut counts = &counts[..];
        let (now, later) = rest.split_at(taken);
        for same in now.chunk_by(|a, b| a.block == b.block) {
            let run = parents_of(same[0].block);
            let (here, behind) = counts.split_at((run.end - run.start) as usize);
            counts = behind;
            let mut offset = same[0].offset;
            offsets.clear();
            offsets.push(offset);
            offsets.extend(here.iter().map(|count| {
                offset += count;
                offset
            }));
            for look in same {
                let place =
                    find(questions[look.question], run.start, &offsets).min(here.len().saturating_sub(1));
                let end = offsets.get(place + 1).copied().unwrap_or(offset);
                answers[look.question] =
                    Siblings { parent: run.start + place as u64, start: offsets[place], end };
            }
        }
        rest = later;
    }
    Ok(answers)
}

fn read(index: &RwLock<Index>) -> std::sync::RwLockReadGuard<'_, Index> {
    index.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Extends the index until enough is known or all parents are.
fn extend(
    index: &RwLock<Index>,
    extending: &Mutex<()>,
    parents: u64,
    evaluate: &Evaluate,
    enough: impl Fn(&Index) -> bool,
) -> Result<(), ValueError> {
    let done = |index: &Index| index.complete || index.covered >= parents || enough(index);
    if done(&read(index)) {
        return Ok(());
    }
    let _alone = extending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut step = FIRST_STEP;
    loop {
        let first = {
            let index = read(index);
            if done(&index) {
                return Ok(());
            }
            index.covered
        };
        let run = first..first.saturating_add(step).min(parents);
        let counts = evaluate(std::slice::from_ref(&run))?;
        let mut index = index.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        index.push(&counts);
        index.complete = (counts.len() as u64) < run.end - run.start;
        drop(index);
        step = (step * 2).min(LAST_STEP);
    }
}

impl Index {
    /// The offset of a block's first parent; behind the last block, of the parent after all that are known.
    fn entry(&self, block: u64) -> u64 {
        self.entries.get(block as usize).copied().unwrap_or(self.rows)
    }

    fn push(&mut self, counts: &[u64]) {
        for count in counts {
            // The bound of a table's rows keeps the sum far from overflow; saturating keeps it so regardless.
            self.rows = self.rows.saturating_add(*count);
            self.covered += 1;
            if self.covered.is_multiple_of(self.stride) && self.entries.len() == MOST_ENTRIES {
                self.stride *= 2;
                let mut keep = false;
                self.entries.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
            if self.covered.is_multiple_of(self.stride) {
                self.entries.push(self.rows);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn count(parent: u64) -> u64 {
        parent * 7919 % 5
    }

    fn law(runs: &[Range<u64>]) -> Result<Vec<u64>, ValueError> {
        Ok(runs.iter().cloned().flatten().map(count).collect())
    }

    /// The law when there are no more than so many parents.
    fn law_of(parents: u64) -> impl Fn(&[Range<u64>]) -> Result<Vec<u64>, ValueError> {
        move |runs| Ok(runs.iter().cloned().flatten().filter(|parent| *parent < parents).map(count).collect())
    }

    #[test]
    fn children_stand_behind_each_other() {
        let counts = Counts::sparse();
        let (mut row, parents) = (0, 5000);
        let law = law_of(parents);
        for parent in 0..parents {
            let offsets = counts.offsets(parent..parent + 1, &law).unwrap();
            assert_eq!(offsets[0], row);
            let siblings = Siblings { parent, start: row, end: offsets[1] };
            assert_eq!(counts.children(&[parent], &law).unwrap(), [siblings]);
            for child in offsets[0]..offsets[1] {
                assert_eq!(counts.families(&[child], parents, &law).unwrap(), [siblings]);
            }
            row = offsets[1];
        }
        assert_eq!(counts.total(parents, &law).unwrap(), row);
    }

    #[test]
    fn a_sparse_index_gives_the_same_answers() {
        let parents = 37 * MOST_ENTRIES as u64 + 3;
        let counts = Counts::sparse();
        let law = law_of(parents);
        let total = counts.total(parents, &law).unwrap();
        let Counts::Sparse { index, .. } = &counts else { unreachable!() };
        assert!(read(index).stride == 64 && read(index).entries.len() <= MOST_ENTRIES);
        // A period of the law holds 5 parents with 0 + 4 + 3 + 2 + 1 children.
        let offset = |parent: u64| parent / 5 * 10 + (0..parent % 5).map(count).sum::<u64>();
        assert_eq!(total, offset(parents));
        let siblings = |parent| Siblings { parent, start: offset(parent), end: offset(parent + 1) };
        // Near and far, twice, backwards, and more than are worked out together.
        let mut asked = vec![0, 1, 63, 64, 12_345, 12_346, parents - 1, parents / 2, 12_345, parents - 6];
        asked.extend((0..2000).map(|i| i * 7_368_787 % parents));
        let expected: Vec<Siblings> = asked.iter().map(|&parent| siblings(parent)).collect();
        assert_eq!(counts.children(&asked, &law).unwrap(), expected);
        let expected: Vec<Siblings> = expected.into_iter().filter(|of| of.end > of.start).collect();
        for row in [|of: &Siblings| of.start, |of: &Siblings| of.end - 1] {
            let rows: Vec<u64> = expected.iter().map(row).collect();
            assert_eq!(counts.families(&rows, parents, &law).unwrap(), expected);
        }
        for parent in [0, 63, 64, 12_345, parents - 6] {
            let offsets = counts.offsets(parent..parent + 5, &law).unwrap();
            assert_eq!(offsets, (parent..=parent + 5).map(offset).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_block_is_worked_out_once_for_all_that_ask() {
        let parents = 2 * MOST_ENTRIES as u64;
        let counts = Counts::sparse();
        let total = counts.total(parents, &law).unwrap();
        let worked_out = Cell::new(0);
        let counting = |runs: &[Range<u64>]| {
            worked_out.set(worked_out.get() + runs.iter().map(|run| run.end - run.start).sum::<u64>());
            law(runs)
        };
        let rows: Vec<u64> = (0..1000).rev().chain(total - 1000..total).collect();
        counts.families(&rows, parents, &counting).unwrap();
        // 2000 rows have about 1000 parents; each end adds a block of two.
        assert!((900..1100).contains(&worked_out.get()), "{worked_out:?}");
    }

    #[test]
    fn a_row_past_the_last_one_has_no_parent() {
        for parents in [0, 1, 300, 2 * MOST_ENTRIES as u64, 2 * MOST_ENTRIES as u64 + 1] {
            let counts = Counts::sparse();
            let law = law_of(parents);
            let total = counts.total(parents, &law).unwrap();
            for row in [total, total + 1, u64::MAX] {
                let family = counts.families(&[row], parents, &law).unwrap()[0];
                assert!(!(family.start..family.end).contains(&row), "{parents} parents: {family:?}");
            }
        }
    }

    #[test]
    fn only_what_is_asked_for_is_counted() {
        let counts = Counts::sparse();
        counts.families(&[3], u64::MAX, &law).unwrap();
        assert!(counts.covered() <= FIRST_STEP);
    }
}

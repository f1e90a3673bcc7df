//! Where the children of a row stand: a sparse prefix sum over the counts of a child table.
//!
//! Children of parent `i` are the rows `offset(i) .. offset(i + 1)`. One offset is kept for every
//! `stride` parents; a lookup adds the counts from there on. The stride doubles whenever there are more
//! than [`MOST_ENTRIES`] entries, so the index of a table never takes more than 8 MiB, and up to a
//! million parents every offset is there. The sum is extended only as far as somebody looks: ten rows of
//! a preview do not wait for a billion.

use std::ops::Range;
use std::sync::{Mutex, RwLock};

use crate::error::ValueError;

/// The most entries of an index.
const MOST_ENTRIES: usize = 1 << 20;
/// The first step of a lazy extension, in parents; later steps double.
const FIRST_STEP: u64 = 256;
/// The longest step.
const LAST_STEP: u64 = 1 << 14;

/// Evaluates the counts of a run of parents.
pub(crate) type Evaluate<'e> = dyn Fn(Range<u64>) -> Result<Vec<u64>, ValueError> + 'e;

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
}

impl Counts {
    pub(crate) fn constant(count: u64) -> Self {
        Self::Constant(count)
    }

    pub(crate) fn sparse() -> Self {
        let index = Index { stride: 1, entries: vec![0], covered: 0, rows: 0 };
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
            offsets.extend((range.start..range.end).map(|parent| index.entry(parent)));
            offsets.push(if range.end == index.covered { index.rows } else { index.entry(range.end) });
            return Ok(offsets);
        }
        let first = range.start / index.stride;
        let mut offset = index.entry(first);
        let stride = index.stride;
        drop(index);
        let counts = evaluate(first * stride..range.end)?;
        for (parent, count) in (first * stride..).zip(counts) {
            if parent >= range.start {
                offsets.push(offset);
            }
            offset += count;
        }
        offsets.push(offset);
        Ok(offsets)
    }

    /// The parent of a row, among `parents` parents.
    pub(crate) fn parent_of(&self, row: u64, parents: u64, evaluate: &Evaluate) -> Result<u64, ValueError> {
        let (index, extending) = match self {
            Self::Constant(count) => return Ok(row / (*count).max(1)),
            Self::Sparse { index, extending } => (index, extending),
        };
        extend(index, extending, parents, evaluate, |index| index.rows > row)?;
        let (start, mut offset, end) = {
            let index = read(index);
            // The last entry that is not past the row: parents without children share an offset with the next.
            let block = index.entries.partition_point(|&entry| entry <= row) as u64 - 1;
            if index.stride == 1 {
                return Ok(block);
            }
            let start = block * index.stride;
            (start, index.entry(block), (start + index.stride).min(index.covered))
        };
        let counts = evaluate(start..end)?;
        for (parent, count) in (start..).zip(counts) {
            offset += count;
            if offset > row {
                return Ok(parent);
            }
        }
        Ok(end.saturating_sub(1))
    }

    /// Whether the children of all parents are known.
    pub(crate) fn is_complete(&self, parents: u64) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Sparse { index, .. } => read(index).covered >= parents,
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
    let done = |index: &Index| index.covered >= parents || enough(index);
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
        let counts = evaluate(first..first.saturating_add(step).min(parents))?;
        if counts.is_empty() {
            return Ok(());
        }
        index.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(&counts);
        step = (step * 2).min(LAST_STEP);
    }
}

impl Index {
    fn entry(&self, block: u64) -> u64 {
        self.entries[block as usize]
    }

    fn push(&mut self, counts: &[u64]) {
        for count in counts {
            // The bound of a table's rows keeps the sum far from overflow; saturating keeps it so regardless.
            self.rows = self.rows.saturating_add(*count);
            self.covered += 1;
            if self.covered.is_multiple_of(self.stride) {
                self.entries.push(self.rows);
                if self.entries.len() > MOST_ENTRIES {
                    self.stride *= 2;
                    let mut keep = false;
                    self.entries.retain(|_| {
                        keep = !keep;
                        keep
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(range: Range<u64>) -> Result<Vec<u64>, ValueError> {
        Ok(range.map(|parent| parent * 7919 % 5).collect())
    }

    #[test]
    fn children_stand_behind_each_other() {
        let counts = Counts::sparse();
        let (mut row, parents) = (0, 5000);
        let law = |range: Range<u64>| law(range.start.min(parents)..range.end.min(parents));
        for parent in 0..parents {
            let offsets = counts.offsets(parent..parent + 1, &law).unwrap();
            assert_eq!(offsets[0], row);
            for child in offsets[0]..offsets[1] {
                assert_eq!(counts.parent_of(child, parents, &law).unwrap(), parent);
            }
            row = offsets[1];
        }
        assert_eq!(counts.total(parents, &law).unwrap(), row);
    }

    #[test]
    fn a_sparse_index_gives_the_same_answers() {
        let parents = 3 * MOST_ENTRIES as u64;
        let counts = Counts::sparse();
        let total = counts.total(parents, &law).unwrap();
        let Counts::Sparse { index, .. } = &counts else { unreachable!() };
        assert!(read(index).stride > 1 && read(index).entries.len() <= MOST_ENTRIES);
        // A period of the law holds 5 parents with 0 + 4 + 3 + 2 + 1 children.
        assert_eq!(total, parents / 5 * 10 + (0..parents % 5).map(|p| p * 7919 % 5).sum::<u64>());
        for parent in [0, 1, 12_345, parents / 2, parents - 6] {
            let offsets = counts.offsets(parent..parent + 5, &law).unwrap();
            assert_eq!(offsets[0], parent / 5 * 10 + (0..parent % 5).map(|p| p * 7919 % 5).sum::<u64>());
            assert_eq!(offsets[5] - offsets[0], 10);
            assert_eq!(
                counts.parent_of(offsets[1], parents, &law).unwrap(),
                parent + if offsets[1] == offsets[2] { 2 } else { 1 }
            );
        }
        assert_eq!(counts.offsets(parents - 1..parents, &law).unwrap()[1], total);
    }

    #[test]
    fn only_what_is_asked_for_is_counted() {
        let counts = Counts::sparse();
        counts.parent_of(3, u64::MAX, &law).unwrap();
        assert!(counts.covered() <= FIRST_STEP);
    }
}

//! Rows that are worked out some at a time.

use super::Rows;

/// A run of rows that belong to one thing, the one with the number `of`: the rows `start..end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) of: usize,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Run {
    pub(super) fn len(&self) -> u64 {
        self.end - self.start
    }
}

/// Cuts runs into slices of so many rows that are worked out together; one run may have more rows than fit a slice.
pub(super) fn slices(runs: &[Run]) -> impl FnMut(usize) -> Option<Vec<Run>> {
    let mut rest = runs.iter().copied().filter(|run| run.start < run.end);
    let mut next = rest.next();
    move |rows| {
        let (mut slice, mut room) = (Vec::new(), rows as u64);
        while let Some(run) = next.filter(|_| room > 0) {
            let end = run.end.min(run.start + room);
            room -= end - run.start;
            slice.push(Run { end, ..run });
            next = if end < run.end { Some(Run { start: end, ..run }) } else { rest.next() };
        }
        (!slice.is_empty()).then_some(slice)
    }
}

/// The rows of a slice, run by run.
pub(super) fn rows_of(slice: &[Run]) -> Rows {
    let contiguous = slice.windows(2).all(|pair| pair[0].end == pair[1].start);
    match slice {
        [first, ..] if contiguous => Rows::Range(first.start..slice[slice.len() - 1].end),
        _ => Rows::Picked(slice.iter().flat_map(|run| run.start..run.end).collect()),
    }
}

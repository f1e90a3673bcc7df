//! Which rows of another table a reference picks.

use std::iter;

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::Frame;
use super::frame::{Rows, nulls_of};
use super::tree::trees;
use crate::error::ValueError;
use crate::generators::{Formula, Pick, Prepared, Reference, Still, Within};
use crate::ids::{ColumnId, TableId};
use crate::model::{Column, Hop};
use crate::random::{Invalid, Permutation, Skew, SkewExponent, Stream, Trickle, below};
use crate::text::shown;

/// The rows that were picked, and where each pick stands among them, unless they are the picks as they are.
///
/// Where many picks are of the same rows (a small table, a popular row), every row is there once: what its columns cost does
/// not depend on how often it is picked.
pub(crate) fn each_once(picks: &[Option<u64>]) -> (Rows, Option<UInt32Array>) {
    let mut rows: Vec<u64> = picks.iter().flatten().copied().collect();
    if !repeat(&rows) {
        let map = (rows.len() < picks.len()).then(|| {
            let mut next = 0..;
            picks.iter().map(|pick| pick.and_then(|_| next.next())).collect()
        });
        return (Rows::Picked(rows.into()), map);
    }
    rows.sort_unstable();
    rows.dedup();
    let place = |row| rows.binary_search(&row).expect("all picks are among them") as u32;
    let map = picks.iter().map(|pick| pick.map(place)).collect();
    (Rows::Picked(rows.into()), Some(map))
}

/// Whether a quarter of some rows, by the first of them, are there already.
fn repeat(rows: &[u64]) -> bool {
    let mut first = rows[..rows.len().min(512)].to_vec();
    let some = first.len();
    first.sort_unstable();
    first.dedup();
    first.len() * 4 < some * 3
}

/// The rows that a reference picks.
pub(super) fn picks(
    frame: &Frame,
    column: &Column,
    reference: &Reference,
) -> Result<Vec<Option<u64>>, ValueError> {
    let among = Among::of(frame, reference.target, reference.within.as_ref())?;
    let left_out = reference.except.as_ref().map(|hops| frame.rows_at(hops)).transpose()?;
    let left_out = |i: usize| left_out.as_ref().and_then(|rows| rows[i]);
    match &reference.pick {
        Pick::Random { stream, skew } => {
            let words = frame.words(stream, 1);
            let mut draws =
                Draws::new(*skew).map_err(|error| frame.value_error(column, error.to_string()))?;
            let mut pick = |(word, (start, end)): (&u64, (u64, u64))| {
                (end > start).then(|| start + draws.below(end - start, *word))
            };
            Ok(match among {
                _ if reference.except.is_some() => {
                    let each = words.iter().enumerate();
                    each.map(|(i, word)| {
                        let (rows, skip) = without(among.get(i), left_out(i));
                        pick((word, rows)).map(skip)
                    })
                    .collect()
                }
                Among::All(rows) => words.iter().zip(iter::repeat((0, rows))).map(pick).collect(),
                Among::Each(ranges) => words.iter().zip(ranges).map(pick).collect(),
            })
        }
        Pick::Keyed { key } => keyed(frame, column, reference.target, key),
        Pick::Latest { at, by } => {
            let limit = limits(frame, column, at)?;
            let ranges: Vec<(u64, u64)> = (0..frame.len()).map(|i| among.get(i)).collect();
            let ends = existing(frame, reference.target, *by, &ranges, limit)?;
            let last = |(end, (start, _)): (u64, &(u64, u64))| (end > *start).then(|| end - 1);
            Ok(ends.into_iter().zip(&ranges).map(last).collect())
        }
        Pick::Existing { stream, skew, at, by, still } => {
            let limit = limits(frame, column, at)?;
            let words = frame.words(stream, 1);
            let mut draws =
                Draws::new(*skew).map_err(|error| frame.value_error(column, error.to_string()))?;
            let ranges: Vec<(u64, u64)> = (0..frame.len()).map(|i| among.get(i)).collect();
            let ends = existing(frame, reference.target, *by, &ranges, &limit)?;
            let mut pick = |i: usize, word: u64| {
                let ((start, end), skip) = without((ranges[i].0, ends[i]), left_out(i));
                (end > start).then(|| skip(start + draws.below(end - start, word)))
            };
            let picks = (0..frame.len()).map(|i| pick(i, words[i])).collect();
            if still.is_empty() {
                return Ok(picks);
            }
            let range = |i: usize| (ranges[i].0, ends[i]);
            let again = |i: usize, time: u64| pick(i, Trickle::new(words[i]).nth(time));
            still_there(frame, reference.target, still, picks, again, range, left_out, limit)
        }
        Pick::Tree { stream, bounds } => {
            let mut parents = Vec::with_capacity(frame.len());
            trees(frame, &among, reference.within.as_ref(), bounds, stream, |tree, place, start| {
                parents.push(tree.parent(place).map(|parent| start + parent));
            })?;
            Ok(parents)
        }
        Pick::Unique { key, rows } => {
            let Ok(permutation) = Permutation::new(*key, *rows) else { return Ok(vec![None; frame.len()]) };
            let itself = reference.except.is_some();
            let pick = |row| {
                if itself { next_in_ring(&permutation, row, *rows) } else { Some(permutation.apply(row)) }
            };
            Ok(frame.rows.iter().map(pick).collect())
        }
        Pick::Ring { stream } => {
            let parents = frame.rows_at(&[Hop::Parent])?;
            let mut known: Option<((u64, u64), Option<Permutation>)> = None;
            let ring = |(i, row): (usize, u64)| {
                let (start, end) = among.get(i);
                let of = (parents[i].unwrap_or_default(), end - start);
                if known.as_ref().is_none_or(|(known, _)| *known != of) {
                    known = Some((of, Permutation::new(key_of(stream, of.0), of.1).ok()));
                }
                let permutation = known.as_ref().and_then(|(_, permutation)| permutation.as_ref())?;
                next_in_ring(permutation, row - start, of.1).map(|at| start + at)
            };
            Ok(frame.rows.iter().enumerate().map(ring).collect())
        }
        Pick::Distinct { stream, first, ordinal } => {
            let ordinals = frame.input(*ordinal)?;
            let ordinals = ordinals.as_primitive::<Int64Type>().values().clone();
            let first = first.as_ref().map(|hops| frame.rows_at(hops)).transpose()?;
            let parents = frame.rows_at(&[Hop::Parent])?;
            let mut picks = Vec::with_capacity(frame.len());
            // Siblings may look into different ranges, each with a permutation of its own.
            let mut known: Option<((u64, u64), Option<Permutation>)> = None;
            for i in 0..frame.len() {
                let (start, end) = among.get(i);
                let k = ordinals[i].cast_unsigned() - 1;
                let parent = parents[i].unwrap_or_default();
                let own = first.as_ref().and_then(|first| first[i]);
                // The first child takes the row itself; the others share what is left.
                if let (Some(own), 0) = (own, k) {
                    picks.push(Some(own));
                    continue;
                }
                let k = if own.is_some() { k - 1 } else { k };
                let ((_, end), skip) = without((start, end), own.or(left_out(i)));
                let left = end - start;
                if known.as_ref().is_none_or(|(of, _)| *of != (parent, left)) {
                    known = Some(((parent, left), Permutation::new(key_of(stream, parent), left).ok()));
                }
                let pick = match &known {
                    Some((_, Some(permutation))) if k < left => Some(skip(start + permutation.apply(k))),
                    // The plan made sure that there are enough rows.
                    _ => None,
                };
                picks.push(pick);
            }
            Ok(picks)
        }
    }
}

/// The rows with some keys.
fn keyed(
    frame: &Frame,
    column: &Column,
    target: TableId,
    key: &Formula,
) -> Result<Vec<Option<u64>>, ValueError> {
    let keys = key.values(frame, column)?;
    let described = &frame.plan.model.tables[target];
    let missing = |row: usize| {
        let message = format!("no row of `{}` has the key {}", described.name, shown(&keys, row));
        frame.value_error(column, message)
    };
    if let Some((start, step)) = described.columns[described.key].plain_serial() {
        let rows = frame.plan.rows(target)?;
        let numbers = keys.as_primitive::<Int64Type>();
        let row = |i: usize| {
            if numbers.is_null(i) {
                return Ok(None);
            }
            let since = i128::from(numbers.value(i)) - i128::from(start);
            let row = (since % i128::from(step) == 0).then(|| u64::try_from(since / i128::from(step)).ok());
            row.flatten().filter(|row| *row < rows).map(Some).ok_or_else(|| missing(i))
        };
        return (0..frame.len()).map(row).collect();
    }
    let places = frame.plan.rows_by_key(target)?;
    let row = |i: usize| {
        if keys.is_null(i) {
            return Ok(None);
        }
        places.get(&shown(&keys, i)).copied().map(Some).ok_or_else(|| missing(i))
    };
    (0..frame.len()).map(row).collect()
}

/// The instants of rows up to which others count; none count where it is NULL.
fn limits(frame: &Frame, column: &Column, at: &Formula) -> Result<impl Fn(usize) -> i64, ValueError> {
    let at = at.values(frame, column)?;
    let nulls = nulls_of(&at);
    let at = at.as_primitive::<TimestampMicrosecondType>().values().clone();
    Ok(move |i: usize| if nulls.as_ref().is_some_and(|n| n.is_null(i)) { i64::MIN } else { at[i] })
}

/// How often a row is picked again by chance, when the one picked was gone.
const MOST_AGAIN: u64 = 8;
/// Where chance does not help, the rows behind the last pick are gone through, so many at a time and so many in all.
const ROWS_AT_A_TIME: usize = 256;
const MOST_GONE_THROUGH: usize = 1 << 14;
/// So many neighbours do that together: they mostly look among the same rows.
const TOGETHER: usize = 64;

/// Picks for which something else must hold at an instant: those that are gone are picked again. What each row does depends on its
/// own words alone.
#[expect(clippy::too_many_arguments, reason = "all of it describes one pick")]
fn still_there(
    frame: &Frame,
    target: TableId,
    still: &Still,
    mut picks: Vec<Option<u64>>,
    mut again: impl FnMut(usize, u64) -> Option<u64>,
    range: impl Fn(usize) -> (u64, u64),
    left_out: impl Fn(usize) -> Option<u64>,
    limit: impl Fn(usize) -> i64,
) -> Result<Vec<Option<u64>>, ValueError> {
    let mut open: Vec<usize> = (0..picks.len()).filter(|i| picks[*i].is_some()).collect();
    for time in 0..=MOST_AGAIN {
        if time > 0 {
            open.iter().for_each(|i| picks[*i] = again(*i, time));
        }
        let asked: Vec<(u64, i64)> = open.iter().filter_map(|i| Some((picks[*i]?, limit(*i)))).collect();
        let holds = still.holds(frame.plan, target, &asked)?;
        let mut holds = holds.into_iter();
        open.retain(|_| !holds.next().unwrap_or(false));
        if open.is_empty() {
            return Ok(picks);
        }
    }
    for some in open.chunks(TOGETHER) {
        let search = |i: &usize| {
            let (start, end) = range(*i);
            let last = picks[*i].unwrap_or(start);
            // Once around, from the row behind the last pick.
            (*i, (last + 1..end).chain(start..last + 1).take(MOST_GONE_THROUGH))
        };
        let mut searches: Vec<(usize, _)> = some.iter().map(search).collect();
        some.iter().for_each(|i| picks[*i] = None);
        while !searches.is_empty() {
            let next =
                searches.iter_mut().map(|(i, rows)| (*i, rows.by_ref().take(ROWS_AT_A_TIME).collect()));
            let next: Vec<(usize, Vec<u64>)> = next.collect();
            let asked: Vec<(u64, i64)> =
                next.iter().flat_map(|(i, rows)| rows.iter().map(|row| (*row, limit(*i)))).collect();
            let holds = still.holds(frame.plan, target, &asked)?;
            let mut holds = &holds[..];
            for (i, rows) in &next {
                let (here, rest) = holds.split_at(rows.len());
                holds = rest;
                let found = rows.iter().zip(here).find(|(row, holds)| **holds && left_out(*i) != Some(**row));
                picks[*i] = found.map(|(row, _)| *row);
            }
            let mut next = next.iter();
            searches.retain(|(i, _)| {
                next.next().is_some_and(|(_, rows)| !rows.is_empty()) && picks[*i].is_none()
            });
        }
    }
    Ok(picks)
}

/// Whether the row at a place of a frame may refer to a row, as far as `within` says.
pub(super) fn may_pick(
    frame: &Frame,
    reference: &Reference,
    place: usize,
    row: u64,
) -> Result<bool, ValueError> {
    let Some(within) = &reference.within else { return Ok(true) };
    let own = Frame::new(
        frame.plan,
        frame.table,
        Rows::Picked(frame.rows.slice(place..place + 1).iter().collect()),
    );
    let (start, end) = ranges(&own, within)?[0];
    Ok((start..end).contains(&row))
}

/// The key of the permutation that a parent's children share.
fn key_of(stream: &Stream, parent: u64) -> [u64; 2] {
    [stream.word(u128::from(parent) * 2), stream.word(u128::from(parent) * 2 + 1)]
}

/// Rows of which one is left out, if it is among them: as many as are left, and how to get from those to the rows.
fn without((start, end): (u64, u64), left_out: Option<u64>) -> ((u64, u64), impl Fn(u64) -> u64) {
    let left_out = left_out.filter(|row| (start..end).contains(row));
    let end = end - u64::from(left_out.is_some());
    ((start, end), move |row| if left_out.is_some_and(|out| row >= out) { row + 1 } else { row })
}

/// The row behind another one in a ring of all rows, in the order of a permutation; none where there is no other.
fn next_in_ring(permutation: &Permutation, row: u64, rows: u64) -> Option<u64> {
    (rows > 1).then(|| permutation.apply((permutation.invert(row) + 1) % rows))
}

/// The rows among which a reference picks.
pub(super) enum Among {
    All(u64),
    Each(Vec<(u64, u64)>),
}

impl Among {
    /// All rows of the target, or to each row of the frame those under its row of an ancestor.
    pub(super) fn of(frame: &Frame, target: TableId, within: Option<&Within>) -> Result<Self, ValueError> {
        Ok(match within {
            None => Self::All(frame.plan.rows(target)?),
            Some(within) => Self::Each(ranges(frame, within)?),
        })
    }

    pub(super) fn get(&self, i: usize) -> (u64, u64) {
        match self {
            Self::All(rows) => (0, *rows),
            Self::Each(ranges) => ranges[i],
        }
    }
}

/// The rows under one row of an ancestor, for each row.
fn ranges(frame: &Frame, within: &Within) -> Result<Vec<(u64, u64)>, ValueError> {
    let ancestors = frame.rows_at(&within.hops)?;
    let mut counts = within.path.iter().map(|&table| frame.plan.counts[table].as_ref()?.per_parent());
    if let Some(rows) = counts.try_fold(1u64, |rows, count| rows.checked_mul(count?)) {
        let range = |ancestor: &Option<u64>| ancestor.map_or((0, 0), |row| (row * rows, (row + 1) * rows));
        return Ok(ancestors.iter().map(range).collect());
    }
    // Neighbours mostly share their ancestor: each run of them asks once.
    let under = |row: u64| (row, row + 1);
    let mut distinct: Vec<(u64, u64)> =
        ancestors.chunk_by(|a, b| a == b).filter_map(|same| same[0].map(under)).collect();
    for &table in &within.path {
        let open: Vec<usize> = (0..distinct.len()).filter(|&i| distinct[i].0 < distinct[i].1).collect();
        let ends: Vec<u64> = open.iter().flat_map(|&i| [distinct[i].0, distinct[i].1 - 1]).collect();
        let children = frame.plan.children(table, &ends)?;
        for (&i, [first, last]) in open.iter().zip(children.as_chunks().0) {
            distinct[i] = (first.start, last.end);
        }
    }
    let mut distinct = distinct.into_iter();
    let mut ranges = Vec::with_capacity(ancestors.len());
    for same in ancestors.chunk_by(|a, b| a == b) {
        let range = same[0].and_then(|_| distinct.next()).unwrap_or((0, 0));
        ranges.extend(same.iter().map(|_| range));
    }
    Ok(ranges)
}

/// Draws from as many rows as there are to pick from, which neighbours mostly share.
struct Draws {
    /// With a preference for early rows: by which law, prepared for the number of rows met last.
    skew: Option<(SkewExponent, u64, Skew)>,
}

impl Draws {
    fn new(skew: f64) -> Result<Self, Invalid> {
        if skew == 0.0 {
            return Ok(Self { skew: None });
        }
        let exponent = SkewExponent::new(skew)?;
        Ok(Self { skew: Some((exponent, 1, exponent.over(1))) })
    }

    #[inline]
    fn below(&mut self, rows: u64, word: u64) -> u64 {
        let Some((exponent, known, law)) = &mut self.skew else { return below(word, rows) };
        if *known != rows {
            (*known, *law) = (rows, exponent.over(rows));
        }
        law.sample(word)
    }
}

/// For each range of rows whose instants rise, the end of those that are not after a limit.
fn existing(
    frame: &Frame,
    target: TableId,
    by: ColumnId,
    ranges: &[(u64, u64)],
    limit: impl Fn(usize) -> i64,
) -> Result<Vec<u64>, ValueError> {
    // Neighbouring rows mostly look into the same range. Where the ranges are short, all their instants
    // are worked out in one go; otherwise each search computes the few that it compares.
    let rows: u64 = ranges.chunk_by(|a, b| a == b).map(|same| same[0].1 - same[0].0).sum();
    if rows > 8 * ranges.len() as u64 + 1024 {
        return existing_by_halving(frame, target, by, ranges, limit);
    }
    let picked: Vec<u64> = ranges.chunk_by(|a, b| a == b).flat_map(|same| same[0].0..same[0].1).collect();
    let born = Frame::new(frame.plan, target, Rows::Picked(picked.into())).column(by)?;
    let mut born = &born.as_primitive::<TimestampMicrosecondType>().values()[..];
    let mut ends = Vec::with_capacity(ranges.len());
    for same in ranges.chunk_by(|a, b| a == b) {
        let (here, rest) = born.split_at((same[0].1 - same[0].0) as usize);
        born = rest;
        for _ in same {
            let limit = limit(ends.len());
            ends.push(same[0].0 + here.partition_point(|born| *born <= limit) as u64);
        }
    }
    Ok(ends)
}

/// All ranges are halved together, so that every round is one batch of instants.
fn existing_by_halving(
    frame: &Frame,
    target: TableId,
    by: ColumnId,
    ranges: &[(u64, u64)],
    limit: impl Fn(usize) -> i64,
) -> Result<Vec<u64>, ValueError> {
    let mut low: Vec<u64> = ranges.iter().map(|range| range.0).collect();
    let mut high: Vec<u64> = ranges.iter().map(|range| range.1).collect();
    loop {
        let open: Vec<usize> = (0..ranges.len()).filter(|&i| low[i] < high[i]).collect();
        if open.is_empty() {
            return Ok(low);
        }
        let middle: Vec<u64> = open.iter().map(|&i| low[i] + (high[i] - low[i]) / 2).collect();
        let born = Frame::new(frame.plan, target, Rows::Picked(middle.clone().into())).column(by)?;
        let born = born.as_primitive::<TimestampMicrosecondType>().values();
        for ((&i, &middle), &born) in open.iter().zip(&middle).zip(born.iter()) {
            if born <= limit(i) {
                low[i] = middle + 1;
            } else {
                high[i] = middle;
            }
        }
    }
}

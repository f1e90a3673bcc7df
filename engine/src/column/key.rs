//! Keys and references.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, UInt64Array};
use arrow::buffer::Buffer;
use arrow::compute::take;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::Frame;
use super::frame::{Rows, nulls_of};
use crate::error::ValueError;
use crate::model::{Column, Hop, Pick, Recipe, Reference, Within};
use crate::random::{Permutation, SkewExponent, Stream, below};

pub(super) fn serial(frame: &Frame, start: i64, step: i64) -> ArrayRef {
    let value = |row: u64| start.wrapping_add(row.cast_signed().wrapping_mul(step));
    match &frame.rows {
        Rows::Range(range) => Arc::new(Int64Array::from_iter_values(range.clone().map(value))),
        Rows::Picked(rows) => Arc::new(Int64Array::from_iter_values(rows.iter().copied().map(value))),
    }
}

pub(super) fn literal(frame: &Frame, values: &ArrayRef) -> ArrayRef {
    match &frame.rows {
        Rows::Range(range) => values.slice(range.start as usize, (range.end - range.start) as usize),
        Rows::Picked(rows) => {
            let index = UInt64Array::from_iter_values(rows.iter().copied());
            take(values, &index, None).expect("a frame has only rows that exist, and each has its values")
        }
    }
}

pub(super) fn uuid4(frame: &Frame, stream: &Stream, key: [u64; 2]) -> ArrayRef {
    // 62 bits are a permutation of the row number, so that no two rows agree; the other 60 are random.
    let words = frame.words(stream, 1);
    let permutation = whole_lower_half(key);
    uuids(frame.rows.iter().zip(words).map(|(row, word)| {
        let high = (word & !0xF000) | 0x4000;
        (high, lower_half(&permutation, row))
    }))
}

pub(super) fn uuid7(frame: &Frame, stream: &Stream, key: [u64; 2], at: &ArrayRef) -> ArrayRef {
    let words = frame.words(stream, 1);
    let permutation = whole_lower_half(key);
    let at = at.as_primitive::<TimestampMicrosecondType>().values();
    uuids(frame.rows.iter().zip(words).zip(at).map(|((row, word), micros)| {
        let millis = micros.div_euclid(1000).max(0).cast_unsigned() & 0xFFFF_FFFF_FFFF;
        let high = (millis << 16) | 0x7000 | (word & 0x0FFF);
        (high, lower_half(&permutation, row))
    }))
}

/// The permutation of what is left of a UUID's lower half beside the variant.
fn whole_lower_half(key: [u64; 2]) -> Permutation {
    Permutation::new(key, 1 << 62).expect("only a domain of no rows is refused")
}

/// The variant bits `10` and 62 bits that differ from row to row.
fn lower_half(permutation: &Permutation, row: u64) -> u64 {
    (1 << 63) | permutation.apply(row)
}

fn uuids(halves: impl Iterator<Item = (u64, u64)>) -> ArrayRef {
    let mut bytes = Vec::with_capacity(halves.size_hint().0 * 16);
    for (high, low) in halves {
        bytes.extend_from_slice(&high.to_be_bytes());
        bytes.extend_from_slice(&low.to_be_bytes());
    }
    Arc::new(FixedSizeBinaryArray::new(16, Buffer::from_vec(bytes), None))
}

/// The key of the rows that a reference picks.
pub(super) fn reference(
    frame: &Frame,
    column: &Column,
    reference: &Reference,
) -> Result<ArrayRef, ValueError> {
    let picks = picks(frame, column, reference)?;
    let target = &frame.plan.model.tables[reference.target];
    let shown = &target.columns[reference.shown];
    // A serial needs no frame.
    if let (Recipe::Serial { start, step }, None, None) = (&shown.recipe, &shown.cast, &shown.null) {
        let value = |row: u64| start.wrapping_add(row.cast_signed().wrapping_mul(*step));
        return Ok(Arc::new(picks.into_iter().map(|pick| pick.map(value)).collect::<Int64Array>()));
    }
    let rows: Vec<u64> = picks.iter().flatten().copied().collect();
    let all = rows.len() == picks.len();
    let values =
        Frame::new(frame.plan, reference.target, Rows::Picked(rows.into())).column(reference.shown)?;
    if all {
        return Ok(values);
    }
    let mut next = 0;
    let index: UInt64Array = picks
        .iter()
        .map(|pick| {
            pick.map(|_| {
                next += 1;
                next - 1
            })
        })
        .collect();
    take(&values, &index, None).map_err(|error| frame.value_error(column, error.to_string()))
}

/// The rows that a reference picks.
pub(super) fn picks(
    frame: &Frame,
    column: &Column,
    reference: &Reference,
) -> Result<Vec<Option<u64>>, ValueError> {
    let among = match &reference.within {
        None => Among::All(frame.plan.rows(reference.target)?),
        Some(within) => Among::Each(ranges(frame, within)?),
    };
    match &reference.pick {
        Pick::Random { stream, skew } => {
            let words = frame.words(stream, 1);
            let exponent = exponent(frame, column, *skew)?;
            Ok((0..frame.len())
                .map(|i| {
                    let (start, end) = among.get(i);
                    (end > start).then(|| start + draw(words[i], end - start, exponent))
                })
                .collect())
        }
        Pick::Existing { stream, skew, at, by } => {
            let at = super::formula_array(frame, at, column)?;
            let nulls = nulls_of(&at);
            let at = at.as_primitive::<TimestampMicrosecondType>().values().clone();
            let words = frame.words(stream, 1);
            let exponent = exponent(frame, column, *skew)?;
            let limit =
                |i: usize| if nulls.as_ref().is_some_and(|n| n.is_null(i)) { i64::MIN } else { at[i] };
            let ranges: Vec<(u64, u64)> = (0..frame.len()).map(|i| among.get(i)).collect();
            let ends = existing(frame, reference.target, *by, &ranges, limit)?;
            Ok((0..frame.len())
                .map(|i| {
                    let start = ranges[i].0;
                    (ends[i] > start).then(|| start + draw(words[i], ends[i] - start, exponent))
                })
                .collect())
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
                let (n, k) = (end - start, ordinals[i].cast_unsigned() - 1);
                let own = first.as_ref().and_then(|first| first[i]);
                let parent = parents[i].unwrap_or_default();
                // The first child takes the row itself; the others share what is left.
                let (left, k) = if own.is_some() { (n.saturating_sub(1), k.wrapping_sub(1)) } else { (n, k) };
                if let (Some(own), u64::MAX) = (own, k) {
                    picks.push(Some(own));
                    continue;
                }
                if known.as_ref().is_none_or(|(of, _)| *of != (parent, left)) {
                    let key = [stream.word(u128::from(parent) * 2), stream.word(u128::from(parent) * 2 + 1)];
                    known = Some(((parent, left), Permutation::new(key, left).ok()));
                }
                let pick = match &known {
                    Some((_, Some(permutation))) if k < left => {
                        let at = start + permutation.apply(k);
                        Some(if own.is_some_and(|own| at >= own) { at + 1 } else { at })
                    }
                    // The plan made sure that there are enough rows.
                    _ => None,
                };
                picks.push(pick);
            }
            Ok(picks)
        }
    }
}

/// The rows among which a reference picks.
enum Among {
    All(u64),
    Each(Vec<(u64, u64)>),
}

impl Among {
    fn get(&self, i: usize) -> (u64, u64) {
        match self {
            Self::All(rows) => (0, *rows),
            Self::Each(ranges) => ranges[i],
        }
    }
}

/// The rows under one row of an ancestor, for each row.
fn ranges(frame: &Frame, within: &Within) -> Result<Vec<(u64, u64)>, ValueError> {
    let ancestors = frame.rows_at(&within.hops)?;
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

fn exponent(frame: &Frame, column: &Column, skew: f64) -> Result<Option<SkewExponent>, ValueError> {
    if skew == 0.0 {
        return Ok(None);
    }
    SkewExponent::new(skew).map(Some).map_err(|error| frame.value_error(column, error.to_string()))
}

fn draw(word: u64, n: u64, skew: Option<SkewExponent>) -> u64 {
    match skew {
        None => below(word, n),
        Some(exponent) => exponent.sample(word, n),
    }
}

/// For each range of rows whose instants rise, the end of those that are not after a limit.
fn existing(
    frame: &Frame,
    target: usize,
    by: usize,
    ranges: &[(u64, u64)],
    limit: impl Fn(usize) -> i64,
) -> Result<Vec<u64>, ValueError> {
    // Neighbouring rows mostly look into the same range. Where the ranges are short, all their instants
    // are worked out in one go; else each search works out the few that it looks at.
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

/// All ranges are halved together, so that every round is one batch of the instants looked at.
fn existing_by_halving(
    frame: &Frame,
    target: usize,
    by: usize,
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

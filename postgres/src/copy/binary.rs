//! Columns into rows: the order of binary COPY.
//!
//! Some hundred rows at a time, so that they stay in the processor's nearest cache: the bytes of each row are counted, which
//! says where each begins; then each column is written into all of them, in a loop that knows its type. A row's *cursor* is
//! where its next field goes.

use std::iter;
use std::ops::Range;

use arrow::array::Array;
use arrow::buffer::NullBuffer;

use super::Output;
use super::payload::{EPOCH_DAYS, EPOCH_MICROS, Fields, NULL, Payload};
use crate::error::Error;

/// The rows that are written together.
const ROWS_PER_BLOCK: usize = 256;

/// What stands before the rows: the signature, no flags, no extension.
pub(super) const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What stands behind the rows.
pub(super) const TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// Appends rows: the number of fields, and a field of each column. `look` may take what is there after some rows.
///
/// # Errors
/// Those of `look`.
pub(super) fn rows(
    columns: &[Payload],
    rows: usize,
    out: &mut Output,
    mut look: impl FnMut(&mut Output) -> Result<(), Error>,
) -> Result<(), Error> {
    // A table has 1,600 columns at most.
    let fields = (columns.len() as i16).to_be_bytes();
    for start in (0..rows).step_by(ROWS_PER_BLOCK) {
        let range = start..rows.min(start + ROWS_PER_BLOCK);
        let mut cursors = [0; ROWS_PER_BLOCK];
        let cursors = &mut cursors[..range.len()];
        let bytes = place(columns, range.clone(), fields.len(), cursors);
        let block = out.extend_by(bytes);
        write(cursors, block, range.clone().map(|_| fields));
        for column in columns {
            column.write(range.clone(), cursors, block);
        }
        look(out)?;
    }
    Ok(())
}

/// The fields of one column, one after the other.
pub(super) fn fields(column: &Payload, rows: usize) -> Fields {
    let mut offsets = vec![0; rows];
    let bytes = place(std::slice::from_ref(column), 0..rows, 0, &mut offsets);
    let mut bytes = vec![0; bytes];
    column.write(0..rows, &mut offsets, &mut bytes);
    // The cursors are now where the fields end.
    offsets.insert(0, 0);
    Fields::from_parts(bytes, offsets)
}

/// Counts the bytes of rows that have `head` bytes before their fields, and points each cursor to where its row begins.
fn place(columns: &[Payload], rows: Range<usize>, head: usize, cursors: &mut [usize]) -> usize {
    let fixed = head + columns.iter().filter_map(Payload::bytes_per_row).sum::<usize>();
    cursors.fill(fixed);
    for column in columns.iter().filter(|column| column.bytes_per_row().is_none()) {
        column.count(rows.clone(), cursors);
    }
    let mut end = 0;
    for cursor in cursors {
        let bytes = *cursor;
        *cursor = end;
        end += bytes;
    }
    end
}

impl Payload<'_> {
    /// Adds the bytes of the column's fields.
    fn count(&self, rows: Range<usize>, bytes: &mut [usize]) {
        match self {
            Self::Null => bytes.iter_mut().for_each(|bytes| *bytes += 4),
            Self::Bool(values) => count_fixed(1, values.nulls(), rows, bytes),
            Self::Two(_, nulls) => count_fixed(2, *nulls, rows, bytes),
            Self::Four(_, nulls) | Self::Days(_, nulls) => count_fixed(4, *nulls, rows, bytes),
            Self::Eight(_, nulls) | Self::Micros(_, nulls) => count_fixed(8, *nulls, rows, bytes),
            Self::Sixteen(_, nulls) => count_fixed(16, *nulls, rows, bytes),
            Self::Bytes { offsets, nulls, .. } => {
                let offsets = &offsets[rows.start..=rows.end];
                for (bytes, (start, end)) in iter::zip(&mut *bytes, iter::zip(offsets, &offsets[1..])) {
                    *bytes += 4 + (end - start) as usize;
                }
                // What is behind a NULL is not sent.
                if let Some(nulls) = nulls {
                    for (i, bytes) in bytes.iter_mut().enumerate() {
                        if nulls.is_null(rows.start + i) {
                            *bytes -= (offsets[i + 1] - offsets[i]) as usize;
                        }
                    }
                }
            }
            Self::Numeric(values, nulls) => {
                for ((row, bytes), value) in iter::zip(iter::zip(rows.clone(), bytes), &values[rows]) {
                    *bytes += if nulls.is_some_and(|nulls| nulls.is_null(row)) { 4 } else { value.bytes() };
                }
            }
            Self::Fields(fields) => {
                let offsets = &fields.offsets()[rows.start..=rows.end];
                for (bytes, (start, end)) in iter::zip(bytes, iter::zip(offsets, &offsets[1..])) {
                    *bytes += end - start;
                }
            }
            Self::Keyed(keys, fields, _) => {
                let offsets = fields.offsets();
                for (bytes, key) in iter::zip(bytes, &keys[rows]) {
                    *bytes += offsets[*key as usize + 1] - offsets[*key as usize];
                }
            }
        }
    }

    /// Writes the column's fields to the cursors, and moves these behind them.
    fn write(&self, rows: Range<usize>, cursors: &mut [usize], out: &mut [u8]) {
        match self {
            Self::Null => write(cursors, out, rows.map(|_| NULL)),
            Self::Bool(values) => {
                let bits = values.values();
                let cells = rows.clone().map(|row| cell::<1, 5>([u8::from(bits.value(row))]));
                write_or_null(values.nulls(), rows, cursors, out, cells);
            }
            Self::Two(values, nulls) => {
                let cells = values[rows.clone()].iter().map(|value| cell::<2, 6>(value.to_be_bytes()));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Four(values, nulls) => {
                let cells = values[rows.clone()].iter().map(|value| cell::<4, 8>(value.to_be_bytes()));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Days(values, nulls) => {
                let days = values[rows.clone()].iter().map(|value| value.wrapping_sub(EPOCH_DAYS));
                let cells = days.map(|value| cell::<4, 8>(value.to_be_bytes()));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Micros(values, nulls) => {
                let micros = values[rows.clone()].iter().map(|value| value.wrapping_sub(EPOCH_MICROS));
                let cells = micros.map(|value| cell::<8, 12>(value.to_be_bytes()));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Numeric(values, nulls) => {
                for ((row, cursor), value) in iter::zip(iter::zip(rows.clone(), cursors), &values[rows]) {
                    if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                        out[*cursor..*cursor + 4].copy_from_slice(&NULL);
                        *cursor += 4;
                    } else {
                        *cursor += value.write(&mut out[*cursor..]);
                    }
                }
            }
            Self::Eight(values, nulls) => {
                let cells = values[rows.clone()].iter().map(|value| cell::<8, 12>(value.to_be_bytes()));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Sixteen(values, nulls) => {
                let cells = values[rows.clone()].iter().map(|value| cell::<16, 20>(*value));
                write_or_null(*nulls, rows, cursors, out, cells);
            }
            Self::Bytes { offsets, bytes, nulls } => {
                let offsets = &offsets[rows.start..=rows.end];
                for (i, cursor) in cursors.iter_mut().enumerate() {
                    if nulls.is_some_and(|nulls| nulls.is_null(rows.start + i)) {
                        out[*cursor..*cursor + 4].copy_from_slice(&NULL);
                        *cursor += 4;
                        continue;
                    }
                    let value = &bytes[offsets[i] as usize..offsets[i + 1] as usize];
                    out[*cursor..*cursor + 4].copy_from_slice(&(value.len() as u32).to_be_bytes());
                    put(&mut out[*cursor + 4..*cursor + 4 + value.len()], value);
                    *cursor += 4 + value.len();
                }
            }
            Self::Fields(fields) => {
                for (row, cursor) in iter::zip(rows, cursors) {
                    let field = fields.get(row);
                    put(&mut out[*cursor..*cursor + field.len()], field);
                    *cursor += field.len();
                }
            }
            Self::Keyed(keys, fields, lengths) => {
                let keys = &keys[rows];
                // Where lengths differ little, no branch depends on them.
                match lengths {
                    (4.., ..=8) => write_keyed(keys, fields, cursors, out, put_two::<4>),
                    (8.., ..=16) => write_keyed(keys, fields, cursors, out, put_two::<8>),
                    (4.., ..=16) => write_keyed(keys, fields, cursors, out, put_four::<4>),
                    (8.., ..=32) => write_keyed(keys, fields, cursors, out, put_four::<8>),
                    _ => write_keyed(keys, fields, cursors, out, put),
                }
            }
        }
    }
}

// As a function of its own, each of these loops keeps what it needs in registers.
#[inline(never)]
fn write_keyed(
    keys: &[i32],
    fields: &Fields,
    cursors: &mut [usize],
    out: &mut [u8],
    put: impl Fn(&mut [u8], &[u8]),
) {
    for (key, cursor) in iter::zip(keys, cursors) {
        let field = fields.get(*key as usize);
        put(&mut out[*cursor..*cursor + field.len()], field);
        *cursor += field.len();
    }
}

fn count_fixed(width: usize, nulls: Option<&NullBuffer>, rows: Range<usize>, bytes: &mut [usize]) {
    for (row, bytes) in iter::zip(rows, bytes) {
        *bytes += 4 + if nulls.is_some_and(|nulls| nulls.is_null(row)) { 0 } else { width };
    }
}

/// A field of a fixed size with its length.
#[inline]
fn cell<const WIDTH: usize, const BYTES: usize>(value: [u8; WIDTH]) -> [u8; BYTES] {
    const { assert!(BYTES == WIDTH + 4) }
    let mut cell = [0; BYTES];
    cell[..4].copy_from_slice(&(WIDTH as u32).to_be_bytes());
    cell[4..].copy_from_slice(&value);
    cell
}

#[inline]
fn write<const BYTES: usize>(
    cursors: &mut [usize],
    out: &mut [u8],
    cells: impl Iterator<Item = [u8; BYTES]>,
) {
    for (cursor, cell) in iter::zip(cursors, cells) {
        out[*cursor..*cursor + BYTES].copy_from_slice(&cell);
        *cursor += BYTES;
    }
}

#[inline]
fn write_or_null<const BYTES: usize>(
    nulls: Option<&NullBuffer>,
    rows: Range<usize>,
    cursors: &mut [usize],
    out: &mut [u8],
    cells: impl Iterator<Item = [u8; BYTES]>,
) {
    let Some(nulls) = nulls else { return write(cursors, out, cells) };
    for ((row, cursor), cell) in iter::zip(iter::zip(rows, cursors), cells) {
        if nulls.is_null(row) {
            out[*cursor..*cursor + 4].copy_from_slice(&NULL);
            *cursor += 4;
        } else {
            out[*cursor..*cursor + BYTES].copy_from_slice(&cell);
            *cursor += BYTES;
        }
    }
}

/// Copies all bytes of one slice to another of the same length. Up to 64 they are copied as four words that may overlap: that
/// needs no call, and but one branch that a processor can guess wrong where lengths differ from row to row.
#[inline(always)]
fn put(to: &mut [u8], from: &[u8]) {
    match from.len() {
        16..=64 => put_four::<16>(to, from),
        4..16 => put_four::<4>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Copies from one word to two: the first and the last.
#[inline(always)]
fn put_two<const WORD: usize>(to: &mut [u8], from: &[u8]) {
    debug_assert!((WORD..=2 * WORD).contains(&from.len()));
    let (Some(&first), Some(&last)) = (from.first_chunk::<WORD>(), from.last_chunk::<WORD>()) else {
        return to.copy_from_slice(from);
    };
    let to = &mut to[..from.len()];
    *word_mut(to, 0) = first;
    *word_mut(to, from.len() - WORD) = last;
}

/// Copies from one word to four: the first two and the last two.
#[inline(always)]
fn put_four<const WORD: usize>(to: &mut [u8], from: &[u8]) {
    debug_assert!((WORD..=4 * WORD).contains(&from.len()));
    let (Some(&first), Some(&last)) = (from.first_chunk::<WORD>(), from.last_chunk::<WORD>()) else {
        return to.copy_from_slice(from);
    };
    let at = from.len() - WORD;
    let (second, third) = (WORD.min(at), at.saturating_sub(WORD));
    // A loop over the four made texts a fifth slower.
    let (after_first, before_last): ([u8; WORD], [u8; WORD]) = (word(from, second), word(from, third));
    let to = &mut to[..from.len()];
    *word_mut(to, 0) = first;
    *word_mut(to, second) = after_first;
    *word_mut(to, third) = before_last;
    *word_mut(to, at) = last;
}

#[inline(always)]
fn word<const WORD: usize>(bytes: &[u8], start: usize) -> [u8; WORD] {
    *bytes[start..].first_chunk().expect("a word")
}

#[inline(always)]
fn word_mut<const WORD: usize>(bytes: &mut [u8], start: usize) -> &mut [u8; WORD] {
    bytes[start..].first_chunk_mut().expect("a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_number_are_copied_and_no_others() {
        let from: Vec<u8> = (1..=100).collect();
        let copy = |put: fn(&mut [u8], &[u8]), bytes: usize| {
            let mut to = [0; 102];
            put(&mut to[1..=bytes], &from[..bytes]);
            assert_eq!(to[1..=bytes], from[..bytes]);
            assert!(to[0] == 0 && to[bytes + 1..].iter().all(|byte| *byte == 0));
        };
        (0..=100).for_each(|bytes| copy(put, bytes));
        (4..=8).for_each(|bytes| copy(put_two::<4>, bytes));
        (8..=16).for_each(|bytes| copy(put_two::<8>, bytes));
        (4..=16).for_each(|bytes| copy(put_four::<4>, bytes));
        (8..=32).for_each(|bytes| copy(put_four::<8>, bytes));
    }
}

//! Keys: serial numbers, UUIDs, values that were written down.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, UInt64Array};
use arrow::buffer::Buffer;
use arrow::compute::take;
use arrow::datatypes::TimestampMicrosecondType;

use super::Frame;
use super::frame::Rows;
use crate::random::{Permutation, Stream};

/// The serial number of a row.
pub(super) fn serial_of(row: u64, start: i64, step: i64) -> i64 {
    start.wrapping_add(row.cast_signed().wrapping_mul(step))
}

pub(super) fn serial(frame: &Frame, start: i64, step: i64) -> ArrayRef {
    let value = |row: u64| serial_of(row, start, step);
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
    // Rows are below 2^53. Elements of arrays may be beyond 2^62; there it is the random half that tells them apart.
    (1 << 63) | permutation.apply(row % (1 << 62))
}

fn uuids(halves: impl Iterator<Item = (u64, u64)>) -> ArrayRef {
    let mut bytes = Vec::with_capacity(halves.size_hint().0 * 16);
    for (high, low) in halves {
        bytes.extend_from_slice(&high.to_be_bytes());
        bytes.extend_from_slice(&low.to_be_bytes());
    }
    Arc::new(FixedSizeBinaryArray::new(16, Buffer::from_vec(bytes), None))
}

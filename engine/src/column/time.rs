//! Instants and dates.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};

use super::Frame;
use super::frame::nulls_of;
use crate::model::Growth;
use crate::random::{Stream, below, unit};

/// Instants between two bounds. With a growth rate *g* the density at *t* is proportional to e^(*g t*), and
/// its distribution function is inverted: `t = ln(1 + u × (e^(g L) − 1)) / g` for a span of length *L*.
///
/// With a stratum (k of n) the unit interval is cut into n parts, and *u* falls into the k-th.
pub(super) fn moment(
    frame: &Frame,
    stream: &Stream,
    from: &ArrayRef,
    to: &ArrayRef,
    growth: Growth,
    stratum: Option<&(ArrayRef, ArrayRef)>,
    precision: i64,
) -> ArrayRef {
    let words = frame.words(stream, 1);
    let nulls = NullBuffer::union(nulls_of(from).as_ref(), nulls_of(to).as_ref());
    let from = from.as_primitive::<TimestampMicrosecondType>().values();
    let to = to.as_primitive::<TimestampMicrosecondType>().values();
    let mut share: Vec<f64> = words.iter().map(|word| unit(*word)).collect();
    if let Some((ordinal, siblings)) = stratum {
        let ordinal = ordinal.as_primitive::<Int64Type>().values();
        let siblings = siblings.as_primitive::<Int64Type>().values();
        for (i, share) in share.iter_mut().enumerate() {
            *share = ((ordinal[i] - 1) as f64 + *share) / siblings[i] as f64;
        }
    }
    // Siblings mostly share their bounds, and with them the growth over the whole span.
    let (mut known, mut grown) = (0.0, 0.0);
    let mut at = |i: usize| {
        let span = to[i].saturating_sub(from[i]).max(0);
        let length = span as f64;
        let passed = if growth.rate == 0.0 {
            share[i] * length
        } else {
            if length != known {
                (known, grown) = (length, libm::expm1(growth.rate * length));
            }
            if grown.is_finite() {
                libm::log1p(share[i] * grown) / growth.rate
            } else {
                // The same, divided by e^(g L), which is too large a number.
                let shrunk = libm::exp(-growth.rate * length);
                length + libm::log(share[i] + (1.0 - share[i]) * shrunk) / growth.rate
            }
        };
        // Both bounds are included, and rounding must not step over them.
        let micros = from[i] + (passed as i64).clamp(0, span);
        if precision == 1 {
            micros
        } else {
            let whole = micros.div_euclid(precision).wrapping_mul(precision);
            // The first unit begins before `from` where that is no whole one: its instants are the next whole one then.
            let next = whole.saturating_add(precision);
            match whole < from[i] {
                false => whole,
                true if next <= to[i] => next,
                // No whole unit lies between the bounds.
                true => from[i],
            }
        }
    };
    let values: Vec<i64> = (0..words.len()).map(&mut at).collect();
    Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC"))
}

/// Dates from the first to the last, both included.
pub(super) fn date(frame: &Frame, stream: &Stream, from: &ArrayRef, to: &ArrayRef) -> ArrayRef {
    let words = frame.words(stream, 1);
    let nulls = NullBuffer::union(nulls_of(from).as_ref(), nulls_of(to).as_ref());
    let from = from.as_primitive::<Date32Type>().values();
    let to = to.as_primitive::<Date32Type>().values();
    let day = |i: usize| {
        let days = i64::from(to[i]) - i64::from(from[i]) + 1;
        // Fits: the result lies between two dates. What is behind a NULL may be anything.
        let after = if days <= 1 { 0 } else { below(words[i], days.cast_unsigned()) as i32 };
        from[i].wrapping_add(after)
    };
    let values: Vec<i32> = (0..words.len()).map(day).collect();
    Arc::new(Date32Array::new(values.into(), nulls))
}

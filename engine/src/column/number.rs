//! Numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::Frame;
use crate::model::{Bounds, DiscreteLaw, RealLaw, WholeBounds};
use crate::random::{Permutation, Stream, UniformInteger};
use crate::types::Type;

pub(super) fn integer(frame: &Frame, stream: &Stream, law: &UniformInteger) -> ArrayRef {
    let words = frame.words(stream, 1);
    Arc::new(Int64Array::from_iter_values(words.iter().map(|word| law.sample(*word))))
}

pub(super) fn unique_integer(frame: &Frame, key: [u64; 2], from: i64, domain: u64) -> ArrayRef {
    // The resolver refused rows beyond the domain, too.
    let permutation = Permutation::new(key, domain).expect("a range from one number to another has numbers");
    let value = |row| from.wrapping_add_unsigned(permutation.apply(row));
    Arc::new(Int64Array::from_iter_values(frame.rows.iter().map(value)))
}

pub(super) fn decimal(frame: &Frame, stream: &Stream, law: &UniformInteger, ty: &Type) -> ArrayRef {
    let words = frame.words(stream, 1);
    let values = Decimal128Array::from_iter_values(words.iter().map(|word| i128::from(law.sample(*word))));
    Arc::new(values.with_data_type(ty.arrow()))
}

pub(super) fn real(frame: &Frame, stream: &Stream, law: &RealLaw, bounds: Bounds) -> ArrayRef {
    let words = frame.words(stream, 1);
    let mut values = Vec::with_capacity(words.len());
    match law {
        RealLaw::Uniform(law) => law.fill(&words, &mut values),
        RealLaw::Normal(law) => law.fill(&words, &mut values),
        RealLaw::LogNormal(law) => law.fill(&words, &mut values),
        RealLaw::Exponential(law) => law.fill(&words, &mut values),
    }
    if bounds != Bounds::NONE {
        for value in &mut values {
            *value = bounds.clamp(*value);
        }
    }
    Arc::new(Float64Array::from(values))
}

pub(super) fn discrete(frame: &Frame, stream: &Stream, law: &DiscreteLaw, bounds: WholeBounds) -> ArrayRef {
    let words = frame.words(stream, 1);
    let mut values = Vec::with_capacity(words.len());
    match law {
        DiscreteLaw::Poisson(law) => law.fill(&words, &mut values),
        DiscreteLaw::Zipf(law) => law.fill(&words, &mut values),
    }
    let values = values.into_iter().map(u64::cast_signed);
    if bounds == WholeBounds::NONE {
        return Arc::new(Int64Array::from_iter_values(values));
    }
    let WholeBounds { min, max } = bounds;
    Arc::new(Int64Array::from_iter_values(values.map(|value| value.max(min).min(max))))
}

/// How many children: the law's value times a factor, rounded half up, between `min` and `max`; no value counts as 0.
pub(super) fn count(base: &ArrayRef, times: Option<&ArrayRef>, min: u64, max: u64) -> ArrayRef {
    let as_doubles = |array: &ArrayRef| {
        cast(array, &DataType::Float64)
            .expect("the resolver made sure of a number, and all numbers cast to doubles")
    };
    let base = as_doubles(base);
    let base = base.as_primitive::<Float64Type>();
    let times = times.map(as_doubles);
    let times = times.as_ref().map(|times| times.as_primitive::<Float64Type>());
    let value = |i: usize| {
        let value = if base.is_valid(i) { base.value(i) } else { 0.0 };
        let factor = times.map_or(1.0, |times| if times.is_valid(i) { times.value(i) } else { 0.0 });
        // The cast takes NaN and negative numbers to 0.
        let rounded = libm::floor(value * factor + 0.5) as u64;
        rounded.clamp(min, max).cast_signed()
    };
    Arc::new(Int64Array::from_iter_values((0..base.len()).map(value)))
}

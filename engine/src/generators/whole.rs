//! `poisson` and `zipf`: distributions of whole numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::doc::{ArgumentKind as Kind, MAX, MIN, optional, required};
use super::facts::{integers, unknown};
use super::shown::{Bound, bounds};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::number::Rounding;
use crate::random::{Poisson, Stream, Zipf};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const POISSON: GeneratorDoc = GeneratorDoc {
    name: "poisson",
    version: 1,
    family: "numbers",
    summary: "The Poisson distribution: how many events happen when each is independent; a `bigint`.",
    arguments: &[required("mean", Kind::Number, "the mean, 0 to 1000000"), MIN, MAX],
    short: Some("mean"),
    group: false,
    example: "visits: {poisson: {mean: 3.5}}",
    read: poisson,
};

pub(super) const ZIPF: GeneratorDoc = GeneratorDoc {
    name: "zipf",
    version: 1,
    family: "numbers",
    summary: "Zipf's law over the ranks 1 to `n`: rank k has a weight of 1 / k^exponent; a `bigint`.",
    arguments: &[
        required("n", Kind::Number, "the greatest rank"),
        optional("exponent", Kind::Number, "above 0; default 1"),
    ],
    short: Some("n"),
    group: false,
    example: "rank: {zipf: {n: 1000, exponent: 1.1}}",
    read: zipf,
};

/// A whole number of a distribution.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Random words, one a row.
    stream: Stream,
    /// The law.
    law: Law,
    /// Values below become this one.
    min: i64,
    /// Values above become this one.
    max: i64,
}

#[derive(Debug)]
enum Law {
    Poisson(Poisson),
    Zipf(Zipf),
}

fn poisson(reading: &mut Reading) -> Result<Made, Fault> {
    let mean = reading.required_number("mean");
    let law = mean.and_then(|mean| reading.resolver.poisson(mean, reading.arguments));
    let (law, (min, max)) = (law, bounds_of(reading)).together()?;
    Ok(Made::new(Whole { stream: reading.stream("value"), law: Law::Poisson(law), min, max }, Type::BigInt))
}

fn zipf(reading: &mut Reading) -> Result<Made, Fault> {
    let (n, exponent) = (reading.required_whole("n", 1, 1 << 53), reading.number("exponent")).together()?;
    let law =
        Zipf::new(n.unsigned_abs(), exponent.unwrap_or(1.0)).map_err(|e| reading.arguments.invalid(&e))?;
    let (stream, law) = (reading.stream("value"), Law::Zipf(law));
    Ok(Made::new(Whole { stream, law, min: i64::MIN, max: i64::MAX }, Type::BigInt))
}

/// `min` and `max`.
fn bounds_of(reading: &Reading) -> Result<(i64, i64), Fault> {
    let bound = |name: &str| {
        reading.arguments.get(name).map(|node| reading.constants().exact(node, name)).transpose()
    };
    let (least, greatest) = (bound("min"), bound("max")).together()?;
    let min = least.as_ref().map_or(i64::MIN, |min| min.whole(Rounding::Up));
    let max = greatest.as_ref().map_or(i64::MAX, |max| max.whole(Rounding::Down));
    if min <= max {
        return Ok((min, max));
    }
    let (least_node, node) = (reading.required("min")?, reading.required("max")?);
    Err(match least > greatest {
        true => Fault::at(node.span, format!("`min` {min} is above `max` {max}")),
        false => Fault::at(node.span, "no whole number lies between `min` and `max`").label(format!(
            "`min` is {}, `max` is {}",
            least_node.describe(),
            node.describe()
        )),
    })
}

impl Prepared for Whole {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let mut values = Vec::with_capacity(words.len());
        match &self.law {
            Law::Poisson(law) => law.fill(&words, &mut values),
            Law::Zipf(law) => law.fill(&words, &mut values),
        }
        let (min, max) = (self.min, self.max);
        let values = values.into_iter().map(u64::cast_signed);
        Ok(match (min, max) {
            (i64::MIN, i64::MAX) => Arc::new(Int64Array::from_iter_values(values)),
            _ => Arc::new(Int64Array::from_iter_values(values.map(|value| value.max(min).min(max)))),
        })
    }

    fn explain(&self, _: &Shown) -> String {
        let law = match &self.law {
            Law::Poisson(law) => law.to_string(),
            Law::Zipf(law) => law.to_string(),
        };
        law + &bounds(self.min.bound(), self.max.bound())
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, made: &Type) -> Ends {
        match &self.law {
            Law::Poisson(_) => Ends::Unknown,
            Law::Zipf(law) => {
                i64::try_from(law.ranks()).map_or(Ends::Unknown, |ranks| integers([1, ranks], made))
            }
        }
    }

    fn bounds(&self) -> (f64, f64) {
        let least = if matches!(self.law, Law::Zipf(_)) { 1 } else { 0 };
        let greatest = if self.max == i64::MAX { f64::INFINITY } else { self.max as f64 };
        (self.min.max(least) as f64, greatest)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(highest, longest, texts, is_without_digits, rises_with, serial);
}

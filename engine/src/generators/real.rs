//! `uniform`, `normal`, `lognormal` and `exponential`: numbers of `double precision`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};

use super::doc::{ArgumentKind as Kind, MAX, MIN, required};
use super::facts::unknown;
use super::shown::{Bound, bounds};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Exponential, LogNormal, Normal, Stream, Uniform};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const UNIFORM: GeneratorDoc = GeneratorDoc {
    name: "uniform",
    version: 1,
    family: "numbers",
    summary: "A `double precision` number, evenly from `from` up to but without `to`.",
    arguments: &[
        required("from", Kind::Number, "the least value"),
        required("to", Kind::Number, "the bound above"),
    ],
    short: None,
    group: false,
    example: "ratio: {uniform: {from: 0, to: 1}}",
    read: uniform,
};

pub(super) const NORMAL: GeneratorDoc = GeneratorDoc {
    name: "normal",
    version: 1,
    family: "numbers",
    summary: "The normal distribution.",
    arguments: &[
        required("mean", Kind::Number, "the mean"),
        required("sd", Kind::Number, "the standard deviation, 0 or more"),
        MIN,
        MAX,
    ],
    short: None,
    group: false,
    example: "height_cm: {normal: {mean: 171, sd: 9}}",
    read: normal,
};

pub(super) const LOGNORMAL: GeneratorDoc = GeneratorDoc {
    name: "lognormal",
    version: 1,
    family: "numbers",
    summary: "The lognormal distribution: most values small, a few very large.",
    arguments: &[
        required("median", Kind::Number, "the median, above 0"),
        required("sigma", Kind::Number, "the standard deviation of the logarithm, 0 or more"),
        MIN,
        MAX,
    ],
    short: None,
    group: false,
    example: "size_kb: {lognormal: {median: 40, sigma: 1.5, max: 100000}}",
    read: lognormal,
};

pub(super) const EXPONENTIAL: GeneratorDoc = GeneratorDoc {
    name: "exponential",
    version: 1,
    family: "numbers",
    summary: "The exponential distribution: waiting times.",
    arguments: &[required("mean", Kind::Number, "the mean, above 0"), MIN, MAX],
    short: Some("mean"),
    group: false,
    example: "wait_s: {exponential: {mean: 30}}",
    read: exponential,
};

/// A number of `double precision`.
#[derive(Debug)]
pub(crate) struct Real {
    /// Random words, one a row.
    stream: Stream,
    /// The law.
    law: Law,
    /// Values below become this one.
    min: f64,
    /// Values above become this one.
    max: f64,
}

#[derive(Debug)]
enum Law {
    Uniform(Uniform),
    Normal(Normal),
    LogNormal(LogNormal),
    Exponential(Exponential),
}

fn uniform(reading: &mut Reading) -> Result<Made, Fault> {
    let (from, to) = (reading.required_number("from"), reading.required_number("to")).together()?;
    reading.rising(from, to)?;
    let law = Uniform::new(from, to).map_err(|e| reading.arguments.invalid(&e))?;
    let (stream, law) = (reading.stream("value"), Law::Uniform(law));
    Ok(Made::new(Real { stream, law, min: f64::NEG_INFINITY, max: f64::INFINITY }, Type::Double))
}

fn normal(reading: &mut Reading) -> Result<Made, Fault> {
    let (mean, sd, bounds) =
        (reading.required_number("mean"), reading.required_number("sd"), bounds_of(reading)).together()?;
    let law = Normal::new(mean, sd).map_err(|e| reading.arguments.invalid(&e))?;
    Ok(made(reading, Law::Normal(law), bounds))
}

fn lognormal(reading: &mut Reading) -> Result<Made, Fault> {
    let (median, sigma, bounds) =
        (reading.required_number("median"), reading.required_number("sigma"), bounds_of(reading))
            .together()?;
    let law = LogNormal::with_median(median, sigma).map_err(|e| reading.arguments.invalid(&e))?;
    Ok(made(reading, Law::LogNormal(law), bounds))
}

fn exponential(reading: &mut Reading) -> Result<Made, Fault> {
    let (mean, bounds) = (reading.required_number("mean"), bounds_of(reading)).together()?;
    let law = Exponential::new(mean).map_err(|e| reading.arguments.invalid(&e))?;
    Ok(made(reading, Law::Exponential(law), bounds))
}

fn made(reading: &Reading, law: Law, (min, max): (f64, f64)) -> Made {
    Made::new(Real { stream: reading.stream("value"), law, min, max }, Type::Double)
}

/// `min` and `max`.
fn bounds_of(reading: &Reading) -> Result<(f64, f64), Fault> {
    let (min, max) = (reading.number("min"), reading.number("max")).together()?;
    let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
    if min > max {
        let span = reading.required("max")?.span;
        return Err(Fault::at(span, format!("`min` {min} is above `max` {max}")));
    }
    Ok((min, max))
}

impl Prepared for Real {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let mut values = Vec::with_capacity(words.len());
        match &self.law {
            Law::Uniform(law) => law.fill(&words, &mut values),
            Law::Normal(law) => law.fill(&words, &mut values),
            Law::LogNormal(law) => law.fill(&words, &mut values),
            Law::Exponential(law) => law.fill(&words, &mut values),
        }
        if self.min.is_finite() || self.max.is_finite() {
            for value in &mut values {
                *value = value.max(self.min).min(self.max);
            }
        }
        Ok(Arc::new(Float64Array::from(values)))
    }

    fn explain(&self, _: &Shown) -> String {
        let law = match &self.law {
            Law::Uniform(law) => law.to_string(),
            Law::Normal(law) => law.to_string(),
            Law::LogNormal(law) => law.to_string(),
            Law::Exponential(law) => law.to_string(),
        };
        law + &bounds(self.min.bound(), self.max.bound())
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match &self.law {
            Law::Uniform(law) => Ends::Known(Arc::new(Float64Array::from(law.ends().to_vec()))),
            Law::Normal(_) | Law::LogNormal(_) | Law::Exponential(_) => Ends::Unknown,
        }
    }

    fn bounds(&self) -> (f64, f64) {
        (self.min, self.max)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(highest, longest, texts, is_without_digits, rises_with, serial);
}

//! `histogram`: values that follow given quantiles.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, TimestampMicrosecondArray};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::{integers, unknown};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::calendar::text::parse_date;
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::constants::constant_instant;
use crate::random::{Stream, below};
use crate::rows::Frame;
use crate::scenario::Node;
use crate::together::Together;
use crate::types::Type;

pub(super) const HISTOGRAM: GeneratorDoc = GeneratorDoc {
    name: "histogram",
    version: 1,
    family: "numbers",
    summary: "Values that follow given quantiles: every interval between two bounds is equally likely, and even within.",
    arguments: &[required(
        "bounds",
        Kind::Weights,
        "a list of two or more numbers, dates or instants that do not fall; the values have their type",
    )],
    short: Some("bounds"),
    group: false,
    example: "latency_ms: {histogram: [0, 10, 50, 100, 5000]}",
    read,
};

/// The most bounds.
const MOST_BOUNDS: usize = 10_000;

/// The digits of a bound and all its steps, which fit 64 bits.
const MOST_DIGITS: u128 = 1_000_000_000_000_000_000;

/// Values between bounds, in whole steps: of 1, of the last digit, of a day or of a microsecond.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// Random words, one a row: the product with the number of intervals has the interval above and the place within below.
    stream: Stream,
    /// The bounds in steps; each interval goes up to but without its upper bound, the last one with it.
    bounds: Arc<[i64]>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let node = reading.required("bounds")?;
    let Some(items) = node.list() else {
        return Err(Fault::at(node.span, "`histogram`: expected a list of bounds")
            .label(format!("found {}", node.describe()))
            .hint("as in `{histogram: [0, 10, 50, 100, 5000]}`"));
    };
    if !(2..=MOST_BOUNDS).contains(&items.len()) {
        return Err(Fault::at(node.span, format!("`histogram`: expected 2 to {MOST_BOUNDS} bounds"))
            .label(format!("found {}", items.len())));
    }
    // One date among numbers would otherwise be read as a subtraction.
    let (bounds, ty) = if items.iter().any(is_moment) { moments(items)? } else { numbers(reading, items)? };
    if let Some(at) = bounds.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(Fault::at(items[at + 1].span, "`histogram`: a bound below the one before it")
            .label(format!("from {} to {}", items[at].describe(), items[at + 1].describe())));
    }
    Ok(Made::new(Histogram { stream: reading.stream("value"), bounds: bounds.into() }, ty))
}

/// Whether a bound begins as a date does.
fn is_moment(node: &Node) -> bool {
    let text = node.scalar().map_or("", |scalar| scalar.text.trim());
    text.find('-') == Some(4) && text[..4].bytes().all(|byte| byte.is_ascii_digit())
}

/// Dates when all are, else instants.
fn moments(items: &[Node]) -> Result<(Vec<i64>, Type), Fault> {
    let text = |node: &Node| node.scalar().map_or(String::new(), |scalar| scalar.text.trim().to_owned());
    let dates: Option<Vec<i64>> =
        items.iter().map(|node| parse_date(&text(node)).ok().map(i64::from)).collect();
    if let Some(dates) = dates {
        return Ok((dates, Type::Date));
    }
    let instant = |node: &Node| {
        constant_instant(&text(node))
            .map_err(|message| Fault::at(node.span, format!("`histogram`: {message}")))
    };
    Ok((items.iter().map(instant).collect::<Vec<_>>().together()?, Type::Instant))
}

/// Whole numbers when all are, else decimals of the most digits after the point that one of them has.
fn numbers(reading: &Reading, items: &[Node]) -> Result<(Vec<i64>, Type), Fault> {
    let numbers = items.iter().map(|node| reading.constants().exact(node, "histogram"));
    let numbers = numbers.collect::<Vec<_>>().together()?;
    let scale = (0..=18).find(|scale| numbers.iter().all(|number| number.at_scale(*scale).is_ok()));
    let steps = |(number, node): (&crate::model::number::Number, &Node)| {
        let step = scale.and_then(|scale| number.at_scale(scale).ok());
        step.filter(|step| step.unsigned_abs() < MOST_DIGITS)
            .and_then(|step| i64::try_from(step).ok())
            .ok_or_else(|| {
                Fault::at(node.span, "`histogram`: the bounds have more than 18 digits together")
                    .hint("write them with fewer digits after the point")
            })
    };
    let bounds = numbers.iter().zip(items).map(steps).collect::<Result<Vec<i64>, _>>()?;
    let ty = match scale {
        Some(0) | None => Type::BigInt,
        Some(scale) => {
            let most = bounds.iter().map(|bound| bound.unsigned_abs()).max().unwrap_or(0);
            let digits = most.max(1).ilog10() as u8 + 1;
            Type::Numeric { precision: digits.max(scale.unsigned_abs() + 1), scale }
        }
    };
    Ok((bounds, ty))
}

impl Histogram {
    /// The value of a random word.
    fn sample(&self, word: u64) -> i64 {
        let intervals = self.bounds.len() - 1;
        let product = u128::from(word) * intervals as u128;
        // The halves: the interval, and the place within it.
        let (interval, within) = ((product >> 64) as usize, product as u64);
        let (from, to) = (self.bounds[interval], self.bounds[interval + 1]);
        let steps = to.abs_diff(from) + u64::from(interval + 1 == intervals);
        if steps == 0 { from } else { from.wrapping_add_unsigned(below(within, steps)) }
    }

    fn range(&self) -> [i64; 2] {
        [self.bounds[0], self.bounds[self.bounds.len() - 1]]
    }
}

impl Prepared for Histogram {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        Ok(steps_as(words.iter().map(|word| self.sample(*word)), &column.made))
    }

    fn explain(&self, _: &Shown) -> String {
        let [from, to] = self.range();
        format!("histogram of {} intervals, steps {from} to {to}", self.bounds.len() - 1)
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, made: &Type) -> Ends {
        match made {
            Type::BigInt => integers(self.range(), made),
            _ => Ends::Known(steps_as(self.range().into_iter(), made)),
        }
    }

    fn bounds(&self) -> (f64, f64) {
        // Counts are whole numbers; a decimal is below its steps.
        let [from, to] = self.range();
        (from.min(0) as f64, to.max(0) as f64)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(highest, longest, texts, is_without_digits, rises_with, serial);
}

/// Steps as values of the type that the bounds have.
fn steps_as(steps: impl Iterator<Item = i64>, ty: &Type) -> ArrayRef {
    match ty {
        Type::Numeric { .. } => {
            let values = Decimal128Array::from_iter_values(steps.map(i128::from));
            Arc::new(values.with_data_type(ty.arrow()))
        }
        // Between two dates, which are numbers of days in 32 bits.
        Type::Date => Arc::new(Date32Array::from_iter_values(steps.map(|day| day as i32))),
        Type::Instant => Arc::new(TimestampMicrosecondArray::from_iter_values(steps).with_timezone("UTC")),
        _ => Arc::new(Int64Array::from_iter_values(steps)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(bounds: &[i64]) -> Histogram {
        Histogram { stream: Stream::new(1, "t", "c", "value", 1), bounds: bounds.into() }
    }

    /// Over evenly spaced words every interval comes equally often, and every value in it.
    #[test]
    fn intervals_are_equally_likely_and_even_within() {
        let histogram = histogram(&[0, 2, 10, 10, 13]);
        let mut found = std::collections::BTreeMap::new();
        let draws = 1u64 << 16;
        for i in 0..draws {
            *found.entry(histogram.sample(i << 48 | 1 << 47)).or_insert(0u32) += 1;
        }
        let share = |value: i64| f64::from(found.get(&value).copied().unwrap_or(0)) / draws as f64;
        for (values, expected) in [(0..2, 0.25 / 2.0), (2..10, 0.25 / 8.0)] {
            values.for_each(|value| assert!((share(value) - expected).abs() < 1e-3, "{value}"));
        }
        // A bound that is there twice has an interval of its own; the last interval has its upper bound.
        assert!((share(10) - (0.25 + 0.25 / 4.0)).abs() < 1e-3);
        (11..=13).for_each(|value| assert!((share(value) - 0.25 / 4.0).abs() < 1e-3, "{value}"));
        assert_eq!(found.keys().last(), Some(&13));
    }

    /// `2026-01-01` beside a number was the number 2024.
    #[test]
    fn a_date_among_numbers_is_refused() {
        let of = |bounds: &str| {
            let scenario = format!("tables: {{t: {{rows: 1, columns: {{c: {{histogram: {bounds}}}}}}}}}");
            crate::Plan::compile(&scenario, &crate::Settings::default())
        };
        assert!(of("[2025-01-01, 2026-01-01]").is_ok());
        for wrong in ["[1, 2026-01-01]", "[2026-01-01, $x]", "[3, 2]", "[1]", "{1: 2}"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_widest_interval_does_not_overflow() {
        let histogram = histogram(&[-999_999_999_999_999_999, 999_999_999_999_999_999]);
        assert_eq!(histogram.sample(0), -999_999_999_999_999_999);
        assert_eq!(histogram.sample(u64::MAX), 999_999_999_999_999_999);
    }
}

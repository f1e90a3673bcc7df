//! `decimal`: exact decimal numbers, evenly.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::number::{Misfit, Number};
use crate::random::{Stream, UniformInteger};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const DECIMAL: GeneratorDoc = GeneratorDoc {
    name: "decimal",
    version: 1,
    family: "numbers",
    summary: "An exact decimal number, evenly from `from` to `to`, both included.",
    arguments: &[
        required("from", Kind::Number, "the least value"),
        required("to", Kind::Number, "the greatest value"),
        optional("scale", Kind::Number, "digits after the point, 0 to 18; default 2"),
    ],
    short: None,
    group: false,
    example: "price: {decimal: {from: 0.99, to: 999.99}}",
    read,
};

/// Decimal numbers, evenly, as integers of the last digit.
#[derive(Debug)]
pub(crate) struct Decimal {
    /// Random words, one a row.
    stream: Stream,
    /// The law of the unscaled value.
    law: UniformInteger,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let exact = |name: &str| reading.constants().exact(reading.required(name)?, name);
    let (scale, from, to) = (reading.whole("scale", 0, 18), exact("from"), exact("to")).together()?;
    let scale = scale.unwrap_or(2) as i8;
    let unscaled = |name: &str, bound: Number| {
        let node = reading.required(name)?;
        // Rounded, it would be another bound.
        let value = match bound.at_scale(scale) {
            Ok(value) => value,
            Err(Misfit::Long) => i128::MAX,
            Err(Misfit::Fraction) => {
                let message = format!("`{name}`: more than {scale} digits after the point");
                return Err(
                    Fault::at(node.span, message).hint("`scale:` says how many digits the values have")
                );
            }
        };
        if value.unsigned_abs() >= 1_000_000_000_000_000_000 {
            return Err(Fault::at(node.span, format!("`{name}`: more than 18 digits at scale {scale}")));
        }
        Ok(value as i64)
    };
    let (from, to) = (unscaled("from", from), unscaled("to", to)).together()?;
    reading.rising(from, to)?;
    let law = UniformInteger::new(from, to).map_err(|e| reading.arguments.invalid(&e))?;
    let digits = from.unsigned_abs().max(to.unsigned_abs()).max(1).ilog10() as u8 + 1;
    let ty = Type::Numeric { precision: digits.max(scale.unsigned_abs() + 1), scale };
    Ok(Made::new(Decimal { stream: reading.stream("value"), law }, ty))
}

impl Prepared for Decimal {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let values =
            Decimal128Array::from_iter_values(words.iter().map(|word| i128::from(self.law.sample(*word))));
        Ok(Arc::new(values.with_data_type(column.made.arrow())))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("uniform decimal, last digits {} to {}", self.law.low(), self.law.high())
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, made: &Type) -> Ends {
        let Type::Numeric { precision, scale } = made else { return Ends::Unknown };
        let values = Decimal128Array::from(vec![i128::from(self.law.low()), i128::from(self.law.high())]);
        let values = values.with_precision_and_scale(*precision, *scale);
        values.map_or(Ends::Unknown, |values| Ends::Known(Arc::new(values)))
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(bounds, highest, longest, texts, is_without_digits, rises_with, serial);
}

#[cfg(test)]
mod tests {
    use super::super::first_values;

    #[test]
    fn values_lie_between_the_bounds_and_have_their_digits() {
        let values = first_values("{decimal: {from: -0.5, to: 12.25, scale: 3}}", 500).unwrap();
        for value in &values {
            let number: f64 = value.parse().unwrap();
            assert!(
                (-0.5..=12.25).contains(&number) && value.split_once('.').unwrap().1.len() == 3,
                "{value}"
            );
        }
        assert!(values.iter().any(|value| value.starts_with('-')));
    }

    #[test]
    fn bounds_keep_all_that_is_written() {
        let refused = first_values("{decimal: {from: 0, to: 1.005}}", 1).unwrap_err();
        assert!(refused.contains("`to`: more than 2 digits after the point"), "{refused}");
        let refused = first_values("{decimal: {from: 2, to: 1}}", 1).unwrap_err();
        assert!(refused.contains("`to` is below `from`"), "{refused}");
    }
}

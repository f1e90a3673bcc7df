//! `choose`: one of some values.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Int32Array, Int64Array, StringArray,
    UInt32Array,
};
use arrow::compute::{filter, take};
use arrow::datatypes::{DataType, Int32Type};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::{as_number, longest_of, unknown};
use super::shown::values;
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::number::Number;
use crate::model::{Column, Values};
use crate::random::{Stream, Weighted};
use crate::rows::Frame;
use crate::scenario::Key;
use crate::types::Type;

pub(super) const CHOOSE: GeneratorDoc = GeneratorDoc {
    name: "choose",
    version: 1,
    family: "choices",
    summary: "One of some values: a list (evenly) or a map from values to weights.",
    arguments: &[required("values", Kind::Weights, "the values")],
    short: Some("values"),
    group: false,
    example: "role: {choose: {admin: 8, editor: 41, viewer: 51}}",
    read,
};

/// One of some values.
#[derive(Debug)]
pub(crate) struct Choose {
    /// Random words, one a row.
    stream: Stream,
    /// The law of the index.
    law: Weighted,
    /// The values.
    values: Values,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let node = reading.required("values")?;
    let (keys, quoted, weights) = reading.constants().weights(node, "choose")?;
    if let Some(fault) = too_long(&keys, &quoted) {
        return Err(fault);
    }
    let (values, ty) = typed_values(&keys, &quoted);
    let weights = weights.unwrap_or_else(|| vec![1.0; keys.len()]);
    let law = Weighted::new(&weights).map_err(|e| Fault::at(node.span, format!("`choose`: {e}")))?;
    let recipe = Choose { stream: reading.stream("value"), law, values: Values::new(values) };
    Ok(Made { dictionary: ty == Type::Text, ..Made::new(recipe, ty) })
}

impl Choose {
    /// The values, as they are written.
    pub(crate) fn values(&self) -> &ArrayRef {
        &self.values.0
    }
}

impl Prepared for Choose {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let values = &self.values.0;
        if *values.data_type() == DataType::Utf8 {
            // A dictionary, shared by all batches.
            let keys = Int32Array::from_iter_values(words.iter().map(|word| self.law.sample(*word) as i32));
            return Ok(Arc::new(DictionaryArray::<Int32Type>::new(keys, values.clone())));
        }
        let index = UInt32Array::from_iter_values(words.iter().map(|word| self.law.sample(*word) as u32));
        Ok(take(values, &index, None).expect("the law draws indices of its values"))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("one of {}", values(&self.values.0))
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        // What has no weight is never drawn.
        let drawn = filter(&self.values.0, &self.law.drawn(self.values.0.len()).into());
        drawn.map_or(Ends::Unknown, Ends::Known)
    }

    fn bounds(&self) -> (f64, f64) {
        let numbers = (0..self.values.0.len()).filter_map(|i| as_number(&self.values.0.slice(i, 1)));
        numbers.fold((f64::INFINITY, 0.0), |(least, most), number| (number.min(least), number.max(most)))
    }

    fn longest(&self) -> Option<u64> {
        longest_of(&self.values.0)
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Chosen(&self.values.0)
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(highest, is_without_digits, rises_with, serial);
}

/// A value written as a key, as an SQL literal of the type that it is compared with.
pub(crate) fn literal_sql(ty: &Type, key: &Key) -> Result<String, Fault> {
    let text = key.text.replace('\'', "''");
    let fits = match ty {
        Type::Text | Type::Null => return Ok(format!("'{text}'")),
        Type::Boolean => matches!(key.text.as_str(), "true" | "false"),
        _ if ty.is_number() => typed_values(std::slice::from_ref(key), &[false]).1.is_number(),
        _ => return Ok(format!("cast('{text}' as {ty})")),
    };
    if fits {
        return Ok(format!("({})", key.text.replace('_', "")));
    }
    Err(Fault::at(key.span, format!("expected {ty}")).label(format!("found `{}`", key.text)))
}

/// Values in the narrowest type that holds all of them: `bigint`, `numeric`, `boolean`, else text.
pub(crate) fn typed_values(keys: &[Key], quoted: &[bool]) -> (ArrayRef, Type) {
    let text = |key: &Key| key.text.clone();
    if !quoted.iter().any(|quoted| *quoted) {
        if let Some(values) = keys.iter().map(|key| whole(&key.text)).collect::<Option<Vec<i64>>>() {
            return (Arc::new(Int64Array::from(values)), Type::BigInt);
        }
        if let Some((values, precision, scale)) = decimals(keys) {
            let array = Decimal128Array::from(values).with_precision_and_scale(precision, scale);
            if let Ok(array) = array {
                return (Arc::new(array), Type::Numeric { precision, scale });
            }
        }
        if keys.iter().all(|key| matches!(key.text.as_str(), "true" | "false")) {
            let values: Vec<bool> = keys.iter().map(|key| key.text == "true").collect();
            return (Arc::new(BooleanArray::from(values)), Type::Boolean);
        }
    }
    (Arc::new(StringArray::from_iter_values(keys.iter().map(text))), Type::Text)
}

fn whole(text: &str) -> Option<i64> {
    // `007` is a code, not the number seven.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.len() == 1 || !digits.starts_with('0');
    (plain && digits.starts_with(|c: char| c.is_ascii_digit())).then(|| text.replace('_', "").parse().ok())?
}

/// Decimals such as `12.50` or `1.5e3`, brought to one scale; `007` is a code and none.
fn decimals(keys: &[Key]) -> Option<(Vec<i128>, u8, i8)> {
    let written = keys.iter().map(|key| decimal(&key.text)).collect::<Option<Vec<_>>>()?;
    let scale = written.iter().map(|(.., scale)| *scale).max()?;
    let whole = written.iter().map(|(_, whole, _)| *whole).max()?;
    if whole.max(1) + scale > 38 {
        return None;
    }
    // At most 38, as was just seen.
    let (precision, scale) = ((whole.max(1) + scale) as u8, scale as i8);
    let values =
        written.iter().map(|(number, ..)| number.at_scale(scale).ok()).collect::<Option<Vec<_>>>()?;
    Some((values, precision, scale))
}

/// A decimal, and how many digits it has before and after the point as it is written; zeros at the end count.
fn decimal(text: &str) -> Option<(Number, i64, i64)> {
    let digits = text.strip_prefix('-').unwrap_or(text).replace('_', "");
    let code = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if code || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = Number::read(text)?;
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i64>().ok()?),
        None => (&digits[..], 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (whole, fraction) = (whole.len() as i64, fraction.len() as i64);
    let scale = fraction.checked_sub(exponent)?.max(0);
    let (shortest, _) = number.size();
    Some((number, whole.checked_add(exponent)?.max(shortest - scale).max(0), scale))
}

/// A value among numbers that has more digits than a numeric holds, so that all of them would become texts.
pub(crate) fn too_long(keys: &[Key], quoted: &[bool]) -> Option<Fault> {
    let numbers = !quoted.iter().any(|quoted| *quoted) && keys.iter().all(|key| decimal(&key.text).is_some());
    let (_, ty) = typed_values(keys, quoted);
    if !numbers || ty.is_number() {
        return None;
    }
    let longest =
        keys.iter().max_by_key(|key| decimal(&key.text).map_or(0, |(number, ..)| number.size().0))?;
    Some(
        Fault::at(longest.span, "these numbers have more than 38 digits before and after the point")
            .hint("write them with fewer digits, or in quotes to make them texts"),
    )
}

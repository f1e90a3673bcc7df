//! Choices: booleans, weighted values, and generators that depend on a value.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Int64Array, StringArray};

use super::{Address, Made, invalid, threshold};
use crate::error::Fault;
use crate::model::arguments::Arguments;
use crate::model::number::Number;
use crate::model::resolve::{Resolver, holder};
use crate::model::{Input, Recipe};
use crate::random::Weighted;
use crate::scenario::{self, Key, Text};
use crate::types::Type;

impl Resolver<'_> {
    pub(super) fn choice_generator(
        &mut self,
        t: usize,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        match name {
            "boolean" => {
                let share = match arguments.get("share") {
                    Some(node) => self.share(node, "share")?,
                    None => 0.5,
                };
                let stream = address.stream(name, "value");
                let recipe = Recipe::Boolean { stream, threshold: threshold(share), always: share >= 1.0 };
                Ok(Made::new(recipe, Type::Boolean))
            }
            "choose" => {
                let node = arguments.required("values")?;
                let (keys, quoted, weights) = self.weights(node, "choose")?;
                if let Some(fault) = too_long(&keys, &quoted) {
                    return Err(fault);
                }
                let (values, ty) = typed_values(&keys, &quoted);
                let weights = weights.unwrap_or_else(|| vec![1.0; keys.len()]);
                let law = Weighted::new(&weights).map_err(|e| invalid(node.span, name, e))?;
                let dictionary = ty == Type::Text;
                let recipe =
                    Recipe::Choose { stream: address.stream(name, "value"), law, values: holder(values) };
                Ok(Made { dictionary, ..Made::new(recipe, ty) })
            }
            _ => self.switch(t, arguments, address),
        }
    }

    /// A `CASE` over hidden columns, one per case.
    fn switch(&mut self, t: usize, arguments: &Arguments, address: &Address) -> Result<Made, Fault> {
        let on = arguments.expression("on")?.ok_or_else(Fault::reported)?;
        let node = arguments.required("cases")?;
        let entries = scenario::map_of(node, "`cases`", "one generator per value")?;
        // The index of the case, as SQL: the values take the type of what they are compared with.
        // The line ends what may be a comment.
        let mut sql = format!("case ({}\n)", on.text);
        let ty = self.formula(t, &on)?.expression.ty().clone();
        let mut cases = Vec::new();
        let mut made: Option<(Type, bool)> = None;
        let named = entries.iter().enumerate().map(|(i, (key, value))| (Some(i), key.clone(), value));
        let otherwise = arguments.get("else").map(|value| (None, Key::new("else", value.span), value));
        for (index, key, value) in named.chain(otherwise) {
            if let Some(index) = index {
                let literal = literal_sql(&ty, &key)?;
                sql += &format!(" when {literal} then {index}");
            }
            let part = match index {
                Some(_) => Key::new(format!("when {}", key.text), key.span),
                None => key,
            };
            let input = self.part(t, &part, value, address)?;
            let Input::Column { column, .. } = self.drafts[t].inputs[input].clone() else {
                return Err(Fault::reported());
            };
            let column = self.done(t, column)?;
            let (ty, nullable) = (column.ty.clone(), column.nullable);
            made = Some(match made {
                None => (ty, nullable),
                Some((first, n)) => match first.common(&ty) {
                    Some(common) => (common, n || nullable),
                    None => {
                        return Err(Fault::at(value.span, "the cases have different types")
                            .label(format!("expected {first}, found {ty}"))
                            .hint("give all of them the same `type:`"));
                    }
                },
            });
            cases.push(Some(input));
        }
        let Some((case_type, nullable)) = made else {
            return Err(Fault::at(node.span, "`cases`: expected at least one case"));
        };
        if arguments.get("else").is_none() {
            cases.push(None);
        }
        sql += &format!(" else {} end", cases.len() - 1);
        let index = self.formula(t, &Text { text: sql, span: on.span, exact: false })?;
        let nullable = nullable || cases.last().is_some_and(Option::is_none);
        Ok(Made { nullable, ..Made::new(Recipe::Switch { index, cases }, case_type) })
    }
}

/// A value written as a key, as an SQL literal of the type that it is compared with.
pub(super) fn literal_sql(ty: &Type, key: &Key) -> Result<String, Fault> {
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
pub(in crate::model) fn typed_values(keys: &[Key], quoted: &[bool]) -> (ArrayRef, Type) {
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
pub(in crate::model) fn too_long(keys: &[Key], quoted: &[bool]) -> Option<Fault> {
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

//! Parameters: their defaults, or what is set from outside, checked against their bounds.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, StringArray};

use super::Settings;
use super::number::Number;
use crate::error::{Fault, Faults, Span, did_you_mean, listed};
use crate::generators::typed_values;
use crate::scenario::{Key, Scenario};
use crate::types::Type;

/// A parameter with the value in force.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: ArrayRef,
    pub(super) ty: Type,
    /// The number that was written, if it is one.
    pub(super) number: Option<Number>,
}

/// The values of the parameters: defaults, or what the settings say, checked against their bounds.
pub(super) fn parameter_values(
    scenario: &Scenario,
    settings: &Settings,
    faults: &mut Faults,
) -> Vec<Parameter> {
    for (name, _) in &settings.params {
        if !scenario.params.iter().any(|param| param.name.text == *name) {
            let known: Vec<&str> = scenario.params.iter().map(|param| param.name.text.as_str()).collect();
            let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known.is_empty() {
                true => "the scenario has no parameters".to_owned(),
                false => format!("the parameters are: {}", listed(&known)),
            });
            faults.push(Fault::setting(format!("unknown parameter `{name}`")).hint(hint));
        }
    }
    let mut values = Vec::new();
    for param in &scenario.params {
        let name = &param.name.text;
        let Some(default) = &param.default else { continue };
        let Some(scalar) = default.scalar() else {
            let fault = Fault::at(default.span, format!("parameter `{name}`: expected a plain value"));
            faults.push(fault.label(format!("found {}", default.describe())));
            continue;
        };
        let set = settings.params.iter().rev().find(|(set, _)| set == name).map(|(_, value)| value.as_str());
        let text = set.unwrap_or(&scalar.text);
        let place =
            |fault: Fault| if set.is_none() { Fault { span: Some(default.span), ..fault } } else { fault };
        let (value, ty) = match parameter_value(text, &scalar.text, scalar.quoted) {
            Ok(value) => value,
            Err(expected) => {
                let message = format!("parameter `{name}`: expected {expected}, found `{text}`");
                faults.push(place(Fault::setting(message)));
                continue;
            }
        };
        let number = if ty.is_number() { Number::read(text) } else { None };
        for (bound, least) in [(&param.min, true), (&param.max, false)] {
            let Some(bound) = bound else { continue };
            let Some(limit) = bound.scalar().and_then(|s| Number::read(&s.text)) else {
                faults.push(Fault::at(bound.span, format!("parameter `{name}`: a bound must be a number")));
                continue;
            };
            let Some(number) = &number else {
                let message = format!("parameter `{name}`: a value of type {ty} has no bounds");
                faults.push(Fault::at(bound.span, message).hint("`min` and `max` belong to numbers"));
                continue;
            };
            if if least { *number < limit } else { *number > limit } {
                let word = if least { "at least" } else { "at most" };
                let help = param.help.as_ref().map(|help| format!("`{name}`: {help}"));
                let limit = bound.scalar().map_or("", |scalar| &scalar.text);
                let fault =
                    Fault::setting(format!("parameter `{name}`: expected {word} {limit}, found {text}"));
                faults.push(place(fault.maybe_hint(help)));
            }
        }
        values.push(Parameter { name: name.clone(), value, ty, number });
    }
    values
}

/// A parameter's value in the type of its default: `bigint`, `numeric`, `double precision`, `boolean` or text.
fn parameter_value(text: &str, default: &str, quoted: bool) -> Result<(ArrayRef, Type), &'static str> {
    let key = |text: &str| [Key::new(text, Span::default())];
    let number = || Number::read(text);
    match kind_of(default, quoted)? {
        Kind::Whole => match typed_values(&key(text), &[false]) {
            (value, Type::BigInt) => Ok((value, Type::BigInt)),
            (_, ty) if ty.is_number() && number().is_some_and(|n| n.at_scale(0).is_err()) => {
                Err("a whole number")
            }
            (_, ty) if ty.is_number() => Err("a whole number of at most 64 bits, in digits alone"),
            _ => Err("a whole number"),
        },
        Kind::Decimal => match (typed_values(&key(text), &[false]), number()) {
            _ if text.contains(['e', 'E']) => Err("a number without an exponent"),
            ((value, ty @ Type::Numeric { .. }), _) => Ok((value, ty)),
            // A whole number stays a numeric: `$rate / 2` divides as it does for the default.
            ((_, Type::BigInt), Some(number)) => {
                let (precision, _) = number.size();
                let array = Decimal128Array::from(vec![number.at_scale(0).map_err(|_| "a number")?]);
                let array = array.with_precision_and_scale(precision as u8, 0).map_err(|_| "a number")?;
                Ok((Arc::new(array), Type::Numeric { precision: precision as u8, scale: 0 }))
            }
            (_, Some(_)) => Err("a number of at most 38 digits"),
            _ => Err("a number without an exponent"),
        },
        Kind::Double => match number().map(|number| number.double()).filter(|number| number.is_finite()) {
            Some(number) => Ok((Arc::new(Float64Array::from(vec![number])), Type::Double)),
            None => Err("a number"),
        },
        Kind::Boolean => match text.parse::<bool>() {
            Ok(value) => Ok((Arc::new(BooleanArray::from(vec![value])), Type::Boolean)),
            Err(_) => Err("`true` or `false`"),
        },
        Kind::Text => Ok((Arc::new(StringArray::from(vec![text])), Type::Text)),
    }
}

/// What a parameter is, by its default.
enum Kind {
    Whole,
    Decimal,
    Double,
    Boolean,
    Text,
}

fn kind_of(default: &str, quoted: bool) -> Result<Kind, &'static str> {
    if quoted {
        return Ok(Kind::Text);
    }
    let code = default.len() > 1 && default.starts_with('0') && default.as_bytes()[1].is_ascii_digit();
    let number = Number::read(default).filter(|_| !code);
    if number.as_ref().is_some_and(|_| default.contains(['e', 'E'])) {
        return Ok(if number.is_some_and(|n| n.double().is_finite()) { Kind::Double } else { Kind::Text });
    }
    Ok(match typed_values(&[Key::new(default, Span::default())], &[false]) {
        (_, Type::BigInt) => Kind::Whole,
        (_, Type::Numeric { .. }) => Kind::Decimal,
        (_, Type::Boolean) => Kind::Boolean,
        // A double would lose its digits, and a text would be no number.
        _ if number.is_some() => return Err("a number of at most 38 digits, or quotes around it"),
        _ => Kind::Text,
    })
}

//! Reads the arguments of generators: numbers, shares, lengths, weights, words.

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, StringArray};
use std::sync::Arc;

use super::Settings;
use super::number::{Misfit, Number, Value};
use super::resolve::Resolver;
use super::scope::ConstantScope;
use crate::calendar::text::{Moment, parse_timestamp};
use crate::error::{Fault, Faults, Span, did_you_mean, listed};
use crate::expression::{Expression, Source};
use crate::generators::{GeneratorDoc, typed_values};
use crate::random::{Invalid, Trickle};
use crate::scenario::{self, Key, Node, Scenario, Text};
use crate::types::Type;

/// The arguments given to a generator, checked against those it knows.
pub(crate) struct Arguments<'n> {
    generator: &'static GeneratorDoc,
    span: Span,
    given: Given<'n>,
}

enum Given<'n> {
    Nothing,
    /// A plain value that stands for one argument.
    Short(&'n Node),
    Named(&'n [(Key, Node)]),
}

impl<'n> Arguments<'n> {
    /// The arguments of a generator; unknown and missing ones are faults.
    pub(crate) fn new(
        generator: &'static GeneratorDoc,
        key: &Key,
        node: Option<&'n Node>,
    ) -> Result<Self, Fault> {
        let span = key.span;
        let names: Vec<&str> = generator.arguments.iter().map(|argument| argument.name).collect();
        let given = match node {
            None => Given::Nothing,
            Some(node) => match node.map() {
                // A map of weights or of members is the argument itself, unless it has the argument's name.
                Some(entries)
                    if !takes_map(generator)
                        || entries.iter().any(|(k, _)| names.contains(&k.text.as_str())) =>
                {
                    Given::Named(entries)
                }
                _ if generator.short.is_some() => Given::Short(node),
                _ => {
                    let expected = if names.is_empty() {
                        "no arguments".into()
                    } else {
                        format!("a map with {}", list(&names))
                    };
                    return Err(Fault::at(node.span, format!("`{}`: expected {expected}", generator.name))
                        .label(format!("found {}", node.describe())));
                }
            },
        };
        if let Given::Named(entries) = given
            && let Some((key, _)) = entries.iter().find(|(key, _)| !names.contains(&key.text.as_str()))
        {
            let hint = did_you_mean(&key.text, names.iter().copied()).unwrap_or_else(|| {
                if names.is_empty() { "it takes none".into() } else { format!("it takes {}", list(&names)) }
            });
            return Err(Fault::at(
                key.span,
                format!("unknown argument `{}` of `{}`", key.text, generator.name),
            )
            .hint(hint));
        }
        let arguments = Self { generator, span, given };
        for argument in generator.arguments.iter().filter(|argument| argument.required) {
            if arguments.get(argument.name).is_none() {
                return Err(Fault::at(span, format!("`{}` needs `{}`", generator.name, argument.name))
                    .hint(format!("{}; as in `{}`", argument.summary, generator.example)));
            }
        }
        Ok(arguments)
    }

    /// The argument of that name, if given.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(
            self.generator.arguments.iter().any(|argument| argument.name == name),
            "{name} is documented"
        );
        match self.given {
            Given::Nothing => None,
            Given::Short(node) => (self.generator.short == Some(name)).then_some(node),
            Given::Named(entries) => entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node),
        }
    }

    /// The same for a name that may be none of the generator's arguments.
    fn find(&self, name: &str) -> Option<&'n Node> {
        self.generator
            .arguments
            .iter()
            .find(|argument| argument.name == name)
            .and_then(|argument| self.get(argument.name))
    }

    /// An argument that is required, and so is there.
    pub(crate) fn required(&self, name: &str) -> Result<&'n Node, Fault> {
        self.get(name)
            .ok_or_else(|| Fault::at(self.span, format!("`{}` needs `{name}`", self.generator.name)))
    }

    /// An argument as an expression.
    pub(crate) fn expression(&self, name: &str) -> Result<Option<Text>, Fault> {
        self.get(name).map(|node| scenario::as_expression(node, &format!("`{name}`"))).transpose()
    }

    /// One of some words.
    pub(crate) fn word(&self, name: &str) -> Result<Option<Key>, Fault> {
        self.get(name).map(|node| scenario::word(node, &format!("`{name}`"))).transpose()
    }

    /// What a law says about an argument, at that argument.
    pub(crate) fn invalid(&self, invalid: &Invalid) -> Fault {
        let span = self.find(invalid.argument).map_or(self.span(), |node| node.span);
        Fault::at(span, format!("`{}`: expected {}", invalid.argument, invalid.expected))
            .label(format!("found {}", invalid.found))
    }

    /// Where the generator's name stands.
    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

fn beyond(node: &Node, what: &str, below: bool, least: i64, greatest: i64, found: &str) -> Fault {
    let bound = if below { format!("at least {least}") } else { format!("at most {greatest}") };
    Fault::at(node.span, format!("`{what}`: expected {bound}")).label(format!("found {found}"))
}

fn takes_map(generator: &GeneratorDoc) -> bool {
    use crate::generators::ArgumentKind::{Any, Specs, Weights};
    let short = generator.short.and_then(|short| generator.arguments.iter().find(|a| a.name == short));
    short.is_some_and(|argument| matches!(argument.kind, Weights | Specs) || argument.kind == Any)
}

/// `a`, `b` and `c`.
fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The longest generated text, in characters.
pub(crate) const MAX_LENGTH: i64 = 1 << 15;

/// How a length is drawn: evenly from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    /// The least.
    pub(crate) from: u64,
    /// The greatest.
    pub(crate) to: u64,
}

impl Length {
    /// The same without zero.
    pub(crate) fn at_least_one(self) -> Self {
        Self { from: self.from.max(1), to: self.to.max(1) }
    }

    /// A length.
    pub(crate) fn drawn(self, trickle: &mut Trickle) -> u64 {
        self.from + trickle.below(self.to - self.from + 1)
    }
}

/// Values, whether each stands in quotes, and their weights; `None` for evenly.
pub(crate) type Weights = (Vec<Key>, Vec<bool>, Option<Vec<f64>>);

impl Resolver<'_> {
    /// A constant expression: numbers, parameters, arithmetic on them.
    pub(crate) fn constant(&self, node: &Node, what: &str) -> Result<(ArrayRef, Type), Fault> {
        let text = scenario::as_expression(node, &format!("`{what}`"))?;
        let source = Source { text: &text.text, span: text.span, exact: text.exact };
        let expression = Expression::compile(&source, &mut ConstantScope { resolver: self })?;
        let value = expression
            .constant()
            .ok_or_else(|| Fault::at(node.span, format!("`{what}`: expected a constant")))?;
        Ok((value, expression.ty().clone()))
    }

    /// A number: as it is written, as the parameter named has it, or as an expression of these gives it.
    fn value(&self, node: &Node, what: &str) -> Result<Value, Fault> {
        let expected = || {
            Fault::at(node.span, format!("`{what}`: expected a number"))
                .label(format!("found {}", node.describe()))
        };
        let text = scenario::as_expression(node, what).map_err(|_| {
            expected().hint("numbers, parameters such as `$tenants` and arithmetic on them can stand here")
        })?;
        let text = text.text.trim();
        if let Some(number) = Number::read(text) {
            return Ok(Value::Exact(number));
        }
        if node.scalar().is_none_or(|s| s.text.chars().all(|c| c.is_alphabetic() || c.is_whitespace())) {
            return Err(expected()
                .hint("numbers, parameters such as `$tenants` and arithmetic on them can stand here"));
        }
        // A parameter alone is the number that was written, also where expressions see a double.
        let named = text.strip_prefix('$').and_then(|name| self.params.iter().find(|p| p.name == name));
        if let Some(number) = named.and_then(|param| param.number.clone()) {
            return Ok(Value::Exact(number));
        }
        let (value, ty) = self.constant(node, what)?;
        Value::of(&value, &ty).ok_or_else(expected)
    }

    /// A number with all its digits.
    pub(crate) fn exact(&self, node: &Node, what: &str) -> Result<Number, Fault> {
        match self.value(node, what)? {
            Value::Exact(number) => Ok(number),
            Value::Double(value) => Number::of_double(value).ok_or_else(|| {
                Fault::at(node.span, format!("`{what}`: expected an exact number"))
                    .label(format!("found the double precision number {value:e}"))
                    .hint("convert it, as in `cast(power(2, 60) as bigint)`")
            }),
        }
    }

    /// A finite number, as the nearest double.
    pub(crate) fn number(&self, node: &Node, what: &str) -> Result<f64, Fault> {
        let value = self.value(node, what)?.double();
        if value.is_finite() {
            return Ok(value);
        }
        Err(Fault::at(node.span, format!("`{what}`: expected a number"))
            .label(format!("found {}", node.describe())))
    }

    /// A whole number from `least` to `greatest`.
    pub(crate) fn whole(&self, node: &Node, what: &str, least: i64, greatest: i64) -> Result<i64, Fault> {
        let number = self.exact(node, what)?;
        let fits = match number.at_scale(0) {
            Err(Misfit::Fraction) => {
                return Err(Fault::at(node.span, format!("`{what}`: expected a whole number"))
                    .label(format!("found {}", node.describe())));
            }
            Err(Misfit::Long) => None,
            Ok(value) => i64::try_from(value).ok(),
        };
        match fits {
            Some(value) if (least..=greatest).contains(&value) => Ok(value),
            Some(value) => Err(beyond(node, what, value < least, least, greatest, &value.to_string())),
            None => Err(beyond(node, what, number.is_negative(), least, greatest, &node.describe())),
        }
    }

    /// A share: `5%` or `0.05`, from 0 to 1.
    pub(crate) fn share(&self, node: &Node, what: &str) -> Result<f64, Fault> {
        let percent = node.scalar().and_then(|s| s.text.trim().strip_suffix('%')).and_then(Number::read);
        let value = match percent {
            Some(percent) => percent.double() / 100.0,
            None => self.number(node, what)?,
        };
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(Fault::at(node.span, format!("`{what}`: expected a share from 0% to 100%"))
            .label(format!("found {}", node.describe()))
            .hint("write `5%` or `0.05`"))
    }

    /// A length: a number, or `{from, to}`.
    pub(crate) fn length(&self, node: &Node, what: &str, greatest: i64) -> Result<Length, Fault> {
        let (from, to) = match node.map() {
            None => {
                let length = self.whole(node, what, 0, greatest)?;
                (length, length)
            }
            Some(entries) => {
                let mut faults = Faults::default();
                scenario::unknown_keys(entries, &["from", "to"], &format!("`{what}`"), &mut faults);
                if let Some(fault) = faults.0.into_iter().next() {
                    return Err(fault);
                }
                let bound = |name: &str| {
                    let found = node.get(name).ok_or_else(|| {
                        Fault::at(node.span, format!("`{what}`: expected a number or `{{from, to}}`"))
                    });
                    self.whole(found?, name, 0, greatest)
                };
                (bound("from")?, bound("to")?)
            }
        };
        if from > to {
            return Err(Fault::at(node.span, format!("`{what}`: `from` {from} is above `to` {to}")));
        }
        Ok(Length { from: from.unsigned_abs(), to: to.unsigned_abs() })
    }

    /// A list (weights 1) or a map from values to weights; the span is that of each value.
    pub(crate) fn weights(&self, node: &Node, what: &str) -> Result<Weights, Fault> {
        let expected = || {
            Fault::at(node.span, format!("`{what}`: expected a list, or a map from values to weights"))
                .label(format!("found {}", node.describe()))
        };
        if let Some(entries) = node.map() {
            let mut weights = Vec::new();
            for (key, weight) in entries {
                if !key.quoted && matches!(key.text.as_str(), "null" | "Null" | "NULL" | "~") {
                    return Err(null_among_values(key.span, what));
                }
                let percent =
                    weight.scalar().and_then(|s| s.text.trim().strip_suffix('%')).and_then(Number::read);
                weights.push(match percent {
                    Some(percent) => percent.double(),
                    None => self.number(weight, what)?,
                });
                if weights.last().is_some_and(|w| *w < 0.0) {
                    return Err(Fault::at(weight.span, format!("`{what}`: a weight cannot be negative"))
                        .label(format!("found {}", weight.describe())));
                }
            }
            if weights.is_empty() {
                return Err(expected());
            }
            if weights.iter().all(|w| *w == 0.0) {
                return Err(Fault::at(node.span, format!("`{what}`: all weights are 0")));
            }
            let keys = entries.iter().map(|(key, _)| key.clone()).collect();
            let quoted = entries.iter().map(|(key, _)| key.quoted).collect();
            return Ok((keys, quoted, Some(weights)));
        }
        let items = node.list().filter(|items| !items.is_empty()).ok_or_else(expected)?;
        let mut keys = Vec::new();
        let mut quoted = Vec::new();
        for item in items {
            if item.is_null() {
                return Err(null_among_values(item.span, what));
            }
            let scalar = item.scalar().ok_or_else(|| {
                Fault::at(item.span, format!("`{what}`: expected a plain value"))
                    .label(format!("found {}", item.describe()))
            })?;
            keys.push(Key { text: scalar.text.clone(), span: item.span, quoted: scalar.quoted });
            quoted.push(scalar.quoted);
        }
        Ok((keys, quoted, None))
    }
}

fn null_among_values(span: Span, what: &str) -> Fault {
    Fault::at(span, format!("`{what}`: NULL is no value"))
        .hint("`null: 10%` beside it makes a share of the rows NULL; a text `null` stands in quotes")
}

/// An instant written as a date (midnight UTC) or as ISO 8601; a wall clock without an offset is read as UTC.
pub(crate) fn constant_instant(text: &str) -> Result<i64, String> {
    match parse_timestamp(text) {
        Ok(Moment::Instant(micros) | Moment::Wall(micros)) => Ok(micros),
        Err(error) => Err(error.to_string()),
    }
}

/// A parameter with the value in force.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) value: ArrayRef,
    pub(crate) ty: Type,
    /// The number that was written, if it is one.
    pub(crate) number: Option<Number>,
}

/// The values of the parameters: defaults, or what the settings say, checked against their bounds.
pub(crate) fn parameter_values(
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

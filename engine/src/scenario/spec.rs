//! What a column holds: a generator and its modifiers.

use super::document::{Key, Node, NodeKind, Scalar};
use super::value::text_of;
use super::{Text, boolean, expression_text, keys};
use crate::error::{Fault, Faults, Span, did_you_mean};
use crate::generators;

/// What a column holds: a generator and its modifiers.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The whole value.
    pub span: Span,
    /// The generator.
    pub generator: Generator,
    /// The share of NULLs, as written.
    pub null: Option<Node>,
    /// The share of values that break software, as written.
    pub adversarial: Option<Node>,
    /// Where `unique: true` was asked for.
    pub unique: Option<Span>,
    /// `references` and `index`.
    pub keys: keys::ColumnKeys,
    /// The SQL type asked for, as written.
    pub sql_type: Option<Node>,
    /// A sentence about it.
    pub about: Option<String>,
}

impl Spec {
    pub(super) fn of(span: Span, generator: Generator) -> Self {
        let keys = keys::ColumnKeys::default();
        Self {
            span,
            generator,
            null: None,
            adversarial: None,
            unique: None,
            keys,
            sql_type: None,
            about: None,
        }
    }
}

/// How values come about, as written.
#[derive(Clone, Debug)]
pub enum Generator {
    /// `= SQL expression`, without the equals sign, or a plain number or boolean.
    Expression(Text),
    /// `name` or `{name: arguments}`.
    Named(Key, Option<Node>),
    /// Only modifiers: the type of a column of literal rows.
    Literal,
    /// Something wrong that has been noted.
    Faulty,
}

const MODIFIERS: [&str; 7] =
    ["null", "adversarial", "unique", "type", "about", keys::MODIFIERS[0], keys::MODIFIERS[1]];

/// Reads what a count, an array element or a JSON member holds.
pub fn spec(node: &Node, name_span: Span, faults: &mut Faults) -> Option<Spec> {
    keys::refuse(node, faults);
    if let Some(share) = node.get("adversarial") {
        faults.push(Fault::at(share.span, "`adversarial` belongs to a column"));
    }
    column_spec(node, name_span, faults).map(|spec| Spec { adversarial: None, ..spec })
}

/// Reads what a column holds.
pub(super) fn column_spec(node: &Node, name_span: Span, faults: &mut Faults) -> Option<Spec> {
    let mut spec = Spec::of(node.span, Generator::Literal);
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            spec.generator = faults.keep(scalar_generator(scalar, node, name_span))?;
        }
        NodeKind::List(_) => {
            let fault = Fault::at(node.span, "expected a generator, found a list");
            faults.push(fault.hint("to choose one of a list write `{choose: [a, b, c]}`"));
            return None;
        }
        NodeKind::Map(entries) => {
            spec.null = node.get("null").cloned();
            spec.adversarial = node.get("adversarial").cloned();
            spec.sql_type = node.get("type").cloned();
            spec.about = text_of(node.get("about"), "about", faults);
            spec.keys = keys::of_column(node, faults);
            if let Some(unique) = node.get("unique") {
                spec.unique = faults.keep(boolean(unique, "unique"))?.then_some(unique.span);
            }
            let mut named = entries.iter().filter(|(key, _)| !MODIFIERS.contains(&key.text.as_str()));
            let generator = named.next();
            if let (Some((first, _)), Some((second, _))) = (generator, named.next()) {
                let known = generators::names().chain(MODIFIERS);
                let unknown = [first, second].into_iter().find(|k| generators::find(&k.text).is_none());
                let fault = match unknown {
                    Some(key) => Fault::at(key.span, format!("unknown generator or modifier `{}`", key.text))
                        .maybe_hint(did_you_mean(&key.text, known)),
                    None => Fault::at(
                        second.span,
                        format!("two generators: `{}` and `{}`", first.text, second.text),
                    )
                    .hint("a column has one generator; its arguments go inside its own map"),
                };
                faults.push(fault);
                return None;
            }
            if let Some((key, value)) = generator {
                if generators::find(&key.text).is_none() {
                    faults.push(unknown_generator(key));
                    return None;
                }
                spec.generator = Generator::Named(key.clone(), (!value.is_null()).then(|| value.clone()));
            } else if spec.sql_type.is_none() && spec.unique.is_none() && !spec.keys.says_something() {
                faults.push(
                    Fault::at(node.span, "no generator")
                        .hint("name one, such as `{integer: {from: 1, to: 6}}`"),
                );
                return None;
            }
        }
    }
    Some(spec)
}

fn scalar_generator(scalar: &Scalar, node: &Node, name_span: Span) -> Result<Generator, Fault> {
    if node.is_null() {
        let fault = Fault::at(name_span, "no generator");
        return Err(fault.hint("write a generator, such as `serial`, or `= expression`"));
    }
    if let Some(expression) = expression_text(node) {
        return Ok(Generator::Expression(expression));
    }
    if !scalar.quoted && is_number_or_boolean(&scalar.text) {
        return Ok(Generator::Expression(Text {
            text: scalar.text.replace('_', ""),
            span: node.span,
            exact: scalar.exact && !scalar.text.contains('_'),
        }));
    }
    if !scalar.quoted && scalar.text.starts_with('$') {
        return Ok(Generator::Expression(Text {
            text: scalar.text.clone(),
            span: node.span,
            exact: scalar.exact,
        }));
    }
    let key = Key { text: scalar.text.clone(), span: node.span, quoted: scalar.quoted };
    if generators::find(&key.text).is_none() {
        return Err(unknown_generator(&key));
    }
    Ok(Generator::Named(key, None))
}

fn unknown_generator(key: &Key) -> Fault {
    let shown: String = key.text.chars().take(60).collect();
    let constant =
        format!("an expression starts with `=`; for constant text write `= '{}'`", shown.replace('\'', "''"));
    // Generators are in small letters; a name or a sentence is meant as such.
    let is_word = key.text.chars().all(|c| c.is_lowercase() || c == '_');
    let guess = if is_word { did_you_mean(&key.text, generators::names()) } else { None };
    let hint = guess.unwrap_or(constant);
    Fault::at(key.span, format!("unknown generator `{shown}`")).hint(hint)
}

fn is_number_or_boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
        || (text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
            && text.replace('_', "").parse::<f64>().is_ok())
}

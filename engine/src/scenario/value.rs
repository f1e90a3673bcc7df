//! Single values of a document: texts, words, truth values, expressions, maps; and what names may be.

use super::Text;
use super::document::{Key, Node};
use crate::error::{Fault, Faults, Span, did_you_mean, listed};

/// The text behind the equals sign, when a scalar has one.
pub fn expression_text(node: &Node) -> Option<Text> {
    let scalar = node.scalar()?;
    let rest = scalar.text.strip_prefix('=')?;
    let start = node.span.start + 1;
    let span = if scalar.exact { Span::new(start, start + rest.len()) } else { node.span };
    Some(Text { text: rest.to_owned(), span, exact: scalar.exact })
}

/// A scalar as an expression, with or without the equals sign.
pub fn as_expression(node: &Node, what: &str) -> Result<Text, Fault> {
    if let Some(text) = expression_text(node) {
        return Ok(text);
    }
    match node.scalar() {
        Some(scalar) => Ok(Text { text: scalar.text.clone(), span: node.span, exact: scalar.exact }),
        None => {
            let found = node.describe();
            Err(Fault::at(node.span, format!("{what}: expected an expression"))
                .label(format!("found {found}")))
        }
    }
}

/// The entries of a map.
pub fn map_of<'n>(node: &'n Node, what: &str, expected: &str) -> Result<&'n [(Key, Node)], Fault> {
    node.map().ok_or_else(|| {
        Fault::at(node.span, format!("{what}: expected a map with {expected}"))
            .label(format!("found {}", node.describe()))
    })
}

/// A single word, such as the name of a table or column.
pub fn word(node: &Node, what: &str) -> Result<Key, Fault> {
    match node.scalar() {
        Some(scalar) if !node.is_null() => {
            Ok(Key { text: scalar.text.clone(), span: node.span, quoted: scalar.quoted })
        }
        _ => Err(Fault::at(node.span, format!("{what}: expected a word"))
            .label(format!("found {}", node.describe()))),
    }
}

/// `true` or `false`.
pub fn boolean(node: &Node, what: &str) -> Result<bool, Fault> {
    match node.scalar().map(|s| s.text.as_str()) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(Fault::at(node.span, format!("`{what}`: expected `true` or `false`"))
            .label(format!("found {}", node.describe()))),
    }
}

pub(super) fn text_of(node: Option<&Node>, what: &str, faults: &mut Faults) -> Option<String> {
    let node = node?;
    match node.scalar() {
        Some(scalar) => Some(scalar.text.clone()),
        None => {
            let fault = Fault::at(node.span, format!("`{what}`: expected a sentence"));
            faults.push(fault.label(format!("found {}", node.describe())));
            None
        }
    }
}

/// Notes every key that is not known.
pub fn unknown_keys(entries: &[(Key, Node)], known: &[&str], what: &str, faults: &mut Faults) {
    for (key, _) in entries {
        if !known.contains(&key.text.as_str()) {
            let hint = did_you_mean(&key.text, known.iter().copied())
                .unwrap_or_else(|| format!("known here: {}", listed(known)));
            faults.push(Fault::at(key.span, format!("unknown key `{}` in {what}", key.text)).hint(hint));
        }
    }
}

/// Names become files, columns and identifiers: 1 to 63 bytes, printable, no path separators.
pub(crate) fn check_name(key: &Key, what: &str, faults: &mut Faults) {
    let bad = key.text.chars().find(|c| c.is_control() || matches!(c, '/' | '\\' | '.' | '{' | '}' | '$'));
    let fault = if key.text.trim().is_empty() {
        Fault::at(key.span, format!("a {what} needs a name"))
    } else if key.text.len() > 63 {
        Fault::at(key.span, format!("the name of the {what} has {} bytes", key.text.len()))
            .hint("PostgreSQL keeps 63 bytes of a name")
    } else if let Some(c) = bad {
        Fault::at(key.span, format!("the name of a {what} cannot hold {c:?}"))
            .hint("use letters, digits and `_`")
    } else {
        return;
    };
    faults.push(fault);
}

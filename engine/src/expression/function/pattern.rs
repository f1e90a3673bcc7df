//! `like` and `ilike`, and functions that look for text in text.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::kernels::comparison;
use arrow::datatypes::{DataType, Int32Type};

use super::{Function, doc};
use crate::error::{Fault, Span};
use crate::expression::kernel::{Texts, Value, boolean_rows, number_rows};
use crate::expression::operator::Placed;
use crate::expression::tree::{Expression, Form};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "strpos",
            "strpos(text, part)",
            "Where the part first begins, counted from 1; 0 when it does not occur.",
            "strpos('high', 'ig')",
            "2",
        ]),
        aliases: &["position"],
        arity: (2, 2),
        build: |mut site| {
            site.wants(&[Type::Text, Type::Text])?;
            site.strict(Type::Integer, |a, rows| {
                let (text, part) = (Texts::of(&a[0]), Texts::of(&a[1]));
                number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
                    let text = text.get(row);
                    let found = text.find(part.get(row)).map(|byte| text[..byte].chars().count() + 1);
                    i32::try_from(found.unwrap_or(0)).map_err(|_| "integer out of range".to_owned())
                })
            })
        },
    },
    Function {
        doc: doc([
            "starts_with",
            "starts_with(text, part)",
            "Whether the text begins with the part.",
            "starts_with('alphabet', 'alph')",
            "true",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            site.wants(&[Type::Text, Type::Text])?;
            site.strict(Type::Boolean, |a, rows| {
                let (text, part) = (Texts::of(&a[0]), Texts::of(&a[1]));
                Ok(boolean_rows(a, rows, |row| text.get(row).starts_with(part.get(row))))
            })
        },
    },
];

/// `text [i]like pattern`. A constant pattern is prepared by the kernel once per batch.
pub(in crate::expression) fn like(
    text: Placed,
    pattern: Placed,
    escape: Option<char>,
    ignore_case: bool,
    span: Span,
) -> Result<Expression, Fault> {
    let text = text.0.widen(&Type::Text, text.1)?;
    let pattern_span = pattern.1;
    let mut pattern = pattern.0.widen(&Type::Text, pattern.1)?;
    if escape != Some('\\') {
        let Some(written) = pattern.constant_text() else {
            return Err(Fault::at(pattern_span, "a pattern with another escape must be a quoted literal"));
        };
        pattern = Expression::text_constant(&with_backslash(&written, escape));
    }
    if pattern.constant_text().is_some_and(|written| ends_in_escape(&written)) {
        return Err(Fault::at(pattern_span, "the pattern must not end with its escape character"));
    }
    let form = if ignore_case { "ilike" } else { "like" };
    let matches = move |a: &[Value], _rows: usize| -> Result<ArrayRef, String> {
        let matched =
            if ignore_case { comparison::ilike(&a[0], &a[1]) } else { comparison::like(&a[0], &a[1]) };
        Ok(Arc::new(matched.map_err(|e| e.to_string())?))
    };
    if pattern.constant().is_some() {
        // Tried once, so that a pattern the kernel refuses, such as one far too long, is a fault here.
        let trial = vec![Expression::text_constant(""), pattern.clone()];
        let trial = Expression::strict(Form::Infix(form), trial, Type::Boolean, pattern_span, matches);
        if let Some(fault) = trial.fault() {
            return Err(fault);
        }
    }
    Ok(Expression::strict(Form::Infix(form), vec![text, pattern], Type::Boolean, span, matches))
}

/// Rewrites a pattern with another escape, or with none, to one with the backslash.
fn with_backslash(pattern: &str, escape: Option<char>) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            out.push('\\');
            out.extend(chars.next());
        } else {
            if c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

fn ends_in_escape(pattern: &str) -> bool {
    (pattern.len() - pattern.trim_end_matches('\\').len()) % 2 == 1
}

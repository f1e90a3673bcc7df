//! Functions that look for text in text.

use arrow::datatypes::{DataType, Int32Type};

use super::{Function, doc};
use crate::expression::kernel::{Texts, boolean_rows, number_rows};
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

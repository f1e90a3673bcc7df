//! Literals: quoted text, numbers, and the length in `varchar(n)`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray};
use sqlparser::ast;

use super::decimal::parse_decimal;
use super::tree::{Expression, Node};
use crate::error::{Fault, Span};
use crate::types::Type;

pub(super) fn quoted(text: &str) -> Expression {
    let value: ArrayRef = Arc::new(StringArray::from(vec![text]));
    Expression::of(Node::Constant { value, untyped: true }, Type::Text, false)
}

/// A number takes the narrowest of integer, bigint and numeric that holds it, as in PostgreSQL.
pub(super) fn number(text: &str, span: Span) -> Result<Expression, Fault> {
    let text = text.replace('_', "");
    if let Ok(value) = text.parse::<i32>() {
        return Ok(Expression::constant_of(Arc::new(Int32Array::from(vec![value])), Type::Integer));
    }
    if let Ok(value) = text.parse::<i64>() {
        return Ok(Expression::constant_of(Arc::new(Int64Array::from(vec![value])), Type::BigInt));
    }
    let wrong = || Fault::at(span, format!("the number `{text}` has more than 38 digits"));
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().map_err(|_| wrong())?),
        None => (text.as_str(), 0),
    };
    if exponent.unsigned_abs() > 60 {
        // Beyond exact numbers; `1e300` can only mean a double.
        let value = text.parse::<f64>().map_err(|_| wrong())?;
        if value.is_infinite() {
            return Err(Fault::at(span, format!("`{text}` is out of range for type double precision")));
        }
        return Ok(Expression::constant_of(Arc::new(Float64Array::from(vec![value])), Type::Double));
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches(['-', '+']).trim_start_matches('0');
    let scale = i32::try_from(fraction.len()).map_err(|_| wrong())?.saturating_sub(exponent).max(0);
    let digits = i32::try_from(whole.len()).map_err(|_| wrong())?.saturating_add(exponent).max(0);
    let precision = digits.saturating_add(scale).max(1);
    if precision > 38 {
        return Err(wrong());
    }
    let (precision, scale) = (precision as u8, scale as i8);
    let value = parse_decimal(&text, precision, scale).map_err(|message| Fault::at(span, message))?;
    let array = Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale);
    let array = array.map_err(|error| Fault::at(span, error.to_string()))?;
    Ok(Expression::constant_of(Arc::new(array), Type::Numeric { precision, scale }))
}

/// The `n` of `varchar(n)`.
pub(super) fn length_limit(data_type: &ast::DataType) -> Option<i32> {
    match data_type {
        ast::DataType::Varchar(Some(ast::CharacterLength::IntegerLength { length, .. }))
        | ast::DataType::CharacterVarying(Some(ast::CharacterLength::IntegerLength { length, .. })) => {
            i32::try_from(*length).ok()
        }
        _ => None,
    }
}

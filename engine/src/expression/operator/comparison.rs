//! Comparisons, tests for NULL and truth, and `in`.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::Placed;
use crate::calendar::civil::MICROS_PER_DAY;
use crate::error::{Fault, Span};
use crate::expression::cast::unify;
use crate::expression::kernel::{Blobs, Numbers, Texts, Value, boolean_pairs, boolean_rows, union_nulls};
use crate::expression::tree::{Call, Contract, Expression, Form};
use crate::types::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expression) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// `left op right` as three-valued logic.
pub(in crate::expression) fn compare(
    op: Comparison,
    left: Placed,
    right: Placed,
    span: Span,
) -> Result<Expression, Fault> {
    let (left, right) = unify(left.0, left.1, right.0, right.1)?;
    let ty = comparable(&left.ty, span)?;
    Ok(Expression::strict(
        Form::Infix(op.symbol()),
        vec![left, right],
        Type::Boolean,
        span,
        move |a, rows| compare_values(op, &ty, a, rows),
    ))
}

/// Compares two values of one type row by row. Text compares byte by byte.
pub(in crate::expression) fn compare_values(
    op: Comparison,
    ty: &Type,
    a: &[Value],
    rows: usize,
) -> Result<ArrayRef, String> {
    Ok(match ty {
        Type::Null => Arc::new(BooleanArray::new_null(rows)),
        Type::Boolean => {
            let (x, y) = (a[0].clone().into_array(rows)?, a[1].clone().into_array(rows)?);
            let (x, y) = (x.as_boolean().values(), y.as_boolean().values());
            let flags = match op {
                Comparison::Equal => !&(x ^ y),
                Comparison::NotEqual => x ^ y,
                Comparison::Less => &!x & y,
                Comparison::LessOrEqual => &!x | y,
                Comparison::Greater => x & &!y,
                Comparison::GreaterOrEqual => x | &!y,
            };
            Arc::new(BooleanArray::new(flags, union_nulls(a)))
        }
        Type::SmallInt => ordered::<Int16Type>(op, a, rows),
        Type::Integer => ordered::<Int32Type>(op, a, rows),
        Type::BigInt => ordered::<Int64Type>(op, a, rows),
        Type::Numeric { .. } => ordered::<Decimal128Type>(op, a, rows),
        Type::Date => ordered::<Date32Type>(op, a, rows),
        Type::Time => ordered::<Time64MicrosecondType>(op, a, rows),
        Type::Timestamp | Type::Instant => ordered::<TimestampMicrosecondType>(op, a, rows),
        Type::Real => compare_by::<Float32Type>(a, rows, |x, y| op.holds(float_order(x.into(), y.into()))),
        Type::Double => compare_by::<Float64Type>(a, rows, |x, y| op.holds(float_order(x, y))),
        Type::Interval => {
            compare_by::<IntervalMonthDayNanoType>(a, rows, |x, y| op.holds(length(x).cmp(&length(y))))
        }
        Type::Text => {
            let (x, y) = (Texts::of(&a[0]), Texts::of(&a[1]));
            by_bytes(op, a, rows, |row| (x.get(row).as_bytes(), y.get(row).as_bytes()))
        }
        Type::Bytes | Type::Uuid => {
            let (x, y) = (Blobs::of(&a[0]), Blobs::of(&a[1]));
            by_bytes(op, a, rows, |row| (x.get(row), y.get(row)))
        }
        Type::Json | Type::List(_) => return Err(format!("`{ty}` has no comparison")),
    })
}

/// Numbers, and moments, which are numbers.
fn ordered<T: ArrowPrimitiveType<Native: Ord>>(op: Comparison, a: &[Value], rows: usize) -> ArrayRef {
    match op {
        Comparison::Equal => boolean_pairs::<T>(a, rows, |x, y| x == y),
        Comparison::NotEqual => boolean_pairs::<T>(a, rows, |x, y| x != y),
        Comparison::Less => boolean_pairs::<T>(a, rows, |x, y| x < y),
        Comparison::LessOrEqual => boolean_pairs::<T>(a, rows, |x, y| x <= y),
        Comparison::Greater => boolean_pairs::<T>(a, rows, |x, y| x > y),
        Comparison::GreaterOrEqual => boolean_pairs::<T>(a, rows, |x, y| x >= y),
    }
}

fn by_bytes<'a>(
    op: Comparison,
    a: &[Value],
    rows: usize,
    get: impl Fn(usize) -> (&'a [u8], &'a [u8]),
) -> ArrayRef {
    match op {
        // Most texts that differ have another length.
        Comparison::Equal | Comparison::NotEqual => {
            let wanted = op == Comparison::Equal;
            boolean_rows(a, rows, |row| {
                let (x, y) = get(row);
                (x == y) == wanted
            })
        }
        _ => boolean_rows(a, rows, |row| {
            let (x, y) = get(row);
            op.holds(x.cmp(y))
        }),
    }
}

/// `left is distinct from right`: NULL is a value like any other.
pub(in crate::expression) fn distinct(
    negated: bool,
    left: Placed,
    right: Placed,
    span: Span,
) -> Result<Expression, Fault> {
    let (left, right) = unify(left.0, left.1, right.0, right.1)?;
    comparable(&left.ty, span)?;
    let (form, wanted) = if negated { ("is not distinct from", true) } else { ("is distinct from", false) };
    // Equality decides where both sides are there; otherwise being NULL does.
    let equal = compare(Comparison::Equal, (left.clone(), span), (right.clone(), span), span)?;
    let arguments = vec![equal, left, right];
    let call = Call {
        form: Form::Function(form),
        arguments,
        contract: Contract::Native,
        run: Arc::new(move |a, rows| {
            let equal = a[0].clone().into_array(rows)?;
            let equal = equal.as_boolean();
            let null = |value: &Value| {
                let nulls = value.nulls();
                let scalar = value.is_scalar();
                move |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(if scalar { 0 } else { row }))
            };
            let (left_null, right_null) = (null(&a[1]), null(&a[2]));
            let same = BooleanBuffer::collect_bool(rows, |row| match (left_null(row), right_null(row)) {
                (false, false) => equal.value(row) == wanted,
                (left, right) => (left == right) == wanted,
            });
            Ok(Arc::new(BooleanArray::new(same, None)))
        }),
    };
    Ok(Expression::call(call, Type::Boolean, false, span))
}

/// `operand in (list)`, the list constant and of the operand's type.
pub(in crate::expression) fn in_constants(
    operand: Expression,
    list: Vec<Expression>,
    span: Span,
) -> Result<Expression, Fault> {
    let ty = comparable(&operand.ty, span)?;
    let printed = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let has_null = list.iter().any(Expression::nullable);
    let nullable = operand.nullable || has_null;
    let constants: Vec<Value> = list
        .iter()
        .filter(|element| !element.nullable)
        .filter_map(|element| element.constant().map(Value::scalar))
        .map(|value| value.plain().map_err(|message| Fault::at(span, message)))
        .collect::<Result<_, _>>()?;
    let texts: HashSet<String> = match ty {
        Type::Text => constants.iter().map(|value| Texts::of(value).get(0).to_owned()).collect(),
        _ => HashSet::new(),
    };
    let is_text = ty == Type::Text;
    let run = move |a: &[Value], rows: usize| -> Result<ArrayRef, String> {
        let found = if is_text {
            let operand = Texts::of(&a[0]);
            boolean_rows(a, rows, |row| texts.contains(operand.get(row)))
        } else {
            let mut found = BooleanArray::new(BooleanBuffer::new_unset(rows), union_nulls(a));
            for constant in &constants {
                let equal = compare_values(Comparison::Equal, &ty, &[a[0].clone(), constant.clone()], rows)?;
                found = arrow::compute::or(&found, equal.as_boolean()).map_err(|e| e.to_string())?;
            }
            Arc::new(found)
        };
        if !has_null {
            return Ok(found);
        }
        // What is not found may be the NULL of the list.
        let found = found.as_boolean();
        Ok(Arc::new(found.iter().map(|hit| hit.filter(|hit| *hit)).collect::<BooleanArray>()))
    };
    let call = Call {
        form: Form::In(printed),
        arguments: vec![operand],
        contract: Contract::Strict,
        run: Arc::new(run),
    };
    Ok(Expression::call(call, Type::Boolean, nullable, span))
}

fn compare_by<T: ArrowPrimitiveType>(
    a: &[Value],
    rows: usize,
    f: impl Fn(T::Native, T::Native) -> bool,
) -> ArrayRef {
    let (x, y) = (Numbers::<T>::of(&a[0]), Numbers::<T>::of(&a[1]));
    boolean_rows(a, rows, |row| f(x.get(row), y.get(row)))
}

/// NaN equals itself and is the largest, and both zeros are equal, as in PostgreSQL.
fn float_order(x: f64, y: f64) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}

/// The length by which intervals compare, in nanoseconds: a month has 30 days, a day 24 hours.
fn length(interval: IntervalMonthDayNano) -> i128 {
    const NANOS_PER_DAY: i128 = MICROS_PER_DAY as i128 * 1000;
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    days * NANOS_PER_DAY + i128::from(interval.nanoseconds)
}

pub(in crate::expression) fn comparable(ty: &Type, span: Span) -> Result<Type, Fault> {
    match ty {
        Type::Json | Type::List(_) => Err(Fault::at(span, format!("`{ty}` has no comparison here"))),
        _ => Ok(ty.clone()),
    }
}

/// `is [not] null`, `is [not] true`, …: tests that never answer NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expression) enum Test {
    Null,
    NotNull,
    True,
    NotTrue,
    False,
    NotFalse,
}

impl Test {
    fn words(self) -> &'static str {
        match self {
            Self::Null => "is null",
            Self::NotNull => "is not null",
            Self::True => "is true",
            Self::NotTrue => "is not true",
            Self::False => "is false",
            Self::NotFalse => "is not false",
        }
    }
}

/// `operand is …`.
pub(in crate::expression) fn test(which: Test, operand: Expression, span: Span) -> Result<Expression, Fault> {
    let operand = if matches!(which, Test::Null | Test::NotNull) {
        operand
    } else {
        operand.widen(&Type::Boolean, span)?
    };
    // What can fail is worked out all the same.
    if !operand.nullable && operand.cannot_fail() && matches!(which, Test::Null | Test::NotNull) {
        let known: ArrayRef = Arc::new(BooleanArray::from(vec![which == Test::NotNull]));
        return Ok(Expression::constant_of(known, Type::Boolean));
    }
    let call = Call {
        form: Form::Postfix(which.words()),
        arguments: vec![operand],
        contract: Contract::Native,
        run: Arc::new(move |a, rows| {
            let nulls = a[0].nulls();
            let null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            let flags = match which {
                Test::Null => BooleanBuffer::collect_bool(rows, null),
                Test::NotNull => BooleanBuffer::collect_bool(rows, |row| !null(row)),
                _ => {
                    let values = a[0].array().as_boolean();
                    BooleanBuffer::collect_bool(rows, |row| match which {
                        Test::True => !null(row) && values.value(row),
                        Test::NotTrue => null(row) || !values.value(row),
                        Test::False => !null(row) && !values.value(row),
                        _ => null(row) || values.value(row),
                    })
                }
            };
            Ok(Arc::new(BooleanArray::new(flags, None)))
        }),
    };
    Ok(Expression::call(call, Type::Boolean, false, span))
}

/// `not operand`.
pub(in crate::expression) fn not(operand: Expression, span: Span) -> Result<Expression, Fault> {
    let operand = operand.widen(&Type::Boolean, span)?;
    Ok(Expression::strict(Form::Prefix("not "), vec![operand], Type::Boolean, span, |a, _| {
        let result = arrow::compute::not(a[0].array().as_boolean());
        Ok(Arc::new(result.map_err(|e| e.to_string())?))
    }))
}

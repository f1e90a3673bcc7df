//! Exact arithmetic of numerics.

use arrow::array::{ArrayRef, ArrowPrimitiveType};
use arrow::datatypes::{DataType, Decimal128Type, Int16Type, Int32Type, Int64Type};

use super::arithmetic::{Arithmetic, DIVISION_BY_ZERO, infix, no_operator};
use crate::error::{Fault, Span};
use crate::expression::cast::as_numeric;
use crate::expression::decimal::{check_precision, divide_rounded, overflow, power_of_ten};
use crate::expression::kernel::{Value, map2, try_map2};
use crate::expression::tree::Expression;
use crate::types::Type;

/// Exact arithmetic with the scale that holds the result: the larger one for sums, both together for products, six
/// decimals or more for quotients. Where the digits of the result fit 38 whatever the values are, nothing is checked.
pub(super) fn decimals(
    op: Arithmetic,
    left: Expression,
    right: Expression,
    span: Span,
) -> Result<Expression, Fault> {
    let (Some((p1, s1)), Some((p2, s2))) = (as_numeric(&left.ty), as_numeric(&right.ty)) else {
        return Err(no_operator(op, &left, &right, span));
    };
    let exact = |precision: u8, scale: i8| Type::Numeric { precision, scale };
    // Precisions may exceed an i8 in between.
    let (whole1, whole2) = (i16::from(p1) - i16::from(s1), i16::from(p2) - i16::from(s2));
    let scale = s1.max(s2);
    let (digits, scale) = match op {
        Arithmetic::Add | Arithmetic::Subtract => (whole1.max(whole2) + i16::from(scale) + 1, scale),
        Arithmetic::Multiply => (i16::from(p1) + i16::from(p2), s1 + s2),
        Arithmetic::Divide => (whole1 + i16::from(s2) + i16::from(scale.max(6)), scale.max(6)),
        Arithmetic::Remainder => (whole1.min(whole2) + i16::from(scale), scale),
    };
    if scale > 38 {
        return Err(Fault::at(span, format!("the product would have {scale} decimals"))
            .label("expected at most 38")
            .hint("round one side first, as in `round(x, 2)`"));
    }
    let precision = digits.clamp(1, 38) as u8;
    let ty = exact(precision, scale);
    let arrow = ty.arrow();
    if op == Arithmetic::Multiply && digits <= 38 {
        return product(left, right, ty, span);
    }
    let left = left.widen(&exact(p1, s1), span)?;
    let right = right.widen(&exact(p2, s2), span)?;
    if op == Arithmetic::Multiply {
        return infix(op, left, right, ty, span, move |a, rows| {
            try_map2::<Decimal128Type, Decimal128Type, Decimal128Type>(&a[0], &a[1], &arrow, rows, |x, y| {
                check_precision(x.checked_mul(y).ok_or_else(overflow)?, precision)
            })
        });
    }
    if op == Arithmetic::Divide {
        // value = (x / 10^s1) / (y / 10^s2) * 10^scale = x * 10^(scale - s1 + s2) / y
        let up = (scale - s1 + s2).cast_unsigned();
        if up > 38 {
            return Err(
                Fault::at(span, "the quotient needs more digits than 38").hint("round the divisor first")
            );
        }
        let factor = power_of_ten(up);
        return infix(op, left, right, ty, span, move |a, rows| {
            try_map2::<Decimal128Type, Decimal128Type, Decimal128Type>(&a[0], &a[1], &arrow, rows, |x, y| {
                if y == 0 {
                    return Err(DIVISION_BY_ZERO.to_owned());
                }
                let scaled = x.checked_mul(factor).ok_or_else(overflow)?;
                check_precision(divide_rounded(scaled, y), precision)
            })
        });
    }
    let (up1, up2) = (power_of_ten((scale - s1).cast_unsigned()), power_of_ten((scale - s2).cast_unsigned()));
    // Both sides fit 38 digits at the common scale, so bringing them there cannot overflow.
    let aligned_fits = whole1.max(whole2) + i16::from(scale) <= 38;
    infix(op, left, right, ty, span, move |a, rows| {
        let (x, y, arrow) = (&a[0], &a[1], &arrow);
        match op {
            Arithmetic::Add if digits <= 38 => {
                Ok(map2::<Decimal128Type, Decimal128Type, Decimal128Type>(x, y, arrow, rows, |x, y| {
                    x.wrapping_mul(up1).wrapping_add(y.wrapping_mul(up2))
                }))
            }
            Arithmetic::Subtract if digits <= 38 => {
                Ok(map2::<Decimal128Type, Decimal128Type, Decimal128Type>(x, y, arrow, rows, |x, y| {
                    x.wrapping_mul(up1).wrapping_sub(y.wrapping_mul(up2))
                }))
            }
            _ => try_map2::<Decimal128Type, Decimal128Type, Decimal128Type>(x, y, arrow, rows, |x, y| {
                let (x, y) = if aligned_fits {
                    (x * up1, y * up2)
                } else {
                    (x.checked_mul(up1).ok_or_else(overflow)?, y.checked_mul(up2).ok_or_else(overflow)?)
                };
                let result = match op {
                    Arithmetic::Add => x.checked_add(y).ok_or_else(overflow)?,
                    Arithmetic::Subtract => x.checked_sub(y).ok_or_else(overflow)?,
                    _ if y == 0 => return Err(DIVISION_BY_ZERO.to_owned()),
                    _ => x % y,
                };
                check_precision(result, precision)
            }),
        }
    })
}

/// A product whose digits fit whatever the values are. Integers, as in `quantity * price`, are read as they are.
fn product(left: Expression, right: Expression, ty: Type, span: Span) -> Result<Expression, Fault> {
    let types = (left.ty.clone(), right.ty.clone());
    let arrow = ty.arrow();
    infix(Arithmetic::Multiply, left, right, ty, span, move |a, rows| {
        Ok(match types {
            (Type::Integer, Type::Numeric { .. }) => multiply::<Int32Type, Decimal128Type>(a, &arrow, rows),
            (Type::BigInt, Type::Numeric { .. }) => multiply::<Int64Type, Decimal128Type>(a, &arrow, rows),
            (Type::SmallInt, Type::Numeric { .. }) => multiply::<Int16Type, Decimal128Type>(a, &arrow, rows),
            (Type::Numeric { .. }, Type::Integer) => multiply::<Decimal128Type, Int32Type>(a, &arrow, rows),
            (Type::Numeric { .. }, Type::BigInt) => multiply::<Decimal128Type, Int64Type>(a, &arrow, rows),
            (Type::Numeric { .. }, Type::SmallInt) => multiply::<Decimal128Type, Int16Type>(a, &arrow, rows),
            // Two integers multiply as integers and never come here.
            _ => multiply::<Decimal128Type, Decimal128Type>(a, &arrow, rows),
        })
    })
}

fn multiply<A, B>(a: &[Value], ty: &DataType, rows: usize) -> ArrayRef
where
    A: ArrowPrimitiveType<Native: Into<i128>>,
    B: ArrowPrimitiveType<Native: Into<i128>>,
{
    map2::<A, B, Decimal128Type>(&a[0], &a[1], ty, rows, |x, y| {
        let (x, y): (i128, i128) = (x.into(), y.into());
        x.wrapping_mul(y)
    })
}

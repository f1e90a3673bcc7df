//! `+ - * / %` of integers and floats; numerics and moments have files of their own.

use arrow::array::{ArrayRef, ArrowPrimitiveType};
use arrow::datatypes::{
    Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType,
};

use super::Placed;
use super::decimal::decimals;
use super::moment::{moments, scale_exact};
use crate::error::{Fault, Span};
use crate::expression::cast::common_type;
use crate::expression::decimal::out_of_range;
use crate::expression::kernel::{Numbers, Value, checked_map2, map, try_map, try_map2};
use crate::expression::tree::{Expression, Form};
use crate::types::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expression) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    pub(in crate::expression) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// `left op right` for numbers, dates, clocks and intervals.
pub(in crate::expression) fn arithmetic(
    op: Arithmetic,
    left: Placed,
    right: Placed,
    span: Span,
) -> Result<Expression, Fault> {
    let ((mut left, left_span), (mut right, right_span)) = (left, right);
    // A quoted literal becomes what the other side wants.
    if left.is_untyped() && !right.is_untyped() {
        let ty = literal_beside(op, &right.ty);
        left = left.widen(&ty, left_span)?;
    } else if right.is_untyped() && !left.is_untyped() {
        let ty = literal_beside(op, &left.ty);
        right = right.widen(&ty, right_span)?;
    } else if left.ty == Type::Null && right.ty == Type::Null {
        return Ok(Expression::null(Type::Integer));
    }
    if left.ty.is_number() && right.ty.is_number() {
        return numbers(op, left, left_span, right, right_span, span);
    }
    moments(op, left, right, span)
}

/// The type a quoted literal takes beside a type.
fn literal_beside(op: Arithmetic, other: &Type) -> Type {
    match (op, other) {
        (Arithmetic::Add, Type::Timestamp | Type::Instant | Type::Time) => Type::Interval,
        (Arithmetic::Add, Type::Date) => Type::Integer,
        (Arithmetic::Multiply | Arithmetic::Divide, Type::Interval) => Type::Double,
        _ => other.clone(),
    }
}

pub(super) fn no_operator(op: Arithmetic, left: &Expression, right: &Expression, span: Span) -> Fault {
    let fault = Fault::at(span, format!("no operator `{} {} {}`", left.ty, op.symbol(), right.ty));
    if op == Arithmetic::Add && (left.ty == Type::Text || right.ty == Type::Text) {
        return fault.hint("`||` joins texts");
    }
    for (side, other) in [(left, right), (right, left)] {
        if side.ty == Type::Date && other.ty == Type::BigInt {
            return fault.hint(format!("days are an integer: write `{other}::integer`"));
        }
    }
    fault
}

pub(super) fn infix(
    op: Arithmetic,
    left: Expression,
    right: Expression,
    ty: Type,
    span: Span,
    run: impl Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync + 'static,
) -> Result<Expression, Fault> {
    Ok(Expression::strict(Form::Infix(op.symbol()), vec![left, right], ty, span, run))
}

fn numbers(
    op: Arithmetic,
    left: Expression,
    left_span: Span,
    right: Expression,
    right_span: Span,
    span: Span,
) -> Result<Expression, Fault> {
    let Some(ty) = common_type(&left.ty, &right.ty) else {
        return Err(no_operator(op, &left, &right, span));
    };
    if let Type::Numeric { .. } = ty {
        return decimals(op, left, right, span);
    }
    if op == Arithmetic::Remainder && !ty.is_integer() {
        let fault = no_operator(op, &left, &right, span);
        return Err(fault.hint("convert both sides to `numeric`, which has a remainder"));
    }
    let left = left.widen(&ty, left_span)?;
    let right = right.widen(&ty, right_span)?;
    match ty {
        Type::SmallInt => infix(op, left, right, ty, span, move |a, rows| integers::<Int16Type>(op, a, rows)),
        Type::Integer => infix(op, left, right, ty, span, move |a, rows| integers::<Int32Type>(op, a, rows)),
        Type::BigInt => infix(op, left, right, ty, span, move |a, rows| integers::<Int64Type>(op, a, rows)),
        Type::Real => infix(op, left, right, ty, span, move |a, rows| floats::<Float32Type>(op, a, rows)),
        _ => infix(op, left, right, ty, span, move |a, rows| floats::<Float64Type>(op, a, rows)),
    }
}

/// An integer type, with the name its overflow is reported under.
trait Whole: ArrowPrimitiveType {
    const NAME: &'static str;
}

impl Whole for Int16Type {
    const NAME: &'static str = "smallint";
}

impl Whole for Int32Type {
    const NAME: &'static str = "integer";
}

impl Whole for Int64Type {
    const NAME: &'static str = "bigint";
}

pub(super) const DIVISION_BY_ZERO: &str = "division by zero";

fn integers<T: Whole>(op: Arithmetic, a: &[Value], rows: usize) -> Result<ArrayRef, String>
where
    T::Native: IntegerMath,
{
    let overflow = |x: T::Native, y: T::Native| format!("{} out of range: {x} {} {y}", T::NAME, op.symbol());
    let ty = T::DATA_TYPE;
    let (left, right) = (&a[0], &a[1]);
    let divisor = match (op, Numbers::<T>::of(right)) {
        (Arithmetic::Divide | Arithmetic::Remainder, Numbers::Scalar(y)) if !left.is_scalar() => {
            Divisor::new(y.into())
        }
        _ => None,
    };
    if let Some(divisor) = divisor {
        let result = |x: T::Native, _| {
            let x = x.into();
            let result = if op == Arithmetic::Divide { divisor.quotient(x) } else { divisor.rest(x) };
            (T::Native::cut(result), false)
        };
        return checked_map2::<T, T, T>(left, right, &ty, rows, result, overflow);
    }
    match op {
        Arithmetic::Add => checked_map2::<T, T, T>(left, right, &ty, rows, IntegerMath::plus, overflow),
        Arithmetic::Subtract => checked_map2::<T, T, T>(left, right, &ty, rows, IntegerMath::minus, overflow),
        Arithmetic::Multiply => checked_map2::<T, T, T>(left, right, &ty, rows, IntegerMath::times, overflow),
        Arithmetic::Divide => try_map2::<T, T, T>(left, right, &ty, rows, |x, y| {
            if y == T::Native::default() {
                return Err(DIVISION_BY_ZERO.to_owned());
            }
            x.over(y).ok_or_else(|| overflow(x, y))
        }),
        Arithmetic::Remainder => try_map2::<T, T, T>(left, right, &ty, rows, |x, y| {
            if y == T::Native::default() { Err(DIVISION_BY_ZERO.to_owned()) } else { Ok(x.rest(y)) }
        }),
    }
}

/// A divisor of many numbers, as a product: with *M* = ⌈2^64 / *d*⌉ the quotient of *x* is ⌊*M x* / 2^64⌋ for all *x* and *d* below
/// 2^32 (D. Lemire, O. Kaser and N. Kurz, "Faster remainder by direct computation", 2019).
#[derive(Clone, Copy)]
struct Divisor {
    divisor: i64,
    magic: u64,
}

impl Divisor {
    /// Unless it is 0, 1, negative or too large.
    fn new(divisor: i64) -> Option<Self> {
        let small = u32::try_from(divisor).ok().filter(|divisor| *divisor > 1)?;
        Some(Self { divisor, magic: u64::MAX / u64::from(small) + 1 })
    }

    #[inline]
    fn quotient(self, x: i64) -> i64 {
        match u32::try_from(x) {
            // Fits, since it is not above `x`.
            Ok(x) => ((u128::from(self.magic) * u128::from(x)) >> 64) as i64,
            Err(_) => x / self.divisor,
        }
    }

    #[inline]
    fn rest(self, x: i64) -> i64 {
        x - self.quotient(x) * self.divisor
    }
}

/// Arithmetic of the three widths under one name: what overflows is wrapped, and told.
trait IntegerMath: Copy + std::fmt::Display + Into<i64> {
    /// A number that fits.
    fn cut(wide: i64) -> Self;
    fn plus(self, other: Self) -> (Self, bool);
    fn minus(self, other: Self) -> (Self, bool);
    fn times(self, other: Self) -> (Self, bool);
    fn over(self, other: Self) -> Option<Self>;
    /// `MIN % -1` is 0, as in PostgreSQL.
    fn rest(self, other: Self) -> Self;
}

macro_rules! integer_math {
    ($($native:ty),*) => {$(
        impl IntegerMath for $native {
            #[inline]
            fn cut(wide: i64) -> Self {
                wide as Self
            }
            #[inline]
            fn plus(self, other: Self) -> (Self, bool) {
                self.overflowing_add(other)
            }
            #[inline]
            fn minus(self, other: Self) -> (Self, bool) {
                self.overflowing_sub(other)
            }
            #[inline]
            fn times(self, other: Self) -> (Self, bool) {
                self.overflowing_mul(other)
            }
            #[inline]
            fn over(self, other: Self) -> Option<Self> {
                self.checked_div(other)
            }
            #[inline]
            fn rest(self, other: Self) -> Self {
                self.wrapping_rem(other)
            }
        }
    )*};
}

integer_math!(i16, i32, i64);

/// Computed in doubles: `+ - * /` of two reals rounded from the double result are exactly the real results.
fn floats<T: ArrowPrimitiveType>(op: Arithmetic, a: &[Value], rows: usize) -> Result<ArrayRef, String>
where
    T::Native: Into<f64> + FromDouble,
{
    let name = if size_of::<T::Native>() == 4 { "real" } else { "double precision" };
    try_map2::<T, T, T>(&a[0], &a[1], &T::DATA_TYPE, rows, |x, y| {
        let (x, y): (f64, f64) = (x.into(), y.into());
        let result = match op {
            Arithmetic::Add => x + y,
            Arithmetic::Subtract => x - y,
            Arithmetic::Multiply => x * y,
            Arithmetic::Divide | Arithmetic::Remainder => {
                if y == 0.0 && !x.is_nan() {
                    return Err(DIVISION_BY_ZERO.to_owned());
                }
                x / y
            }
        };
        let narrow = T::Native::from_double(result);
        let wide: f64 = narrow.into();
        if wide.is_infinite() && x.is_finite() && y.is_finite() {
            return Err(format!("{name} out of range: {x} {} {y}", op.symbol()));
        }
        // A product or quotient that vanishes is out of range, too, as in PostgreSQL.
        let vanishes = match op {
            Arithmetic::Multiply => x != 0.0 && y != 0.0,
            Arithmetic::Divide => x != 0.0 && y.is_finite(),
            _ => false,
        };
        if wide == 0.0 && vanishes {
            return Err(format!("{name} out of range: {x} {} {y} is too close to 0", op.symbol()));
        }
        Ok(narrow)
    })
}

trait FromDouble {
    fn from_double(value: f64) -> Self;
}

impl FromDouble for f32 {
    fn from_double(value: f64) -> Self {
        value as f32
    }
}

impl FromDouble for f64 {
    fn from_double(value: f64) -> Self {
        value
    }
}

/// `-operand`.
pub(in crate::expression) fn negate(operand: Expression, span: Span) -> Result<Expression, Fault> {
    let ty = if operand.is_untyped() { Type::Double } else { operand.ty.clone() };
    let operand = operand.widen(&ty, span)?;
    let arrow = ty.arrow();
    let overflow = out_of_range(&ty);
    let check = match ty {
        Type::SmallInt | Type::Integer | Type::BigInt | Type::Interval => true,
        Type::Numeric { .. } | Type::Real | Type::Double => false,
        _ => return Err(Fault::at(span, format!("no operator `- {ty}`"))),
    };
    Ok(Expression::strict(Form::Prefix("-"), vec![operand], ty.clone(), span, move |a, _| {
        let err = || overflow.clone();
        match (&ty, check) {
            (Type::SmallInt, _) => {
                try_map::<Int16Type, Int16Type>(&a[0], &arrow, |x| x.checked_neg().ok_or_else(err))
            }
            (Type::Integer, _) => {
                try_map::<Int32Type, Int32Type>(&a[0], &arrow, |x| x.checked_neg().ok_or_else(err))
            }
            (Type::BigInt, _) => {
                try_map::<Int64Type, Int64Type>(&a[0], &arrow, |x| x.checked_neg().ok_or_else(err))
            }
            (Type::Interval, _) => {
                try_map::<IntervalMonthDayNanoType, IntervalMonthDayNanoType>(&a[0], &arrow, |x| {
                    scale_exact(x, -1).ok_or_else(err)
                })
            }
            (Type::Numeric { .. }, _) => {
                Ok(map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| x.wrapping_neg()))
            }
            (Type::Real, _) => Ok(map::<Float32Type, Float32Type>(&a[0], &arrow, |x| -x)),
            _ => Ok(map::<Float64Type, Float64Type>(&a[0], &arrow, |x| -x)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_product_divides(
            x in prop_oneof![any::<i64>(), any::<u32>().prop_map(i64::from)],
            divisor in prop_oneof![2..=i64::from(u32::MAX), 2i64..100, (1u32..32).prop_map(|bit| 1 << bit)],
        ) {
            let below = x.saturating_sub(x % divisor).saturating_sub(1);
            for x in [x, below, below.saturating_add(1), i64::from(u32::MAX), i64::MIN, i64::MAX] {
                let product = Divisor::new(divisor).unwrap();
                prop_assert_eq!((product.quotient(x), product.rest(x)), (x / divisor, x % divisor));
            }
        }
    }

    #[test]
    fn what_no_product_divides() {
        for divisor in [0, 1, -1, -7, i64::MIN, 1 << 32, i64::MAX] {
            assert!(Divisor::new(divisor).is_none());
        }
    }
}

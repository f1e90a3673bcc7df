//! Arithmetic, comparison and the other operators: which types they take, and their loops.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::cast::{as_numeric, check_precision, common_type, out_of_range, power_of_ten, unify};
use super::kernel::{Numbers, Texts, Value, boolean_rows, map, map2, try_map, try_map2, union_nulls};
use super::tree::{Call, Contract, Expression, Form};
use crate::calendar::civil::{MICROS_PER_DAY, add_interval_micros};
use crate::error::{Fault, Span};
use crate::types::Type;

/// An operand and where it stands.
pub(super) type Placed = (Expression, Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
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

/// `left op right` for numbers, dates, clocks and intervals.
pub(super) fn arithmetic(
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

fn no_operator(op: Arithmetic, left: &Expression, right: &Expression, span: Span) -> Fault {
    Fault::at(span, format!("no operator `{} {} {}`", left.ty, op.symbol(), right.ty))
}

fn infix(
    op: Arithmetic,
    left: Expression,
    right: Expression,
    ty: Type,
    span: Span,
    run: impl Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync + 'static,
) -> Result<Expression, Fault> {
    Expression::strict(Form::Infix(op.symbol()), vec![left, right], ty, span, run)
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

const DIVISION_BY_ZERO: &str = "division by zero";

fn integers<T: Whole>(op: Arithmetic, a: &[Value], rows: usize) -> Result<ArrayRef, String>
where
    T::Native: IntegerMath,
{
    let overflow = |x: T::Native, y: T::Native| format!("{} out of range: {x} {} {y}", T::NAME, op.symbol());
    let ty = T::DATA_TYPE;
    let (left, right) = (&a[0], &a[1]);
    match op {
        Arithmetic::Add => {
            try_map2::<T, T, T>(left, right, &ty, rows, |x, y| x.plus(y).ok_or_else(|| overflow(x, y)))
        }
        Arithmetic::Subtract => {
            try_map2::<T, T, T>(left, right, &ty, rows, |x, y| x.minus(y).ok_or_else(|| overflow(x, y)))
        }
        Arithmetic::Multiply => {
            try_map2::<T, T, T>(left, right, &ty, rows, |x, y| x.times(y).ok_or_else(|| overflow(x, y)))
        }
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

/// Checked arithmetic of the three widths under one name.
trait IntegerMath: Copy + std::fmt::Display {
    fn plus(self, other: Self) -> Option<Self>;
    fn minus(self, other: Self) -> Option<Self>;
    fn times(self, other: Self) -> Option<Self>;
    fn over(self, other: Self) -> Option<Self>;
    /// `MIN % -1` is 0, as in PostgreSQL.
    fn rest(self, other: Self) -> Self;
}

macro_rules! integer_math {
    ($($native:ty),*) => {$(
        impl IntegerMath for $native {
            #[inline]
            fn plus(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }
            #[inline]
            fn minus(self, other: Self) -> Option<Self> {
                self.checked_sub(other)
            }
            #[inline]
            fn times(self, other: Self) -> Option<Self> {
                self.checked_mul(other)
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

/// Exact arithmetic with the scale that holds the result: the larger one for sums, both together for products, six
/// decimals or more for quotients. Where the digits of the result fit 38 whatever the values are, nothing is checked.
fn decimals(op: Arithmetic, left: Expression, right: Expression, span: Span) -> Result<Expression, Fault> {
    let (Some((p1, s1)), Some((p2, s2))) = (as_numeric(&left.ty), as_numeric(&right.ty)) else {
        return Err(no_operator(op, &left, &right, span));
    };
    let exact = |precision: u8, scale: i8| Type::Numeric { precision, scale };
    let left = left.widen(&exact(p1, s1), span)?;
    let right = right.widen(&exact(p2, s2), span)?;
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
    let overflow = || "numeric field overflow".to_owned();
    if op == Arithmetic::Multiply {
        return infix(op, left, right, ty, span, move |a, rows| {
            if digits <= 38 {
                return Ok(map2::<Decimal128Type, Decimal128Type, Decimal128Type>(
                    &a[0],
                    &a[1],
                    &arrow,
                    rows,
                    |x, y| x.wrapping_mul(y),
                ));
            }
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
                check_precision(super::cast::divide_rounded(scaled, y), precision)
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

/// Dates, clocks and intervals.
fn moments(op: Arithmetic, left: Expression, right: Expression, span: Span) -> Result<Expression, Fault> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use Type::{Date, Instant, Integer, Interval, SmallInt, Time, Timestamp};
    match (op, left.ty.clone(), right.ty.clone()) {
        // Sums are the same from both sides; the moment comes first.
        (Add, Integer | SmallInt, Date)
        | (Add, Interval, Date | Timestamp | Instant | Time)
        | (Add, Time, Date) => moments(op, right, left, span),
        (Multiply, ty, Interval) if ty.is_number() => moments(op, right, left, span),
        (Add | Subtract, Date, Integer | SmallInt) => {
            let right = right.widen(&Integer, span)?;
            infix(op, left, right, Date, span, move |a, rows| {
                try_map2::<Date32Type, Int32Type, Date32Type>(
                    &a[0],
                    &a[1],
                    &Date.arrow(),
                    rows,
                    |date, days| {
                        let moved = if op == Add { date.checked_add(days) } else { date.checked_sub(days) };
                        moved.ok_or_else(|| out_of_range(&Date))
                    },
                )
            })
        }
        (Subtract, Date, Date) => infix(op, left, right, Integer, span, |a, rows| {
            try_map2::<Date32Type, Date32Type, Int32Type>(&a[0], &a[1], &Integer.arrow(), rows, |x, y| {
                x.checked_sub(y).ok_or_else(|| out_of_range(&Integer))
            })
        }),
        (Add, Date, Time) => {
            let (left, right) = (left.widen(&Timestamp, span)?, right.widen(&Interval, span)?);
            moments(op, left, right, span)
        }
        (Add | Subtract, Date, Interval) => moments(op, left.widen(&Timestamp, span)?, right, span),
        (Add | Subtract, ty @ (Timestamp | Instant), Interval) => {
            let sign = if op == Add { 1 } else { -1 };
            infix(op, left, right, ty.clone(), span, move |a, rows| {
                try_map2::<TimestampMicrosecondType, IntervalMonthDayNanoType, TimestampMicrosecondType>(
                    &a[0],
                    &a[1],
                    &ty.arrow(),
                    rows,
                    |micros, by| {
                        let by = scale_exact(by, sign).ok_or_else(|| out_of_range(&Interval))?;
                        add_interval_micros(micros, by.months, by.days, by.nanoseconds)
                            .ok_or_else(|| out_of_range(&ty))
                    },
                )
            })
        }
        (Add | Subtract, Time, Interval) => infix(op, left, right, Time, span, move |a, rows| {
            Ok(map2::<Time64MicrosecondType, IntervalMonthDayNanoType, Time64MicrosecondType>(
                &a[0],
                &a[1],
                &Time.arrow(),
                rows,
                |micros, by| {
                    let by = by.nanoseconds / 1000;
                    // Neither side exceeds i64::MAX / 1000 + a day.
                    (if op == Add { micros + by } else { micros - by }).rem_euclid(MICROS_PER_DAY)
                },
            ))
        }),
        (Subtract, Time, Time) => {
            let (left, right) = (left.widen(&Interval, span)?, right.widen(&Interval, span)?);
            moments(op, left, right, span)
        }
        (Subtract, Timestamp | Instant | Date, Timestamp | Instant | Date) => {
            let (left, right) = unify(left, span, right, span)?;
            infix(op, left, right, Interval, span, |a, rows| {
                try_map2::<TimestampMicrosecondType, TimestampMicrosecondType, IntervalMonthDayNanoType>(
                    &a[0],
                    &a[1],
                    &Interval.arrow(),
                    rows,
                    |x, y| {
                        let micros = x.checked_sub(y).ok_or_else(|| out_of_range(&Interval))?;
                        let days =
                            i32::try_from(micros / MICROS_PER_DAY).map_err(|_| out_of_range(&Interval))?;
                        Ok(IntervalMonthDayNano::new(0, days, micros % MICROS_PER_DAY * 1000))
                    },
                )
            })
        }
        (Add | Subtract, Interval, Interval) => infix(op, left, right, Interval, span, move |a, rows| {
            try_map2::<IntervalMonthDayNanoType, IntervalMonthDayNanoType, IntervalMonthDayNanoType>(
                &a[0],
                &a[1],
                &Interval.arrow(),
                rows,
                |x, y| {
                    let sum = |y: IntervalMonthDayNano| {
                        Some(IntervalMonthDayNano::new(
                            x.months.checked_add(y.months)?,
                            x.days.checked_add(y.days)?,
                            x.nanoseconds.checked_add(y.nanoseconds)?,
                        ))
                    };
                    scale_exact(y, if op == Add { 1 } else { -1 })
                        .and_then(sum)
                        .ok_or_else(|| out_of_range(&Interval))
                },
            )
        }),
        (Multiply | Divide, Interval, ty) if ty.is_number() => {
            let right = right.widen(&Type::Double, span)?;
            infix(op, left, right, Interval, span, move |a, rows| {
                try_map2::<IntervalMonthDayNanoType, Float64Type, IntervalMonthDayNanoType>(
                    &a[0],
                    &a[1],
                    &Interval.arrow(),
                    rows,
                    |interval, factor| {
                        if op == Divide && factor == 0.0 {
                            return Err(DIVISION_BY_ZERO.to_owned());
                        }
                        scale_interval(
                            interval,
                            |part| if op == Multiply { part * factor } else { part / factor },
                        )
                    },
                )
            })
        }
        _ => Err(no_operator(op, &left, &right, span)),
    }
}

fn scale_exact(interval: IntervalMonthDayNano, by: i32) -> Option<IntervalMonthDayNano> {
    Some(IntervalMonthDayNano::new(
        interval.months.checked_mul(by)?,
        interval.days.checked_mul(by)?,
        interval.nanoseconds.checked_mul(i64::from(by))?,
    ))
}

/// Scales the three parts, as PostgreSQL's `interval_mul`: a fraction of a month becomes days of a month of 30, a
/// fraction of a day becomes time, whole days in that time count as days.
fn scale_interval(
    interval: IntervalMonthDayNano,
    scale: impl Fn(f64) -> f64,
) -> Result<IntervalMonthDayNano, String> {
    let whole = |value: f64, limit: f64| {
        if value.abs() < limit { Ok(value) } else { Err(out_of_range(&Type::Interval)) }
    };
    const LIMIT: f64 = 2_147_483_648.0;
    // To the microsecond of a day, which hides the error of the multiplication before it.
    let tidy = |fraction: f64| libm::rint(fraction * 1e6) / 1e6;
    let months = scale(f64::from(interval.months));
    let days = scale(f64::from(interval.days));
    let (whole_months, whole_days) = (libm::trunc(whole(months, LIMIT)?), libm::trunc(whole(days, LIMIT)?));
    let days_of_month = tidy((months - whole_months) * 30.0);
    let whole_days_of_month = libm::trunc(days_of_month);
    let mut seconds = tidy((days - whole_days + (days_of_month - whole_days_of_month)) * 86_400.0);
    let mut carried = 0.0;
    if seconds.abs() >= 86_400.0 {
        carried = libm::trunc(seconds / 86_400.0);
        seconds -= carried * 86_400.0;
    }
    let micros = libm::rint(scale((interval.nanoseconds / 1000) as f64) + seconds * 1e6);
    let nanos = whole(micros, 9.2e15)? as i64 * 1000;
    let days = whole(whole_days + whole_days_of_month + carried, LIMIT)? as i32;
    Ok(IntervalMonthDayNano::new(whole_months as i32, days, nanos))
}

/// `-operand`.
pub(super) fn negate(operand: Expression, span: Span) -> Result<Expression, Fault> {
    let ty = if operand.is_untyped() { Type::Double } else { operand.ty.clone() };
    let operand = operand.widen(&ty, span)?;
    let arrow = ty.arrow();
    let overflow = out_of_range(&ty);
    let check = match ty {
        Type::SmallInt | Type::Integer | Type::BigInt | Type::Interval => true,
        Type::Numeric { .. } | Type::Real | Type::Double => false,
        _ => return Err(Fault::at(span, format!("no operator `- {ty}`"))),
    };
    Expression::strict(Form::Prefix("-"), vec![operand], ty.clone(), span, move |a, _| {
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
    })
}

/// `left op right` as three-valued logic.
pub(super) fn compare(op: Comparison, left: Placed, right: Placed, span: Span) -> Result<Expression, Fault> {
    let (left, right) = unify(left.0, left.1, right.0, right.1)?;
    let ty = comparable(&left.ty, span)?;
    Expression::strict(Form::Infix(op.symbol()), vec![left, right], Type::Boolean, span, move |a, rows| {
        compare_values(op, &ty, a, rows)
    })
}

/// Compares two values of one type row by row. Text compares byte by byte.
pub(super) fn compare_values(
    op: Comparison,
    ty: &Type,
    a: &[Value],
    rows: usize,
) -> Result<ArrayRef, String> {
    Ok(match ty {
        Type::Real => compare_by::<Float32Type>(a, rows, |x, y| op.holds(float_order(x.into(), y.into()))),
        Type::Double => compare_by::<Float64Type>(a, rows, |x, y| op.holds(float_order(x, y))),
        Type::Interval => {
            compare_by::<IntervalMonthDayNanoType>(a, rows, |x, y| op.holds(length(x).cmp(&length(y))))
        }
        _ => {
            let result = match op {
                Comparison::Equal => cmp::eq(&a[0], &a[1]),
                Comparison::NotEqual => cmp::neq(&a[0], &a[1]),
                Comparison::Less => cmp::lt(&a[0], &a[1]),
                Comparison::LessOrEqual => cmp::lt_eq(&a[0], &a[1]),
                Comparison::Greater => cmp::gt(&a[0], &a[1]),
                Comparison::GreaterOrEqual => cmp::gt_eq(&a[0], &a[1]),
            };
            Arc::new(result.map_err(|e| e.to_string())?)
        }
    })
}

/// `left is distinct from right`: NULL is a value like any other.
pub(super) fn distinct(negated: bool, left: Placed, right: Placed, span: Span) -> Result<Expression, Fault> {
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
    Expression::call(call, Type::Boolean, false, span)
}

/// `operand in (list)`, the list constant and of the operand's type.
pub(super) fn in_constants(
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
    Expression::call(call, Type::Boolean, nullable, span)
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

pub(super) fn comparable(ty: &Type, span: Span) -> Result<Type, Fault> {
    match ty {
        Type::Json | Type::List(_) => Err(Fault::at(span, format!("`{ty}` has no comparison here"))),
        _ => Ok(ty.clone()),
    }
}

/// `is [not] null`, `is [not] true`, …: tests that never answer NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
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
pub(super) fn test(which: Test, operand: Expression, span: Span) -> Result<Expression, Fault> {
    let operand = if matches!(which, Test::Null | Test::NotNull) {
        operand
    } else {
        operand.widen(&Type::Boolean, span)?
    };
    if !operand.nullable && matches!(which, Test::Null | Test::NotNull) {
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
    Expression::call(call, Type::Boolean, false, span)
}

/// `not operand`.
pub(super) fn not(operand: Expression, span: Span) -> Result<Expression, Fault> {
    let operand = operand.widen(&Type::Boolean, span)?;
    Expression::strict(Form::Prefix("not "), vec![operand], Type::Boolean, span, |a, _| {
        let result = arrow::compute::not(a[0].array().as_boolean());
        Ok(Arc::new(result.map_err(|e| e.to_string())?))
    })
}

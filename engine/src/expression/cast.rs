//! Conversions between types: which are allowed where, and the loops that do them.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, FixedSizeBinaryArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::kernel::{Texts, Value, boolean_rows, map, number_rows, text_rows, try_map, union_nulls};
use super::print::Printer;
use super::tree::{Expression, Form, Node, Run};
use crate::calendar::civil::{MICROS_PER_DAY, split_micros};
use crate::calendar::text::{Moment, parse_date, parse_interval, parse_time, parse_timestamp};
use crate::error::{Fault, Span};
use crate::types::Type;

/// Where a conversion may happen without being asked for, each including the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Context {
    /// Anywhere: only widening.
    Implicit,
    /// Into the declared type of a column.
    Assignment,
    /// Only with `cast` or `::`.
    Explicit,
}

/// The weakest context in which a conversion is allowed, after PostgreSQL's `pg_cast`.
fn required_context(from: &Type, to: &Type) -> Option<Context> {
    use Context::{Assignment, Explicit, Implicit};
    use Type::{
        Boolean, Date, Instant, Integer, Interval, Json, Null, Numeric, SmallInt, Text, Time, Timestamp, Uuid,
    };
    Some(match (from, to) {
        _ if from == to => Implicit,
        (Null, _) => Implicit,
        (Numeric { .. }, Numeric { .. }) => Implicit,
        (SmallInt | Integer, Boolean) | (Boolean, SmallInt | Integer) => Explicit,
        _ if from.is_number() && to.is_number() => {
            if number_rank(from) < number_rank(to) {
                Implicit
            } else {
                Assignment
            }
        }
        (Date, Timestamp | Instant) | (Timestamp, Instant) | (Time, Interval) => Implicit,
        (Instant, Timestamp) | (Timestamp | Instant, Date | Time) | (Interval, Time) => Assignment,
        (_, Text) if Printer::supports(from) => Assignment,
        (Text, Json) => Explicit,
        (Text, Boolean | Date | Time | Timestamp | Instant | Interval | Uuid) => Explicit,
        (Text, _) if to.is_number() => Explicit,
        _ => return None,
    })
}

/// The order in which numbers widen.
fn number_rank(ty: &Type) -> u8 {
    match ty {
        Type::SmallInt => 0,
        Type::Integer => 1,
        Type::BigInt => 2,
        Type::Numeric { .. } => 3,
        Type::Real => 4,
        _ => 5,
    }
}

/// The numeric type that holds every value of an integer type.
pub(super) fn as_numeric(ty: &Type) -> Option<(u8, i8)> {
    Some(match ty {
        Type::SmallInt => (5, 0),
        Type::Integer => (10, 0),
        Type::BigInt => (19, 0),
        Type::Numeric { precision, scale } => (*precision, *scale),
        _ => return None,
    })
}

/// The type both sides widen to, if there is one.
pub(super) fn common_type(a: &Type, b: &Type) -> Option<Type> {
    if a == b || *b == Type::Null {
        return Some(a.clone());
    }
    if *a == Type::Null {
        return Some(b.clone());
    }
    if a.is_number() && b.is_number() {
        if let (Some((p1, s1)), Some((p2, s2))) = (as_numeric(a), as_numeric(b))
            && number_rank(a).max(number_rank(b)) == 3
        {
            let scale = s1.max(s2);
            let whole = (p1.cast_signed() - s1).max(p2.cast_signed() - s2);
            return Some(Type::Numeric { precision: (whole + scale).min(38).cast_unsigned(), scale });
        }
        // A real beside an exact number becomes a double, as in PostgreSQL.
        let both = |ty: &Type| *a == *ty || *b == *ty;
        let wider = if number_rank(a) > number_rank(b) { a } else { b };
        return Some(if both(&Type::Real) { Type::Double } else { wider.clone() });
    }
    match (required_context(a, b), required_context(b, a)) {
        (Some(Context::Implicit), _) => Some(b.clone()),
        (_, Some(Context::Implicit)) => Some(a.clone()),
        _ => None,
    }
}

impl Expression {
    /// Converts to the type of a column, as PostgreSQL does when it stores a value: numbers of any kind with a check
    /// of their range, anything to text, quoted literals to anything.
    ///
    /// # Errors
    /// A fault when there is no such conversion, or a constant does not fit.
    pub fn cast_to(self, ty: &Type, span: Span) -> Result<Self, Fault> {
        self.convert(ty, Context::Assignment, span)
    }

    pub(super) fn widen(self, ty: &Type, span: Span) -> Result<Self, Fault> {
        self.convert(ty, Context::Implicit, span)
    }

    pub(super) fn convert(self, ty: &Type, context: Context, span: Span) -> Result<Self, Fault> {
        if self.ty == *ty {
            return Ok(match self.node {
                Node::Constant { value, .. } => {
                    Self { node: Node::Constant { value, untyped: false }, ..self }
                }
                _ => self,
            });
        }
        if self.ty == Type::Null {
            return Ok(Self::null(ty.clone()));
        }
        let literal = self.is_untyped();
        let refuse = |hint: Option<String>| {
            let fault = Fault::at(span, format!("`{}` does not become `{ty}`", self.ty));
            let fault = fault.label(format!("expected {ty}, found {}", self.ty));
            Err(fault.maybe_hint(hint))
        };
        match required_context(&self.ty, ty) {
            Some(required) if required <= context || literal => {}
            Some(_) => return refuse(Some(format!("write `{self}::{ty}`"))),
            None => return refuse(None),
        }
        let Some(run) = conversion(&self.ty, ty) else { return refuse(None) };
        let arguments = vec![self];
        Expression::strict(Form::Cast(ty.clone()), arguments, ty.clone(), span, move |a, rows| run(a, rows))
    }
}

/// Converts both to the type they share; a quoted literal takes the type of the other side.
pub(super) fn unify(
    left: Expression,
    left_span: Span,
    right: Expression,
    right_span: Span,
) -> Result<(Expression, Expression), Fault> {
    let ty = match (left.is_untyped(), right.is_untyped()) {
        (true, false) => Some(right.ty.clone()),
        (false, true) => Some(left.ty.clone()),
        _ => common_type(&left.ty, &right.ty),
    };
    let Some(ty) = ty else {
        let label = format!("expected {}, found {}", left.ty, right.ty);
        let fault = Fault::at(right_span, "the two sides have types that do not go together");
        return Err(fault.label(label).hint("convert one side with `::`"));
    };
    Ok((left.widen(&ty, left_span)?, right.widen(&ty, right_span)?))
}

/// Converts all to the type they share.
pub(super) fn unify_all(values: Vec<(Expression, Span)>) -> Result<Vec<Expression>, Fault> {
    let mut ty: Option<Type> = None;
    for (value, span) in values.iter().filter(|(value, _)| !value.is_untyped()) {
        ty = match ty {
            None => Some(value.ty.clone()),
            Some(ty) => Some(common_type(&ty, &value.ty).ok_or_else(|| {
                Fault::at(*span, "the alternatives have types that do not go together")
                    .label(format!("expected {ty}, found {}", value.ty))
            })?),
        };
    }
    // Quoted literals alone are text; NULLs alone stay NULL.
    let all_null = values.iter().all(|(value, _)| value.ty == Type::Null);
    let ty = ty.unwrap_or(if all_null { Type::Null } else { Type::Text });
    values.into_iter().map(|(value, span)| value.widen(&ty, span)).collect()
}

const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `10^exponent`, for exponents up to 38.
pub(super) fn power_of_ten(exponent: u8) -> i128 {
    POWERS_OF_TEN[usize::from(exponent)]
}

/// Refuses a value with more digits than the precision has.
#[inline]
pub(super) fn check_precision(value: i128, precision: u8) -> Result<i128, String> {
    if value.unsigned_abs() < power_of_ten(precision).unsigned_abs() {
        Ok(value)
    } else {
        Err("numeric field overflow".to_owned())
    }
}

/// `value / divisor`, halves away from zero.
#[inline]
pub(super) fn divide_rounded(value: i128, divisor: i128) -> i128 {
    // Within 64 bits the division is several times cheaper, and most amounts fit.
    let (quotient, remainder) = match (i64::try_from(value), i64::try_from(divisor)) {
        (Ok(value), Ok(divisor)) if divisor > 0 => (i128::from(value / divisor), i128::from(value % divisor)),
        _ => (value / divisor, value % divisor),
    };
    // `remainder >= divisor - remainder` is `2 * remainder >= divisor` without its overflow.
    if remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs() {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// Changes the scale of a number, rounding where digits are lost.
pub(super) fn rescale(value: i128, from: i8, to: i8, precision: u8) -> Result<i128, String> {
    let scaled = match to.cmp(&from) {
        Ordering::Equal => value,
        Ordering::Greater => value
            .checked_mul(power_of_ten((to - from).cast_unsigned()))
            .ok_or_else(|| "numeric field overflow".to_owned())?,
        Ordering::Less => divide_rounded(value, power_of_ten((from - to).cast_unsigned())),
    };
    check_precision(scaled, precision)
}

pub(super) fn out_of_range(ty: &Type) -> String {
    format!("{ty} out of range")
}

/// A numeric as the nearest double.
pub(super) fn decimal_to_double(value: i128, scale: i8) -> f64 {
    // Both operands are exact up to 2^53 and 10^22, and then one division rounds once.
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return value as f64 / power_of_ten(scale.cast_unsigned()) as f64;
    }
    let mut text = String::new();
    super::print::push_decimal(&mut text, value, u32::from(scale.cast_unsigned()));
    text.parse().unwrap_or(f64::NAN)
}

/// A double as a numeric: its 15 significant digits, as in PostgreSQL, rounded to the scale.
fn double_to_decimal(value: f64, digits: usize, precision: u8, scale: i8) -> Result<i128, String> {
    if !value.is_finite() {
        return Err(format!("cannot convert {value} to numeric"));
    }
    parse_decimal(&format!("{value:.*e}", digits - 1), precision, scale)
}

/// Reads `-12.5e3` as a numeric, rounded to the scale.
pub(super) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Result<i128, String> {
    let invalid = || format!("invalid input syntax for type numeric: `{text}`");
    let trimmed = text.trim();
    let (mantissa, exponent) = match trimmed.find(['e', 'E']) {
        Some(at) => (&trimmed[..at], trimmed[at + 1..].parse::<i32>().map_err(|_| invalid())?),
        None => (trimmed, 0),
    };
    let (negative, digits) = match mantissa.as_bytes() {
        [b'-', ..] => (true, &mantissa[1..]),
        [b'+', ..] => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return Err(invalid());
    }
    // Digits up to the wanted scale count; the next one rounds.
    let kept = i64::try_from(whole.len()).map_err(|_| invalid())? + i64::from(exponent) + i64::from(scale);
    let mut value: i128 = 0;
    let mut digits = whole.bytes().chain(fraction.bytes());
    for _ in 0..kept.min(100_000) {
        let digit = digits.next().map_or(0, |b| i128::from(b - b'0'));
        value = check_precision(value * 10 + digit, precision)?;
    }
    if kept >= 0 && digits.next().is_some_and(|b| b >= b'5') {
        value = check_precision(value + 1, precision)?;
    }
    Ok(if negative { -value } else { value })
}

fn parse_boolean(text: &str) -> Result<bool, String> {
    let word = text.trim().to_ascii_lowercase();
    let is = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if is("true", 1) || is("yes", 1) || is("on", 2) || word == "1" {
        Ok(true)
    } else if is("false", 1) || is("no", 1) || is("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(format!("invalid input syntax for type boolean: `{text}`"))
    }
}

fn parse_uuid(text: &str) -> Result<[u8; 16], String> {
    let invalid = || format!("invalid input syntax for type uuid: `{text}`");
    let mut bytes = [0; 16];
    let mut digits = 0;
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    for c in inner.chars().filter(|c| *c != '-') {
        let digit = c.to_digit(16).ok_or_else(invalid)? as u8;
        let byte: &mut u8 = bytes.get_mut(digits / 2).ok_or_else(invalid)?;
        *byte = *byte << 4 | digit;
        digits += 1;
    }
    if digits == 32 { Ok(bytes) } else { Err(invalid()) }
}

fn parse_double(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let invalid = || format!("invalid input syntax for type double precision: `{text}`");
    let value: f64 = trimmed.parse().map_err(|_| invalid())?;
    if value.is_infinite() && trimmed.contains(|c: char| c.is_ascii_digit()) {
        return Err(out_of_range(&Type::Double));
    }
    Ok(value)
}

fn parse_integer(text: &str, ty: &Type) -> Result<i64, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("invalid input syntax for type {ty}: `{text}`"));
    }
    trimmed.parse().map_err(|_| out_of_range(ty))
}

/// The loop that converts between two types, where there is one.
fn conversion(from: &Type, to: &Type) -> Option<Run> {
    let arrow = to.arrow();
    let (from, to) = (from.clone(), to.clone());
    if to == Type::Text {
        return Some(Arc::new(move |a, rows| {
            let printer = Printer::new(&a[0], &from)?;
            text_rows(a, rows, |row, out| {
                printer.print(row, out);
                Ok(())
            })
        }));
    }
    if from == Type::Text {
        return from_text(&to);
    }
    if from.is_number() && to.is_number() {
        return Some(Arc::new(move |a, _| number_to_number(&a[0], &from, &to, &arrow)));
    }
    Some(match (&from, &to) {
        (Type::SmallInt | Type::Integer, Type::Boolean) => Arc::new(move |a, rows| {
            let wide = number_to_number(&a[0], &from, &Type::BigInt, &DataType::Int64)?;
            let wide = wide.as_primitive::<Int64Type>();
            Ok(boolean_rows(a, rows, |row| wide.value(row) != 0))
        }),
        (Type::Boolean, Type::SmallInt | Type::Integer) => Arc::new(move |a, rows| {
            let flags = a[0].array().as_boolean();
            let at = |row| flags.value(if a[0].is_scalar() { 0 } else { row });
            match to {
                Type::SmallInt => number_rows::<Int16Type>(a, &arrow, rows, |row| Ok(i16::from(at(row)))),
                _ => number_rows::<Int32Type>(a, &arrow, rows, |row| Ok(i32::from(at(row)))),
            }
        }),
        (Type::Date, Type::Timestamp | Type::Instant) => Arc::new(move |a, _| {
            try_map::<Date32Type, TimestampMicrosecondType>(&a[0], &arrow, |days| {
                i64::from(days).checked_mul(MICROS_PER_DAY).ok_or_else(|| out_of_range(&to))
            })
        }),
        // The zone of a session is UTC here, so wall clock and instant have the same number.
        (Type::Timestamp, Type::Instant) | (Type::Instant, Type::Timestamp) => Arc::new(move |a, _| {
            Ok(map::<TimestampMicrosecondType, TimestampMicrosecondType>(&a[0], &arrow, |micros| micros))
        }),
        (Type::Timestamp | Type::Instant, Type::Date) => Arc::new(move |a, _| {
            Ok(map::<TimestampMicrosecondType, Date32Type>(&a[0], &arrow, |micros| split_micros(micros).0))
        }),
        (Type::Timestamp | Type::Instant, Type::Time) => Arc::new(move |a, _| {
            Ok(map::<TimestampMicrosecondType, Time64MicrosecondType>(&a[0], &arrow, |micros| {
                split_micros(micros).1
            }))
        }),
        (Type::Time, Type::Interval) => Arc::new(move |a, _| {
            Ok(map::<Time64MicrosecondType, IntervalMonthDayNanoType>(&a[0], &arrow, |micros| {
                IntervalMonthDayNano::new(0, 0, micros * 1000)
            }))
        }),
        (Type::Interval, Type::Time) => Arc::new(move |a, _| {
            Ok(map::<IntervalMonthDayNanoType, Time64MicrosecondType>(&a[0], &arrow, |interval| {
                (interval.nanoseconds / 1000).rem_euclid(MICROS_PER_DAY)
            }))
        }),
        _ => return None,
    })
}

/// Every number is read as one of four forms and written as one of six.
fn number_to_number(
    a: &Value,
    from: &Type,
    to: &Type,
    arrow: &DataType,
) -> Result<arrow::array::ArrayRef, String> {
    match from {
        Type::SmallInt => integer_to_number::<Int16Type>(a, to, arrow),
        Type::Integer => integer_to_number::<Int32Type>(a, to, arrow),
        Type::BigInt => integer_to_number::<Int64Type>(a, to, arrow),
        Type::Numeric { scale, .. } => {
            let scale = *scale;
            let whole = move |value| divide_rounded(value, power_of_ten(scale.cast_unsigned()));
            match to {
                Type::SmallInt => try_map::<Decimal128Type, Int16Type>(a, arrow, |v| {
                    i16::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::Integer => try_map::<Decimal128Type, Int32Type>(a, arrow, |v| {
                    i32::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::BigInt => try_map::<Decimal128Type, Int64Type>(a, arrow, |v| {
                    i64::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::Real => {
                    Ok(map::<Decimal128Type, Float32Type>(a, arrow, |v| decimal_to_double(v, scale) as f32))
                }
                Type::Numeric { precision, scale: new } => {
                    let (precision, new) = (*precision, *new);
                    let old_whole = as_numeric(from).map_or(38, |(p, s)| p.cast_signed() - s);
                    if new >= scale && old_whole + new <= precision.cast_signed() {
                        // No digit is lost and none can be too many.
                        let factor = power_of_ten((new - scale).cast_unsigned());
                        return Ok(map::<Decimal128Type, Decimal128Type>(a, arrow, |v| {
                            v.wrapping_mul(factor)
                        }));
                    }
                    try_map::<Decimal128Type, Decimal128Type>(a, arrow, |v| rescale(v, scale, new, precision))
                }
                _ => Ok(map::<Decimal128Type, Float64Type>(a, arrow, |v| decimal_to_double(v, scale))),
            }
        }
        Type::Real => double_to_number::<Float32Type>(a, 6, to, arrow),
        _ => double_to_number::<Float64Type>(a, 15, to, arrow),
    }
}

fn integer_to_number<T>(a: &Value, to: &Type, arrow: &DataType) -> Result<arrow::array::ArrayRef, String>
where
    T: arrow::array::ArrowPrimitiveType,
    i64: From<T::Native>,
{
    let wide = |value: T::Native| i64::from(value);
    match to {
        Type::SmallInt => {
            try_map::<T, Int16Type>(a, arrow, |v| i16::try_from(wide(v)).map_err(|_| out_of_range(to)))
        }
        Type::Integer => {
            try_map::<T, Int32Type>(a, arrow, |v| i32::try_from(wide(v)).map_err(|_| out_of_range(to)))
        }
        Type::BigInt => Ok(map::<T, Int64Type>(a, arrow, wide)),
        Type::Real => Ok(map::<T, Float32Type>(a, arrow, |v| wide(v) as f32)),
        Type::Numeric { precision, scale } => {
            let factor = power_of_ten(scale.cast_unsigned());
            let digits = match size_of::<T::Native>() {
                2 => 5,
                4 => 10,
                _ => 19,
            };
            if digits + scale.cast_unsigned() <= *precision {
                return Ok(map::<T, Decimal128Type>(a, arrow, |v| i128::from(wide(v)).wrapping_mul(factor)));
            }
            try_map::<T, Decimal128Type>(a, arrow, |v| {
                let scaled = i128::from(wide(v)).checked_mul(factor).ok_or("numeric field overflow")?;
                check_precision(scaled, *precision)
            })
        }
        _ => Ok(map::<T, Float64Type>(a, arrow, |v| wide(v) as f64)),
    }
}

fn double_to_number<T>(
    a: &Value,
    digits: usize,
    to: &Type,
    arrow: &DataType,
) -> Result<arrow::array::ArrayRef, String>
where
    T: arrow::array::ArrowPrimitiveType,
    f64: From<T::Native>,
{
    let wide = |value: T::Native| f64::from(value);
    // Halves go to the even neighbour, as in PostgreSQL. The bounds are exact doubles; NaN fails both comparisons.
    let whole = |value: T::Native, low: f64, high: f64| {
        let rounded = libm::rint(wide(value));
        if rounded >= low && rounded < high { Ok(rounded as i64) } else { Err(out_of_range(to)) }
    };
    match to {
        Type::SmallInt => try_map::<T, Int16Type>(a, arrow, |v| Ok(whole(v, -32768.0, 32768.0)? as i16)),
        Type::Integer => {
            try_map::<T, Int32Type>(a, arrow, |v| Ok(whole(v, -2_147_483_648.0, 2_147_483_648.0)? as i32))
        }
        Type::BigInt => try_map::<T, Int64Type>(a, arrow, |v| {
            whole(v, -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0)
        }),
        Type::Real => try_map::<T, Float32Type>(a, arrow, |v| {
            let narrow = wide(v) as f32;
            if narrow.is_infinite() && wide(v).is_finite() { Err(out_of_range(to)) } else { Ok(narrow) }
        }),
        Type::Numeric { precision, scale } => {
            try_map::<T, Decimal128Type>(a, arrow, |v| double_to_decimal(wide(v), digits, *precision, *scale))
        }
        _ => Ok(map::<T, Float64Type>(a, arrow, wide)),
    }
}

/// The reader of a type's text.
fn from_text(to: &Type) -> Option<Run> {
    let arrow = to.arrow();
    let to = to.clone();
    let invalid = |ty: &Type, text: &str, error: &dyn std::fmt::Display| {
        format!("invalid input syntax for type {ty}: `{text}`, {error}")
    };
    Some(match to.clone() {
        Type::SmallInt => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int16Type>(a, &arrow, rows, |row| {
                i16::try_from(parse_integer(texts.get(row), &to)?).map_err(|_| out_of_range(&to))
            })
        }),
        Type::Integer => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int32Type>(a, &arrow, rows, |row| {
                i32::try_from(parse_integer(texts.get(row), &to)?).map_err(|_| out_of_range(&to))
            })
        }),
        Type::BigInt => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Int64Type>(a, &arrow, rows, |row| parse_integer(texts.get(row), &to))
        }),
        Type::Numeric { precision, scale } => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Decimal128Type>(a, &arrow, rows, |row| {
                parse_decimal(texts.get(row), precision, scale)
            })
        }),
        Type::Real => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Float32Type>(a, &arrow, rows, |row| {
                let text = texts.get(row);
                parse_double(text)?;
                text.trim().parse().map_err(|_| out_of_range(&to))
            })
        }),
        Type::Double => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Float64Type>(a, &arrow, rows, |row| parse_double(texts.get(row)))
        }),
        Type::Boolean => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            let nulls = union_nulls(a);
            let flags = (0..rows).map(|row| match &nulls {
                Some(nulls) if nulls.is_null(row) => Ok(None),
                _ => parse_boolean(texts.get(row)).map(Some),
            });
            Ok(Arc::new(flags.collect::<Result<BooleanArray, String>>()?))
        }),
        Type::Date => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Date32Type>(a, &arrow, rows, |row| {
                let text = texts.get(row).trim();
                let days = parse_date(text).or_else(|error| match parse_timestamp(text) {
                    Ok(Moment::Wall(micros) | Moment::Instant(micros)) => Ok(split_micros(micros).0),
                    Err(_) => Err(error),
                });
                days.map_err(|error| invalid(&to, text, &error))
            })
        }),
        Type::Time => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<Time64MicrosecondType>(a, &arrow, rows, |row| {
                parse_time(texts.get(row).trim()).map_err(|error| invalid(&to, texts.get(row), &error))
            })
        }),
        Type::Timestamp | Type::Instant => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<TimestampMicrosecondType>(a, &arrow, rows, |row| {
                match parse_timestamp(texts.get(row).trim()) {
                    Ok(Moment::Instant(_)) if to == Type::Timestamp => {
                        Err(invalid(&to, texts.get(row), &"a wall clock has no offset"))
                    }
                    Ok(Moment::Wall(micros) | Moment::Instant(micros)) => Ok(micros),
                    Err(error) => Err(invalid(&to, texts.get(row), &error)),
                }
            })
        }),
        Type::Interval => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            number_rows::<IntervalMonthDayNanoType>(a, &arrow, rows, |row| {
                match parse_interval(texts.get(row)) {
                    Ok(interval) => {
                        Ok(IntervalMonthDayNano::new(interval.months, interval.days, interval.nanos))
                    }
                    Err(error) => Err(invalid(&to, texts.get(row), &error)),
                }
            })
        }),
        Type::Uuid => Arc::new(move |a, rows| {
            let texts = Texts::of(&a[0]);
            let nulls = union_nulls(a);
            let mut bytes = Vec::with_capacity(rows * 16);
            for row in 0..rows {
                let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                bytes.extend(if valid { parse_uuid(texts.get(row))? } else { [0; 16] });
            }
            Ok(Arc::new(FixedSizeBinaryArray::try_new(16, bytes.into(), nulls).map_err(|e| e.to_string())?))
        }),
        Type::Json => Arc::new(move |a, _| {
            let array: &StringArray = a[0].array().as_string();
            for text in array.iter().flatten() {
                serde_json::from_str::<serde_json::Value>(text)
                    .map_err(|error| invalid(&Type::Json, text, &error))?;
            }
            Ok(a[0].array_ref())
        }),
        _ => return None,
    })
}

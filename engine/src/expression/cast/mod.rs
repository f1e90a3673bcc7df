//! Conversions between types: which are allowed where, and the loops that do them.

mod json;
mod number;
mod text;

use std::sync::Arc;

use arrow::array::{Array, AsArray, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Field, Int16Type, Int32Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use self::number::number_to_number;
use self::text::from_text;
use super::decimal::out_of_range;
use super::kernel::{Value, boolean_rows, map, number_rows, text_rows, try_map};
use super::print::Printer;
use super::tree::{Expression, Form, Node, Run};
use crate::calendar::civil::{MICROS_PER_DAY, split_micros};
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
        Boolean, Bytes, Date, Instant, Integer, Interval, Json, List, Null, Numeric, SmallInt, Text, Time,
        Timestamp, Uuid,
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
        (List(from), List(to)) => return required_context(from, to),
        (_, Text) if Printer::supports(from) => Assignment,
        (Text, Json) => Explicit,
        (Text, Boolean | Bytes | Date | Time | Timestamp | Instant | Interval | Uuid) => Explicit,
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
        let value = self.convert(ty, Context::Assignment, span)?;
        value.fault().map_or(Ok(value), Err)
    }

    /// The reader of a type's text: an expression over one column of text, as `column::type` in SQL.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, AsArray, StringArray};
    /// use seedbed_engine::expression::Expression;
    /// use seedbed_engine::types::Type;
    ///
    /// let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("1970-01-03"), None]));
    /// let dates = Expression::reader(&Type::Date).unwrap().evaluate(&[texts], 2).unwrap();
    /// assert_eq!(dates.as_primitive::<arrow::datatypes::Date32Type>().iter().collect::<Vec<_>>(), [Some(2), None]);
    /// ```
    ///
    /// # Errors
    /// A fault when text does not become this type.
    pub fn reader(ty: &Type) -> Result<Self, Fault> {
        Self::conversion(&Type::Text, ty)
    }

    /// Whether PostgreSQL converts from one type to another when it assigns, without being asked.
    ///
    /// ```
    /// use seedbed_engine::expression::Expression;
    /// use seedbed_engine::types::Type;
    /// assert!(Expression::assigns(&Type::Instant, &Type::Timestamp) && Expression::assigns(&Type::BigInt, &Type::Text));
    /// assert!(!Expression::assigns(&Type::Text, &Type::BigInt));
    /// ```
    pub fn assigns(from: &Type, to: &Type) -> bool {
        required_context(from, to).is_some_and(|required| required <= Context::Assignment)
    }

    /// A conversion as an expression over one column, as `cast(column as type)` in SQL.
    ///
    /// # Errors
    /// A fault when there is no such conversion.
    pub fn conversion(from: &Type, to: &Type) -> Result<Self, Fault> {
        Self::input(0, "value", from.clone(), true).convert(to, Context::Explicit, Span::new(0, 0))
    }

    pub(super) fn widen(self, ty: &Type, span: Span) -> Result<Self, Fault> {
        self.convert(ty, Context::Implicit, span)
    }

    pub(super) fn convert(self, ty: &Type, context: Context, span: Span) -> Result<Self, Fault> {
        if self.ty == *ty {
            return Ok(match self.node {
                Node::Constant { value, .. } => {
                    Self::of(Node::Constant { value, untyped: false }, self.ty, self.nullable)
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
        let form = Form::Cast(ty.clone());
        let cast = Expression::strict(form, arguments, ty.clone(), span, move |a, rows| run(a, rows));
        match cast.fault() {
            // A literal that is none of its type is wrong wherever it stands.
            Some(fault) if literal => Err(fault),
            _ => Ok(cast),
        }
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

/// The loop that converts between two types, where there is one.
fn conversion(from: &Type, to: &Type) -> Option<Run> {
    let arrow = to.arrow();
    if let (Type::List(from), Type::List(to)) = (from, to) {
        return elements(from, to);
    }
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

/// The loop that converts the elements of arrays.
fn elements(from: &Type, to: &Type) -> Option<Run> {
    let run = conversion(from, to)?;
    Some(Arc::new(move |a, _| {
        let lists = a[0].array().as_list::<i32>();
        let offsets = lists.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
        // What lies outside is of no row.
        let values = Value::Array(lists.values().slice(first, last - first)).plain()?;
        let values = run(&[values], last - first)?;
        let lengths = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
        let field = Arc::new(Field::new("item", values.data_type().clone(), true));
        let converted =
            ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, lists.nulls().cloned());
        Ok(Arc::new(converted.map_err(|error| error.to_string())?))
    }))
}

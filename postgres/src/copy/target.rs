//! Which value of a scenario fits which column of a table, and in which form it is sent.
//!
//! Binary COPY casts nothing: four bytes into a `bigint` are an error, and eight bytes of the wrong type are silently another
//! value. So the form follows from the column's real type, and what would lose something is refused before anything is sent.

use std::collections::HashSet;

use arrow::datatypes::DataType;
use seedbed_engine::types::Type;

use crate::types::{ColumnType, IntervalParts, Kind, Limit, step};

/// A column on its way into a table or out of it.
#[derive(Clone, Debug)]
pub struct TargetColumn {
    /// Its name.
    pub name: String,
    /// What the scenario makes.
    pub ty: Type,
    /// The Arrow type of its arrays: [`Type::arrow`], or a dictionary of it.
    pub arrow: DataType,
    /// The column's type in the database.
    pub target: ColumnType,
}

impl TargetColumn {
    /// The type in which the values go into the column and come back; see [`carried`].
    pub fn carried(&self) -> Type {
        carried(&self.ty, &self.target)
    }

    /// The type in which the column can be compared: that in which it comes back. A type that the server has a spelling of its
    /// own for is compared as text, arrays of it as a whole; with `None` the column cannot be compared.
    pub fn compared(&self) -> Option<Type> {
        let kind = match &self.target.kind {
            Kind::Array(element) => &element.kind,
            kind => kind,
        };
        match kind {
            Kind::Other => None,
            Kind::Spelled(_) => Some(Type::Text),
            _ => Some(self.carried()),
        }
    }

    /// What to select to read the column back in a form that a [`TableDecoder`](super::TableDecoder) knows; `name` is quoted
    /// already. A type without a binary form is read as the text that its output function makes: a cast could be user-defined.
    pub fn selected(&self, name: &str) -> String {
        let kind = match &self.target.kind {
            Kind::Array(element) => &element.kind,
            kind => kind,
        };
        match kind {
            Kind::Other => "null::pg_catalog.text".to_owned(),
            Kind::Spelled(_) => {
                format!("case when {name} is distinct from null then pg_catalog.format('%s', {name}) end")
            }
            _ => name.to_owned(),
        }
    }
}

/// The type in which values of a type go into a column: their own, or another one where PostgreSQL converts what it assigns
/// without being asked, with UTC for the zone of the session. Text that is to become a `uuid`, JSON or a `bytea` is converted,
/// too, as a literal would be.
///
/// ```
/// use seedbed_engine::types::Type;
/// use seedbed_postgres::copy::carried;
/// use seedbed_postgres::types::{ColumnType, Kind};
/// let timestamp = ColumnType { oid: 1114, sql: "timestamp".to_owned(), kind: Kind::Timestamp(6) };
/// assert_eq!(carried(&Type::Instant, &timestamp), Type::Timestamp);
/// assert_eq!(carried(&Type::Date, &timestamp), Type::Timestamp);
/// ```
pub fn carried(ty: &Type, target: &ColumnType) -> Type {
    let is_exact = ty.is_integer() || matches!(ty, Type::Numeric { .. });
    match (ty, &target.kind) {
        (Type::Date | Type::Instant, Kind::Timestamp(_)) => Type::Timestamp,
        (Type::Date | Type::Timestamp, Kind::Timestamptz(_)) => Type::Instant,
        (Type::Time, Kind::Interval(_)) => Type::Interval,
        (_, Kind::Float4) if is_exact => Type::Real,
        (_, Kind::Float8) if is_exact => Type::Double,
        (Type::Text, Kind::Uuid) => Type::Uuid,
        (Type::Text, Kind::Bytea) => Type::Bytes,
        (Type::Text, Kind::Json | Kind::Jsonb) => Type::Json,
        // JSON is sent as it is spelled, and compared by its meaning. The server's text of an interval is another than ours.
        (
            Type::Null | Type::Json | Type::Interval | Type::List(_),
            Kind::Text | Kind::Varchar(_) | Kind::Bpchar(_),
        ) => ty.clone(),
        (_, Kind::Text | Kind::Varchar(_) | Kind::Bpchar(_)) => Type::Text,
        (Type::List(of), Kind::Array(element)) => Type::List(Box::new(carried(of, element))),
        _ => ty.clone(),
    }
}

/// Whether every value of a type of the language can be tried in a column, as far as the types go. Numbers too large for the
/// column and texts too long are noticed when they come.
///
/// ```
/// use seedbed_engine::types::Type;
/// use seedbed_postgres::copy::fits;
/// use seedbed_postgres::types::{ColumnType, Kind};
/// let integer = ColumnType { oid: 23, sql: "integer".to_owned(), kind: Kind::Int4 };
/// assert_eq!(fits(&Type::BigInt, &integer), Ok(()));
/// assert_eq!(fits(&Type::Text, &integer).unwrap_err(), "the scenario makes text, the table has integer");
/// ```
///
/// # Errors
/// What the scenario makes and what the table has, and why that does not go together if it is not plain.
pub fn fits(ty: &Type, target: &ColumnType) -> Result<(), String> {
    let refused = |why: &str| Err(format!("the scenario makes {ty}, the table has {}{why}", target.sql));
    match (&carried(ty, target), &target.kind) {
        (Type::Null, _)
        | (Type::Boolean, Kind::Bool)
        | (Type::SmallInt | Type::Integer | Type::BigInt, Kind::Int2 | Kind::Int4 | Kind::Int8)
        | (Type::Numeric { scale: 0, .. }, Kind::Int2 | Kind::Int4 | Kind::Int8)
        | (Type::Real, Kind::Float4 | Kind::Float8)
        | (Type::Double, Kind::Float8)
        | (Type::SmallInt | Type::Integer | Type::BigInt | Type::Numeric { .. }, Kind::Numeric(None))
        | (Type::Text, Kind::Text | Kind::Varchar(_) | Kind::Bpchar(_) | Kind::Enum(_))
        | (Type::Text, Kind::Inet | Kind::Cidr)
        | (Type::Json, Kind::Json | Kind::Jsonb | Kind::Text | Kind::Varchar(_))
        | (Type::Text | Type::Json, Kind::Spelled(_) | Kind::Other)
        | (Type::Uuid, Kind::Uuid)
        | (Type::Bytes, Kind::Bytea)
        | (Type::Date, Kind::Date)
        | (Type::Time, Kind::Time(_))
        | (Type::Timestamp, Kind::Timestamp(_))
        | (Type::Instant, Kind::Timestamptz(_))
        | (Type::Interval, Kind::Interval(_)) => Ok(()),
        (Type::SmallInt | Type::Integer | Type::BigInt, Kind::Numeric(Some((_, scale)))) if *scale >= 0 => {
            Ok(())
        }
        (Type::Numeric { scale: ours, .. }, Kind::Numeric(Some((_, scale))))
            if *scale >= i16::from(*ours) =>
        {
            Ok(())
        }
        (
            Type::SmallInt | Type::Integer | Type::BigInt | Type::Numeric { .. } | Type::Real | Type::Double,
            Kind::Numeric(_) | Kind::Int2 | Kind::Int4 | Kind::Int8,
        ) => refused(", which would cut digits"),
        (Type::Double, Kind::Float4) => refused(", which would cut digits"),
        (Type::Timestamp | Type::Instant, Kind::Date) => refused(", which would cut the time of day"),
        (Type::Timestamp | Type::Instant, Kind::Time(_)) => refused(", which would cut the day"),
        (Type::Interval, Kind::Time(_)) => refused(", which would cut days and months"),
        (Type::List(of), Kind::Array(element)) if !matches!(element.kind, Kind::Array(_)) => {
            fits(of, element).or_else(|_| refused(""))
        }
        _ => refused(""),
    }
}

/// How the values of a column are written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Nothing but NULL.
    Null,
    Bool,
    /// Integers of any width, or decimals without a scale, as integers of 2, 4 or 8 bytes.
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// Integers, or decimals of a scale.
    Numeric(Decimals),
    /// Text under a rule.
    Text(Rule),
    /// Text in a server's own form.
    Jsonb,
    Inet,
    Cidr,
    Uuid,
    Bytes,
    Date,
    /// Moments that are multiples of so many microseconds; any are of one.
    Time(i64),
    Timestamp(i64),
    Interval(IntervalParts),
    /// Arrays, with the number of the element's type.
    List(u32, Box<Form>),
}

/// The decimals that a column of type `numeric` takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimals {
    /// Digits after the point, of the values.
    pub(super) scale: u8,
    /// What the value without its point must be below, if the column is limited.
    pub(super) below: Option<u128>,
}

/// What a text must obey, besides holding no NUL character.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Any,
    /// At most so many characters.
    Short(usize),
    /// What is not cut.
    Limit(Limit),
    /// One of these, in the order of the type.
    Label(Vec<String>, HashSet<String>),
}

impl Form {
    /// The form of values of a type that is [`carried`]; whether they fit has been asked before.
    pub(super) fn of(ty: &Type, target: &ColumnType) -> Self {
        match (ty, &target.kind) {
            (Type::Null, _) => Self::Null,
            (_, Kind::Bool) => Self::Bool,
            (_, Kind::Int2) => Self::Int2,
            (_, Kind::Int4) => Self::Int4,
            (_, Kind::Int8) => Self::Int8,
            (_, Kind::Float4) => Self::Float4,
            (_, Kind::Float8) => Self::Float8,
            (_, Kind::Numeric(limit)) => {
                let scale = if let Type::Numeric { scale, .. } = ty { scale.unsigned_abs() } else { 0 };
                Self::Numeric(Decimals { scale, below: limit.and_then(|limit| below(scale, limit)) })
            }
            (_, Kind::Text | Kind::Json | Kind::Other | Kind::Varchar(None)) => Self::Text(Rule::Any),
            (_, Kind::Varchar(Some(most)) | Kind::Bpchar(most)) => Self::Text(Rule::Short(*most as usize)),
            (_, Kind::Enum(labels)) => {
                Self::Text(Rule::Label(labels.clone(), labels.iter().cloned().collect()))
            }
            (_, Kind::Jsonb) => Self::Jsonb,
            (_, Kind::Inet) => Self::Inet,
            (_, Kind::Cidr) => Self::Cidr,
            (_, Kind::Uuid) => Self::Uuid,
            (_, Kind::Bytea) => Self::Bytes,
            (_, Kind::Date) => Self::Date,
            (_, Kind::Spelled(spelled)) => Self::Text(Rule::Limit(spelled.limit)),
            (_, Kind::Time(digits)) => Self::Time(step(*digits)),
            (_, Kind::Timestamp(digits) | Kind::Timestamptz(digits)) => Self::Timestamp(step(*digits)),
            (_, Kind::Interval(parts)) => Self::Interval(*parts),
            (Type::List(of), Kind::Array(element)) => {
                Self::List(element.oid, Box::new(Self::of(of, element)))
            }
            (_, Kind::Array(element)) => Self::of(ty, element),
        }
    }
}

impl Form {
    /// Whether a column of this form may refuse a value of a type for what it is, beyond what no column can hold.
    pub(super) fn can_refuse(&self, ty: &Type) -> bool {
        let digits = match ty {
            Type::SmallInt => 5,
            Type::Integer => 10,
            Type::BigInt => 19,
            Type::Numeric { precision, .. } => u32::from(*precision),
            _ => u32::MAX,
        };
        match self {
            Self::Int2 => *ty != Type::SmallInt,
            Self::Int4 => !matches!(ty, Type::SmallInt | Type::Integer),
            Self::Int8 => !ty.is_integer(),
            Self::Numeric(Decimals { below, .. }) => {
                let most = 10u128.checked_pow(digits);
                below.is_some_and(|below| most.is_none_or(|most| most > below))
            }
            Self::Time(step) | Self::Timestamp(step) => *step != 1,
            Self::Interval(parts) => *parts != IntervalParts::ALL,
            Self::Text(rule) => !matches!(rule, Rule::Any | Rule::Limit(Limit::None)),
            Self::Inet | Self::Cidr => true,
            Self::List(_, element) => matches!(ty, Type::List(of) if element.can_refuse(of)),
            Self::Null | Self::Bool | Self::Float4 | Self::Float8 => false,
            Self::Jsonb | Self::Uuid | Self::Bytes | Self::Date => false,
        }
    }
}

/// The bound of values of a scale, without their point, in a column of a precision and a scale. `None` when there is no
/// such 128-bit number, because every value fits.
fn below(scale: u8, (precision, target): (u16, i16)) -> Option<u128> {
    let digits = i32::from(precision) - i32::from(target) + i32::from(scale);
    // Below 10^0 there is only 0, and with a scale beyond the precision even fewer digits are left.
    10u128.checked_pow(digits.max(0).unsigned_abs())
}

/// The type of a target that has no binary form here, if one is on the way.
pub(super) fn without_binary(target: &ColumnType) -> bool {
    match &target.kind {
        Kind::Spelled(_) | Kind::Other => true,
        Kind::Array(element) => without_binary(element),
        _ => false,
    }
}

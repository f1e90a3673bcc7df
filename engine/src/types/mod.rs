//! What a column holds: the types of the language, in PostgreSQL's terms, and their Arrow form.

mod name;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

pub use name::{Base, Modifier, SqlName};

/// The type of a column or an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of the literal NULL alone; fits every other type.
    Null,
    /// `boolean`.
    Boolean,
    /// `smallint`, 16 bits.
    SmallInt,
    /// `integer`, 32 bits.
    Integer,
    /// `bigint`, 64 bits.
    BigInt,
    /// `real`, 32 bits.
    Real,
    /// `double precision`, 64 bits.
    Double,
    /// `numeric(precision, scale)`, at most 38 digits, `0 <= scale <= precision`.
    Numeric {
        /// Decimal digits in all, 1 to 38.
        precision: u8,
        /// Decimal digits after the point.
        scale: i8,
    },
    /// `text`. In Arrow either `Utf8` or `Dictionary(Int32, Utf8)`: both mean the same values.
    Text,
    /// `date`: days, without a time or a zone.
    Date,
    /// `time`: microseconds since midnight, without a zone.
    Time,
    /// `timestamp`: a wall clock without a zone, in microseconds.
    Timestamp,
    /// `timestamptz`: an instant, in microseconds since 1970-01-01T00:00:00Z.
    Instant,
    /// `interval`: months, days and nanoseconds kept apart.
    Interval,
    /// `uuid`: 16 bytes.
    Uuid,
    /// `jsonb`: JSON text.
    Json,
    /// `bytea`.
    Bytes,
    /// An array of one type.
    List(Box<Type>),
}

impl Type {
    /// The Arrow type of an array of this type (the plain one for text).
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::SmallInt => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Numeric { precision, scale } => DataType::Decimal128(*precision, *scale),
            Self::Text | Self::Json => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Bytes => DataType::Binary,
            Self::List(of) => DataType::List(Arc::new(Field::new("item", of.arrow(), true))),
        }
    }

    /// The Arrow type of text with few distinct values.
    pub fn dictionary() -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }

    /// Whether this is an integer of any width.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }

    /// Whether this is a number of any kind.
    pub fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Self::Real | Self::Double | Self::Numeric { .. })
    }

    /// The type that values of both types fit: the same one, or the wider of two numbers.
    ///
    /// ```
    /// use seedbed_engine::types::Type;
    /// let (price, seats) = (Type::Numeric { precision: 6, scale: 2 }, Type::Integer);
    /// assert_eq!(price.common(&seats), Some(Type::Numeric { precision: 12, scale: 2 }));
    /// assert_eq!(price.common(&Type::Text), None);
    /// ```
    pub fn common(&self, other: &Self) -> Option<Self> {
        let whole_digits = |ty: &Self| match ty {
            Self::SmallInt => 5,
            Self::Integer => 10,
            Self::BigInt => 19,
            Self::Numeric { precision, scale } => *precision as i8 - scale,
            _ => 0,
        };
        let scale = |ty: &Self| if let Self::Numeric { scale, .. } = ty { *scale } else { 0 };
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Null, ty) | (ty, Self::Null) => Some(ty.clone()),
            (a, b) if !(a.is_number() && b.is_number()) => None,
            (Self::Double | Self::Real, _) | (_, Self::Double | Self::Real) => Some(Self::Double),
            (Self::Numeric { .. }, _) | (_, Self::Numeric { .. }) => {
                let scale = scale(self).max(scale(other));
                let precision = whole_digits(self).max(whole_digits(other)) + scale;
                (precision <= 38).then_some(Self::Numeric { precision: precision.unsigned_abs(), scale })
            }
            (Self::BigInt, _) | (_, Self::BigInt) => Some(Self::BigInt),
            _ => Some(Self::Integer),
        }
    }

    /// Reads a type as SQL writes it: `bigint`, `numeric(15, 2)`, `timestamptz`, `text[]`, …. Types that change the text they are given
    /// are none here: the engine would not.
    pub fn from_sql(text: &str) -> Option<Self> {
        let name = SqlName::parse(text)?;
        let changes = matches!(name.base, Base::Citext | Base::Inet | Base::Cidr | Base::Enum);
        (!changes).then(|| name.ty())
    }

    /// What SQL calls it, apart from a modifier; nothing for arrays and for the literal NULL.
    fn base(&self) -> Option<Base> {
        Some(match self {
            Self::Null | Self::List(_) => return None,
            Self::Boolean => Base::Boolean,
            Self::SmallInt => Base::SmallInt,
            Self::Integer => Base::Integer,
            Self::BigInt => Base::BigInt,
            Self::Real => Base::Real,
            Self::Double => Base::Double,
            Self::Numeric { .. } => Base::Numeric,
            Self::Text => Base::Text,
            Self::Date => Base::Date,
            Self::Time => Base::Time,
            Self::Timestamp => Base::Timestamp,
            Self::Instant => Base::Instant,
            Self::Interval => Base::Interval,
            Self::Uuid => Base::Uuid,
            Self::Json => Base::Jsonb,
            Self::Bytes => Base::Bytes,
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, SqlName::of(self)) {
            (_, Some(name)) => write!(f, "{name}"),
            // An array of nothing but NULL, too.
            (Self::List(of), None) => write!(f, "{of}[]"),
            _ => f.write_str("null"),
        }
    }
}

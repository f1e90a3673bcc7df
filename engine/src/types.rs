//! What a column holds: the types of the language, in PostgreSQL's terms, and their Arrow form.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

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

    /// Reads a type as SQL writes it: `bigint`, `numeric(15, 2)`, `timestamptz`, `text[]`, ….
    pub fn from_sql(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(of) = text.strip_suffix("[]") {
            return Some(Self::List(Box::new(Self::from_sql(of)?)));
        }
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => {
                let numbers = rest.strip_suffix(')')?.split(',').map(|n| n.trim().parse::<u8>().ok());
                (name.trim_end().to_owned(), numbers.collect::<Option<Vec<u8>>>()?)
            }
            None => (text.split_whitespace().collect::<Vec<_>>().join(" "), Vec::new()),
        };
        let plain = match name.as_str() {
            "numeric" | "decimal" => {
                let (precision, scale) = match arguments[..] {
                    [] => (38, 10),
                    [precision] => (precision, 0),
                    [precision, scale] => (precision, scale),
                    _ => return None,
                };
                let valid = (1..=38).contains(&precision) && scale <= precision;
                return valid.then_some(Self::Numeric { precision, scale: scale.cast_signed() });
            }
            // A length limit is the database's business; the values are text either way.
            "varchar" | "character varying" | "char" | "character" | "text" | "string" => {
                return (arguments.len() <= 1).then_some(Self::Text);
            }
            "boolean" | "bool" => Self::Boolean,
            "smallint" | "int2" => Self::SmallInt,
            "integer" | "int" | "int4" => Self::Integer,
            "bigint" | "int8" => Self::BigInt,
            "real" | "float4" => Self::Real,
            "double precision" | "double" | "float8" | "float" => Self::Double,
            "date" => Self::Date,
            "time" | "time without time zone" => Self::Time,
            "timestamp" | "timestamp without time zone" => Self::Timestamp,
            "timestamptz" | "timestamp with time zone" => Self::Instant,
            "interval" => Self::Interval,
            "uuid" => Self::Uuid,
            "json" | "jsonb" => Self::Json,
            "bytea" => Self::Bytes,
            _ => return None,
        };
        arguments.is_empty().then_some(plain)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::SmallInt => "smallint",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Real => "real",
            Self::Double => "double precision",
            Self::Numeric { precision, scale } => return write!(f, "numeric({precision},{scale})"),
            Self::Text => "text",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Instant => "timestamptz",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
            Self::Json => "jsonb",
            Self::Bytes => "bytea",
            Self::List(of) => return write!(f, "{of}[]"),
        })
    }
}

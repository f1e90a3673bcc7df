//! How SQL names types: the one table of names, and the one reader and writer of a type with its modifier and brackets.

use std::fmt;

use super::Type;

/// What a type is, apart from its modifier: everything that a column can be declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// `boolean`.
    Boolean,
    /// `smallint`.
    SmallInt,
    /// `integer`.
    Integer,
    /// `bigint`.
    BigInt,
    /// `real`.
    Real,
    /// `double precision`.
    Double,
    /// `numeric`.
    Numeric,
    /// `text`.
    Text,
    /// `varchar`.
    Varchar,
    /// `char`, padded with spaces.
    Char,
    /// `citext`, of an extension.
    Citext,
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `timestamp`.
    Timestamp,
    /// `timestamptz`.
    Instant,
    /// `interval`.
    Interval,
    /// `uuid`.
    Uuid,
    /// `json`, which keeps its text.
    Json,
    /// `jsonb`.
    Jsonb,
    /// `bytea`.
    Bytes,
    /// An enum, which has a name of its own.
    Enum,
}

/// Every type with its name in PostgreSQL's catalog and those in SQL, of which the first is the one that is written. Enums have none of
/// their own in a catalog.
const NAMES: [(Base, &str, &[&str]); 23] = [
    (Base::Boolean, "bool", &["boolean", "bool"]),
    (Base::SmallInt, "int2", &["smallint", "int2"]),
    (Base::Integer, "int4", &["integer", "int", "int4"]),
    (Base::BigInt, "int8", &["bigint", "int8"]),
    (Base::Real, "float4", &["real", "float4"]),
    (Base::Double, "float8", &["double precision", "double", "float8", "float"]),
    (Base::Numeric, "numeric", &["numeric", "decimal"]),
    (Base::Text, "text", &["text", "string"]),
    (Base::Varchar, "varchar", &["varchar", "character varying"]),
    (Base::Char, "bpchar", &["char", "character"]),
    (Base::Citext, "citext", &["citext"]),
    (Base::Date, "date", &["date"]),
    (Base::Time, "time", &["time", "time without time zone"]),
    (Base::Timestamp, "timestamp", &["timestamp", "timestamp without time zone"]),
    (Base::Instant, "timestamptz", &["timestamptz", "timestamp with time zone"]),
    (Base::Interval, "interval", &["interval"]),
    (Base::Uuid, "uuid", &["uuid"]),
    (Base::Json, "json", &["json"]),
    (Base::Jsonb, "jsonb", &["jsonb"]),
    (Base::Inet, "inet", &["inet"]),
    (Base::Cidr, "cidr", &["cidr"]),
    (Base::Bytes, "bytea", &["bytea"]),
    (Base::Enum, "", &["enum"]),
];

impl Base {
    /// The type of that name in PostgreSQL's catalog, `pg_type.typname`.
    pub fn in_catalog(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(base, catalog, _)| *catalog == name && *base != Self::Enum)
            .map(|(base, ..)| *base)
    }

    /// The name in SQL.
    pub fn sql(self) -> &'static str {
        NAMES.iter().find(|(base, ..)| *base == self).map_or("", |(.., names)| names[0])
    }

    fn of_sql(words: &str) -> Option<Self> {
        NAMES.iter().find(|(.., names)| names.contains(&words)).map(|(base, ..)| *base)
    }
}

/// What stands in parentheses behind a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Nothing.
    None,
    /// The most characters of `varchar(n)`, those of `char(n)`.
    Length(u32),
    /// Precision and scale of `numeric(15,2)`.
    Digits(u8, u8),
    /// The name of an enum.
    Name(String),
}

/// A type as SQL names it: `numeric(15,2)`, `varchar(20)[]`, `enum(mood)`.
///
/// [`Type`] is what the engine holds of it, `model::Declared` what a database is told beyond that. It is written as it is read.
///
/// ```
/// use seedbed_engine::types::{SqlName, Type};
/// let name = SqlName::parse("Character  Varying (20) []").unwrap();
/// assert_eq!(name.to_string(), "varchar(20)[]");
/// assert_eq!(name.ty(), Type::List(Box::new(Type::Text)));
/// assert_eq!(SqlName::parse("varchar(0)"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SqlName {
    /// The type; of an array, that of its elements.
    pub base: Base,
    /// Its modifier.
    pub modifier: Modifier,
    /// The dimensions of an array; 0 for all else.
    pub dimensions: usize,
}

/// Nothing that is meant is as long.
const LONGEST: usize = 200;

/// The most characters of `varchar(n)` and `char(n)`, as in PostgreSQL.
const MOST_CHARACTERS: u32 = 10_485_760;

/// The most digits of a `numeric`.
const MOST_DIGITS: u8 = 38;

/// Precision and scale of a `numeric` that names none.
const PLAIN_NUMERIC: (u8, u8) = (38, 10);

impl SqlName {
    /// Reads a type, in any case and with any blanks.
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let mut dimensions = 0;
        while let Some(of) = text.strip_suffix("[]") {
            (text, dimensions) = (of.trim_end(), dimensions + 1);
        }
        let (words, argument) = match text.split_once('(') {
            Some((words, rest)) => (words, Some(rest.strip_suffix(')')?.trim())),
            None => (text, None),
        };
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let base = Base::of_sql(&words)?;
        Some(Self { base, modifier: modifier(base, argument)?, dimensions })
    }

    /// All types, for a message; those whose modifier matters have one.
    pub(crate) fn examples() -> Vec<String> {
        let example = |base| {
            let modifier = match base {
                Base::Numeric => Modifier::Digits(15, 2),
                Base::Varchar => Modifier::Length(80),
                Base::Char => Modifier::Length(2),
                _ => Modifier::None,
            };
            Self { base, modifier, dimensions: 0 }.to_string()
        };
        NAMES.iter().map(|(base, ..)| example(*base)).collect()
    }

    /// The name of a type of the engine; the literal NULL has none.
    pub fn of(ty: &Type) -> Option<Self> {
        let (mut of, mut dimensions) = (ty, 0);
        while let Type::List(element) = of {
            (of, dimensions) = (element, dimensions + 1);
        }
        let modifier = match of {
            Type::Numeric { precision, scale } => Modifier::Digits(*precision, scale.unsigned_abs()),
            _ => Modifier::None,
        };
        Some(Self { base: of.base()?, modifier, dimensions })
    }

    /// What the engine holds. Text is text, whatever a database makes of it, and so are the labels of an enum.
    pub fn ty(&self) -> Type {
        let of = match self.base {
            Base::Boolean => Type::Boolean,
            Base::SmallInt => Type::SmallInt,
            Base::Integer => Type::Integer,
            Base::BigInt => Type::BigInt,
            Base::Real => Type::Real,
            Base::Double => Type::Double,
            Base::Numeric => {
                let digits = if let Modifier::Digits(p, s) = self.modifier { (p, s) } else { PLAIN_NUMERIC };
                Type::Numeric { precision: digits.0, scale: digits.1.cast_signed() }
            }
            Base::Text | Base::Varchar | Base::Char | Base::Citext => Type::Text,
            Base::Inet | Base::Cidr | Base::Enum => Type::Text,
            Base::Date => Type::Date,
            Base::Time => Type::Time,
            Base::Timestamp => Type::Timestamp,
            Base::Instant => Type::Instant,
            Base::Interval => Type::Interval,
            Base::Uuid => Type::Uuid,
            Base::Json | Base::Jsonb => Type::Json,
            Base::Bytes => Type::Bytes,
        };
        (0..self.dimensions).fold(of, |of, _| Type::List(Box::new(of)))
    }
}

/// What stands in parentheses, as far as the type allows it.
fn modifier(base: Base, argument: Option<&str>) -> Option<Modifier> {
    let Some(argument) = argument else { return Some(Modifier::None) };
    match base {
        Base::Varchar | Base::Char => {
            let length = argument.parse().ok().filter(|n| (1..=MOST_CHARACTERS).contains(n))?;
            Some(Modifier::Length(length))
        }
        Base::Numeric => {
            let (precision, scale) = argument.split_once(',').unwrap_or((argument, "0"));
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            ((1..=MOST_DIGITS).contains(&precision) && scale <= precision)
                .then_some(Modifier::Digits(precision, scale))
        }
        Base::Enum => Some(Modifier::Name(argument.to_owned())),
        _ => None,
    }
}

impl fmt::Display for SqlName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.sql())?;
        match &self.modifier {
            Modifier::None => {}
            Modifier::Length(length) => write!(f, "({length})")?,
            Modifier::Digits(precision, scale) => write!(f, "({precision},{scale})")?,
            Modifier::Name(name) => write!(f, "({name})")?,
        }
        (0..self.dimensions).try_for_each(|_| f.write_str("[]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_and_written() {
        for (base, _, names) in NAMES {
            for name in names {
                let plain = SqlName { base, modifier: Modifier::None, dimensions: 0 };
                assert_eq!(SqlName::parse(name), Some(plain.clone()));
                assert_eq!(SqlName::parse(&plain.to_string()), Some(plain));
            }
        }
        for (text, written) in [
            (" NUMERIC ( 15 , 2 ) ", "numeric(15,2)"),
            ("decimal(9)", "numeric(9,0)"),
            ("timestamp  WITH time zone[]", "timestamptz[]"),
            ("enum(Mood of \"day\")[] []", "enum(Mood of \"day\")[][]"),
            ("VARCHAR ( 300 )", "varchar(300)"),
            ("character(2)", "char(2)"),
        ] {
            let name = SqlName::parse(text).unwrap();
            assert_eq!(name.to_string(), written);
            assert_eq!(SqlName::parse(written), Some(name));
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        let long = format!("text{}", "[]".repeat(100));
        for text in [
            "",
            "mood",
            "int(4)",
            "text(9)",
            "numeric(39)",
            "numeric(2,3)",
            "numeric()",
            "numeric(1,2,3)",
            "varchar(0)",
            "varchar(-1)",
            "char(10485761)",
            "varchar(3",
            "json(3)",
            "timestamp(3)",
            "[]",
            "integer[3]",
            &long,
        ] {
            assert_eq!(SqlName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn types_of_the_engine_have_a_way_there_and_back() {
        for (base, ..) in NAMES {
            let ty = SqlName { base, modifier: Modifier::None, dimensions: 2 }.ty();
            let name = SqlName::of(&ty).unwrap();
            assert_eq!((name.ty(), name.to_string()), (ty.clone(), ty.to_string()));
            assert_eq!(Type::from_sql(&ty.to_string()), Some(ty));
        }
        assert_eq!(SqlName::of(&Type::Null), None);
    }

    #[test]
    fn the_catalog_has_names_of_its_own() {
        assert_eq!(Base::in_catalog("bpchar"), Some(Base::Char));
        // That is `"char"`, of one byte.
        assert_eq!(Base::in_catalog("char"), None);
        assert_eq!((Base::in_catalog(""), Base::in_catalog("timetz")), (None, None));
    }
}

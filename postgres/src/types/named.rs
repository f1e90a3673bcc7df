//! Types by the names that the catalog has for them. The engine knows those that a scenario can declare; the others stand here.

use seedbed_engine::types::Base;

use super::{IntervalParts, Kind, Limit, Spelled};
use crate::sql::MOST_NAME_BYTES;

/// How the catalog names a type that is no domain; of an array, how it names that of the elements.
pub(crate) struct CatalogName<'c> {
    /// `pg_type.typname`: `int4`, `bpchar`.
    pub(crate) name: &'c str,
    /// `pg_type.typtype`.
    pub(crate) typtype: &'c str,
    /// The schema that it is in.
    pub(crate) schema: &'c str,
    /// Counts from 4 for lengths, packs precision and scale for `numeric`, and is the digits of a second for moments; -1 for none.
    pub(crate) modifier: i32,
    /// As SQL writes the type without a modifier.
    pub(crate) bare: &'c str,
    /// Those of an enum, in order.
    pub(crate) labels: &'c [String],
}

impl Kind {
    /// What a type of the catalog is.
    pub(crate) fn named(named: CatalogName<'_>) -> Self {
        let CatalogName { name, typtype, schema, modifier, bare, labels } = named;
        let spelled = |limit| Self::Spelled(Spelled { name: bare.to_owned(), limit });
        let length = (modifier >= 4).then(|| (modifier - 4).unsigned_abs());
        let digits = u8::try_from(modifier).unwrap_or(6);
        match (typtype, schema) {
            ("e", _) => return Self::Enum(labels.to_vec()),
            // An extension; it lies wherever it was put.
            ("b", _) if Base::in_catalog(name) == Some(Base::Citext) => return Self::Text,
            // Only superusers make base types. Ranges and what is made of other types can be anybody's.
            ("b", _) if schema != "pg_catalog" => return spelled(Limit::None),
            ("b" | "r" | "m", "pg_catalog") => {}
            _ => return Self::Other,
        }
        let Some(base) = Base::in_catalog(name) else {
            return match name {
                "timetz" => spelled(Limit::Digits(digits)),
                "tsrange" | "tstzrange" | "tsmultirange" | "tstzmultirange" => spelled(Limit::Digits(6)),
                "name" => spelled(Limit::Bytes(MOST_NAME_BYTES)),
                "char" => spelled(Limit::Bytes(1)),
                // An array in an array, by way of a domain: its elements can be anything.
                _ if name.starts_with('_') => Self::Other,
                _ => spelled(Limit::None),
            };
        };
        match base {
            Base::Boolean => Self::Bool,
            Base::SmallInt => Self::Int2,
            Base::Integer => Self::Int4,
            Base::BigInt => Self::Int8,
            Base::Real => Self::Float4,
            Base::Double => Self::Float8,
            Base::Numeric => Self::Numeric(length.map(|packed| {
                // The scale has 11 bits, and a sign since PostgreSQL 15.
                let scale = (packed & 0x7ff) as i16;
                ((packed >> 16) as u16, (scale ^ 1024) - 1024)
            })),
            Base::Text | Base::Citext => Self::Text,
            Base::Varchar => Self::Varchar(length),
            Base::Char => length.map_or(Self::Text, Self::Bpchar),
            Base::Uuid => Self::Uuid,
            Base::Json => Self::Json,
            Base::Jsonb => Self::Jsonb,
            Base::Bytes => Self::Bytea,
            Base::Date => Self::Date,
            Base::Time => Self::Time(digits),
            Base::Timestamp => Self::Timestamp(digits),
            Base::Instant => Self::Timestamptz(digits),
            Base::Interval => Self::Interval(IntervalParts::from_modifier(modifier)),
            Base::Inet => Self::Inet,
            Base::Cidr => Self::Cidr,
            // Not by this name; see above.
            Base::Enum => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_modifiers_are_unpacked() {
        let spelled = |limit| Kind::Spelled(Spelled { name: "x".to_owned(), limit });
        let kind = |name, typtype, schema, modifier| {
            Kind::named(CatalogName { name, typtype, schema, modifier, bare: "x", labels: &["a".to_owned()] })
        };
        let numeric = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(kind("numeric", "b", "pg_catalog", numeric(15, 2)), Kind::Numeric(Some((15, 2))));
        assert_eq!(kind("numeric", "b", "pg_catalog", numeric(3, -2)), Kind::Numeric(Some((3, -2))));
        assert_eq!(kind("numeric", "b", "pg_catalog", -1), Kind::Numeric(None));
        assert_eq!(kind("varchar", "b", "pg_catalog", 44), Kind::Varchar(Some(40)));
        assert_eq!(kind("bpchar", "b", "pg_catalog", 5), Kind::Bpchar(1));
        assert_eq!(kind("text", "b", "public", -1), spelled(Limit::None));
        assert_eq!(kind("text", "c", "public", -1), Kind::Other);
        assert_eq!(kind("bool", "e", "public", -1), Kind::Enum(vec!["a".to_owned()]));
        assert_eq!(kind("timestamp", "b", "pg_catalog", 3), Kind::Timestamp(3));
        assert_eq!(kind("timetz", "b", "pg_catalog", -1), spelled(Limit::Digits(6)));
    }
}

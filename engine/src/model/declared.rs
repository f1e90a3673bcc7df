//! Types that a database tells apart and the engine does not: it holds them as text or JSON.

use std::fmt;

use super::Column;
use crate::generators::Recipe;
use crate::types::{Base, Modifier, SqlName, Type};

/// A type of PostgreSQL that is declared with `type:` and whose values the engine holds as text or JSON. On a column of arrays it is
/// the type of the elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Declared {
    /// `varchar(n)`: text of at most so many characters; `varchar` alone has no limit.
    Varchar(Option<u32>),
    /// `char(n)`: text that the database pads with spaces.
    Char(u32),
    /// `citext`: text that compares without case; an extension of PostgreSQL.
    Citext,
    /// `inet`: an address, perhaps with a network.
    Inet,
    /// `cidr`: a network.
    Cidr,
    /// `json`, which keeps the text; without it JSON is `jsonb`.
    Json,
    /// An enum. Its labels are the values that the column can have, see [`Choice`](super::Choice).
    Enum {
        /// Its name; `<table>_<column>` when none is given.
        name: Option<String>,
    },
}

impl Declared {
    /// Reads a type as SQL writes it: what the engine holds, and what the database is told beyond that.
    ///
    /// ```
    /// use seedbed_engine::model::Declared;
    /// use seedbed_engine::types::Type;
    /// assert_eq!(Declared::from_sql("varchar(20)"), Some((Type::Text, Some(Declared::Varchar(Some(20))))));
    /// assert_eq!(Declared::from_sql("bigint"), Some((Type::BigInt, None)));
    /// assert_eq!(Declared::from_sql("varchar(0)"), None);
    /// ```
    pub fn from_sql(text: &str) -> Option<(Type, Option<Self>)> {
        let name = SqlName::parse(text)?;
        Some((name.ty(), Self::of(name)))
    }

    /// What a type is beyond what the engine holds of it, if it is anything.
    fn of(name: SqlName) -> Option<Self> {
        let length = if let Modifier::Length(n) = name.modifier { Some(n) } else { None };
        Some(match name.base {
            Base::Varchar => Self::Varchar(length),
            Base::Char => Self::Char(length.unwrap_or(1)),
            Base::Citext => Self::Citext,
            Base::Inet => Self::Inet,
            Base::Cidr => Self::Cidr,
            Base::Json => Self::Json,
            Base::Enum => match name.modifier {
                Modifier::Name(name) => Self::Enum { name: Some(name) },
                _ => Self::Enum { name: None },
            },
            _ => return None,
        })
    }

    /// The way back: the name that is read as this, of an array of so many dimensions.
    pub fn sql_name(&self, dimensions: usize) -> SqlName {
        let (base, modifier) = match self {
            Self::Varchar(None) => (Base::Varchar, Modifier::None),
            Self::Varchar(Some(n)) => (Base::Varchar, Modifier::Length(*n)),
            Self::Char(n) => (Base::Char, Modifier::Length(*n)),
            Self::Citext => (Base::Citext, Modifier::None),
            Self::Inet => (Base::Inet, Modifier::None),
            Self::Cidr => (Base::Cidr, Modifier::None),
            Self::Json => (Base::Json, Modifier::None),
            Self::Enum { name: None } => (Base::Enum, Modifier::None),
            Self::Enum { name: Some(name) } => (Base::Enum, Modifier::Name(name.clone())),
        };
        SqlName { base, modifier, dimensions }
    }

    /// The most characters that a value may have.
    pub fn most_characters(&self) -> Option<u32> {
        match self {
            Self::Varchar(most) => *most,
            Self::Char(most) => Some(*most),
            _ => None,
        }
    }
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sql_name(0).fmt(f)
    }
}

impl Column {
    /// The type of the column as SQL writes it, but that an enum is only called `enum`.
    ///
    /// Elements of an array have the type that was declared of the array or, if none was, of its elements.
    pub fn sql_type(&self) -> String {
        let Some(declared) = self.declared() else { return self.ty.to_string() };
        let dimensions = std::iter::successors(Some(&self.ty), |ty| match ty {
            Type::List(of) => Some(of),
            _ => None,
        });
        declared.sql_name(dimensions.count() - 1).to_string()
    }

    /// What was declared of the column's values or, if nothing was, of the elements of its arrays.
    pub fn declared(&self) -> Option<&Declared> {
        match (&self.declared, &self.recipe) {
            (None, Recipe::Elements(array)) => array.element.declared(),
            (declared, _) => declared.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_has_a_way_there_and_back() {
        for declared in [
            Declared::Varchar(None),
            Declared::Varchar(Some(300)),
            Declared::Char(1),
            Declared::Citext,
            Declared::Inet,
            Declared::Cidr,
            Declared::Json,
            Declared::Enum { name: None },
            Declared::Enum { name: Some("Mood of \"day\"".to_owned()) },
        ] {
            for dimensions in 0..3 {
                let name = declared.sql_name(dimensions);
                let expected = (name.ty(), Some(declared.clone()));
                assert_eq!(Declared::from_sql(&name.to_string()), Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn what_the_engine_holds_is_declared_as_nothing_else() {
        for text in ["jsonb", "text", "numeric(15,2)", "timestamptz[]"] {
            let (ty, declared) = Declared::from_sql(text).unwrap();
            assert_eq!((ty.to_string().as_str(), declared), (text, None));
        }
        let (ty, declared) = Declared::from_sql("char").unwrap();
        assert_eq!((ty, declared), (Type::Text, Some(Declared::Char(1))));
    }
}

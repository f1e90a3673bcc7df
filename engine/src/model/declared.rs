//! Types that a database tells apart and the engine does not: it holds them as text or JSON.

use std::fmt;

use super::Column;
use crate::generators::Recipe;
use crate::types::Type;

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

/// The most characters of `varchar(n)` and `char(n)`, as in PostgreSQL.
const MOST_CHARACTERS: u32 = 10_485_760;

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
        let text = text.trim();
        // Nothing that is meant is as long; brackets are followed one by one.
        if text.len() > 200 {
            return None;
        }
        if let Some(of) = text.strip_suffix("[]") {
            let (ty, declared) = Self::from_sql(of)?;
            return Some((Type::List(Box::new(ty)), declared));
        }
        let (word, argument) = match text.split_once('(') {
            Some((word, rest)) => (word, Some(rest.strip_suffix(')')?.trim())),
            None => (text, None),
        };
        let word = word.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let length = |argument: &str| argument.parse().ok().filter(|n| (1..=MOST_CHARACTERS).contains(n));
        let declared = match (word.as_str(), argument) {
            ("varchar" | "character varying", None) => Self::Varchar(None),
            ("varchar" | "character varying", Some(n)) => Self::Varchar(Some(length(n)?)),
            ("char" | "character", None) => Self::Char(1),
            ("char" | "character", Some(n)) => Self::Char(length(n)?),
            ("citext", None) => Self::Citext,
            ("inet", None) => Self::Inet,
            ("cidr", None) => Self::Cidr,
            ("json", None) => return Some((Type::Json, Some(Self::Json))),
            ("enum", None) => Self::Enum { name: None },
            ("enum", Some(name)) => Self::Enum { name: Some(name.to_owned()) },
            _ => return Some((Type::from_sql(text)?, None)),
        };
        Some((Type::Text, Some(declared)))
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
        f.write_str(match self {
            Self::Varchar(None) => "varchar",
            Self::Varchar(Some(n)) => return write!(f, "varchar({n})"),
            Self::Char(n) => return write!(f, "char({n})"),
            Self::Citext => "citext",
            Self::Inet => "inet",
            Self::Cidr => "cidr",
            Self::Json => "json",
            Self::Enum { name: None } => "enum",
            Self::Enum { name: Some(name) } => return write!(f, "enum({name})"),
        })
    }
}

impl Column {
    /// The type of the column as SQL writes it, but that an enum is only called `enum`.
    ///
    /// Elements of an array have the type that was declared of the array or, if none was, of its elements.
    pub fn sql_type(&self) -> String {
        let mut brackets = String::new();
        let mut ty = &self.ty;
        while let Type::List(of) = ty {
            brackets += "[]";
            ty = of;
        }
        match self.declared() {
            Some(declared) => format!("{declared}{brackets}"),
            None => format!("{ty}{brackets}"),
        }
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

    fn shown(text: &str) -> Option<String> {
        let (ty, declared) = Declared::from_sql(text)?;
        Some(declared.map_or_else(|| ty.to_string(), |declared| format!("{ty} as {declared}")))
    }

    #[test]
    fn types_are_read_as_sql_writes_them() {
        for (text, expected) in [
            ("VARCHAR ( 300 )", "text as varchar(300)"),
            ("character  varying", "text as varchar"),
            ("char", "text as char(1)"),
            ("jsonb", "jsonb"),
            ("json", "jsonb as json"),
            ("inet", "text as inet"),
            ("cidr[]", "text[] as cidr"),
            ("enum(Mood of \"day\")", "text as enum(Mood of \"day\")"),
            ("numeric(15,2)", "numeric(15,2)"),
            ("text", "text"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["varchar()", "varchar(0)", "varchar(-1)", "char(10485761)", "json(3)", "enum(x", "mood"]
        {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}

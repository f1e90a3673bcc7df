//! The types of the columns of a database: as its catalog gives them, and as it is told them.

mod declared;
mod interval;
mod named;

pub use declared::{SqlType, TypeName};
pub use interval::IntervalParts;
pub(crate) use interval::step;
pub(crate) use named::CatalogName;

/// The type of a column of the database. Domains are resolved to what they are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// The type's number in this database; arrays carry their element's in binary COPY.
    pub oid: u32,
    /// As SQL writes it, from `format_type()`; for messages and casts.
    pub sql: String,
    /// What it is.
    pub kind: Kind,
}

/// Objects of the catalog whose numbers are lower came with the server.
pub(crate) const FIRST_OF_USERS: u32 = 16_384;

/// What a type is, as far as its wire format and its limits go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `boolean`.
    Bool,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// `numeric`; precision and scale when they are limited.
    Numeric(Option<(u16, i16)>),
    /// `text`, `citext`.
    Text,
    /// `varchar(n)`; the most characters when they are limited.
    Varchar(Option<u32>),
    /// `char(n)`: the number of characters, padded with spaces.
    Bpchar(u32),
    /// `uuid`.
    Uuid,
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
    /// `bytea`.
    Bytea,
    /// `date`.
    Date,
    /// `time(p)`: how many digits of a second it keeps, 6 at most.
    Time(u8),
    /// `timestamp(p)`: the same.
    Timestamp(u8),
    /// `timestamptz(p)`: the same.
    Timestamptz(u8),
    /// `interval`, and what a column of it keeps.
    Interval(IntervalParts),
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// An enum with its labels.
    Enum(Vec<String>),
    /// An array of one dimension.
    Array(Box<ColumnType>),
    /// Another base type, of PostgreSQL or of an extension: it takes text, in text format, and has a spelling of its own, which
    /// the server can be asked for.
    Spelled(Spelled),
    /// Any other type, such as a composite one: it takes text, in text format. Reading a value may run functions of whoever
    /// made the type, so the server is not asked for its spelling.
    Other,
}

/// A base type that is written as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// As SQL writes it, without a modifier.
    pub name: String,
    /// What it cuts from a text without a word.
    pub limit: Limit,
}

/// What a base type that is written as text cuts from it without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nothing.
    None,
    /// What is behind so many bytes: `name` and `"char"`.
    Bytes(usize),
    /// What is behind so many digits of a second: `timetz(p)`.
    Digits(u8),
}

//! The types of the columns of a database, as its catalog gives them.

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

impl ColumnType {
    /// Whether the type did not come with the server.
    pub(crate) fn is_of_users(&self) -> bool {
        self.oid >= FIRST_OF_USERS
    }
}

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
    /// `time`.
    Time,
    /// `timestamp`.
    Timestamp,
    /// `timestamptz`.
    Timestamptz,
    /// `interval`.
    Interval,
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// An enum with its labels.
    Enum(Vec<String>),
    /// An array of one dimension.
    Array(Box<ColumnType>),
    /// Any other type: it takes text, in text format.
    Other,
}

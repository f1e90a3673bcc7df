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

/// What an `interval(3)`, an `interval day to minute` and the like keep of an interval. The server cuts or rounds the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalParts {
    /// Months are a multiple of this.
    pub months: i32,
    /// Whether it keeps days.
    pub days: bool,
    /// Microseconds are a multiple of this; `None` when it keeps none.
    pub micros: Option<i64>,
}

impl IntervalParts {
    /// `interval` without a modifier: everything.
    pub const ALL: Self = Self { months: 1, days: true, micros: Some(1) };

    /// Reads a type modifier: the fields in its upper half, the digits of a second in its lower one.
    ///
    /// ```
    /// use seedbed_postgres::types::IntervalParts;
    /// let day_to_minute = (1 << 3 | 1 << 10 | 1 << 11) << 16 | 0xffff;
    /// let parts = IntervalParts::from_modifier(day_to_minute);
    /// assert!(parts.keep(5, 3, 60_000_000) && !parts.keep(5, 3, 1_000_000));
    /// ```
    pub fn from_modifier(modifier: i32) -> Self {
        const MONTH: u32 = 1 << 1;
        const YEAR: u32 = 1 << 2;
        const DAY: u32 = 1 << 3;
        const HOUR: u32 = 1 << 10;
        const MINUTE: u32 = 1 << 11;
        let Ok(modifier) = u32::try_from(modifier) else { return Self::ALL };
        let step = u8::try_from(modifier & 0xffff).map_or(1, step);
        // Only the last field of a range matters: what is above it stays.
        match modifier >> 16 & 0x7fff {
            YEAR => Self { months: 12, days: false, micros: None },
            fields if fields == MONTH || fields == YEAR | MONTH => {
                Self { months: 1, days: false, micros: None }
            }
            DAY => Self { micros: None, ..Self::ALL },
            fields if fields == HOUR || fields == DAY | HOUR => {
                Self { micros: Some(3_600_000_000), ..Self::ALL }
            }
            fields if [MINUTE, HOUR | MINUTE, DAY | HOUR | MINUTE].contains(&fields) => {
                Self { micros: Some(60_000_000), ..Self::ALL }
            }
            _ => Self { micros: Some(step), ..Self::ALL },
        }
    }

    /// Whether nothing of an interval is cut or rounded.
    pub fn keep(&self, months: i32, days: i32, micros: i64) -> bool {
        months % self.months == 0
            && (self.days || days == 0)
            && self.micros.map_or(micros == 0, |step| micros % step == 0)
    }
}

/// The microseconds of the last of so many digits of a second.
pub(crate) fn step(digits: u8) -> i64 {
    10i64.pow(6 - u32::from(digits.min(6)))
}

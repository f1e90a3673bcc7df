//! Recipes: how the values of a column follow from random words and from other values of the row.

use std::sync::Arc;

use super::Values;
use crate::expression::{Expression, Template};
use crate::random::{
    Exponential, LogNormal, Normal, Poisson, Stream, Uniform, UniformInteger, Weighted, Zipf,
};

/// How the values of a column come about.
#[derive(Debug)]
pub enum Recipe {
    /// The column is a group (a place, a person): only its fields have values.
    Group,
    /// An SQL expression.
    Formula(Formula),
    /// Text with expressions.
    Template {
        /// The text.
        template: Template,
        /// The inputs by slot.
        inputs: Vec<usize>,
    },
    /// Literal rows: the values themselves.
    Literal(Values),
    /// `start + row × step`.
    Serial {
        /// The value of row 0.
        start: i64,
        /// The distance between rows.
        step: i64,
    },
    /// The key of the parent row, an input.
    Parent {
        /// The input that is the parent's key.
        key: usize,
    },
    /// The key of another row.
    Reference(Reference),
    /// Random UUIDs (version 4).
    Uuid4 {
        /// Random words, one a row, for the upper half.
        stream: Stream,
        /// The key of the permutation of row numbers in the lower half.
        key: [u64; 2],
    },
    /// UUIDs ordered by an instant (version 7).
    Uuid7 {
        /// Random words, one a row, for the upper half.
        stream: Stream,
        /// The key of the permutation of row numbers in the lower half.
        key: [u64; 2],
        /// The instant.
        at: Formula,
    },
    /// Whole numbers, evenly.
    Integer {
        /// Random words, one a row.
        stream: Stream,
        /// The law.
        law: UniformInteger,
    },
    /// Whole numbers, evenly, none twice: a permutation.
    UniqueInteger {
        /// The key of the permutation.
        key: [u64; 2],
        /// The least value.
        from: i64,
        /// How many values there are.
        domain: u64,
    },
    /// Decimal numbers, evenly, as integers of the last digit.
    Decimal {
        /// Random words, one a row.
        stream: Stream,
        /// The law of the unscaled value.
        law: UniformInteger,
    },
    /// A number of `double precision`.
    Real {
        /// Random words, one a row.
        stream: Stream,
        /// The law.
        law: RealLaw,
        /// The least and the greatest value.
        bounds: Bounds,
    },
    /// A whole number of a distribution.
    Discrete {
        /// Random words, one a row.
        stream: Stream,
        /// The law.
        law: DiscreteLaw,
        /// The least and the greatest value.
        bounds: WholeBounds,
    },
    /// True below a threshold.
    Boolean {
        /// Random words, one a row.
        stream: Stream,
        /// Words below give true.
        threshold: u64,
        /// Always true: the threshold of 100 % does not fit a word.
        always: bool,
    },
    /// One of some values.
    Choose {
        /// Random words, one a row.
        stream: Stream,
        /// The law of the index.
        law: Weighted,
        /// The values.
        values: Values,
    },
    /// Another recipe depending on a value.
    Switch {
        /// Which case holds, as the index of the case; NULL for none.
        index: Formula,
        /// The cases' inputs and, last, the one for all other values.
        cases: Vec<Option<usize>>,
    },
    /// Text made of words or characters.
    Text {
        /// Random words, one a row, each the start of a small stream.
        stream: Stream,
        /// The law.
        law: TextLaw,
    },
    /// Bytes.
    Bytes {
        /// Random words, one a row, each the start of a small stream.
        stream: Stream,
        /// How many.
        length: Length,
        /// What they are.
        content: BytesContent,
    },
    /// A field of a person.
    Person {
        /// Random words, two a row: the first name and the last name.
        stream: Stream,
        /// Whose names; `None` for `en-US`.
        locale: Option<Formula>,
        /// The field.
        field: PersonField,
    },
    /// A field of a place.
    Place {
        /// Random words, one a row.
        stream: Stream,
        /// The law of the index into `values`.
        law: Arc<Weighted>,
        /// The field's value for every city that can be drawn: a dictionary's keys and values, or plain values.
        values: Values,
    },
    /// The name of a company.
    Company {
        /// Random words, one a row.
        stream: Stream,
        /// The country that decides the legal form.
        country: Option<Formula>,
    },
    /// An instant between two bounds.
    Moment {
        /// Random words, one a row.
        stream: Stream,
        /// The earliest instant.
        from: Formula,
        /// The latest instant.
        to: Formula,
        /// How the rate grows.
        growth: Growth,
        /// Inputs `ordinal` and `siblings` when moments rise within the parent.
        stratum: Option<(usize, usize)>,
        /// The precision in microseconds: 1, 1000 or 1000000.
        precision: i64,
    },
    /// A date between two bounds.
    Date {
        /// Random words, one a row.
        stream: Stream,
        /// The first date.
        from: Formula,
        /// The last date.
        to: Formula,
    },
    /// A JSON object.
    Json {
        /// Names, already escaped and quoted, and inputs.
        members: Vec<(String, usize)>,
    },
    /// An array: element `k` of row `r` is row `r × most + k` of the element's generator.
    Array {
        /// Random words for the length, one a row.
        stream: Stream,
        /// The law of the length.
        length: Length,
        /// The greatest length.
        most: u64,
        /// The column, of a table of its own, that makes elements.
        element: Box<super::Column>,
    },
    /// How many children a row has: the law's value times a factor, rounded, bounded.
    Count {
        /// The law's value.
        base: usize,
        /// The factor.
        times: Option<Formula>,
        /// The least count.
        min: u64,
        /// The greatest count.
        max: u64,
    },
}

/// An expression and where its inputs come from.
#[derive(Clone)]
pub struct Formula {
    /// The expression.
    pub expression: Expression,
    /// The table's inputs by slot.
    pub inputs: Vec<usize>,
}

impl std::fmt::Debug for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.expression)
    }
}

/// Bounds that values are moved into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Values below become this one.
    pub min: f64,
    /// Values above become this one.
    pub max: f64,
}

impl Bounds {
    /// No bounds.
    pub const NONE: Self = Self { min: f64::NEG_INFINITY, max: f64::INFINITY };

    /// The value moved into the bounds.
    pub fn clamp(&self, value: f64) -> f64 {
        value.max(self.min).min(self.max)
    }
}

/// Bounds that whole numbers are moved into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeBounds {
    /// Values below become this one.
    pub min: i64,
    /// Values above become this one.
    pub max: i64,
}

impl WholeBounds {
    /// No bounds.
    pub const NONE: Self = Self { min: i64::MIN, max: i64::MAX };
}

/// Laws of real numbers.
#[derive(Clone, Debug)]
pub enum RealLaw {
    /// Evenly.
    Uniform(Uniform),
    /// Normal.
    Normal(Normal),
    /// Lognormal.
    LogNormal(LogNormal),
    /// Exponential.
    Exponential(Exponential),
}

/// Laws of whole numbers.
#[derive(Clone, Debug)]
pub enum DiscreteLaw {
    /// Poisson.
    Poisson(Poisson),
    /// Zipf.
    Zipf(Zipf),
}

/// How a length is drawn: evenly from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The least.
    pub from: u64,
    /// The greatest.
    pub to: u64,
}

/// Words to draw from.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// The words, one after the other.
    pub words: Arc<[Box<str>]>,
    /// The same, each with a space behind it, when all are short and ASCII.
    pub short: Option<Arc<[ShortWord]>>,
    /// The law of the index; `None` for evenly.
    pub law: Option<Arc<Weighted>>,
}

/// A short ASCII word with a space behind it, at a fixed width that is copied at once.
#[derive(Clone, Copy, Debug)]
pub struct ShortWord {
    /// The word, the space, and zeros.
    pub bytes: [u8; Self::WIDTH],
    /// The length of the word without the space.
    pub len: u8,
}

impl ShortWord {
    /// How many bytes are copied.
    pub const WIDTH: usize = 16;

    fn new(word: &str) -> Option<Self> {
        let mut bytes = [0; Self::WIDTH];
        let fits = word.is_ascii() && word.len() < Self::WIDTH;
        fits.then(|| {
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            bytes[word.len()] = b' ';
            Self { bytes, len: word.len() as u8 }
        })
    }
}

impl Vocabulary {
    /// Words and the law of their index.
    pub fn new(words: impl IntoIterator<Item = impl Into<Box<str>>>, law: Option<Weighted>) -> Self {
        let words: Arc<[Box<str>]> = words.into_iter().map(Into::into).collect();
        let short = words.iter().map(|word| ShortWord::new(word)).collect::<Option<Vec<_>>>();
        Self { words, short: short.map(Into::into), law: law.map(Arc::new) }
    }
}

/// A phrase put into a share of texts.
#[derive(Clone, Debug)]
pub struct Affix {
    /// The phrase.
    pub phrase: Box<str>,
    /// Words below the threshold get the phrase.
    pub threshold: u64,
}

/// Laws of text.
#[derive(Clone, Debug)]
pub enum TextLaw {
    /// One word.
    Word(Vocabulary),
    /// Words up to a length.
    Words {
        /// The vocabulary.
        vocabulary: Vocabulary,
        /// The length in characters.
        length: Length,
        /// Phrases with their shares; at most one in a text.
        phrases: Vec<Affix>,
    },
    /// A sentence.
    Sentence {
        /// How many words.
        words: Length,
    },
    /// Sentences.
    Paragraph {
        /// How many sentences.
        sentences: Length,
    },
    /// Characters of an alphabet.
    Characters {
        /// The characters.
        alphabet: Arc<[char]>,
        /// How many.
        length: Length,
    },
    /// The name of a product.
    Product,
    /// The user agent of a browser.
    UserAgent,
}

/// What bytes are.
#[derive(Clone, Debug)]
pub enum BytesContent {
    /// Any, all alike.
    Random,
    /// English words in ASCII, one after the other.
    Text(Vocabulary),
    /// Zeros.
    Zeros,
}

/// Fields of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonField {
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// Both, in the order of the locale.
    Name,
    /// `given.family` in ASCII lower-case letters.
    Username,
    /// `username@example.com`, `.org` or `.net`; not unique.
    Email,
}

impl PersonField {
    /// The fields by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("name", Self::Name),
        ("username", Self::Username),
        ("email", Self::Email),
    ];
}

/// Fields of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceField {
    /// The city's name.
    City,
    /// ISO 3166 two letters.
    Country,
    /// The country's English name.
    CountryName,
    /// The IANA zone.
    Zone,
    /// ISO 4217 three letters.
    Currency,
    /// BCP 47, such as `de-CH`.
    Locale,
    /// Such as `+49`.
    DiallingCode,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
}

impl PlaceField {
    /// The fields by name.
    pub const ALL: [(&'static str, Self); 9] = [
        ("city", Self::City),
        ("country", Self::Country),
        ("country_name", Self::CountryName),
        ("zone", Self::Zone),
        ("currency", Self::Currency),
        ("locale", Self::Locale),
        ("dialling_code", Self::DiallingCode),
        ("latitude", Self::Latitude),
        ("longitude", Self::Longitude),
    ];
}

/// How a rate grows: by `e^(rate × t)`, t in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// The exponent per microsecond; 0 for even.
    pub rate: f64,
}

/// A reference to a row of another table.
#[derive(Debug)]
pub struct Reference {
    /// The table.
    pub target: usize,
    /// The column of the target that is shown.
    pub shown: usize,
    /// Among which rows: those under the row of a table that these inputs lead to, or all.
    pub within: Option<Within>,
    /// How the row is picked.
    pub pick: Pick,
}

/// The rows under one row of an ancestor of the target.
#[derive(Clone, Debug)]
pub struct Within {
    /// The way from the row to the ancestor's row.
    pub hops: Vec<super::Hop>,
    /// The tables from the ancestor's child down to the target.
    pub path: Vec<usize>,
}

/// How the row is picked among those allowed.
#[derive(Debug)]
pub enum Pick {
    /// By chance.
    Random {
        /// Random words, one a row.
        stream: Stream,
        /// How much early rows are preferred; 0 evenly.
        skew: f64,
    },
    /// Without repetition among the children of one parent.
    Distinct {
        /// Random words, two per parent row: the key of its permutation.
        stream: Stream,
        /// The way to a row of the target that the first child names.
        first: Option<Vec<super::Hop>>,
        /// The input `ordinal`.
        ordinal: usize,
    },
    /// By chance among the rows that existed at an instant.
    Existing {
        /// Random words, one a row.
        stream: Stream,
        /// How much early rows are preferred; 0 evenly.
        skew: f64,
        /// The instant.
        at: Formula,
        /// The target's column that tells when a row came about, rising within its parent.
        by: usize,
    },
}

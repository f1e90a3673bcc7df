//! The words of the language: every generator with its arguments and a runnable example.
//!
//! One table serves four readers: the check for unknown words, the JSON Schema, `seedbed explain`
//! and the reference manual, whose examples are run by tests.

/// A generator as its users see it.
#[derive(Clone, Copy, Debug)]
pub struct GeneratorDoc {
    /// Its name in a scenario.
    pub name: &'static str,
    /// The version of its values, part of its random addresses: raised with every change that alters values, which also
    /// gets a `VALUE-BREAKING` line in the changelog.
    pub version: u32,
    /// The family it stands in.
    pub family: &'static str,
    /// What it makes, in a sentence.
    pub summary: &'static str,
    /// Its arguments.
    pub arguments: &'static [ArgumentDoc],
    /// The argument that a plain value stands for, as in `boolean: 30%`.
    pub short: Option<&'static str>,
    /// Whether it is a group of values that belongs under `let`.
    pub group: bool,
    /// A column, as one line of YAML.
    pub example: &'static str,
}

/// An argument of a generator.
#[derive(Clone, Copy, Debug)]
pub struct ArgumentDoc {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: ArgumentKind,
    /// Whether it must be given.
    pub required: bool,
    /// What it means, with its unit, range and default.
    pub summary: &'static str,
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A number, a parameter or an expression of parameters.
    Number,
    /// A share such as `5%` or `0.05`.
    Share,
    /// An SQL expression over the row.
    Expression,
    /// One of a few words.
    Word,
    /// `true` or `false`.
    Boolean,
    /// Text, possibly with `{expressions}`.
    Text,
    /// A list, or a map from values to weights.
    Weights,
    /// A generator.
    Spec,
    /// A map from names to generators.
    Specs,
    /// Anything else, explained in the summary.
    Any,
}

/// The generator of that name.
pub fn find(name: &str) -> Option<&'static GeneratorDoc> {
    GENERATORS.iter().find(|generator| generator.name == name)
}

/// The names of all generators.
pub fn names() -> impl Iterator<Item = &'static str> {
    GENERATORS.iter().map(|generator| generator.name)
}

use ArgumentKind::{Any, Boolean, Expression, Number, Share, Spec, Specs, Text, Weights, Word};

const fn required(name: &'static str, kind: ArgumentKind, summary: &'static str) -> ArgumentDoc {
    ArgumentDoc { name, kind, required: true, summary }
}

const fn optional(name: &'static str, kind: ArgumentKind, summary: &'static str) -> ArgumentDoc {
    ArgumentDoc { name, kind, required: false, summary }
}

const MIN: ArgumentDoc = optional("min", Number, "values below become this one");
const MAX: ArgumentDoc = optional("max", Number, "values above become this one");

/// Every generator, by family.
pub const GENERATORS: &[GeneratorDoc] = &[
    GeneratorDoc {
        name: "serial",
        version: 1,
        family: "keys",
        summary: "1, 2, 3, … in the order of the rows; a `bigint`, unique.",
        arguments: &[
            optional("start", Number, "the first value; default 1"),
            optional("step", Number, "the distance between values; default 1"),
        ],
        short: None,
        group: false,
        example: "id: serial",
    },
    GeneratorDoc {
        name: "parent",
        version: 1,
        family: "keys",
        summary: "The key of the parent row, in a table with `per:`.",
        arguments: &[],
        short: None,
        group: false,
        example: "tenant_id: parent",
    },
    GeneratorDoc {
        name: "reference",
        version: 1,
        family: "keys",
        summary: "The key of a row of another table; through its name the row's other columns can be used.",
        arguments: &[
            required("to", Word, "the table"),
            optional("column", Word, "the column shown; default the table's key"),
            optional(
                "within",
                Word,
                "only rows under the same row of this table, an ancestor, or of what a reference leads to, as in `memberships.tenant_id`",
            ),
            optional("skew", Number, "how much early rows are preferred: 0 evenly, 1 about as Zipf's law"),
            optional("distinct", Boolean, "`true`: no row twice among the children of one parent"),
            optional(
                "starting_with",
                Word,
                "with `distinct`: the first child refers to the own row of this table",
            ),
            optional(
                "existed_at",
                Expression,
                "only rows that already existed at this instant; NULL when there is none",
            ),
            optional(
                "by",
                Word,
                "with `existed_at`: the column that tells when a row came about; default `created_at`",
            ),
        ],
        short: Some("to"),
        group: false,
        example: "parent_user: {reference: {to: people, skew: 0.8}}",
    },
    GeneratorDoc {
        name: "uuid",
        version: 1,
        family: "keys",
        summary: "A UUID, unique: version 4 (random), or 7 (ordered by an instant of the row).",
        arguments: &[
            optional("version", Number, "4 (default) or 7"),
            optional("at", Expression, "with version 7: the instant, an expression of type `timestamptz`"),
        ],
        short: Some("version"),
        group: false,
        example: "token: uuid",
    },
    GeneratorDoc {
        name: "integer",
        version: 1,
        family: "numbers",
        summary: "A whole number, evenly from `from` to `to`, both included.",
        arguments: &[
            required("from", Number, "the least value"),
            required("to", Number, "the greatest value"),
        ],
        short: None,
        group: false,
        example: "age: {integer: {from: 18, to: 90}}",
    },
    GeneratorDoc {
        name: "decimal",
        version: 1,
        family: "numbers",
        summary: "An exact decimal number, evenly from `from` to `to`, both included.",
        arguments: &[
            required("from", Number, "the least value"),
            required("to", Number, "the greatest value"),
            optional("scale", Number, "digits after the point, 0 to 18; default 2"),
        ],
        short: None,
        group: false,
        example: "price: {decimal: {from: 0.99, to: 999.99}}",
    },
    GeneratorDoc {
        name: "uniform",
        version: 1,
        family: "numbers",
        summary: "A `double precision` number, evenly from `from` up to but without `to`.",
        arguments: &[required("from", Number, "the least value"), required("to", Number, "the bound above")],
        short: None,
        group: false,
        example: "ratio: {uniform: {from: 0, to: 1}}",
    },
    GeneratorDoc {
        name: "normal",
        version: 1,
        family: "numbers",
        summary: "The normal distribution.",
        arguments: &[
            required("mean", Number, "the mean"),
            required("sd", Number, "the standard deviation, 0 or more"),
            MIN,
            MAX,
        ],
        short: None,
        group: false,
        example: "height_cm: {normal: {mean: 171, sd: 9}}",
    },
    GeneratorDoc {
        name: "lognormal",
        version: 1,
        family: "numbers",
        summary: "The lognormal distribution: most values small, a few very large.",
        arguments: &[
            required("median", Number, "the median, above 0"),
            required("sigma", Number, "the standard deviation of the logarithm, 0 or more"),
            MIN,
            MAX,
        ],
        short: None,
        group: false,
        example: "size_kb: {lognormal: {median: 40, sigma: 1.5, max: 100000}}",
    },
    GeneratorDoc {
        name: "exponential",
        version: 1,
        family: "numbers",
        summary: "The exponential distribution: waiting times.",
        arguments: &[required("mean", Number, "the mean, above 0"), MIN, MAX],
        short: Some("mean"),
        group: false,
        example: "wait_s: {exponential: {mean: 30}}",
    },
    GeneratorDoc {
        name: "poisson",
        version: 1,
        family: "numbers",
        summary: "The Poisson distribution: how many events happen when each is independent; a `bigint`.",
        arguments: &[required("mean", Number, "the mean, 0 to 1000000"), MIN, MAX],
        short: Some("mean"),
        group: false,
        example: "visits: {poisson: {mean: 3.5}}",
    },
    GeneratorDoc {
        name: "zipf",
        version: 1,
        family: "numbers",
        summary: "Zipf's law over the ranks 1 to `n`: rank k has a weight of 1 / k^exponent; a `bigint`.",
        arguments: &[
            required("n", Number, "the greatest rank"),
            optional("exponent", Number, "above 0; default 1"),
        ],
        short: Some("n"),
        group: false,
        example: "rank: {zipf: {n: 1000, exponent: 1.1}}",
    },
    GeneratorDoc {
        name: "boolean",
        version: 1,
        family: "choices",
        summary: "True for a share of the rows.",
        arguments: &[optional("share", Share, "the share of true; default 50%")],
        short: Some("share"),
        group: false,
        example: "active: {boolean: 85%}",
    },
    GeneratorDoc {
        name: "choose",
        version: 1,
        family: "choices",
        summary: "One of some values: a list (evenly) or a map from values to weights.",
        arguments: &[required("values", Weights, "the values")],
        short: Some("values"),
        group: false,
        example: "role: {choose: {admin: 8, editor: 41, viewer: 51}}",
    },
    GeneratorDoc {
        name: "expression",
        version: 1,
        family: "choices",
        summary: "An SQL expression with modifiers; `= …` is the short form without them.",
        arguments: &[required("sql", Expression, "the expression")],
        short: Some("sql"),
        group: false,
        example: "doubled: {expression: row_number() * 2, null: 5%}",
    },
    GeneratorDoc {
        name: "switch",
        version: 1,
        family: "choices",
        summary: "Another generator depending on a value of the row.",
        arguments: &[
            required("on", Expression, "the value that decides"),
            required("cases", Specs, "a map from values to generators"),
            optional("else", Spec, "the generator for all other values; default NULL"),
        ],
        short: None,
        group: false,
        example: "seats: {switch: {on: role, cases: {admin: {integer: {from: 5, to: 9}}}, else: = 1}}",
    },
    GeneratorDoc {
        name: "text",
        version: 1,
        family: "text",
        summary: "Text with expressions in braces: `{first_name} <{email}>`; `{name|slug}` applies a function.",
        arguments: &[required("template", Text, "the text")],
        short: Some("template"),
        group: false,
        example: "label: {text: \"row {row_number()}\"}",
    },
    GeneratorDoc {
        name: "word",
        version: 1,
        family: "text",
        summary: "One word, of a list or of the built-in English ones.",
        arguments: &[optional(
            "of",
            Weights,
            "the words; default common English nouns, verbs and adjectives",
        )],
        short: Some("of"),
        group: false,
        example: "tag: word",
    },
    GeneratorDoc {
        name: "words",
        version: 1,
        family: "text",
        summary: "Words filling a length in characters exactly: the last word is cut there.",
        arguments: &[
            required("length", Any, "the length in characters: a number, or `{from, to}` drawn evenly"),
            optional("of", Weights, "the words; default common English ones"),
            optional(
                "phrases",
                Any,
                "a map from phrases to shares: `{\"special requests\": 1%}` puts the phrase into that share of the texts",
            ),
        ],
        short: Some("length"),
        group: false,
        example: "note: {words: {length: {from: 20, to: 60}, phrases: {urgent order: 2%}}}",
    },
    GeneratorDoc {
        name: "sentence",
        version: 1,
        family: "text",
        summary: "An English-looking sentence.",
        arguments: &[optional("words", Any, "how many words: a number, or `{from, to}`; default 5 to 12")],
        short: Some("words"),
        group: false,
        example: "subject: sentence",
    },
    GeneratorDoc {
        name: "paragraph",
        version: 1,
        family: "text",
        summary: "Some sentences.",
        arguments: &[optional("sentences", Any, "how many: a number, or `{from, to}`; default 3 to 6")],
        short: Some("sentences"),
        group: false,
        example: "body: {paragraph: {sentences: {from: 1, to: 3}}}",
    },
    GeneratorDoc {
        name: "characters",
        version: 1,
        family: "text",
        summary: "Random characters of an alphabet.",
        arguments: &[
            required("length", Any, "how many: a number, or `{from, to}`"),
            optional("alphabet", Text, "the characters; default `A-Z`, `a-z` and `0-9`"),
        ],
        short: Some("length"),
        group: false,
        example: "code: {characters: {length: 8, alphabet: ABCDEFGHJKLMNPQRSTUVWXYZ23456789}}",
    },
    GeneratorDoc {
        name: "bytes",
        version: 1,
        family: "text",
        summary: "Bytes; a `bytea`.",
        arguments: &[
            required("length", Any, "how many: a number, or `{from, to}` drawn evenly"),
            optional("content", Word, "`random` (default), `text` of English words, or `zeros`"),
        ],
        short: Some("length"),
        group: false,
        example: "digest: {bytes: 32}",
    },
    GeneratorDoc {
        name: "company",
        version: 1,
        family: "names",
        summary: "The name of a company, with the legal form of a country.",
        arguments: &[optional(
            "country",
            Expression,
            "the country's two letters; default none in particular",
        )],
        short: Some("country"),
        group: false,
        example: "employer: company",
    },
    GeneratorDoc {
        name: "product",
        version: 1,
        family: "names",
        summary: "The name of a product.",
        arguments: &[],
        short: None,
        group: false,
        example: "item: product",
    },
    GeneratorDoc {
        name: "user_agent",
        version: 1,
        family: "names",
        summary: "The user agent of a browser.",
        arguments: &[],
        short: None,
        group: false,
        example: "browser: user_agent",
    },
    GeneratorDoc {
        name: "person",
        version: 1,
        family: "names",
        summary: "A person, under `let`: `first_name`, `last_name`, `name`, `username`, `email` (at example domains).",
        arguments: &[optional("locale", Expression, "whose names; default `en-US`")],
        short: Some("locale"),
        group: true,
        example: "somebody: {person: {locale: \"'de-DE'\"}}",
    },
    GeneratorDoc {
        name: "place",
        version: 1,
        family: "names",
        summary: "A city, under `let`: `city`, `country`, `country_name`, `zone`, `currency`, `locale`, `dialling_code`, `latitude`, `longitude`.",
        arguments: &[optional(
            "countries",
            Weights,
            "the countries by two letters; default all by population",
        )],
        short: Some("countries"),
        group: true,
        example: "somewhere: {place: {DE: 3, FR: 2, JP: 1}}",
    },
    GeneratorDoc {
        name: "moment",
        version: 1,
        family: "time",
        summary: "An instant between two bounds, to the microsecond.",
        arguments: &[
            required("from", Expression, "the earliest instant"),
            required("to", Expression, "the latest instant; when it is before `from`, every value is `from`"),
            optional("growth", Any, "how the rate grows: `6% per month` (or day, week, year); default even"),
            optional("order", Word, "`within parent`: rises from one child of a parent to the next"),
            optional("precision", Word, "`second`, `millisecond` or `microsecond` (default)"),
        ],
        short: None,
        group: false,
        example: "seen_at: {moment: {from: since, to: as_of, growth: 4% per month}}",
    },
    GeneratorDoc {
        name: "date",
        version: 1,
        family: "time",
        summary: "A date between two bounds, both included.",
        arguments: &[
            required("from", Expression, "the first date"),
            required("to", Expression, "the last date; when it is before `from`, every value is `from`"),
        ],
        short: None,
        group: false,
        example: "due_on: {date: {from: \"date '2025-01-01'\", to: \"date '2025-12-31'\"}}",
    },
    GeneratorDoc {
        name: "json",
        version: 1,
        family: "structures",
        summary: "A JSON object; every member is a generator.",
        arguments: &[required("members", Specs, "a map from names to generators")],
        short: Some("members"),
        group: false,
        example: "details: {json: {path: {choose: [/, /login]}, ms: {integer: {from: 1, to: 900}}}}",
    },
    GeneratorDoc {
        name: "array",
        version: 1,
        family: "structures",
        summary: "An array of independent values.",
        arguments: &[
            required("of", Spec, "the generator of the elements"),
            required("length", Any, "how many: a number, or `{from, to}`"),
        ],
        short: None,
        group: false,
        example: "tags: {array: {of: {choose: [red, green, blue]}, length: {from: 0, to: 3}}}",
    },
];

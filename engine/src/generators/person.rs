//! `person`: names and addresses that belong to one person.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type};

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::unknown;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Record, Shown};
use crate::error::{Fault, ValueError, did_you_mean};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Stream, below};
use crate::rows::{Frame, Strings, nulls_of};
use crate::scenario::Text;
use crate::text;
use crate::types::Type;
use crate::vocabulary::{self, Names};

pub(super) const PERSON: GeneratorDoc = GeneratorDoc {
    name: "person",
    version: 1,
    family: "names",
    summary: "A person, under `let`: `first_name`, `last_name`, `name`, `username`, `email` (at example domains).",
    arguments: &[optional("locale", Kind::Expression, "whose names; default `en-US`")],
    short: Some("locale"),
    group: true,
    example: "somebody: {person: {locale: \"'de-DE'\"}}",
    read,
};

/// A field of a person.
#[derive(Debug)]
pub(crate) struct Person {
    /// Random words, two a row: the first name and the last name.
    stream: Stream,
    /// Whose names; `None` for `en-US`.
    locale: Option<Formula>,
    /// The field.
    field: Field,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
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

impl Field {
    const ALL: [Self; 5] = [Self::FirstName, Self::LastName, Self::Name, Self::Username, Self::Email];

    fn name(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Name => "name",
            Self::Username => "username",
            Self::Email => "email",
        }
    }
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let stream = reading.stream("value");
    let locale = match reading.arguments.expression("locale")? {
        None => None,
        Some(text) => Some(locale_of(reading, text)?),
    };
    let nullable = locale.as_ref().is_some_and(|locale| locale.expression.nullable());
    Ok(Record::made(Field::ALL.map(|field| {
        let recipe = Person { stream: stream.clone(), locale: locale.clone(), field };
        (field.name(), Made { nullable, ..Made::new(recipe, Type::Text) })
    })))
}

/// An expression that gives locales with names, as far as this can be seen.
fn locale_of(reading: &mut Reading, text: Text) -> Result<Formula, Fault> {
    let text = constant_word(text, |word| vocabulary::names(word).is_some());
    let formula = reading.resolver.formula_of(reading.table, &text, &Type::Text)?;
    if let Some(value) = formula.expression.constant()
        && let Some((message, hint)) = no_names(&text::shown(&value, 0))
    {
        return Err(Fault::at(text.span, message).maybe_hint(hint));
    }
    if let Some(input) = formula.passes_on() {
        reading.resolver.check_chosen(reading.table, input, no_names)?;
    }
    Ok(formula)
}

/// What is wrong with a locale that has no names, and a way out.
fn no_names(locale: &str) -> Option<(String, Option<String>)> {
    let hint =
        || did_you_mean(locale, vocabulary::locales()).or(Some("locales look like `de-DE`".to_owned()));
    vocabulary::names(locale).is_none().then(|| (format!("no names for the locale `{locale}`"), hint()))
}

/// A locale or a country written as a plain word, `de-DE`, is meant as such and not as an expression.
pub(crate) fn constant_word(text: Text, known: impl Fn(&str) -> bool) -> Text {
    if known(text.text.trim()) {
        return Text { text: format!("'{}'", text.text.trim()), exact: false, ..text };
    }
    text
}

impl Prepared for Person {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let locale = self.locale.as_ref().map(|locale| locale.values(frame, column)).transpose()?;
        let failed = |message| frame.value_error(column, message);
        let words = frame.words(&self.stream, 2);
        let nulls = locale.as_ref().and_then(nulls_of);
        let names = match &locale {
            None => vec![vocabulary::names("en-US"); frame.len()],
            Some(locale) => by_row(locale, |locale| {
                vocabulary::names(locale).ok_or_else(|| format!("no names for the locale `{locale}`"))
            })
            .map_err(failed)?,
        };
        let mut strings = Strings::with_capacity(frame.len(), 20);
        for (words, names) in words.chunks_exact(2).zip(names) {
            if let Some(names) = names {
                let first = below(words[0], names.first.len() as u64) as usize;
                let last = below(words[1], names.last.len() as u64) as usize;
                self.field.write(&mut strings.text, names, first, last, words[0] ^ words[1]);
            }
            strings.end();
        }
        strings.finish(nulls).map_err(failed)
    }

    fn explain(&self, _: &Shown) -> String {
        let locale =
            self.locale.as_ref().map_or("'en-US'".to_owned(), |locale| locale.expression.to_string());
        format!("{} of a person, locale {locale}", self.field.name())
    }

    fn inputs(&self) -> Vec<InputId> {
        self.locale.iter().flat_map(|locale| locale.inputs.clone()).collect()
    }

    fn is_without_digits(&self) -> bool {
        self.field == Field::Username
    }

    unknown!(ends, bounds, highest, longest, texts, rises_with, is_independent, serial);
}

impl Field {
    fn write(self, out: &mut String, names: &Names, first: usize, last: usize, spare: u64) {
        match self {
            Self::FirstName => out.push_str(names.first[first].text),
            Self::LastName => out.push_str(names.last_of(first, last).text),
            Self::Name => names.full_into(first, last, out),
            Self::Username | Self::Email => {
                out.push_str(&names.first[first].ascii);
                out.push('.');
                out.push_str(&names.last_of(first, last).ascii);
                if self == Self::Email {
                    // The names are chosen by the high bits; the low ones are free.
                    out.push_str(["@example.com", "@example.org", "@example.net"][(spare % 3) as usize]);
                }
            }
        }
    }
}

/// What a text column stands for, row by row, looked up once per distinct value where it is a dictionary.
pub(super) fn by_row<T: Copy, E>(
    text: &ArrayRef,
    look_up: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<Option<T>>, E> {
    if let DataType::Dictionary(..) = text.data_type() {
        let dictionary = text.as_dictionary::<Int32Type>();
        let values = dictionary.values().as_string::<i32>();
        let mut known: Vec<Option<T>> = vec![None; values.len()];
        let mut rows = Vec::with_capacity(text.len());
        for key in dictionary.keys() {
            let found = match key.map(|key| key as usize) {
                None => None,
                Some(key) if known[key].is_some() => known[key],
                Some(key) => {
                    known[key] = Some(look_up(values.value(key))?);
                    known[key]
                }
            };
            rows.push(found);
        }
        return Ok(rows);
    }
    let values = text.as_string::<i32>();
    let mut last: Option<(&str, T)> = None;
    let mut rows = Vec::with_capacity(text.len());
    for value in values {
        let found = match (value, last) {
            (None, _) => None,
            (Some(value), Some((known, found))) if known == value => Some(found),
            (Some(value), _) => {
                let found = look_up(value)?;
                last = Some((value, found));
                Some(found)
            }
        };
        rows.push(found);
    }
    Ok(rows)
}

//! Names of persons and companies.

use std::convert::Infallible;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type};

use super::Frame;
use super::frame::nulls_of;
use super::text::Strings;
use crate::model::PersonField;
use crate::random::{Stream, below};
use crate::vocabulary::{self, Names};

/// A field of a person: two words a row choose the first and the last name of the locale.
///
/// # Errors
/// A locale without names.
pub(super) fn person(
    frame: &Frame,
    stream: &Stream,
    locale: Option<&ArrayRef>,
    field: PersonField,
) -> Result<ArrayRef, String> {
    let words = frame.words(stream, 2);
    let nulls = locale.and_then(nulls_of);
    let names = match locale {
        None => vec![vocabulary::names("en-US"); frame.len()],
        Some(locale) => by_row(locale, |locale| {
            vocabulary::names(locale).ok_or_else(|| format!("no names for the locale `{locale}`"))
        })?,
    };
    let mut strings = Strings::with_capacity(frame.len(), 20);
    for (words, names) in words.chunks_exact(2).zip(names) {
        if let Some(names) = names {
            let first = below(words[0], names.first.len() as u64) as usize;
            let last = below(words[1], names.last.len() as u64) as usize;
            write_field(&mut strings.text, names, first, last, field, words[0] ^ words[1]);
        }
        strings.end();
    }
    strings.finish(nulls)
}

fn write_field(out: &mut String, names: &Names, first: usize, last: usize, field: PersonField, spare: u64) {
    match field {
        PersonField::FirstName => out.push_str(names.first[first].text),
        PersonField::LastName => out.push_str(names.last_of(first, last).text),
        PersonField::Name => names.full_into(first, last, out),
        PersonField::Username | PersonField::Email => {
            out.push_str(&names.first[first].ascii);
            out.push('.');
            out.push_str(&names.last_of(first, last).ascii);
            if field == PersonField::Email {
                // The names are chosen by the high bits; the low ones are free.
                out.push_str(["@example.com", "@example.org", "@example.net"][(spare % 3) as usize]);
            }
        }
    }
}

/// The name of a company: a stem or two and a legal form of the country.
pub(super) fn company(frame: &Frame, stream: &Stream, country: Option<&ArrayRef>) -> ArrayRef {
    let words = frame.words(stream, 1);
    let nulls = country.and_then(nulls_of);
    let suffixes = country.map(|country| {
        let Ok(suffixes) =
            by_row(country, |country| Ok::<_, Infallible>(vocabulary::company_suffixes(country)));
        suffixes
    });
    let stems = vocabulary::company_stems();
    let mut strings = Strings::with_capacity(frame.len(), 24);
    for (i, word) in words.into_iter().enumerate() {
        let mut trickle = crate::random::Trickle::new(word);
        strings.text.push_str(stems[trickle.below(stems.len() as u64) as usize]);
        if trickle.below(3) == 0 {
            strings.text.push(' ');
            strings.text.push_str(stems[trickle.below(stems.len() as u64) as usize]);
        }
        let suffixes =
            suffixes.as_ref().map_or_else(|| vocabulary::company_suffixes("US"), |all| all[i].unwrap_or(&[]));
        if !suffixes.is_empty() {
            strings.text.push(' ');
            strings.text.push_str(suffixes[trickle.below(suffixes.len() as u64) as usize]);
        }
        strings.end();
    }
    strings.finish(nulls).expect("a batch of names is far below 2 GiB")
}

/// What a text column stands for, row by row, looked up once per distinct value where it is a dictionary.
fn by_row<T: Copy, E>(text: &ArrayRef, look_up: impl Fn(&str) -> Result<T, E>) -> Result<Vec<Option<T>>, E> {
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

//! How long the elements of an array can be: worked out from what makes them, never guessed.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::{Column, Recipe, TextLaw};
use crate::types::Type;
use crate::vocabulary;

/// The most characters of a value of a column whose values do not depend on the row; a fixed number for what is no text. `None`
/// where it is not known.
pub(super) fn longest(column: &Column) -> Option<u64> {
    let is_text = |ty: &Type| matches!(ty, Type::Text | Type::Json | Type::Bytes);
    if !is_text(&column.ty) {
        return fixed(&column.ty);
    }
    // Text made of a number, a boolean, a time or a UUID.
    if !is_text(&column.made) {
        return fixed(&column.made).map(|_| AS_TEXT);
    }
    match &column.recipe {
        Recipe::Text { law, .. } => Some(of_law(law)),
        Recipe::Bytes { length, .. } => Some(length.to),
        Recipe::Choose { values, .. } | Recipe::Literal(values) => of_values(&values.0),
        Recipe::Formula(formula) => of_values(&formula.expression.constant()?),
        Recipe::Company { .. } => {
            // Two stems and a legal form, which any country may have.
            let stems = most(vocabulary::company_stems());
            Some(2 * stems + 2 + vocabulary::longest_company_suffix())
        }
        Recipe::Group
        | Recipe::Template { .. }
        | Recipe::Serial { .. }
        | Recipe::Parent { .. }
        | Recipe::Reference(_)
        | Recipe::Uuid4 { .. }
        | Recipe::Uuid7 { .. }
        | Recipe::Integer { .. }
        | Recipe::UniqueInteger { .. }
        | Recipe::Decimal { .. }
        | Recipe::Real { .. }
        | Recipe::Discrete { .. }
        | Recipe::Boolean { .. }
        | Recipe::Switch { .. }
        | Recipe::Person { .. }
        | Recipe::Place { .. }
        | Recipe::Moment { .. }
        | Recipe::Date { .. }
        | Recipe::Json { .. }
        | Recipe::Array { .. }
        | Recipe::Count { .. } => None,
    }
}

/// No number, time or UUID has more characters as a text: a numeric of 38 digits has 41, an interval some more.
const AS_TEXT: u64 = 64;

/// Bytes of a value that takes as many in every row.
fn fixed(ty: &Type) -> Option<u64> {
    Some(match ty {
        Type::Null | Type::Boolean => 1,
        Type::SmallInt => 2,
        Type::Integer | Type::Real | Type::Date => 4,
        Type::BigInt | Type::Double | Type::Time | Type::Timestamp | Type::Instant => 8,
        Type::Numeric { .. } | Type::Interval | Type::Uuid => 16,
        Type::Text | Type::Json | Type::Bytes | Type::List(_) => return None,
    })
}

fn of_law(law: &TextLaw) -> u64 {
    let english = vocabulary::english();
    // Every word of a sentence, and the space or the full stop behind it.
    let word = 1 + [&english.nouns, &english.verbs, &english.adjectives, &english.adverbs]
        .map(|list| most(list))
        .into_iter()
        .max()
        .unwrap_or(0);
    match law {
        TextLaw::Word(vocabulary) => most(&vocabulary.words),
        TextLaw::Words { length, .. } | TextLaw::Characters { length, .. } => length.to,
        TextLaw::Sentence { words } => words.to * word,
        // Sentences of a paragraph have up to twelve words, and a space between them.
        TextLaw::Paragraph { sentences } => sentences.to * (12 * word + 1),
        TextLaw::Product => {
            let product = vocabulary::product();
            2 + [&product.adjectives, &product.materials, &product.nouns]
                .map(|list| most(list))
                .iter()
                .sum::<u64>()
        }
        TextLaw::UserAgent => most(vocabulary::user_agents()),
    }
}

fn most<T: AsRef<str>>(words: &[T]) -> u64 {
    words.iter().map(|word| word.as_ref().chars().count() as u64).max().unwrap_or(0)
}

fn of_values(values: &ArrayRef) -> Option<u64> {
    if let DataType::Binary = values.data_type() {
        return values.as_binary::<i32>().iter().flatten().map(|bytes| bytes.len() as u64).max().or(Some(0));
    }
    let texts = cast(values, &DataType::Utf8).ok()?;
    let lengths = texts.as_string::<i32>().iter().flatten().map(|text| text.chars().count() as u64);
    lengths.max().or(Some(0))
}

//! `unique: true`: granted where it follows from how values are made, refused where it does not.

use super::drafts::Drafts;
use super::resolve::Resolver;
use super::{Column, Input, MAX_ROWS};
use crate::error::{Fault, Span};
use crate::expression::Piece;
use crate::generators::{Formula, Recipe, TextTemplate};
use crate::ids::{InputId, TableId};
use crate::scenario::Spec;
use crate::types::Type;

impl Resolver<'_> {
    /// Makes a column unique, or says why that cannot be guaranteed.
    pub(super) fn make_unique(
        &mut self,
        t: TableId,
        column: &mut Column,
        spec: &Spec,
        span: Span,
    ) -> Result<(), Fault> {
        // NULLs are distinct from each other, as in PostgreSQL.
        if column.unique {
            return Ok(());
        }
        let granted = match &column.recipe {
            Recipe::Integer(integer)
                if column.cast.as_ref().is_none_or(|to| injective(&column.made, to.ty())) =>
            {
                let (from, to) = integer.range();
                let domain = to.abs_diff(from).checked_add(1).ok_or_else(|| {
                    Fault::at(span, "`unique` over all 64-bit numbers").hint("narrow the range by one")
                })?;
                let rows = self.fixed_rows(t, span, "`unique` on random integers")?;
                if rows > domain {
                    return Err(Fault::at(spec.span, format!("{rows} rows cannot have unique values"))
                        .label(format!("there are {domain} values from {from} to {to}"))
                        .hint("widen the range"));
                }
                column.recipe = integer.unique(domain).into();
                true
            }
            Recipe::Reference(reference) => {
                let (target, shown) = (reference.target, reference.shown);
                let rows = self.fixed_rows(t, span, "a unique reference")?;
                let there = self.fixed_rows(target, span, "a unique reference")?;
                let name = &self.drafts[target].name.text;
                if rows > there {
                    let fault =
                        Fault::at(span, format!("{rows} rows cannot each have another row of `{name}`"));
                    return Err(fault.label(format!("`{name}` has {there}")));
                }
                let Some(each) = reference.each_once(there) else {
                    let message = format!("`unique` cannot be guaranteed for `{}`", column.name);
                    return Err(Fault::at(span, message).hint(format!(
                        "without `within`, `skew`, `distinct`, `existed_at` and an `except` of another row, every row has another row of `{name}`"
                    )));
                };
                let unique = self.drafts.done(target, shown)?.unique;
                let keeps = column.cast.as_ref().is_none_or(|to| injective(&column.made, to.ty()));
                column.recipe = each.into();
                unique && keeps
            }
            Recipe::TextTemplate(TextTemplate { template, inputs }) => {
                self.rows_of(t)?;
                let pieces: Vec<Shape> =
                    template.pieces().into_iter().map(|piece| self.drafts.shape(t, inputs, piece)).collect();
                decodable(&pieces)
            }
            _ => false,
        };
        if granted {
            column.unique = true;
            return Ok(());
        }
        Err(Fault::at(span, format!("`unique` cannot be guaranteed for `{}`", column.name))
            .hint("compose the text with a unique column, as in `\"{name|slug}-{id}\"` or `\"{id|lpad(16, '0')}\"`, \
                or vouch for it with `unique:` of the table"))
    }

    /// The number of rows of a table, which what is asked for needs to know.
    fn fixed_rows(&mut self, t: TableId, span: Span, what: &str) -> Result<u64, Fault> {
        self.rows_of(t)?;
        self.drafts.known_rows(t).ok_or_else(|| {
            let table = &self.drafts[t].name.text;
            Fault::at(span, format!("{what} needs to know the number of rows of `{table}`"))
                .label("how many children a row has is drawn")
                .hint("give the table `rows:` or a constant `count:`; `serial` and `uuid` are unique in any table")
        })
    }
}

impl Drafts {
    /// Whether an expression merely passes on a unique column, and whether it passes on a dictionary.
    pub(super) fn passed_on(&self, t: TableId, formula: &Formula) -> (bool, bool) {
        if let Some(input) = formula.passes_on().map(|input| &self[t].inputs[input])
            && let Some((table, column)) = self.column_at(t, input)
            && let Ok(column) = self.done(table, column)
        {
            return (column.unique && self.apart(t, input), column.dictionary);
        }
        (false, formula.expression.is_dictionary())
    }

    fn shape(&self, t: TableId, inputs: &[InputId], piece: Piece) -> Shape {
        let expression = match piece {
            Piece::Literal(_) => return piece.literal().map_or(Shape::Other, Shape::Literal),
            Piece::Expression(expression) => expression,
        };
        if let Some((slot, length)) = expression.zero_padded() {
            let input = inputs.get(slot).map(|&i| &self[t].inputs[i]);
            let fits = input.and_then(|input| self.highest(t, input)).is_some_and(|highest| {
                10i128.checked_pow(length as u32).is_none_or(|beyond| highest < beyond)
            });
            return if fits { Shape::UniqueFixed } else { Shape::Other };
        }
        let input = expression.passes_on().and_then(|slot| Some(&self[t].inputs[*inputs.get(slot)?]));
        if let Some(Input::Row) = input {
            return Shape::UniqueNumber;
        }
        let Some(input) = input else { return Shape::Other };
        let column = self.column_at(t, input).and_then(|(table, c)| self.done(table, c).ok());
        // Where it is NULL, so is the text.
        let column = column.map(|column| (column, column.unique && self.apart(t, input)));
        match column {
            Some((column, true)) if column.ty.is_integer() => {
                let natural = column.recipe.highest(0).is_some();
                if natural { Shape::UniqueNumber } else { Shape::UniqueSigned }
            }
            Some((column, true)) if column.ty == Type::Uuid => Shape::UniqueFixed,
            Some((_, true)) => Shape::UniqueText,
            Some((column, false)) if column.recipe.is_without_digits() => Shape::NoDigits,
            _ => Shape::Other,
        }
    }

    /// Whether an input has another value in every row where its column has.
    fn apart(&self, t: TableId, input: &Input) -> bool {
        match input {
            Input::Column { hops, .. } => self.keeps_apart(t, hops),
            Input::Neighbour { .. } => true,
            _ => false,
        }
    }

    /// The highest of numbers that are unique and never negative.
    fn highest(&self, t: TableId, input: &Input) -> Option<i128> {
        let last_row = self.known_rows(t).unwrap_or(MAX_ROWS).saturating_sub(1);
        if *input == Input::Row {
            return Some(i128::from(last_row) + 1);
        }
        let Input::Column { hops, column } = input else { return None };
        let own = hops.is_empty().then_some(*column)?;
        let column = self.done(t, own).ok().filter(|c| c.unique)?;
        column.recipe.highest(last_row)
    }
}

/// Whether a cast keeps different values apart (or fails).
pub(super) fn injective(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (from, to) if from.is_integer() => to.is_integer() || matches!(to, Type::Numeric { .. } | Type::Text),
        (Type::Uuid, Type::Text) | (Type::Date, Type::Timestamp | Type::Instant) => true,
        (Type::Timestamp, Type::Instant) | (Type::Instant, Type::Timestamp) => true,
        _ => false,
    }
}

/// What is known of a piece of a template.
#[derive(Debug, PartialEq)]
enum Shape {
    Literal(String),
    /// A unique whole number that is never negative.
    UniqueNumber,
    /// A unique whole number.
    UniqueSigned,
    /// Unique text of one length.
    UniqueFixed,
    /// Unique text.
    UniqueText,
    /// Text that holds no digit.
    NoDigits,
    Other,
}

/// Whether a unique piece can be read back from the text, so that no two texts are equal.
///
/// A number can be read back when it is the first run of digits (nothing before it holds a digit, and no
/// digit follows it directly), or when it is the last run of digits (likewise). Text of one length can be read back when
/// there are only literals before it, or only literals after it; any unique text when all other pieces are literals.
fn decodable(pieces: &[Shape]) -> bool {
    // An empty text sets nothing apart.
    let pieces: Vec<&Shape> =
        pieces.iter().filter(|shape| !matches!(shape, Shape::Literal(text) if text.is_empty())).collect();
    let literal_without_digits = |text: &str| !text.contains(|c: char| c.is_ascii_digit());
    let no_digits = |shape: &Shape| match shape {
        Shape::Literal(text) => literal_without_digits(text),
        Shape::NoDigits => true,
        _ => false,
    };
    // What stands before a number must not be taken for a part of it: no digit, and before one that may be negative no minus sign.
    let ends = |shape: Option<&Shape>, signed: bool| match shape {
        None | Some(Shape::NoDigits) => true,
        Some(Shape::Literal(text)) => !text.ends_with(|c: char| c.is_ascii_digit() || (signed && c == '-')),
        _ => false,
    };
    let starts = |shape: Option<&Shape>| match shape {
        None | Some(Shape::NoDigits) => true,
        Some(Shape::Literal(text)) => !text.starts_with(|c: char| c.is_ascii_digit()),
        _ => false,
    };
    (0..pieces.len()).any(|i| {
        let (before, after) = (&pieces[..i], &pieces[i + 1..]);
        match *pieces[i] {
            Shape::UniqueNumber | Shape::UniqueSigned => {
                let signed = *pieces[i] == Shape::UniqueSigned;
                let first = before.iter().copied().all(no_digits)
                    && (!signed || ends(before.last().copied(), true))
                    && starts(after.first().copied());
                let last = after.iter().copied().all(no_digits) && ends(before.last().copied(), signed);
                first || last
            }
            Shape::UniqueFixed | Shape::UniqueText => {
                let literals = |some: &[&Shape]| some.iter().all(|p| matches!(p, Shape::Literal(_)));
                let (before, after) = (literals(before), literals(after));
                (before && after) || (*pieces[i] == Shape::UniqueFixed && (before || after))
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Shape {
        Shape::Literal(text.to_owned())
    }

    #[test]
    fn a_number_must_be_set_off() {
        assert!(decodable(&[Shape::Other, literal("-"), Shape::UniqueNumber]));
        assert!(decodable(&[Shape::NoDigits, Shape::UniqueNumber, literal("@"), Shape::Other]));
        // "bob1" + "2" is "bob" + "12".
        assert!(!decodable(&[Shape::Other, Shape::UniqueNumber]));
        // "1" + "2" + "x" could be "12" + "" + "x".
        assert!(!decodable(&[Shape::UniqueNumber, Shape::Other, literal("x")]));
        assert!(!decodable(&[literal("7"), Shape::UniqueNumber, literal("7")]));
        assert!(!decodable(&[Shape::Other, literal("-"), Shape::Other]));
        // "a" + "-" + "-1" is "a-" + "-" + "1".
        assert!(!decodable(&[Shape::Other, literal("-"), Shape::UniqueSigned]));
        assert!(decodable(&[Shape::Other, literal("#"), Shape::UniqueSigned]));
    }

    #[test]
    fn fixed_text_stands_at_an_end() {
        assert!(decodable(&[Shape::UniqueFixed, Shape::Other]));
        assert!(decodable(&[literal("x"), Shape::UniqueFixed, Shape::Other]));
        assert!(!decodable(&[Shape::Other, Shape::UniqueFixed, Shape::Other]));
        assert!(decodable(&[literal("x"), Shape::UniqueText, literal("y")]));
        assert!(!decodable(&[Shape::UniqueText, Shape::Other]));
    }
}

//! Recipes become arrays: one file per family of generators.
//!
//! A [`Frame`] is some rows of a table with the columns worked out so far. [`generate`] matches on the
//! recipe once per column and batch; each family then runs a plain loop over its rows.

mod choice;
mod counting;
mod frame;
mod json;
mod key;
mod name;
mod number;
mod pace;
mod position;
mod reference;
mod text;
mod time;
mod total;

pub use counting::Extent;
pub(crate) use frame::{Frame, Rows, own_bytes};
use pace::Pace;

use arrow::array::{Array, ArrayRef};

use crate::error::ValueError;
use crate::model::{Column, Formula, Recipe};

/// The values of a column's recipe, before NULLs and casts are applied.
fn generate(frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
    Ok(match &column.recipe {
        // Nothing reads a group itself, only its fields.
        Recipe::Group => arrow::array::new_null_array(&column.ty.arrow(), frame.len()),
        Recipe::Formula(formula) => formula_array(frame, formula, column)?,
        Recipe::Template { template, inputs } => {
            let inputs = frame.inputs(inputs)?;
            template.evaluate(&inputs, frame.len()).map_err(|message| frame.value_error(column, message))?
        }
        Recipe::Literal(values) => key::literal(frame, &values.0),
        Recipe::Serial { start, step } => key::serial(frame, *start, *step),
        Recipe::Parent { key } => frame.input(*key)?,
        Recipe::Reference(reference) => reference::reference(frame, column, reference)?,
        Recipe::Uuid4 { stream, key } => key::uuid4(frame, stream, *key),
        Recipe::Uuid7 { stream, key, at } => {
            key::uuid7(frame, stream, *key, &formula_array(frame, at, column)?)
        }
        Recipe::Integer { stream, law } => number::integer(frame, stream, law),
        Recipe::UniqueInteger { key, from, domain } => number::unique_integer(frame, *key, *from, *domain),
        Recipe::Decimal { stream, law } => number::decimal(frame, stream, law, &column.made),
        Recipe::Real { stream, law, bounds } => number::real(frame, stream, law, *bounds),
        Recipe::Discrete { stream, law, bounds } => number::discrete(frame, stream, law, *bounds),
        Recipe::Count { base, times, min, max } => {
            let times = times.as_ref().map(|times| formula_array(frame, times, column)).transpose()?;
            number::count(&frame.input(*base)?, times.as_ref(), *min, *max)
        }
        Recipe::Boolean { stream, threshold, always } => choice::boolean(frame, stream, *threshold, *always),
        Recipe::Choose { stream, law, values } => choice::choose(frame, stream, law, &values.0),
        Recipe::Switch { index, cases } => {
            let index = formula_array(frame, index, column)?;
            choice::switch(frame, &index, cases, column)?
        }
        Recipe::Text { stream, law } => text::text(frame, stream, law),
        Recipe::Bytes { stream, length, content } => text::bytes(frame, stream, *length, content)
            .map_err(|message| frame.value_error(column, message))?,
        Recipe::Person { stream, locale, field } => {
            let locale = locale.as_ref().map(|locale| formula_array(frame, locale, column)).transpose()?;
            name::person(frame, stream, locale.as_ref(), *field)
                .map_err(|message| frame.value_error(column, message))?
        }
        Recipe::Place { stream, law, values } => choice::choose(frame, stream, law, &values.0),
        Recipe::Company { stream, country } => {
            let country =
                country.as_ref().map(|country| formula_array(frame, country, column)).transpose()?;
            name::company(frame, stream, country.as_ref())
        }
        Recipe::Moment { stream, from, to, growth, stratum, precision } => {
            let (from, to) = (formula_array(frame, from, column)?, formula_array(frame, to, column)?);
            let stratum = match stratum {
                Some((ordinal, siblings)) => Some((frame.input(*ordinal)?, frame.input(*siblings)?)),
                None => None,
            };
            time::moment(frame, stream, &from, &to, *growth, stratum.as_ref(), *precision)
        }
        Recipe::Date { stream, from, to } => {
            let (from, to) = (formula_array(frame, from, column)?, formula_array(frame, to, column)?);
            time::date(frame, stream, &from, &to)
        }
        Recipe::Json { members } => json::object(frame, column, members)?,
        Recipe::Array { stream, length, most, element } => {
            json::array(frame, stream, *length, *most, element)?
        }
    })
}

/// The values of a formula.
fn formula_array(frame: &Frame, formula: &Formula, column: &Column) -> Result<ArrayRef, ValueError> {
    let inputs = frame.inputs(&formula.inputs)?;
    let array = formula.expression.evaluate(&inputs, frame.len());
    let array = array.map_err(|message| frame.value_error(column, message))?;
    debug_assert_eq!(array.len(), frame.len());
    Ok(array)
}

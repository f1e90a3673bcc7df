//! Values that stand written in the scenario keep all that was written, whatever their type.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};

use super::number::Number;
use crate::calendar::civil::split_micros;
use crate::calendar::text::{Moment, parse_date, parse_timestamp};
use crate::error::{Fault, Span, excerpt};
use crate::expression::Expression;
use crate::generators::Recipe;
use crate::scenario::{Generator, Node, Spec};
use crate::text::shown;
use crate::types::Type;

/// Refuses a written text that a type would change, or the value that it has become.
pub(crate) fn kept(text: &str, value: &ArrayRef, at: usize, ty: &Type, span: Span) -> Result<(), Fault> {
    let same = if ty.is_number() {
        match (Number::read(text), number_at(value, at)) {
            (Some(written), Some(value)) => written == value,
            // `NaN` and the like.
            _ => true,
        }
    } else if *ty == Type::Date {
        // A day is one whatever it is written with; a time of day would be lost.
        let time = |moment| match moment {
            Ok(Moment::Wall(micros) | Moment::Instant(micros)) => split_micros(micros).1,
            Err(_) => 0,
        };
        parse_date(text.trim()).is_ok() || time(parse_timestamp(text.trim())) == 0
    } else {
        true
    };
    if same { Ok(()) } else { Err(changed(text, value, at, ty, span)) }
}

fn changed(text: &str, value: &ArrayRef, at: usize, ty: &Type, span: Span) -> Fault {
    let becomes = shown(value, at);
    Fault::at(span, format!("`{}` is no {ty}: it would become {becomes}", excerpt(text)))
        .hint("what is written is not rounded; write the value that is meant, or leave `type` out")
}

/// A number as it is meant: a double is the shortest decimal that reads back as the same.
fn number_at(values: &ArrayRef, at: usize) -> Option<Number> {
    match values.data_type() {
        DataType::Float64 => Number::read(&format!("{:e}", values.as_primitive::<Float64Type>().value(at))),
        DataType::Float32 => Number::read(&format!("{:e}", values.as_primitive::<Float32Type>().value(at))),
        DataType::Dictionary(..) => number_at(&cast(values, &DataType::Utf8).ok()?, at),
        _ => Number::read(&shown(values, at)),
    }
}

/// Refuses a type that changes one of the values that `choose` has written out.
pub(crate) fn choices_kept(recipe: &Recipe, cast: &Expression, spec: &Spec) -> Result<(), Fault> {
    let Recipe::Choose(choose) = recipe else { return Ok(()) };
    let values = choose.values();
    // What does not fit at all is told elsewhere.
    let Ok(becomes) = cast.evaluate(std::slice::from_ref(values), values.len()) else { return Ok(()) };
    (0..values.len()).filter(|at| becomes.is_valid(*at)).try_for_each(|at| {
        let written = shown(values, at);
        kept(&written, &becomes, at, cast.ty(), span_of(spec, at))
    })
}

/// Where a value of `choose` stands.
fn span_of(spec: &Spec, at: usize) -> Span {
    let Generator::Named(_, Some(node)) = &spec.generator else { return spec.span };
    let of = |node: &Node| {
        let key = node.map().and_then(|entries| entries.get(at)).map(|(key, _)| key.span);
        key.or_else(|| node.list().and_then(|items| items.get(at)).map(|item| item.span))
    };
    let values = node.map().and_then(|entries| entries.iter().find(|(key, _)| key.text == "values"));
    values.and_then(|(_, values)| of(values)).or_else(|| of(node)).unwrap_or(spec.span)
}

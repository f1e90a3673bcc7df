//! Structures: JSON objects and arrays.

use super::{Address, Made};
use crate::error::{Fault, Faults};
use crate::model::arguments::Arguments;
use crate::model::longest::longest;
use crate::model::resolve::Resolver;
use crate::model::{Formula, Recipe};
use crate::scenario;
use crate::types::Type;

/// The longest array. Rows are below 2^53, so that the number of an element fits 64 bits.
const MAX_ELEMENTS: i64 = 1000;
/// The most characters in the arrays of a row, so that a batch of them stays below 2^31 bytes.
const MAX_CHARACTERS: u64 = 1 << 16;

impl Resolver<'_> {
    pub(super) fn structure_generator(
        &mut self,
        t: usize,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        if name == "json" {
            let node = arguments.required("members")?;
            let entries = scenario::map_of(node, "`json`", "one generator per member")?;
            let mut members = Vec::new();
            for (key, value) in entries {
                let input = self.part(t, key, value, address)?;
                members.push((serde_json::Value::from(key.text.as_str()).to_string(), input));
            }
            return Ok(Made::new(Recipe::Json { members }, Type::Json));
        }
        let node = arguments.required("of")?;
        let mut faults = Faults::default();
        let spec = scenario::spec(node, node.span, &mut faults);
        self.faults.0.append(&mut faults.0);
        let spec = spec.ok_or_else(Fault::reported)?;
        let element =
            self.column_of(t, format!("{}[]", address.column), false, &spec, &address.part("[]"))?;
        let alone = independent(&element.recipe);
        if !alone {
            return Err(Fault::at(node.span, "the elements of an array are independent draws").hint(
                "use a generator without expressions over the row, such as `choose`, `integer` or `word`",
            ));
        }
        let length = self.length(arguments.required("length")?, "length", MAX_ELEMENTS)?;
        let Some(longest) = longest(&element) else {
            return Err(Fault::at(node.span, "how long these elements can be is not known")
                .hint("use a generator of texts with a length, such as `words`, `characters` or `choose`"));
        };
        if length.to.saturating_mul(longest) >= MAX_CHARACTERS {
            let message = format!("an array of up to {} texts of up to {longest} characters", length.to);
            return Err(
                Fault::at(node.span, message).hint(format!("keep the product below {MAX_CHARACTERS}"))
            );
        }
        let ty = Type::List(Box::new(element.ty.clone()));
        let stream = address.stream("array", "length");
        Ok(Made::new(
            Recipe::Array { stream, length, most: length.to.max(1), element: Box::new(element) },
            ty,
        ))
    }
}

/// Whether a recipe reads nothing of the row but its random words.
fn independent(recipe: &Recipe) -> bool {
    let constant = |formula: &Formula| formula.expression.constant().is_some();
    match recipe {
        Recipe::Uuid4 { .. }
        | Recipe::Integer { .. }
        | Recipe::Decimal { .. }
        | Recipe::Real { .. }
        | Recipe::Discrete { .. }
        | Recipe::Boolean { .. }
        | Recipe::Choose { .. }
        | Recipe::Text { .. }
        | Recipe::Bytes { .. } => true,
        Recipe::Formula(formula) => constant(formula),
        Recipe::Company { country, .. } => country.as_ref().is_none_or(constant),
        Recipe::Moment { from, to, stratum: None, .. } | Recipe::Date { from, to, .. } => {
            constant(from) && constant(to)
        }
        _ => false,
    }
}

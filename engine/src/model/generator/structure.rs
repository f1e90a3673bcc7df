//! Structures: JSON objects and arrays.

use super::{Address, Made};
use crate::error::{Fault, Faults};
use crate::model::Recipe;
use crate::model::arguments::Arguments;
use crate::model::resolve::Resolver;
use crate::scenario;
use crate::types::Type;

/// The longest array.
const MAX_ELEMENTS: i64 = 10_000;

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
        let before = self.drafts[t].inputs.len();
        let element =
            self.column_of(t, format!("{}[]", address.column), false, &spec, &address.part("[]"))?;
        let alone = self.drafts[t].inputs.len() == before
            && !matches!(
                &element.recipe,
                Recipe::Group
                    | Recipe::Reference(_)
                    | Recipe::Serial { .. }
                    | Recipe::UniqueInteger { .. }
                    | Recipe::Array { .. }
            );
        if !alone {
            return Err(Fault::at(node.span, "the elements of an array are independent draws").hint(
                "use a generator without expressions over the row, such as `choose`, `integer` or `word`",
            ));
        }
        let length = self.length(arguments.required("length")?, "length", MAX_ELEMENTS)?;
        let ty = Type::List(Box::new(element.ty.clone()));
        let stream = address.stream("array", "length");
        Ok(Made::new(
            Recipe::Array { stream, length, most: length.to.max(1), element: Box::new(element) },
            ty,
        ))
    }
}

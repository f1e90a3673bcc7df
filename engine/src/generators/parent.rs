//! `parent`: the key of the parent row.

use arrow::array::ArrayRef;

use super::facts::unknown;
use super::{Ends, GeneratorDoc, Made, Origin, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::{Column, Hop, Input};
use crate::rows::Frame;
use crate::types::Type;

pub(super) const PARENT: GeneratorDoc = GeneratorDoc {
    name: "parent",
    version: 1,
    family: "keys",
    summary: "The key of the parent row, in a table with `per:`.",
    arguments: &[],
    short: None,
    group: false,
    example: "tenant_id: parent",
    read,
};

/// The key of the parent row.
#[derive(Debug)]
pub(crate) struct Parent {
    /// The input that is the parent's key.
    pub(crate) key: InputId,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (t, span) = (reading.table, reading.arguments.span());
    let resolver = &mut *reading.resolver;
    let Some(parent) = resolver.drafts()[t].parent else {
        let table = &resolver.drafts()[t].name.text;
        return Err(Fault::at(span, format!("the rows of `{table}` have no parent"))
            .hint("`parent` belongs into a table with `per:`; for other tables use `reference`"));
    };
    // An only child has its parent for itself.
    let only_child = resolver.count_of(t)?.is_some_and(|count| count.max <= 1);
    let column = resolver.shown_key(parent, span)?;
    let key = resolver.settled(parent, column)?;
    let (ty, nullable, unique) = (key.ty.clone(), key.nullable, key.unique && only_child);
    let key = resolver.input(t, Input::Column { hops: vec![Hop::Parent], column });
    Ok(Made { nullable, unique, ..Made::new(Parent { key }, ty) })
}

impl Prepared for Parent {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        frame.input(self.key)
    }

    fn explain(&self, shown: &Shown) -> String {
        shown.input(self.key)
    }

    fn inputs(&self) -> Vec<InputId> {
        vec![self.key]
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Of(Origin::Input(self.key))
    }

    fn texts(&self) -> Texts<'_> {
        Texts::HandedOn(Origin::Input(self.key))
    }

    unknown!(bounds, highest, longest, is_without_digits, rises_with, is_independent, serial);
}

//! `switch`: another generator depending on a value of the row.

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::{cast, interleave};
use arrow::datatypes::{DataType, Int64Type};

use super::choose::literal_sql;
use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::{Column, Input};
use crate::rows::Frame;
use crate::scenario::{self, Key, Node, Text};
use crate::together::Together;
use crate::types::Type;

pub(super) const SWITCH: GeneratorDoc = GeneratorDoc {
    name: "switch",
    version: 1,
    family: "choices",
    summary: "Another generator depending on a value of the row.",
    arguments: &[
        required("on", Kind::Expression, "the value that decides"),
        required("cases", Kind::Specs, "a map from values to generators"),
        optional("else", Kind::Spec, "the generator for all other values; default NULL"),
    ],
    short: None,
    group: false,
    example: "seats: {switch: {on: role, cases: {admin: {integer: {from: 5, to: 9}}}, else: = 1}}",
    read,
};

/// Another recipe depending on a value.
#[derive(Debug)]
pub(crate) struct Switch {
    /// Which case holds, as the index of the case; the last one for none.
    index: Formula,
    /// The cases' inputs and, last, the one for all other values; `None` gives NULL.
    cases: Vec<Option<InputId>>,
}

/// A `CASE` over hidden columns, one per case.
fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (t, arguments) = (reading.table, reading.arguments);
    let on = arguments.expression("on")?.ok_or_else(Fault::reported)?;
    let node = arguments.required("cases")?;
    let entries = scenario::map_of(node, "`cases`", "one generator per value")?;
    let ty = reading.resolver.formula(t, &on).map(|formula| formula.expression.ty().clone());
    let named = entries.iter().enumerate().map(|(i, (key, value))| (Some(i), key.clone(), value));
    let otherwise = arguments.get("else").map(|value| (None, Key::new("else", value.span), value));
    let case = |(index, key, value): (Option<usize>, Key, &Node)| {
        let when = match (index, &ty) {
            (Some(index), Ok(ty)) => {
                literal_sql(ty, &key).map(|literal| format!(" when {literal} then {index}"))
            }
            _ => Ok(String::new()),
        };
        let part = match index {
            Some(_) => Key::new(format!("when {}", key.text), key.span),
            None => key,
        };
        let (when, input) = (when, reading.part(&part, value)).together()?;
        Ok((when, input, value.span))
    };
    let parts = named.chain(otherwise).map(case).collect::<Vec<_>>().together();
    let (_, parts) = (ty, parts).together()?;
    // The index of the case, as SQL: the values take the type of what they are compared with.
    // The line ends what may be a comment.
    let mut sql = format!("case ({}\n)", on.text);
    let mut cases = Vec::new();
    let mut made: Option<(Type, bool)> = None;
    for (when, input, span) in parts {
        sql += &when;
        let Input::Column { column, .. } = reading.resolver.drafts()[t].inputs[input].clone() else {
            return Err(Fault::reported());
        };
        let column = reading.resolver.settled(t, column)?;
        let (ty, nullable) = (column.ty.clone(), column.nullable);
        made = Some(match made {
            None => (ty, nullable),
            Some((first, n)) => match first.common(&ty) {
                Some(common) => (common, n || nullable),
                None => {
                    return Err(Fault::at(span, "the cases have different types")
                        .label(format!("expected {first}, found {ty}"))
                        .hint("give all of them the same `type:`"));
                }
            },
        });
        cases.push(Some(input));
    }
    let Some((case_type, nullable)) = made else {
        return Err(Fault::at(node.span, "`cases`: expected at least one case"));
    };
    if arguments.get("else").is_none() {
        cases.push(None);
    }
    sql += &format!(" else {} end", cases.len() - 1);
    let index = reading.resolver.formula(t, &Text { text: sql, span: on.span, exact: false })?;
    let nullable = nullable || cases.last().is_some_and(Option::is_none);
    Ok(Made { nullable, ..Made::new(Switch { index, cases }, case_type) })
}

impl Prepared for Switch {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let index = self.index.values(frame, column)?;
        let ty = column.made.arrow();
        // The `CASE` that picks it counts in small whole numbers.
        let index = cast(&index, &DataType::Int64).expect("every integer type casts to `Int64`");
        let index = index.as_primitive::<Int64Type>();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.cases.len());
        for (number, case) in self.cases.iter().enumerate() {
            let array = match case {
                Some(input) => frame.input_where(*input, |row| index.values()[row] as usize == number)?,
                None => new_null_array(&ty, frame.len()),
            };
            arrays.push(cast(&array, &ty).map_err(|error| frame.value_error(column, error.to_string()))?);
        }
        let picks: Vec<(usize, usize)> =
            index.values().iter().enumerate().map(|(row, case)| (*case as usize, row)).collect();
        let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        Ok(interleave(&parts, &picks)
            .expect("the cases have one type, a row each, and the index names one of them"))
    }

    fn explain(&self, shown: &Shown) -> String {
        let cases = self.cases.iter().map(|case| case.map_or("NULL".to_owned(), |case| shown.input(case)));
        format!("case number {} of [{}]", self.index.expression, cases.collect::<Vec<_>>().join(", "))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.index.inputs.iter().copied().chain(self.cases.iter().flatten().copied()).collect()
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Inputs(self.cases.iter().flatten().copied().collect())
    }

    unknown!(ends, bounds, highest, longest, is_without_digits, rises_with, is_independent, serial);
}

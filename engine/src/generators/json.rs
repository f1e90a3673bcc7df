//! `json`: JSON objects.

use arrow::array::{Array, ArrayRef, Int32Array};

use super::doc::{ArgumentKind as Kind, required};
use super::facts::unknown;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::budget;
use crate::error::{Fault, ValueError};
use crate::expression::check_length;
use crate::ids::InputId;
use crate::model::{Column, Input};
use crate::rows::{Frame, Strings};
use crate::scenario::{self, Key, Node};
use crate::text::{Cells, Meaning, Values, write_json_text};
use crate::together::Together;
use crate::types::Type;

pub(super) const JSON: GeneratorDoc = GeneratorDoc {
    name: "json",
    version: 1,
    family: "structures",
    summary: "A JSON object; every member is a generator.",
    arguments: &[required("members", Kind::Specs, "a map from names to generators")],
    short: Some("members"),
    group: false,
    example: "details: {json: {path: {choose: [/, /login]}, ms: {integer: {from: 1, to: 900}}}}",
    read,
};

/// A JSON object.
#[derive(Debug)]
pub(crate) struct Json {
    /// Names, already escaped and quoted, and inputs.
    members: Vec<(String, InputId)>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let entries = scenario::map_of(reading.required("members")?, "`json`", "one generator per member")?;
    let member = |(key, value): &(Key, Node)| {
        let input = reading.part(key, value)?;
        Ok((serde_json::Value::from(key.text.as_str()).to_string(), input))
    };
    let members = entries.iter().map(member).collect::<Vec<_>>().together()?;
    Ok(Made::new(Json { members }, Type::Json))
}

impl Prepared for Json {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let arrays = self.members.iter().map(|(_, input)| frame.input(*input));
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, _>>()?;
        let described = frame.described();
        let cells = self.members.iter().zip(&arrays).map(|((name, input), array)| {
            let meaning = match &described.inputs[*input] {
                Input::Column { hops, column }
                    if hops.is_empty() && described.columns[*column].ty == Type::Json =>
                {
                    Meaning::Json
                }
                _ => Meaning::Text,
            };
            Member::new(name, Cells::new(array, meaning), frame.len())
        });
        let members: Vec<Member> = cells.collect();
        let mut strings = Strings::with_capacity(frame.len(), 24 * members.len());
        for row in 0..frame.len() {
            let out = &mut strings.text;
            let begin = out.len();
            out.push('{');
            for (i, member) in members.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(member.name);
                out.push_str(": ");
                member.write(row, out);
                check_length(out.len() - begin)
                    .and_then(|()| budget::check(out.len()))
                    .map_err(|message| frame.value_error(column, message))?;
            }
            out.push('}');
            strings.end();
        }
        strings.finish(None).map_err(|message| frame.value_error(column, message))
    }

    fn explain(&self, shown: &Shown) -> String {
        let members = self.members.iter().map(|(name, input)| format!("{name}: {}", shown.input(*input)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    fn inputs(&self) -> Vec<InputId> {
        self.members.iter().map(|(_, input)| *input).collect()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// A member of the objects of a batch.
struct Member<'a> {
    /// Its name in quotes.
    name: &'a str,
    cells: Cells<'a>,
    /// The values of a dictionary as JSON, where they are fewer than the rows.
    written: Option<(&'a Int32Array, Vec<String>)>,
}

impl<'a> Member<'a> {
    fn new(name: &'a str, cells: Cells<'a>, rows: usize) -> Self {
        let written = match cells.values() {
            Values::Dictionary(keys, values) if values.len() < rows => {
                let json = |text: Option<&str>| {
                    let mut out = String::new();
                    write_json_text(&mut out, text.unwrap_or_default());
                    out
                };
                Some((*keys, values.iter().map(json).collect()))
            }
            _ => None,
        };
        Self { name, cells, written }
    }

    #[inline]
    fn write(&self, row: usize, out: &mut String) {
        match &self.written {
            // Keys are never negative: Arrow has checked them.
            Some((keys, written)) if !self.cells.is_null(row) => {
                out.push_str(&written[keys.value(row) as usize]);
            }
            // NaN and the infinities are null.
            _ => _ = self.cells.write_json(row, ", ", out),
        }
    }
}

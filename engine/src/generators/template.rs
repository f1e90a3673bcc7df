//! `text`: text with expressions in braces.

use arrow::array::ArrayRef;

use super::doc::{ArgumentKind as Kind, required};
use super::facts::unknown;
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::expression::{Source, Template};
use crate::ids::InputId;
use crate::model::Column;
use crate::model::scope::TableScope;
use crate::rows::Frame;
use crate::types::Type;

pub(super) const TEXT: GeneratorDoc = GeneratorDoc {
    name: "text",
    version: 1,
    family: "text",
    summary: "Text with expressions in braces: `{first_name} <{email}>`; `{name|slug}` applies a function.",
    arguments: &[required("template", Kind::Text, "the text")],
    short: Some("template"),
    group: false,
    example: "label: {text: \"row {row_number()}\"}",
    read,
};

/// Text with expressions.
#[derive(Debug)]
pub(crate) struct TextTemplate {
    /// The text.
    pub(crate) template: Template,
    /// The inputs by slot.
    pub(crate) inputs: Vec<InputId>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let node = reading.required("template")?;
    let scalar = node.scalar().ok_or_else(|| {
        Fault::at(node.span, "`text`: expected text with `{expressions}`")
            .label(format!("found {}", node.describe()))
    })?;
    let source = Source { text: &scalar.text, span: node.span, exact: scalar.exact };
    let mut scope = TableScope::new(reading.resolver, reading.table);
    let template = Template::compile(&source, &mut scope)?;
    let inputs = scope.inputs;
    let nullable = template.nullable();
    Ok(Made { nullable, ..Made::new(TextTemplate { template, inputs }, Type::Text) })
}

impl Prepared for TextTemplate {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let inputs = frame.inputs(&self.inputs)?;
        let texts = self.template.evaluate(&inputs, frame.len());
        texts.map_err(|message| frame.value_error(column, message))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("text {}", self.template)
    }

    fn inputs(&self) -> Vec<InputId> {
        self.inputs.clone()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

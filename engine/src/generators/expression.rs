//! `expression`, and `= …` for short: an SQL expression over the row.

use arrow::array::ArrayRef;

use super::doc::{ArgumentKind as Kind, required};
use super::facts::{ANY_NUMBER, as_number, longest_of, unknown};
use super::{Ends, GeneratorDoc, Made, Origin, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::expression::Expression;
use crate::ids::{InputId, TableId};
use crate::model::Column;
use crate::model::resolve::Resolver;
use crate::rows::Frame;
use crate::scenario::Text;
use crate::types::Type;

pub(super) const EXPRESSION: GeneratorDoc = GeneratorDoc {
    name: "expression",
    version: 1,
    family: "choices",
    summary: "An SQL expression with modifiers; `= …` is the short form without them.",
    arguments: &[required("sql", Kind::Expression, "the expression")],
    short: Some("sql"),
    group: false,
    example: "doubled: {expression: row_number() * 2, null: 5%}",
    read,
};

/// An expression and where its inputs come from.
#[derive(Clone)]
pub(crate) struct Formula {
    /// The expression.
    pub(crate) expression: Expression,
    /// The table's inputs by slot.
    pub(crate) inputs: Vec<InputId>,
}

impl std::fmt::Debug for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.expression)
    }
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let text = reading.arguments.expression("sql")?.ok_or_else(Fault::reported)?;
    of_text(reading.resolver, reading.table, &text)
}

/// The same from the short form, which has no arguments.
pub(crate) fn of_text(resolver: &mut Resolver, table: TableId, text: &Text) -> Result<Made, Fault> {
    let formula = resolver.formula(table, text)?;
    let (ty, nullable) = (formula.expression.ty().clone(), formula.expression.nullable());
    let (unique, dictionary) = resolver.passed_on(table, &formula);
    Ok(Made { nullable, unique, dictionary, ..Made::new(formula, ty) })
}

impl Formula {
    /// The input that it hands on as it is.
    pub(crate) fn passes_on(&self) -> Option<InputId> {
        self.inputs.get(self.expression.passes_on()?).copied()
    }

    /// The input that it hands on, perhaps as a number of another width.
    pub(crate) fn passes_on_number(&self) -> Option<InputId> {
        self.inputs.get(self.expression.passes_on_number()?).copied()
    }
}

impl Prepared for Formula {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let inputs = frame.inputs(&self.inputs)?;
        let array = self.expression.evaluate(&inputs, frame.len());
        let array = array.map_err(|message| frame.value_error(column, message))?;
        debug_assert_eq!(array.len(), frame.len());
        Ok(array)
    }

    fn explain(&self, _: &Shown) -> String {
        self.expression.to_string()
    }

    fn inputs(&self) -> Vec<InputId> {
        self.inputs.clone()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match (self.expression.constant(), self.passes_on()) {
            (Some(value), _) => Ends::Known(value),
            (None, Some(input)) => Ends::Of(Origin::Input(input)),
            (None, None) => Ends::Unknown,
        }
    }

    fn bounds(&self) -> (f64, f64) {
        self.expression
            .constant()
            .and_then(|value| as_number(&value))
            .map_or(ANY_NUMBER, |value| (value, value))
    }

    fn longest(&self) -> Option<u64> {
        longest_of(&self.expression.constant()?)
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Expression(self)
    }

    fn is_independent(&self) -> bool {
        self.expression.constant().is_some()
    }

    unknown!(highest, is_without_digits, rises_with, serial);
}

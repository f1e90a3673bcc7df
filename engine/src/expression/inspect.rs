//! What can be told of an expression without evaluating it.

use std::fmt;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};

use super::Template;
use super::tree::{Contract, Expression, Form, Node};
use crate::types::Type;

/// A piece of a template.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'t> {
    /// The same text in every row.
    Literal(&'t Expression),
    /// An expression, printed as text.
    Expression(&'t Expression),
}

impl Expression {
    /// The slot whose values it hands on unchanged, when that is all it does.
    pub fn passes_on(&self) -> Option<usize> {
        match &self.node {
            Node::Input { slot, .. } => Some(*slot),
            _ => None,
        }
    }

    /// The slot whose whole numbers it hands on, perhaps in another width.
    pub fn passes_on_number(&self) -> Option<usize> {
        match &self.node {
            Node::Call(call) => match (&call.form, &call.arguments[..]) {
                (Form::Cast(to), [of]) if to.is_integer() && of.ty.is_integer() => of.passes_on(),
                _ => None,
            },
            _ if self.ty.is_integer() => self.passes_on(),
            _ => None,
        }
    }

    /// The slot of a number that it fills up with zeros on the left, and the length that it comes to.
    pub fn zero_padded(&self) -> Option<(usize, usize)> {
        let Node::Call(call) = &self.node else { return None };
        let (Form::Function("lpad"), [number, length, fill]) = (&call.form, &call.arguments[..]) else {
            return None;
        };
        let length = length.constant()?;
        let length = usize::try_from(length.as_primitive_opt::<Int32Type>()?.value(0)).ok()?;
        let slot = match &number.node {
            Node::Call(cast) => match (&cast.form, &cast.arguments[..]) {
                (Form::Cast(Type::Text), [of]) if of.ty.is_integer() => of.passes_on_number()?,
                _ => return None,
            },
            _ => return None,
        };
        (fill.constant_text()? == "0").then_some((slot, length))
    }

    /// The texts that it can give, each once, when there are at most `most`: it chooses among constants and among inputs
    /// whose texts `of_slot` knows.
    pub fn texts(
        &self,
        most: usize,
        of_slot: &mut impl FnMut(usize) -> Option<Vec<String>>,
    ) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut open = vec![self];
        while let Some(expression) = open.pop() {
            match &expression.node {
                Node::Constant { value, .. } if value.is_null(0) => {}
                Node::Constant { .. } => parts.push(vec![expression.constant_text()?]),
                Node::Input { slot, .. } => parts.push(of_slot(*slot)?),
                Node::Case(case) => {
                    open.push(&case.otherwise);
                    open.extend(case.branches.iter().rev().map(|(_, result)| result));
                }
                Node::Coalesce(values) => open.extend(values.iter().rev()),
                Node::Call(_) | Node::Logic { .. } => return None,
            }
        }
        let mut texts: Vec<String> = Vec::new();
        for text in parts.into_iter().flatten() {
            if !texts.contains(&text) {
                texts.push(text);
            }
            if texts.len() > most {
                return None;
            }
        }
        Some(texts)
    }

    /// Whether its instants are never after one, as far as this can be seen; `of_slot` tells the same of its inputs.
    pub fn never_after(&self, instant: i64, of_slot: &mut impl FnMut(usize) -> bool) -> bool {
        match &self.node {
            Node::Constant { value, .. } => {
                value.is_null(0)
                    || value
                        .as_primitive_opt::<TimestampMicrosecondType>()
                        .is_some_and(|value| value.value(0) <= instant)
            }
            Node::Input { slot, .. } => of_slot(*slot),
            Node::Case(case) => {
                let mut results = case.branches.iter().map(|(_, result)| result).chain([&case.otherwise]);
                results.all(|result| result.never_after(instant, of_slot))
            }
            Node::Coalesce(values) => values.iter().all(|value| value.never_after(instant, of_slot)),
            Node::Call(call) => match call.form {
                // NULL is left out of them, and one of the others may be the only one.
                Form::Function("least") => call
                    .arguments
                    .iter()
                    .any(|value| !value.nullable() && value.never_after(instant, of_slot)),
                Form::Function("greatest") => {
                    call.arguments.iter().all(|value| value.never_after(instant, of_slot))
                }
                _ => false,
            },
            Node::Logic { .. } => false,
        }
    }

    /// The slots whose values it takes as names of zones in every row, whatever other values are.
    pub fn zones(&self) -> Vec<usize> {
        let mut slots = Vec::new();
        self.collect_zones(&mut slots);
        slots
    }

    fn collect_zones(&self, slots: &mut Vec<usize>) {
        match &self.node {
            Node::Constant { .. } | Node::Input { .. } => {}
            Node::Call(call) => {
                let zone = match call.form {
                    Form::Function("timezone") => call.arguments.first(),
                    Form::Function("in_fold" | "next_to_gap" | "hours_of_day") => call.arguments.get(1),
                    Form::Function("date_trunc") => call.arguments.get(2),
                    _ => None,
                };
                slots.extend(zone.and_then(Self::passes_on));
                call.arguments.iter().for_each(|argument| argument.collect_zones(slots));
            }
            // What stands behind a condition is not computed in every row.
            Node::Logic { sides, .. } => sides[0].collect_zones(slots),
            Node::Case(case) => {
                case.branches.iter().take(1).for_each(|(condition, _)| condition.collect_zones(slots));
            }
            Node::Coalesce(values) => values.iter().take(1).for_each(|value| value.collect_zones(slots)),
        }
    }

    /// Whether it chooses among constant texts, so that its values are best held as a dictionary.
    pub fn is_dictionary(&self) -> bool {
        match &self.node {
            Node::Case(case) => case.constants.is_some(),
            _ => false,
        }
    }
}

impl Template {
    /// The pieces in order.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        match &self.text().node {
            Node::Call(call)
                if call.contract == Contract::Native && matches!(call.form, Form::Infix("||")) =>
            {
                call.arguments.iter().map(piece).collect()
            }
            _ => vec![piece(self.text())],
        }
    }
}

fn piece(expression: &Expression) -> Piece<'_> {
    match expression.constant() {
        Some(_) => Piece::Literal(expression),
        None => Piece::Expression(expression),
    }
}

impl Piece<'_> {
    /// The text of a literal.
    pub fn literal(&self) -> Option<String> {
        match self {
            Self::Literal(expression) => expression.constant_text(),
            Self::Expression(_) => None,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text())
    }
}

//! What can be told of an expression without evaluating it.

use std::fmt;

use super::Template;
use super::tree::{Contract, Expression, Form, Node};

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

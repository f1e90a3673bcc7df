//! SQL expressions over the columns of a row.
//!
//! An expression has three forms: the text is *parsed* (`source`), *compiled* once against names and types
//! into a typed tree (`compile`), and the tree is *evaluated* per batch on Arrow arrays (`tree`). PostgreSQL's
//! semantics are the reference: three-valued logic, integer division that truncates, implicit conversions that only
//! widen, text literals that adapt to the other side. What differs from PostgreSQL stands in `README.md` of this
//! folder.
//!
//! A subtree without inputs is computed while compiling, so that `1 / 0` is a fault with a place in the scenario and
//! not a failed run. What remains for [`Expression::evaluate`] are errors of values: an overflow, a division by a
//! column that holds zero.
//!
//! This module knows no tables: a [`Scope`] says what names stand for, as slots of the inputs it will hand over.

mod calls;
mod cast;
mod choose;
mod compile;
mod decimal;
mod function;
mod kernel;
mod literal;
mod names;
mod operator;
mod print;
mod quoting;
mod postgresql;
mod inspect;
mod show;
mod source;
mod template;
mod tree;
mod zones;

#[cfg(test)]
mod tests;

use arrow::array::ArrayRef;
use sqlparser::ast;

use crate::error::{Fault, Span};
use crate::types::Type;

pub(crate) use kernel::{check_length, spend_spelled_out};
pub(crate) use zones::Zones;

pub use function::{FunctionDoc, functions};
pub use inspect::Piece;
pub use postgresql::for_postgresql;
pub(crate) use source::path_of;
pub use source::{Name, Source, names_in, parse};
/// The syntax of an expression, as [`parse`] gives it.
pub use sqlparser::ast::Expr as Ast;
pub use template::Template;
pub use tree::Expression;

/// What a name stands for.
pub enum Operand {
    /// The array that will be at index `slot` of the inputs.
    Input {
        /// Index into the inputs of [`Expression::evaluate`].
        slot: usize,
        /// The type of the array.
        ty: Type,
        /// Whether the array may hold NULL.
        nullable: bool,
    },
    /// The same value in every row, as an array of length one.
    Constant(ArrayRef, Type),
}

/// Functions without arguments that say where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `row_number()`: the number of the row in its table.
    Row,
    /// `ordinal()`: the number of the row among the children of its parent.
    Ordinal,
    /// `siblings()`: how many children its parent has.
    Siblings,
}

impl Position {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "row_number" => Self::Row,
            "ordinal" => Self::Ordinal,
            "siblings" => Self::Siblings,
            _ => return None,
        })
    }
}

/// Functions over the children of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// `sum(child.expression)`.
    Sum,
    /// `count(child)`, `count(child.expression)` or `count(*)`.
    Count,
    /// `min(child.expression)`.
    Min,
    /// `max(child.expression)`.
    Max,
    /// `avg(child.expression)`.
    Avg,
}

impl Total {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "count" => Self::Count,
            "min" => Self::Min,
            "max" => Self::Max,
            "avg" => Self::Avg,
            _ => return None,
        })
    }
}

/// A question to a lifecycle or a recurrence: `life.state_at(t)`, `tenants.life.at(t).until`.
pub struct Called<'a, 'b> {
    /// The names before the function's.
    pub path: &'a [Name],
    /// The function.
    pub function: &'a Name,
    /// What stands in the parentheses, not compiled yet.
    pub arguments: &'a [&'a ast::Expr],
    /// What stands behind a point after them.
    pub field: Option<&'a Name>,
    /// The text of the expression.
    pub source: &'a Source<'b>,
    /// Where the call stands.
    pub span: Span,
}

/// Functions over the siblings of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// `previous(expression)`: its value in the row before.
    Previous,
    /// `next(expression)`: its value in the row behind.
    Next,
    /// `running_sum(expression)` and others: a total over the rows up to this one.
    Running(Total),
}

impl Along {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "previous" => Self::Previous,
            "next" => Self::Next,
            _ => Self::Running(Total::named(name.strip_prefix("running_")?)?),
        })
    }
}

/// Gives names their meaning.
pub trait Scope {
    /// A column or what can be reached from it: `a`, `tenants.timezone`, `tenants.place.locale`.
    ///
    /// # Errors
    /// A fault at the span of the name when it is unknown or not visible here.
    fn name(&mut self, path: &[Name]) -> Result<Operand, Fault>;

    /// A parameter of the scenario: `$tenants`, its name without the dollar sign.
    ///
    /// # Errors
    /// A fault at the span of the name when there is no such parameter.
    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault>;

    /// Where the row stands.
    ///
    /// # Errors
    /// A fault when the table has no such position, as `ordinal()` in a root table.
    fn position(&mut self, which: Position, span: Span) -> Result<Operand, Fault>;

    /// `rows(table)`: how many rows a table has, a constant.
    ///
    /// # Errors
    /// A fault when there is no such table, or its rows are not known before they are counted.
    fn rows(&mut self, table: &Name) -> Result<Operand, Fault>;

    /// A total over child rows; `argument` is `None` for `count(*)`. The argument is not compiled yet, because its
    /// names belong to the child table; [`names_in`] tells which.
    ///
    /// # Errors
    /// A fault when the argument does not name one child table, or totals are not possible here.
    fn total(
        &mut self,
        total: Total,
        argument: Option<&ast::Expr>,
        source: &Source,
        span: Span,
    ) -> Result<Operand, Fault>;

    /// The answer of a lifecycle or a recurrence.
    ///
    /// # Errors
    /// A fault when there is none of that name, or it has no such answer.
    fn asked(&mut self, called: &Called) -> Result<Operand, Fault> {
        let name = called.path.last().unwrap_or(called.function);
        Err(Fault::at(name.span, format!("no `{}` here", name.text)))
    }

    /// A value of a sibling, or a total over the siblings up to this row; `argument` is `None` for `running_count(*)`. The
    /// argument is not compiled yet: it is worked out in other rows.
    ///
    /// # Errors
    /// A fault where the rows have no siblings, or no such total is possible; by default always.
    fn along(&mut self, _: Along, _: Option<&ast::Expr>, _: &Source, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "no other rows here"))
    }

    /// The names of tables and columns, for hints about those that have to be quoted.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

//! The operators: which types they take, and their loops.

mod arithmetic;
mod comparison;
mod decimal;
mod moment;

use super::tree::Expression;
use crate::error::Span;

pub(super) use arithmetic::{Arithmetic, arithmetic, negate};
pub(super) use comparison::{
    Comparison, Test, comparable, compare, compare_values, distinct, in_constants, not, test,
};

/// An operand and where it stands.
pub(super) type Placed = (Expression, Span);

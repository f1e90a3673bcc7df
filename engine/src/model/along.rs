//! What an expression reads of the row's siblings: `previous(x)`, `next(x)`, `running_sum(x)` and others.

use sqlparser::ast;

use super::scope::{TableScope, total_name, total_type};
use super::{Column, Input, Side, TotalKind};
use crate::error::{Fault, Span};
use crate::expression::{Along, Expression, Operand, Source, Total};
use crate::generators::Formula;
use crate::ids::ColumnId;
use crate::types::Type;

impl TableScope<'_, '_> {
    /// A value of a sibling, or a total over the siblings up to this row.
    pub(super) fn read_along(
        &mut self,
        along: Along,
        argument: Option<&ast::Expr>,
        source: &Source,
        span: Span,
    ) -> Result<Operand, Fault> {
        let has_parent = self.resolver.count_of(self.table)?.is_some();
        let (name, total) = match along {
            Along::Previous => return self.neighbour(Side::Before, argument, source),
            Along::Next => return self.neighbour(Side::Behind, argument, source),
            Along::Running(total) => (format!("running_{}", total_name(total)), total),
        };
        if !has_parent {
            let table = &self.resolver.drafts[self.table].name.text;
            return Err(Fault::at(span, format!("the rows of `{table}` have no parent")).hint(format!(
                "`{name}` runs over the children of one parent: it needs a table with `per:`"
            )));
        }
        let Some(argument) = argument else {
            return Ok(Operand::Input { slot: self.slot(Input::Ordinal), ty: Type::BigInt, nullable: false });
        };
        let formula = self.argument(argument, source)?;
        let (ty, may_be_null) = (formula.expression.ty().clone(), formula.expression.nullable());
        let result = total_type(total, &ty).ok_or_else(|| {
            Fault::at(span, format!("`{name}` of {ty}"))
                .hint("totals are over numbers; min and max also over dates and instants")
        })?;
        let (formula, ty) = match total {
            // Sums run in the type of the result, so that they cannot overflow earlier.
            Total::Sum | Total::Avg => {
                (Formula { expression: formula.expression.cast_to(&result, span)?, ..formula }, &result)
            }
            _ => (formula, &ty),
        };
        let column = self.column_of(&name, formula, ty);
        let slot = self.slot(Input::Running { total: TotalKind::from(total), column });
        Ok(Operand::Input { slot, ty: result, nullable: may_be_null && total != Total::Count })
    }

    fn neighbour(
        &mut self,
        side: Side,
        argument: Option<&ast::Expr>,
        source: &Source,
    ) -> Result<Operand, Fault> {
        let formula = self.argument(argument.ok_or_else(Fault::reported)?, source)?;
        let ty = formula.expression.ty().clone();
        let name = match side {
            Side::Before => "previous",
            Side::Behind => "next",
        };
        let column = self.column_of(name, formula, &ty);
        Ok(Operand::Input { slot: self.slot(Input::Neighbour { side, column }), ty, nullable: true })
    }

    /// What is read in other rows, over the names of this scope.
    fn argument(&mut self, argument: &ast::Expr, source: &Source) -> Result<Formula, Fault> {
        let mut scope = self.inner();
        scope.resolver.dependencies.enter_other_rows();
        let compiled = Expression::compile_ast(argument, source, &mut scope);
        let inputs = scope.inputs;
        self.resolver.dependencies.leave_other_rows();
        Ok(Formula { expression: compiled?, inputs })
    }

    /// The column that holds the argument: one that is there, or a hidden one.
    fn column_of(&mut self, name: &str, formula: Formula, ty: &Type) -> ColumnId {
        let handed_on = formula.passes_on().map(|input| &self.resolver.drafts[self.table].inputs[input]);
        if let Some(Input::Column { hops, column }) = handed_on
            && hops.is_empty()
        {
            return *column;
        }
        let nullable = formula.expression.nullable();
        let hidden = Column { nullable, ..Column::hidden(format!("{name}(…)"), ty.clone(), formula) };
        self.resolver.drafts.add_hidden(self.table, hidden)
    }
}

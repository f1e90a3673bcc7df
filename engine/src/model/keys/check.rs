//! `check:`: conditions over the written columns of a row.

use sqlparser::ast;

use super::{Check, Keys, KeysOf};
use crate::error::{Fault, Faults, Span};
use crate::expression::{Along, Expression, Name, Operand, Position, Scope, Source, Total, for_postgresql};
use crate::ids::{ColumnId, TableId};
use crate::model::drafts::Drafts;
use crate::scenario::Text;
use crate::types::Type;

impl KeysOf<'_> {
    /// Adds the checks that are written.
    pub(super) fn checks_of(&mut self, t: TableId, keys: &mut Keys) {
        if self.drafts[t].faulty {
            return;
        }
        for text in &self.scenario.tables[t].keys.checks {
            let check = self.check(t, text);
            keys.checks.extend(self.faults.keep(check));
        }
    }

    fn check(&self, t: TableId, text: &Text) -> Result<Check, Fault> {
        let source = Source { text: &text.text, span: text.span, exact: text.exact };
        let (drafts, faults) = (&*self.drafts, &*self.faults);
        let mut scope = WrittenScope { drafts, faults, table: t, columns: Vec::new() };
        let expression = Expression::compile(&source, &mut scope)?;
        if *expression.ty() != Type::Boolean {
            return Err(Fault::at(text.span, "`check`: expected a condition")
                .label(format!("found {}", expression.ty()))
                .hint("compare something, as in `closed_at >= created_at`"));
        }
        let mut columns = scope.columns;
        columns.sort_unstable();
        Ok(Check { sql: for_postgresql(&source)?, columns })
    }
}

/// A scope that knows the written columns of one row and nothing else.
struct WrittenScope<'m> {
    drafts: &'m Drafts,
    faults: &'m Faults,
    table: TableId,
    /// The columns that have been named, by slot.
    columns: Vec<ColumnId>,
}

const OWN_ROW: &str = "a check sees the columns of its own row";

impl Scope for WrittenScope<'_> {
    fn name(&mut self, path: &[Name]) -> Result<Operand, Fault> {
        let draft = &self.drafts[self.table];
        let [name] = path else {
            let shown: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
            let span = Span::new(path[0].span.start, path[path.len() - 1].span.end);
            return Err(Fault::at(span, format!("`{}` leads to another row", shown.join("."))).hint(OWN_ROW));
        };
        let Some(c) = draft.position(|c| c.name == name.text) else {
            let known = || draft.columns.iter().filter(|c| c.written).map(|c| c.name.clone()).collect();
            let hint = match name.text.as_str() {
                "as_of" | "since" => Some("a check holds at any time: leave it out".to_owned()),
                _ => self.faults.guess(&name.text, known, OWN_ROW),
            };
            let fault = Fault::at(name.span, format!("`check`: unknown column `{}`", name.text));
            return Err(fault.maybe_hint(hint));
        };
        if !draft.columns[c].written {
            return Err(super::not_written(name.span, "check", &name.text));
        }
        let column = self.drafts.done(self.table, c)?;
        let slot = self.columns.iter().position(|&known| known == c).unwrap_or_else(|| {
            self.columns.push(c);
            self.columns.len() - 1
        });
        Ok(Operand::Input { slot, ty: column.ty.clone(), nullable: column.nullable })
    }

    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault> {
        Err(Fault::at(name.span, "a parameter cannot stand in a check").hint("write its value"))
    }

    fn position(&mut self, _: Position, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "the position of a row cannot stand in a check").hint(OWN_ROW))
    }

    fn rows(&mut self, table: &Name) -> Result<Operand, Fault> {
        Err(Fault::at(table.span, "the number of rows cannot stand in a check").hint(OWN_ROW))
    }

    fn along(&mut self, _: Along, _: Option<&ast::Expr>, _: &Source, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "other rows cannot stand in a check").hint(OWN_ROW))
    }

    fn total(&mut self, _: Total, _: Option<&ast::Expr>, _: &Source, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "a total cannot stand in a check").hint(OWN_ROW))
    }
}

//! Cases: which rows of which table have a name.

use super::resolve::Resolver;
use super::{Case, CaseRows, Column};
use crate::error::Fault;
use crate::ids::{ColumnId, TableId};
use crate::scenario::cases::{CaseRows as Written, Row};
use crate::scenario::{Node, Text};
use crate::types::Type;

/// How many keys of a case are listed when nothing is said.
const LISTED: i64 = 10;
/// The most keys that a case lists.
const MOST_LISTED: i64 = 1000;
/// The most rows that a case can ask for.
const MOST_ROWS: i64 = super::MAX_ROWS.cast_signed();

/// A case of which little is known.
pub(super) struct Named<'s> {
    pub(super) name: &'s str,
    /// Its table, if there is one.
    pub(super) table: Option<TableId>,
    /// What is said of it, if it is one row.
    pub(super) row: Option<&'s Row>,
}

impl Resolver<'_> {
    /// The cases of the scenario. Each condition becomes a hidden column of its table, and each pin a value of a column.
    pub(super) fn cases(&mut self) -> Vec<Case> {
        let scenario = self.scenario;
        let named = scenario.cases.iter().map(|written| {
            let table = self.table_named(&written.table);
            let row = match &written.rows {
                Written::Row(row) => Some(row),
                Written::Where { .. } => None,
            };
            Named { name: &written.name.text, table: self.faults.keep(table), row }
        });
        // Cases are numbered as they are written.
        let named: Vec<Named> = named.collect();
        let mut cases = Vec::with_capacity(named.len());
        for (case, written) in named.iter().zip(&scenario.cases) {
            let Some(table) = case.table else { continue };
            let rows = match &written.rows {
                Written::Row(row) => self.row_of_case(&named, table, row),
                Written::Where { condition, at_least, list } => {
                    self.found(table, case.name, condition, at_least.as_ref(), list.as_ref())
                }
            };
            let (name, about) = (written.name.text.clone(), written.about.clone());
            cases.extend(self.faults.keep(rows).map(|rows| Case { name, about, table, rows }));
        }
        for (number, case) in named.iter().enumerate() {
            if let (Some(table), Some(row)) = (case.table, case.row) {
                self.pin(&named, number, table, row);
            }
        }
        if cases.len() == named.len() {
            self.check_pins(&cases);
        }
        cases
    }

    /// Rows that are found.
    fn found(
        &mut self,
        table: TableId,
        case: &str,
        condition: &Text,
        at_least: Option<&Node>,
        list: Option<&Node>,
    ) -> Result<CaseRows, Fault> {
        let condition = self.condition(table, case, condition);
        let mut whole = |node: Option<&Node>, what: &str, least, most, otherwise: i64| {
            let number = node.map_or(Ok(otherwise), |node| self.constants.whole(node, what, least, most));
            self.faults.keep(number).map_or(0, i64::unsigned_abs)
        };
        let at_least = whole(at_least, "at least", 0, MOST_ROWS, 1);
        let listed = whole(list, "list", 0, MOST_LISTED, LISTED);
        Ok(CaseRows::Where { condition: condition?, at_least, listed })
    }

    /// The hidden column that tells for which rows a condition holds.
    fn condition(&mut self, table: TableId, case: &str, text: &Text) -> Result<ColumnId, Fault> {
        if self.drafts[table].faulty {
            return Err(Fault::reported());
        }
        let formula = self.formula(table, text)?;
        if *formula.expression.ty() != Type::Boolean {
            return Err(Fault::at(text.span, "`where`: expected a condition")
                .label(format!("found {}", formula.expression.ty()))
                .hint("write a comparison, as in `where: amount > 1000`"));
        }
        let hidden =
            Column { nullable: true, ..Column::hidden(format!("case {case}"), Type::Boolean, formula) };
        Ok(self.drafts.add_hidden(table, hidden))
    }
}

//! Cases: which rows of which table have a name.

use super::resolve::Resolver;
use super::{Case, CaseRows, Column};
use crate::error::Fault;
use crate::ids::TableId;
use crate::scenario::cases::{self, CaseRows as Written};
use crate::scenario::{Node, Text};
use crate::types::Type;

/// How many keys of a case are listed when nothing is said.
const LISTED: i64 = 10;
/// The most keys that a case lists.
const MOST_LISTED: i64 = 1000;
/// The most rows that a case can ask for.
const MOST_ROWS: i64 = super::MAX_ROWS.cast_signed();

impl Resolver<'_> {
    /// The cases of the scenario. Each condition becomes a hidden column of its table.
    pub(super) fn cases(&mut self) -> Vec<Case> {
        let scenario = self.scenario;
        let cases = scenario.cases.iter().filter_map(|written| {
            let case = self.case(written);
            self.faults.keep(case)
        });
        cases.collect()
    }

    fn case(&mut self, written: &cases::Case) -> Result<Case, Fault> {
        let table = self.table_named(&written.table)?;
        let Written::Where { condition, at_least, list } = &written.rows;
        let name = written.name.text.clone();
        let condition = self.condition(table, &name, condition);
        let mut whole = |node: &Option<Node>, what: &str, least, most, otherwise: i64| {
            let number = node.as_ref().map_or(Ok(otherwise), |n| self.constants.whole(n, what, least, most));
            self.faults.keep(number).map_or(0, i64::unsigned_abs)
        };
        let at_least = whole(at_least, "at least", 0, MOST_ROWS, 1);
        let listed = whole(list, "list", 0, MOST_LISTED, LISTED);
        let rows = CaseRows::Where { condition: condition?, at_least, listed };
        Ok(Case { name, about: written.about.clone(), table, rows })
    }

    /// The hidden column that tells for which rows a condition holds.
    fn condition(&mut self, table: TableId, case: &str, text: &Text) -> Result<crate::ids::ColumnId, Fault> {
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

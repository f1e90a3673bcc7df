//! The lives of one row: its steps through the states of each lifecycle.

use std::ops::Range;

use crate::error::ValueError;
use crate::generators::{Recipe, life_of};
use crate::ids::{ColumnId, TableId};
use crate::plan::Plan;
use crate::rows::{Frame, Rows};

/// The life of a row in one of its lifecycles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeOfRow {
    /// The name of the lifecycle.
    pub name: String,
    /// Its steps, in the order of time; none where it has not begun.
    pub steps: Vec<LifeStep>,
}

/// A step of a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeStep {
    /// When, microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// The state entered.
    pub state: String,
    /// Why.
    pub because: Option<String>,
}

impl Plan {
    /// The lives of a row, in the order of its table's lifecycles.
    ///
    /// # Errors
    /// A value that cannot be made, or a row that is not there.
    pub fn lives(&self, table: TableId, row: u64) -> Result<Vec<LifeOfRow>, ValueError> {
        self.check_table(table)?;
        let row: Range<u64> = row..self.rows_up_to(table, row.saturating_add(1))?.min(row.saturating_add(1));
        if row.is_empty() {
            return Ok(Vec::new());
        }
        let frame = Frame::new(self, table, Rows::Range(row));
        let columns = ColumnId::enumerate(&self.model.tables[table].columns);
        let lives = columns.filter_map(|(c, column)| match &column.recipe {
            Recipe::Lives(lives) => Some((c, lives)),
            _ => None,
        });
        lives
            .map(|(c, lives)| {
                let (life, rule) = (frame.column(c)?, lives.rule());
                let steps = life_of(&life).steps().map(|step| LifeStep {
                    at: step.at,
                    state: rule.states[usize::from(step.state)].name.clone(),
                    because: usize::from(step.reason).checked_sub(1).map(|place| rule.reasons[place].clone()),
                });
                Ok(LifeOfRow { name: lives.name().to_owned(), steps: steps.collect() })
            })
            .collect()
    }
}

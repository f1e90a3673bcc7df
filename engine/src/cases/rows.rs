//! Where the rows of cases are.

use crate::error::ValueError;
use crate::model::CaseRows;
use crate::plan::Plan;

impl Plan {
    /// The row of a case that is one row, from 0. It may be that the table has fewer; of a child of a case this is known.
    pub(crate) fn case_row(&self, case: usize) -> Result<u64, ValueError> {
        if let Some(row) = self.case_rows[case].get() {
            return Ok(*row);
        }
        let described = &self.model.cases[case];
        let row = match described.rows {
            CaseRows::Where { .. } => return Err(self.case_error(case, "it is not one row".to_owned())),
            CaseRows::Row { row } => row,
            CaseRows::Child { of, ordinal } => {
                let parent = self.case_row(of)?;
                let (parents, of) = (self.model.cases[of].table, &self.model.cases[of].name);
                // Counting goes no further than that row.
                if self.rows_up_to(parents, parent.saturating_add(1))? <= parent {
                    return Err(self.case_error(case, format!("case `{of}` has no row")));
                }
                let siblings = &self.children(described.table, &[parent])?[0];
                let row = siblings.start.saturating_add(ordinal - 1);
                if row >= siblings.end {
                    let there = siblings.end - siblings.start;
                    let there = if there == 1 { "1 row".to_owned() } else { format!("{there} rows") };
                    let message = format!("case `{of}` has {there} here, and this is row {ordinal} of them");
                    return Err(self.case_error(case, message));
                }
                row
            }
        };
        // Another thread may have found the same.
        let _ = self.case_rows[case].set(row);
        Ok(row)
    }

    /// An error of a case.
    pub(crate) fn case_error(&self, case: usize, message: String) -> ValueError {
        let case = &self.model.cases[case];
        self.error_of(case.table, format!("case `{}`: {message}", case.name))
    }
}

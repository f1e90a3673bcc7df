//! Rows that have a name: how many there are, and the keys of the first.
//!
//! A case is found while the batches of its table are made. What is found depends on the rows that were made and on nothing else:
//! not on the batches, nor on the order in which threads make them.

mod key;
mod guard;
mod rows;

pub use key::RowKey;
pub(crate) use key::columns_of_key;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use arrow::array::{Array, AsArray, BooleanArray};
use rayon::prelude::*;

use guard::Guard;

use crate::batch::{ROWS_PER_BATCH, Widths};
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::{Case, CaseRows};
use crate::plan::Plan;
use crate::rows::{Frame, Rows};

/// Finds the cases of some tables among the rows that are made.
///
/// ```
/// use seedbed_engine::{Finder, Plan, Settings, TableId};
///
/// let scenario = "
/// tables:
///   t: {rows: 100, columns: {id: serial}}
/// cases:
///   round: {in: t, where: id % 10 = 0, list: 2}
/// ";
/// let plan = Plan::compile(scenario, &Settings::default())?;
/// let finder = Finder::new(&plan, &[TableId::new(0)]);
/// finder.look_through(&plan)?;
/// let found = &finder.found(&plan)?[0];
/// assert_eq!((found.rows, found.keys[1].to_string().as_str()), (10, "{\"id\": 20}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Finder {
    cases: Vec<Search>,
    guards: Vec<Guard>,
    /// By the number of the table: how many rows are looked at together, where there are cases.
    rows_at_once: Vec<u64>,
}

/// A case that is looked for.
#[derive(Debug)]
struct Search {
    /// Its number among those of the plan.
    case: usize,
    table: TableId,
    rows: Sought,
    /// The keys of how many are listed.
    listed: usize,
    found: Mutex<Found>,
}

/// Which rows are looked for.
#[derive(Clone, Copy, Debug)]
enum Sought {
    /// Those for which a column is true.
    Where(ColumnId),
    /// The row of the case.
    One,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    rows: u64,
    /// The numbers of the first rows, in ascending order.
    first: Vec<u64>,
}

/// What some rows hold of the cases of their table.
pub(crate) struct Hits(Vec<(usize, Found)>);

/// A case and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCase {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// The name of its table.
    pub table: String,
    /// How many rows were found.
    pub rows: u64,
    /// How many there have to be.
    pub at_least: u64,
    /// The number of the row, from 1, if the case is one row.
    pub row: Option<u64>,
    /// The keys of the first of them, in the order of the rows.
    pub keys: Vec<RowKey>,
}

/// A case of which too few rows were found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("case `{name}`: {}", too_few(self))]
pub struct TooFew {
    /// Its name.
    pub name: String,
    /// The name of its table.
    pub table: String,
    /// How many rows were found.
    pub rows: u64,
    /// How many there have to be.
    pub at_least: u64,
    /// The number of the row, from 1, if the case is one row.
    pub row: Option<u64>,
}

impl TooFew {
    /// The way out.
    pub const HINT: &str = "make more rows, change what they hold, or lower `at least`";
}

fn too_few(TooFew { table, rows, at_least, row, .. }: &TooFew) -> String {
    let found = match (row, rows) {
        (Some(row), _) => return format!("there is no row {row} of `{table}`"),
        (None, 0) => "no row".to_owned(),
        (None, 1) => "1 row".to_owned(),
        (None, rows) => format!("{rows} rows"),
    };
    format!("found {found} of `{table}`, expected at least {at_least}")
}

impl Finder {
    /// Looks for the cases of some tables, and sees that what is pinned in a unique column occurs once.
    pub fn new(plan: &Plan, tables: &[TableId]) -> Self {
        let is_asked = |case: &Case| tables.contains(&case.table);
        Self::with_guards(plan, is_asked, Guard::all(plan, tables))
    }

    /// Looks for some cases.
    pub fn of_cases(plan: &Plan, is_asked: impl Fn(&Case) -> bool) -> Self {
        Self::with_guards(plan, is_asked, Vec::new())
    }

    fn with_guards(plan: &Plan, is_asked: impl Fn(&Case) -> bool, guards: Vec<Guard>) -> Self {
        let asked = plan.model.cases.iter().enumerate().filter(|(_, case)| is_asked(case));
        let cases: Vec<Search> = asked.map(|(number, case)| Search::of(number, case)).collect();
        let rows_at_once = plan.tables().map(|table| {
            let conditions =
                cases.iter().filter(|search| search.table == table).filter_map(Search::condition);
            let guarded = guards.iter().filter(|guard| guard.table == table).map(|guard| guard.column);
            let columns: Vec<ColumnId> = conditions.chain(guarded).collect();
            match columns[..] {
                [] => ROWS_PER_BATCH,
                _ => Widths::of(plan, table, &columns).rows_at_once(),
            }
        });
        let rows_at_once = rows_at_once.collect();
        Self { cases, guards, rows_at_once }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The tables that are looked at.
    pub fn tables(&self) -> Vec<TableId> {
        let mut tables: Vec<TableId> = self.cases.iter().map(|search| search.table).collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    /// Looks through all rows of the tables, with the threads at hand; nothing is made of them but the conditions. Of a table in which
    /// no condition holds anything, only the rows of cases are looked at.
    ///
    /// # Errors
    /// A value that cannot be computed.
    pub fn look_through(&self, plan: &Plan) -> Result<(), ValueError> {
        for table in self.tables() {
            let of_table = || self.cases.iter().filter(|search| search.table == table);
            if of_table().any(|search| search.condition().is_some()) {
                let (rows, at_once) = (plan.rows(table)?, self.rows_at_once[table.index()]);
                (0..rows.div_ceil(at_once)).into_par_iter().try_for_each(|i| {
                    self.look_at(plan, table, i * at_once..((i + 1) * at_once).min(rows))
                })?;
                continue;
            }
            let rows =
                of_table().map(|search| plan.case_row(search.case)).collect::<Result<BTreeSet<_>, _>>()?;
            for row in rows {
                if plan.rows_up_to(table, row.saturating_add(1))? > row {
                    self.look_at(plan, table, row..row + 1)?;
                }
            }
        }
        Ok(())
    }

    fn look_at(&self, plan: &Plan, table: TableId, rows: Range<u64>) -> Result<(), ValueError> {
        let look = |rows| self.look(&Frame::new(plan, table, Rows::Range(rows)));
        let hits = look(rows.clone())
            .map_err(|error| plan.first_error(table, rows, error, &|rows| look(rows).map(drop)))?;
        self.note(hits);
        Ok(())
    }

    /// What a run of rows holds of the cases. Nothing is noted.
    pub(crate) fn look(&self, frame: &Frame) -> Result<Hits, ValueError> {
        let searches = self.cases.iter().enumerate().filter(|(_, search)| search.table == frame.table);
        let mut hits: Vec<(usize, Found)> = searches.map(|(i, _)| (i, Found::default())).collect();
        if hits.is_empty() {
            return Ok(Hits(hits));
        }
        let at_once = usize::try_from(self.rows_at_once[frame.table.index()]).unwrap_or(usize::MAX);
        if frame.len() <= at_once {
            self.look_into(frame, &mut hits)?;
            return Ok(Hits(hits));
        }
        // What conditions read may be wider than what is written.
        for start in (0..frame.len()).step_by(at_once) {
            let rows = frame.rows.slice(start..(start + at_once).min(frame.len()));
            self.look_into(&Frame::new(frame.plan, frame.table, rows), &mut hits)?;
        }
        Ok(Hits(hits))
    }

    fn look_into(&self, frame: &Frame, hits: &mut [(usize, Found)]) -> Result<(), ValueError> {
        for (i, found) in hits {
            let search = &self.cases[*i];
            let Sought::Where(condition) = search.rows else {
                let row = frame.plan.case_row(search.case)?;
                // Rows that are looked at are runs.
                if matches!(&frame.rows, Rows::Range(rows) if rows.contains(&row)) {
                    found.first.push(row);
                    found.rows += 1;
                }
                continue;
            };
            let holds = frame.column(condition)?;
            let holds = holding(holds.as_boolean());
            found.rows += holds.true_count() as u64;
            let wanted = search.listed.saturating_sub(found.first.len());
            if wanted > 0 {
                let rows = frame.rows.iter().zip(&holds).filter(|(_, holds)| *holds == Some(true));
                found.first.extend(rows.map(|(row, _)| row).take(wanted));
            }
        }
        self.guards.iter().filter(|guard| guard.table == frame.table).try_for_each(|guard| guard.check(frame))
    }

    /// Notes what was found in some rows; each row is noted once.
    pub(crate) fn note(&self, hits: Hits) {
        for (i, hits) in hits.0.into_iter().filter(|(_, hits)| hits.rows > 0) {
            let mut found = self.cases[i].lock();
            found.rows += hits.rows;
            found.first.extend(hits.first);
            found.first.sort_unstable();
            found.first.truncate(self.cases[i].listed);
        }
    }

    /// What was found, in the order of the scenario.
    ///
    /// # Errors
    /// A key that cannot be computed.
    pub fn found(&self, plan: &Plan) -> Result<Vec<FoundCase>, ValueError> {
        let found = self.cases.iter().map(|search| {
            let case = &plan.model.cases[search.case];
            let (rows, first) = {
                let found = search.lock();
                (found.rows, found.first.clone())
            };
            let keys = RowKey::of_rows(plan, case.table, &first)?;
            let (at_least, row) = match case.rows {
                CaseRows::Where { at_least, .. } => (at_least, None),
                CaseRows::Row { .. } | CaseRows::Child { .. } => (1, Some(plan.case_row(search.case)? + 1)),
            };
            let table = plan.model.tables[case.table].name.clone();
            let (name, about) = (case.name.clone(), case.about.clone());
            Ok(FoundCase { name, about, table, rows, at_least, row, keys })
        });
        found.collect()
    }
}

impl FoundCase {
    /// Whether too few rows were found, once all have been looked at.
    pub fn too_few(&self) -> Option<TooFew> {
        let Self { name, table, rows, at_least, row, .. } = self;
        let (name, table) = (name.clone(), table.clone());
        (rows < at_least).then_some(TooFew { name, table, rows: *rows, at_least: *at_least, row: *row })
    }
}

impl Search {
    fn of(number: usize, case: &Case) -> Self {
        let (rows, listed) = match case.rows {
            CaseRows::Where { condition, listed, .. } => {
                (Sought::Where(condition), usize::try_from(listed).unwrap_or(usize::MAX))
            }
            CaseRows::Row { .. } | CaseRows::Child { .. } => (Sought::One, 1),
        };
        Self { case: number, table: case.table, rows, listed, found: Mutex::default() }
    }

    fn condition(&self) -> Option<ColumnId> {
        match self.rows {
            Sought::Where(condition) => Some(condition),
            Sought::One => None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows for which a condition holds: NULL is no more than false.
fn holding(condition: &BooleanArray) -> BooleanArray {
    match condition.nulls() {
        Some(nulls) => BooleanArray::new(condition.values() & nulls.inner(), None),
        None => condition.clone(),
    }
}

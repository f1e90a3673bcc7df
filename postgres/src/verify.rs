//! Reads tables back and compares them with what the plan makes, whatever the order of their rows.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use seedbed_engine::Plan;
use seedbed_engine::compare::{Expected, Meter, Progress, TableVerification, Visit};

use crate::catalog::{self, ExistingTable};
use crate::connect::Target;
use crate::copy::{TableDecoder, TargetColumn, comparable};
use crate::error::Error;
use crate::load::count;
use crate::session::Session;
use crate::sql::{identifier, qualified};
use crate::stop::Stop;

/// Values that no scenario can make are named up to this number.
const MOST_FOREIGN: usize = 10;

/// A comparison that is asked for.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The numbers of the tables.
    pub tables: Vec<usize>,
    /// The schema that they belong to.
    pub schema: String,
    /// How many rows that differ are shown of each table.
    pub most_shown: usize,
}

/// Compares tables with a plan, and tells `progress` how far it is. All tables are read as they were at one moment.
///
/// # Errors
/// No connection, or tables that may not be read. A table that is missing or differs is no error.
pub fn verify(
    plan: &Plan,
    target: &Target,
    request: &VerifyRequest,
    pool: &rayon::ThreadPool,
    stop: &Stop,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<TableVerification>, Error> {
    count(plan, &request.tables, pool, stop)?;
    let session = Session::open(&Arc::new(target.clone()), stop)?;
    session.execute("begin reading", "begin isolation level repeatable read read only")?;
    let name = |table: usize| plan.model().tables[table].name.as_str();
    let names: Vec<&str> = request.tables.iter().map(|table| name(*table)).collect();
    let there = catalog::tables(&session, &request.schema, &names)?;
    let rows: Result<Vec<u64>, _> = request.tables.iter().map(|table| plan.rows(*table)).collect();
    let meter = Meter::new(rows?.iter().sum(), progress);
    let verified = request.tables.iter().map(|&table| {
        let Some(there) = there.iter().find(|there| there.name == name(table)) else {
            return Ok(TableVerification {
                table,
                problems: vec!["it is missing".to_owned()],
                comparison: None,
            });
        };
        if let Some(problem) = unreadable(there) {
            return Ok(TableVerification { table, problems: vec![problem.to_owned()], comparison: None });
        }
        let reading = match Reading::new(plan, table, there, &request.schema, &session) {
            Ok(reading) => reading,
            Err(problems) => return Ok(TableVerification { table, problems, comparison: None }),
        };
        reading.compare(plan, table, pool, request.most_shown, &meter)
    });
    verified.collect()
}

/// Why a table is not read, if it is not. What a view is made of runs with the rights of the role that reads it, whoever wrote it.
fn unreadable(there: &ExistingTable) -> Option<&'static str> {
    match there.relkind {
        'r' | 'p' | 'm' if there.row_security => Some(
            "row-level security hides rows from this role: connect as the owner of the table, or as a role that has BYPASSRLS",
        ),
        'r' | 'p' | 'm' => None,
        'v' => Some("it is a view, whose functions would run with the rights of this role"),
        'f' => Some("it is a foreign table, whose rows come from another server"),
        _ => Some("it is no table"),
    }
}

/// A table that is read.
struct Reading<'r> {
    session: &'r Session,
    name: String,
    columns: Vec<TargetColumn>,
    statement: String,
    rows_per_batch: usize,
    foreign: Mutex<Vec<String>>,
}

impl<'r> Reading<'r> {
    /// Brings a table of the plan and a table of the database together, or says what does not go together.
    fn new(
        plan: &Plan,
        table: usize,
        there: &ExistingTable,
        schema: &str,
        session: &'r Session,
    ) -> Result<Self, Vec<String>> {
        let arrow = plan.schema(table);
        let (mut columns, mut problems) = (Vec::new(), Vec::new());
        for (column, field) in plan.model().tables[table].written().zip(arrow.fields()) {
            match there.columns.iter().find(|there| there.name == column.name) {
                None => problems.push(format!("column `{}` is missing", column.name)),
                Some(there) => columns.push(TargetColumn {
                    name: column.name.clone(),
                    ty: column.ty.clone(),
                    arrow: field.data_type().clone(),
                    target: there.ty.clone(),
                }),
            }
        }
        problems.extend(crate::copy::misfits(&columns));
        if !problems.is_empty() {
            return Err(problems);
        }
        let selected: Vec<_> =
            columns.iter().map(|column| column.selected(&identifier(&column.name))).collect();
        let statement = format!(
            "copy (select {} from {}) to stdout (format binary)",
            selected.join(", "),
            qualified(schema, &there.name)
        );
        Ok(Self {
            session,
            name: there.name.clone(),
            columns,
            statement,
            rows_per_batch: plan.rows_per_batch(table) as usize,
            foreign: Mutex::default(),
        })
    }

    fn compare(
        self,
        plan: &Plan,
        table: usize,
        pool: &rayon::ThreadPool,
        most_shown: usize,
        meter: &Meter,
    ) -> Result<TableVerification, Error> {
        let adapt = |batch: RecordBatch| self.adapt(&batch);
        let expected = Expected::new(plan, table)?.adapted(&adapt).metered(meter);
        let comparison = pool.install(|| expected.compare(most_shown, |visit| self.read(visit)))?;
        drop(expected);
        let mut problems = self.foreign.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The table may have been read several times.
        problems.sort();
        problems.dedup();
        Ok(TableVerification { table, problems, comparison: Some(comparison) })
    }

    /// A batch of the plan as it comes back from the table.
    fn adapt(&self, batch: &RecordBatch) -> RecordBatch {
        let arrays = self.columns.iter().zip(batch.columns());
        let arrays: Result<Vec<ArrayRef>, Error> =
            arrays.map(|(column, array)| comparable(column, array)).collect();
        let arrays = arrays.expect("a batch of the plan has the columns of its table");
        let fields = self.columns.iter().zip(&arrays);
        let fields = fields.map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema, arrays, &options).expect("the fields are the arrays'")
    }

    /// Reads all rows.
    fn read(&self, visit: &Visit) -> Result<(), Error> {
        let doing = format!("read table `{}`", self.name);
        let mut decoder = TableDecoder::new(self.columns.clone())?;
        self.session.copy_out(&doing, &self.statement, |bytes| {
            decoder.push(&bytes)?;
            while decoder.rows() >= self.rows_per_batch {
                self.hand_over(&mut decoder, visit)?;
            }
            Ok(())
        })?;
        while decoder.rows() > 0 {
            self.hand_over(&mut decoder, visit)?;
        }
        decoder.finish()
    }

    fn hand_over(&self, decoder: &mut TableDecoder, visit: &Visit) -> Result<(), Error> {
        let Some(decoded) = decoder.take_batch(self.rows_per_batch)? else { return Ok(()) };
        if !decoded.foreign.is_empty() {
            let mut named = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
            for foreign in decoded.foreign {
                if named.len() < MOST_FOREIGN {
                    let column = &self.columns[foreign.column].name;
                    named.push(format!("column `{column}` holds {}, which no scenario makes", foreign.value));
                }
            }
        }
        visit(&decoded.batch).map_err(|error| Error::usage(error.to_string(), "please report this"))
    }
}

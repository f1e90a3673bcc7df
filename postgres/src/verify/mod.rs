//! Reads tables back and compares them with what the plan makes, whatever the order of their rows.

mod checks;
mod speller;

pub use checks::{CheckResult, Outcome};

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{Field, Schema};
use seedbed_engine::compare::{Expected, Meter, Progress, TableVerification, Uncompared, Visit};
use seedbed_engine::scenario::checks::Check;
use seedbed_engine::types::Type;
use seedbed_engine::{Plan, TableId};

use crate::catalog::{self, ExistingTable};
use crate::connect::Target;
use crate::copy::{TableDecoder, TargetColumn, comparable};
use crate::error::{Error, Refusal};
use crate::load::count;
use crate::session::Session;
use crate::sql::identifier;
use crate::stop::Stop;
use crate::types::{ColumnType, Kind};
use speller::Speller;

/// Values that no scenario can make are named up to this number.
const MOST_FOREIGN: usize = 10;

/// Keeps views and foreign tables from being read in the place of tables, whenever they are put there. Servers have this
/// setting since August 2024.
const ONLY_TABLES: &str = "select pg_catalog.set_config(name, 'view, foreign-table', false) from pg_catalog.pg_settings \
    where name = 'restrict_nonsystem_relation_kind'";

/// A comparison that is asked for.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The numbers of the tables.
    pub tables: Vec<TableId>,
    /// The schema that they belong to.
    pub schema: String,
    /// How many rows that differ are shown of each table.
    pub most_shown: usize,
    /// The checks to run when the tables have been compared.
    pub checks: Vec<Check>,
}

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// One for each table, in the order asked for.
    pub tables: Vec<TableVerification>,
    /// One for each check, in the order asked for.
    pub checks: Vec<CheckResult>,
}

/// Compares tables with a plan, and tells `progress` how far it is. All tables are read as they were at one moment, by checks, too.
///
/// # Errors
/// No connection, or tables that may not be read. A table that is missing or differs is no error, nor is a check that fails.
pub fn verify(
    plan: &Plan,
    target: &Target,
    request: &VerifyRequest,
    pool: &rayon::ThreadPool,
    stop: &Stop,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verification, Error> {
    count(plan, &request.tables, pool, stop)?;
    let session = Session::open(&Arc::new(target.clone()), stop)?;
    session.rows("set up the connection", ONLY_TABLES)?;
    session.execute("begin reading", "begin isolation level repeatable read read only")?;
    let name = |table: TableId| plan.model().tables[table].name.as_str();
    let names: Vec<&str> = request.tables.iter().map(|table| name(*table)).collect();
    let there = catalog::tables(&session, &request.schema, &names)?;
    let rows: Result<Vec<u64>, _> = request.tables.iter().map(|table| plan.rows(*table)).collect();
    let meter = Meter::new(rows?.iter().sum(), progress);
    let has_spelling =
        there.iter().flat_map(|table| &table.columns).any(|column| spelled(&column.ty).is_some());
    let speller =
        if has_spelling { Some(Speller::new(Session::open(&Arc::new(target.clone()), stop)?)) } else { None };
    let verified = request.tables.iter().map(|&table| {
        let Some(there) = there.iter().find(|there| there.name == name(table)) else {
            return Ok(TableVerification::without_rows(table, vec!["it is missing".to_owned()]));
        };
        if let Some(problem) = unreadable(there) {
            return Ok(TableVerification::without_rows(table, vec![problem]));
        }
        let reading = match Reading::new(plan, table, there, &request.schema, &session, speller.as_ref()) {
            Ok(reading) => reading,
            Err(problems) => return Ok(TableVerification::without_rows(table, problems)),
        };
        reading.compare(plan, table, pool, request.most_shown, &meter)
    });
    let tables = verified.collect::<Result<_, Error>>()?;
    let checks = checks::run(&session, &request.schema, plan.model().as_of, &request.checks)?;
    Ok(Verification { tables, checks })
}

/// Why a table is not read, if it is not. Functions of a view run with the rights of the role that reads it, even if another role
/// wrote them.
fn unreadable(there: &ExistingTable) -> Option<String> {
    if there.relkind == 'p'
        && let Some(foreign) = &there.foreign_below
    {
        return Some(format!(
            "its partition {foreign} is a foreign table, whose rows come from another server"
        ));
    }
    let problem = match there.relkind {
        'r' | 'p' | 'm' if there.row_security => Some(
            "row-level security hides rows from this role: connect as the owner of the table, or as a role that has BYPASSRLS",
        ),
        'r' | 'p' | 'm' => None,
        'v' => Some("it is a view, whose functions would run with the rights of this role"),
        'f' => Some("it is a foreign table, whose rows come from another server"),
        _ => Some("it is no table"),
    };
    problem.map(str::to_owned)
}

/// How SQL writes a type that the server has a spelling of its own for, or an array of one.
fn spelled(ty: &ColumnType) -> Option<String> {
    match &ty.kind {
        Kind::Spelled(spelled) => Some(spelled.name.clone()),
        Kind::Array(element) => spelled(element).map(|name| format!("{name}[]")),
        _ => None,
    }
}

/// A table that is read.
struct Reading<'r> {
    session: &'r Session,
    speller: Option<&'r Speller>,
    name: String,
    columns: Vec<TargetColumn>,
    statement: String,
    rows_per_batch: usize,
    /// Values that no scenario can make, and those that the columns could not have taken.
    foreign: Mutex<Vec<String>>,
    /// What kept the server from being asked for its spelling.
    failed: Mutex<Option<Error>>,
}

impl<'r> Reading<'r> {
    /// Brings a table of the plan and a table of the database together, or says what does not go together.
    fn new(
        plan: &Plan,
        table: TableId,
        there: &ExistingTable,
        schema: &str,
        session: &'r Session,
        speller: Option<&'r Speller>,
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
            there.own_rows(schema)
        );
        Ok(Self {
            session,
            speller,
            name: there.name.clone(),
            columns,
            statement,
            rows_per_batch: plan.rows_per_batch(table) as usize,
            foreign: Mutex::default(),
            failed: Mutex::default(),
        })
    }

    fn compare(
        self,
        plan: &Plan,
        table: TableId,
        pool: &rayon::ThreadPool,
        most_shown: usize,
        meter: &Meter,
    ) -> Result<TableVerification, Error> {
        let adapt = |batch: RecordBatch| self.adapt(&batch);
        let types = self.columns.iter().map(|column| column.compared().unwrap_or(Type::Null)).collect();
        let expected = Expected::new(plan, table)?.adapted(&adapt).compared_as(types).metered(meter);
        let compared = pool.install(|| {
            expected.compare(most_shown, |visit| match self.failed() {
                Some(error) => Err(error),
                None => self.read(visit),
            })
        });
        drop(expected);
        let comparison = match self.failed() {
            Some(error) => return Err(error),
            None => compared?,
        };
        let mut problems = self.foreign.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The table may have been read several times.
        problems.sort();
        problems.dedup();
        let uncompared = self.columns.iter().filter(|column| column.compared().is_none());
        let uncompared = uncompared.map(|column| Uncompared {
            column: column.name.clone(),
            reason: format!("reading a {} may run functions of its creator", column.target.sql),
        });
        Ok(TableVerification {
            table,
            problems,
            uncompared: uncompared.collect(),
            comparison: Some(comparison),
        })
    }

    fn failed(&self) -> Option<Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, problem: String) {
        let mut noted = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < MOST_FOREIGN {
            noted.push(problem);
        }
    }

    /// A batch of the plan as it comes back from the table.
    fn adapt(&self, batch: &RecordBatch) -> RecordBatch {
        let arrays = self.columns.iter().zip(batch.columns());
        let arrays: Vec<ArrayRef> = arrays.map(|(column, array)| self.comparable(column, array)).collect();
        let fields = self.columns.iter().zip(&arrays);
        let fields = fields.map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema, arrays, &options).expect("the fields are the arrays'")
    }

    /// A column of the plan as it comes back; NULLs where it cannot, which are then among the problems.
    fn comparable(&self, column: &TargetColumn, array: &ArrayRef) -> ArrayRef {
        let ty = column.compared().unwrap_or(Type::Null);
        let nulls = || new_null_array(&ty.arrow(), array.len());
        let comparable = match comparable(column, array) {
            Ok(comparable) => comparable,
            Err(error) => {
                self.note(match error {
                    Error::Refused(refusal) => {
                        let Refusal { column, value, reason, .. } = *refusal;
                        format!("column `{column}` cannot take {value}: {reason}")
                    }
                    error => error.to_string(),
                });
                return nulls();
            }
        };
        match (self.speller, spelled(&column.target)) {
            (Some(speller), Some(name)) => match speller.spell(&name, comparable.as_string()) {
                Ok(spelled) => Arc::new(spelled),
                Err(error) => {
                    *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    nulls()
                }
            },
            _ => comparable,
        }
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
        for foreign in decoded.foreign {
            let column = &self.columns[foreign.column].name;
            self.note(format!("column `{column}` holds {}, which no scenario makes", foreign.value));
        }
        visit(&decoded.batch).map_err(|error| Error::usage(error.to_string(), "please report this"))
    }
}

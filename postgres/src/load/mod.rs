//! Loading: tables made, filled, finished and published, all or nothing.
//!
//! [`survey`] examines the target and decides how it can be filled. *Staged*: tables are built in a private schema over several
//! connections, finished there, and moved into place in one transaction. *In place*: tables that are the user's own are filled
//! over one connection in one transaction. Either way the target holds what it held before, or all of the new data.

mod schedule;
mod buffer;
mod cases;
mod meter;
mod collision;
mod definition;
mod foreign_keys;
mod in_place;
mod publish;
mod referrers;
mod request;
mod sequences;
mod staged;
mod staging;
mod statistics;
mod stream;
mod survey;
mod table;

pub use cases::CASE_TABLE;
pub use request::{
    CaseTable, Existing, Fate, Keys, Limit, Missing, Progress, Report, Request, TableReport, Times,
};
pub use survey::{Survey, TableSurvey, Way};

use std::sync::Arc;
use std::time::Instant;

use seedbed_engine::cases::FoundCase;
use seedbed_engine::{Finder, Plan, TableId};

use crate::connect::Target;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::stop::Stop;

/// Looks at the target and says what a load would do. Nothing is changed.
///
/// # Errors
/// Everything that would stop the load before it begins.
pub fn survey(
    plan: &Plan,
    target: &Target,
    request: &Request,
    pool: &rayon::ThreadPool,
    stop: &Stop,
) -> Result<Survey, Error> {
    check(target, request)?;
    let session = Session::open(&Arc::new(target.clone()), stop)?;
    survey::look(&session, plan, target, request, pool)
}

/// Makes the rows of a plan and brings them into a database. When it fails, or is asked to stop, the target is as it was.
///
/// Values are made and encoded by the threads of `pool`; `progress` is called from several threads.
///
/// # Errors
/// See [`Error`]; the server's own words where it has any.
pub fn load(
    plan: &Plan,
    target: &Target,
    request: &Request,
    pool: &rayon::ThreadPool,
    stop: &Stop,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    let begun = Instant::now();
    check(target, request)?;
    let target = Arc::new(target.clone());
    let session = Session::open(&target, stop)?;
    let mut survey = survey::look(&session, plan, &target, request, pool)?;
    survey.notes.extend(staging::sweep(&session)?);
    survey.leftovers.clear();
    let finder = Finder::new(plan, &request.tables);
    let load = Load { plan, target, request, pool, stop, progress, finder: &finder, survey: &survey };
    let result = match survey.way {
        Way::Staged => staged::load(&load, session),
        Way::InPlace { .. } => in_place::load(&load, session),
    };
    if let Way::InPlace { reason } = &survey.way {
        survey.notes.insert(0, format!("in one transaction over one connection, because {reason}"));
    }
    let mut report = match result {
        Ok(report) => report,
        Err(error) if stop.is_asked() => return Err(error.into_interrupted()),
        Err(error) => return Err(error),
    };
    report.notes.splice(0..0, survey.notes);
    // A table that was not there, perhaps because its name is misspelt, is seen first.
    report.tables.sort_by_key(|table| (table.fate != Fate::Create, plan.table(&table.name)));
    report.elapsed = begun.elapsed();
    Ok(report)
}

/// Everything that a load is about.
struct Load<'l> {
    plan: &'l Plan,
    target: Arc<Target>,
    request: &'l Request,
    pool: &'l rayon::ThreadPool,
    stop: &'l Stop,
    progress: meter::Listener<'l>,
    /// Finds cases among the rows that are made.
    finder: &'l Finder,
    survey: &'l Survey,
}

impl Load<'_> {
    /// What was found of the cases, once all rows have been made.
    ///
    /// # Errors
    /// Too few rows of one.
    fn cases(&self) -> Result<Vec<FoundCase>, Error> {
        let found = self.finder.found(self.plan)?;
        match found.iter().find_map(FoundCase::too_few) {
            Some(too_few) => Err(Error::Case(too_few)),
            None => Ok(found),
        }
    }
}

fn check(target: &Target, request: &Request) -> Result<(), Error> {
    if !target.is_local() && !request.allow_remote {
        let message = format!("{} is another machine", target.display());
        return Err(Error::usage(message, "if it is meant, say so with `--allow-remote`"));
    }
    if request.jobs == 0 {
        return Err(Error::usage("no connection is asked for", "ask for 1 job or more"));
    }
    Ok(())
}

/// Counts the rows of tables, which takes a while at a large scale.
pub(crate) fn count(
    plan: &Plan,
    tables: &[TableId],
    pool: &rayon::ThreadPool,
    stop: &Stop,
) -> Result<(), Error> {
    pool.install(|| plan.count_unless(tables, &|| stop.is_asked()))?;
    if stop.is_asked() { Err(Error::Interrupted) } else { Ok(()) }
}

/// The statements that make types and tables without keys.
fn definitions(ddl: &Schema, schema: &str) -> Vec<String> {
    let mut statements: Vec<String> = ddl.enums.iter().map(|of| of.create(schema)).collect();
    for table in &ddl.tables {
        statements.push(table.create(schema));
        statements.extend(table.comments(schema));
    }
    statements
}

/// The statements that add keys, indexes and constraints.
fn key_definitions(ddl: &Schema, schema: &str) -> Vec<String> {
    let mut statements = Vec::new();
    for table in &ddl.tables {
        statements.extend(table::index_statements(table, schema));
        statements.extend(table::constraint_statements(table, schema));
    }
    for table in &ddl.tables {
        statements.extend(table.foreign.iter().map(|key| key.add_not_valid(schema, &table.name)));
        statements.extend(table.foreign.iter().map(|key| key.validate(schema, &table.name)));
    }
    statements
}

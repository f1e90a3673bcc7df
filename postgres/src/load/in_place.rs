//! The way of one connection: tables are emptied if they are to be, filled and finished where they are, in one transaction.

use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use super::Load;
use super::buffer::Buffers;
use super::cases;
use super::collision;
use super::foreign_keys;
use super::meter::Meter;
use super::referrers;
use super::request::{Fate, Keys, Report, TableReport};
use super::sequences;
use super::statistics;
use super::stream::{Queue, Shared, Stream};
use super::survey::Survey;
use super::table::{self, Filling};
use crate::catalog;
use crate::ddl;
use crate::error::Error;
use crate::path::Usual;
use crate::session::{LIMIT_OF_ROLLBACK, Session};
use crate::sql::{literal, qualified};

pub(super) fn load(load: &Load, session: Session) -> Result<Report, Error> {
    let path = match load.survey.runs_user_code {
        true => Some(Session::usual_path(&load.target, load.stop)?),
        false => None,
    };
    let user = ClientPath(path);
    // Once the load is reported as done, no crash of the server may undo it.
    session.execute("begin", "begin; set local synchronous_commit to default")?;
    let error = match fill(load, &session, &user) {
        Ok(report) => return Ok(report),
        Err(error) => error,
    };
    let session = session.for_tidying(LIMIT_OF_ROLLBACK);
    // A connection that is gone has rolled back already.
    match session.plain("roll back", "rollback") {
        Ok(()) => Err(collision::told(load, session, error)),
        Err(_) => Err(error),
    }
}

/// Where triggers and functions of the user's tables find names, as they do for any client; none if there are no such functions.
pub(super) struct ClientPath(Option<Usual>);

impl ClientPath {
    /// Expects code of the user's in statements that name nothing but tables with their schemas.
    pub(super) fn run(&self, session: &Session, doing: &str, statements: &str) -> Result<(), Error> {
        self.expect(session)?;
        session.plain(doing, statements)
    }

    /// The same for what comes next. All other statements set their own path again.
    fn expect(&self, session: &Session) -> Result<(), Error> {
        self.0.as_ref().map_or(Ok(()), |path| session.execute("set up the connection", &path.set()))
    }
}

fn fill(load: &Load, session: &Session, user: &ClientPath) -> Result<Report, Error> {
    let (survey, schema) = (load.survey, load.request.schema.as_str());
    let fate = |table: &ddl::Table| survey.fate(&table.name);
    let tables = &survey.ddl.tables;
    let of = |wanted: Fate| tables.iter().filter(move |table| fate(table) == wanted);

    let made: Vec<&ddl::Table> = of(Fate::Create).collect();
    if !made.is_empty() {
        session.execute("create the tables", &creations(session, &survey.ddl, schema, &made)?.join(";"))?;
    }
    lock_and_empty(session, user, survey)?;

    let foreign_keys = if made.len() < tables.len() {
        let appended = of(Fate::Append).next().is_some();
        foreign_keys::suspend(session, &survey.ddl, schema, appended)?
    } else {
        Vec::new()
    };

    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let there = catalog::tables(session, schema, &names)?;
    let mut fillings = Vec::new();
    for table in tables {
        let there = there.iter().find(|there| there.name == table.name).ok_or_else(|| {
            Error::usage(
                format!("table `{}` is gone", table.name),
                "another session removed it; run it again",
            )
        })?;
        fillings.push((Filling::new(load.plan, table, there)?, table, there));
    }

    let rows_total = fillings.iter().map(|(filling, ..)| filling.rows).sum();
    let meter = Meter::new(rows_total, load.progress);
    let buffers = Buffers::default();
    let active = AtomicUsize::new(0);
    let shared = Shared::new(load, &buffers, &meter, &active);
    let mut reports = Vec::new();
    for (filling, table, there) in &fillings {
        // Only rows that no other session can see may be marked as visible to all; a partitioned table keeps none itself.
        let frozen = matches!(fate(table), Fate::Create | Fate::Refill) && there.relkind == 'r';
        let statement = filling.copy_statement(schema, table, frozen);
        let name = filling.name.as_str();
        let queue = Queue::new(load.plan, filling.id, filling.rows, 1);
        user.expect(session)?;
        let stream = Stream { name, queue: &queue, encoder: &filling.encoder, statement: &statement };
        let streamed = stream.send(session, shared)?;
        filling.check(streamed.rows)?;
        reports.push(TableReport {
            rows: streamed.rows,
            bytes: streamed.bytes,
            streams: 1,
            loading: streamed.elapsed,
            ..TableReport::new(name, fate(table))
        });
    }

    // Tables cannot be altered while triggers of the user's wait for the end of the transaction.
    user.run(session, "run deferred triggers", "set constraints all immediate")?;
    if load.request.keys == Keys::All {
        add_keys(session, &meter, schema, &made, &mut reports)?;
    }
    for key in &foreign_keys {
        let begun = Instant::now();
        meter.step(&key.doing);
        meter.constraints.time(|| session.execute(&key.doing, &key.statement))?;
        finished(&mut reports, &key.table, begun);
    }
    let mut notes = Vec::new();
    // Who wants rows alone gathers statistics when the tables are finished.
    if load.request.keys == Keys::All {
        notes = statistics::gather(session, user, schema, &names, &meter)?;
    }
    let tables: Vec<_> = fillings.iter().map(|(_, table, there)| (*table, *there)).collect();
    sequences::set_undoably(session, load.plan, &tables, schema)?;
    let cases = load.cases()?;
    cases::write(load, session, &cases)?;
    meter.publish.time(|| session.commit("commit"))?;

    let mut report = Report::new(reports, cases, meter.times(), 1);
    report.notes.extend(notes);
    for (filling, ..) in &fillings {
        if let Some(reason) = filling.encoder.fallback_reason() {
            report.notes.push(format!("table `{}` was sent as text: {reason}", filling.name));
        }
    }
    Ok(report)
}

/// The statements that make tables, and the types that they need and that are not there.
pub(super) fn creations(
    session: &Session,
    ddl: &ddl::Schema,
    schema: &str,
    tables: &[&ddl::Table],
) -> Result<Vec<String>, Error> {
    let there = catalog::named(session, schema, ddl.enums.iter().map(|of| of.name.as_str()), &[])?;
    let enums = ddl.enums.iter().filter(|of| !there.contains_key(&of.name));
    let mut statements: Vec<String> = enums.map(|of| of.create(schema)).collect();
    for table in tables {
        statements.push(table.create(schema));
        statements.extend(table.comments(schema));
    }
    Ok(statements)
}

/// Keeps others from writing until the end, sees that tables that should be empty still are, and empties those that are
/// refilled, all at once because they may refer to each other. Tables that inherit from them keep their rows.
fn lock_and_empty(session: &Session, user: &ClientPath, survey: &Survey) -> Result<(), Error> {
    let schema = survey.schema.as_str();
    let of = |wanted: Fate| {
        let tables = survey.tables.iter().filter(move |table| table.fate == wanted);
        tables.filter_map(|table| table.existing.as_ref())
    };
    for table in of(Fate::Fill) {
        let own = table.own_rows(schema);
        // A role that can only insert cannot keep others from inserting, too.
        let query = format!(
            "select pg_catalog.has_table_privilege({}, 'UPDATE, DELETE, TRUNCATE')",
            literal(&qualified(schema, &table.name))
        );
        let mode = match session.value("look at privileges", &query)?.as_deref() {
            Some("t") => "share row exclusive",
            _ => "row exclusive",
        };
        lock(session, &format!("`{}`", table.name), &own, mode)?;
    }
    for table in of(Fate::Fill) {
        let query = format!("select 1 from {} limit 1", table.own_rows(schema));
        if session.value(&format!("look into table `{}`", table.name), &query)?.is_some() {
            let message = format!("table `{}` has got rows meanwhile", table.name);
            return Err(Error::usage(message, "nothing has been written; run it again"));
        }
    }
    let refilled = of(Fate::Refill).map(|table| (format!("`{}`", table.name), table.own_rows(schema)));
    let referrers = survey.referrers.iter().map(|table| (table.qualified(), table.own_rows()));
    let emptied: Vec<_> = refilled.chain(referrers).collect();
    if emptied.is_empty() {
        return Ok(());
    }
    // Each by itself, so that an error tells which one another session holds.
    for (name, own) in &emptied {
        lock(session, name, own, "access exclusive")?;
    }
    referrers::check_empty(session, &survey.referrers)?;
    let names: Vec<_> = emptied.into_iter().map(|(_, own)| own).collect();
    user.run(session, "empty the tables", &format!("truncate {}", names.join(", ")))
}

fn lock(session: &Session, name: &str, own_rows: &str, mode: &str) -> Result<(), Error> {
    session.execute(&format!("lock table {name}"), &format!("lock table {own_rows} in {mode} mode"))
}

/// Finishes tables that have been made.
fn add_keys(
    session: &Session,
    meter: &Meter,
    schema: &str,
    tables: &[&ddl::Table],
    reports: &mut [TableReport],
) -> Result<(), Error> {
    for table in tables {
        let begun = Instant::now();
        let doing = format!("build the indexes of table `{}`", table.name);
        meter.step(&doing);
        let statements = table::index_statements(table, schema).join(";");
        meter.index.time(|| session.execute(&doing, &statements))?;
        let doing = format!("add keys and constraints of table `{}`", table.name);
        let statements = table::constraint_statements(table, schema).join(";");
        meter.constraints.time(|| session.execute(&doing, &statements))?;
        finished(reports, &table.name, begun).indexes += table.index_count();
    }
    for table in tables {
        let begun = Instant::now();
        for key in &table.foreign {
            let doing = format!("add foreign key `{}`", key.name);
            meter.step(&doing);
            let statements =
                [key.add_not_valid(schema, &table.name), key.validate(schema, &table.name)].join(";");
            meter.constraints.time(|| session.execute(&doing, &statements))?;
        }
        finished(reports, &table.name, begun);
    }
    Ok(())
}

/// Adds the time since `begun` to the report of a table.
fn finished<'r>(reports: &'r mut [TableReport], name: &str, begun: Instant) -> &'r mut TableReport {
    let report = reports.iter_mut().find(|report| report.name == name).expect("every table has a report");
    report.finishing += begun.elapsed();
    report
}

//! The way of several connections: tables are built in a private schema, finished there, and moved into place at once.
//!
//! A table is filled over one connection, in the transaction that emptied it, so that the server may skip its log and mark
//! rows as visible to all. A table that is a large share of the whole is filled over several connections instead; its rows
//! are marked by VACUUM afterwards, unless nothing but the rows is asked for. That costs about half as much as filling it
//! once more, so it pays from four connections on.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::buffer::Buffers;
use super::meter::Meter;
use super::publish::publish;
use super::request::{Keys, Report, TableReport};
use super::schedule::{Schedule, Task, Work};
use super::sequences;
use super::staging::Staging;
use super::statistics;
use super::stream::{Queue, Shared, Stream};
use super::table::{self, Filling};
use super::{Load, definitions};
use crate::catalog::{self, ExistingTable};
use crate::error::{Collision, Error};
use crate::session::{LIMIT_OF_ROLLBACK, Session};
use crate::sql::qualified;
use crate::stop::Stop;

/// Tables with fewer bytes are filled over one connection: several would cost more than they save.
const LEAST_BYTES_TO_SPLIT: u64 = 32 << 20;

/// With fewer connections the time for VACUUM is more than what several streams save.
const LEAST_JOBS_TO_SPLIT: usize = 4;

/// The memory that an index may be built in, in all; the server's own setting where it is larger.
const MEMORY_FOR_INDEXES_MIB: u64 = 512;

/// How long removing what a load that failed has built may take.
const LIMIT_OF_REMOVAL: Duration = Duration::from_secs(15);

/// How often the connection that began the load is checked while others do the work.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// How often the server is reminded to write its log while rows come in, and after how many bytes at least.
const NUDGE_INTERVAL: Duration = Duration::from_millis(10);
const LEAST_BYTES_TO_NUDGE: u64 = 1 << 20;

/// A transaction that has a number has a commit to be written, and this one does not wait for it: so the server's WAL writer
/// wakes up, and writes the log beside those who fill it. By itself it does so every 200 ms. Meanwhile the buffers of the log run
/// full, or a COPY comes round in its ring of 16 MiB of buffers, and then all streams wait for the disk.
const NUDGE: &str = "select pg_catalog.pg_current_xact_id()";

pub(super) fn load(load: &Load, control: Session) -> Result<Report, Error> {
    let staging = Staging::create(&control)?;
    let told = |error| told(load, &staging.name, error);
    // Nothing that a panic leaves half done is used again, but what is on the server is removed.
    let result = catch_unwind(AssertUnwindSafe(|| build_and_publish(load, &control, &staging)));
    match result {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(error)) => Err(match remove(load, control, &staging) {
            Ok(()) => told(error),
            Err(cause) => {
                let (error, schema) = (Box::new(told(error)), staging.name.clone());
                Error::Leftover { error, schema, cause: Box::new(cause) }
            }
        }),
        Err(panic) => {
            // The next run removes what cannot be removed now.
            let _ = remove(load, control, &staging);
            resume_unwind(panic)
        }
    }
}

/// What went wrong in the private schema, said of the tables as they would be. Nothing but this load's rows is there.
fn told(load: &Load, private: &str, error: Error) -> Error {
    let mut error = error.published(private, &load.request.schema);
    if let Some(server) = error.server_mut()
        && server.collision == Some(Collision::Unknown)
    {
        server.collision = Some(Collision::New);
    }
    error
}

/// Removes what a load that failed has built: over the connection that began it, which may be in the middle of publishing, or
/// over another one if that does not work any more.
fn remove(load: &Load, control: Session, staging: &Staging) -> Result<(), Error> {
    let control = control.for_tidying(LIMIT_OF_ROLLBACK);
    let control = match control.plain("roll back", "rollback") {
        Ok(()) => control.for_tidying(LIMIT_OF_REMOVAL),
        Err(_) => {
            drop(control);
            Session::open(&load.target, &Stop::after(LIMIT_OF_REMOVAL))?
        }
    };
    staging.remove(&control)
}

fn build_and_publish(load: &Load, control: &Session, staging: &Staging) -> Result<Report, Error> {
    let ddl = &load.survey.ddl;
    let schema = &staging.name;
    let stop = load.stop.part();
    // Connecting takes about as long as making the tables, so both are done at once.
    let (made, connected) = std::thread::scope(|scope| {
        let connecting = scope.spawn(|| connect(load, staging, &stop));
        let made = catch_unwind(AssertUnwindSafe(|| make_tables(load, control, schema)));
        if !matches!(made, Ok(Ok(_))) {
            stop.stop();
        }
        (made, connecting.join())
    });
    let made = made.unwrap_or_else(|panic| resume_unwind(panic));
    let connected = connected.unwrap_or_else(|panic| resume_unwind(panic));
    let (there, fillings) = made?;
    let (sessions, refused) = connected?;

    let rows_total = fillings.iter().map(|filling| filling.rows).sum();
    let meter = Meter::new(rows_total, load.progress);
    let jobs = sessions.len();
    let work = work(load, &fillings, jobs);
    let queue =
        |(filling, work): (&Filling, &Work)| Queue::new(load.plan, filling.id, filling.rows, work.streams);
    let report = |filling: &Filling| TableReport::new(&filling.name, load.survey.fate(&filling.name));
    let building = Building {
        load,
        schema,
        fillings: &fillings,
        meter: &meter,
        buffers: Buffers::default(),
        active: AtomicUsize::new(0),
        streams: work.iter().map(|work| work.streams).collect(),
        queues: fillings.iter().zip(&work).map(queue).collect(),
        reports: Mutex::new(fillings.iter().map(report).collect()),
        notes: Mutex::default(),
    };
    building.run(control, sessions, Schedule::new(work, stop))?;
    let cases = load.cases()?;

    for (table, there) in ddl.tables.iter().zip(&there) {
        sequences::set(control, load.plan, table, there, schema)?;
    }
    meter.step("publish");
    meter.publish.time(|| publish(load, control, schema, &cases, &meter))?;

    let tables = building.reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut report = Report::new(tables, cases, meter.times(), jobs);
    report.notes.extend(building.notes.into_inner().unwrap_or_else(PoisonError::into_inner));
    report.notes.extend(refused.map(|error| {
        format!(
            "{jobs} of {} connections did the work, because another one failed: {error}",
            load.request.jobs
        )
    }));
    for (table, filling) in ddl.tables.iter().zip(&fillings) {
        if let Some(reason) = filling.encoder.fallback_reason() {
            report.notes.push(format!("table `{}` was sent as text: {reason}", table.name));
        }
    }
    Ok(report)
}

/// Makes empty tables, and reads back what they have become.
fn make_tables(
    load: &Load,
    control: &Session,
    schema: &str,
) -> Result<(Vec<ExistingTable>, Vec<Filling>), Error> {
    let ddl = &load.survey.ddl;
    control.execute("create the tables", &definitions(ddl, schema).join(";"))?;
    let names: Vec<&str> = ddl.tables.iter().map(|table| table.name.as_str()).collect();
    let there = catalog::tables(control, schema, &names)?;
    let fillings = ddl.tables.iter().map(|table| Filling::new(load.plan, table, find(&there, &table.name)?));
    let fillings = fillings.collect::<Result<_, Error>>()?;
    Ok((there, fillings))
}

/// Connects the workers. One will do: the error of another one is given beside those that there are.
fn connect(load: &Load, staging: &Staging, stop: &Stop) -> Result<(Vec<Session>, Option<Error>), Error> {
    let open = || {
        let session = Session::open(&load.target, stop)?;
        staging.share(&session)?;
        Ok(session)
    };
    let (mut sessions, mut refused) = (Vec::new(), None);
    std::thread::scope(|scope| {
        // All at once: each takes several round trips.
        let workers: Vec<_> = (0..load.request.jobs).map(|_| scope.spawn(open)).collect();
        for worker in workers {
            match worker.join().unwrap_or_else(|panic| resume_unwind(panic)) {
                Ok(session) => sessions.push(session),
                Err(error) => _ = refused.get_or_insert(error),
            }
        }
    });
    if stop.is_asked() {
        return Err(Error::Interrupted);
    }
    if sessions.is_empty()
        && let Some(error) = refused
    {
        return Err(error);
    }
    Ok((sessions, refused))
}

/// What some connections have to do, table by table, in the order of the definitions.
fn work(load: &Load, fillings: &[Filling], jobs: usize) -> Vec<Work> {
    let total: u64 = fillings.iter().map(|filling| filling.bytes).sum();
    let keys = load.request.keys == Keys::All;
    let tables = load.survey.ddl.tables.iter().zip(fillings);
    tables
        .map(|(table, filling)| {
            // One connection is enough as long as the others have as much to do meanwhile.
            let pays = jobs >= if keys { LEAST_JOBS_TO_SPLIT } else { 2 };
            let split = pays && filling.bytes > LEAST_BYTES_TO_SPLIT && filling.bytes > total / jobs as u64;
            Work {
                streams: if split { jobs } else { 1 },
                indexes: if keys { table.index_count() } else { 0 },
                has_constraints: keys && !table::constraint_statements(table, "").is_empty(),
                has_foreign_keys: keys && !table.foreign.is_empty(),
                bytes: filling.bytes,
            }
        })
        .collect()
}

/// Tables being built.
struct Building<'b> {
    load: &'b Load<'b>,
    schema: &'b str,
    fillings: &'b [Filling],
    meter: &'b Meter<'b>,
    buffers: Buffers,
    /// The streams that are under way.
    active: AtomicUsize,
    /// How many streams fill each table.
    streams: Vec<usize>,
    /// What they fill it with.
    queues: Vec<Queue>,
    reports: Mutex<Vec<TableReport>>,
    notes: Mutex<Vec<String>>,
}

impl Building<'_> {
    /// Does all tasks, each worker on its connection. Without the one that began the load, which is to end it, they are in
    /// vain; it also stays open on its way through whatever forgets connections on which nothing is sent. Over this one the
    /// server is reminded to write its log.
    fn run(&self, control: &Session, sessions: Vec<Session>, schedule: Schedule) -> Result<(), Error> {
        let memory = MEMORY_FOR_INDEXES_MIB / sessions.len() as u64;
        std::thread::scope(|scope| {
            for session in sessions {
                let schedule = &schedule;
                scope.spawn(move || {
                    // A connection that is gone fails its first task.
                    let _ = self.allow_memory(&session, memory);
                    schedule.work_on(|task| self.perform(&session, task));
                });
            }
            // VACUUM marks no rows whose transactions have numbers near one whose commit is not known to be written.
            let mut nudges = (0..self.fillings.len()).all(|t| !self.is_vacuumed(t));
            let (mut looked, mut known) = (Instant::now(), 0);
            schedule.watch(NUDGE_INTERVAL, || {
                let sent = self.meter.bytes_sent();
                if nudges && sent - known >= LEAST_BYTES_TO_NUDGE {
                    // It is a favour: a server that refuses it, and does not go down, is not asked again.
                    match control.ping("remind the server of its log", NUDGE) {
                        Err(error) if error.sqlstate().is_some_and(|code| !code.starts_with("57P")) => {
                            nudges = false
                        }
                        result => result?,
                    }
                } else if looked.elapsed() >= WATCH_INTERVAL {
                    control.ping("hold the load together", "")?;
                } else {
                    return Ok(());
                }
                (looked, known) = (Instant::now(), sent);
                Ok(())
            });
        });
        schedule.finish()
    }

    /// Gives a connection memory for building indexes, in MiB, unless it has more.
    fn allow_memory(&self, session: &Session, memory: u64) -> Result<(), Error> {
        if self.load.request.keys == Keys::Omitted {
            return Ok(());
        }
        let statement = format!(
            "select pg_catalog.set_config('maintenance_work_mem', '{memory}MB', false) \
             where (select setting::pg_catalog.int8 from pg_catalog.pg_settings where name = 'maintenance_work_mem') < {memory} * 1024"
        );
        session.rows("set up the connection", &statement).map(drop)
    }

    fn perform(&self, session: &Session, task: &Task) -> Result<(), Error> {
        let meter = self.meter;
        let begun = Instant::now();
        match task {
            Task::Rows(t) => self.fill(session, *t),
            Task::Analyze(t) => {
                let (name, table) = self.table(*t);
                self.fillings[*t].check(self.lock()[*t].rows)?;
                // Who wants rows alone finishes the tables, and gathers statistics then.
                if self.load.request.keys == Keys::Omitted {
                    return Ok(());
                }
                // Rows that were not frozen when they were written are frozen now.
                let how = if self.is_vacuumed(*t) { "vacuum (freeze, analyze)" } else { "analyze" };
                let doing = format!("{how} table `{name}`");
                let done = meter.analyze.time(|| session.plain(&doing, &format!("{how} {table}")));
                let failed = |error| told(self.load, self.schema, error);
                let note = statistics::note(&self.load.request.schema, name, done.map_err(failed))?;
                self.notes.lock().unwrap_or_else(PoisonError::into_inner).extend(note);
                Ok(())
            }
            Task::Index(t, i) => {
                let table = &self.load.survey.ddl.tables[*t];
                let names = table.primary.iter().chain(&table.unique).map(|key| &key.name);
                let name = names.chain(table.indexes.iter().map(|index| &index.name)).nth(*i);
                let doing = format!("build index `{}`", name.map_or("", |name| name));
                meter.step(&doing);
                let statement = &table::index_statements(table, self.schema)[*i];
                meter.index.time(|| session.execute(&doing, statement))?;
                self.finished(*t, begun.elapsed(), 1);
                Ok(())
            }
            Task::Constraints(t) => {
                let table = &self.load.survey.ddl.tables[*t];
                let doing = format!("add keys and constraints of table `{}`", table.name);
                meter.step(&doing);
                for statement in table::constraint_statements(table, self.schema) {
                    meter.constraints.time(|| session.execute(&doing, &statement))?;
                }
                self.finished(*t, begun.elapsed(), 0);
                Ok(())
            }
            Task::ForeignKeys => {
                for (doing, statement) in table::foreign_keys(&self.load.survey.ddl, self.schema) {
                    meter.constraints.time(|| session.execute(&doing, &statement))?;
                }
                Ok(())
            }
            Task::Validate(t) => {
                let table = &self.load.survey.ddl.tables[*t];
                for key in &table.foreign {
                    let doing = format!("check foreign key `{}`", key.name);
                    meter.step(&doing);
                    let statement = key.validate(self.schema, &table.name);
                    meter.constraints.time(|| session.execute(&doing, &statement))?;
                }
                self.finished(*t, begun.elapsed(), 0);
                Ok(())
            }
        }
    }

    fn fill(&self, session: &Session, t: usize) -> Result<(), Error> {
        let filling = &self.fillings[t];
        let (name, table) = self.table(t);
        let alone = self.streams[t] == 1;
        if alone {
            let statements = format!("begin; truncate {table}");
            session.execute(&format!("empty table `{name}`"), &statements)?;
        }
        let ddl = &self.load.survey.ddl.tables[t];
        let statement = filling.copy_statement(self.schema, ddl, alone);
        let queue = &self.queues[t];
        let shared = Shared::new(self.load, &self.buffers, self.meter, &self.active);
        // VACUUM marks only those rows as visible to all whose commit is known to be written.
        let vacuumed = self.is_vacuumed(t);
        let stream = Stream { name, queue, encoder: &filling.encoder, statement: &statement };
        if vacuumed {
            session.execute("set up the connection", "set synchronous_commit to local")?;
        }
        let mut streamed = stream.send(session, shared)?;
        if vacuumed {
            session.execute("set up the connection", "set synchronous_commit to off")?;
        }
        if alone {
            let begun = Instant::now();
            session.plain(&format!("commit the rows of table `{name}`"), "commit")?;
            self.meter.wait_for_server.add(begun.elapsed());
            streamed.elapsed += begun.elapsed();
        }
        let mut reports = self.lock();
        let report = &mut reports[t];
        report.rows += streamed.rows;
        report.bytes += streamed.bytes;
        // A stream that comes when all rows are taken has nothing to add.
        report.streams += usize::from(streamed.rows > 0 || alone);
        report.loading += streamed.elapsed;
        Ok(())
    }

    /// Whether a table's rows are marked by VACUUM when they are in.
    fn is_vacuumed(&self, t: usize) -> bool {
        self.streams[t] > 1 && self.load.request.keys == Keys::All
    }

    fn finished(&self, t: usize, time: Duration, indexes: usize) {
        let report = &mut self.lock()[t];
        report.finishing += time;
        report.indexes += indexes;
    }

    fn table(&self, t: usize) -> (&str, String) {
        let name = &self.fillings[t].name;
        (name, qualified(self.schema, name))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<TableReport>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'t>(tables: &'t [ExistingTable], name: &str) -> Result<&'t ExistingTable, Error> {
    tables.iter().find(|table| table.name == name).ok_or_else(|| {
        Error::usage(
            format!("table `{name}` is gone"),
            "another session removed it while it was loaded; run it again",
        )
    })
}

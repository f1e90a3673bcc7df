//! The last step of a load that is staged: tables move into place, in one transaction.

use std::time::{Duration, Instant};

use seedbed_engine::cases::FoundCase;

use super::meter::Meter;
use super::{Load, cases, definition, table};
use crate::catalog::{self, ExistingTable};
use crate::error::Error;
use crate::session::{LOCK_TIMEOUT, Session};
use crate::sql::{identifier, qualified};

const DOING: &str = "move the tables into place";

/// Once the load is reported as done, no crash of the server may undo it.
const BEGIN: &str = "begin; set local synchronous_commit to default";

/// How long the locks of the tables that are replaced are waited for at a time: as long, other sessions that want to use the
/// tables have to wait, too. It is less than what the server takes to look for deadlocks.
const TIME_IN_QUEUE: Duration = Duration::from_millis(500);

/// Between two tries.
const TIME_BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// All that has been built is lost when the tables are still in use after this time.
const LIMIT_OF_WAITING: Duration = Duration::from_secs(60 * 60);

/// Sessions that use the tables are named up to this number.
const MOST_NAMED: usize = 3;

/// Moves types and tables into place, and those away whose place they take. One transaction: all of it or nothing.
pub(super) fn publish(
    load: &Load,
    control: &Session,
    staging: &str,
    found: &[FoundCase],
    meter: &Meter,
) -> Result<(), Error> {
    let (request, ddl) = (load.request, &load.survey.ddl);
    let (from, to) = (identifier(staging), identifier(&request.schema));
    let mut statements = Vec::new();
    let replaced: Vec<&ExistingTable> =
        load.survey.tables.iter().filter_map(|table| table.existing.as_ref()).collect();
    if !replaced.is_empty() {
        let names: Vec<_> = replaced.iter().map(|table| qualified(&request.schema, &table.name)).collect();
        statements.push(format!("drop table {}", names.join(", ")));
        statements.extend(
            ddl.enums
                .iter()
                .map(|of| format!("drop type if exists {}", qualified(&request.schema, &of.name))),
        );
    }
    for of in &ddl.enums {
        statements.push(format!("alter type {from}.{} set schema {to}", identifier(&of.name)));
    }
    for table in &ddl.tables {
        statements.push(format!("alter table {from}.{} set schema {to}", identifier(&table.name)));
    }
    statements.push(format!("drop schema {from}"));

    // The caller rolls back when this fails.
    if replaced.is_empty() {
        control.execute(DOING, BEGIN)?;
    } else {
        begin_with_locks(control, &request.schema, &replaced, meter)?;
        check_unchanged(load, control, &replaced)?;
    }
    control.execute(DOING, &statements.join("; "))?;
    // Tables come from another schema, so the default privileges of this one are given to them here.
    table::grant_defaults(control, ddl, &request.schema, &request.schema)?;
    cases::write(load, control, found)?;
    control.commit(DOING)
}

/// Begins the transaction, with the tables that are replaced locked. While others use them, it asks again and again, each time
/// for so short a time that no other session is held up for long.
fn begin_with_locks(
    control: &Session,
    schema: &str,
    replaced: &[&ExistingTable],
    meter: &Meter,
) -> Result<(), Error> {
    let names: Vec<_> = replaced.iter().map(|table| qualified(schema, &table.name)).collect();
    let doing = "lock the tables that are replaced";
    let lock = format!(
        "{BEGIN}; set local lock_timeout to '{}'; lock table {} in access exclusive mode; \
         set local lock_timeout to '{LOCK_TIMEOUT}'",
        TIME_IN_QUEUE.as_millis(),
        names.join(", ")
    );
    let begun = Instant::now();
    loop {
        match control.execute(doing, &lock) {
            Err(error) if is_in_use(&error) && begun.elapsed() < LIMIT_OF_WAITING => {
                control.plain("roll back", "rollback")?;
                meter.step(&format!("publish: wait for {}", users(control, replaced)?));
                // The server sleeps, so that a request to stop is heard.
                let pause = format!("select pg_catalog.pg_sleep({})", TIME_BETWEEN_TRIES.as_secs_f64());
                control.rows("wait for the tables that are replaced", &pause)?;
            }
            result => return result,
        }
    }
}

/// Whether a lock could not be had in time, or others wait for what this transaction has locked.
fn is_in_use(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("55P03" | "40P01"))
}

/// Who uses tables.
fn users(control: &Session, tables: &[&ExistingTable]) -> Result<String, Error> {
    let oids: Vec<_> = tables.iter().map(|table| table.oid.to_string()).collect();
    let query = format!(
        "select coalesce(pg_catalog.format('session %s of role `%s` (%s)', a.pid, a.usename, coalesce(a.state, 'unknown')), \
             'a prepared transaction'), \
           pg_catalog.string_agg(distinct '`' || c.relname || '`', ', ') \
         from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation \
         left join pg_catalog.pg_stat_activity a on a.pid = l.pid \
         where l.locktype = 'relation' and l.granted and l.relation in ({}) \
           and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) \
           and l.pid is distinct from pg_catalog.pg_backend_pid() \
         group by 1 order by 1 limit {MOST_NAMED}",
        oids.join(", ")
    );
    let rows = control.rows("look who uses the tables that are replaced", &query)?;
    let text = |row: &tokio_postgres::SimpleQueryRow, i| row.get(i).unwrap_or_default().to_owned();
    let users: Vec<_> =
        rows.iter().map(|row| format!("{}, which uses {}", text(row, 0), text(row, 1))).collect();
    Ok(if users.is_empty() { "the tables that are replaced".to_owned() } else { users.join("; ") })
}

/// Refuses to replace tables that are not those that were examined.
fn check_unchanged(load: &Load, control: &Session, replaced: &[&ExistingTable]) -> Result<(), Error> {
    let schema = &load.request.schema;
    let names: Vec<&str> = replaced.iter().map(|table| table.name.as_str()).collect();
    let now = catalog::tables(control, schema, &names)?;
    let definitions = definition::lines(control, schema, schema, &names, &names)?;
    for before in replaced {
        let name = &before.name;
        let is_same = now.iter().any(|now| before.oid == now.oid && before.columns == now.columns);
        if !is_same || load.survey.definitions.get(name) != definitions.get(name) {
            let message = format!("table `{name}` was changed by another session meanwhile");
            return Err(Error::usage(message, "nothing has been replaced; run it again"));
        }
    }
    Ok(())
}

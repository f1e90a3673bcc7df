//! Sequences behind columns: when the rows are in, they go on past the last number.
//!
//! What `setval` does to a sequence stays when the transaction is rolled back. A sequence that `alter sequence` has changed in
//! the same transaction has new storage, though, which a rollback removes with everything that `setval` has written there.

use seedbed_engine::Plan;

use super::statistics::is_tolerable;
use super::table::serial_range;
use crate::catalog::{ExistingColumn, ExistingTable};
use crate::ddl;
use crate::error::Error;
use crate::session::{LOCK_TIMEOUT, Session};
use crate::sql::{identifier, literal, qualified};

/// A session that has drawn a number and has not committed yet holds a lock on the sequence. It is waited for no longer than
/// this, which is less than what the server takes to look for deadlocks.
const LOCK_TIMEOUT_OF_SEQUENCE: &str = "500ms";

/// A sequence to be set.
struct Setting {
    doing: String,
    /// An expression that gives its name, or NULL.
    sequence: String,
    /// Sets it.
    statement: String,
}

/// Sets the sequences behind columns of a table. They stay so, whatever becomes of the transaction.
pub(super) fn set(
    session: &Session,
    plan: &Plan,
    table: &ddl::Table,
    there: &ExistingTable,
    schema: &str,
) -> Result<(), Error> {
    for setting in settings(plan, table, there, schema)? {
        session.rows(&setting.doing, &setting.statement)?;
    }
    Ok(())
}

/// Sets the sequences behind columns of tables, so that they come back when the transaction is rolled back. Those of other
/// owners, and those that others use at the moment, do not come back, so they are the last.
pub(super) fn set_undoably(
    session: &Session,
    plan: &Plan,
    tables: &[(&ddl::Table, &ExistingTable)],
    schema: &str,
) -> Result<(), Error> {
    let mut rest = Vec::new();
    for (table, there) in tables {
        for setting in settings(plan, table, there, schema)? {
            if !renew_and_set(session, &setting)? {
                rest.push(setting);
            }
        }
    }
    for setting in rest {
        session.rows(&setting.doing, &setting.statement)?;
    }
    Ok(())
}

/// Gives a sequence new storage and sets it; false if this role may not, or others are in the way.
fn renew_and_set(session: &Session, setting: &Setting) -> Result<bool, Error> {
    let query = format!(
        "select pg_catalog.format('%I.%I', n.nspname, c.relname), q.seqincrement \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_sequence q on q.seqrelid = c.oid \
         where c.oid = {}::pg_catalog.regclass and pg_catalog.pg_has_role(c.relowner, 'USAGE')",
        setting.sequence
    );
    let rows = session.rows(&setting.doing, &query)?;
    let Some((name, increment)) = rows.first().and_then(|row| row.get(0).zip(row.get(1))) else {
        return Ok(false);
    };
    // The increment stays as it is: it is the change of a sequence that changes least.
    let statements = format!(
        "savepoint sequence; set local lock_timeout to '{LOCK_TIMEOUT_OF_SEQUENCE}'; \
         alter sequence {name} increment by {increment}; {}; \
         set local lock_timeout to '{LOCK_TIMEOUT}'; release savepoint sequence",
        setting.statement
    );
    match session.execute(&setting.doing, &statements) {
        Ok(()) => Ok(true),
        Err(error) if is_tolerable(&error) => {
            session.plain(&setting.doing, "rollback to savepoint sequence; release savepoint sequence")?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// How the sequences behind columns of a table are set.
fn settings(
    plan: &Plan,
    table: &ddl::Table,
    there: &ExistingTable,
    schema: &str,
) -> Result<Vec<Setting>, Error> {
    let mut settings = Vec::new();
    for column in there.columns.iter().filter(|column| column.has_sequence) {
        settings.extend(setting(plan, table, column, there, schema)?);
    }
    Ok(settings)
}

fn setting(
    plan: &Plan,
    table: &ddl::Table,
    column: &ExistingColumn,
    there: &ExistingTable,
    schema: &str,
) -> Result<Option<Setting>, Error> {
    let written = plan.model().tables[table.id].written().find(|written| written.name == column.name);
    let Some(written) = written else { return Ok(None) };
    let (lowest, highest) = match written.serial() {
        Some((start, step)) => match serial_range(plan, table.id, start, step)? {
            Some((lowest, highest)) => (lowest.to_string(), highest.to_string()),
            None => return Ok(None),
        },
        None => {
            let (name, own) = (identifier(&column.name), there.own_rows(schema));
            let of = |which| format!("(select pg_catalog.{which}({name}) from {own})");
            (of("min"), of("max"))
        }
    };
    let sequence = format!(
        "pg_catalog.pg_get_serial_sequence({}, {})",
        literal(&qualified(schema, &table.name)),
        literal(&column.name)
    );
    // A sequence that is further on stays there; one that has not been used yet does not count. One that ends before the
    // last value is at its end.
    let statement = format!(
        "select pg_catalog.setval(s.seq, case when q.seqincrement > 0 \
           then least(q.seqmax, greatest(v.highest, pg_catalog.pg_sequence_last_value(s.seq))) \
           else greatest(q.seqmin, least(v.lowest, pg_catalog.pg_sequence_last_value(s.seq))) end) \
         from (select {sequence}::pg_catalog.regclass as seq) s join pg_catalog.pg_sequence q on q.seqrelid = s.seq, \
           (select {lowest}::pg_catalog.int8 as lowest, {highest}::pg_catalog.int8 as highest) v \
         where case when q.seqincrement > 0 then v.highest >= q.seqmin else v.lowest <= q.seqmax end"
    );
    let doing = format!("set the sequence of column `{}.{}`", table.name, column.name);
    Ok(Some(Setting { doing, sequence, statement }))
}

//! Statistics of tables that have got their rows. Rows are worth more than statistics, which the server gathers by itself sooner
//! or later: where they cannot be gathered, that is a note.

use super::in_place::ClientPath;
use super::meter::Meter;
use crate::error::Error;
use crate::listed::listed;
use crate::session::{LOCK_TIMEOUT, Session};
use crate::sql::{literal, qualified};

/// How long ANALYZE waits for a session that holds a lock on a table, a VACUUM perhaps: as long, the load's own locks keep others
/// waiting, too. A VACUUM that the server has started by itself gives way within a second.
const LOCK_TIMEOUT_OF_ANALYZE: &str = "2s";

/// Gathers the statistics of tables within the transaction that has filled them. Gives a sentence about each that it cannot.
pub(super) fn gather(
    session: &Session,
    user: &ClientPath,
    schema: &str,
    names: &[&str],
    meter: &Meter,
) -> Result<Vec<String>, Error> {
    let not_allowed = not_allowed(session, schema, names)?;
    let mut notes = Vec::new();
    if !not_allowed.is_empty() {
        let names = listed(not_allowed.iter().map(|name| format!("`{name}`")));
        notes.push(format!(
            "statistics were not gathered, because this role does not own the tables: {names}"
        ));
    }
    for name in names.iter().copied().filter(|name| !not_allowed.iter().any(|other| other == name)) {
        let (doing, table) = (format!("analyze table `{name}`"), qualified(schema, name));
        meter.step(&doing);
        let statements = format!(
            "savepoint statistics; set local lock_timeout to '{LOCK_TIMEOUT_OF_ANALYZE}'; analyze {table}; \
             set local lock_timeout to '{LOCK_TIMEOUT}'; release savepoint statistics"
        );
        // Before PostgreSQL 17, functions of indexes find names as they do for any client.
        let done = meter.analyze.time(|| user.run(session, &doing, &statements));
        if let Some(note) = note(schema, name, done)? {
            session.plain(&doing, "rollback to savepoint statistics; release savepoint statistics")?;
            notes.push(note);
        }
    }
    Ok(notes)
}

/// What is told when statistics could not be gathered. A connection that is gone, or is about to go, is an error.
pub(super) fn note(schema: &str, name: &str, done: Result<(), Error>) -> Result<Option<String>, Error> {
    match done {
        Ok(()) => Ok(None),
        Err(error) if is_tolerable(&error) => {
            let later = qualified(schema, name);
            Ok(Some(format!(
                "table `{name}` has no fresh statistics, which `analyze {later}` gathers: {error}"
            )))
        }
        Err(error) => Err(error),
    }
}

/// Whether the server has refused a statement that the load can do without, and answers others.
pub(super) fn is_tolerable(error: &Error) -> bool {
    error.sqlstate().is_some_and(|code| !code.starts_with("57P"))
}

/// The tables that this role may not analyze; the server leaves them out without an error.
fn not_allowed(session: &Session, schema: &str, names: &[&str]) -> Result<Vec<String>, Error> {
    let literals: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let query = format!(
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname in ({}) and not pg_catalog.pg_has_role(c.relowner, 'USAGE') \
           and not exists (select from pg_catalog.pg_database d \
             where d.datname = pg_catalog.current_database() and pg_catalog.pg_has_role(d.datdba, 'USAGE')) \
           and case when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 170000 \
             then not pg_catalog.has_table_privilege(c.oid, 'MAINTAIN') else true end",
        literal(schema),
        literals.join(", ")
    );
    let rows = session.rows("look at privileges", &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

//! Tables of the scenario that the database has not got: they are made, unless that is refused, and a name that is like that of
//! a table that is there is told, because it may be misspelt.

use seedbed_engine::error::did_you_mean;

use super::super::request::{Missing, Request};
use crate::catalog::ExistingTable;
use crate::error::Error;
use crate::listed::listed;
use crate::session::Session;
use crate::sql::literal;

/// What misspelt names were meant to be is guessed for so many of them.
const MOST_GUESSED: usize = 3;

/// Refuses tables that are missing if none are to be made; otherwise gives a sentence about each that may be misspelt.
pub(super) fn look(
    session: &Session,
    names: &[&str],
    existing: &[ExistingTable],
    request: &Request,
) -> Result<Vec<String>, Error> {
    let is_missing = |name: &&str| !existing.iter().any(|there| there.name == *name);
    let missing: Vec<&str> = names.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let others = others(session, names, &request.schema)?;
    let meant = |name: &str| did_you_mean(name, others.iter().map(String::as_str));
    if request.missing == Missing::Refuse {
        let (verb, schema) = (if missing.len() == 1 { "is" } else { "are" }, &request.schema);
        let message = format!(
            "{} {verb} not in schema `{schema}`, and `--existing` makes no tables",
            listed(missing.iter().map(|name| format!("`{name}`")))
        );
        let meant = missing.iter().filter_map(|name| meant(name)).take(MOST_GUESSED);
        let hint = meant.chain(["leave out `--existing`, and what is missing is made".to_owned()]);
        return Err(Error::usage(message, hint.collect::<Vec<_>>().join(" ")));
    }
    let note = |name: &&str| {
        let meant = meant(name)?;
        Some(format!("table `{name}` was not there and is made; {meant} `--existing` makes no tables"))
    };
    Ok(missing.iter().filter_map(note).collect())
}

/// The other tables of the schema.
fn others(session: &Session, names: &[&str], schema: &str) -> Result<Vec<String>, Error> {
    let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let query = format!(
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relkind in ('r', 'p') and c.relname not in ({}) order by c.relname limit 1000",
        literal(schema),
        names.join(", ")
    );
    let rows = session.rows("look for tables with like names", &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

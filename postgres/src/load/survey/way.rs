//! Which way the tables can come about.

use super::super::request::{Existing, Keys, Request};
use super::super::{definition, definitions, key_definitions, staging, table};
use super::fit::fit;
use super::{Definitions, Way};
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal};

/// How the tables can come about, and the definitions of those that are replaced as a whole.
pub(super) fn way(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<(Way, Definitions), Error> {
    let in_place = |reason: String| Ok((Way::InPlace { reason }, Vec::new()));
    if !existing.is_empty() && request.existing == Existing::Append {
        return in_place("rows are added to tables that are there".to_owned());
    }
    if !existing.is_empty() && request.existing == Existing::Refuse {
        return in_place("there are tables already, empty ones".to_owned());
    }
    let query = format!(
        "select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), \
         pg_catalog.has_schema_privilege({}, 'CREATE')",
        literal(&request.schema)
    );
    let rows = session.rows("look at privileges", &query)?;
    let may = |i| rows.first().and_then(|row| row.get(i)) == Some("t");
    if existing.len() < ddl.tables.len() && !may(1) {
        let message = format!("this role may not create tables in schema `{}`", request.schema);
        let hint =
            format!("the owner can allow it: grant create on schema {} to …", identifier(&request.schema));
        return Err(Error::usage(message, hint));
    }
    if !may(0) || !may(1) {
        fit(ddl, existing)?;
        // Tables cannot be moved into a schema either that takes no new ones.
        let what = if may(0) { "tables in the schema" } else { "schemas in the database" };
        return in_place(format!("this role may not create {what}"));
    }
    match losses(session, ddl, existing, request)? {
        Ok(definitions) => Ok((Way::Staged, definitions)),
        Err(reason) => {
            fit(ddl, existing)?;
            in_place(reason)
        }
    }
}

/// What putting new tables in the place of those that are there would lose, as the error, or else what they are like: the new
/// tables are made, without rows, compared, and gone again.
fn losses(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<Result<Definitions, String>, Error> {
    if existing.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let trial = &staging::trial_name();
    session.execute("begin a trial", &format!("begin; create schema {}", identifier(trial)))?;
    let compared = compare(session, ddl, existing, request, trial);
    // Nothing of the trial stays, whatever came of it.
    session.execute("end a trial", "rollback")?;
    compared
}

fn compare(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
    trial: &str,
) -> Result<Result<Definitions, String>, Error> {
    let mut statements = definitions(ddl, trial);
    if request.keys == Keys::All {
        statements.extend(key_definitions(ddl, trial));
    }
    session.execute("make the tables without rows", &statements.join(";"))?;
    table::grant_defaults(session, ddl, &request.schema, trial)?;
    let together: Vec<&str> = existing.iter().map(|there| there.name.as_str()).collect();
    let mut definitions = Vec::new();
    for there in existing {
        let new = definition::lines(session, trial, &request.schema, &there.name, &together)?;
        let old = definition::lines(session, &request.schema, &request.schema, &there.name, &together)?;
        let gone = old.iter().find(|line| !new.contains(line)).map(|line| format!("it has {line}"));
        let added = new.iter().find(|line| !old.contains(line)).map(|line| format!("it lacks {line}"));
        if let Some(line) = gone.or(added) {
            return Ok(Err(format!("table `{}` is not as seedbed would make it: {line}", there.name)));
        }
        definitions.push((there.name.clone(), old));
    }
    Ok(Ok(definitions))
}

/// Refuses names of indexes, sequences and types that something else in the schema has.
pub(super) fn check_names(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<(), Error> {
    let mut names: Vec<&str> = Vec::new();
    for table in &ddl.tables {
        names.extend(table.primary.iter().chain(&table.unique).map(|key| key.name.as_str()));
        names.extend(table.indexes.iter().map(|index| index.name.as_str()));
    }
    names.extend(ddl.enums.iter().map(|of| of.name.as_str()));
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.into_iter().map(literal).collect();
    let oids = existing
        .iter()
        .map(|there| there.oid.to_string())
        .chain(["0".to_owned()])
        .collect::<Vec<_>>()
        .join(", ");
    let (schema, names) = (literal(&request.schema), names.join(", "));
    // An enum that only the tables to be replaced use goes away with them.
    let query = format!(
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         left join pg_catalog.pg_index i on i.indexrelid = c.oid \
         where n.nspname = {schema} and c.relname in ({names}) and coalesce(i.indrelid, 0) not in ({oids}) \
         union select t.typname from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
         where n.nspname = {schema} and t.typname in ({names}) and t.typtype <> 'c' and not exists ( \
           select from pg_catalog.pg_attribute a where a.atttypid = t.oid and a.attrelid in ({oids})) order by 1"
    );
    let rows = session.rows("look for names that are taken", &query)?;
    let taken: Vec<_> = rows.iter().filter_map(|row| row.get(0)).map(|name| format!("`{name}`")).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let message = format!("names in schema `{}` are taken already: {}", request.schema, taken.join(", "));
    Err(Error::usage(message, "drop what has them, or choose another --schema"))
}

//! The table `seedbed_cases`, in which the keys of cases stand beside the tables: `(case_name, table_name, key jsonb)`.
//!
//! It is written in the transaction that publishes the tables. Several loads into one schema share it, each with the rows of
//! its own tables.

use seedbed_engine::Plan;
use seedbed_engine::cases::FoundCase;

use super::Load;
use super::request::{CaseTable, Existing, Request};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{literal, literals, qualified};

/// The name of the table.
pub const CASE_TABLE: &str = "seedbed_cases";

const DOING: &str = "write the keys of cases";

/// Rows in one statement.
const ROWS_PER_STATEMENT: usize = 1000;

/// What is there under the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum There {
    Nothing,
    /// A table as a load makes it, on which rows set off no code.
    Ours,
    /// Anything else.
    Other,
}

/// Refuses what would keep the table from being written, and tells whether it will be.
pub(super) fn look(session: &Session, plan: &Plan, request: &Request) -> Result<Option<String>, Error> {
    let cases = plan.model().cases.iter().filter(|case| request.tables.contains(&case.table)).count();
    if request.cases == CaseTable::LeftOut || cases == 0 {
        return Ok(None);
    }
    let (schema, name) = (&request.schema, CASE_TABLE);
    let way_out = "`--no-cases` loads without the table of cases";
    if plan.table(name).is_some() {
        let message = format!("table `{name}` of the scenario has the name of the table of cases");
        return Err(Error::usage(message, format!("give it another name; {way_out}")));
    }
    let query = format!(
        "select case when c.oid is null then pg_catalog.has_schema_privilege(n.oid, 'CREATE') \
           else pg_catalog.has_table_privilege(c.oid, 'INSERT') and pg_catalog.has_table_privilege(c.oid, 'DELETE') \
             and pg_catalog.has_table_privilege(c.oid, 'SELECT') end \
         from pg_catalog.pg_namespace n left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = {} \
         where n.nspname = {}",
        literal(name),
        literal(schema)
    );
    let may = session.value("look at privileges", &query)?.as_deref() == Some("t");
    let in_schema = format!("`{name}` in schema `{schema}`");
    match there(session, schema)? {
        There::Other => {
            let message = format!("{in_schema} is not the table of cases that a load makes");
            Err(Error::usage(message, format!("drop or rename it; {way_out}")))
        }
        There::Nothing if !may => Err(Error::usage(format!("this role may not create {in_schema}"), way_out)),
        There::Ours if !may => Err(Error::usage(format!("this role may not write to {in_schema}"), way_out)),
        There::Nothing | There::Ours => {
            let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
            Ok(Some(format!("the keys of {cases} go into table {}", qualified(schema, name))))
        }
    }
}

/// Writes what was found, within a transaction, in the place of what was known of the tables before.
pub(super) fn write(load: &Load, session: &Session, found: &[FoundCase]) -> Result<(), Error> {
    let request = load.request;
    if request.cases == CaseTable::LeftOut {
        return Ok(());
    }
    let schema = &request.schema;
    let table = qualified(schema, CASE_TABLE);
    let is_there = match there(session, schema)? {
        There::Ours => true,
        _ if found.is_empty() => return Ok(()),
        There::Nothing => create(session, schema)?,
        There::Other => false,
    };
    if !is_there {
        let message = format!("`{CASE_TABLE}` in schema `{schema}` was changed by another session meanwhile");
        return Err(Error::usage(message, "nothing has been loaded; run it again"));
    }
    // One load at a time.
    session.execute(DOING, &format!("lock table only {table} in share row exclusive mode"))?;
    if request.existing != Existing::Append {
        let names = request.tables.iter().map(|t| load.plan.model().tables[*t].name.as_str());
        let statement = format!("delete from only {table} where table_name in ({})", literals(names));
        session.execute(DOING, &statement)?;
    }
    let rows: Vec<String> = found
        .iter()
        .flat_map(|case| {
            let of = format!("{}, {}", literal(&case.name), literal(&case.table));
            case.keys.iter().map(move |key| format!("({of}, {})", literal(&key.to_string())))
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let statement =
            format!("insert into {table} (case_name, table_name, key) values {}", rows.join(", "));
        session.execute(DOING, &statement)?;
    }
    Ok(())
}

/// Makes the table, unless another load does so in this moment; whether it is there as it should be.
fn create(session: &Session, schema: &str) -> Result<bool, Error> {
    let table = qualified(schema, CASE_TABLE);
    let statements = format!(
        "savepoint seedbed_cases; \
         create table {table} (case_name pg_catalog.text not null, table_name pg_catalog.text not null, \
           key pg_catalog.jsonb not null); \
         comment on table {table} is 'Rows that have a name, and their keys. Made by seedbed.'; \
         release savepoint seedbed_cases"
    );
    match session.execute(DOING, &statements) {
        // It was made by a transaction that has just ended: `duplicate_table`, or `unique_violation` of the catalog.
        Err(error) if matches!(error.sqlstate(), Some("42P07" | "23505")) => {
            session.plain(DOING, "rollback to savepoint seedbed_cases")?;
            Ok(there(session, schema)? == There::Ours)
        }
        result => result.map(|()| true),
    }
}

/// What is there under the name of the table. Rows of a table with triggers, rules, policies, children, conditions or indexes over
/// expressions would set off code.
fn there(session: &Session, schema: &str) -> Result<There, Error> {
    let query = format!(
        "select c.relkind = 'r' and not c.relrowsecurity and not c.relispartition and not c.relhasrules \
           and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid) \
           and not exists (select from pg_catalog.pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) \
           and not exists (select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype not in ('n', 'p', 'u')) \
           and not exists (select from pg_catalog.pg_index i where i.indrelid = c.oid \
             and (i.indexprs is not null or i.indpred is not null)) \
           and (select pg_catalog.array_agg(pg_catalog.format('%s %s', a.attname, a.atttypid::pg_catalog.oid) \
               order by a.attname::pg_catalog.text) \
             from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
               and a.attgenerated = '') = array['case_name 25', 'key 3802', 'table_name 25'] \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {}",
        literal(schema),
        literal(CASE_TABLE)
    );
    let is_ours = session.value("look for the table of cases", &query)?;
    Ok(match is_ours.as_deref() {
        None => There::Nothing,
        Some("t") => There::Ours,
        Some(_) => There::Other,
    })
}

//! A look at the target before anything is touched: what is there, whether it fits, and how it can be filled.

use std::fmt;

use seedbed_engine::Plan;

use super::definition;
use super::request::{Existing, Keys, Request};
use super::staging;
use crate::catalog::{self, ExistingTable};
use crate::connect::Target;
use crate::copy;
use crate::ddl::{self, Schema};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal, qualified};

/// The oldest server whose features are used.
const OLDEST_SERVER: u32 = 140_000;

/// What a load would do.
#[derive(Debug)]
pub struct Survey {
    /// Where to, without the password.
    pub target: String,
    /// The schema of the tables.
    pub schema: String,
    /// How the tables come about.
    pub way: Way,
    /// What becomes of each table, in the order in which they would be filled.
    pub tables: Vec<TableSurvey>,
    /// Schemas of dead loads that would be removed.
    pub leftovers: Vec<String>,
    /// What somebody should know, a sentence each.
    pub notes: Vec<String>,
    pub(crate) ddl: Schema,
    /// What the tables were like that are replaced as a whole.
    pub(crate) definitions: Definitions,
}

/// Tables by name, each with the lines of its definition.
pub(crate) type Definitions = Vec<(String, Vec<String>)>;

/// How tables come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// They are built in a private schema over several connections, and moved into place in one transaction.
    Staged,
    /// They are filled where they are, in one transaction over one connection.
    InPlace {
        /// Why.
        reason: String,
    },
}

/// What becomes of a table.
#[derive(Debug)]
pub struct TableSurvey {
    /// Its name.
    pub name: String,
    /// Its rows in the scenario.
    pub rows: u64,
    /// What becomes of it.
    pub fate: Fate,
    pub(crate) existing: Option<ExistingTable>,
}

/// What becomes of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Create,
    /// It is there and empty, and is filled.
    Fill,
    /// A new one takes its place.
    Swap,
    /// It is emptied and filled.
    Refill,
    /// Rows are added to those that it has.
    Append,
}

/// Looks at the target. Nothing is changed.
pub(crate) fn look(
    session: &Session,
    plan: &Plan,
    target: &Target,
    request: &Request,
    pool: &rayon::ThreadPool,
) -> Result<Survey, Error> {
    check_server(session)?;
    check_schema(session, request)?;
    let ddl = Schema::of(plan, &request.tables)?;
    check_extensions(session, &ddl)?;
    let names: Vec<&str> = ddl.tables.iter().map(|table| table.name.as_str()).collect();
    let existing = catalog::tables(session, &request.schema, &names)?;
    check_fit(&ddl, &existing, request)?;
    let (way, definitions) = way(session, &ddl, &existing, request)?;
    let mut notes = Vec::new();
    if way == Way::Staged {
        check_names(session, &ddl, &existing, request)?;
    }
    for left_out in &ddl.left_out {
        let columns = left_out.columns.join(", ");
        notes.push(format!(
            "foreign key ({columns}) of table `{}` is left out, because table `{}` is not loaded",
            left_out.table, left_out.target
        ));
    }
    // Counting takes a while at a large scale, so it waits until nothing stands in the way.
    pool.install(|| plan.count())?;
    let mut tables = Vec::new();
    for table in &ddl.tables {
        let there = existing.iter().find(|there| there.name == table.name);
        let fate = match (there, &way, request.existing) {
            (None, ..) => Fate::Create,
            (Some(_), Way::Staged, _) => Fate::Swap,
            (Some(_), _, Existing::Refuse) => Fate::Fill,
            (Some(_), _, Existing::Replace) => Fate::Refill,
            (Some(_), _, Existing::Append) => Fate::Append,
        };
        let rows = plan.rows(table.index)?;
        tables.push(TableSurvey { name: table.name.clone(), rows, fate, existing: there.cloned() });
    }
    let leftovers = staging::leftovers(session)?;
    Ok(Survey {
        target: target.display(),
        schema: request.schema.clone(),
        way,
        tables,
        leftovers,
        notes,
        ddl,
        definitions,
    })
}

fn check_server(session: &Session) -> Result<(), Error> {
    let version = session.value("ask for the server's version", "show server_version_num")?;
    let version: u32 = version.and_then(|version| version.parse().ok()).unwrap_or(OLDEST_SERVER);
    if version < OLDEST_SERVER {
        let message =
            format!("the server is PostgreSQL {}, and 14 is the oldest that works", version / 10_000);
        return Err(Error::usage(message, "load into a newer server"));
    }
    if session.value("ask for the server's state", "select pg_catalog.pg_is_in_recovery()")?.as_deref()
        == Some("t")
    {
        return Err(Error::usage("the server is a standby and takes no rows", "connect to the primary"));
    }
    Ok(())
}

fn check_schema(session: &Session, request: &Request) -> Result<(), Error> {
    let schema = &request.schema;
    // The server would cut a longer name, and look for another schema.
    ddl::check_name("schema", schema)?;
    if staging::is_private_name(schema) {
        return Err(Error::usage(
            format!("schema `{schema}` is private to a load"),
            "choose another --schema",
        ));
    }
    if schema.starts_with("pg_") || schema == "information_schema" {
        let message = format!("schema `{schema}` belongs to the server");
        return Err(Error::usage(message, "choose another --schema"));
    }
    let query = format!("select 1 from pg_catalog.pg_namespace where nspname = {}", literal(schema));
    if session.value("look for the schema", &query)?.is_none() {
        let hint = format!("create it with: create schema {}", identifier(schema));
        return Err(Error::usage(format!("schema `{schema}` does not exist"), hint));
    }
    Ok(())
}

fn check_extensions(session: &Session, ddl: &Schema) -> Result<(), Error> {
    for name in &ddl.extensions {
        let query = format!("select 1 from pg_catalog.pg_extension where extname = {}", literal(name));
        if session.value("look for an extension", &query)?.is_none() {
            let message = format!("the scenario needs extension `{name}`, which the database does not have");
            return Err(Error::usage(message, format!("add it with: create extension {}", identifier(name))));
        }
    }
    Ok(())
}

/// Refuses tables that hold rows, and lists everything that does not fit.
fn check_fit(ddl: &Schema, existing: &[ExistingTable], request: &Request) -> Result<(), Error> {
    let mut faults = Vec::new();
    for there in existing {
        let kind = match there.relkind {
            'r' | 'p' => None,
            'v' => Some("a view"),
            'm' => Some("a materialized view"),
            'f' => Some("a foreign table"),
            'S' => Some("a sequence"),
            'i' | 'I' => Some("an index"),
            _ => Some("no table"),
        };
        if let Some(kind) = kind {
            faults.push(format!("`{}` is {kind}", there.name));
        }
    }
    if !faults.is_empty() {
        return Err(Error::usage(faults.join("\n"), "drop it, or choose another --schema"));
    }
    let named = |is_empty: Option<bool>| -> Vec<String> {
        let tables = existing.iter().filter(|there| there.is_empty == is_empty);
        tables.map(|there| format!("`{}`", there.name)).collect()
    };
    let (full, unknown) = (named(Some(false)), named(None));
    if request.existing == Existing::Refuse && !unknown.is_empty() {
        let message = format!(
            "this role may not read tables, and cannot tell whether they are empty: {}",
            unknown.join(", ")
        );
        return Err(Error::usage(message, "ask for SELECT on them, or say `--append`"));
    }
    if request.existing == Existing::Refuse && !full.is_empty() {
        let message = format!("tables in schema `{}` hold rows already: {}", request.schema, full.join(", "));
        let hint = "`--replace` puts the new rows in their place, `--append` adds to them; \
            `--schema` loads beside them";
        return Err(Error::usage(message, hint));
    }
    if request.existing == Existing::Replace && existing.iter().all(|there| there.relkind == 'r') {
        // Whether they can be swapped or have to fit is seen later.
        return Ok(());
    }
    fit(ddl, existing)
}

/// Lists every column that does not fit.
fn fit(ddl: &Schema, existing: &[ExistingTable]) -> Result<(), Error> {
    let mut faults = Vec::new();
    for table in &ddl.tables {
        let Some(there) = existing.iter().find(|there| there.name == table.name) else { continue };
        let mut fault = |message: String| faults.push(format!("table `{}`: {message}", table.name));
        for column in &table.columns {
            match there.columns.iter().find(|there| there.name == column.name) {
                None => fault(format!("column `{}` is missing", column.name)),
                Some(there) if there.generated => {
                    fault(format!(
                        "column `{}` is computed by the server and cannot be written",
                        column.name
                    ));
                }
                Some(there) => {
                    if let Err(message) = copy::fits(&column.ty, &there.ty) {
                        fault(format!("column `{}`: {message}", column.name));
                    }
                    if there.not_null && !column.not_null {
                        fault(format!("column `{}` refuses NULL, and the scenario makes some", column.name));
                    }
                }
            }
        }
        for there in &there.columns {
            let is_written = table.columns.iter().any(|column| column.name == there.name);
            if !is_written && there.not_null && !there.has_default {
                fault(format!("column `{}` must have a value, and the scenario has none for it", there.name));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!("the tables that are there do not fit the scenario:\n{}", faults.join("\n"));
    Err(Error::usage(message, "change the scenario or the tables, drop them, or choose another --schema"))
}

/// How the tables can come about, and the definitions of those that are replaced as a whole.
fn way(
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
    if !may(0) {
        fit(ddl, existing)?;
        return in_place("this role may not create schemas in the database".to_owned());
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
    let mut statements = super::definitions(ddl, trial);
    if request.keys == Keys::All {
        statements.extend(super::key_definitions(ddl, trial));
    }
    session.execute("make the tables without rows", &statements.join(";"))?;
    super::table::grant_defaults(session, ddl, &request.schema, trial)?;
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
fn check_names(
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

impl fmt::Display for Survey {
    /// What would be done, a line a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "into {}, schema `{}`", self.target, self.schema)?;
        for name in &self.leftovers {
            writeln!(f, "  remove schema {}, left by a load that did not end", identifier(name))?;
        }
        for table in &self.tables {
            let name = qualified(&self.schema, &table.name);
            let what = match table.fate {
                Fate::Create => "create",
                Fate::Fill => "fill the empty table",
                Fate::Swap => "put a new table in the place of",
                Fate::Refill => "empty and fill",
                Fate::Append => "add to",
            };
            writeln!(f, "  {what} {name}: {} rows", table.rows)?;
        }
        match &self.way {
            Way::Staged => {
                writeln!(f, "  all at once: built in a private schema, moved into place in one transaction")?;
            }
            Way::InPlace { reason } => {
                writeln!(f, "  all at once: in one transaction over one connection, because {reason}")?;
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
    }
}

impl ddl::Table {
    /// How many indexes the keys and indexes of the table need.
    pub(crate) fn index_count(&self) -> usize {
        usize::from(self.primary.is_some()) + self.unique.len() + self.indexes.len()
    }
}

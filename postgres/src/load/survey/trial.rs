//! Tables are made without rows, examined, and rolled back, so that what would fail at the end of a load fails before it.

use super::super::definition::{self, Definitions};
use super::super::request::{Keys, Request};
use super::super::{definitions, in_place, key_definitions, staging, table};
use crate::catalog::{self, ExistingTable};
use crate::ddl::{self, EnumType, Schema};
use crate::error::Error;
use crate::listed::listed;
use crate::session::Session;
use crate::sql::{identifier, literal, qualified};

const DOING: &str = "make the tables without rows, as a trial";

/// Makes all tables in a private schema. Gives what putting them in the place of those that are there would lose, as the error,
/// or else what these are like.
pub(super) fn staged(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<Result<Definitions, String>, Error> {
    let private = &staging::trial_name();
    let tried = rolled_back(session, || {
        let mut statements = vec![format!("create schema {}", identifier(private))];
        statements.extend(definitions(ddl, private));
        if request.keys == Keys::All {
            statements.extend(key_definitions(ddl, private));
        }
        session.execute(DOING, &statements.join(";"))?;
        table::grant_defaults(session, ddl, &request.schema, private)?;
        let compared = compare(session, ddl, existing, request, private)?;
        if compared.is_ok() {
            check_names(session, ddl, existing, request, private)?;
        }
        Ok(compared)
    });
    tried.map_err(|error| error.published(private, &request.schema))
}

/// Makes the tables that are missing where they belong.
pub(super) fn in_place(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<(), Error> {
    let is_missing = |table: &&ddl::Table| !existing.iter().any(|there| there.name == table.name);
    let missing: Vec<&ddl::Table> = ddl.tables.iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let schema = &request.schema;
    check_labels(session, ddl, &missing, schema)?;
    rolled_back(session, || {
        let mut statements = in_place::creations(session, ddl, schema, &missing)?;
        if request.keys == Keys::All {
            for table in &missing {
                statements.extend(table::index_statements(table, schema));
                statements.extend(table::constraint_statements(table, schema));
            }
            for table in &missing {
                statements.extend(table.foreign.iter().map(|key| key.add_not_valid(schema, &table.name)));
            }
        }
        session.execute(DOING, &statements.join(";"))
    })
}

fn rolled_back<T>(session: &Session, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    session.execute(DOING, "begin")?;
    let done = work();
    // Nothing of the trial stays, whatever came of it.
    session.plain(DOING, "rollback")?;
    done
}

fn compare(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
    private: &str,
) -> Result<Result<Definitions, String>, Error> {
    // Those that are missing come with the others.
    let together: Vec<&str> = ddl.tables.iter().map(|table| table.name.as_str()).collect();
    let names: Vec<&str> = existing.iter().map(|there| there.name.as_str()).collect();
    let made = definition::lines(session, private, &request.schema, &names, &together)?;
    let are_there = definition::lines(session, &request.schema, &request.schema, &names, &together)?;
    for name in names {
        let (new, old) = (&made[name], &are_there[name]);
        let gone = old.iter().find(|line| !new.contains(line)).map(|line| format!("it has {line}"));
        let added = new.iter().find(|line| !old.contains(line)).map(|line| format!("it lacks {line}"));
        if let Some(line) = gone.or(added) {
            return Ok(Err(format!("table `{name}` is not as seedbed would make it: {line}")));
        }
    }
    Ok(Ok(are_there))
}

/// Refuses names of anything in the private schema that something in the target has which stays there: tables, indexes,
/// sequences, enums, types of rows and arrays.
fn check_names(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
    private: &str,
) -> Result<(), Error> {
    let oids: Vec<_> = existing.iter().map(|there| there.oid.to_string()).chain(["0".to_owned()]).collect();
    let enums: Vec<_> = ddl.enums.iter().map(|of| literal(&of.name)).chain(["null".to_owned()]).collect();
    let (oids, enums) = (oids.join(", "), enums.join(", "));
    // An enum that only the tables to be replaced use is dropped with them.
    let query = format!(
        "with target as (select oid from pg_catalog.pg_namespace where nspname = {}), \
         private as (select oid from pg_catalog.pg_namespace where nspname = {}), \
         gone(oid) as ( \
           select c.oid from pg_catalog.pg_class c where c.oid in ({oids}) \
           union all select i.indexrelid from pg_catalog.pg_index i where i.indrelid in ({oids}) \
           union all select d.objid from pg_catalog.pg_depend d \
             where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i') \
               and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid in ({oids})), \
         gone_with_arrays(oid, arrays) as ( \
           select t.oid, t.typarray from pg_catalog.pg_type t where t.typrelid in ({oids}) and t.typrelid <> 0 \
           union all select t.oid, t.typarray from pg_catalog.pg_type t join target on target.oid = t.typnamespace \
             where t.typtype = 'e' and t.typname in ({enums}) and exists (select from pg_catalog.pg_attribute a \
               where a.atttypid in (t.oid, t.typarray) and a.attrelid in ({oids}))) \
         select mine.relname from private join pg_catalog.pg_class mine on mine.relnamespace = private.oid, \
             target join pg_catalog.pg_class other on other.relnamespace = target.oid \
           where other.relname = mine.relname and other.oid not in (select oid from gone) \
         union select mine.typname from private join pg_catalog.pg_type mine on mine.typnamespace = private.oid, \
             target join pg_catalog.pg_type other on other.typnamespace = target.oid \
           where other.typname = mine.typname \
             and other.oid not in (select oid from gone_with_arrays union all select arrays from gone_with_arrays) \
         order by 1",
        literal(&request.schema),
        literal(private)
    );
    let rows = session.rows("look for names that are taken", &query)?;
    if rows.is_empty() {
        return Ok(());
    }
    let taken = listed(rows.iter().filter_map(|row| row.get(0)).map(|name| format!("`{name}`")));
    let mut message = format!("names in schema `{}` are taken already: {taken}", request.schema);
    for of in ddl.enums.iter().filter(|of| rows.iter().any(|row| row.get(0) == Some(of.name.as_str()))) {
        let labels = listed(of.labels.iter().map(|label| literal(label)));
        message +=
            &format!("\ntype {} is not an enum of just {labels}", qualified(&request.schema, &of.name));
    }
    Err(Error::usage(message, "drop or rename what has them, or choose another --schema"))
}

/// Refuses enums that are there and lack labels that tables to be made need.
fn check_labels(session: &Session, ddl: &Schema, missing: &[&ddl::Table], schema: &str) -> Result<(), Error> {
    let columns = || missing.iter().flat_map(|table| &table.columns);
    let is_used = |of: &&EnumType| columns().any(|column| column.sql_type.is_of_enum(&of.name));
    let used: Vec<&EnumType> = ddl.enums.iter().filter(is_used).collect();
    let there = catalog::named(session, schema, used.iter().map(|of| of.name.as_str()), &[])?;
    for of in used {
        let Some(there) = there.get(&of.name) else { continue };
        let name = qualified(schema, &of.name);
        if !there.is_enum {
            return Err(Error::usage(format!("type {name} is there and is no enum"), "drop or rename it"));
        }
        if let Some(label) = of.labels.iter().find(|label| !there.labels.contains(label)) {
            let message = format!("enum {name} is there and lacks the label `{label}`");
            return Err(Error::usage(message, format!("alter type {name} add value {}", literal(label))));
        }
    }
    Ok(())
}

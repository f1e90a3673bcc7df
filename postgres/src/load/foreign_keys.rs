//! Foreign keys that tables of the user's own have: which are taken away until the rows are in, and which stand in the way.

use super::referrers::{self, Referrer};
use super::request::{Existing, Request};
use super::survey::Way;
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal, qualified};

/// A foreign key from one table of the load to another or to itself.
pub(crate) struct ForeignKey {
    name: String,
    table: String,
    target: String,
    /// As the server writes it, with tables named in full.
    definition: String,
    /// Why it cannot be taken away and put back as it was.
    obstacle: Option<String>,
    /// Whether it is checked at the end of the transaction.
    is_deferred: bool,
    /// Whether the scenario has all of its columns. Without one of them, it is NULL, and there is nothing to check.
    is_written: bool,
    /// Whether the table that it refers to is filled after its own.
    is_ahead: bool,
}

/// The foreign keys between tables of the load that are there, in the order in which they were made. Those that refer to other
/// tables stay as they are: removing them would lock out the readers of those tables.
pub(crate) fn between(session: &Session, ddl: &Schema, schema: &str) -> Result<Vec<ForeignKey>, Error> {
    let names: Vec<_> = ddl.tables.iter().map(|table| literal(&table.name)).collect();
    let written = ddl.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let written: Vec<_> = written
        .map(|(table, column)| format!("({}, {})", literal(&table.name), literal(&column.name)))
        .collect();
    let (names, written) = (names.join(", "), written.join(", "));
    // A key that is not validated would check nothing when it is added again, as it is written.
    let query = format!(
        "select c.relname, r.relname, f.conname, pg_catalog.pg_get_constraintdef(f.oid), f.condeferred, \
           case when not pg_catalog.pg_has_role(c.relowner, 'USAGE') then 'this role does not own the table' \
             when not pg_catalog.has_table_privilege(r.oid, 'REFERENCES') \
               then 'this role may not make keys that refer to that table' \
             when not f.convalidated then 'it is not validated' \
             when c.relkind <> 'r' then 'the table is partitioned' \
             when pg_catalog.obj_description(f.oid, 'pg_constraint') is not null then 'it has a comment' \
             when exists (select from pg_catalog.pg_trigger t where t.tgconstraint = f.oid and t.tgenabled <> 'O') \
               then 'its triggers are switched off' end, \
           not exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (f.conkey) \
             and (c.relname::pg_catalog.text, a.attname::pg_catalog.text) not in (values {written})) \
         from pg_catalog.pg_constraint f join pg_catalog.pg_class c on c.oid = f.conrelid \
         join pg_catalog.pg_class r on r.oid = f.confrelid \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.oid = r.relnamespace \
         where f.contype = 'f' and f.conparentid = 0 and n.nspname = {} \
           and c.relname in ({names}) and r.relname in ({names}) order by f.oid",
        literal(schema)
    );
    let position = |name: &str| ddl.tables.iter().position(|table| table.name == name);
    let rows = session.rows("look at the foreign keys of the tables", &query)?;
    let keys = rows.iter().map(|row| {
        let text = |i| row.get(i).unwrap_or_default().to_owned();
        let (table, target) = (text(0), text(1));
        let is_ahead = position(&target) > position(&table);
        ForeignKey {
            name: text(2),
            definition: text(3),
            is_deferred: text(4) == "t",
            obstacle: row.get(5).map(str::to_owned),
            is_written: text(6) == "t",
            is_ahead,
            table,
            target,
        }
    });
    Ok(keys.collect())
}

/// A foreign key that has been taken away.
pub(crate) struct Suspended {
    pub(crate) table: String,
    /// What putting it back does.
    pub(crate) doing: String,
    /// Puts it back as it was.
    pub(crate) statement: String,
}

/// Takes foreign keys away until the rows are in: checking all rows at once takes a small part of the time of checking each as
/// it comes. All of it is one transaction, so no session sees them missing; readers of these tables wait. Where rows are added to
/// others, only those keys go that cannot hold in between.
pub(crate) fn suspend(
    session: &Session,
    ddl: &Schema,
    schema: &str,
    appended: bool,
) -> Result<Vec<Suspended>, Error> {
    let keys = between(session, ddl, schema)?;
    let mut suspended = Vec::new();
    for key in keys {
        let needed = !appended || key.is_ahead || key.table == key.target;
        if key.obstacle.is_some() || !needed {
            continue;
        }
        let (table, name) = (qualified(schema, &key.table), identifier(&key.name));
        // Each by itself, so that an error tells which table another session holds.
        let doing = format!("take foreign key `{}` of table `{}` away for the load", key.name, key.table);
        session.execute(&doing, &format!("alter table {table} drop constraint {name}"))?;
        let statement = format!("alter table {table} add constraint {name} {}", key.definition);
        let doing = format!("check foreign key `{}`", key.name);
        suspended.push(Suspended { table: key.table, doing, statement });
    }
    Ok(suspended)
}

/// Refuses tables whose rows refer to rows that come later, under a key that has to stay.
pub(crate) fn check_order(session: &Session, ddl: &Schema, schema: &str) -> Result<(), Error> {
    let mut faults = Vec::new();
    for key in between(session, ddl, schema)? {
        let Some(obstacle) = &key.obstacle else { continue };
        if key.is_ahead && key.is_written && !key.is_deferred {
            faults.push(format!(
                "table `{}` is filled before table `{}`, which its rows refer to, and foreign key `{}` cannot be taken away \
                 meanwhile: {obstacle}",
                key.table, key.target, key.name
            ));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let hint = "make such a key `deferrable initially deferred`, or remove what stands in the way";
    Err(Error::usage(faults.join("\n"), hint))
}

/// Refuses what the foreign keys of tables that are filled in place would refuse at the end. Gives the empty tables that have
/// to be emptied, too, because they refer to tables that are.
pub(crate) fn check(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
    way: &Way,
    scenario: &[&str],
) -> Result<Vec<Referrer>, Error> {
    if *way == Way::Staged || existing.is_empty() {
        return Ok(Vec::new());
    }
    let referrers = match request.existing {
        Existing::Replace => referrers::look(session, existing, request, scenario)?,
        _ => Vec::new(),
    };
    check_order(session, ddl, &request.schema)?;
    Ok(referrers)
}

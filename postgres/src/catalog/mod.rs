//! What is in the database: tables, the real types of their columns, and everything that replacing a table would lose.
//!
//! Tables are asked about together: a round trip for each would make many of them slow.

mod columns;
mod labels;

pub(crate) use labels::{Named, named};

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryRow;

use crate::error::Error;
use crate::listed::listed;
use crate::session::Session;
use crate::sql::{literal, literals, qualified};
use crate::types::ColumnType;

/// A table of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingTable {
    /// Its number in the catalog.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// `r` for a table, `p` for a partitioned one, `v` for a view, ….
    pub relkind: char,
    /// Its columns, in order.
    pub columns: Vec<ExistingColumn>,
    /// Whether it holds no row; `None` when this role may not read all of it.
    pub is_empty: Option<bool>,
    /// Whether row-level security applies to this role, so that some rows may be hidden from it.
    pub row_security: bool,
    /// The names of the triggers that run before each row that is inserted, and may change it.
    pub before_insert: Vec<String>,
    /// A foreign table among its partitions and the tables that inherit from it, written as SQL has it.
    pub foreign_below: Option<String>,
}

impl ExistingTable {
    /// How a statement names the table when it means the table's own rows.
    pub(crate) fn own_rows(&self, schema: &str) -> String {
        own_rows(self.relkind, qualified(schema, &self.name))
    }
}

/// How a statement names a table when it means the table's own rows: a partitioned one's are those of its partitions, but those
/// of tables that inherit from it are theirs.
pub(crate) fn own_rows(relkind: char, table: String) -> String {
    if relkind == 'r' { format!("only {table}") } else { table }
}

/// A column of a table of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingColumn {
    /// Its name.
    pub name: String,
    /// Its type; a domain's is what the domain is made of.
    pub ty: ColumnType,
    /// Whether it refuses NULL, itself or by its domain.
    pub not_null: bool,
    /// Whether its domain refuses NULL, which the server looks for before any trigger could fill it in.
    pub domain_not_null: bool,
    /// Whether the server fills it in when it is left out.
    pub has_default: bool,
    /// Whether it is always computed by the server and cannot be written.
    pub generated: bool,
    /// Whether it is a number that a sequence belongs to.
    pub has_sequence: bool,
}

/// The tables of a schema that have one of the names, in the order in which they were made.
pub(crate) fn tables(session: &Session, schema: &str, names: &[&str]) -> Result<Vec<ExistingTable>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let query = format!(
        "select c.oid, c.relname, c.relkind, pg_catalog.row_security_active(c.oid), \
           pg_catalog.has_table_privilege(c.oid, 'SELECT'), c.relhastriggers, \
           (with recursive below(oid) as (select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = c.oid \
               union select i.inhrelid from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid) \
             select pg_catalog.format('%I.%I', fn.nspname, f.relname) from below b \
               join pg_catalog.pg_class f on f.oid = b.oid and f.relkind = 'f' \
               join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace order by 1 limit 1) \
         from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname in ({}) order by c.oid",
        literal(schema),
        literals(names.iter().copied())
    );
    let (mut tables, mut readable, mut with_triggers) = (Vec::new(), Vec::new(), Vec::new());
    for row in session.rows(&format!("look at the tables of schema `{schema}`"), &query)? {
        let text = |i| row.get(i).unwrap_or_default();
        let (oid, name) = (number(&row, 0), text(1).to_owned());
        let relkind = text(2).chars().next().unwrap_or('r');
        // A role that cannot read a table may still add to it.
        let row_security = text(3) == "t";
        let foreign_below = row.get(6).map(str::to_owned);
        // Reading a foreign table would ask another server.
        let is_asked = matches!(relkind, 'r' | 'p') && foreign_below.is_none();
        if is_asked && text(4) == "t" && !row_security {
            readable.push((oid, relkind, name.clone()));
        }
        if text(5) == "t" {
            with_triggers.push(oid);
        }
        let (columns, before_insert) = (Vec::new(), Vec::new());
        tables.push(ExistingTable {
            oid,
            name,
            relkind,
            columns,
            is_empty: None,
            row_security,
            before_insert,
            foreign_below,
        });
    }
    let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let mut columns = columns::of(session, &oids)?;
    let mut before_insert = before_insert(session, &with_triggers)?;
    let emptiness = emptiness(session, schema, &readable)?;
    for table in &mut tables {
        table.columns = columns.remove(&table.oid).unwrap_or_default();
        table.before_insert = before_insert.remove(&table.oid).unwrap_or_default();
        table.is_empty = emptiness.get(&table.oid).copied();
    }
    Ok(tables)
}

/// Whether tables hold no row, by their numbers.
fn emptiness(
    session: &Session,
    schema: &str,
    tables: &[(u32, char, String)],
) -> Result<BTreeMap<u32, bool>, Error> {
    if tables.is_empty() {
        return Ok(BTreeMap::new());
    }
    let looks = tables
        .iter()
        .map(|(oid, relkind, name)| (oid, own_rows(*relkind, qualified(schema, name))))
        .map(|(oid, rows)| format!("({oid}, not exists (select from {rows}))"));
    let query = format!("values {}", looks.collect::<Vec<_>>().join(", "));
    let doing = format!("look into {}", listed(tables.iter().map(|(_, _, name)| format!("table `{name}`"))));
    let rows = session.rows(&doing, &query)?;
    Ok(rows.iter().map(|row| (number(row, 0), row.get(1) == Some("t"))).collect())
}

/// The triggers that run before each row that is inserted, by the tables' numbers. The bits of their kind are 1 for each row, 2
/// for before, 4 for insert.
fn before_insert(session: &Session, tables: &[u32]) -> Result<BTreeMap<u32, Vec<String>>, Error> {
    let mut triggers: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    if tables.is_empty() {
        return Ok(triggers);
    }
    let query = format!(
        "select tgrelid, tgname from pg_catalog.pg_trigger \
         where tgrelid in ({}) and tgtype & 7 = 7 and tgenabled in ('O', 'A') order by tgname",
        numbers(tables)
    );
    for row in session.rows("look at the triggers of the tables", &query)? {
        triggers.entry(number(&row, 0)).or_default().extend(row.get(1).map(str::to_owned));
    }
    Ok(triggers)
}

/// A number that the catalog gives as text; it always is one.
fn number(row: &SimpleQueryRow, column: usize) -> u32 {
    row.get(column).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Numbers with commas between.
fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

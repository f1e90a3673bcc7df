//! What is done to one table, whichever way it is loaded.

use seedbed_engine::{Plan, TableId};

use crate::catalog::ExistingTable;
use crate::copy::{TableEncoder, TargetColumn};
use crate::ddl::{self, Schema};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifiers, literal, qualified};

/// A table that is about to be filled.
pub(crate) struct Filling {
    /// The number of the table in the plan.
    pub(crate) id: TableId,
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) encoder: TableEncoder,
    /// Bytes in all, by what the first rows take.
    pub(crate) bytes: u64,
}

/// Rows that are encoded to learn how many bytes a row takes.
const SAMPLE_ROWS: u64 = 1_000;

impl Filling {
    /// Brings a table of the plan and a table of the database together.
    pub(crate) fn new(plan: &Plan, table: &ddl::Table, there: &ExistingTable) -> Result<Self, Error> {
        let encoder = encoder(plan, table, there)?;
        let rows = plan.rows(table.id)?;
        let sample = rows.min(SAMPLE_ROWS).min(plan.rows_per_batch(table.id));
        let mut bytes = Vec::new();
        if sample > 0 {
            let rows = plan.batch(table.id, 0..sample)?;
            encoder.encode(&rows, &mut bytes).map_err(|error| encoder.in_row(error, 0, &rows))?;
        }
        let bytes = (bytes.len() as f64 / sample.max(1) as f64 * rows as f64) as u64;
        Ok(Self { id: table.id, name: table.name.clone(), rows, encoder, bytes })
    }

    /// Refuses a table that has not got all of its rows.
    pub(crate) fn check(&self, found: u64) -> Result<(), Error> {
        if found == self.rows {
            return Ok(());
        }
        Err(Error::Rows { table: self.name.clone(), expected: self.rows, found })
    }

    /// `COPY … FROM STDIN`; the server may mark rows as visible to all if the table was made or emptied in this transaction.
    pub(crate) fn copy_statement(&self, schema: &str, table: &ddl::Table, frozen: bool) -> String {
        let columns = identifiers(table.columns.iter().map(|column| column.name.as_str()));
        let options = self.encoder.copy_options();
        let freeze = if frozen { ", FREEZE" } else { "" };
        format!("copy {} ({columns}) from stdin with ({options}{freeze})", qualified(schema, &self.name))
    }
}

/// What encodes the rows of a table of the plan for a table of the database.
pub(crate) fn encoder(plan: &Plan, table: &ddl::Table, there: &ExistingTable) -> Result<TableEncoder, Error> {
    let schema = plan.schema(table.id);
    let columns = table.columns.iter().zip(schema.fields()).filter_map(|(column, field)| {
        let target = there.columns.iter().find(|there| there.name == column.name)?;
        Some(TargetColumn {
            name: column.name.clone(),
            ty: column.ty.clone(),
            arrow: field.data_type().clone(),
            target: target.ty.clone(),
        })
    });
    TableEncoder::new(&table.name, columns.collect())
}

/// The statements that build the indexes of a table: those of its primary key, its unique keys, and others.
pub(crate) fn index_statements(table: &ddl::Table, schema: &str) -> Vec<String> {
    let keys = table.primary.iter().chain(&table.unique).map(|key| key.create_index(schema, &table.name));
    keys.chain(table.indexes.iter().map(|index| index.create(schema, &table.name))).collect()
}

/// The statements that make indexes into keys, and check what the scenario asks to be checked.
pub(crate) fn constraint_statements(table: &ddl::Table, schema: &str) -> Vec<String> {
    let primary = table.primary.iter().map(|key| key.add_primary(schema, &table.name));
    let unique = table.unique.iter().map(|key| key.add_unique(schema, &table.name));
    primary.chain(unique).chain(table.add_checks(schema)).collect()
}

/// The lowest and the highest number of a table's serial; none without rows.
pub(crate) fn serial_range(
    plan: &Plan,
    table: TableId,
    start: i64,
    step: i64,
) -> Result<Option<(i64, i64)>, Error> {
    let rows = plan.rows(table)?.cast_signed();
    let last = start + (rows - 1) * step;
    Ok((rows > 0).then_some((start.min(last), start.max(last))))
}

/// The statements that add all foreign keys, unchecked.
pub(crate) fn foreign_keys(ddl: &Schema, schema: &str) -> Vec<(String, String)> {
    let keys = ddl.tables.iter().flat_map(|table| table.foreign.iter().map(move |key| (table, key)));
    keys.map(|(table, key)| {
        (format!("add foreign key `{}`", key.name), key.add_not_valid(schema, &table.name))
    })
    .collect()
}

/// Gives tables of a schema, their sequences and their enums the default privileges that those made in another one get.
pub(crate) fn grant_defaults(
    session: &Session,
    ddl: &Schema,
    defaults_of: &str,
    schema: &str,
) -> Result<(), Error> {
    let query = format!(
        "select p.privilege_type, p.is_grantable, \
           case p.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.grantee)) end, \
           d.defaclobjtype \
         from pg_catalog.pg_default_acl d join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace, \
           pg_catalog.aclexplode(d.defaclacl) p \
         where n.nspname = {} and d.defaclobjtype in ('r', 'S', 'T') \
           and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)",
        literal(defaults_of)
    );
    let doing = "grant the schema's default privileges";
    let tables: Vec<_> = ddl.tables.iter().map(|table| qualified(schema, &table.name)).collect();
    for row in session.rows(doing, &query)? {
        let text = |i| row.get(i).unwrap_or_default();
        let (kind, names) = match text(3) {
            "S" => ("sequence", identity_sequences(session, ddl, schema)?),
            "T" => ("type", ddl.enums.iter().map(|of| qualified(schema, &of.name)).collect()),
            _ => ("table", tables.clone()),
        };
        if names.is_empty() {
            continue;
        }
        let option = if text(1) == "t" { " with grant option" } else { "" };
        let statement = format!("grant {} on {kind} {} to {}{option}", text(0), names.join(", "), text(2));
        session.execute(doing, &statement)?;
    }
    Ok(())
}

/// The sequences behind identity columns, quoted.
fn identity_sequences(session: &Session, ddl: &Schema, schema: &str) -> Result<Vec<String>, Error> {
    let names: Vec<_> = ddl.tables.iter().map(|table| literal(&table.name)).collect();
    let query = format!(
        "select q.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid \
           and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'i' \
         join pg_catalog.pg_class q on q.oid = d.objid and q.relkind = 'S' \
         where n.nspname = {} and c.relname in ({}) order by q.oid",
        literal(schema),
        names.join(", ")
    );
    let rows = session.rows("look at the sequences of the tables", &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0)).map(|name| qualified(schema, name)).collect())
}

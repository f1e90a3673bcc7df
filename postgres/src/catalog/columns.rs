//! The columns of tables, with domains resolved to what they are made of.

use std::collections::BTreeMap;

use super::{ExistingColumn, labels, number, numbers};
use crate::error::Error;
use crate::session::Session;
use crate::types::{CatalogName, ColumnType, Kind};

/// The columns of tables by the tables' numbers, in order.
pub(super) fn of(session: &Session, tables: &[u32]) -> Result<BTreeMap<u32, Vec<ExistingColumn>>, Error> {
    let mut columns: BTreeMap<u32, Vec<ExistingColumn>> = BTreeMap::new();
    if tables.is_empty() {
        return Ok(columns);
    }
    let rows = session.rows("look at the columns of the tables", &query(tables))?;
    let enums = rows.iter().filter(|row| row.get(12) == Some("e")).map(|row| number(row, 10));
    let labels = labels::of(session, enums.collect())?;
    for row in &rows {
        let text = |i| row.get(i).unwrap_or_default();
        let is = |i| text(i) == "t";
        let kind = Kind::named(CatalogName {
            name: text(11),
            typtype: text(12),
            schema: text(13),
            modifier: text(14).parse().unwrap_or(-1),
            bare: text(15),
            labels: labels.get(&number(row, 10)).map_or(&[], Vec::as_slice),
        });
        // Elements of a domain go on the wire as what it is made of, in an array that says that they are the domain's.
        let kind = match number(row, 8) {
            0 => kind,
            oid => Kind::Array(Box::new(ColumnType { oid, sql: text(9).to_owned(), kind })),
        };
        // A text can have a sequence, too, which counts something in it.
        let is_number = matches!(kind, Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Numeric(_));
        columns.entry(number(row, 0)).or_default().push(ExistingColumn {
            name: text(1).to_owned(),
            ty: ColumnType { oid: number(row, 6), sql: text(7).to_owned(), kind },
            not_null: is(2),
            domain_not_null: is(16),
            has_default: is(3),
            generated: is(4),
            has_sequence: is_number && is(5),
        });
    }
    Ok(columns)
}

/// Asks for the columns of tables. A domain is followed to what it is made of, which is `t`; from there, the elements of an array
/// are followed in the same way to `b`, which is `t` where there is no array.
fn query(tables: &[u32]) -> String {
    format!(
        "with recursive made_of(attrelid, attnum, oid, typmod, not_null, has_default, domain_not_null) as ( \
           select attrelid, attnum, atttypid, atttypmod, attnotnull, atthasdef or attidentity <> '', false \
             from pg_catalog.pg_attribute where attrelid in ({}) and attnum > 0 and not attisdropped \
           union all \
           select m.attrelid, m.attnum, t.typbasetype, case when m.typmod = -1 then t.typtypmod else m.typmod end, \
               m.not_null or t.typnotnull, m.has_default or t.typdefault is not null, \
               m.domain_not_null or t.typnotnull \
             from made_of m join pg_catalog.pg_type t on t.oid = m.oid where t.typtype = 'd') \
         select a.attrelid, a.attname, m.not_null, m.has_default, a.attgenerated <> '', \
                pg_catalog.pg_get_serial_sequence(a.attrelid::pg_catalog.regclass::pg_catalog.text, a.attname) is not null, \
                m.oid, pg_catalog.format_type(m.oid, m.typmod), \
                case when t.typcategory = 'A' then t.typelem else 0 end, pg_catalog.format_type(b.oid, part.typmod), \
                b.oid, b.typname, b.typtype, n.nspname, part.typmod, pg_catalog.format_type(b.oid, -1), \
                m.domain_not_null \
         from made_of m \
         join pg_catalog.pg_attribute a on a.attrelid = m.attrelid and a.attnum = m.attnum \
         join pg_catalog.pg_type t on t.oid = m.oid \
         cross join lateral ( \
           with recursive part(oid, typmod) as ( \
             select case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end, m.typmod \
             union all select d.typbasetype, case when p.typmod = -1 then d.typtypmod else p.typmod end \
               from part p join pg_catalog.pg_type d on d.oid = p.oid where d.typtype = 'd') \
           select oid, typmod from part) part \
         join pg_catalog.pg_type b on b.oid = part.oid and b.typtype <> 'd' \
         join pg_catalog.pg_namespace n on n.oid = b.typnamespace \
         where t.typtype <> 'd' order by a.attrelid, a.attnum",
        numbers(tables)
    )
}

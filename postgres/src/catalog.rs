//! What is in the database: tables, the real types of their columns, and everything that replacing a table would lose.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::session::Session;
use crate::sql::{MOST_NAME_BYTES, literal, qualified};
use crate::types::{ColumnType, IntervalParts, Kind, Limit, Spelled};

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

/// How a statement names a table when it means the table's own rows: a partitioned one's are those of its partitions, but those of
/// tables that inherit from it are theirs.
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

/// The tables of a schema that have one of the names.
pub(crate) fn tables(session: &Session, schema: &str, names: &[&str]) -> Result<Vec<ExistingTable>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let doing = format!("look at the tables of schema `{schema}`");
    let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
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
        names.join(", ")
    );
    let mut tables = Vec::new();
    for row in session.rows(&doing, &query)? {
        let text = |i| row.get(i).unwrap_or_default();
        let (oid, name) = (number(text(0)), text(1).to_owned());
        let relkind = text(2).chars().next().unwrap_or('r');
        let columns = columns(session, oid, &name)?;
        let table = own_rows(relkind, qualified(schema, &name));
        // Whoever may not read a table may still add to it.
        let row_security = text(3) == "t";
        let foreign_below = row.get(6).map(str::to_owned);
        // Reading a foreign table would ask another server.
        let is_asked = matches!(relkind, 'r' | 'p') && foreign_below.is_none();
        let is_empty = if is_asked && text(4) == "t" && !row_security {
            let query = format!("select exists (select from {table})");
            let has_rows = session.value(&format!("look into table `{name}`"), &query)?;
            Some(has_rows.as_deref() == Some("f"))
        } else {
            None
        };
        let before_insert = if text(5) == "t" { before_insert(session, oid, &name)? } else { Vec::new() };
        tables.push(ExistingTable {
            oid,
            name,
            relkind,
            columns,
            is_empty,
            row_security,
            before_insert,
            foreign_below,
        });
    }
    Ok(tables)
}

/// The triggers that run before each row that is inserted. The bits of their kind are 1 for each row, 2 for before, 4 for insert.
fn before_insert(session: &Session, table: u32, name: &str) -> Result<Vec<String>, Error> {
    let query = format!(
        "select tgname from pg_catalog.pg_trigger where tgrelid = {table} and tgtype & 7 = 7 and tgenabled in ('O', 'A') \
         order by tgname"
    );
    let rows = session.rows(&format!("look at the triggers of table `{name}`"), &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

/// The columns of a table, with domains resolved to what they are made of.
fn columns(session: &Session, table: u32, name: &str) -> Result<Vec<ExistingColumn>, Error> {
    let query = format!(
        "with recursive made_of(attnum, oid, typmod, not_null, has_default, domain_not_null) as ( \
           select attnum, atttypid, atttypmod, attnotnull, atthasdef or attidentity <> '', false from pg_catalog.pg_attribute \
             where attrelid = {table} and attnum > 0 and not attisdropped \
           union all \
           select m.attnum, t.typbasetype, case when m.typmod = -1 then t.typtypmod else m.typmod end, \
               m.not_null or t.typnotnull, m.has_default or t.typdefault is not null, \
               m.domain_not_null or t.typnotnull \
             from made_of m join pg_catalog.pg_type t on t.oid = m.oid where t.typtype = 'd') \
         select a.attname, m.not_null, m.has_default, a.attgenerated <> '', \
                pg_catalog.pg_get_serial_sequence({table}::pg_catalog.regclass::pg_catalog.text, a.attname) is not null, \
                m.oid, m.typmod, pg_catalog.format_type(m.oid, m.typmod), t.typname, t.typtype, n.nspname, \
                case when t.typcategory = 'A' then t.typelem else 0 end, e.typname, e.typtype, en.nspname, \
                pg_catalog.format_type(e.oid, el.typmod), el.typmod, e.oid, \
                pg_catalog.format_type(coalesce(e.oid, m.oid), -1), m.domain_not_null \
         from made_of m \
         join pg_catalog.pg_attribute a on a.attrelid = {table} and a.attnum = m.attnum \
         join pg_catalog.pg_type t on t.oid = m.oid \
         join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
         left join lateral ( \
           with recursive element(oid, typmod) as (select t.typelem, m.typmod \
             union all select d.typbasetype, case when l.typmod = -1 then d.typtypmod else l.typmod end \
               from element l join pg_catalog.pg_type d on d.oid = l.oid where d.typtype = 'd') \
           select l.oid, l.typmod from element l join pg_catalog.pg_type d on d.oid = l.oid where d.typtype <> 'd') el \
           on t.typcategory = 'A' \
         left join pg_catalog.pg_type e on e.oid = el.oid \
         left join pg_catalog.pg_namespace en on en.oid = e.typnamespace \
         where t.typtype <> 'd' order by a.attnum"
    );
    let doing = format!("look at the columns of table `{name}`");
    let mut labels = Labels { session, known: BTreeMap::new() };
    let mut columns = Vec::new();
    for row in session.rows(&doing, &query)? {
        let text = |i| row.get(i).unwrap_or_default();
        let is = |i| text(i) == "t";
        let (oid, typmod, element) = (number(text(5)), text(6).parse().unwrap_or(-1), number(text(11)));
        let scalar = |oid, names: [usize; 3], typmod, labels: &mut Labels| match names.map(text) {
            [_, "e", _] => labels.of(oid).map(Kind::Enum),
            [typname, typtype, schema] => Ok(kind(typname, typtype, schema, typmod, text(18))),
        };
        let kind = if element == 0 {
            scalar(oid, [8, 9, 10], typmod, &mut labels)?
        } else {
            // Elements of a domain go on the wire as what it is made of, in an array that says that they are the domain's.
            let kind = scalar(number(text(17)), [12, 13, 14], text(16).parse().unwrap_or(-1), &mut labels)?;
            Kind::Array(Box::new(ColumnType { oid: element, sql: text(15).to_owned(), kind }))
        };
        // A text can have a sequence, too, which counts something in it.
        let is_number = matches!(kind, Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Numeric(_));
        columns.push(ExistingColumn {
            name: text(0).to_owned(),
            ty: ColumnType { oid, sql: text(7).to_owned(), kind },
            not_null: is(1),
            domain_not_null: is(19),
            has_default: is(2),
            generated: is(3),
            has_sequence: is_number && is(4),
        });
    }
    Ok(columns)
}

/// The labels of enums, each looked up once.
struct Labels<'s> {
    session: &'s Session,
    known: BTreeMap<u32, Vec<String>>,
}

impl Labels<'_> {
    fn of(&mut self, oid: u32) -> Result<Vec<String>, Error> {
        if let Some(labels) = self.known.get(&oid) {
            return Ok(labels.clone());
        }
        let query = format!(
            "select enumlabel from pg_catalog.pg_enum where enumtypid = {oid} order by enumsortorder"
        );
        let rows = self.session.rows("look at the labels of an enum", &query)?;
        let labels: Vec<_> = rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect();
        self.known.insert(oid, labels.clone());
        Ok(labels)
    }
}

/// What a type of the catalog is. A type modifier counts from 4 for lengths, packs precision and scale for `numeric`, and is
/// the digits of a second for moments. `bare` is how SQL writes the type without one.
fn kind(typname: &str, typtype: &str, schema: &str, typmod: i32, bare: &str) -> Kind {
    let spelled = |limit| Kind::Spelled(Spelled { name: bare.to_owned(), limit });
    let length = (typmod >= 4).then(|| (typmod - 4).unsigned_abs());
    let digits = u8::try_from(typmod).unwrap_or(6);
    match (typtype, schema) {
        // An extension; it lies wherever it was put.
        ("b", _) if typname == "citext" => return Kind::Text,
        // Only superusers make base types. Ranges and what is made of other types can be anybody's.
        ("b", _) if schema != "pg_catalog" => return spelled(Limit::None),
        ("b" | "r" | "m", "pg_catalog") => {}
        _ => return Kind::Other,
    }
    match typname {
        "bool" => Kind::Bool,
        "int2" => Kind::Int2,
        "int4" => Kind::Int4,
        "int8" => Kind::Int8,
        "float4" => Kind::Float4,
        "float8" => Kind::Float8,
        "numeric" => Kind::Numeric(length.map(|packed| {
            // The scale has 11 bits, and a sign since PostgreSQL 15.
            let scale = (packed & 0x7ff) as i16;
            ((packed >> 16) as u16, (scale ^ 1024) - 1024)
        })),
        "text" => Kind::Text,
        "varchar" => Kind::Varchar(length),
        "bpchar" => length.map_or(Kind::Text, Kind::Bpchar),
        "uuid" => Kind::Uuid,
        "json" => Kind::Json,
        "jsonb" => Kind::Jsonb,
        "bytea" => Kind::Bytea,
        "date" => Kind::Date,
        "time" => Kind::Time(digits),
        "timestamp" => Kind::Timestamp(digits),
        "timestamptz" => Kind::Timestamptz(digits),
        "interval" => Kind::Interval(IntervalParts::from_modifier(typmod)),
        "inet" => Kind::Inet,
        "cidr" => Kind::Cidr,
        "timetz" => spelled(Limit::Digits(digits)),
        "tsrange" | "tstzrange" | "tsmultirange" | "tstzmultirange" => spelled(Limit::Digits(6)),
        "name" => spelled(Limit::Bytes(MOST_NAME_BYTES)),
        "char" => spelled(Limit::Bytes(1)),
        // An array in an array, by way of a domain: its elements can be anything.
        _ if typname.starts_with('_') => Kind::Other,
        _ => spelled(Limit::None),
    }
}

/// A number that the catalog gives as text; it always is one.
fn number(text: &str) -> u32 {
    text.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_modifiers_are_unpacked() {
        let spelled = |limit| Kind::Spelled(Spelled { name: "x".to_owned(), limit });
        let numeric = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(kind("numeric", "b", "pg_catalog", numeric(15, 2), "x"), Kind::Numeric(Some((15, 2))));
        assert_eq!(kind("numeric", "b", "pg_catalog", numeric(3, -2), "x"), Kind::Numeric(Some((3, -2))));
        assert_eq!(kind("numeric", "b", "pg_catalog", -1, "x"), Kind::Numeric(None));
        assert_eq!(kind("varchar", "b", "pg_catalog", 44, "x"), Kind::Varchar(Some(40)));
        assert_eq!(kind("bpchar", "b", "pg_catalog", 5, "x"), Kind::Bpchar(1));
        assert_eq!(kind("text", "b", "public", -1, "x"), spelled(Limit::None));
        assert_eq!(kind("text", "c", "public", -1, "x"), Kind::Other);
        assert_eq!(kind("timestamp", "b", "pg_catalog", 3, "x"), Kind::Timestamp(3));
        assert_eq!(kind("timetz", "b", "pg_catalog", -1, "x"), spelled(Limit::Digits(6)));
    }
}

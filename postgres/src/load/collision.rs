//! Which row has the key of a new one: a row that was there, or another new one. The server tells the key and not the row, so
//! it is asked again when the new rows are gone.

use tokio_postgres::SimpleQueryRow;

use super::{Fate, Load};
use crate::catalog::own_rows;
use crate::error::{Collision, Error, ServerError};
use crate::session::Session;
use crate::sql::{literal, qualified};

const DOING: &str = "look which row has the same key";

/// Says which row is in the way, as far as that can be known: the transaction of the load has been rolled back.
pub(super) fn told(load: &Load, session: Session, mut error: Error) -> Error {
    if let Some(server) = error.server_mut()
        && server.collision == Some(Collision::Unknown)
    {
        // When the server does not answer, it is not known.
        let found = find(load, &session, server);
        server.collision = found.ok().flatten().or(server.collision);
    }
    error
}

fn find(load: &Load, session: &Session, error: &ServerError) -> Result<Option<Collision>, Error> {
    let fate = |schema: &str, table: &str| {
        let tables = (schema == load.request.schema).then_some(&load.survey.tables);
        tables?.iter().find(|there| there.name == table).map(|there| there.fate)
    };
    // There were no other rows.
    let all_new = |fate| matches!(fate, Some(Fate::Create | Fate::Refill));
    let Some((schema, table)) = &error.relation else { return Ok(None) };
    if all_new(fate(schema, table)) {
        return Ok(Some(Collision::New));
    }
    let Some(key) = Key::of(session, error)? else { return Ok(None) };
    let fate = fate(&key.schema, &key.table);
    if all_new(fate) {
        return Ok(Some(Collision::New));
    }
    // One that was empty, and is again, had no other rows.
    if fate == Some(Fate::Fill) && is_empty(load, session, &key)? {
        return Ok(Some(Collision::New));
    }
    let Some(condition) = key.condition(error) else { return Ok(None) };
    let query = format!("select exists (select from {} t where {condition})", key.relation);
    Ok(match (session.value(DOING, &query)?.as_deref(), fate) {
        (Some("f"), _) => Some(Collision::New),
        (Some("t"), Some(Fate::Append)) => Some(Collision::Old),
        (Some("t"), _) => Some(Collision::Elsewhere),
        _ => None,
    })
}

fn is_empty(load: &Load, session: &Session, key: &Key) -> Result<bool, Error> {
    let survey = load.survey;
    let there = survey.tables.iter().find(|table| table.name == key.table);
    let Some(there) = there.and_then(|table| table.existing.as_ref()) else { return Ok(false) };
    let query = format!("select exists (select from {})", there.own_rows(&survey.schema));
    Ok(session.value(DOING, &query)?.as_deref() == Some("f"))
}

/// A key of a table, or of a partition.
struct Key {
    /// The table, or the partition, as a statement names it.
    relation: String,
    /// Where the table is, or the one that the partition is of.
    schema: String,
    table: String,
    columns: Vec<SimpleQueryRow>,
}

impl Key {
    /// The key that an error is about.
    fn of(session: &Session, error: &ServerError) -> Result<Option<Self>, Error> {
        let (Some((schema, table)), Some(constraint)) = (&error.relation, &error.constraint) else {
            return Ok(None);
        };
        // The operator is the one by which the index tells keys apart. It is taken for the types that it is declared for, so
        // that no other one of its name is. Rows that this role does not see, expressions and conditions: nothing is known.
        let query = format!(
            "select rn.nspname, r.relname, pg_catalog.quote_ident(a.attname), \
               pg_catalog.quote_ident(opn.nspname), op.oprname, \
               case when lt.typtype <> 'p' then pg_catalog.format_type(lt.oid, -1) end, \
               case when rt.typtype <> 'p' then pg_catalog.format_type(rt.oid, -1) \
                 else pg_catalog.format_type(a.atttypid, a.atttypmod) end, \
               pg_catalog.quote_ident(con.nspname) || '.' || pg_catalog.quote_ident(co.collname), \
               i.indpred is null and i.indexprs is null and pg_catalog.has_table_privilege(c.oid, 'SELECT') \
                 and not pg_catalog.row_security_active(c.oid), c.relkind \
             from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             join pg_catalog.pg_class r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid, c.oid) \
             join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace \
             join pg_catalog.pg_index i on i.indrelid = c.oid join pg_catalog.pg_class x on x.oid = i.indexrelid \
             left join pg_catalog.pg_constraint k on k.conindid = x.oid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x') \
             cross join lateral pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) s(n) \
             left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[s.n - 1] \
             join pg_catalog.pg_opclass oc on oc.oid = i.indclass[s.n - 1] \
             left join pg_catalog.pg_amop am on am.amopfamily = oc.opcfamily and am.amopstrategy = 3 \
               and am.amoplefttype = oc.opcintype and am.amoprighttype = oc.opcintype \
             left join pg_catalog.pg_operator op on op.oid = coalesce(k.conexclop[s.n], am.amopopr) \
             left join pg_catalog.pg_namespace opn on opn.oid = op.oprnamespace \
             left join pg_catalog.pg_type lt on lt.oid = op.oprleft left join pg_catalog.pg_type rt on rt.oid = op.oprright \
             left join pg_catalog.pg_collation co on co.oid = i.indcollation[s.n - 1] \
             left join pg_catalog.pg_namespace con on con.oid = co.collnamespace \
             where n.nspname = {} and c.relname = {} and x.relname = {} order by s.n",
            literal(schema),
            literal(table),
            literal(constraint)
        );
        let columns = session.rows(DOING, &query)?;
        let Some(first) = columns.first() else { return Ok(None) };
        let text = |i| first.get(i).unwrap_or_default().to_owned();
        let relation = own_rows(text(9).chars().next().unwrap_or('r'), qualified(schema, table));
        Ok(Some(Self { relation, schema: text(0), table: text(1), columns }))
    }

    /// What a row with the key of an error fulfils; none if that cannot be told from the error.
    fn condition(&self, error: &ServerError) -> Option<String> {
        if self.columns.iter().any(|column| column.get(8) != Some("t")) {
            return None;
        }
        let names: Option<Vec<&str>> = self.columns.iter().map(|column| column.get(2)).collect();
        let values = values(error.detail.as_deref()?, &names?)?;
        let conditions = self.columns.iter().zip(values).map(|(column, value)| {
            let (name, operator) =
                (column.get(2)?, format!("operator({}.{})", column.get(3)?, column.get(4)?));
            let left = column.get(5).map_or(String::new(), |ty| format!("::{ty}"));
            let collation = column.get(7).map_or(String::new(), |collation| format!(" collate {collation}"));
            Some(format!("(t.{name}{left} {operator} {}::{}{collation})", literal(value), column.get(6)?))
        });
        Some(conditions.collect::<Option<Vec<_>>>()?.join(" and "))
    }
}

/// The values of a key in a server's words, as in `Key (a, b)=(1, x) already exists.`; none where they cannot be told apart, or
/// NULL from a text.
fn values<'d>(detail: &'d str, names: &[&str]) -> Option<Vec<&'d str>> {
    let key = format!("({})=(", names.join(", "));
    let (_, values) = detail.split_once(&key)?;
    // An exclusion constraint names the other key, too.
    let values = values.split_once(&key).map_or(values, |(first, _)| first);
    let values = &values[..values.rfind(')')?];
    let values: Vec<&str> = if names.len() == 1 { vec![values] } else { values.split(", ").collect() };
    (values.len() == names.len() && !values.contains(&"null")).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_where_they_are_clear() {
        let one = values("Key (\"e mail\")=(a, (b)) already exists.", &["\"e mail\""]);
        assert_eq!(one, Some(vec!["a, (b)"]));
        let two = values("Schlüssel »(a, b)=(1, x)« existiert bereits.", &["a", "b"]);
        assert_eq!(two, Some(vec!["1", "x"]));
        let excluded = "Key (r, during)=(1, [1,5)) conflicts with existing key (r, during)=(1, [2,3)).";
        assert_eq!(values(excluded, &["r", "during"]), Some(vec!["1", "[1,5)"]));
        assert_eq!(values("Key (a, b)=(1, x, y) already exists.", &["a", "b"]), None);
        assert_eq!(values("Key (a)=(null) already exists.", &["a"]), None);
        assert_eq!(values("Key (lower(a))=(x) already exists.", &["a"]), None);
    }
}

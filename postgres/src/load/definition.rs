//! Everything about a table that dropping it would lose, as lines of text: two tables with the same lines are the same but for
//! their rows.

use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal};

/// The lines of a table, sorted. Names in them are written as seen from its schema; foreign keys and whatever depends on the
/// table count when they come from outside `together`, the tables that are replaced at once.
pub(crate) fn lines(
    session: &Session,
    schema: &str,
    also_visible: &str,
    table: &str,
    together: &[&str],
) -> Result<Vec<String>, Error> {
    let path =
        format!("set local search_path to {}, {}, public", identifier(schema), identifier(also_visible));
    let doing = format!("look at the definition of table `{table}`");
    session.execute(&doing, &path)?;
    let names: Vec<String> = together.iter().map(|name| literal(name)).collect();
    let query = QUERY
        .replace("$table", &literal(&crate::sql::qualified(schema, table)))
        .replace("$schema_prefix", &literal(&format!(" ON {}.", quoted_as_the_server_does(session, schema)?)))
        .replace("$schema", &literal(schema))
        .replace("$together", &names.join(", "));
    let rows = session.rows(&doing, &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

fn quoted_as_the_server_does(session: &Session, name: &str) -> Result<String, Error> {
    let quoted =
        session.value("quote a name", &format!("select pg_catalog.quote_ident({})", literal(name)))?;
    Ok(quoted.unwrap_or_default())
}

const QUERY: &str = "\
with t as (select c.* from pg_catalog.pg_class c where c.oid = $table::pg_catalog.regclass), \
lines(line) as ( \
  select pg_catalog.format('column %s %I %s%s%s%s%s%s', a.attnum, a.attname, \
      pg_catalog.format_type(a.atttypid, a.atttypmod), \
      case when a.attnotnull then ' not null' end, \
      case a.attidentity when '' then null else ' identity ' || a.attidentity::pg_catalog.text end, \
      case a.attgenerated when '' then null else ' generated' end, \
      ' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), \
      case when a.attcollation <> ty.typcollation then ' collate ' || a.attcollation::pg_catalog.text end) \
    from t join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped \
    join pg_catalog.pg_type ty on ty.oid = a.atttypid \
    left join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum \
  union all \
  select pg_catalog.format('comment on column %I: %s', a.attname, pg_catalog.col_description(t.oid, a.attnum)) \
    from t join pg_catalog.pg_attribute a on a.attrelid = t.oid and not a.attisdropped \
    where pg_catalog.col_description(t.oid, a.attnum) is not null \
  union all \
  select 'privileges on column ' || pg_catalog.quote_ident(a.attname) || ' ' || a.attacl::pg_catalog.text \
    from t join pg_catalog.pg_attribute a on a.attrelid = t.oid where a.attacl is not null and not a.attisdropped \
  union all \
  select 'comment ' || pg_catalog.obj_description(t.oid, 'pg_class') from t \
    where pg_catalog.obj_description(t.oid, 'pg_class') is not null \
  union all \
  select pg_catalog.format('table %s %s %s%s', t.relkind, t.relpersistence, \
      pg_catalog.pg_get_userbyid(t.relowner), ' options ' || t.reloptions::pg_catalog.text) from t \
  union all select 'privileges ' || t.relacl::pg_catalog.text from t where t.relacl is not null \
  union all select 'row security' from t where t.relrowsecurity \
  union all select 'partition or inheritance' from t join pg_catalog.pg_inherits i on t.oid in (i.inhrelid, i.inhparent) \
  union all select pg_catalog.format('constraint %I %s', co.conname, pg_catalog.pg_get_constraintdef(co.oid)) \
    from t join pg_catalog.pg_constraint co on co.conrelid = t.oid where co.contype in ('p', 'u', 'f', 'c', 'x') \
  union all select pg_catalog.replace(pg_catalog.pg_get_indexdef(i.indexrelid), $schema_prefix, ' ON ') \
    from t join pg_catalog.pg_index i on i.indrelid = t.oid \
  union all select pg_catalog.format('trigger %I', tg.tgname) \
    from t join pg_catalog.pg_trigger tg on tg.tgrelid = t.oid where not tg.tgisinternal \
  union all select pg_catalog.format('policy %I', p.polname) \
    from t join pg_catalog.pg_policy p on p.polrelid = t.oid \
  union all select pg_catalog.format('rule %I', r.rulename) \
    from t join pg_catalog.pg_rewrite r on r.ev_class = t.oid \
  union all select pg_catalog.format('statistics %I', s.stxname) \
    from t join pg_catalog.pg_statistic_ext s on s.stxrelid = t.oid \
  union all select pg_catalog.format('publication %I', p.pubname) \
    from t join pg_catalog.pg_publication_rel pr on pr.prrelid = t.oid \
    join pg_catalog.pg_publication p on p.oid = pr.prpubid \
  union all select distinct pg_catalog.format('view %s', r.ev_class::pg_catalog.regclass) \
    from t join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
      and d.refobjid = t.oid and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
    join pg_catalog.pg_rewrite r on r.oid = d.objid where r.ev_class <> t.oid \
  union all select pg_catalog.format('foreign key %I of %s', co.conname, co.conrelid::pg_catalog.regclass) \
    from t join pg_catalog.pg_constraint co on co.confrelid = t.oid and co.contype = 'f' \
    join pg_catalog.pg_class c on c.oid = co.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where n.nspname <> $schema or c.relname not in ($together) \
) select line from lines order by line collate \"C\"";

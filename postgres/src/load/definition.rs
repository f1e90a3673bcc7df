//! Everything about a table that dropping it would lose, as lines of text: two tables with the same lines are the same but for
//! their rows.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::session::Session;
use crate::sql::{literal, literals, qualified};

/// Tables by name, each with the lines of its definition.
pub(crate) type Definitions = BTreeMap<String, Vec<String>>;

/// The lines of tables and of what is dropped with each, sorted. Names in them have their schemas before them: `shown_as`
/// stands in the place of `schema`, which is a private one when the two differ, so that nothing else in a line can be its name.
/// What depends on a table counts when it comes from outside `together`, the tables that are replaced at once.
pub(crate) fn lines(
    session: &Session,
    schema: &str,
    shown_as: &str,
    tables: &[&str],
    together: &[&str],
) -> Result<Definitions, Error> {
    let mut definitions: Definitions = tables.iter().map(|table| ((*table).to_owned(), Vec::new())).collect();
    if tables.is_empty() {
        return Ok(definitions);
    }
    let asked = tables.iter().map(|table| {
        format!("({}::pg_catalog.regclass::pg_catalog.oid)", literal(&qualified(schema, table)))
    });
    let query = format!(
        "with asked(oid) as (values {}), \
         together(oid) as (select c.oid from pg_catalog.pg_namespace n join pg_catalog.pg_class c on c.relnamespace = n.oid \
           where n.nspname = {schema} and c.relname in ({together})) \
         select c.relname, l.shown from asked join pg_catalog.pg_class c on c.oid = asked.oid \
         cross join lateral (with {OBJECTS}, lines(line) as ({LINES}) select pg_catalog.replace(line, \
           pg_catalog.quote_ident({schema}) || '.', pg_catalog.quote_ident({}) || '.') from lines) l(shown) \
         order by l.shown collate pg_catalog.\"C\"",
        asked.collect::<Vec<_>>().join(", "),
        literal(shown_as),
        schema = literal(schema),
        together = literals(together.iter().copied()),
    );
    for row in session.rows("look at the definitions of the tables", &query)? {
        let lines = definitions.entry(row.get(0).unwrap_or_default().to_owned()).or_default();
        lines.extend(row.get(1).map(str::to_owned));
    }
    Ok(definitions)
}

/// The table `t` that is `asked` for, the sequences and enums of its columns, and all `objects` that go away with it.
const OBJECTS: &str = "\
t as (select c.* from pg_catalog.pg_class c where c.oid = asked.oid), \
sequences as ( \
  select q.oid, q.relname, q.relacl, q.relpersistence, d.refobjsubid as attnum from t join pg_catalog.pg_depend d \
      on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = t.oid and d.deptype in ('a', 'i') \
      and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
    join pg_catalog.pg_class q on q.oid = d.objid and q.relkind = 'S'), \
enums as ( \
  select distinct e.oid, e.typname, e.typowner, e.typarray from t join pg_catalog.pg_attribute a on a.attrelid = t.oid \
    join pg_catalog.pg_type ty on ty.oid = a.atttypid \
    join pg_catalog.pg_type e on e.oid in (ty.oid, ty.typelem) and e.typtype = 'e'), \
objects(class, oid, what) as ( \
  select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid, 'the table' from t \
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, reltype, 'the type of its rows' from t \
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, ty.typarray, 'the type of arrays of its rows' \
    from t join pg_catalog.pg_type ty on ty.oid = t.reltype \
  union all select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, pg_catalog.format('index %I', c.relname) \
    from t join pg_catalog.pg_index i on i.indrelid = t.oid join pg_catalog.pg_class c on c.oid = i.indexrelid \
  union all select 'pg_catalog.pg_constraint'::pg_catalog.regclass, co.oid, pg_catalog.format('constraint %I', co.conname) \
    from t join pg_catalog.pg_constraint co on co.conrelid = t.oid \
  union all select 'pg_catalog.pg_class'::pg_catalog.regclass, oid, pg_catalog.format('sequence %I', relname) from sequences \
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, oid, pg_catalog.format('enum %I', typname) from enums \
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, typarray, pg_catalog.format('arrays of enum %I', typname) \
    from enums)";

const LINES: &str = "\
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
  select pg_catalog.format('column %I of %s with%s%s%s%s', a.attname, o.what, \
      ' statistics target ' || nullif(a.attstattarget, -1)::pg_catalog.text, \
      case when a.attstorage <> ty.typstorage then ' storage ' || a.attstorage::pg_catalog.text end, \
      ' compression ' || nullif(a.attcompression::pg_catalog.text, ''), ' options ' || a.attoptions::pg_catalog.text) \
    from objects o join pg_catalog.pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped \
    join pg_catalog.pg_type ty on ty.oid = a.atttypid \
    where o.class = 'pg_catalog.pg_class'::pg_catalog.regclass and (nullif(a.attstattarget, -1) is not null \
      or a.attstorage <> ty.typstorage or a.attcompression::pg_catalog.text <> '' or a.attoptions is not null) \
  union all \
  select pg_catalog.format('comment on %s%s: %s', o.what, ', column ' || a.attname, d.description) \
    from objects o join pg_catalog.pg_description d on d.classoid = o.class and d.objoid = o.oid \
    left join pg_catalog.pg_attribute a on a.attrelid = o.oid and a.attnum = d.objsubid and a.attnum > 0 \
  union all \
  select pg_catalog.format('security label on %s, column %s: %s %s', o.what, l.objsubid, l.provider, l.label) \
    from objects o join pg_catalog.pg_seclabel l on l.classoid = o.class and l.objoid = o.oid \
  union all \
  select 'privileges on column ' || pg_catalog.quote_ident(a.attname) || ' ' || a.attacl::pg_catalog.text \
    from t join pg_catalog.pg_attribute a on a.attrelid = t.oid where a.attacl is not null and not a.attisdropped \
  union all select 'privileges ' || t.relacl::pg_catalog.text from t where t.relacl is not null \
  union all \
  select pg_catalog.format('privileges on sequence %I %s', s.relname, s.relacl) from sequences s where s.relacl is not null \
  union all \
  select pg_catalog.format('privileges on %s %s', o.what, ty.typacl) from objects o join pg_catalog.pg_type ty on ty.oid = o.oid \
    where o.class = 'pg_catalog.pg_type'::pg_catalog.regclass and ty.typacl is not null \
  union all \
  select pg_catalog.format('table %s %s %s%s%s%s%s%s', t.relkind, t.relpersistence, \
      pg_catalog.pg_get_userbyid(t.relowner), ' stored as ' || am.amname, ' options ' || t.reloptions::pg_catalog.text, \
      ' toast options ' || toast.reloptions::pg_catalog.text, \
      case when t.relreplident <> 'd' then ' replica identity ' || t.relreplident::pg_catalog.text end, \
      case when t.reloftype <> 0 then ' of a type' end) \
    from t left join pg_catalog.pg_am am on am.oid = t.relam left join pg_catalog.pg_class toast on toast.oid = t.reltoastrelid \
  union all \
  select pg_catalog.format('tablespace of %s: %I', o.what, ts.spcname) from objects o \
    join pg_catalog.pg_class c on c.oid = o.oid join pg_catalog.pg_tablespace ts on ts.oid = c.reltablespace \
    where o.class = 'pg_catalog.pg_class'::pg_catalog.regclass \
  union all \
  select pg_catalog.format('sequence %I of column %s: %s from %s by %s, %s to %s, cache %s%s, %s', s.relname, s.attnum, \
      pg_catalog.format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, \
      case when q.seqcycle then ', cycle' end, s.relpersistence) \
    from sequences s join pg_catalog.pg_sequence q on q.seqrelid = s.oid \
  union all \
  select pg_catalog.format('enum %I of %s: %s', e.typname, pg_catalog.pg_get_userbyid(e.typowner), \
      (select pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel), ', ' order by l.enumsortorder) \
         from pg_catalog.pg_enum l where l.enumtypid = e.oid)) from enums e \
  union all select 'row security' from t where t.relrowsecurity or t.relforcerowsecurity \
  union all select 'partition or inheritance' from t join pg_catalog.pg_inherits i on t.oid in (i.inhrelid, i.inhparent) \
  union all select pg_catalog.format('constraint %I %s', co.conname, pg_catalog.pg_get_constraintdef(co.oid)) \
    from t join pg_catalog.pg_constraint co on co.conrelid = t.oid where co.contype in ('p', 'u', 'f', 'c', 'x') \
  union all select pg_catalog.pg_get_indexdef(i.indexrelid) || case when i.indisclustered then ' clustered' else '' end \
      || case when i.indisreplident then ' replica identity' else '' end || case when i.indisvalid then '' else ' invalid' end \
    from t join pg_catalog.pg_index i on i.indrelid = t.oid \
  union all select pg_catalog.format('trigger %I', tg.tgname) \
    from t join pg_catalog.pg_trigger tg on tg.tgrelid = t.oid where not tg.tgisinternal \
  union all select distinct 'triggers of constraints that are switched off' \
    from t join pg_catalog.pg_trigger tg on tg.tgrelid = t.oid where tg.tgisinternal and tg.tgenabled <> 'O' \
  union all select pg_catalog.format('policy %I', p.polname) \
    from t join pg_catalog.pg_policy p on p.polrelid = t.oid \
  union all select pg_catalog.format('rule %I', r.rulename) \
    from t join pg_catalog.pg_rewrite r on r.ev_class = t.oid \
  union all select pg_catalog.format('statistics %I', s.stxname) \
    from t join pg_catalog.pg_statistic_ext s on s.stxrelid = t.oid \
  union all select pg_catalog.format('publication %I', p.pubname) \
    from t join pg_catalog.pg_publication_rel pr on pr.prrelid = t.oid \
    join pg_catalog.pg_publication p on p.oid = pr.prpubid \
  union all select pg_catalog.format('membership of %s in extension %I', o.what, x.extname) \
    from objects o join pg_catalog.pg_depend d on d.classid = o.class and d.objid = o.oid and d.deptype = 'e' \
    join pg_catalog.pg_extension x on x.oid = d.refobjid \
  union all select distinct 'dependent ' || case when r.rulename = '_RETURN' \
      then pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class, 0) \
      else pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) end \
    from objects o join pg_catalog.pg_depend d on d.refclassid = o.class and d.refobjid = o.oid and d.deptype = 'n' \
    left join pg_catalog.pg_class c on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objid \
    left join pg_catalog.pg_index i on i.indexrelid = c.oid \
    left join pg_catalog.pg_constraint co on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and co.oid = d.objid \
    left join pg_catalog.pg_attrdef ad on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and ad.oid = d.objid \
    left join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid \
    left join pg_catalog.pg_trigger tg on d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and tg.oid = d.objid \
    left join pg_catalog.pg_policy po on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and po.oid = d.objid \
    where coalesce(i.indrelid, c.oid, co.conrelid, ad.adrelid, r.ev_class, tg.tgrelid, po.polrelid, 0) \
      not in (select oid from together)";

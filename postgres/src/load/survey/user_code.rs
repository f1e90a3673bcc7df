//! Code of the user's that a load sets off: triggers, and the functions behind checks, defaults, domains, indexes, statistics and
//! foreign keys.
//!
//! It runs with the rights of the role that loads, even if another role wrote it, so it is named before it runs. Functions that
//! those call in turn are not known to the server, and cannot be named.

use super::super::referrers::Referrer;
use super::super::request::{Existing, Request};
use super::Way;
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::listed::listed;
use crate::session::Session;
use crate::sql::literal;
use crate::types::FIRST_OF_USERS;

/// So many pieces of code are named.
const MOST_NAMED: usize = 50;

/// What a load sets off.
pub(super) struct UserCode {
    /// A sentence about each piece.
    pub(super) notes: Vec<String>,
    /// Whether rows set off anything, so that names have to be found where the user's code expects them.
    pub(super) runs: bool,
}

/// Looks for what rows that come into tables set off, and for event triggers, which every load sets off.
pub(super) fn find(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    referrers: &[Referrer],
    request: &Request,
    way: &Way,
) -> Result<UserCode, Error> {
    let filled = if *way == Way::Staged { &[] } else { existing };
    let oids: Vec<_> = filled.iter().map(|table| format!("({})", table.oid)).collect();
    let written = filled.iter().flat_map(|there| {
        let table = ddl.tables.iter().find(|table| table.name == there.name);
        let columns = table.into_iter().flat_map(|table| &table.columns);
        columns.map(move |column| format!("({}, {})", there.oid, literal(&column.name)))
    });
    let written: Vec<_> = written.collect();
    let or_none =
        |rows: Vec<String>, none: &str| if rows.is_empty() { none.to_owned() } else { rows.join(", ") };
    let mut emptied: Vec<_> = referrers.iter().map(|table| format!("({})", table.oid())).collect();
    if request.existing == Existing::Replace {
        emptied.extend(oids.iter().cloned());
    }
    let query = format!(
        "with recursive asked(oid) as (values {oids}), asked_empty(oid) as (values {emptied}), \
         written(oid, name) as (values {written}), {OBJECTS}, {FUNCTIONS} \
         select distinct coalesce('table `' || c.relname || '`: ', '') || f.what, \
           p.oid::pg_catalog.regprocedure::pg_catalog.text, pg_catalog.pg_get_userbyid(p.proowner), p.prosecdef, \
           p.proowner = me.oid, me.rolname, me.rolsuper, owner.rolsuper, c.oid is not null, \
           exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
             and e.objid = p.oid and e.deptype = 'e') \
         from functions f join pg_catalog.pg_proc p on p.oid = f.oid \
           left join pg_catalog.pg_class c on c.oid = f.root \
           left join pg_catalog.pg_roles owner on owner.oid = p.proowner, pg_catalog.pg_roles me \
         where me.rolname = current_user and (p.oid >= {FIRST_OF_USERS} or f.is_trigger) order by 1, 2",
        oids = or_none(oids, "(0)"),
        emptied = or_none(emptied, "(0)"),
        written = or_none(written, "(0, '')"),
    );
    let rows = session.rows("look for code that the load sets off", &query)?;
    let mut code = UserCode { notes: Vec::new(), runs: false };
    let (mut others, mut left_out) = (Vec::new(), 0);
    for row in &rows {
        let text = |i| row.get(i).unwrap_or_default();
        let is = |i| text(i) == "t";
        code.runs |= is(8);
        // Installing an extension was an act of trust. Its owner, who need not be a superuser, can add functions of
        // their own to it.
        if is(9) && (is(4) || is(7)) {
            continue;
        }
        let (function, owner, me) = (text(1), text(2), text(5));
        let by = if is(4) { String::new() } else { format!(" of role `{owner}`") };
        let rights = if is(3) { owner } else { me };
        if code.notes.len() < MOST_NAMED {
            code.notes
                .push(format!("{} runs function `{function}`{by} with the rights of `{rights}`", text(0)));
        } else {
            left_out += 1;
        }
        // A superuser's function can do no more than a superuser's session.
        let is_stronger = !is(4) && !is(3) && !is(7);
        if is_stronger && !others.contains(&owner) {
            others.push(owner);
        }
    }
    if left_out > 0 {
        code.notes.push(format!("{left_out} more functions run"));
    }
    if let (false, Some(row)) = (others.is_empty(), rows.first()) {
        let me = row.get(5).unwrap_or_default();
        let superuser = if row.get(6) == Some("t") { ", a superuser" } else { "" };
        code.notes.push(format!(
            "warning: what {} wrote can do all that `{me}`{superuser} may: read it first, or connect as the owner of the tables",
            listed(others.iter().map(|owner| format!("`{owner}`")))
        ));
    }
    Ok(code)
}

/// The tables with their partitions, and everything of theirs that may call a function when a row comes in, its statistics are
/// gathered, or a key is checked. Defaults of columns that are written are not asked for. A type leads to those that it is made
/// of, to the constraints of a domain, and to the operator classes by which its values are compared; an expression leads to the
/// types that it names.
///
/// PostgreSQL notes no dependency of a foreign key on the casts that its comparisons need, so these are looked up: they lead from
/// a type of the table to one of an operand.
///
/// The bits of a trigger's kind are 4 for insert and 32 for truncate. 403 and 405 are the access methods `btree` and `hash`.
const OBJECTS: &str = "\
family(oid, root) as ( \
  select c.oid, c.oid from asked join pg_catalog.pg_class c on c.oid = asked.oid \
  union select i.inhrelid, f.root from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid \
    join pg_catalog.pg_class c on c.oid = i.inhrelid where c.relispartition), \
objects(class, oid, root, what) as ( \
  (select 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid, co.oid, f.root, \
      pg_catalog.format(case co.contype when 'f' then 'foreign key `%s`' else 'constraint `%s`' end, co.conname) \
    from family f join pg_catalog.pg_constraint co on co.conrelid = f.oid and co.contype in ('c', 'x', 'f') \
  union all select 'pg_catalog.pg_type'::pg_catalog.regclass, a.atttypid, f.root, pg_catalog.format('type `%s`', ty.typname) \
    from family f join pg_catalog.pg_attribute a on (a.attrelid = f.oid \
      or a.attrelid in (select i.indexrelid from pg_catalog.pg_index i where i.indrelid = f.oid)) \
      and a.attnum > 0 and not a.attisdropped \
    join pg_catalog.pg_type ty on ty.oid = a.atttypid \
  union all select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid, f.root, \
      pg_catalog.format(case a.attgenerated when '' then 'default of column `%s`' else 'generated column `%s`' end, a.attname) \
    from family f join pg_catalog.pg_attrdef d on d.adrelid = f.oid \
    join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum \
    where a.attgenerated <> '' \
      or f.oid = f.root and not exists (select from written w where w.oid = f.root and w.name = a.attname) \
  union all select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, f.root, \
      pg_catalog.format('index `%s`', ic.relname) \
    from family f join pg_catalog.pg_index i on i.indrelid = f.oid join pg_catalog.pg_class ic on ic.oid = i.indexrelid \
  union all select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, st.oid, f.root, \
      pg_catalog.format('statistics `%s`', st.stxname) \
    from family f join pg_catalog.pg_statistic_ext st on st.stxrelid = f.oid \
  union all select 'pg_catalog.pg_class'::pg_catalog.regclass, f.oid, f.root, 'partition key' from family f) \
  union select more.class, more.oid, o.root, more.what from objects o cross join lateral ( \
    select 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, part.oid, \
        pg_catalog.format('type `%s`', pg_catalog.format_type(part.oid, null)) \
      from pg_catalog.pg_type ty cross join lateral ( \
        select ty.typbasetype union all select ty.typelem \
        union all select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = ty.oid \
        union all select r.rngtypid from pg_catalog.pg_range r where r.rngmultitypid = ty.oid \
        union all select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = ty.typrelid and ty.typrelid <> 0 \
          and a.attnum > 0 and not a.attisdropped) part(oid) \
      where o.class = 'pg_catalog.pg_type'::pg_catalog.regclass and ty.oid = o.oid and part.oid <> 0 \
    union all select 'pg_catalog.pg_constraint'::pg_catalog.regclass, co.oid, \
        pg_catalog.format('constraint `%s` of domain `%s`', co.conname, ty.typname) \
      from pg_catalog.pg_constraint co join pg_catalog.pg_type ty on ty.oid = co.contypid \
      where o.class = 'pg_catalog.pg_type'::pg_catalog.regclass and co.contypid = o.oid \
    union all select 'pg_catalog.pg_opclass'::pg_catalog.regclass, oc.oid, pg_catalog.format('operator class `%s`', oc.opcname) \
      from pg_catalog.pg_opclass oc where o.class = 'pg_catalog.pg_type'::pg_catalog.regclass and oc.opcintype = o.oid \
        and oc.opcdefault and oc.opcmethod in (403, 405) \
    union all select d.refclassid, d.refobjid, case d.refclassid when 'pg_catalog.pg_type'::pg_catalog.regclass then \
          pg_catalog.format('type `%s`', pg_catalog.format_type(d.refobjid, null)) \
        else (select pg_catalog.format('operator class `%s`', oc.opcname) from pg_catalog.pg_opclass oc where oc.oid = d.refobjid) end \
      from pg_catalog.pg_depend d where d.classid = o.class and d.objid = o.oid \
        and d.refclassid in ('pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass)) \
    more(class, oid, what)), \
casts(oid, root, what) as ( \
  select distinct ca.castfunc, f.root, pg_catalog.format('foreign key `%s`', co.conname) \
  from family f join pg_catalog.pg_constraint co on co.conrelid = f.oid and co.contype = 'f' \
  cross join lateral pg_catalog.unnest(co.conpfeqop || co.conppeqop || co.conffeqop) eq(oid) \
  join pg_catalog.pg_operator op on op.oid = eq.oid \
  join pg_catalog.pg_cast ca on ca.casttarget in (op.oprleft, op.oprright) and ca.castcontext = 'i' and ca.castfunc <> 0 \
  join objects o on o.class = 'pg_catalog.pg_type'::pg_catalog.regclass and o.oid = ca.castsource and o.root = f.root), \
emptied(oid) as ( \
  select c.oid from asked_empty join pg_catalog.pg_class c on c.oid = asked_empty.oid \
  union select i.inhrelid from emptied e join pg_catalog.pg_inherits i on i.inhparent = e.oid \
    join pg_catalog.pg_class c on c.oid = i.inhrelid where c.relispartition), \
triggers(oid, root) as ( \
  select tg.oid, f.root from family f join pg_catalog.pg_trigger tg on tg.tgrelid = f.oid \
    where not tg.tgisinternal and tg.tgenabled in ('O', 'A') and tg.tgtype & 4 <> 0 \
  union select tg.oid, e.oid from emptied e join pg_catalog.pg_trigger tg on tg.tgrelid = e.oid \
    where not tg.tgisinternal and tg.tgenabled in ('O', 'A') and tg.tgtype & 32 <> 0)";

/// The functions behind them, and those behind operators, casts and operator classes that they use.
const FUNCTIONS: &str = "\
called(oid, root, what) as ( \
  select case d.refclassid when 'pg_catalog.pg_proc'::pg_catalog.regclass then d.refobjid else op.oprcode end, o.root, o.what \
  from objects o join pg_catalog.pg_depend d on d.classid = o.class and d.objid = o.oid \
    and d.refclassid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass) \
  left join pg_catalog.pg_operator op on op.oid = d.refobjid \
  union all select oid, root, what from casts \
  union all select fn.oid, o.root, o.what from objects o join pg_catalog.pg_opclass oc on oc.oid = o.oid \
    cross join lateral ( \
      select ap.amproc::pg_catalog.oid from pg_catalog.pg_amproc ap where ap.amprocfamily = oc.opcfamily \
        and oc.opcintype in (ap.amproclefttype, ap.amprocrighttype) \
      union all select op.oprcode from pg_catalog.pg_amop ao join pg_catalog.pg_operator op on op.oid = ao.amopopr \
        where ao.amopfamily = oc.opcfamily and oc.opcintype in (ao.amoplefttype, ao.amoprighttype)) fn(oid) \
    where o.class = 'pg_catalog.pg_opclass'::pg_catalog.regclass), \
functions(oid, root, what, is_trigger) as ( \
  select oid, root, what, false from called \
  union all select tg.tgfoid, t.root, pg_catalog.format('trigger `%s`', tg.tgname), true \
    from triggers t join pg_catalog.pg_trigger tg on tg.oid = t.oid \
  union all select d.refobjid, t.root, pg_catalog.format('the condition of trigger `%s`', tg.tgname), false \
    from triggers t join pg_catalog.pg_trigger tg on tg.oid = t.oid \
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.objid = t.oid \
      and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid <> tg.tgfoid \
  union all select e.evtfoid, null, pg_catalog.format('event trigger `%s`', e.evtname), true \
    from pg_catalog.pg_event_trigger e where e.evtenabled in ('O', 'A') and e.evtevent <> 'login')";

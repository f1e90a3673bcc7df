//! Tables outside the load that refer to tables that are emptied. The server empties them together or not at all, so those that
//! hold no row are emptied along, which changes nothing, and one that holds rows is refused.

use super::request::Request;
use crate::catalog::{self, ExistingTable};
use crate::error::Error;
use crate::listed::listed;
use crate::session::Session;
use crate::sql::{literal, qualified};

/// Faults that are told; more are counted.
const MOST_FAULTS: usize = 10;

/// A table that refers to one that is emptied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Referrer {
    oid: String,
    schema: String,
    name: String,
    relkind: char,
    /// A foreign key by which it refers.
    key: String,
    /// The table it refers to.
    target: String,
}

impl Referrer {
    /// Its number in the catalog.
    pub(crate) fn oid(&self) -> &str {
        &self.oid
    }

    pub(crate) fn qualified(&self) -> String {
        qualified(&self.schema, &self.name)
    }

    /// How a statement names it when it means its own rows.
    pub(crate) fn own_rows(&self) -> String {
        catalog::own_rows(self.relkind, self.qualified())
    }
}

/// What is told about tables that are emptied along.
pub(super) fn note(referrers: &[Referrer]) -> Option<String> {
    let names = listed(referrers.iter().map(Referrer::qualified));
    (!referrers.is_empty()).then(|| {
        format!("emptied along, because they refer to the tables and hold no rows themselves: {names}")
    })
}

/// The tables outside the load that refer to tables that are emptied, and those that refer to them, and so on. One that is not
/// known to be empty is refused.
pub(super) fn look(
    session: &Session,
    existing: &[ExistingTable],
    request: &Request,
    scenario: &[&str],
) -> Result<Vec<Referrer>, Error> {
    let oids: Vec<_> = existing.iter().map(|table| table.oid.to_string()).collect();
    let oids = oids.join(", ");
    // A table is emptied with its partitions, and without the tables that inherit from it. A role that cannot see
    // all rows does not know that there are none.
    let query = format!(
        "with recursive loaded(oid) as ( \
           select c.oid from pg_catalog.pg_class c where c.oid in ({oids}) \
           union select i.inhrelid from loaded l join pg_catalog.pg_inherits i on i.inhparent = l.oid \
             join pg_catalog.pg_class c on c.oid = i.inhrelid where c.relispartition), \
         emptied(oid) as ( \
           select oid from loaded \
           union select more.oid from emptied e cross join lateral ( \
             select f.conrelid from pg_catalog.pg_constraint f where f.contype = 'f' and f.confrelid = e.oid \
             union all select i.inhrelid from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid \
               where i.inhparent = e.oid and c.relispartition) more(oid)) \
         select c.oid, n.nspname, c.relname, f.conname, r.relname, \
           case when not pg_catalog.has_table_privilege(c.oid, 'SELECT') or not pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
               or pg_catalog.row_security_active(c.oid) \
               then 'this role may not see whether it is empty' \
             when not pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') then 'this role may not empty it' end, c.relkind \
         from emptied e join pg_catalog.pg_class c on c.oid = e.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join lateral (select f.conname, f.confrelid from pg_catalog.pg_constraint f \
           where f.contype = 'f' and f.conrelid = c.oid and f.confrelid in (select oid from emptied) \
           order by f.oid limit 1) f on true \
         join pg_catalog.pg_class r on r.oid = f.confrelid \
         where e.oid not in (select oid from loaded) and not exists (select from pg_catalog.pg_inherits i \
           where c.relispartition and i.inhrelid = e.oid and i.inhparent in (select oid from emptied)) order by n.nspname, c.relname"
    );
    let rows = session.rows("look who refers to the tables", &query)?;
    let tables = rows.iter().map(|row| {
        let text = |i| row.get(i).unwrap_or_default().to_owned();
        let relkind = text(6).chars().next().unwrap_or('r');
        let table =
            Referrer { oid: text(0), schema: text(1), name: text(2), relkind, key: text(3), target: text(4) };
        (table, row.get(5))
    });
    let tables: Vec<(Referrer, Option<&str>)> = tables.collect();
    let seen = tables.iter().filter(|(_, obstacle)| obstacle.is_none()).map(|(table, _)| table);
    let full = with_rows(session, seen)?;
    let (mut empty, mut faults, mut missing, mut can_be_named) = (Vec::new(), Vec::new(), Vec::new(), true);
    for (table, obstacle) in tables {
        let fault = obstacle.or_else(|| full.contains(&table.oid).then_some("it keeps its rows"));
        let Some(fault) = fault else {
            empty.push(table);
            continue;
        };
        can_be_named &= table.schema == request.schema && scenario.contains(&table.name.as_str());
        faults.push(format!(
            "table `{}` cannot be emptied, because table {} refers to it (foreign key `{}`) and {fault}",
            table.target,
            table.qualified(),
            table.key
        ));
        missing.push(table.name);
    }
    if faults.is_empty() {
        return Ok(empty);
    }
    let more = faults.len().saturating_sub(MOST_FAULTS);
    faults.truncate(MOST_FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    let hint = if can_be_named {
        format!("name it in `--tables`, too: {}", missing.join(","))
    } else {
        "empty it yourself if its rows may go, or add rows with `--append`".to_owned()
    };
    Err(Error::usage(faults.join("\n"), hint))
}

/// Checks that tables which are emptied along are empty, once no other session can write to them any more.
pub(super) fn check_empty(session: &Session, referrers: &[Referrer]) -> Result<(), Error> {
    let full = with_rows(session, referrers)?;
    match referrers.iter().find(|table| full.contains(&table.oid)) {
        Some(table) => {
            let message = format!("table {} has got rows meanwhile", table.qualified());
            Err(Error::usage(message, "nothing has been written; run it again"))
        }
        None => Ok(()),
    }
}

/// The numbers of those of the tables that hold rows.
fn with_rows<'r>(
    session: &Session,
    tables: impl IntoIterator<Item = &'r Referrer>,
) -> Result<Vec<String>, Error> {
    // Rows that policies hide would go, too.
    let looks = tables.into_iter().map(|table| {
        format!(
            "({0}, pg_catalog.row_security_active({1}::pg_catalog.regclass) \
               or {1}::pg_catalog.regclass <> {0}::pg_catalog.oid or exists (select from {2}))",
            table.oid,
            literal(&table.qualified()),
            table.own_rows()
        )
    });
    let looks: Vec<String> = looks.collect();
    if looks.is_empty() {
        return Ok(Vec::new());
    }
    let query = format!("values {}", looks.join(", "));
    let rows = session.rows("look into the tables that refer to others", &query)?;
    let full = rows.iter().filter(|row| row.get(1) != Some("f"));
    Ok(full.filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

//! Enums that an earlier load has left behind, because dropping a table leaves its types: those that are as they would be made
//! are used.

use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::sql::literal;

/// Takes the enums that are there from those that are to be made. One that a table of the load has already is not among them:
/// it goes where the table goes.
pub(super) fn use_those_left(
    session: &Session,
    ddl: &mut Schema,
    existing: &[ExistingTable],
    schema: &str,
) -> Result<(), Error> {
    let oids: Vec<_> = existing.iter().map(|there| there.oid.to_string()).chain(["0".to_owned()]).collect();
    let oids = oids.join(", ");
    for of in ddl.enums.clone() {
        let query = format!(
            "select l.enumlabel from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
             join pg_catalog.pg_enum l on l.enumtypid = t.oid \
             where n.nspname = {} and t.typname = {} and not exists (select from pg_catalog.pg_attribute a \
               where a.attrelid in ({oids}) and not a.attisdropped and a.atttypid in (t.oid, t.typarray)) \
             order by l.enumsortorder",
            literal(schema),
            literal(&of.name)
        );
        let rows = session.rows("look for an enum", &query)?;
        if !rows.is_empty()
            && rows.iter().map(|row| row.get(0)).eq(of.labels.iter().map(|label| Some(label.as_str())))
        {
            ddl.use_enum(&of.name, schema);
        }
    }
    Ok(())
}

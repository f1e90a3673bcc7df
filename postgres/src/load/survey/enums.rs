//! Enums that an earlier load has left behind, because dropping a table leaves its types: those that are as they would be made
//! are used.

use crate::catalog::{self, ExistingTable};
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;

/// Takes the enums that are there from those that are to be made. One that a table of the load has already is not among them:
/// it moves with the table.
pub(super) fn use_those_left(
    session: &Session,
    ddl: &mut Schema,
    existing: &[ExistingTable],
    schema: &str,
) -> Result<(), Error> {
    let tables: Vec<u32> = existing.iter().map(|there| there.oid).collect();
    let names = ddl.enums.iter().map(|of| of.name.as_str());
    let there = catalog::named(session, schema, names, &tables)?;
    for of in ddl.enums.clone() {
        let is_left = |there: &catalog::Named| there.is_enum && !there.is_used && there.labels == of.labels;
        if there.get(&of.name).is_some_and(is_left) {
            ddl.use_enum(&of.name, schema);
        }
    }
    Ok(())
}

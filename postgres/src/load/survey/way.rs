//! Which way the tables can come about.

use super::super::definition::Definitions;
use super::super::request::{Existing, Request};
use super::fit::fit;
use super::{Way, trial};
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal};

/// How the tables can come about, and the definitions of those that are replaced as a whole.
pub(super) fn way(
    session: &Session,
    ddl: &Schema,
    existing: &[ExistingTable],
    request: &Request,
) -> Result<(Way, Definitions), Error> {
    let in_place = |reason: String| {
        trial::in_place(session, ddl, existing, request)?;
        Ok((Way::InPlace { reason }, Definitions::new()))
    };
    let query = format!(
        "select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), \
         pg_catalog.has_schema_privilege({}, 'CREATE')",
        literal(&request.schema)
    );
    let rows = session.rows("look at privileges", &query)?;
    let may = |i| rows.first().and_then(|row| row.get(i)) == Some("t");
    if existing.len() < ddl.tables.len() && !may(1) {
        let message = format!("this role may not create tables in schema `{}`", request.schema);
        let hint =
            format!("the owner can allow it: grant create on schema {} to …", identifier(&request.schema));
        return Err(Error::usage(message, hint));
    }
    if !existing.is_empty() && request.existing == Existing::Append {
        return in_place("rows are added to tables that are there".to_owned());
    }
    if !existing.is_empty() && request.existing == Existing::Refuse {
        return in_place("there are tables already, empty ones".to_owned());
    }
    if !may(0) || !may(1) {
        fit(ddl, existing)?;
        // Tables cannot be moved into a schema either that takes no new ones.
        let what = if may(0) { "tables in the schema" } else { "schemas in the database" };
        return in_place(format!("this role may not create {what}"));
    }
    match trial::staged(session, ddl, existing, request)? {
        Ok(definitions) => Ok((Way::Staged, definitions)),
        Err(reason) => {
            fit(ddl, existing)?;
            in_place(reason)
        }
    }
}

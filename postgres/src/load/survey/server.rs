//! Whether the server, the schema and the extensions are there and will do.

use super::super::request::Request;
use super::super::staging;
use crate::ddl::{self, Schema};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal};

/// The oldest server whose features are used.
const OLDEST_SERVER: u32 = 140_000;

pub(super) fn check_server(session: &Session) -> Result<(), Error> {
    let version = session.value("ask for the server's version", "show server_version_num")?;
    let version: u32 = version.and_then(|version| version.parse().ok()).unwrap_or(OLDEST_SERVER);
    if version < OLDEST_SERVER {
        let message =
            format!("the server is PostgreSQL {}, and 14 is the oldest that works", version / 10_000);
        return Err(Error::usage(message, "load into a newer server"));
    }
    if session.value("ask for the server's state", "select pg_catalog.pg_is_in_recovery()")?.as_deref()
        == Some("t")
    {
        return Err(Error::usage("the server is a standby and takes no rows", "connect to the primary"));
    }
    Ok(())
}

pub(super) fn check_schema(session: &Session, request: &Request) -> Result<(), Error> {
    let schema = &request.schema;
    // The server would cut a longer name, and look for another schema.
    ddl::check_name("schema", schema)?;
    if staging::is_private_name(schema) {
        return Err(Error::usage(
            format!("schema `{schema}` is private to a load"),
            "choose another --schema",
        ));
    }
    if schema.starts_with("pg_") || schema == "information_schema" {
        let message = format!("schema `{schema}` belongs to the server");
        return Err(Error::usage(message, "choose another --schema"));
    }
    let query = format!("select 1 from pg_catalog.pg_namespace where nspname = {}", literal(schema));
    if session.value("look for the schema", &query)?.is_none() {
        let hint = format!("create it with: create schema {}", identifier(schema));
        return Err(Error::usage(format!("schema `{schema}` does not exist"), hint));
    }
    Ok(())
}

/// Finds the extensions, and has their types named in full: they may be in a schema that is not searched.
pub(super) fn find_extensions(session: &Session, ddl: &mut Schema) -> Result<(), Error> {
    for name in ddl.extensions.clone() {
        let query = format!(
            "select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace \
             where e.extname = {}",
            literal(name)
        );
        let Some(schema) = session.value("look for an extension", &query)? else {
            let message = format!("the scenario needs extension `{name}`, which the database does not have");
            return Err(Error::usage(message, format!("add it with: create extension {}", identifier(name))));
        };
        ddl.place_extension(name, &schema);
    }
    Ok(())
}

//! Enums and their labels.

use std::collections::{BTreeMap, BTreeSet};

use super::{number, numbers};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{literal, literals};

/// The labels of enums by the enums' numbers, in order.
pub(super) fn of(session: &Session, enums: BTreeSet<u32>) -> Result<BTreeMap<u32, Vec<String>>, Error> {
    let mut labels: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    if enums.is_empty() {
        return Ok(labels);
    }
    let query = format!(
        "select enumtypid, enumlabel from pg_catalog.pg_enum where enumtypid in ({}) order by enumsortorder",
        numbers(&enums.into_iter().collect::<Vec<_>>())
    );
    for row in session.rows("look at the labels of enums", &query)? {
        labels.entry(number(&row, 0)).or_default().extend(row.get(1).map(str::to_owned));
    }
    Ok(labels)
}

/// A type of a schema, by its name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Whether it is an enum.
    pub(crate) is_enum: bool,
    /// The labels of an enum, in order.
    pub(crate) labels: Vec<String>,
    /// Whether a column of one of the tables is of it, or an array of it.
    pub(crate) is_used: bool,
}

/// The types of a schema that have one of the names, and whether `tables`, by their numbers, use them.
pub(crate) fn named<'n>(
    session: &Session,
    schema: &str,
    names: impl IntoIterator<Item = &'n str>,
    tables: &[u32],
) -> Result<BTreeMap<String, Named>, Error> {
    let mut types: BTreeMap<String, Named> = BTreeMap::new();
    let names = literals(names);
    if names.is_empty() {
        return Ok(types);
    }
    // No table has the number 0.
    let tables = numbers(&[tables, &[0]].concat());
    let query = format!(
        "select t.typname, t.typtype, l.enumlabel, exists (select from pg_catalog.pg_attribute a \
           where a.attrelid in ({tables}) and not a.attisdropped and a.atttypid in (t.oid, t.typarray)) \
         from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
         left join pg_catalog.pg_enum l on l.enumtypid = t.oid \
         where n.nspname = {} and t.typname in ({names}) order by l.enumsortorder",
        literal(schema)
    );
    for row in session.rows("look for enums", &query)? {
        let of = types.entry(row.get(0).unwrap_or_default().to_owned()).or_default();
        of.is_enum = row.get(1) == Some("e");
        of.labels.extend(row.get(2).map(str::to_owned));
        of.is_used = row.get(3) == Some("t");
    }
    Ok(types)
}

//! Whether tables that are there can take the rows.

use super::super::request::{Existing, Request};
use crate::catalog::{ExistingColumn, ExistingTable};
use crate::copy;
use crate::ddl::Schema;
use crate::error::Error;
use crate::listed::listed;

/// Refuses tables that hold rows, and lists everything that does not fit.
pub(super) fn check_fit(ddl: &Schema, existing: &[ExistingTable], request: &Request) -> Result<(), Error> {
    check_kinds(existing)?;
    check_row_security(existing)?;
    let named = |is_empty: Option<bool>| {
        let tables = existing.iter().filter(|there| there.is_empty == is_empty);
        listed(tables.map(|there| format!("`{}`", there.name)))
    };
    let (full, unknown) = (named(Some(false)), named(None));
    if request.existing == Existing::Refuse && !unknown.is_empty() {
        let message =
            format!("this role may not read tables, and cannot tell whether they are empty: {unknown}");
        return Err(Error::usage(message, "ask for SELECT on them, or say `--append`"));
    }
    if request.existing == Existing::Refuse && !full.is_empty() {
        let message = format!("tables in schema `{}` hold rows already: {full}", request.schema);
        let hint = "`--replace` puts the new rows in their place, `--append` adds to them; \
            `--schema` loads beside them";
        return Err(Error::usage(message, hint));
    }
    if request.existing == Existing::Replace && existing.iter().all(|there| there.relkind == 'r') {
        // Whether they can be swapped or have to fit is seen later.
        return Ok(());
    }
    fit(ddl, existing)
}

/// Refuses what has the name of a table and is none, and tables whose rows may lie on another server: looking for them, emptying
/// them and gathering statistics would go there.
fn check_kinds(existing: &[ExistingTable]) -> Result<(), Error> {
    let mut faults = Vec::new();
    for there in existing {
        let kind = match there.relkind {
            'r' | 'p' => None,
            'v' => Some("a view"),
            'm' => Some("a materialized view"),
            'f' => Some("a foreign table"),
            'S' => Some("a sequence"),
            'i' | 'I' => Some("an index"),
            _ => Some("no table"),
        };
        if let Some(kind) = kind {
            faults.push(format!("`{}` is {kind}", there.name));
        }
    }
    if !faults.is_empty() {
        return Err(Error::usage(faults.join("\n"), "drop it, or choose another --schema"));
    }
    let below = existing.iter().filter_map(|there| Some((&there.name, there.foreign_below.as_ref()?)));
    let faults: Vec<_> =
        below.map(|(name, foreign)| format!("`{name}` has the foreign table {foreign} below it")).collect();
    if !faults.is_empty() {
        return Err(Error::usage(faults.join("\n"), "detach it, or choose another --schema"));
    }
    Ok(())
}

/// Refuses tables that the server would not let COPY fill, because policies say which rows this role may add.
fn check_row_security(existing: &[ExistingTable]) -> Result<(), Error> {
    let names: Vec<_> = existing.iter().filter(|there| there.row_security).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "row-level security applies to this role, and COPY cannot fill such tables: {}",
        listed(names.iter().map(|there| format!("`{}`", there.name)))
    );
    let hint = "connect as the owner of the tables, or as a role that has BYPASSRLS; where the owner is under it, too: \
        alter table … no force row level security";
    Err(Error::usage(message, hint))
}

/// Lists every column that does not fit.
pub(super) fn fit(ddl: &Schema, existing: &[ExistingTable]) -> Result<(), Error> {
    let mut faults = Vec::new();
    for table in &ddl.tables {
        let Some(there) = existing.iter().find(|there| there.name == table.name) else { continue };
        // The server looks for NULL after the triggers that may fill it in, but for that which a domain refuses.
        let has_triggers = !there.before_insert.is_empty();
        let by = |column: &ExistingColumn| match column.domain_not_null && has_triggers {
            true => " by its domain, before any trigger could fill it",
            false => "",
        };
        let is_filled = |column: &ExistingColumn| has_triggers && !column.domain_not_null;
        let mut fault = |message: String| faults.push(format!("table `{}`: {message}", table.name));
        for column in &table.columns {
            match there.columns.iter().find(|there| there.name == column.name) {
                None => fault(format!("column `{}` is missing", column.name)),
                Some(there) if there.generated => {
                    fault(format!(
                        "column `{}` is computed by the server and cannot be written",
                        column.name
                    ));
                }
                Some(there) => {
                    if let Err(message) = copy::fits(&column.ty, &there.ty) {
                        fault(format!("column `{}`: {message}", column.name));
                    }
                    if there.not_null && !column.not_null && !is_filled(there) {
                        let (name, by) = (&column.name, by(there));
                        fault(format!("column `{name}` refuses NULL{by}, and the scenario makes some"));
                    }
                }
            }
        }
        for there in &there.columns {
            let is_written = table.columns.iter().any(|column| column.name == there.name);
            if !is_written && there.not_null && !there.has_default && !is_filled(there) {
                let (name, by) = (&there.name, by(there));
                fault(format!("column `{name}` must have a value{by}, and the scenario has none for it"));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!("the tables that are there do not fit the scenario:\n{}", faults.join("\n"));
    Err(Error::usage(message, "change the scenario or the tables, drop them, or choose another --schema"))
}

/// A sentence about every column that has to be filled by a trigger, because the scenario does not fill it in every row.
pub(super) fn left_to_triggers(ddl: &Schema, existing: &[ExistingTable]) -> Vec<String> {
    let mut notes = Vec::new();
    for table in &ddl.tables {
        let Some(there) = existing.iter().find(|there| there.name == table.name) else { continue };
        if there.before_insert.is_empty() {
            continue;
        }
        let triggers: Vec<_> = there.before_insert.iter().map(|name| format!("`{name}`")).collect();
        for column in there.columns.iter().filter(|column| column.not_null) {
            let lack = match table.columns.iter().find(|written| written.name == column.name) {
                Some(written) if written.not_null => continue,
                Some(_) => "refuses NULL, and the scenario makes some",
                None if column.has_default || column.generated => continue,
                None => "must have a value, and the scenario has none for it",
            };
            let (table, column, triggers) = (&table.name, &column.name, triggers.join(", "));
            notes.push(format!(
                "column `{table}.{column}` {lack}: the load fails unless a trigger that runs before each row fills it ({triggers})"
            ));
        }
    }
    notes
}

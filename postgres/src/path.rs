//! Where the server looks for names without a schema.
//!
//! The owner of a database decides where its sessions look up names (`alter database … set search_path`), and can put functions
//! and operators there that the server prefers to its own. In a superuser's session these would run as the superuser. So
//! seedbed's own statements only run while the server looks into its catalog alone. Then an operator is the server's own, and
//! everything else in them has its schema before it. Temporary objects come last, because a path that does not name them has
//! them first.
//!
//! `set` is no query: the server looks nothing up for it, so nothing can take its place.

use crate::sql::literal;

/// Makes the server look up names in its catalog alone.
pub(crate) const SET: &str = "set search_path to pg_catalog, pg_temp";

/// The same from the first moment on. It comes after what the user gives as `options`, and the last one counts; it is stronger
/// than what a database or a role is set to.
const OPTION: &str = "-c search_path=pg_catalog,pg_temp";

/// The options of a connection, with the path after what the user gives.
pub(crate) fn options(given: Option<&str>) -> String {
    given.map_or_else(|| OPTION.to_owned(), |given| format!("{given} {OPTION}"))
}

/// Where any client of the role looks for names. Triggers and functions of the user's rely on it.
pub(crate) struct Usual(pub(crate) String);

impl Usual {
    /// Makes the server look up names there until the end of the transaction.
    pub(crate) fn set(&self) -> String {
        format!("select pg_catalog.set_config('search_path', {}, true)", literal(&self.0))
    }
}

/// Statements that run while the server looks into its catalog alone, whatever came before them. The server looks for names in
/// a statement only after the ones before it have run.
pub(crate) fn under(statements: &str) -> String {
    format!("{SET}; {statements}")
}

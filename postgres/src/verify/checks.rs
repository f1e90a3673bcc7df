//! Runs the checks of a scenario: queries of its author's, each of which is to give no row.
//!
//! They see what the tables were compared in: the same moment, in a transaction that writes nothing. Names without a schema are those
//! of the server's catalog and of the schema of the tables. `current_setting('seedbed.as_of')` is the dataset's "now".

use seedbed_engine::calendar::text::{Style, write_instant};
use seedbed_engine::scenario::checks::Check;

use crate::error::Error;
use crate::session::Session;
use crate::sql::identifier;

/// How many rows of a check that fails are shown.
const MOST_SHOWN: usize = 3;

/// A check that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave no row.
    Passed,
    /// It gave rows.
    Failed {
        /// The first of them, as JSON.
        rows: Vec<String>,
        /// Whether there are more.
        more: bool,
    },
    /// The server could not run it.
    NotRun {
        /// What it said.
        reason: String,
    },
}

impl CheckResult {
    /// Whether the check gave no row.
    pub fn is_passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// Runs checks, within a transaction.
pub(super) fn run(
    session: &Session,
    schema: &str,
    as_of: i64,
    checks: &[Check],
) -> Result<Vec<CheckResult>, Error> {
    if checks.is_empty() {
        return Ok(Vec::new());
    }
    // They take as long as they may: by the limit that the role, the database or the connection sets.
    session.execute("set up the connection", "reset statement_timeout")?;
    let mut now = String::new();
    write_instant(&mut now, as_of, 0, Style::Sql);
    session.execute("set up the connection", &format!("set local seedbed.as_of to '{now}'"))?;
    checks.iter().map(|check| one(session, schema, check)).collect()
}

fn one(session: &Session, schema: &str, check: &Check) -> Result<CheckResult, Error> {
    let doing = format!("run check `{}`", check.name);
    // What an error ends is the check, and not the transaction.
    session.plain(&doing, "savepoint seedbed_check")?;
    let path = format!("set local search_path to pg_catalog, {}, pg_temp", identifier(schema));
    session.plain(&doing, &path)?;
    // The name is one that no column has. A comment at the end of the query ends with its line.
    let query = format!(
        "select pg_catalog.row_to_json(\"a row of a check\".*)::pg_catalog.text from (\n{}\n) \"a row of a check\" limit {}",
        check.sql,
        MOST_SHOWN + 1
    );
    let outcome = match session.single(&doing, &query) {
        Ok(rows) if rows.is_empty() => Outcome::Passed,
        Ok(mut rows) => {
            let more = rows.len() > MOST_SHOWN;
            rows.truncate(MOST_SHOWN);
            Outcome::Failed { rows, more }
        }
        Err(error) if error.sqlstate().is_some() => Outcome::NotRun { reason: error.to_string() },
        Err(error) => return Err(error),
    };
    session.plain(&doing, "rollback to savepoint seedbed_check; release savepoint seedbed_check")?;
    Ok(CheckResult { name: check.name.clone(), about: check.about.clone(), outcome })
}

//! Examines the target before anything is touched: what exists, whether it fits, and how it can be filled.

mod enums;
mod fit;
mod missing;
mod sequences;
mod server;
mod trial;
mod user_code;
mod values;
mod way;

use seedbed_engine::Plan;

use super::cases;
use super::definition::Definitions;
use super::foreign_keys;
use super::referrers::{self, Referrer};
use super::request::{Existing, Fate, Request};
use super::staging;
use crate::catalog::{self, ExistingTable};
use crate::connect::Target;
use crate::ddl::{self, Schema};
use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, qualified};

/// What a load would do.
#[derive(Debug)]
pub struct Survey {
    /// Where to, without the password.
    pub target: String,
    /// The schema of the tables.
    pub schema: String,
    /// How the tables come about.
    pub way: Way,
    /// What becomes of each table, in the order in which they would be filled.
    pub tables: Vec<TableSurvey>,
    /// Schemas of dead loads that would be removed.
    pub leftovers: Vec<String>,
    /// Notes for the user, a sentence each.
    pub notes: Vec<String>,
    /// Whether rows set off code of the user's.
    pub(crate) runs_user_code: bool,
    pub(crate) ddl: Schema,
    /// Empty tables that are emptied together with those that they refer to.
    pub(crate) referrers: Vec<Referrer>,
    /// What the tables were like that are replaced as a whole.
    pub(crate) definitions: Definitions,
}

/// How tables come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// They are built in a private schema over several connections, and moved into place in one transaction.
    Staged,
    /// They are filled where they are, in one transaction over one connection.
    InPlace {
        /// Why.
        reason: String,
    },
}

/// What becomes of a table.
#[derive(Debug)]
pub struct TableSurvey {
    /// Its name.
    pub name: String,
    /// Its rows in the scenario.
    pub rows: u64,
    /// What becomes of it.
    pub fate: Fate,
    pub(crate) existing: Option<ExistingTable>,
}

/// Looks at the target. Nothing is changed.
pub(crate) fn look(
    session: &Session,
    plan: &Plan,
    target: &Target,
    request: &Request,
    pool: &rayon::ThreadPool,
) -> Result<Survey, Error> {
    server::check_server(session)?;
    server::check_schema(session, request)?;
    let mut ddl = Schema::of(plan, &request.tables)?;
    server::find_extensions(session, &mut ddl)?;
    let names: Vec<&str> = ddl.tables.iter().map(|table| table.name.as_str()).collect();
    let existing = catalog::tables(session, &request.schema, &names)?;
    let mut notes = missing::look(session, &names, &existing, request)?;
    fit::check_fit(&ddl, &existing, request)?;
    let of_cases = cases::look(session, plan, request)?;
    enums::use_those_left(session, &mut ddl, &existing, &request.schema)?;
    let (way, definitions) = way::way(session, &ddl, &existing, request)?;
    let scenario: Vec<&str> = plan.model().tables.iter().map(|table| table.name.as_str()).collect();
    let referrers = foreign_keys::check(session, &ddl, &existing, request, &way, &scenario)?;
    notes.extend(referrers::note(&referrers));
    // A table that is there keeps the keys that it has.
    let is_made = |name: &str| !existing.iter().any(|there| there.name == name) || way == Way::Staged;
    for left_out in ddl.left_out.iter().filter(|left_out| is_made(&left_out.table)) {
        let columns = left_out.columns.join(", ");
        notes.push(format!(
            "foreign key ({columns}) of table `{}` is left out, because table `{}` is not loaded",
            left_out.table, left_out.target
        ));
    }
    // Counting takes a while at a large scale, so it waits until nothing stands in the way.
    super::count(plan, &request.tables, pool, session.stop())?;
    if way != Way::Staged {
        sequences::check(session, plan, &ddl, &existing, &request.schema)?;
        notes.extend(fit::left_to_triggers(&ddl, &existing));
        values::check(plan, &ddl, &existing, pool, session.stop())?;
    }
    let code = user_code::find(session, &ddl, &existing, &referrers, request, &way)?;
    notes.extend(code.notes);
    notes.extend(of_cases);
    let mut tables = Vec::new();
    for table in &ddl.tables {
        let there = existing.iter().find(|there| there.name == table.name);
        let fate = match (there, &way, request.existing) {
            (None, ..) => Fate::Create,
            (Some(_), Way::Staged, _) => Fate::Swap,
            (Some(_), _, Existing::Refuse) => Fate::Fill,
            (Some(_), _, Existing::Replace) => Fate::Refill,
            (Some(_), _, Existing::Append) => Fate::Append,
        };
        let rows = plan.rows(table.id)?;
        tables.push(TableSurvey { name: table.name.clone(), rows, fate, existing: there.cloned() });
    }
    let leftovers = staging::leftovers(session)?;
    Ok(Survey {
        target: target.display(),
        schema: request.schema.clone(),
        way,
        tables,
        leftovers,
        notes,
        runs_user_code: code.runs,
        ddl,
        referrers,
        definitions,
    })
}

impl Survey {
    /// What would be done, a line a step. Names stand in a line as the database has them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("into {}, schema `{}`", self.target, self.schema)];
        for name in &self.leftovers {
            lines.push(format!("  remove schema {}, left by a load that did not end", identifier(name)));
        }
        // First what was not there: a misspelt name is one of these.
        let (made, there): (Vec<_>, Vec<_>) =
            self.tables.iter().partition(|table| table.fate == Fate::Create);
        for table in made.into_iter().chain(there) {
            let name = qualified(&self.schema, &table.name);
            let what = match table.fate {
                Fate::Create => "create",
                Fate::Fill => "fill the empty table",
                Fate::Swap => "put a new table in the place of",
                Fate::Refill => "empty and fill",
                Fate::Append => "add to",
            };
            lines.push(format!("  {what} {name}: {} rows", table.rows));
        }
        lines.push(match &self.way {
            Way::Staged => {
                "  all at once: built in a private schema, moved into place in one transaction".to_owned()
            }
            Way::InPlace { reason } => {
                format!("  all at once: in one transaction over one connection, because {reason}")
            }
        });
        lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        lines
    }
}

impl Survey {
    /// What becomes of a table.
    pub(crate) fn fate(&self, name: &str) -> Fate {
        self.tables.iter().find(|table| table.name == name).map_or(Fate::Create, |table| table.fate)
    }
}

impl ddl::Table {
    /// How many indexes the keys and indexes of the table need.
    pub(crate) fn index_count(&self) -> usize {
        usize::from(self.primary.is_some()) + self.unique.len() + self.indexes.len()
    }
}

//! `seedbed ddl`: the tables of a scenario as a script for PostgreSQL.

use seedbed_postgres::ddl::{Constraints, Schema, check_name};

use crate::arguments::Ddl;
use crate::exit::Failure;
use crate::{output, prepare};

/// Prints the script.
pub(crate) fn run(arguments: &Ddl) -> Result<(), Failure> {
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let tables = match arguments.tables.is_empty() {
        true => plan.tables().collect(),
        false => {
            arguments.tables.iter().map(|name| prepare::table(&plan, name)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let script = check_name("schema", &arguments.schema)
        .and_then(|()| Schema::of(&plan, &tables))
        .map_err(|error| wrong_usage(&error))?;
    let constraints = if arguments.no_keys { Constraints::Without } else { Constraints::With };
    output::print_data(&script.script(&arguments.schema, constraints))
}

/// Nothing but names can be wrong with a scenario that compiles.
fn wrong_usage(error: &seedbed_postgres::Error) -> Failure {
    Failure::Usage { message: error.to_string(), hint: error.hint() }
}

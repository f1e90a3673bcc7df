//! `seedbed explain`: how tables and columns come about.

use seedbed_engine::error::{did_you_mean, listed};
use seedbed_engine::{Plan, TableId};

use crate::arguments::Explain;
use crate::exit::Failure;
use crate::output::{self, Page};
use crate::prepare;

/// Prints the plan of everything, of a table, or of a column.
pub(crate) fn run(arguments: &Explain) -> Result<(), Failure> {
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let Some(what) = &arguments.what else { return print(&plan, None, None) };
    let (table, column) = match what.split_once('.') {
        Some((table, column)) => (table, Some(column)),
        None => (what.as_str(), None),
    };
    let t = prepare::table(&plan, table)?;
    if let Some(column) = column {
        let names: Vec<&str> =
            plan.model().tables[t].columns.iter().map(|column| column.name.as_str()).collect();
        if !names.contains(&column) {
            let failure = Failure::usage(format!("unknown column `{column}` of `{table}`"));
            let known: Vec<&str> = names.iter().copied().filter(|name| !name.contains(' ')).collect();
            let hint = did_you_mean(column, known.iter().copied())
                .unwrap_or_else(|| format!("the columns are {}", listed(&known)));
            return Err(failure.hint(hint));
        }
    }
    print(&plan, Some(t), column)
}

fn print(plan: &Plan, table: Option<TableId>, column: Option<&str>) -> Result<(), Failure> {
    output::print(&Page::default().lines(plan.explain(table, column)))
}

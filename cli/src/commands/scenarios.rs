//! `seedbed scenarios`: what ships in the binary.

use seedbed_engine::error::{did_you_mean, listed};

use crate::arguments::Scenarios;
use crate::exit::Failure;
use crate::output::grid::{Align, Grid};
use crate::output::{self, Page};
use crate::shipped;

/// Lists the scenarios, or prints one.
pub(crate) fn run(arguments: &Scenarios) -> Result<(), Failure> {
    let Some(name) = &arguments.name else { return output::print(&list()) };
    match shipped::find(name) {
        Some(shipped) => output::print_data(shipped.text),
        None => {
            let names = listed(&shipped::names().collect::<Vec<_>>());
            let hint = did_you_mean(name, shipped::names()).unwrap_or_else(|| format!("there are {names}"));
            Err(Failure::usage(format!("no scenario `{name}` ships with seedbed")).hint(hint))
        }
    }
}

fn list() -> Page {
    let mut grid = Grid::new([("scenario", Align::Left), ("about", Align::Left)]);
    for shipped in shipped::SHIPPED {
        grid.row([shipped.name.to_owned(), shipped.about()]);
    }
    Page::default()
        .lines(grid.lines())
        .line("")
        .line("print one to start from: seedbed scenarios minimal > mine.yaml")
}

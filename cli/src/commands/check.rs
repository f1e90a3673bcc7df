//! `seedbed check`: every fault of a scenario, or what it holds.

use std::time::Duration;

use seedbed_engine::error::listed;
use seedbed_engine::model::{Source, Table};
use seedbed_engine::{Extent, Plan, TableId, ValueError};

use crate::arguments::Check;
use crate::exit::Failure;
use crate::output::grid::{Align, Grid};
use crate::output::quantity::{count, plural, size};
use crate::output::{self, Page};
use crate::prepare;
use crate::time_limit::for_a_moment;

/// The most rows of a table, as when they are counted to the end.
const MOST_ROWS: u64 = 1 << 53;
/// The time for finding out how wide rows are.
const MEASURING: Duration = Duration::from_millis(250);
/// The time for counting rows.
const COUNTING: Duration = Duration::from_millis(300);
/// So many rows of each table are counted before all of any.
const FIRST_ROWS: u64 = 1000;

/// Prints the summary of a scenario that is right.
pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let (file, plan) = prepare::compile(&arguments.scenario)?;
    let pool = prepare::pool(&arguments.threads)?;
    let summary = pool.install(|| summary(&plan))?;
    output::print(&output::line(format!("{}: no faults", file.name)).line("").page(&summary))
}

fn summary(plan: &Plan) -> Result<Page, ValueError> {
    let model = plan.model();
    let about = model.about.as_ref().map_or_else(String::new, |about| format!(": {about}"));
    let mut out = Page::default().text(&format!("{}{about}", model.name)).line(format!(
        "seed {}, scale {}, fingerprint {}",
        model.seed,
        model.scale,
        plan.fingerprint()
    ));
    if !model.params.is_empty() {
        let params: Vec<String> =
            model.params.iter().map(|param| format!("{}={}", param.name, param.value)).collect();
        out = out.line(format!("parameters: {}", params.join(" ")));
    }
    let named =
        |what: &str, names: Vec<&str>| (!names.is_empty()).then(|| format!("{what}: {}", listed(&names)));
    out = out.lines(named("cases", model.cases.iter().map(|case| case.name.as_str()).collect()));
    out = out.lines(named("checks", model.checks.iter().map(|check| check.name.as_str()).collect()));
    count_for_a_while(plan)?;
    let widths = widths(plan)?;
    let mut grid = Grid::new([
        ("table", Align::Left),
        ("per", Align::Left),
        ("rows", Align::Right),
        ("columns", Align::Right),
        ("bytes/row", Align::Right),
        ("in memory", Align::Right),
    ]);
    let mut rows_total = Extent::Exactly(0);
    let (mut bytes_total, mut unknown, mut is_open) = (0, false, false);
    for ((t, table), width) in TableId::enumerate(&model.tables).zip(widths) {
        let rows = plan.extent(t);
        if rows.rows() > MOST_ROWS {
            let message = format!("{} rows are more than 2^53", shown(rows));
            return Err(ValueError { table: table.name.clone(), column: "*".to_owned(), message, row: None });
        }
        rows_total = rows_total.and(rows);
        let (per_row, in_memory) = match width {
            Width::Bytes(per_row) => {
                let bytes = (per_row * rows.rows() as f64) as u64;
                bytes_total += bytes;
                (format!("{per_row:.0}"), size(bytes))
            }
            Width::VeryWide => {
                unknown = true;
                (">16777216".to_owned(), format!(">{}", size(rows.rows().saturating_mul(1 << 24))))
            }
            Width::Unknown => {
                (unknown, is_open) = (true, true);
                ("?".to_owned(), "?".to_owned())
            }
        };
        let columns = table.written().count() as u64;
        grid.row([table.name.clone(), parent(plan, table), shown(rows), count(columns), per_row, in_memory]);
    }
    let tables = plural(model.tables.len() as u64, "table");
    let more = if unknown { "more than" } else { "about" };
    let rows = match rows_total {
        Extent::Exactly(rows) => plural(rows, "row"),
        rows => format!("{} rows", shown(rows)),
    };
    let total = format!("{tables}, {rows}, {more} {} in memory", size(bytes_total));
    let mut page = out.line("").lines(grid.lines()).line("").line(total);
    if !matches!(rows_total, Extent::Exactly(_)) {
        let estimated = "The rows of large tables are estimated by those that could be counted in a moment.";
        page = page.line("").line(estimated);
    }
    if is_open {
        page = page.line("").line("The width of some rows (?) could not be found out in a moment.");
    }
    Ok(page)
}

/// A number of rows; an estimate has three digits.
fn shown(rows: Extent) -> String {
    match rows {
        Extent::Exactly(rows) => count(rows),
        Extent::About(rows) => {
            let unit = 10u64.pow(rows.max(1).ilog10().saturating_sub(2));
            format!("about {}", count(rows / unit * unit))
        }
        Extent::AtLeast(rows) => format!("at least {}", count(rows)),
    }
}

/// What is known of the bytes of a row.
#[derive(Clone, Copy)]
enum Width {
    Bytes(f64),
    /// More than the 16 MiB that are tried.
    VeryWide,
    /// Not found out in a moment.
    Unknown,
}

/// The bytes of a row of each table, as far as they can be found out in a moment. A value that fails is told.
fn widths(plan: &Plan) -> Result<Vec<Width>, ValueError> {
    for_a_moment(plan, MEASURING, || {
        let width = |t| match plan.bytes_per_row(t) {
            Err(_) if plan.is_stopped() => Ok(Width::Unknown),
            width => Ok(width?.map_or(Width::VeryWide, Width::Bytes)),
        };
        plan.tables().map(width).collect()
    })
}

/// Counts the rows of all tables, or of as many as can be counted in a moment.
fn count_for_a_while(plan: &Plan) -> Result<(), ValueError> {
    let all: Vec<_> = plan.tables().collect();
    for_a_moment(plan, COUNTING, || {
        // What is known of each of them tells about the rest.
        let first = all.iter().try_for_each(|t| plan.rows_up_to(*t, FIRST_ROWS).map(drop));
        match first.and_then(|()| plan.count_unless(&all, &|| plan.is_stopped())) {
            Err(_) if plan.is_stopped() => Ok(()),
            counted => counted,
        }
    })
}

fn parent(plan: &Plan, table: &Table) -> String {
    match &table.source {
        Source::Root { .. } => String::new(),
        Source::Per { parent, .. } => plan.model().tables[*parent].name.clone(),
    }
}

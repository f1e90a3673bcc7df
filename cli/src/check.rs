//! `seedbed check`: every fault of a scenario, or what it holds.

use seedbed_engine::model::{Source, Table};
use seedbed_engine::{Plan, ValueError};

use crate::arguments::Check;
use crate::exit::Failure;
use crate::grid::{Align, Grid};
use crate::output::{self, Page};
use crate::quantity::{count, plural, size};
use crate::settings;

/// Prints the summary of a scenario that is right.
pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let (file, plan) = settings::compile(&arguments.scenario)?;
    let pool = settings::pool(&arguments.threads)?;
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
    plan.count()?;
    let mut grid = Grid::new([
        ("table", Align::Left),
        ("per", Align::Left),
        ("rows", Align::Right),
        ("columns", Align::Right),
        ("bytes/row", Align::Right),
        ("in memory", Align::Right),
    ]);
    let (mut rows_total, mut bytes_total) = (0, 0);
    for (t, table) in model.tables.iter().enumerate() {
        let rows = plan.rows(t)?;
        let per_row = bytes_per_row(plan, t)?;
        let bytes = (per_row * rows as f64) as u64;
        rows_total += rows;
        bytes_total += bytes;
        let columns = table.written().count() as u64;
        let parent = parent(plan, table);
        grid.row([
            table.name.clone(),
            parent,
            count(rows),
            count(columns),
            format!("{per_row:.0}"),
            size(bytes),
        ]);
    }
    let tables = plural(model.tables.len() as u64, "table");
    let total = format!("{tables}, {}, about {} in memory", plural(rows_total, "row"), size(bytes_total));
    Ok(out.line("").lines(grid.lines()).line("").line(total))
}

fn parent(plan: &Plan, table: &Table) -> String {
    match &table.source {
        Source::Root { .. } => String::new(),
        Source::Per { parent, .. } => plan.model().tables[*parent].name.clone(),
    }
}

/// The memory of the first rows, in bytes per row.
fn bytes_per_row(plan: &Plan, table: usize) -> Result<f64, ValueError> {
    let sample = plan.batch(table, 0..plan.rows_per_batch(table))?;
    let bytes: usize =
        sample.columns().iter().filter_map(|column| column.to_data().get_slice_memory_size().ok()).sum();
    Ok(bytes as f64 / sample.num_rows().max(1) as f64)
}

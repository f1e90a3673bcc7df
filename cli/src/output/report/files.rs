//! What is said before and after a run.

use std::time::Duration;

use seedbed_engine::Plan;
use seedbed_formats::Report;
use serde_json::{Value, json};

use crate::output::grid::{Align, Grid};
use crate::output::quantity::{count, per_second, plural, size, time};
use crate::output::report::cases;
use crate::output::{self, Page};
use crate::target::{Destination, Place};

/// Tables overlap at their borders, so the rate of a table that took less says nothing.
const SHORTEST_RATED: Duration = Duration::from_millis(10);

/// A run of `seedbed generate`.
pub(crate) struct Run<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) destination: &'r Destination,
    pub(crate) threads: usize,
}

impl Run<'_> {
    /// The line before the run.
    pub(crate) fn opening(&self, tables: usize) -> Page {
        let model = self.plan.model();
        let format = match self.destination.place {
            Place::Nowhere => String::new(),
            _ => format!(" as {}", self.destination.format.name()),
        };
        output::line(format!(
            "{}: {} to {}{format}, seed {}, scale {}, {}, fingerprint {}",
            model.name,
            plural(tables as u64, "table"),
            self.destination,
            model.seed,
            model.scale,
            plural(self.threads as u64, "thread"),
            &self.plan.fingerprint()[..12],
        ))
    }
}

/// The table after the run, and what can be done next.
pub(crate) fn table(run: &Run, report: &Report) -> Page {
    let size_name = if run.destination.place == Place::Nowhere { "in memory" } else { "size" };
    let mut grid = Grid::new([
        ("table", Align::Left),
        ("rows", Align::Right),
        ("files", Align::Right),
        (size_name, Align::Right),
        ("time", Align::Right),
        ("rows/s", Align::Right),
    ]);
    let mut row = |name: &str, rows: u64, files: u64, bytes: u64, elapsed| {
        let rate = if elapsed < SHORTEST_RATED { "–".to_owned() } else { count(per_second(rows, elapsed)) };
        grid.row([name.to_owned(), count(rows), count(files), size(bytes), time(elapsed), rate]);
    };
    for table in &report.tables {
        row(&table.name, table.rows, table.files, table.bytes, table.elapsed);
    }
    let files = report.tables.iter().map(|table| table.files).sum();
    row("total", report.rows, files, report.bytes, report.elapsed);
    let model = run.plan.model();
    let mut out = output::line("").lines(grid.lines()).line("");
    if !report.cases.is_empty() {
        out = out.lines(cases::lines(&report.cases)).line("");
    }
    for table in report.tables.iter().filter(|table| table.lost > 0) {
        let (values, name) = (plural(table.lost, "value"), &table.name);
        out = out
            .line(format!("note: {values} of table `{name}` became null: JSON has no NaN and no infinity"));
    }
    out = out.line(format!("seed {}, fingerprint {}", model.seed, run.plan.fingerprint()));
    let largest = report.tables.iter().rev().max_by_key(|table| table.rows);
    if let Some(reader) = largest.and_then(|table| run.destination.reader(&table.name)) {
        out = out.line(format!("read it with: {reader}"));
    }
    out
}

/// The same as one object.
pub(crate) fn json(run: &Run, report: &Report) -> Value {
    let model = run.plan.model();
    let tables = report.tables.iter().map(|table| {
        json!({
            "name": table.name,
            "rows": table.rows,
            "files": table.files,
            "bytes": table.bytes,
            "lost": table.lost,
            "seconds": table.elapsed.as_secs_f64(),
        })
    });
    json!({
        "scenario": model.name,
        "seed": model.seed,
        "scale": model.scale,
        "fingerprint": run.plan.fingerprint(),
        "tables": tables.collect::<Vec<_>>(),
        "cases": cases::json(&report.cases),
        "rows": report.rows,
        "bytes": report.bytes,
        "seconds": report.elapsed.as_secs_f64(),
        "threads": run.threads,
    })
}

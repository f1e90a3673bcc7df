//! What is said before and after a load.

use std::time::Duration;

use seedbed_engine::Plan;
use seedbed_postgres::connect::Target;
use seedbed_postgres::load::{Limit, Report, Request};
use serde_json::{Value, json};

use crate::output::grid::{Align, Grid};
use crate::output::quantity::{count, per_second, plural, size, time};
use crate::output::report::cases;
use crate::output::{self, Page};

/// A load.
pub(crate) struct Run<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) target: &'r Target,
    pub(crate) request: &'r Request,
    pub(crate) threads: usize,
}

impl Run<'_> {
    /// The line before the load.
    pub(crate) fn opening(&self) -> Page {
        let model = self.plan.model();
        output::line(format!(
            "{}: {} to {}, schema {}, seed {}, scale {}, {}, {}, fingerprint {}",
            model.name,
            plural(self.request.tables.len() as u64, "table"),
            self.target.display(),
            self.request.schema,
            model.seed,
            model.scale,
            plural(self.request.jobs as u64, "connection"),
            plural(self.threads as u64, "thread"),
            &self.plan.fingerprint()[..12],
        ))
    }
}

/// The tables after the load, where the time went, and what can be done next.
pub(crate) fn table(run: &Run, report: &Report) -> Page {
    let mut grid = Grid::new([
        ("table", Align::Left),
        ("", Align::Left),
        ("rows", Align::Right),
        ("sent", Align::Right),
        ("streams", Align::Right),
        ("load", Align::Right),
        ("rows/s", Align::Right),
        ("indexes", Align::Right),
        ("finish", Align::Right),
    ]);
    for table in &report.tables {
        // Streams work side by side, so their times are divided among them.
        let loading = table.loading / u32::try_from(table.streams.clamp(1, report.jobs.max(1))).unwrap_or(1);
        grid.row([
            table.name.clone(),
            table.fate.name().to_owned(),
            count(table.rows),
            size(table.bytes),
            count(table.streams as u64),
            time(loading),
            rate(table.rows, loading),
            count(table.indexes as u64),
            time(table.finishing),
        ]);
    }
    let indexes: usize = report.tables.iter().map(|table| table.indexes).sum();
    let streams: usize = report.tables.iter().map(|table| table.streams).sum();
    grid.row([
        "total".to_owned(),
        String::new(),
        count(report.rows),
        size(report.bytes),
        count(streams as u64),
        time(report.elapsed),
        rate(report.rows, report.elapsed),
        count(indexes as u64),
        String::new(),
    ]);
    let mut out = output::line("").lines(grid.lines()).line("");
    if !report.cases.is_empty() {
        out = out.lines(cases::lines(&report.cases)).line("");
    }
    out = out.line(format!("time of threads and connections: {}", spent(report)));
    out = out.line(limit(report.limit));
    for note in &report.notes {
        out = out.line(format!("note: {note}"));
    }
    let model = run.plan.model();
    out.line(format!("seed {}, fingerprint {}", model.seed, run.plan.fingerprint()))
}

fn rate(rows: u64, elapsed: Duration) -> String {
    if elapsed < Duration::from_millis(10) { "–".to_owned() } else { count(per_second(rows, elapsed)) }
}

/// Where the time went, the steps that took any.
fn spent(report: &Report) -> String {
    let times = report.times;
    let steps = [
        ("generate", times.generate),
        ("encode", times.encode),
        ("wait for rows", times.wait_for_rows),
        ("send and wait for the server", times.wait_for_server),
        ("analyze", times.analyze),
        ("index", times.index),
        ("constraints", times.constraints),
        ("publish", times.publish),
    ];
    let taken = steps.into_iter().filter(|(_, spent)| *spent >= Duration::from_millis(1));
    taken.map(|(name, spent)| format!("{name} {}", time(spent))).collect::<Vec<_>>().join(", ")
}

fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Server => "rows waited for the server most",
        Limit::Generator => "the server waited for values to be made most",
        Limit::Client => "the server waited for values to be encoded most",
    }
}

/// The same as one object.
pub(crate) fn json(run: &Run, report: &Report) -> Value {
    let model = run.plan.model();
    let tables = report.tables.iter().map(|table| {
        json!({
            "name": table.name,
            "fate": table.fate.name(),
            "rows": table.rows,
            "bytes": table.bytes,
            "streams": table.streams,
            "indexes": table.indexes,
            "loading_seconds": table.loading.as_secs_f64(),
            "finishing_seconds": table.finishing.as_secs_f64(),
        })
    });
    let times = report.times;
    json!({
        "scenario": model.name,
        "seed": model.seed,
        "scale": model.scale,
        "fingerprint": run.plan.fingerprint(),
        "schema": run.request.schema,
        "tables": tables.collect::<Vec<_>>(),
        "cases": cases::json(&report.cases),
        "rows": report.rows,
        "bytes": report.bytes,
        "seconds": report.elapsed.as_secs_f64(),
        "threads": run.threads,
        "jobs": report.jobs,
        "limit": report.limit.name(),
        "times": {
            "generate": times.generate.as_secs_f64(),
            "encode": times.encode.as_secs_f64(),
            "wait_for_rows": times.wait_for_rows.as_secs_f64(),
            "wait_for_server": times.wait_for_server.as_secs_f64(),
            "analyze": times.analyze.as_secs_f64(),
            "index": times.index.as_secs_f64(),
            "constraints": times.constraints.as_secs_f64(),
            "publish": times.publish.as_secs_f64(),
        },
        "notes": report.notes,
    })
}

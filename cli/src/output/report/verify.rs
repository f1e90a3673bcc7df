//! What `seedbed verify` has found, as text and as JSON.

use std::time::Duration;

use arrow::array::{Array, RecordBatch};
use seedbed_engine::Plan;
use seedbed_engine::compare::{Comparison, Difference, Differences, TableVerification, Uncompared};
use seedbed_engine::digest::RowHasher;
use seedbed_engine::error::listed;
use seedbed_engine::model::{Model, Table};
use seedbed_engine::text;
use seedbed_engine::types::Type;
use seedbed_postgres::verify::{CheckResult, Outcome};
use serde_json::{Value, json};

use crate::output::grid::{Align, Grid, cut};
use crate::output::quantity::{count, plural, time};
use crate::output::{self, Page};

/// The columns of the terminal that a value takes at most.
const VALUE_WIDTH: usize = 60;

/// The columns of the terminal that a row of a check takes at most.
const ROW_WIDTH: usize = 200;

/// What was found.
pub(crate) struct Findings {
    /// Where.
    pub(crate) place: String,
    /// What is wrong with it as a whole.
    pub(crate) problems: Vec<String>,
    pub(crate) tables: Vec<TableVerification>,
    /// The checks that were run.
    pub(crate) checks: Vec<CheckResult>,
    /// Why none were, if the scenario has some.
    pub(crate) checks_left_out: Option<&'static str>,
    pub(crate) elapsed: Duration,
}

impl Findings {
    pub(crate) fn is_equal(&self) -> bool {
        self.problems.is_empty()
            && self.tables.iter().all(TableVerification::is_equal)
            && self.checks.iter().all(CheckResult::is_passed)
    }
}

/// A line per table, then what differs.
pub(crate) fn text(plan: &Plan, findings: &Findings) -> Page {
    let model = plan.model();
    let mut out = output::line(format!(
        "{}: {}, seed {}, scale {}",
        model.name, findings.place, model.seed, model.scale
    ));
    let mut grid = Grid::new([
        ("table", Align::Left),
        ("rows expected", Align::Right),
        ("found", Align::Right),
        ("", Align::Left),
    ]);
    for table in &findings.tables {
        let rows =
            |of: fn(&Comparison) -> u64| table.comparison.as_ref().map_or("–".to_owned(), |c| count(of(c)));
        let name = model.tables[table.table].name.clone();
        let (expected, found) = (rows(|c| c.expected.rows), rows(|c| c.found.rows));
        grid.row([name, expected, found, if table.is_equal() { "equal" } else { "differs" }.to_owned()]);
    }
    if !findings.tables.is_empty() {
        out = out.line("").lines(grid.lines());
    }
    if !findings.problems.is_empty() {
        out = out.line("").lines(&findings.problems);
        if findings.tables.is_empty() {
            out = out.line("the rows have not been compared");
        }
    }
    for table in findings.tables.iter().filter(|table| !table.is_equal() || !table.uncompared.is_empty()) {
        out = out.line("").line(&model.tables[table.table].name);
        out = out.lines(table.problems.iter().map(|problem| format!("  {problem}")));
        let uncompared = table.uncompared.iter();
        out =
            out.lines(uncompared.map(|Uncompared { column, reason }| {
                format!("  column `{column}` is not compared: {reason}")
            }));
        let differences = table.comparison.as_ref().and_then(|comparison| comparison.differences.as_ref());
        if let Some(differences) = differences {
            out = out.line(format!("  {}", summary(differences)));
            for difference in &differences.shown {
                let types = table.comparison.as_ref().map_or(&[][..], |comparison| &comparison.types);
                out = out.line(format!("  {}", line(&model.tables[table.table], types, difference)));
            }
        }
    }
    out = out.page(&checks(model, findings));
    let tables = plural(findings.tables.len() as u64, "table");
    let differ = findings.tables.iter().filter(|table| !table.is_equal()).count() as u64;
    let verdict = match differ {
        0 if findings.problems.is_empty() => format!("equal: {tables}"),
        _ if findings.tables.is_empty() => return out.line("").line("differs: it is another dataset"),
        _ => format!("differs: {} of {tables}", count(differ)),
    };
    let of_checks = plural(findings.checks.len() as u64, "check");
    let failed = findings.checks.iter().filter(|check| !check.is_passed()).count() as u64;
    let of_checks = match (findings.checks.is_empty(), failed) {
        (true, _) => String::new(),
        (false, 0) => format!("; passed: {of_checks}"),
        (false, failed) => format!("; failed: {} of {of_checks}", count(failed)),
    };
    out.line("").line(format!("{verdict}{of_checks} in {}", time(findings.elapsed)))
}

/// The checks that did not pass, and those that were not run.
fn checks(model: &Model, findings: &Findings) -> Page {
    let mut out = Page::default();
    for check in findings.checks.iter().filter(|check| !check.is_passed()) {
        out = out.line("").line(format!("check {}", check.name));
        out = out.lines(check.about.iter().flat_map(|about| about.lines()).map(|line| format!("  {line}")));
        match &check.outcome {
            Outcome::Passed => {}
            Outcome::NotRun { reason } => out = out.line(format!("  {reason}")),
            Outcome::Failed { rows, more } => {
                out = out.line("  rows that must not be:");
                out = out.lines(rows.iter().map(|row| format!("  {}", cut(row, ROW_WIDTH))));
                out = out.lines(more.then_some("  … and more"));
            }
        }
    }
    if let Some(reason) = findings.checks_left_out {
        let names: Vec<&str> = model.checks.iter().map(|check| check.name.as_str()).collect();
        out = out.line("").line(format!("checks that are not run, {reason}: {}", listed(&names)));
    }
    out
}

/// `at least 3 rows changed, 1 missing`.
fn summary(differences: &Differences) -> String {
    let Differences { changed, missing, extra, complete, .. } = differences;
    let counts = [(changed, "changed"), (missing, "missing"), (extra, "not in the plan")];
    let counts = counts.iter().filter(|(count, _)| **count > 0);
    // Of many rows only a sample has been compared, and those may be equal.
    if counts.clone().next().is_none() {
        return "rows differ, none of which has been found".to_owned();
    }
    let counts: Vec<String> = counts.map(|(n, what)| format!("{} {what}", plural(**n, "row"))).collect();
    format!("{}{}", if *complete { "" } else { "at least " }, counts.join(", "))
}

fn line(table: &Table, types: &[Type], difference: &Difference) -> String {
    match difference {
        Difference::Changed { row, expected, found } => {
            let cells = differing(types, expected, found).into_iter().map(|c| {
                let name = expected.schema_ref().field(c).name().clone();
                format!("`{name}` is {}, not {}", value(found, c), value(expected, c))
            });
            format!("row {}{}: {}", row + 1, key(table, expected), cells.collect::<Vec<_>>().join("; "))
        }
        Difference::Missing { row, expected } => format!("row {} is missing: {}", row + 1, values(expected)),
        Difference::Extra { found } => format!("not in the plan: {}", values(found)),
    }
}

/// The columns in which two rows differ.
fn differing(types: &[Type], expected: &RecordBatch, found: &RecordBatch) -> Vec<usize> {
    let differing = types.iter().enumerate().filter(|(c, ty)| {
        let hash = |batch: &RecordBatch| {
            let mut hashes = Vec::new();
            let one = batch.project(&[*c]).ok()?;
            RowHasher::new([("", *ty)]).hash(&one, &mut hashes).ok()?;
            Some(hashes)
        };
        hash(expected) != hash(found)
    });
    differing.map(|(c, _)| c).collect()
}

/// The primary key of a row, as in ` (id 17)`.
fn key(table: &Table, batch: &RecordBatch) -> String {
    let columns = table.keys.primary.iter().flat_map(|key| &key.columns);
    let shown = columns.filter_map(|c| {
        let name = &table.columns[*c].name;
        let (c, _) = batch.schema_ref().column_with_name(name)?;
        Some(format!("{name} {}", value(batch, c)))
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) }
}

fn value(batch: &RecordBatch, column: usize) -> String {
    let array = batch.column(column);
    cut(&text::shown(array, 0), VALUE_WIDTH)
}

fn values(batch: &RecordBatch) -> String {
    let names = batch.schema_ref().fields().iter().map(|field| field.name());
    let values = names.enumerate().map(|(c, name)| format!("{name} {}", value(batch, c)));
    values.collect::<Vec<_>>().join(", ")
}

/// The same as one object.
pub(crate) fn json(plan: &Plan, findings: &Findings) -> Value {
    let model = plan.model();
    let tables = findings.tables.iter().map(|table| {
        let comparison = table.comparison.as_ref();
        let differences = comparison.and_then(|comparison| comparison.differences.as_ref());
        json!({
            "name": model.tables[table.table].name,
            "equal": table.is_equal(),
            "problems": table.problems,
            "not_compared": table.uncompared.iter().map(|Uncompared { column, reason }| {
                json!({"column": column, "reason": reason})
            }).collect::<Vec<_>>(),
            "rows_expected": comparison.map(|c| c.expected.rows),
            "rows_found": comparison.map(|c| c.found.rows),
            "rows_fingerprint_expected": comparison.map(|c| c.expected.to_string()),
            "rows_fingerprint_found": comparison.map(|c| c.found.to_string()),
            "differences": differences.map(differences_as_json),
        })
    });
    json!({
        "scenario": model.name,
        "seed": model.seed,
        "scale": model.scale,
        "fingerprint": plan.fingerprint(),
        "equal": findings.is_equal(),
        "problems": findings.problems,
        "tables": tables.collect::<Vec<_>>(),
        "checks": findings.checks.iter().map(check_as_json).collect::<Vec<_>>(),
        "checks_left_out": findings.checks_left_out.map(|reason| json!({
            "names": model.checks.iter().map(|check| &check.name).collect::<Vec<_>>(),
            "reason": reason,
        })),
        "seconds": findings.elapsed.as_secs_f64(),
    })
}

fn check_as_json(check: &CheckResult) -> Value {
    let (rows, more, reason) = match &check.outcome {
        Outcome::Passed => (&[][..], false, None),
        Outcome::Failed { rows, more } => (&rows[..], *more, None),
        Outcome::NotRun { reason } => (&[][..], false, Some(reason)),
    };
    json!({
        "name": check.name,
        "about": check.about,
        "passed": check.is_passed(),
        "rows": rows.iter().map(|row| serde_json::from_str(row).unwrap_or(Value::Null)).collect::<Vec<Value>>(),
        "more": more,
        "error": reason,
    })
}

fn differences_as_json(differences: &Differences) -> Value {
    let shown = differences.shown.iter().map(|difference| match difference {
        Difference::Changed { row, expected, found } => {
            json!({"kind": "changed", "row": row + 1, "expected": row_as_json(expected), "found": row_as_json(found)})
        }
        Difference::Missing { row, expected } => {
            json!({"kind": "missing", "row": row + 1, "expected": row_as_json(expected)})
        }
        Difference::Extra { found } => json!({"kind": "extra", "found": row_as_json(found)}),
    });
    json!({
        "changed": differences.changed,
        "missing": differences.missing,
        "extra": differences.extra,
        "complete": differences.complete,
        "shown": shown.collect::<Vec<_>>(),
    })
}

/// Values as text, as PostgreSQL shows them.
fn row_as_json(batch: &RecordBatch) -> Value {
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let cells = fields.map(|(field, array)| {
        let text = if array.is_null(0) { Value::Null } else { Value::from(text::shown(array, 0)) };
        (field.name().clone(), text)
    });
    Value::Object(cells.collect())
}

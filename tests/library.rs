//! The library in five lines, as a program that depends on it writes them.

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{Compression, Format, ParquetOptions, Request, Target, generate};
use seedbed_tests::shipped;

#[test]
fn five_lines_from_a_scenario_to_record_batches() -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::compile(&shipped::text("members"), &Settings { seed: 7, ..Settings::default() })?;
    let users = plan.table("users").ok_or("no users")?;
    let batch = plan.batch(users, 1_000..1_010)?;
    let emails = batch.column_by_name("email").ok_or("no e-mail")?;
    assert_eq!((batch.num_rows(), emails.len()), (10, 10));
    Ok(())
}

#[test]
fn five_lines_from_a_scenario_to_files() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let plan = Plan::compile(&shipped::text("minimal"), &Settings::default())?;
    let pool = rayon::ThreadPoolBuilder::new().build()?;
    let request = Request {
        tables: plan.tables().collect(),
        target: Target::Directory(folder.path().join("data")),
        format: Format::Parquet,
        compression: Compression::Zstd(3),
        parquet: ParquetOptions::default(),
        rows_per_file: Some(100),
        shard: None,
        force: false,
    };
    let mut told = Vec::new();
    let report =
        generate(&plan, request, &pool, &mut |progress| told.push((progress.rows, progress.rows_total)))?;
    assert_eq!(report.rows, plan.tables().map(|table| plan.rows(table)).sum::<Result<u64, _>>()?);
    assert_eq!(told.last(), Some(&(report.rows, report.rows)));
    assert!(told.is_sorted());
    assert!(folder.path().join("data/manifest.json").exists());
    Ok(())
}

#[test]
fn a_plan_is_shared_by_threads() {
    let plan = shipped::plan("members");
    let events = plan.table("events").unwrap();
    let expected = shipped::plan("members").batch(events, 5_000..6_000).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(plan.batch(events, 5_000..6_000).unwrap(), expected));
        }
    });
}

#[test]
fn every_fault_is_reported_at_once_with_its_place() {
    let text = "tables:\n  t:\n    rows: 3\n    columns:\n      a: integr\n      b: = nothing + 1\n";
    let faults = Plan::compile(text, &Settings::default()).unwrap_err().0;
    let places: Vec<&str> =
        faults.iter().map(|fault| &text[fault.span.unwrap().start..fault.span.unwrap().end]).collect();
    assert_eq!(places, ["integr", "nothing"]);
}

#[test]
fn what_cannot_be_is_an_error_and_no_panic() {
    let text = "tables:\n  t: {rows: 100000, columns: {id: serial, s: {characters: {length: 32768}}, u: {array: {of: uuid, length: 2}}}}\n  \
        c: {per: t, count: 2, columns: {t_id: parent}}\n";
    let plan = Plan::compile(text, &Settings::default()).unwrap();
    let (t, c) = (plan.table("t").unwrap(), plan.table("c").unwrap());
    let error = |made: Result<_, seedbed_engine::ValueError>| made.map(|_: ()| ()).unwrap_err().to_string();
    // More text than an array holds: it was an overflow of offsets.
    let message = error(plan.batch(t, 0..70_000).map(drop));
    assert!(message.contains("ask for fewer"), "{message}");
    // Long texts a batch at a time are fine, and so are ranges that reach beyond the end.
    assert_eq!(plan.batch(t, 0..9_000).unwrap().num_rows(), 9_000);
    assert_eq!(plan.batch(t, 99_999..u64::MAX).unwrap().num_rows(), 1);
    assert_eq!(plan.batch(t, u64::MAX - 1..u64::MAX).unwrap().num_rows(), 0);
    assert_eq!(plan.batch(c, u64::MAX - 1..u64::MAX).unwrap().num_rows(), 0);
    let reversed = std::ops::Range { start: 9, end: 3 };
    assert_eq!(plan.batch(t, reversed).unwrap().num_rows(), 0);
    // A table that is not there: the number is another plan's.
    let none = TableId::new(7);
    let message = error(plan.batch(none, 0..1).map(drop));
    assert!(message.contains("there is no such table"), "{message}");
    let message = error(plan.columns(t, 0..1, &[3]).map(drop));
    assert!(message.contains("there is no column 3"), "{message}");
    let message = error(plan.columns(none, 0..1, &[0]).map(drop));
    assert!(message.contains("there is no such table"), "{message}");
    let message = error(plan.rows(none).map(drop));
    assert!(message.contains("there is no such table"), "{message}");
    assert_eq!(plan.schema(none).fields().len(), 0);
}

#[test]
fn scales_that_are_no_numbers_are_refused() {
    let text = "tables: {t: {rows: 10, columns: {id: serial}}}";
    for scale in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e16, f64::MIN_POSITIVE] {
        let refused = Plan::compile(text, &Settings { scale, ..Settings::default() }).unwrap_err();
        assert!(refused.to_string().contains("`scale`"), "{scale}: {refused}");
    }
}

#[test]
fn layouts_without_rows_are_refused() {
    use seedbed_engine::run::{Layout, files};
    let plan = Plan::compile("tables: {t: {rows: 10, columns: {id: serial}}}", &Settings::default()).unwrap();
    let layout = Layout { rows_per_file: 0, rows_per_chunk: 0 };
    assert!(files(&plan, &[plan.table("t").unwrap()], layout).unwrap_err().to_string().contains("1 or more"));
}

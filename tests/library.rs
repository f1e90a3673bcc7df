//! The library in five lines, as a program that depends on it writes them.

use seedbed_engine::{Plan, Settings};
use seedbed_formats::{Compression, Format, ParquetOptions, Request, Target, generate};
use seedbed_tests::shipped;

#[test]
fn five_lines_from_a_scenario_to_record_batches() -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::compile(&shipped::text("saas"), &Settings { seed: 7, ..Settings::default() })?;
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
        tables: vec![0, 1],
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
    assert_eq!(report.rows, plan.rows(0)? + plan.rows(1)?);
    assert_eq!(told.last(), Some(&(report.rows, report.rows)));
    assert!(told.is_sorted());
    assert!(folder.path().join("data/manifest.json").exists());
    Ok(())
}

#[test]
fn a_plan_is_shared_by_threads() {
    let plan = shipped::plan("saas");
    let events = plan.table("events").unwrap();
    let expected = shipped::plan("saas").batch(events, 5_000..6_000).unwrap();
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

//! What is written, and how it is looked at afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{Error, Format, ParquetOptions, Report, Request, Target, generate};

const SCENARIO: &str = "
scenario: shop
tables:
  tenants:
    rows: 300
    columns:
      id: serial
      plan: {choose: {free: 70, pro: 25, enterprise: 5}}
  order lines:
    per: tenants
    count: 101
    columns:
      id: serial
      tenant_id: parent
      email: {text: \"user{id}@t{tenant_id}.example\"}
  nothing:
    rows: 0
    columns: {id: serial, note: {choose: {a: 1, b: 1}}}
";

pub(crate) fn plan() -> Plan {
    Plan::compile(SCENARIO, &Settings::default()).unwrap()
}

pub(crate) fn plan_with_seed(seed: u64) -> Plan {
    Plan::compile(SCENARIO, &Settings { seed, ..Settings::default() }).unwrap()
}

pub(crate) fn request(target: Target, format: Format) -> Request {
    Request {
        tables: vec![TableId::new(0), TableId::new(1), TableId::new(2)],
        target,
        format,
        compression: format.default_compression(),
        parquet: ParquetOptions::default(),
        rows_per_file: Some(10_000),
        shard: None,
        force: false,
    }
}

pub(crate) fn into_directory(root: &Path, format: Format) -> Request {
    request(Target::Directory(root.to_owned()), format)
}

pub(crate) fn run_on(plan: &Plan, request: Request, threads: usize) -> Result<Report, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    generate(plan, request, &pool, &mut |_| {})
}

pub(crate) fn run(request: Request) -> Result<Report, Error> {
    run_on(&plan(), request, 2)
}

/// Every file below a directory, by its relative name.
pub(crate) fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files
                .extend(contents(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
            files.entry(format!("{name}/")).or_default();
        } else {
            files.insert(name, fs::read(path).unwrap());
        }
    }
    files
}

pub(crate) fn names(root: &Path) -> Vec<String> {
    contents(root).into_keys().filter(|name| !name.ends_with('/')).collect()
}

/// A table of four chunks.
pub(crate) fn long_plan(seed: u64) -> Plan {
    let scenario = "tables: {lines: {rows: 100_000, columns: {id: serial, n: {integer: {from: 0, to: 9}}}}}";
    Plan::compile(scenario, &Settings { seed, ..Settings::default() }).unwrap()
}

/// Does something in the middle of a run.
pub(crate) fn run_with(request: Request, mut meanwhile: impl FnMut()) -> Result<Report, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut chunks = 0;
    let report = generate(&long_plan(1), request, &pool, &mut |progress| {
        chunks += 1;
        if progress.rows < progress.rows_total {
            meanwhile();
        }
    });
    assert!(chunks > 1);
    report
}

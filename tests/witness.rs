//! Independent witnesses: pyarrow, DuckDB and Python read what seedbed writes, and find what the plan says.
//!
//! `make test` makes a Python environment with both and names it in `SEEDBED_PYTHON`. Without one these tests are skipped, but
//! not where `CI` is set.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use seedbed_engine::{Plan, Settings};
use seedbed_formats::Format;
use seedbed_tests::value::Values;
use seedbed_tests::{command, shipped};

/// Python with pyarrow and DuckDB; `None` where the witnesses may stay away.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn python() -> Option<String> {
    let python = std::env::var("SEEDBED_PYTHON").ok().filter(|python| !python.is_empty());
    if python.is_none() {
        assert!(std::env::var_os("CI").is_none(), "`SEEDBED_PYTHON` is not set; `make test` sets it");
        eprintln!("skipped: no Python with pyarrow and DuckDB; `make test` makes one");
    }
    python
}

/// The rows of a plan for the witness: one JSON array of cells per row.
fn write_expected(plan: &Plan, folder: &Path) {
    fs::create_dir(folder).unwrap();
    for table in &plan.model().tables {
        let values = Values::whole(plan, &table.name);
        let mut file =
            std::io::BufWriter::new(fs::File::create(folder.join(format!("{}.jsonl", table.name))).unwrap());
        for row in 0..values.rows() {
            serde_json::to_writer(&mut file, &values.row(row)).unwrap();
            file.write_all(b"\n").unwrap();
        }
    }
}

fn assert_witnessed(name: &str, scenario: &str, text: &str, settings: &Settings) {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let scale = settings.scale.to_string();
    for format in Format::ALL {
        let to = folder.path().join(format.name());
        let arguments = [
            "generate",
            scenario,
            "--scale",
            &scale,
            "--format",
            format.name(),
            "--to",
            to.to_str().unwrap(),
        ];
        command::run(arguments.into_iter().chain(["--rows-per-file", "7000", "--quiet"]));
    }
    write_expected(&shipped::compile(text, settings), &folder.path().join("expected"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/check.py");
    let output = Command::new(python)
        .args(["-B".as_ref(), script.as_os_str(), folder.path().as_os_str(), name.as_ref()])
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", command::stderr(&output));
}

fn assert_shipped_witnessed(name: &str) {
    assert_witnessed(name, name, &shipped::text(name), &shipped::small(name));
}

#[test]
fn minimal() {
    assert_shipped_witnessed("minimal");
}

#[test]
fn saas() {
    assert_shipped_witnessed("saas");
}

#[test]
fn wide() {
    assert_shipped_witnessed("wide");
}

#[test]
fn tpch() {
    assert_shipped_witnessed("tpch");
}

#[test]
fn edge_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/edges.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert_witnessed("edges", path.to_str().unwrap(), &text, &Settings::default());
}

//! Written datasets: the bytes depend on the data, the format and the layout asked for, and on nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use seedbed_engine::Plan;
use seedbed_engine::run::Shard;
use seedbed_formats::{Format, Target, generate};
use seedbed_tests::folder::{Writing, assert_same_files};
use seedbed_tests::value::{Cell, Values};
use seedbed_tests::{command, shipped};

fn data_files(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    files
        .iter()
        .filter(|(name, _)| name.contains('/'))
        .map(|(name, bytes)| (name.clone(), bytes.clone()))
        .collect()
}

#[test]
fn threads_do_not_change_a_byte() {
    for scenario in shipped::names() {
        for format in Format::ALL {
            let writing = |threads| Writing { threads, rows_per_file: Some(10_000), ..Writing::all(format) };
            let expected = writing(1).files(&shipped::plan(&scenario));
            assert!(expected.contains_key("manifest.json"));
            for threads in [2, 3, 8] {
                let found = writing(threads).files(&shipped::plan(&scenario));
                assert_same_files(
                    &found,
                    &expected,
                    &format!("{scenario} as {format:?} with {threads} threads"),
                );
            }
        }
    }
}

#[test]
fn shards_written_side_by_side_are_the_whole() {
    let plan = shipped::plan("members");
    for format in Format::ALL {
        let writing = Writing { rows_per_file: Some(2_000), ..Writing::all(format) };
        let expected = data_files(&writing.files(&plan));
        for count in [1, 2, 5] {
            let together = tempfile::tempdir().unwrap();
            let mut apart = BTreeMap::new();
            for index in 1..=count {
                let writing = Writing { shard: Some(Shard { index, count }), ..writing.clone() };
                // Another machine compiles the plan anew.
                for (name, bytes) in data_files(&writing.files(&shipped::plan("members"))) {
                    assert!(apart.insert(name.clone(), bytes).is_none(), "{name} is in two shards");
                }
                writing.write_into(together.path(), &plan);
            }
            assert_same_files(&apart, &expected, &format!("{format:?} in {count} shards"));
            let together = seedbed_tests::folder::files(together.path());
            assert_same_files(
                &data_files(&together),
                &expected,
                &format!("{format:?} in {count} shards, one folder"),
            );
        }
    }
}

#[test]
fn a_table_alone_has_the_bytes_of_the_whole() {
    for scenario in ["members", "wide"] {
        let plan = shipped::plan(scenario);
        for format in Format::ALL {
            let whole = data_files(&Writing::all(format).files(&plan));
            for table in &plan.model().tables {
                let writing = Writing { tables: vec![table.name.clone()], ..Writing::all(format) };
                let alone = data_files(&writing.files(&shipped::plan(scenario)));
                let expected: BTreeMap<_, _> = whole
                    .clone()
                    .into_iter()
                    .filter(|(name, _)| name.starts_with(&format!("{}/", table.name)))
                    .collect();
                assert_same_files(&alone, &expected, &format!("{scenario}.{} as {format:?}", table.name));
            }
        }
    }
}

/// The parts of a table one after the other, without their headers.
fn lines(files: &BTreeMap<String, Vec<u8>>, table: &str, header: usize) -> Vec<u8> {
    let parts = files.iter().filter(|(name, _)| name.starts_with(&format!("{table}/")));
    let bodies =
        parts.map(|(_, bytes)| bytes.splitn(header + 1, |byte| *byte == b'\n').last().unwrap().to_vec());
    bodies.collect::<Vec<_>>().concat()
}

#[test]
fn rows_per_file_only_move_the_cuts() {
    let plan = shipped::plan("members");
    for (format, header) in [(Format::Csv, 1), (Format::Jsonl, 0)] {
        let whole = Writing::all(format).files(&plan);
        for rows_per_file in [777, 4_096] {
            let cut = Writing { rows_per_file: Some(rows_per_file), ..Writing::all(format) }.files(&plan);
            assert!(cut.len() > whole.len());
            for table in &plan.model().tables {
                assert!(
                    lines(&cut, &table.name, header) == lines(&whole, &table.name, header),
                    "{} by {rows_per_file}",
                    table.name
                );
            }
        }
    }
}

/// A stream that keeps what is written to it.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn streamed(plan: &Plan, table: &str, format: Format) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let memory = Memory::default();
    let writing = Writing { tables: vec![table.to_owned()], ..Writing::all(format) };
    generate(plan, writing.request(plan, Target::Writer(Box::new(memory.clone()))), &pool, &mut |_| {})
        .unwrap();
    let bytes = memory.0.lock().unwrap();
    bytes.clone()
}

#[test]
fn a_stream_a_file_and_a_directory_hold_the_same_bytes() {
    let plan = shipped::plan("members");
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let stream = streamed(&plan, "users", format);
        let whole = Writing::all(format).files(&plan);
        assert!(
            whole[&format!("users/part-00000.{}", format.extension())] == stream,
            "{format:?}: directory"
        );
        let path = folder.path().join(format!("users.{}", format.extension()));
        command::run([
            "generate",
            "members",
            "--scale",
            "0.02",
            "--tables",
            "users",
            "--to",
            path.to_str().unwrap(),
        ]);
        assert!(fs::read(&path).unwrap() == stream, "{format:?}: file");
        let stdout = command::run([
            "generate",
            "members",
            "--scale",
            "0.02",
            "--tables",
            "users",
            "--to",
            "-",
            "--format",
            format.name(),
        ]);
        assert!(stdout.stdout == stream, "{format:?}: stdout");
    }
}

#[test]
fn the_command_line_writes_what_the_library_writes() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let to = folder.path().join(format.name());
        let to = to.to_str().unwrap();
        command::run([
            "generate",
            "wide",
            "--seed",
            "42",
            "--threads",
            "3",
            "--format",
            format.name(),
            "--to",
            to,
        ]);
        let found = seedbed_tests::folder::files(to.as_ref());
        assert_same_files(&found, &Writing::all(format).files(&shipped::plan("wide")), format.name());
    }
}

#[test]
fn text_files_hold_the_values_of_the_plan() {
    // Keys and plain texts look the same in a file and in `value::texts`; the other types are read by pyarrow and DuckDB.
    let plan = shipped::plan("members");
    let csv = Writing::all(Format::Csv).files(&plan);
    let memberships = Values::whole(&plan, "memberships");
    let columns = ["id", "tenant_id", "user_id", "role", "status"];
    let body = String::from_utf8(lines(&csv, "memberships", 1)).unwrap();
    let found: Vec<Vec<Cell>> = body
        .lines()
        .map(|line| line.split(',').take(columns.len()).map(|cell| Some(cell.to_owned())).collect())
        .collect();
    assert_eq!(found.len(), memberships.rows());
    for (row, found) in found.iter().enumerate() {
        for (column, found) in columns.iter().zip(found) {
            assert_eq!(found, &memberships.cells(column)[row], "{column}, row {row}");
        }
    }
}

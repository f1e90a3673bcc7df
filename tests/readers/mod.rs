//! The matrix of readers: every type in readers old and new, by values, NULLs, and what they leave unread. Its result is a table in
//! `docs/files.md`, which is compared with what was found, column by column; `SEEDBED_BLESS=1` writes it.
//!
//! `make test-slow` makes the Python environments and names their folder in `SEEDBED_READERS`. Readers that cannot be had there are
//! left out, and so is Spark without Java.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use seedbed_engine::{Plan, Settings};
use seedbed_tests::command;
use serde_json::{Value, json};

/// The row that is looked for, by its `id`.
const ROW: u64 = 62_345;

/// Folders of environments, readers as `read.py` names them, and as people do.
const READERS: [(&str, &str, &str); 11] = [
    ("old", "pyarrow", "pyarrow"),
    ("new", "pyarrow", "pyarrow"),
    ("old", "duckdb", "DuckDB"),
    ("new", "duckdb", "DuckDB"),
    ("old", "polars", "polars"),
    ("new", "polars", "polars"),
    ("old", "datafusion", "DataFusion"),
    ("new", "datafusion", "DataFusion"),
    ("new", "clickhouse", "ClickHouse (chdb)"),
    ("new", "fastparquet", "fastparquet"),
    ("spark", "spark", "Spark, `--parquet-for spark`"),
];

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- end of matrix -->\n";

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/types.yaml")
}

/// Writes one table into a file, with some flags.
fn write(table: &str, to: &Path, flags: &[&str]) {
    let (scenario, to) = (scenario(), to.to_str().unwrap());
    let arguments = ["generate", scenario.to_str().unwrap(), "--quiet", "--tables", table, "--to", to];
    command::run(arguments.into_iter().chain(flags.iter().copied()));
}

fn metadata(path: &Path) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&fs::File::open(path).unwrap()).unwrap()
}

/// Puts blots over parts of a file; where nothing is left to blot, the test would show nothing. The whole file stays beside it.
fn blot(path: &Path, parts: Vec<Range<u64>>) {
    assert!(!parts.is_empty());
    let mut bytes = fs::read(path).unwrap();
    fs::write(path.with_extension("whole.parquet"), &bytes).unwrap();
    for part in parts {
        bytes[part.start as usize..part.end as usize].fill(0xff);
    }
    fs::write(path, bytes).unwrap();
}

/// The column chunks of the row groups that do not hold the row.
fn other_row_groups(metadata: &ParquetMetaData) -> Vec<Range<u64>> {
    let mut before = 0;
    let mut parts = Vec::new();
    for group in metadata.row_groups() {
        let rows = before..before + group.num_rows() as u64;
        before = rows.end;
        if !rows.contains(&(ROW - 1)) {
            parts.extend(group.columns().iter().map(|column| {
                let (start, len) = column.byte_range();
                start..start + len
            }));
        }
    }
    parts
}

/// The pages that do not hold the row.
fn other_pages(metadata: &ParquetMetaData) -> Vec<Range<u64>> {
    let index = metadata.page_index().unwrap();
    let mut parts = Vec::new();
    for column in 0..metadata.row_group(0).num_columns() {
        let pages = index.page_locations(0, column).unwrap();
        for (i, page) in pages.iter().enumerate() {
            let end = pages.get(i + 1).map_or(i64::MAX, |next| next.first_row_index);
            if !(page.first_row_index..end).contains(&(ROW as i64 - 1)) {
                let at = page.offset as u64;
                parts.push(at..at + page.compressed_page_size as u64);
            }
        }
    }
    parts
}

/// Everything that a reader is asked about, in a folder.
fn prepare(folder: &Path, plan: &Plan, flags: &[&str]) {
    fs::create_dir(folder).unwrap();
    let with =
        |more: &[&'static str]| -> Vec<&str> { flags.iter().copied().chain(more.iter().copied()).collect() };
    write("values", &folder.join("values.parquet"), flags);
    write("values", &folder.join("values.jsonl"), &[]);
    for table in ["values", "ordered", "scattered"] {
        write(table, &folder.join(format!("{table}.csv")), &[]);
    }
    let groups = ["--row-group-rows", "10000"];
    let (bounds, pages, bloom) =
        (folder.join("bounds.parquet"), folder.join("pages.parquet"), folder.join("bloom.parquet"));
    write("ordered", &bounds, &with(&groups));
    write("ordered", &pages, &with(&[]));
    let filters = "scattered.bigint,scattered.text,scattered.uuid";
    write("scattered", &bloom, &with(&["--row-group-rows", "10000", "--parquet-bloom", filters]));
    blot(&bounds, other_row_groups(&metadata(&bounds)));
    blot(&pages, other_pages(&metadata(&pages)));
    blot(&bloom, other_row_groups(&metadata(&bloom)));

    let mut questions = json!({"row": ROW});
    for table in &plan.model().tables {
        let columns = table.written().map(|column| json!([column.name, column.ty.to_string()]));
        questions[&table.name] =
            columns.filter(|column| table.name == "values" || column[0] != "id").collect();
    }
    fs::write(folder.join("questions.json"), questions.to_string()).unwrap();
}

/// What a reader found; `None` where it cannot be had.
#[allow(clippy::print_stderr, reason = "a reader that is left out is told")]
fn ask(environments: &Path, (environment, reader, name): (&str, &str, &str), folder: &Path) -> Option<Value> {
    let python = environments.join(environment).join("bin/python");
    let has_java =
        || Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if !python.exists() || reader == "spark" && !has_java() {
        eprintln!("left out: {name} of {environment}");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/read.py");
    let arguments = ["-B".as_ref(), script.as_os_str(), reader.as_ref(), folder.as_os_str()];
    let output = Command::new(python).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.lines().last().and_then(|line| serde_json::from_str(line).ok());
    Some(answer.unwrap_or_else(|| panic!("{name} of {environment}: {said}{}", command::stderr(&output))))
}

/// A table of Markdown: a row for each question, a column for each reader.
fn table(columns: &[(String, BTreeMap<String, String>)], rows: &[(String, String)]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut out = line([""].into_iter().chain(columns.iter().map(|(name, _)| name.as_str())).collect());
    out += &line(vec!["---"; columns.len() + 1]);
    for (question, shown) in rows {
        let cells = columns.iter().map(|(_, found)| found[question].as_str());
        out += &line([shown.as_str()].into_iter().chain(cells).collect());
    }
    out
}

/// The columns of a table of Markdown, each with its cells.
fn columns_of(table: &str) -> Vec<Vec<&str>> {
    let lines: Vec<Vec<&str>> =
        table.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let count = lines.first().map_or(0, Vec::len);
    (0..count).map(|i| lines.iter().map(|line| line.get(i).copied().unwrap_or_default()).collect()).collect()
}

#[test]
#[ignore = "reads with eleven readers"]
fn every_reader_finds_what_the_table_says() {
    let Some(environments) = std::env::var_os("SEEDBED_READERS").filter(|folder| !folder.is_empty()) else {
        assert!(std::env::var_os("CI").is_none(), "`SEEDBED_READERS` is not set; `make test-slow` sets it");
        return;
    };
    let plan = Plan::compile(&fs::read_to_string(scenario()).unwrap(), &Settings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (any, spark) = (folder.path().join("any"), folder.path().join("spark"));
    prepare(&any, &plan, &[]);
    prepare(&spark, &plan, &["--parquet-for", "spark"]);

    let mut columns = Vec::new();
    for reader in READERS {
        let folder = if reader.1 == "spark" { &spark } else { &any };
        let Some(answer) = ask(Path::new(&environments), reader, folder) else { continue };
        let found: BTreeMap<String, String> = serde_json::from_value(answer["found"].clone()).unwrap();
        columns.push((format!("{} {}", reader.2, answer["version"].as_str().unwrap()), found));
    }
    let questions: Value =
        serde_json::from_str(&fs::read_to_string(any.join("questions.json")).unwrap()).unwrap();
    let mut rows = Vec::new();
    let parts = [
        ("values", "values", ""),
        ("bounds", "ordered", "row groups by bounds: "),
        ("pages", "ordered", "pages by their index: "),
        ("bloom", "scattered", "row groups by Bloom filters: "),
    ];
    for (part, table, before) in parts {
        for column in questions[table].as_array().unwrap() {
            let name = column[0].as_str().unwrap();
            rows.push((format!("{part} {name}"), format!("{before}{name}")));
        }
    }
    let found = table(&columns, &rows);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/files.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the document has a place for the table");
    let (written, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("SEEDBED_BLESS").is_some() {
        return fs::write(path, format!("{before}{BEGIN}{found}{END}{after}")).unwrap();
    }
    let (written, found) = (columns_of(written), columns_of(&found));
    for column in &found {
        assert!(written.contains(column), "docs/files.md has no such column: {column:#?}");
    }
}

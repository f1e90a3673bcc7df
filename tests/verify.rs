//! `verify`: a dataset is what its plan makes, in every format and in shards; and whatever is changed in it is found, row by row.

use std::fs;
use std::path::Path;
use std::process::Output;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use seedbed_engine::compare::{Difference, TableVerification};
use seedbed_engine::run::Shard;
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{Compression, Format, Verification, VerifyRequest, encode_batches, verify};
use seedbed_tests::folder::Writing;
use seedbed_tests::{command, shipped};

/// Ten rows that can be told apart, and some that cannot.
const SCENARIO: &str = r#"
tables:
  people:
    rows: 10
    columns:
      id: serial
      name: {text: "person {id}"}
      age: {integer: {from: 20, to: 60}}
      about: {json: {n: {decimal: {from: 0, to: 1, scale: 2}}, of: {choose: {a: 1, "b\"": 1}}}, null: 30%}
  words:
    rows: 40
    columns: {word: {choose: {x: 1, "": 1, "a,b": 1}, null: 20%}}
"#;

fn plan(seed: u64) -> Plan {
    shipped::compile(SCENARIO, &Settings { seed, ..Settings::default() })
}

fn request(root: &Path, plan: &Plan) -> VerifyRequest {
    VerifyRequest { root: root.to_owned(), tables: plan.tables().collect(), shard: None, most_shown: 5 }
}

fn verified(plan: &Plan, request: &VerifyRequest) -> Verification {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    verify(plan, request, &pool, &|_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn written(plan: &Plan, format: Format) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Writing { rows_per_file: Some(7), ..Writing::all(format) }.write_into(folder.path(), plan);
    folder
}

/// Writes a dataset, changes it, and verifies it.
fn after(format: Format, change: impl FnOnce(&Path)) -> Verification {
    let plan = plan(1);
    let folder = written(&plan, format);
    change(folder.path());
    verified(&plan, &request(folder.path(), &plan))
}

/// Changes the lines of a file, the header not among them.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// What the differences of a table are: `changed 3`, `missing 4`, `extra`.
fn differences(table: &TableVerification) -> Vec<String> {
    let differences = table.comparison.as_ref().and_then(|comparison| comparison.differences.as_ref());
    let shown = differences.iter().flat_map(|differences| &differences.shown);
    let shown = shown.map(|difference| match difference {
        Difference::Changed { row, .. } => format!("changed {}", row + 1),
        Difference::Missing { row, .. } => format!("missing {}", row + 1),
        Difference::Extra { .. } => "extra".to_owned(),
    });
    shown.collect()
}

fn assert_equal(verification: &Verification, what: &str) {
    for table in &verification.tables {
        assert!(table.is_equal(), "{what}: {table:?}");
    }
    assert!(verification.is_equal(), "{what}: {:?}", verification.problems);
}

#[test]
fn shipped_scenarios_are_equal_in_every_format() {
    for name in shipped::names() {
        let plan = shipped::plan(&name);
        for format in Format::ALL {
            let folder = tempfile::tempdir().unwrap();
            Writing { rows_per_file: Some(3_000), ..Writing::all(format) }.write_into(folder.path(), &plan);
            let what = format!("{name} as {}", format.name());
            assert_equal(&verified(&plan, &request(folder.path(), &plan)), &what);
        }
    }
}

/// Values that formats write in ways of their own.
#[test]
fn edge_cases_are_equal_in_every_format() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/edges.yaml")).unwrap();
    let more = r#"
tables:
  odd:
    rows: 5
    columns:
      id: serial
      span: "= interval '1 month -3 days 01:02:03.000004' * row_number()"
      nan: "= case when row_number() = 2 then 'NaN'::double precision else 0.5::double precision end"
      words: {array: {of: {choose: {"": 1, "NULL": 1, "a,\"b\"\\": 1}}, length: {from: 0, to: 4}}}
"#;
    for text in [text.as_str(), more] {
        let plan = shipped::compile(text, &Settings::default());
        for format in Format::ALL {
            let folder = written(&plan, format);
            assert_equal(&verified(&plan, &request(folder.path(), &plan)), format.name());
        }
    }
}

#[test]
fn shards_are_verified_alone_and_together() {
    let plan = plan(1);
    let folder = tempfile::tempdir().unwrap();
    let whole = request(folder.path(), &plan);
    let write = |index| {
        let shard = Some(Shard { index, count: 3 });
        let writing = Writing { rows_per_file: Some(7), shard, ..Writing::all(Format::Csv) };
        writing.write_into(folder.path(), &plan);
    };
    write(1);
    write(3);
    let third = VerifyRequest { shard: Some(Shard { index: 3, count: 3 }), ..whole.clone() };
    assert_equal(&verified(&plan, &third), "the third shard");
    let verification = verified(&plan, &whole);
    assert_eq!(verification.problems, ["shard 2 of 3 is missing"]);
    assert!(verification.tables.iter().any(|table| !table.is_equal()));
    write(2);
    assert_equal(&verified(&plan, &whole), "all shards");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let none = VerifyRequest { shard: Some(Shard { index: 1, count: 4 }), ..whole };
    assert!(verify(&plan, &none, &pool, &|_| {}).is_err(), "there is no shard of four");
}

/// The name of a file said that there are a hundred milliards of shards, and each was looked for.
#[test]
fn absurd_numbers_of_shards_are_not_gone_through() {
    let plan = plan(1);
    let folder = tempfile::tempdir().unwrap();
    let shard = Some(Shard { index: 2, count: 99_999_999_999 });
    Writing { shard, ..Writing::all(Format::Csv) }.write_into(folder.path(), &plan);
    let verification = verified(&plan, &request(folder.path(), &plan));
    assert_eq!(verification.problems.len(), 21);
    assert_eq!(
        verification.problems[..2],
        ["1", "3"].map(|n| format!("shard {n} of 99999999999 is missing"))
    );
    assert_eq!(verification.problems[20], "99999999978 more shards are missing");
}

#[test]
fn a_changed_cell_is_found() {
    for (format, from, to) in
        [(Format::Csv, ",person 9,", ",person 8,"), (Format::Jsonl, "person 9", "person 8")]
    {
        let verification = after(format, |root| {
            edit(&root.join("people/part-00001").with_extension(format.extension()), |lines| {
                let line = lines.iter_mut().find(|line| line.contains(from)).unwrap();
                *line = line.replace(from, to);
            });
        });
        let people = &verification.tables[0];
        assert_eq!(differences(people), ["changed 9"], "{people:?}");
        assert_eq!(people.problems.len(), 1, "{people:?}");
        assert!(people.problems[0].ends_with("has another checksum than when it was written"), "{people:?}");
        let Some(Difference::Changed { expected, found, .. }) =
            people.comparison.as_ref().and_then(|comparison| comparison.differences.as_ref()?.shown.first())
        else {
            panic!("{people:?}")
        };
        let name =
            |batch: &RecordBatch| arrow::util::display::array_value_to_string(batch.column(1), 0).unwrap();
        assert_eq!((name(expected).as_str(), name(found).as_str()), ("person 9", "person 8"));
        assert!(verification.tables[1].is_equal());
    }
}

#[test]
fn rows_dropped_doubled_and_swapped_are_found() {
    let part = |root: &Path| root.join("people/part-00000.csv");
    let dropped = after(Format::Csv, |root| edit(&part(root), |lines| _ = lines.remove(3)));
    assert_eq!(differences(&dropped.tables[0]), ["missing 3"]);
    let doubled = after(Format::Csv, |root| edit(&part(root), |lines| lines.push(lines[3].clone())));
    assert_eq!(differences(&doubled.tables[0]), ["extra"]);
    let renamed = after(Format::Csv, |root| {
        edit(&part(root), |lines| lines[3] = lines[3].replacen('3', "99", 1));
    });
    assert_eq!(differences(&renamed.tables[0]), ["missing 3", "extra"]);
    let swapped = after(Format::Csv, |root| {
        edit(&part(root), |lines| {
            lines[2] = lines[2].replace("person 2", "person 4");
            lines[4] = lines[4].replace("person 4", "person 2");
        });
    });
    assert_eq!(differences(&swapped.tables[0]), ["changed 2", "changed 4"]);
    // The order of rows means nothing to their fingerprint; the file is not the one that was written.
    let reordered = after(Format::Csv, |root| edit(&part(root), |lines| lines.swap(1, 5)));
    assert!(reordered.tables[0].comparison.as_ref().unwrap().is_equal() && !reordered.is_equal());
}

/// Without a key, a changed row is a missing one and one that is too many.
#[test]
fn rows_without_a_key_are_compared_as_a_whole() {
    let verification = after(Format::Csv, |root| {
        edit(&root.join("words/part-00002.csv"), |lines| lines[1] = "other".to_owned());
    });
    let found = differences(&verification.tables[1]);
    assert!(found.len() == 2 && found[0].starts_with("missing") && found[1] == "extra", "{found:?}");
}

#[test]
fn changed_parquet_and_arrow_files_are_found() {
    for format in [Format::Parquet, Format::Arrow] {
        let verification = after(format, |root| {
            // The second file without its last row, and with another first one.
            let plan = plan(1);
            let (first, rest) =
                (plan.batch(TableId::new(0), 0..1).unwrap(), plan.batch(TableId::new(0), 8..9).unwrap());
            let batch = concat_batches(&plan.schema(TableId::new(0)), [&first, &rest]).unwrap();
            let bytes =
                encode_batches(&plan.schema(TableId::new(0)), &[batch], format, Compression::None).unwrap();
            fs::write(root.join("people/part-00001").with_extension(format.extension()), bytes).unwrap();
        });
        assert_eq!(differences(&verification.tables[0]), ["missing 8", "missing 10", "extra"], "{format:?}");
    }
}

#[test]
fn files_lost_and_spoilt_are_found() {
    let lost =
        after(Format::Parquet, |root| fs::remove_file(root.join("people/part-00001.parquet")).unwrap());
    assert_eq!(lost.tables[0].problems, ["`people/part-00001.parquet` is missing"]);
    assert_eq!(differences(&lost.tables[0]), ["missing 8", "missing 9", "missing 10"]);

    let more = after(Format::Csv, |root| {
        fs::copy(root.join("people/part-00001.csv"), root.join("people/part-00002.csv")).unwrap();
    });
    assert_eq!(more.tables[0].problems, ["`people/part-00002.csv` is no file of this dataset"]);
    assert!(!more.is_equal());

    for format in Format::ALL {
        let name = format!("people/part-00000.{}", format.extension());
        let cut = after(format, |root| {
            let bytes = fs::read(root.join(&name)).unwrap();
            fs::write(root.join(&name), &bytes[..bytes.len() - 5]).unwrap();
        });
        let people = &cut.tables[0];
        assert!(people.problems[0].starts_with(&format!("`{name}` has ")), "{people:?}");
        assert!(!people.is_equal(), "{people:?}");
    }
}

#[test]
fn text_that_is_no_value_is_told_with_its_place() {
    let cases: [(Format, &str, &str, &str); 4] = [
        (Format::Csv, ",person 2,", ",person 2,x", "people/part-00000.csv` cannot be read: "),
        (Format::Csv, ",person 2,", ",\"person 2,", "are not closed"),
        (Format::Csv, ",person 2,", ",", "row 2 has 3 fields, not 4"),
        (Format::Jsonl, "\"person 2\"", "2", "row 2: column `name`: expected text in quotes, found `2`"),
    ];
    for (format, from, to, message) in cases {
        let verification = after(format, |root| {
            edit(&root.join("people/part-00000").with_extension(format.extension()), |lines| {
                lines.iter_mut().for_each(|line| *line = line.replace(from, to));
            });
        });
        let problems = &verification.tables[0].problems;
        assert!(problems.iter().any(|problem| problem.contains(message)), "{message}: {problems:?}");
        assert!(verification.tables[0].comparison.is_none());
    }
}

/// Everything differs, and only a few rows are shown.
#[test]
fn many_differences_are_counted_and_a_few_shown() {
    let plan = shipped::plan("members");
    let tickets = plan.table("tickets").unwrap();
    let folder = tempfile::tempdir().unwrap();
    Writing::all(Format::Parquet).write_into(folder.path(), &plan);
    let other =
        Plan::compile(&shipped::text("members"), &Settings { seed: 7, ..shipped::small("members") }).unwrap();
    // Whatever the manifest says.
    let manifest = folder.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap().replace(plan.fingerprint(), other.fingerprint());
    fs::write(&manifest, text).unwrap();
    let request = VerifyRequest { tables: vec![tickets], ..request(folder.path(), &other) };
    let verification = verified(&other, &request);
    let comparison = verification.tables[0].comparison.as_ref().unwrap();
    let differences = comparison.differences.as_ref().unwrap();
    assert!(differences.complete && differences.shown.len() <= 10);
    assert_eq!(differences.changed + differences.missing, comparison.expected.rows);
    assert_eq!(differences.changed + differences.extra, comparison.found.rows);
    assert!(
        verification.tables[0].problems.iter().any(|problem| problem.contains("fingerprint of the rows"))
    );
}

fn seedbed<'a>(folder: &'a Path, arguments: &[&'a str]) -> Output {
    let to = folder.to_str().unwrap();
    let arguments = ["verify", "minimal", "--to", to].into_iter().chain(arguments.iter().copied());
    command::seedbed(arguments).output().unwrap()
}

#[test]
fn the_command_says_what_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("data");
    command::run(["generate", "minimal", "--to", to.to_str().unwrap(), "--format", "csv", "--quiet"]);
    let stdout = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let equal = seedbed(&to, &[]);
    assert_eq!(equal.status.code(), Some(0), "{}", command::stderr(&equal));
    assert!(stdout(&equal).contains("\nequal: 2 tables in "), "{}", stdout(&equal));
    assert_eq!(stdout(&seedbed(&to, &["--quiet"])), "");

    let seed = seedbed(&to, &["--seed", "7", "--scale", "2"]);
    assert_eq!(seed.status.code(), Some(1));
    let report = stdout(&seed);
    assert!(report.contains("the dataset was made with seed 42, not 7\n"), "{report}");
    assert!(report.contains("the dataset was made with scale 1.0, not 2.0\n"), "{report}");
    assert!(report.ends_with("\ndiffers: it is another dataset\n"), "{report}");

    edit(&to.join("members/part-00000.csv"), |lines| lines[2] = lines[2].replace('@', "%"));
    let changed = seedbed(&to, &["--tables", "members"]);
    assert_eq!((changed.status.code(), command::stderr(&changed).as_str()), (Some(1), ""));
    let report = stdout(&changed);
    assert!(report.contains("\n  1 row changed\n  row 2 (id 2): `email` is "), "{report}");
    let json = seedbed(&to, &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json.status.code(), Some(1));
    assert_eq!((&report["equal"], &report["tables"][0]["equal"]), (&false.into(), &true.into()));
    assert_eq!(report["tables"][1]["differences"]["shown"][0]["row"], 2);

    for wrong in [&["--to", "null:"][..], &["--shard", "1/2"], &["--schema", "x"]] {
        let mut arguments = vec!["verify", "minimal", "--to", to.to_str().unwrap()];
        if wrong[0] == "--to" {
            arguments.truncate(2);
        }
        let output = command::seedbed(arguments.into_iter().chain(wrong.iter().copied())).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", command::stderr(&output));
    }
    fs::remove_file(to.join("manifest.json")).unwrap();
    let nothing = seedbed(&to, &[]);
    assert_eq!(nothing.status.code(), Some(2), "{}", command::stderr(&nothing));
}

#[test]
fn every_row_is_told_once() {
    let plan = plan(1);
    let folder = written(&plan, Format::Csv);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let all: Vec<TableId> = plan.tables().collect();
    for (tables, total) in [(all.clone(), 50), (all[1..].to_vec(), 40)] {
        let told = std::sync::Mutex::new(Vec::new());
        let request = VerifyRequest { tables: tables.clone(), ..request(folder.path(), &plan) };
        verify(&plan, &request, &pool, &|step| told.lock().unwrap().push(step)).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.iter().all(|step| step.rows_total == total && tables.contains(&step.table)));
        assert!(told.iter().all(|step| step.rows <= total));
        assert_eq!(told.iter().map(|step| step.rows).max(), Some(total));
    }
}

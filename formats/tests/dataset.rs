//! Datasets in directories, files and streams: what appears when, what is removed, what is refused, and that
//! nothing but the request decides a byte.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use seedbed_engine::digest::{RowHasher, TableDigest};
use seedbed_engine::run::Shard;
use seedbed_engine::{Plan, Settings};
use seedbed_formats::{Compression, Error, Format, Report, Request, Target, generate};

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

fn plan() -> Plan {
    Plan::compile(SCENARIO, &Settings::default()).unwrap()
}

fn plan_with_seed(seed: u64) -> Plan {
    Plan::compile(SCENARIO, &Settings { seed, ..Settings::default() }).unwrap()
}

fn request(target: Target, format: Format) -> Request {
    Request {
        tables: vec![0, 1, 2],
        target,
        format,
        compression: format.default_compression(),
        rows_per_file: Some(10_000),
        shard: None,
        force: false,
    }
}

fn into_directory(root: &Path, format: Format) -> Request {
    request(Target::Directory(root.to_owned()), format)
}

fn run_on(plan: &Plan, request: Request, threads: usize) -> Result<Report, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    generate(plan, request, &pool, &mut |_| {})
}

fn run(request: Request) -> Result<Report, Error> {
    run_on(&plan(), request, 2)
}

/// Every file below a directory, by its relative name.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
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

fn names(root: &Path) -> Vec<String> {
    contents(root).into_keys().filter(|name| !name.ends_with('/')).collect()
}

/// The digest of some rows of the second table.
fn digest(rows: std::ops::Range<u64>) -> TableDigest {
    let (plan, mut digest) = (plan(), TableDigest::default());
    let mut hasher = RowHasher::of(&plan.model().tables[1]);
    let mut hashes = Vec::new();
    for start in rows.clone().step_by(101) {
        let batch = plan.batch(1, start..rows.end.min(start + 101)).unwrap();
        hasher.hash(&batch, &mut hashes).unwrap();
        digest.add(&hashes);
    }
    digest
}

/// The fingerprint of the second table's rows in a manifest.
fn rows_fingerprint(manifest: &[u8]) -> u128 {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    let text = manifest["tables"][1]["rows_fingerprint"].as_str().unwrap();
    u128::from_str_radix(text.strip_prefix("v1:").unwrap(), 16).unwrap()
}

#[test]
fn fingerprints_of_rows_are_the_same_in_every_format_and_layout() {
    let expected = digest(0..30_300).sum;
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let request = Request { rows_per_file: Some(7_001), ..into_directory(folder.path(), format) };
        run(request).unwrap();
        assert_eq!(rows_fingerprint(&contents(folder.path())["manifest.json"]), expected, "{format:?}");
    }
}

#[test]
fn a_dataset_has_files_and_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("new");
    let report = run(into_directory(&root, Format::Csv)).unwrap();
    let expected = [
        "manifest.json",
        "nothing/part-00000.csv",
        "order lines/part-00000.csv",
        "order lines/part-00001.csv",
        "order lines/part-00002.csv",
        "order lines/part-00003.csv",
        "tenants/part-00000.csv",
    ];
    assert_eq!(names(&root), expected);
    let files = contents(&root);
    assert_eq!(files["nothing/part-00000.csv"], b"id,note\n");
    let lines: Vec<usize> = (0..4)
        .map(|part| {
            files[&format!("order lines/part-0000{part}.csv")].iter().filter(|byte| **byte == b'\n').count()
        })
        .collect();
    assert_eq!(lines, [10_001, 10_001, 10_001, 301]);

    let tables: Vec<_> =
        report.tables.iter().map(|table| (table.name.as_str(), table.rows, table.files)).collect();
    assert_eq!(tables, [("tenants", 300, 1), ("order lines", 30_300, 4), ("nothing", 0, 1)]);
    let bytes: usize =
        files.iter().filter(|(name, _)| name.ends_with(".csv")).map(|(_, bytes)| bytes.len()).sum();
    assert_eq!((report.rows, report.bytes), (30_600, bytes as u64));

    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["seedbed"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["scenario"], "shop");
    assert_eq!(manifest["seed"], 42);
    assert_eq!(manifest["scale"], 1.0);
    assert_eq!(manifest["fingerprint"], plan().fingerprint());
    assert_eq!(manifest["format"], "csv");
    assert_eq!(manifest["compression"], "none");
    assert_eq!(manifest["rows_per_file"], 10_000);
    assert_eq!(manifest["rows"], 30_600);
    assert_eq!(manifest["bytes"], bytes);
    let orders = &manifest["tables"][1];
    assert_eq!(orders["name"], "order lines");
    assert_eq!(orders["columns"][2], serde_json::json!({"name": "email", "type": "text", "nullable": false}));
    let last = &orders["files"][3];
    let bytes = &files["order lines/part-00003.csv"];
    let checksum = blake3::hash(bytes).to_hex().to_string();
    let expected = serde_json::json!({
        "name": "order lines/part-00003.csv",
        "rows": 300,
        "bytes": bytes.len(),
        "rows_fingerprint": digest(30_000..30_300).to_string(),
        "blake3": checksum,
    });
    assert_eq!(*last, expected);
    assert_eq!(orders["rows_fingerprint"], digest(0..30_300).to_string());
}

#[test]
fn threads_decide_nothing() {
    for format in Format::ALL {
        let folders: Vec<_> = [1, 2, 7]
            .into_iter()
            .map(|threads| {
                let folder = tempfile::tempdir().unwrap();
                run_on(&plan(), into_directory(folder.path(), format), threads).unwrap();
                contents(folder.path())
            })
            .collect();
        assert!(folders[0] == folders[1] && folders[1] == folders[2], "{format:?}");
    }
}

#[test]
fn shards_make_up_the_whole() {
    let whole = tempfile::tempdir().unwrap();
    let shards = tempfile::tempdir().unwrap();
    run(into_directory(whole.path(), Format::Parquet)).unwrap();
    let shard = |index, count| Request {
        shard: Some(Shard { index, count }),
        ..into_directory(shards.path(), Format::Parquet)
    };
    for index in [3, 1, 2] {
        run(shard(index, 3)).unwrap();
    }
    let without_manifests = |root: &Path| -> BTreeMap<String, Vec<u8>> {
        contents(root).into_iter().filter(|(name, _)| !name.starts_with("manifest")).collect()
    };
    assert!(without_manifests(whole.path()) == without_manifests(shards.path()));
    let manifests: Vec<String> =
        names(shards.path()).into_iter().filter(|name| name.starts_with("manifest")).collect();
    let expected = [
        "manifest-shard-00001-of-00003.json",
        "manifest-shard-00002-of-00003.json",
        "manifest-shard-00003-of-00003.json",
    ];
    assert_eq!(manifests, expected);
    let of_shards: u128 = manifests.iter().map(|name| rows_fingerprint(&contents(shards.path())[name])).sum();
    assert_eq!(of_shards, rows_fingerprint(&contents(whole.path())["manifest.json"]));

    // A shard that is there is not replaced unasked, and a shard of another cut or dataset does not fit.
    let before = contents(shards.path());
    assert!(matches!(run(shard(2, 3)), Err(Error::Exists { .. })));
    assert!(matches!(run(shard(1, 4)), Err(Error::Usage { .. })));
    assert!(matches!(
        run_on(&plan_with_seed(7), Request { force: true, ..shard(2, 3) }, 2),
        Err(Error::Usage { .. })
    ));
    assert!(matches!(run(shard(4, 3)), Err(Error::Usage { .. })));
    assert!(contents(shards.path()) == before);
    run(Request { force: true, ..shard(2, 3) }).unwrap();
    assert!(contents(shards.path()) == before);

    // A whole dataset takes its place when told to.
    assert!(matches!(run(into_directory(shards.path(), Format::Parquet)), Err(Error::NotEmpty { .. })));
    run(Request { force: true, ..into_directory(shards.path(), Format::Parquet) }).unwrap();
    assert!(contents(shards.path()) == contents(whole.path()));
    // And a shard does not join a whole dataset.
    assert!(matches!(run(Request { force: true, ..shard(1, 3) }), Err(Error::Usage { .. })));
}

/// Processes that write their shards at the same time see each other's markers, not strangers' files.
#[test]
fn shards_may_be_written_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for index in 1..=4 {
            let root = folder.path();
            scope.spawn(move || {
                let shard = Some(Shard { index, count: 4 });
                run(Request { shard, rows_per_file: Some(500), ..into_directory(root, Format::Jsonl) })
                    .unwrap();
            });
        }
    });
    let names = names(folder.path());
    assert_eq!(
        names.iter().filter(|name| name.starts_with("manifest-shard-") && name.ends_with(".json")).count(),
        4
    );
    assert_eq!(
        names.iter().filter(|name| name.starts_with("order lines/part-") && name.ends_with(".jsonl")).count(),
        61
    );
    assert_eq!(names.len(), 4 + 61 + 1 + 1);
}

#[test]
fn a_directory_that_is_not_empty_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let error = run(into_directory(folder.path(), Format::Csv)).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` is not empty", folder.path().display()));
    assert!(error.hint().unwrap().contains("--force"));
    let shard = Some(Shard { index: 1, count: 2 });
    assert!(matches!(
        run(Request { shard, ..into_directory(folder.path(), Format::Csv) }),
        Err(Error::NotEmpty { .. })
    ));
    assert_eq!(names(folder.path()), ["mine.txt"]);
}

/// A refusal changes nothing: not a folder that is empty and named like a table, not the marker of a process that
/// is writing the same shard.
#[test]
fn a_refusal_leaves_everything_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let shard = Some(Shard { index: 1, count: 2 });
    run(Request { shard, ..into_directory(folder.path(), Format::Csv) }).unwrap();
    let manifest = folder.path().join("manifest-shard-00001-of-00002.json");
    fs::copy(&manifest, folder.path().join("manifest-shard-00001-of-00002.json.begun")).unwrap();
    fs::create_dir(folder.path().join("nothing")).unwrap();
    let before = contents(folder.path());
    assert!(run(Request { shard, ..into_directory(folder.path(), Format::Csv) }).is_err());
    assert!(run(into_directory(folder.path(), Format::Csv)).is_err());
    assert!(contents(folder.path()) == before);
}

#[test]
fn force_removes_ours_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    run(into_directory(root, Format::Parquet)).unwrap();
    // What a killed run leaves, and what is the user's.
    fs::write(root.join("tenants/part-00007.parquet.partial"), "half").unwrap();
    fs::write(root.join("order lines/notes.parquet"), "mine").unwrap();
    fs::create_dir(root.join("photos")).unwrap();
    fs::write(root.join("photos/part-00000.parquet"), "mine, though it does not look so").unwrap();
    run(Request { force: true, tables: vec![0], ..into_directory(root, Format::Csv) }).unwrap();
    let expected =
        ["manifest.json", "order lines/notes.parquet", "photos/part-00000.parquet", "tenants/part-00000.csv"];
    assert_eq!(names(root), expected);
}

/// `--force` removed files of the user's that were named like seedbed's.
#[test]
fn force_replaces_nothing_that_seedbed_has_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("tenants")).unwrap();
    fs::write(root.join("tenants/part-00007.csv"), "mine").unwrap();
    for shard in [None, Some(Shard { index: 1, count: 2 })] {
        let error = run(Request { shard, force: true, ..into_directory(root, Format::Csv) }).unwrap_err();
        let expected = format!("`{}` is not empty, and holds no dataset of seedbed's", root.display());
        assert_eq!(error.to_string(), expected);
        assert_eq!(names(root), ["tenants/part-00007.csv"]);
    }
}

/// A file that `--force` leaves in the folder of a table would be read as a part of it, and `verify` says that it differs.
#[test]
fn strangers_in_the_folder_of_a_table_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    run(into_directory(root, Format::Csv)).unwrap();
    for stranger in ["tenants/old.parquet", "tenants/part-00007.csv"] {
        fs::write(root.join(stranger), "mine").unwrap();
        let before = contents(root);
        let error = run(Request { force: true, ..into_directory(root, Format::Csv) }).unwrap_err();
        let expected = format!("`{}` is no file of seedbed's", root.join(stranger).display());
        assert_eq!(error.to_string(), expected);
        assert!(contents(root) == before);
        fs::remove_file(root.join(stranger)).unwrap();
    }
    let first = |index, force| Request {
        shard: Some(Shard { index, count: 2 }),
        force,
        ..into_directory(root, Format::Jsonl)
    };
    run(Request { force: true, ..into_directory(root, Format::Jsonl) }).unwrap();
    fs::remove_file(root.join("manifest.json")).unwrap();
    fs::write(root.join("tenants/part-00000.jsonl"), "mine").unwrap();
    assert!(run(first(1, true)).is_err());
    assert_eq!(contents(root)["tenants/part-00000.jsonl"], b"mine");
}

/// A run that was killed leaves its marker and files; they go when the directory is used again, whatever the tables.
#[test]
fn force_removes_what_a_killed_run_has_left() {
    for shard in [None, Some(Shard { index: 1, count: 1 })] {
        let folder = tempfile::tempdir().unwrap();
        let (root, killed) = (folder.path().join("data"), folder.path().join("killed"));
        let request = Request {
            shard,
            tables: vec![0],
            rows_per_file: Some(40_000),
            ..into_directory(&root, Format::Csv)
        };
        // A copy of the directory in the middle of a run is what a kill would leave.
        run_with(request, || {
            fs::remove_dir_all(&killed).ok();
            fs::create_dir_all(killed.join("lines")).unwrap();
            for name in names(&root) {
                fs::copy(root.join(&name), killed.join(&name)).unwrap();
            }
        })
        .unwrap();
        let left = names(&killed);
        assert!(left.len() > 2 && left.contains(&"lines/part-00000.csv".to_owned()), "{left:?}");
        assert!(matches!(run(into_directory(&killed, Format::Csv)), Err(Error::NotEmpty { .. })));
        run(Request { force: true, tables: vec![0], ..into_directory(&killed, Format::Csv) }).unwrap();
        assert_eq!(names(&killed), ["manifest.json", "tenants/part-00000.csv"]);
        assert!(!killed.join("lines").exists());
    }
}

/// A manifest may have been edited; it removes nothing outside the directory, and nothing that does not look
/// like ours.
#[test]
fn a_manifest_cannot_point_outside() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    fs::create_dir_all(root.join("a")).unwrap();
    for name in ["part-00000.csv", "data/a/mine.csv"] {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    let files: Vec<_> = ["../part-00000.csv", "a/mine.csv", "/etc/part-00000.csv"]
        .iter()
        .map(|name| serde_json::json!({"name": name}))
        .collect();
    let manifest = serde_json::json!({"seedbed": "0.1.0", "tables": [{"name": "a", "files": files}]});
    fs::write(root.join("manifest.json"), manifest.to_string()).unwrap();
    run(Request { force: true, ..into_directory(&root, Format::Csv) }).unwrap();
    assert!(folder.path().join("part-00000.csv").exists() && root.join("a/mine.csv").exists());
    // A manifest that is somebody else's stays, and so does everything.
    fs::write(root.join("manifest.json"), "{\"name\": \"my web app\"}").unwrap();
    let before = contents(&root);
    assert!(matches!(
        run(Request { force: true, ..into_directory(&root, Format::Csv) }),
        Err(Error::Usage { .. })
    ));
    assert!(contents(&root) == before);
}

/// 3 / (id - 250) cannot be computed in one row: what was written before is gone afterwards.
#[test]
fn a_run_that_fails_leaves_nothing() {
    let scenario = "tables: {good: {rows: 10, columns: {id: serial}}, bad: {rows: 300, columns: {id: serial, x: \"= 3 / (id - 250)\"}}}";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("new");
    let request = |force| Request {
        tables: vec![0, 1],
        rows_per_file: Some(10),
        force,
        ..into_directory(&root, Format::Csv)
    };
    assert!(matches!(run_on(&plan, request(false), 2), Err(Error::Value(_))));
    assert!(!root.exists());
    // Nor does an earlier manifest stay that would describe what is gone.
    run(into_directory(&root, Format::Csv)).unwrap();
    assert!(matches!(run_on(&plan, request(true), 2), Err(Error::Value(_))));
    assert_eq!(names(&root), Vec::<String>::new());
}

#[test]
fn one_file_takes_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenants.jsonl");
    let one = |force| Request {
        tables: vec![0],
        rows_per_file: None,
        force,
        ..request(Target::File(path.clone()), Format::Jsonl)
    };
    let error = run(Request { tables: vec![0, 1], ..one(false) }).unwrap_err();
    assert_eq!(error.to_string(), "one file takes one table, and 2 are to be written");
    assert!(error.hint().unwrap().contains("--tables"));
    assert!(!path.exists());

    assert_eq!(run(one(false)).unwrap().rows, 300);
    assert_eq!(names(folder.path()), ["tenants.jsonl"]);
    let before = fs::read(&path).unwrap();
    assert!(before.starts_with(b"{\"id\":1,\"plan\":\""));
    let error = run(one(false)).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` already exists", path.display()));
    fs::write(&path, "old").unwrap();
    run(one(true)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);

    let missing = folder.path().join("missing");
    let error = run(Request { target: Target::File(missing.join("x.csv")), ..one(false) }).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("cannot create a file in `{}`: ", missing.display())),
        "{error}"
    );
    assert!(matches!(run(Request { rows_per_file: Some(5), ..one(true) }), Err(Error::Usage { .. })));
    assert!(matches!(
        run(Request { compression: Compression::Snappy, ..one(true) }),
        Err(Error::Usage { .. })
    ));
}

/// A stream that keeps what it gets.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_gets_what_a_file_gets() {
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let one = |target| Request { tables: vec![1], rows_per_file: None, ..request(target, format) };
        let stream = Shared::default();
        let report = run(one(Target::Writer(Box::new(stream.clone())))).unwrap();
        run(one(Target::File(path.clone()))).unwrap();
        let streamed = stream.0.lock().unwrap();
        assert_eq!(report.bytes, streamed.len() as u64);
        assert!(*streamed == fs::read(&path).unwrap(), "{format:?}");
    }
}

#[test]
fn a_reader_that_went_away_is_told_apart() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let target = Target::Writer(Box::new(Gone));
    let error =
        run(Request { tables: vec![1], rows_per_file: None, ..request(target, Format::Csv) }).unwrap_err();
    assert!(error.is_broken_pipe());
    assert!(error.to_string().starts_with("cannot write `-`: "));
}

#[test]
fn progress_adds_up() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut seen = Vec::new();
    let report = generate(&plan(), request(Target::Null, Format::Parquet), &pool, &mut |progress| {
        seen.push((progress.table.to_owned(), progress.rows, progress.bytes));
        assert_eq!(progress.rows_total, 30_600);
    })
    .unwrap();
    assert!(seen.iter().is_sorted_by_key(|(_, rows, bytes)| (*rows, *bytes)));
    assert_eq!(seen.last().map(|(_, rows, bytes)| (*rows, *bytes)), Some((report.rows, report.bytes)));
    assert!(report.bytes > 0);
}

/// `/dev/full` fails every write as a full disk does.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    let target = Target::File("/dev/full".into());
    let error = run(Request { tables: vec![1], rows_per_file: None, ..request(target, Format::Parquet) })
        .unwrap_err();
    assert!(
        matches!(&error, Error::Io { action: "write", source, .. } if source.kind() == io::ErrorKind::StorageFull),
        "{error}"
    );
    // What has gone to a device is not removed, and not said to be.
    assert_eq!(error.hint().as_deref(), Some("free some space, or lower the scale"));
    assert!(Path::new("/dev/full").exists());
}

/// A table of four chunks.
fn long_plan(seed: u64) -> Plan {
    let scenario = "tables: {lines: {rows: 100_000, columns: {id: serial, n: {integer: {from: 0, to: 9}}}}}";
    Plan::compile(scenario, &Settings { seed, ..Settings::default() }).unwrap()
}

/// Does something in the middle of a run.
fn run_with(request: Request, mut meanwhile: impl FnMut()) -> Result<Report, Error> {
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

/// Every table was counted, whichever was asked for: twenty seconds for a table of four rows.
#[test]
fn only_what_is_written_is_counted() {
    let scenario = "
tables:
  few: {rows: 4, columns: {id: serial}}
  many: {rows: 1_000_000_000, columns: {id: serial}}
  more: {per: many, count: {poisson: 3}, columns: {id: serial}}
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let one = |table| Request { tables: vec![table], ..request(Target::Null, Format::Csv) };
    assert_eq!(run_on(&plan, one(0), 1).unwrap().rows, 4);
}

/// Two runs into one file wrote the same temporary file, and both said that all was well.
#[test]
fn a_file_that_is_being_written_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.csv");
    let one = |force| Request {
        tables: vec![0],
        rows_per_file: None,
        force,
        ..request(Target::File(path.clone()), Format::Csv)
    };
    // What a killed run has left is in nobody's way.
    fs::write(folder.path().join("lines.csv.partial"), "x".repeat(1 << 21)).unwrap();
    run_with(one(false), || {
        for force in [false, true] {
            let error = run_on(&long_plan(2), one(force), 1).unwrap_err();
            assert_eq!(error.to_string(), format!("`{}` is being written by another run", path.display()));
        }
    })
    .unwrap();
    assert_eq!(names(folder.path()), ["lines.csv"]);
    let alone = folder.path().join("alone.csv");
    run_on(&long_plan(1), Request { target: Target::File(alone.clone()), ..one(false) }, 1).unwrap();
    assert!(fs::read(&path).unwrap() == fs::read(alone).unwrap());
}

/// Two runs into one directory both said that all was well, and what was there was neither's; only shards of one dataset
/// share a directory.
#[test]
fn a_directory_that_is_being_written_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let into = |shard, force| Request {
        tables: vec![0],
        shard,
        force,
        rows_per_file: Some(40_000),
        ..into_directory(&root, Format::Csv)
    };
    let [first, second] = [1, 2].map(|index| Some(Shard { index, count: 2 }));
    let in_use = format!("`{}` is being written by another run", root.display());
    run_with(into(None, false), || {
        for (shard, force) in [(None, false), (None, true), (first, false), (first, true)] {
            let error = run_on(&long_plan(2), into(shard, force), 1).unwrap_err();
            assert_eq!(error.to_string(), in_use);
        }
    })
    .unwrap();
    let alone = folder.path().join("alone");
    run_on(&long_plan(1), Request { target: Target::Directory(alone.clone()), ..into(None, false) }, 1)
        .unwrap();
    assert!(contents(&root) == contents(&alone));

    fs::remove_dir_all(&root).unwrap();
    let mut others = 0;
    run_with(into(first, false), || {
        for force in [false, true] {
            for shard in [None, first] {
                let error = run_on(&long_plan(1), into(shard, force), 1).unwrap_err();
                assert_eq!(error.to_string(), in_use);
            }
            assert!(matches!(run_on(&long_plan(2), into(second, force), 1), Err(Error::Usage { .. })));
        }
        run_on(&long_plan(1), into(second, true), 1).unwrap();
        others += 1;
    })
    .unwrap();
    assert!(others > 0);
    let parts = |root: &Path| -> BTreeMap<String, Vec<u8>> {
        contents(root).into_iter().filter(|(name, _)| name.starts_with("lines/")).collect()
    };
    assert!(parts(&root) == parts(&alone));
    assert_eq!(names(&root).len(), 3 + 2);
}

/// A link to nothing was replaced by a file, and `--force` replaced links to files.
#[test]
#[cfg(unix)]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("link.csv"), folder.path().join("file.csv"));
    std::os::unix::fs::symlink("file.csv", &link).unwrap();
    let one = |force| Request {
        tables: vec![0],
        rows_per_file: None,
        force,
        ..request(Target::File(link.clone()), Format::Csv)
    };
    let error = run(one(false)).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` is a link to something that is not there", link.display()));
    fs::write(&file, "old").unwrap();
    assert!(matches!(run(one(false)), Err(Error::Exists { .. })));
    run(one(true)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read(&file).unwrap().starts_with(b"id,plan\n"));
}

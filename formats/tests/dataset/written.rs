//! What a directory holds afterwards, whatever the threads, the shards and the tables.

use std::collections::BTreeMap;
use std::path::Path;

use seedbed_engine::digest::{RowHasher, TableDigest};
use seedbed_engine::run::Shard;
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{Error, Format, Request, Target, generate};

use super::shop::{contents, into_directory, names, plan, plan_with_seed, request, run, run_on};

/// The digest of some rows of the second table.
fn digest(rows: std::ops::Range<u64>) -> TableDigest {
    let (plan, mut digest) = (plan(), TableDigest::default());
    let mut hasher = RowHasher::of(&plan.model().tables[1]);
    let mut hashes = Vec::new();
    for start in rows.clone().step_by(101) {
        let batch = plan.batch(TableId::new(1), start..rows.end.min(start + 101)).unwrap();
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
    assert_eq!(run_on(&plan, one(TableId::new(0)), 1).unwrap().rows, 4);
}

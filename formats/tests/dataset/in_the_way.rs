//! What is there already, or comes meanwhile: refused, replaced, or left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use seedbed_engine::run::Shard;
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{Error, Format, Request, Target, VerifyRequest, verify};

use super::shop::{contents, into_directory, long_plan, names, plan, run, run_on, run_with};

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
    left_by_a_killed_run(folder.path(), &fs::read_to_string(&manifest).unwrap());
    fs::create_dir(folder.path().join("nothing")).unwrap();
    let before = contents(folder.path());
    assert!(run(Request { shard, ..into_directory(folder.path(), Format::Csv) }).is_err());
    assert!(run(into_directory(folder.path(), Format::Csv)).is_err());
    assert!(contents(folder.path()) == before);
}

/// What a killed run leaves: a folder of its own, with a file that is half written.
fn left_by_a_killed_run(root: &Path, about: &str) {
    let stage = root.join(".seedbed-0123456789abcdef");
    fs::create_dir_all(stage.join("tenants")).unwrap();
    fs::write(stage.join("run.json"), about).unwrap();
    fs::write(stage.join("tenants/part-00007.parquet"), "half").unwrap();
}

#[test]
fn force_removes_ours_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    run(into_directory(root, Format::Parquet)).unwrap();
    // What a killed run leaves, and what is the user's.
    left_by_a_killed_run(root, "");
    fs::write(root.join("order lines/notes.parquet"), "mine").unwrap();
    fs::create_dir(root.join("photos")).unwrap();
    fs::write(root.join("photos/part-00000.parquet"), "mine, though it does not look so").unwrap();
    run(Request { force: true, tables: vec![TableId::new(0)], ..into_directory(root, Format::Csv) }).unwrap();
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

/// A run that is killed while it exchanges datasets leaves no manifest for a moment. The earlier dataset is put back by the next
/// run, and by `verify`.
#[test]
fn verify_puts_back_what_a_killed_run_had_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (root, new) = (folder.path().join("data"), folder.path().join("new"));
    run(into_directory(&root, Format::Csv)).unwrap();
    let before = contents(&root);
    run(into_directory(&new, Format::Csv)).unwrap();
    // The manifest and a table have been set aside, and the new table has taken its place.
    let stage = root.join(".seedbed-0123456789abcdef");
    fs::rename(&new, &stage).unwrap();
    fs::write(stage.join("run.json"), fs::read(root.join("manifest.json")).unwrap()).unwrap();
    let aside = stage.join("before");
    fs::create_dir_all(aside.join("tenants")).unwrap();
    for name in ["manifest.json", "tenants/part-00000.csv"] {
        fs::rename(root.join(name), aside.join(name)).unwrap();
    }
    fs::write(stage.join("tenants/part-00000.csv"), "new").unwrap();
    fs::rename(stage.join("tenants/part-00000.csv"), root.join("tenants/part-00000.csv")).unwrap();
    let plan = plan();
    let tables = plan.tables().collect();
    let request = VerifyRequest { root: root.clone(), tables, shard: None, most_shown: 5 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert!(verify(&plan, &request, &pool, &|_| {}).unwrap().is_equal());
    let mut after = contents(&root);
    after.retain(|name, _| !name.starts_with(".seedbed-"));
    assert!(after == before);
    // What is left is a folder that the next run takes away.
    run(Request { force: true, ..into_directory(&root, Format::Csv) }).unwrap();
    assert!(contents(&root) == before);
}

/// A run that was killed leaves its marker and files; they go when the directory is used again, whatever the tables.
#[test]
fn force_removes_what_a_killed_run_has_left() {
    for shard in [None, Some(Shard { index: 1, count: 1 })] {
        let folder = tempfile::tempdir().unwrap();
        let (root, killed) = (folder.path().join("data"), folder.path().join("killed"));
        let request = Request {
            shard,
            tables: vec![TableId::new(0)],
            rows_per_file: Some(40_000),
            ..into_directory(&root, Format::Csv)
        };
        // A copy of the directory in the middle of a run is what a kill would leave.
        run_with(request, || {
            fs::remove_dir_all(&killed).ok();
            for (name, bytes) in contents(&root) {
                let path = killed.join(&name);
                match name.ends_with('/') {
                    true => fs::create_dir_all(path).unwrap(),
                    false => {
                        fs::create_dir_all(path.parent().unwrap()).unwrap();
                        fs::write(path, bytes).unwrap();
                    }
                }
            }
        })
        .unwrap();
        let left = names(&killed);
        assert!(left.len() > 1 && left.iter().all(|name| name.starts_with(".seedbed-")), "{left:?}");
        assert!(matches!(run(into_directory(&killed, Format::Csv)), Err(Error::NotEmpty { .. })));
        run(Request { force: true, tables: vec![TableId::new(0)], ..into_directory(&killed, Format::Csv) })
            .unwrap();
        assert_eq!(names(&killed), ["manifest.json", "tenants/part-00000.csv"]);
        assert_eq!(fs::read_dir(&killed).unwrap().count(), 2);
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
    // A manifest of another dataset stays, and so does everything.
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
        tables: vec![TableId::new(0), TableId::new(1)],
        rows_per_file: Some(10),
        force,
        ..into_directory(&root, Format::Csv)
    };
    assert!(matches!(run_on(&plan, request(false), 2), Err(Error::Value(_))));
    assert!(!root.exists());
    // Nor does it take anything away.
    run(into_directory(&root, Format::Csv)).unwrap();
    let before = contents(&root);
    assert!(matches!(run_on(&plan, request(true), 2), Err(Error::Value(_))));
    assert!(contents(&root) == before);
}

/// `--force` removed the old dataset before there was a new one, so that a run that was killed left neither.
#[test]
fn an_earlier_dataset_stays_until_the_new_one_is_whole() {
    for shard in [None, Some(Shard { index: 1, count: 1 })] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let request = |force| Request {
            shard,
            tables: vec![TableId::new(0)],
            rows_per_file: Some(40_000),
            force,
            ..into_directory(&root, Format::Csv)
        };
        run_on(&long_plan(1), request(false), 2).unwrap();
        let before = contents(&root);
        run_with(request(true), || {
            let mut meanwhile = contents(&root);
            meanwhile.retain(|name, _| !name.starts_with(".seedbed-"));
            assert!(meanwhile == before);
        })
        .unwrap();
        assert!(contents(&root) == before, "the same data take its place");
    }
}

/// Files were deleted and written through links that were put in the place of a table's folder.
#[test]
#[cfg(unix)]
fn links_in_a_directory_are_not_followed() {
    use std::os::unix::fs::symlink;
    for shard in [None, Some(Shard { index: 1, count: 2 })] {
        let folder = tempfile::tempdir().unwrap();
        let (root, mine) = (folder.path().join("data"), folder.path().join("mine"));
        let request = |force| Request { shard, force, ..into_directory(&root, Format::Csv) };
        run(request(false)).unwrap();
        fs::rename(root.join("tenants"), &mine).unwrap();
        symlink(&mine, root.join("tenants")).unwrap();
        let before = (contents(&root), contents(&mine));
        let error = run(request(true)).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` is no folder", root.join("tenants").display()));
        assert!((contents(&root), contents(&mine)) == before);
    }
    // Nor is a link taken for what a killed run has left.
    let folder = tempfile::tempdir().unwrap();
    let (root, mine) = (folder.path().join("data"), folder.path().join("mine"));
    run(into_directory(&root, Format::Csv)).unwrap();
    left_by_a_killed_run(&mine, "");
    symlink(mine.join(".seedbed-0123456789abcdef"), root.join(".seedbed-0123456789abcdef")).unwrap();
    let before = contents(&mine);
    run(Request { force: true, ..into_directory(&root, Format::Csv) }).unwrap();
    assert!(contents(&mine) == before);
}

/// Two runs into one directory both said that all was well, and what was there was neither's; only shards of one dataset
/// share a directory.
#[test]
fn a_directory_that_is_being_written_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let into = |shard, force| Request {
        tables: vec![TableId::new(0)],
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

//! A single file, or a stream.

use seedbed_engine::TableId;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use seedbed_formats::{Compression, Error, Format, Request, Target};

use super::shop::{long_plan, names, request, run, run_on, run_with};

#[test]
fn one_file_takes_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenants.jsonl");
    let one = |force| Request {
        tables: vec![TableId::new(0)],
        rows_per_file: None,
        force,
        ..request(Target::File(path.clone()), Format::Jsonl)
    };
    let error = run(Request { tables: vec![TableId::new(0), TableId::new(1)], ..one(false) }).unwrap_err();
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
        let one = |target| Request {
            tables: vec![TableId::new(1)],
            rows_per_file: None,
            ..request(target, format)
        };
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
        run(Request { tables: vec![TableId::new(1)], rows_per_file: None, ..request(target, Format::Csv) })
            .unwrap_err();
    assert!(error.is_broken_pipe());
    assert!(error.to_string().starts_with("cannot write `-`: "));
}

/// `/dev/full` fails every write as a full disk does.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    let target = Target::File("/dev/full".into());
    let error = run(Request {
        tables: vec![TableId::new(1)],
        rows_per_file: None,
        ..request(target, Format::Parquet)
    })
    .unwrap_err();
    assert!(
        matches!(&error, Error::Io { action: "write", source, .. } if source.kind() == io::ErrorKind::StorageFull),
        "{error}"
    );
    // What has gone to a device is not removed, and not said to be.
    assert_eq!(error.hint().as_deref(), Some("free some space, or lower the scale"));
    assert!(Path::new("/dev/full").exists());
}

/// Two runs into one file wrote the same temporary file, and both said that all was well.
#[test]
fn a_file_that_is_being_written_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.csv");
    let one = |force| Request {
        tables: vec![TableId::new(0)],
        rows_per_file: None,
        force,
        ..request(Target::File(path.clone()), Format::Csv)
    };
    run_with(one(false), || {
        for force in [false, true] {
            let error = run_on(&long_plan(2), one(force), 1).unwrap_err();
            assert_eq!(error.to_string(), format!("`{}` is being written by another run", path.display()));
        }
    })
    .unwrap();
    assert_eq!(names(folder.path()), ["lines.csv"]);
    // A file that came meanwhile is kept.
    let late = folder.path().join("late.csv");
    let error = run_with(Request { target: Target::File(late.clone()), ..one(false) }, || {
        fs::write(&late, "mine").unwrap();
    })
    .unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    assert_eq!(fs::read(&late).unwrap(), b"mine");
    assert_eq!(names(folder.path()), ["late.csv", "lines.csv"]);
    let alone = folder.path().join("alone.csv");
    run_on(&long_plan(1), Request { target: Target::File(alone.clone()), ..one(false) }, 1).unwrap();
    assert!(fs::read(&path).unwrap() == fs::read(alone).unwrap());
}

/// A file of that name was overwritten and deleted, and so was what a link of that name led to.
#[test]
#[cfg(unix)]
fn a_file_named_partial_is_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("one.csv.partial"), "mine").unwrap();
    fs::write(path("precious"), "mine").unwrap();
    std::os::unix::fs::symlink("precious", path("two.csv.partial")).unwrap();
    for name in ["one.csv", "two.csv"] {
        let request = request(Target::File(path(name)), Format::Csv);
        run(Request { tables: vec![TableId::new(0)], rows_per_file: None, ..request }).unwrap();
    }
    for mine in ["one.csv.partial", "two.csv.partial", "precious"] {
        assert_eq!(fs::read(path(mine)).unwrap(), b"mine", "{mine}");
    }
    assert!(fs::symlink_metadata(path("two.csv.partial")).unwrap().is_symlink());
}

/// What is left has a name that only a run makes, and no lock; whatever else has such a name is left alone.
#[test]
#[cfg(unix)]
fn what_a_killed_run_has_left_goes_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let into = |name| Request {
        tables: vec![TableId::new(0)],
        rows_per_file: None,
        force: true,
        ..request(Target::File(path(name)), Format::Csv)
    };
    let mut partial = None;
    run_with(into("lines.csv"), || {
        let there = names(folder.path());
        partial = there.into_iter().find(|name| name.ends_with(".partial"));
    })
    .unwrap();
    let partial = partial.unwrap();
    let of_pipe = partial.replace(&partial[17..33], "00000000000000ff");
    let of_link = partial.replace(&partial[17..33], "00000000000000fe");
    fs::write(path(&partial), "half").unwrap();
    fs::write(path("precious"), "mine").unwrap();
    std::os::unix::fs::symlink("precious", path(&of_link)).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(path(&of_pipe)).status().unwrap();
    assert!(pipe.success());
    run(into("other.csv")).unwrap();
    assert!(path(&partial).exists(), "it is of another file");
    run(into("lines.csv")).unwrap();
    assert!(!path(&partial).exists());
    assert!(fs::symlink_metadata(path(&of_link)).unwrap().is_symlink());
    assert!(fs::symlink_metadata(path(&of_pipe)).is_ok());
    assert_eq!(fs::read(path("precious")).unwrap(), b"mine");
}

/// A link to nothing was replaced by a file, and `--force` replaced links to files.
#[test]
#[cfg(unix)]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("link.csv"), folder.path().join("file.csv"));
    std::os::unix::fs::symlink("file.csv", &link).unwrap();
    let one = |force| Request {
        tables: vec![TableId::new(0)],
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

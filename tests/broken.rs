//! When something breaks: no file under its final name is ever half written, the exit code tells, and the message says what and
//! where.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use seedbed_formats::Format;
use seedbed_tests::command::{binary, run, seedbed, stderr};
use seedbed_tests::folder::{Writing, assert_same_files, files};
use seedbed_tests::shipped;

fn assert_failed(output: &Output, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// Nothing of a dataset is there: no manifest, and no file of a table, complete or not.
fn assert_nothing_left(folder: &Path) {
    if folder.exists() {
        assert_eq!(files(folder).keys().collect::<Vec<_>>(), Vec::<&String>::new(), "files are left");
    }
}

#[test]
fn a_file_that_cannot_grow_fails_the_run_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let to = folder.path().join(format.name());
        // A limit on the size of files, in blocks of 512 or 1024 bytes, with its signal ignored, is a disk that is full.
        let script = "trap '' XFSZ; ulimit -f 50; exec \"$0\" generate members --scale 0.1 --format \"$1\" --to \"$2\"";
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(binary())
            .arg(format.name())
            .arg(&to)
            .output()
            .unwrap();
        assert_failed(&output, 1, &["cannot write", to.to_str().unwrap()]);
        assert_nothing_left(&to);
    }
}

/// A file system of one megabyte; `None` where it cannot be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "seedbed-test"])
            .arg(folder.path())
            .output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn a_full_disk_fails_the_run_and_leaves_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a tmpfs takes root");
        return;
    };
    let to = disk.0.path().join("data");
    let output =
        seedbed(["generate", "members", "--scale", "0.2", "--to", to.to_str().unwrap()]).output().unwrap();
    assert_failed(&output, 1, &["cannot write", "No space left on device", "hint: "]);
    assert_nothing_left(&to);
    // What fits is written.
    run(["generate", "minimal", "--to", to.to_str().unwrap()]);
    assert!(to.join("manifest.json").exists());
    // And what is there stays when what is to replace it does not fit.
    let before = files(&to);
    let arguments = ["generate", "members", "--scale", "0.2", "--to", to.to_str().unwrap(), "--force"];
    assert_failed(&seedbed(arguments).output().unwrap(), 1, &["No space left on device"]);
    assert_same_files(&files(&to), &before, "after the disk was full");
    run(["verify", "minimal", "--to", to.to_str().unwrap()]);
}

#[test]
fn a_full_stream_fails_the_run() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = seedbed(["generate", "members", "--scale", "0.1", "--tables", "users", "--to", "-"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_failed(&output, 1, &["No space left on device"]);
}

#[test]
fn a_target_that_cannot_be_made_fails_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    for to in [file.join("data"), file.join("users.csv")] {
        let output = seedbed(["generate", "minimal", "--tables", "members", "--to", to.to_str().unwrap()])
            .output()
            .unwrap();
        assert_failed(&output, 1, &["cannot", file.to_str().unwrap()]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn what_is_there_is_not_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("data/mine.txt");
    fs::create_dir(mine.parent().unwrap()).unwrap();
    fs::write(&mine, "mine").unwrap();
    let to = mine.parent().unwrap().to_str().unwrap();
    let output = seedbed(["generate", "minimal", "--to", to]).output().unwrap();
    assert_failed(&output, 2, &["data", "is not empty", "hint: "]);
    assert_eq!(files(to.as_ref()).len(), 1);
    // Asked to, seedbed makes room among its own files, where it has some.
    let output = seedbed(["generate", "minimal", "--to", to, "--force"]).output().unwrap();
    assert_failed(&output, 2, &["data", "holds no dataset of seedbed's", "hint: "]);
    assert_eq!(files(to.as_ref()).len(), 1);
    fs::remove_file(&mine).unwrap();
    run(["generate", "minimal", "--to", to]);
    fs::write(&mine, "mine").unwrap();
    run(["generate", "minimal", "--to", to, "--force"]);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");

    let csv = folder.path().join("members.csv");
    fs::write(&csv, "mine").unwrap();
    let arguments = ["generate", "minimal", "--tables", "members", "--to", csv.to_str().unwrap()];
    assert_failed(&seedbed(arguments).output().unwrap(), 2, &["already exists", "--force"]);
    assert_eq!(fs::read_to_string(&csv).unwrap(), "mine");
    run(arguments.into_iter().chain(["--force"]));
    assert!(fs::read_to_string(&csv).unwrap().starts_with("id,team_id,"));
}

const KILLED: [&str; 8] =
    ["generate", "members", "--scale", "2", "--format", "csv", "--rows-per-file", "5000"];

#[test]
fn a_killed_run_leaves_only_complete_files_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("data");
    let arguments = || KILLED.into_iter().chain(["--to", to.to_str().unwrap()]);
    let mut child = seedbed(arguments()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    // The folder in which a run writes until everything is whole.
    let stage = || {
        let entries = fs::read_dir(&to).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).find(|path| path.join("run.json").exists())
    };
    while !stage().is_some_and(|stage| stage.join("events/part-00003.csv").exists()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the run does not get anywhere");
        assert!(child.try_wait().unwrap().is_none(), "the run is over before it is killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    child.wait().unwrap();

    let left = files(&to);
    assert!(!left.is_empty() && left.keys().all(|name| name.starts_with(".seedbed-")), "{:?}", left.keys());

    let again = seedbed(arguments()).output().unwrap();
    assert_failed(&again, 2, &["is not empty", "--force"]);

    // The same again, with fewer rows: nothing of the killed run may stay.
    let arguments =
        ["generate", "members", "--scale", "0.02", "--format", "csv", "--rows-per-file", "5000", "--force"];
    run(arguments.into_iter().chain(["--to", to.to_str().unwrap()]));
    let expected =
        Writing { rows_per_file: Some(5000), ..Writing::all(Format::Csv) }.files(&shipped::plan("members"));
    assert_same_files(&files(&to), &expected, "after the killed run");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for format in ["csv", "jsonl"] {
        let mut child =
            seedbed(["generate", "members", "--tables", "events", "--format", format, "--to", "-"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("tenant_id"), "{line}");
        // The reader is gone now, as `head -1` would be.
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(!stderr(&output).contains("error"), "{}", stderr(&output));
    }
}

#[test]
fn a_value_that_cannot_be_computed_fails_the_run_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("division.yaml");
    let text = "tables:\n  first: {rows: 10, columns: {id: serial}}\n  \
                second: {rows: 100000, columns: {id: serial, x: = 100 / (row_number() - 60000)}}\n";
    fs::write(&scenario, text).unwrap();
    for format in Format::ALL {
        let to = folder.path().join(format.name());
        let arguments =
            ["generate", scenario.to_str().unwrap(), "--format", format.name(), "--to", to.to_str().unwrap()];
        let output = seedbed(arguments.into_iter().chain(["--rows-per-file", "10000"])).output().unwrap();
        assert_failed(&output, 1, &["`second.x`", "division by zero"]);
        assert_nothing_left(&to);
    }
}

#[test]
fn a_run_that_fails_keeps_the_dataset_it_was_to_replace() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("members.csv");
    run(["generate", "minimal", "--tables", "members", "--to", to.to_str().unwrap()]);
    let before = fs::read(&to).unwrap();
    let scenario = folder.path().join("division.yaml");
    fs::write(&scenario, "tables: {t: {rows: 9000, columns: {id: serial, x: = 1 / (row_number() - 8500)}}}")
        .unwrap();
    let output = seedbed(["generate", scenario.to_str().unwrap(), "--force", "--to", to.to_str().unwrap()])
        .output()
        .unwrap();
    assert_failed(&output, 1, &["`t.x`"]);
    assert!(fs::read(&to).unwrap() == before, "the file is the old one");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

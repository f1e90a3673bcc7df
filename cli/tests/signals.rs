//! A run that is told to stop, or may write no more, leaves nothing half done.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command.args(["generate", "members", "--scale", "50", "--quiet"]).args(arguments).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until something that is not complete is in a folder, and more than begun.
fn wait_for_partial_files(folder: &Path) {
    let begun = Instant::now();
    let is_partial = |name: &str| name.ends_with(".partial") || name.starts_with(".seedbed-");
    let is_there = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_name().to_str().is_some_and(is_partial)).count() > 0
    };
    while !is_there(folder) && !is_there(&folder.join("data")) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing is read until it has ended: a reader lets a stream come to its end.
fn stopped(mut child: Child, signal: &str) -> Output {
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_signal_removes_what_was_written() {
    for (signal, to) in
        [("INT", &["--to", "data"][..]), ("TERM", &["--tables", "events", "--to", "events.csv"])]
    {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(folder.path(), to);
        wait_for_partial_files(folder.path());
        let output = stopped(child, signal);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let expected = "interrupted: what was written has been removed\n";
        assert_eq!((output.status.code(), &*stderr), (Some(130), expected), "{signal}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
    }
}

/// `--force` had removed what was there before.
#[test]
fn what_was_there_stays_whatever_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let to = ["--to", "data", "--scale", "0.01"];
    let verify = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
        command.args(["verify", "members"]).args(to).current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command.args(["generate", "members", "--quiet"]).args(to).current_dir(folder.path());
    assert!(command.status().unwrap().success());
    verify();
    for signal in ["INT", "KILL"] {
        let child = spawn(folder.path(), &["--to", "data", "--force"]);
        wait_for_partial_files(folder.path());
        stopped(child, signal);
        verify();
    }
    let left = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!(left(&folder.path().join("data")), 1 + 7 + 1, "a killed run leaves its folder");
    assert!(command.arg("--force").status().unwrap().success());
    verify();
    assert_eq!(left(&folder.path().join("data")), 1 + 7, "and the next one takes it away");
}

/// A pipe without a reader kept the run waiting whatever it was told, before it was opened and after.
#[test]
fn a_signal_ends_a_run_into_a_pipe() {
    for (signal, is_open) in [("INT", false), ("TERM", false), ("TERM", true), ("INT", true)] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.csv");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // One that is open for reading and writing has a reader that never reads.
        let reader = is_open.then(|| fs::File::options().read(true).write(true).open(&pipe).unwrap());
        let child = spawn(folder.path(), &["--tables", "events", "--to", "pipe.csv"]);
        std::thread::sleep(Duration::from_millis(500));
        let output = stopped(child, signal);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(130), "interrupted\n"), "{signal}");
        drop(reader);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

/// The signal of a terminal that is closed ended a run that `nohup` had told to go on.
#[test]
fn a_run_goes_on_when_its_terminal_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = Command::new("nohup");
    command
        .arg(env!("CARGO_BIN_EXE_seedbed"))
        .args(["generate", "minimal", "--tables", "teams", "--to", "pipe.csv"]);
    command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-s", "HUP", &child.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "it has ended");
    assert!(fs::read_to_string(&pipe).unwrap().starts_with("id,name,"));
    assert!(child.wait_with_output().unwrap().status.success());
}

/// A pager that has stopped reads neither stdout nor stderr, and saying that the run was interrupted waited for it.
#[test]
fn a_signal_ends_a_run_without_a_reader() {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" generate members --scale 50 --tables events --to - 2>&1"]);
    let child = command.arg(env!("CARGO_BIN_EXE_seedbed")).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let output = stopped(child, "INT");
    assert_eq!(output.status.code(), Some(130));
}

/// A pipe whose reader has gone is no failure, as on stdout.
#[test]
fn a_reader_that_goes_away_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = spawn(folder.path(), &["--tables", "events", "--to", "pipe.csv"]);
    let mut first = [0; 10];
    std::io::Read::read_exact(&mut fs::File::open(&pipe).unwrap(), &mut first).unwrap();
    assert_eq!(&first, b"id,tenant_");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
}

/// There is no reader, so the run waits, and has nothing to undo.
#[test]
fn a_signal_ends_a_stream_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let child = spawn(folder.path(), &["--tables", "tenants", "--to", "-"]);
    std::thread::sleep(Duration::from_millis(500));
    let output = stopped(child, "INT");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*stderr), (Some(130), "interrupted\n"));
}

/// The limit on the size of files ended the program by a signal, and what was half written stayed.
#[test]
fn a_file_past_the_limit_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "ulimit -f 100; exec '{}' generate members --tables users --to users.csv --quiet",
        env!("CARGO_BIN_EXE_seedbed")
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: cannot write `users.csv`: "), "{stderr}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

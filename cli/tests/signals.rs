//! A run that is told to stop, or may write no more, leaves nothing half done.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command.args(["generate", "saas", "--scale", "50", "--quiet"]).args(arguments).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The files below a folder that are not complete.
fn partial_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let partial = |path: &Path| path.extension().is_some_and(|extension| extension == "partial");
    entries.map(|path| if path.is_dir() { partial_files(&path) } else { usize::from(partial(&path)) }).sum()
}

fn wait_for_partial_files(folder: &Path) {
    let begun = Instant::now();
    while partial_files(folder) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing is read until it has ended: whoever reads lets a stream come to its end.
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

/// Nobody reads, so the run waits, and has nothing to undo.
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
        "ulimit -f 100; exec '{}' generate saas --tables users --to users.csv --quiet",
        env!("CARGO_BIN_EXE_seedbed")
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: cannot write `users.csv`: "), "{stderr}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

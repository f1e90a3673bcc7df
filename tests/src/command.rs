//! The command line as a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary `seedbed`, which lies beside the folder of the test that runs.
///
/// # Panics
/// When it has not been built.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let folder = test.parent().and_then(Path::parent).expect("a test lies in `deps`");
    let binary = folder.join(format!("seedbed{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "`{}` is missing: run `cargo build` or `make test`", binary.display());
    note_if_older(&binary);
    binary
}

/// Says so when the binary is older than its sources; the test runner shows it with a test that fails.
#[allow(clippy::print_stderr, reason = "a note to the reader of the failure")]
fn note_if_older(binary: &Path) {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    let mut folders: Vec<PathBuf> = ["engine", "formats", "postgres", "cli"]
        .map(|package| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src"))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if modified(&entry.path()) > modified(binary) {
                eprintln!(
                    "note: `{}` is older than `{}`: run `cargo build`",
                    binary.display(),
                    entry.path().display()
                );
                return;
            }
        }
    }
}

/// A command that runs `seedbed`.
pub fn seedbed<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments);
    command
}

/// Runs `seedbed` and expects success.
///
/// # Panics
/// When it does not.
pub fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    let output = seedbed(arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{}: {}", output.status, stderr(&output));
    output
}

/// What a process said.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

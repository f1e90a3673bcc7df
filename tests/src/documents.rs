//! The pages of the documentation.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The name of a page: its path below the root of the project.
pub fn name(page: &Path) -> String {
    page.strip_prefix(root()).unwrap_or(page).display().to_string()
}

/// README.md, CHANGELOG.md, and every page in `docs/` and its folders, sorted by path.
///
/// # Panics
/// When a folder cannot be listed.
pub fn paths() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        let listed = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("cannot list `{}`: {error}", folder.display()));
        for path in listed.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The first scenario of a page of `docs/`.
pub fn scenario(page: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs").join(page)).expect("the page is there");
    let (_, rest) = text.split_once("```yaml\n").expect("it has a scenario");
    rest.split_once("\n```").expect("the scenario ends").0.to_owned()
}

/// All scenarios of the pages that are right and whole, each with its page and line.
///
/// # Panics
/// When a page cannot be read.
pub fn scenarios() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in paths() {
        let text = fs::read_to_string(&path).expect("the page can be read");
        let mut scenario: Option<(usize, String)> = None;
        for (line, written) in text.lines().enumerate() {
            match (&mut scenario, written) {
                (None, "```yaml") => scenario = Some((line + 1, String::new())),
                (Some(_), "```") => {
                    let ended = scenario.take();
                    found.extend(ended.map(|(line, text)| (format!("{}:{line}", name(&path)), text)));
                }
                (Some((_, text)), line) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, _) => {}
            }
        }
    }
    found
}

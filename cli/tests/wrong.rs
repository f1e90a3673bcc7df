//! Wrong scenarios: each folder of `tests/wrong` holds one and the exact words that it is refused with.
//!
//! `SEEDBED_BLESS=1 cargo test -p seedbed --test wrong` writes the words down anew; read the difference.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_wrong_scenario_is_refused_with_the_words_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wrong");
    let bless = std::env::var_os("SEEDBED_BLESS").is_some();
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 45, "only {} cases in {}", cases.len(), folder.display());
    let mut different = Vec::new();
    for case in &cases {
        let output = Command::new(env!("CARGO_BIN_EXE_seedbed"))
            .args(["check", "scenario.yaml"])
            .current_dir(case)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let name = case.file_name().unwrap().to_string_lossy();
        assert_eq!(output.status.code(), Some(2), "{name}:\n{stderr}");
        assert!(output.stdout.is_empty(), "{name} prints to stdout");
        let expected = case.join("expected.txt");
        if bless {
            fs::write(&expected, &stderr).unwrap();
        } else if fs::read_to_string(&expected).ok().as_ref() != Some(&stderr) {
            different.push(format!("--- {name}\n{stderr}"));
        }
    }
    assert!(different.is_empty(), "other words than expected:\n{}", different.join("\n"));
}

//! The commands of docs/postgres.md do what they say, in their order, against a server that has nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use seedbed_tests::command::binary;
use seedbed_tests::server::Server;

#[test]
fn the_commands_of_the_guide_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/postgres.md");
    let guide = fs::read_to_string(path).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            commands.push(command);
        }
    }
    assert!(commands.len() >= 6, "{commands:?}");

    let server = Server::start("");
    let folder = tempfile::tempdir().unwrap();
    let binary = binary();
    let mut folders = vec![binary.parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    for command in commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", std::env::join_paths(&folders).unwrap())
            .env("PGHOST", server.socket())
            .env("PGUSER", "postgres")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
        if command.contains("\\d+ memberships") {
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(shown.contains("PRIMARY KEY") && shown.contains("REFERENCES tenants(id)"), "{shown}");
        }
    }
}

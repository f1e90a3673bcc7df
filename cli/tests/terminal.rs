//! What is printed for people holds no character that steers the terminal, and no password that was typed, wherever these come
//! from.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Escape sequences of both kinds, a bell, a carriage return, directions, marks without a width, tags, separators of lines.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{7}\r\u{202e}\u{2066}\u{200f}\u{61c}\u{feff}\u{200b}\u{e0041}\u{2028}\u{85}\u{7f}\u{8}";

/// The same as a YAML text in double quotes.
fn quoted(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08x}", c as u32)).collect();
    format!("\"{escaped}\"")
}

fn scenario() -> String {
    let hostile = quoted(HOSTILE);
    let forged = quoted("all is well\nerror: it is not\r\n\u{2029}note: nor is it here");
    format!(
        r#"
scenario: {hostile}
about: {forged}
params: {{p: {{default: {hostile}, help: {forged}}}}}
tables:
  t:
    about: {forged}
    rows: 5
    check: "x <> {sql}"
    columns:
      id: {{serial: {{start: 1}}, about: {hostile}}}
      x: {{choose: [{hostile}, {forged}]}}
      y: {{text: {hostile}}}
      z: "= $p || {sql}"
      n: "= case when row_number() < 3 then 'NaN'::double precision else 0.5::double precision end"
"#,
        sql = format!("'{HOSTILE}'").chars().map(|c| format!("\\U{:08x}", c as u32)).collect::<String>(),
    )
}

fn seedbed(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command.args(arguments).current_dir(folder).env_remove("RUST_BACKTRACE").output().unwrap()
}

/// Both streams, which hold nothing that is not seen but line breaks.
fn clean(output: &Output) -> (String, String) {
    let stream = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        for c in text.chars() {
            let is_seen = match c {
                '\n' => true,
                '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{feff}' => false,
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => false,
                '\u{e0000}'..='\u{e0fff}' => false,
                _ => true,
            };
            assert!(is_seen, "{c:?} in {text:?}");
        }
        // Nor does a text look like a message of the program's.
        let is_forged =
            |line: &&str| line.starts_with("error: it is not") || line.starts_with("note: nor is it");
        assert_eq!(text.lines().find(is_forged), None, "{text}");
        text
    };
    (stream(&output.stdout), stream(&output.stderr))
}

/// A scenario's texts and values reached the terminal as they were.
#[test]
fn a_scenario_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.yaml"), scenario()).unwrap();
    let run = |arguments: &[&str]| {
        let output = seedbed(folder.path(), arguments);
        let (stdout, stderr) = clean(&output);
        (output.status.code(), stdout, stderr)
    };
    for arguments in [
        &["check", "s.yaml"][..],
        &["explain", "s.yaml"],
        &["explain", "s.yaml", "t.x"],
        &["explain", "s.yaml", "t.id"],
        &["preview", "s.yaml"],
        &["preview", "s.yaml", "t", "--from", "4"],
        &["generate", "s.yaml", "--to", "data", "--format", "jsonl"],
        &["generate", "s.yaml", "--to", "json", "--format", "csv", "--json"],
        &["verify", "s.yaml", "--to", "data"],
        &["verify", "s.yaml", "--to", "data", "--json"],
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
        let what = format!("{arguments:?}: {stdout}{stderr}");
        assert!(what.contains("\\u{202e}") || what.contains("\\u202e") || what.contains("t.id"), "{what}");
    }
    let part = folder.path().join("data/t/part-00000.jsonl");
    let text = fs::read_to_string(&part).unwrap();
    assert!(text.contains('\u{202e}'), "data is written as it is");
    fs::write(&part, text.replacen("\"y\":\"", "\"y\":\"changed ", 2)).unwrap();
    for more in [&[][..], &["--json"]] {
        let (code, stdout, stderr) = run(&[&["verify", "s.yaml", "--to", "data"], more].concat());
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stdout.contains("changed ") && stdout.contains("u{1b}") | stdout.contains("u001b"),
            "{stdout}"
        );
    }
    let odd = format!("data/t/{}", HOSTILE.replace('\0', ""));
    fs::write(folder.path().join(odd), "mine").unwrap();
    let (code, stdout, _) = run(&["verify", "s.yaml", "--to", "data"]);
    assert!(code == Some(1) && stdout.contains("is no file of this dataset"), "{stdout}");
    assert_eq!(run(&["generate", "s.yaml", "--to", "data", "--format", "jsonl", "--force"]).0, Some(2));
}

/// Only what is a comment in a script is changed: all else is SQL that says what the scenario says.
#[test]
fn comments_in_a_script_end_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = scenario().replacen(&quoted(HOSTILE), &quoted("shop\u{2028}\ndrop table x; \u{202e}"), 1);
    fs::write(folder.path().join("s.yaml"), text).unwrap();
    let output = seedbed(folder.path(), &["ddl", "s.yaml"]);
    let script = String::from_utf8(output.stdout).unwrap();
    let comment = script.lines().next().unwrap();
    assert_eq!(comment, "-- The tables of the scenario shop  drop table x;  .", "{script}");
}

#[test]
fn faults_and_refusals_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{}.yaml", HOSTILE.replace('/', ""));
    // An excerpt of the line, its label and its hint.
    let text = format!(
        "tables:\n  t: {{rows: 5, columns: {{id: serial, x{{ # {}\n",
        HOSTILE.replace(['\r', '\u{85}', '\u{2028}', '\u{7}'], "")
    );
    fs::write(folder.path().join(&name), &text).unwrap();
    let wrong = scenario().replace("serial: {start: 1}", &format!("serial: {{ {}: 1}}", quoted(HOSTILE)));
    fs::write(folder.path().join("wrong.yaml"), wrong).unwrap();
    let word = format!("x{HOSTILE}");
    let forged = "x\nerror: it is not";
    for arguments in [
        &["check", &name][..],
        &["check", "wrong.yaml"],
        &["check", &word],
        &["check", forged],
        &["check", &format!("{word}.yaml")],
        &["check", "minimal", "--set", &format!("{word}={word}")],
        &["check", "minimal", "--set", &format!("teams={forged}")],
        &["check", "minimal", "--as-of", &word],
        &["preview", "minimal", &word],
        &["explain", "minimal", &word],
        &["explain", "minimal", &format!("teams.{word}")],
        &["scenarios", &word],
        &["generate", "minimal", "--to", "data", "--tables", &word],
        &["generate", "minimal", "--to", &word],
        &["generate", "minimal", "--to", forged],
        &["generate", "minimal", "--to", "data", "--seed", &word],
        &["generate", "minimal", "--to", "data", &format!("--seed={forged}")],
        &["generate", "minimal", "--to", "data", "--format", &word],
        &["generate", "minimal", "--to", "data", &word],
        &["generate", "minimal", "--to", "data", &format!("--{forged}")],
        &["ddl", "minimal", "--schema", &word.repeat(10)],
        &["verify", "minimal", "--to", &word],
        &[&word],
    ] {
        let output = seedbed(folder.path(), arguments);
        let (stdout, stderr) = clean(&output);
        assert_eq!((output.status.code(), stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// Where a connection string was put in the wrong place, the message repeated its password.
#[test]
fn passwords_are_not_repeated_wherever_they_are_typed() {
    let folder = tempfile::tempdir().unwrap();
    for typed in [
        "postgres://me:secret@host/db",
        "me:secret@host/db",
        "host=h;pwd=secret",
        "postgres:///?host=h;password=secret",
        "postgres:///d;password=secret",
        "dbname=postgres://u:secret@h/d",
        "user=u:secret@h",
        "u%3Asecret@h/db",
        "host=x password=secret",
        "POSTGRES://me:secret@h/d",
    ] {
        for arguments in [
            &["generate", "minimal", "--to", "data", typed][..],
            &["generate", "minimal", "--too", typed],
            &["generate", "minimal", "--to", "data", &format!("--seed={typed}")],
            &["generate", "minimal", "--to", "data", "--format", typed],
            &["generate", "minimal", "--to", "data", "--tables", typed],
            &["generate", typed, "--to", "data"],
            &["check", typed],
            &["check", &format!("./{typed}")],
            &["check", "minimal", "--set", &format!("teams={typed}")],
            &["check", "minimal", "--set", &format!("{typed}=1")],
            &["check", "minimal", "--as-of", typed],
            &["preview", "minimal", typed],
            &["explain", "minimal", typed],
            &["scenarios", typed],
            &["ddl", "minimal", "--tables", typed],
            &["verify", "minimal", "--to", "nothing", "--tables", typed],
            &[typed],
        ] {
            let output = seedbed(folder.path(), arguments);
            let (stdout, stderr) = clean(&output);
            assert_eq!((output.status.code(), stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
            assert!(!stderr.contains("secret"), "{arguments:?}: {stderr}");
        }
    }
    for to in [
        "me:secret@host/db",
        "POSTGRES://me:secret@host/db",
        "mysql:secret",
        "null:x",
        "NULL:",
        " ",
        ".csv",
        "secret\n",
    ] {
        for command in ["generate", "verify"] {
            let output = seedbed(folder.path(), &[command, "minimal", "--to", to]);
            let (_, stderr) = clean(&output);
            assert_eq!(output.status.code(), Some(2), "{to}: {stderr}");
            assert!(!stderr.contains("secret"), "{stderr}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

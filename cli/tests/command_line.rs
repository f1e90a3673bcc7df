//! The program from outside: exit codes, and what is printed where.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn seedbed(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command.args(arguments).env_remove("RUST_BACKTRACE");
    command
}

fn run(arguments: &[&str]) -> Output {
    seedbed(arguments).output().unwrap()
}

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    seedbed(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// What a refusal prints: nothing to stdout, exit code 2.
fn refused(output: &Output) -> &str {
    let stderr = str::from_utf8(&output.stderr).unwrap();
    assert_eq!((output.status.code(), stdout(output)), (Some(2), ""), "{stderr}");
    stderr
}

/// What a command prints that does what it should.
fn done(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    stdout(output)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn an_unknown_scenario_is_refused() {
    let expected = "\
error: unknown scenario `minmal`
hint: did you mean `minimal`? the shipped scenarios are minimal, members, saas, shop, ledger, tpch, wide; anything else is the path of a file
";
    assert_eq!(refused(&run(&["check", "minmal"])), expected);
    let expected = "\
error: there is no file `nothing/here.yaml`
hint: the shipped scenarios are minimal, members, saas, shop, ledger, tpch, wide; anything else is the path of a file
";
    assert_eq!(refused(&run(&["check", "nothing/here.yaml"])), expected);
}

#[test]
fn parameters_from_outside_are_checked() {
    let expected = "error: unknown parameter `team`\nhint: did you mean `teams`?\n";
    assert_eq!(refused(&run(&["check", "minimal", "--set", "team=4"])), expected);
    let expected = "error: parameter `teams`: expected at least 1, found 0\nhint: `teams`: number of teams\n";
    assert_eq!(refused(&run(&["check", "minimal", "--set", "teams=0"])), expected);
    let expected = "error: parameter `teams`: expected a whole number, found `many`\n";
    assert_eq!(refused(&run(&["check", "minimal", "--set", "teams=many"])), expected);
}

#[test]
fn wrong_flags_are_refused_with_their_form() {
    for (flag, value, expected) in [
        ("--set", "teams", "expected KEY=VALUE, as in tenants=50"),
        ("--scale", "0", "expected a number above 0, such as 0.01 or 10"),
        ("--scale", "1%", "expected a number above 0, such as 0.01 or 10"),
        ("--shard", "5/4", "expected I/N with I from 1 to N, such as 1/4"),
        ("--threads", "0", "expected a whole number from 1 to 1024"),
        ("--compression", "gzip", "expected none, snappy, zstd, or zstd(1) to zstd(22)"),
        ("--format", "xml", "[possible values: parquet, csv, jsonl, arrow]"),
        ("--scale", "-1", "expected a number above 0, such as 0.01 or 10"),
        ("--scale", "1e300", "expected a number from 1e-15 to 1e15, such as 0.01 or 10"),
        ("--seed", "-1", "expected a whole number from 0 to 18446744073709551615"),
        ("--seed", "99999999999999999999999", "expected a whole number from 0 to 18446744073709551615"),
        ("--rows-per-file", "0", "expected a whole number from 1 on"),
        ("--rows-per-file", "-1", "expected a whole number from 1 on"),
    ] {
        let output = run(&["generate", "minimal", "--to", "null:", flag, value]);
        assert!(refused(&output).contains(expected), "{flag}: {}", refused(&output));
    }
    for (flag, value, expected) in [
        ("--from", "0", "expected a whole number from 1 on"),
        ("--rows", "0", "expected a whole number from 1 to 10000"),
        ("--rows", "-1", "expected a whole number from 1 to 10000"),
    ] {
        let output = run(&["preview", "minimal", flag, value]);
        assert!(refused(&output).contains(expected), "{flag}: {}", refused(&output));
    }
    assert_eq!(run(&[]).status.code(), Some(2));
}

#[test]
fn targets_that_cannot_be_are_refused() {
    for (arguments, expected) in [
        (
            &["--to", "x.csv", "--format", "arrow"][..],
            "error: `x.csv` is named like csv, but `--format` says arrow\nhint: leave `--format` out, or change the extension\n",
        ),
        (&["--to", "postgres:", "--format", "csv"], "error: `--format` is for files\nhint: leave it out\n"),
        (
            &["--to", "x", "--replace"],
            "error: `--replace` is for databases\nhint: leave it out, or write to a database, as in `--to postgres:///demo`\n",
        ),
        (
            &["--to", "s3://bucket"],
            "error: unknown kind of target `s3://`\nhint: name a directory, a file such as users.csv, `-`, `null:`, or a database such as `postgres:///demo`\n",
        ),
        (
            &["--to", "users.csv.gz"],
            "error: `users.csv.gz` has the unknown extension `gz`\nhint: files end in .parquet, .csv, .jsonl, .ndjson, .arrow or .feather; a directory of that name is written `users.csv.gz/`\n",
        ),
        (
            &["--to", "-"],
            "error: stdout holds one table, and there are 2 to write\nhint: choose one, as in `--tables teams`, or write a directory\n",
        ),
        (
            &["--to", "users.csv"],
            "error: `users.csv` holds one table, and there are 2 to write\nhint: choose one, as in `--tables teams`, or write a directory\n",
        ),
        (
            &["--to", "-", "--tables", "teams", "--json"],
            "error: `--json` and `--to -` both write to stdout\nhint: leave one of them out\n",
        ),
        (
            &["--to", "x", "--tables", "teams,member"],
            "error: unknown table `member`\nhint: did you mean `members`?\n",
        ),
    ] {
        let output = run(&[&["generate", "minimal"], arguments].concat());
        assert_eq!(refused(&output), expected);
    }
}

/// The line that says what will be done came before the refusal.
#[test]
fn a_refusal_comes_before_anything_else() {
    for (arguments, expected) in [
        (
            &["--to", "teams.csv", "--tables", "teams", "--shard", "1/2"][..],
            "error: a single file cannot be split into shards\nhint: write to a directory\n",
        ),
        (&["--to", "null:", "--format", "csv", "--compression", "zstd"], "error: "),
    ] {
        let output = run(&[&["generate", "minimal"], arguments].concat());
        assert!(refused(&output).starts_with(expected), "{}", refused(&output));
    }
}

/// What was meant as a database became a folder, with the password in its name.
#[test]
fn a_password_is_no_name_of_a_folder() {
    let folder = folder();
    for to in [
        "jdbc:postgresql://host/db?user=me&password=secret",
        "u%3Asecret@h/db",
        "secret@host/db",
        "hots=host pasword=secret",
        "//me:secret@host/db",
    ] {
        for command in ["generate", "verify"] {
            let output = run_in(folder.path(), &[command, "minimal", "--to", to]);
            let said = refused(&output);
            assert!(said.contains("target") && !said.contains("secret"), "{said}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_with_something_in_it_is_left_alone() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/mine.txt"), "precious").unwrap();
    let output = run_in(folder.path(), &["generate", "minimal", "--to", "data", "--quiet"]);
    let expected = "\
error: `data` is not empty
hint: choose another directory, or pass --force to replace an earlier dataset of seedbed's
";
    assert_eq!(refused(&output), expected);
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1);
}

/// A name with an extension of no format made a directory, and a device was asked to be one.
#[test]
fn a_name_tells_files_from_directories() {
    let folder = folder();
    let teams =
        |to| run_in(folder.path(), &["generate", "minimal", "--tables", "teams", "--to", to, "--quiet"]);
    done(&teams("data.v2/"));
    assert!(folder.path().join("data.v2/teams/part-00000.parquet").is_file());
    fs::create_dir(folder.path().join("out.d")).unwrap();
    done(&teams("out.d"));
    assert!(folder.path().join("out.d/manifest.json").is_file());
    fs::write(folder.path().join("notes"), "mine").unwrap();
    let expected = "\
error: `notes` is a file, and its name does not tell a format
hint: name a directory, or a file such as users.csv
";
    assert_eq!(refused(&teams("notes")), expected);
    if cfg!(unix) {
        assert!(done(&teams("/dev/stdout")).starts_with("id,name,plan,created_at\n1,"));
    }
}

#[test]
fn a_scenario_must_be_text() {
    let folder = folder();
    fs::write(folder.path().join("latin.yaml"), b"scenario: shop\nabout: caf\xe9\n").unwrap();
    let expected = "error: `latin.yaml` is not UTF-8: line 2, byte 25\nhint: save the file as UTF-8\n";
    assert_eq!(refused(&run_in(folder.path(), &["check", "latin.yaml"])), expected);
    fs::create_dir(folder.path().join("empty.yaml")).unwrap();
    let expected = "error: `empty.yaml` is a directory\nhint: name the scenario file in it\n";
    assert_eq!(refused(&run_in(folder.path(), &["check", "empty.yaml"])), expected);
}

#[test]
fn a_huge_file_is_not_read() {
    let folder = folder();
    let file = File::create(folder.path().join("dump.yaml")).unwrap();
    file.set_len(100 << 30).unwrap();
    let expected = "\
error: `dump.yaml` has 107374182400 bytes; a scenario has at most 4194304
hint: is this the right file?
";
    assert_eq!(refused(&run_in(folder.path(), &["check", "dump.yaml"])), expected);
}

#[test]
fn endless_input_is_not_read_to_its_end() {
    let mut child = seedbed(&["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let block = vec![b' '; 1 << 16];
    // The child stops reading, and then the pipe breaks.
    while stdin.write_all(&block).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert!(
        refused(&output).starts_with("error: `<stdin>` has more than 4194304 bytes"),
        "{}",
        refused(&output)
    );
}

#[test]
fn a_scenario_comes_from_stdin_with_or_without_a_byte_order_mark() {
    for text in [
        "tables: {t: {rows: 2, columns: {id: serial}}}",
        "\u{feff}tables: {t: {rows: 2, columns: {id: serial}}}",
    ] {
        let mut child =
            seedbed(&["preview", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert_eq!(done(&child.wait_with_output().unwrap()), "t\nid\n──\n 1\n 2\n");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = seedbed(&["generate", "members", "--tables", "events", "--to", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("id,tenant_id,"), "{line}");
    drop(reader);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
    assert!(!stderr.contains("error"), "{stderr}");
}

#[test]
fn a_closed_output_is_no_failure() {
    for arguments in
        [&["--help"][..], &["schema"], &["preview", "wide"], &["explain", "wide"], &["check", "minimal"]]
    {
        let mut child = seedbed(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn generating_reports_what_was_written() {
    let folder = folder();
    let output = run_in(folder.path(), &["generate", "minimal", "--to", "data", "--json", "--threads", "2"]);
    let report: serde_json::Value = serde_json::from_str(done(&output)).unwrap();
    assert_eq!(
        (&report["scenario"], &report["seed"], &report["threads"]),
        (&"minimal".into(), &42.into(), &2.into())
    );
    assert_eq!(report["tables"][0]["name"], "teams");
    assert_eq!(report["tables"][0]["rows"], 20);
    let rows: u64 =
        report["tables"].as_array().unwrap().iter().map(|table| table["rows"].as_u64().unwrap()).sum();
    assert_eq!(report["rows"], rows);
    let fingerprint = run(&["fingerprint", "minimal"]);
    assert_eq!(done(&fingerprint), format!("{}\n", report["fingerprint"].as_str().unwrap()));
    for file in ["data/manifest.json", "data/teams/part-00000.parquet", "data/members/part-00000.parquet"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn a_report_for_people_goes_to_stderr() {
    let folder = folder();
    let output = run_in(folder.path(), &["generate", "minimal", "--to", "data", "--threads", "1"]);
    assert_eq!(done(&output), "");
    let stderr = str::from_utf8(&output.stderr).unwrap();
    assert!(
        stderr
            .starts_with("minimal: 2 tables to `data` as parquet, seed 42, scale 1, 1 thread, fingerprint "),
        "{stderr}"
    );
    assert!(stderr.ends_with("read it with: duckdb -c \"from 'data/members/*.parquet'\"\n"), "{stderr}");
    let quiet = run_in(folder.path(), &["generate", "minimal", "--to", "data", "--force", "--quiet"]);
    assert_eq!((done(&quiet), &quiet.stderr[..]), ("", &b""[..]));
}

/// JSON has no word for them, and the report did not say so.
#[test]
fn values_that_json_cannot_say_are_told() {
    let folder = folder();
    let scenario = "\
tables:
  t:
    rows: 5
    columns:
      x: \"= case when row_number() < 3 then 'NaN'::double precision else 0.5::double precision end\"
";
    fs::write(folder.path().join("t.yaml"), scenario).unwrap();
    let generate = |to| run_in(folder.path(), &["generate", "t.yaml", "--to", to]);
    let output = generate("t.jsonl");
    let stderr = str::from_utf8(&output.stderr).unwrap();
    let note = "note: 2 values of table `t` became null: JSON has no NaN and no infinity\n";
    assert!(output.status.success() && stderr.contains(note), "{stderr}");
    assert!(!str::from_utf8(&generate("t.csv").stderr).unwrap().contains("note: "));
}

#[test]
fn one_table_goes_to_stdout_the_same_at_any_number_of_threads() {
    let csv = |threads| {
        let output = run(&["generate", "minimal", "--tables", "teams", "--to", "-", "--threads", threads]);
        done(&output).to_owned()
    };
    let one = csv("1");
    assert_eq!(one, csv("3"));
    assert_eq!(one.lines().count(), 21);
    assert_eq!(one.lines().next(), Some("id,name,plan,created_at"));
}

#[test]
fn any_rows_can_be_looked_at() {
    let first = run(&["preview", "minimal", "members", "--rows", "8"]);
    let lines: Vec<&str> = done(&first).lines().collect();
    assert_eq!(lines.len(), 10);
    let later = run(&["preview", "minimal", "members", "--from", "8", "--rows", "1"]);
    let last: Vec<&str> = lines[9].split_whitespace().collect();
    assert_eq!(done(&later).lines().nth(2).unwrap().split_whitespace().collect::<Vec<_>>(), last);
    let none = run(&["preview", "minimal", "teams", "--from", "1000"]);
    assert!(done(&none).ends_with("(no rows from 1,000 on; the table has 20 rows)\n"), "{}", done(&none));
    let expected = "error: unknown table `member`\nhint: did you mean `members`?\n";
    assert_eq!(refused(&run(&["preview", "minimal", "member"])), expected);
}

/// Values are a contract: who changes these writes a `VALUE-BREAKING` line into the changelog.
#[test]
fn the_same_seed_gives_the_same_rows() {
    let expected = "\
id  name              plan  created_at
──  ────────────────  ────  ─────────────────────────────
 1  Aldergate LLC     pro   2025-04-21 21:55:00.181339+00
 2  Sawmill Inc       free  2025-02-05 01:56:14.848809+00
 3  Ravenswood Group  free  2024-01-04 21:31:05.840495+00
";
    assert_eq!(done(&run(&["preview", "minimal", "teams", "--rows", "3"])), expected);
    assert_ne!(done(&run(&["preview", "minimal", "teams", "--rows", "3", "--seed", "43"])), expected);
}

#[test]
fn a_fingerprint_is_of_the_data_alone() {
    let fingerprint = |arguments: &[&str]| {
        let output = run(&[&["fingerprint"], arguments].concat());
        let text = done(&output).to_owned();
        assert!(text.len() == 65 && text.trim_end().bytes().all(|b| b.is_ascii_hexdigit()), "{text}");
        text
    };
    let one = fingerprint(&["minimal"]);
    assert_eq!(one, fingerprint(&["minimal", "--seed", "42", "--scale", "1.0", "--set", "teams=20"]));
    for other in [["--seed", "43"], ["--scale", "2"], ["--set", "teams=21"], ["--as-of", "2026-01-02"]] {
        assert_ne!(one, fingerprint(&[&["minimal"], &other[..]].concat()), "{other:?}");
    }
    let folder = folder();
    let yaml = done(&run(&["scenarios", "minimal"])).to_owned();
    fs::write(folder.path().join("mine.yaml"), format!("# mine\n{yaml}")).unwrap();
    assert_eq!(one, done(&run_in(folder.path(), &["fingerprint", "mine.yaml"])));
}

#[test]
fn editors_and_shells_are_served() {
    let schema: serde_json::Value = serde_json::from_str(done(&run(&["schema"]))).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(done(&run(&["completions", shell])).contains("fingerprint"), "{shell}");
    }
    assert!(done(&run(&["scenarios"])).contains("\nminimal   teams and their members"));
    assert!(done(&run(&["--version"])).starts_with("seedbed "));
}

#[test]
fn explaining_names_the_column() {
    let output = run(&["explain", "minimal", "teams.id"]);
    assert_eq!(done(&output), "teams: 20 rows\n  id bigint (unique) = 1 + row × 1\n");
    let expected = "error: unknown column `nmae` of `teams`\nhint: did you mean `name`?\n";
    assert_eq!(refused(&run(&["explain", "minimal", "teams.nmae"])), expected);
}

#[test]
fn ddl_prints_a_script() {
    let folder = folder();
    let scenario = "\
scenario: |
  shop
  drop table x
tables:
  items: {rows: 3, key: code, about: it's sold, columns: {code: word, kind: {choose: [\"a'b\", c\\d]}}}
  sales:
    per: items
    count: 2
    unique: [[item, n]]
    index: sold_at
    check: n <> 0 and item is not null
    columns:
      id: {serial: {start: 100}}
      item: parent
      n: = ordinal()
      size: {choose: [small, large], type: enum(sizes), null: 5%}
      sold_at: {moment: {from: 2025-01-01, to: 2025-02-01}}
";
    fs::write(folder.path().join("shop.yaml"), scenario).unwrap();
    let expected = r#"-- The tables of the scenario shop drop table x .

SET client_encoding = 'UTF8';
SET search_path TO pg_catalog, pg_temp;
CREATE SCHEMA IF NOT EXISTS "My ""shop""";

CREATE TYPE "My ""shop"""."sizes" AS ENUM ('small', 'large');

CREATE TABLE "My ""shop"""."items" (
    "code" text NOT NULL,
    "kind" text NOT NULL
);
COMMENT ON TABLE "My ""shop"""."items" IS 'it''s sold';

CREATE TABLE "My ""shop"""."sales" (
    "id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY (START WITH 100),
    "item" text NOT NULL,
    "n" bigint NOT NULL,
    "size" "My ""shop"""."sizes",
    "sold_at" timestamptz NOT NULL
);

ALTER TABLE "My ""shop"""."items"
    ADD CONSTRAINT "items_pkey" PRIMARY KEY ("code");
ALTER TABLE "My ""shop"""."items"
    ADD CONSTRAINT "items_kind_check" CHECK ("kind" IN ('a''b', E'c\\d'));

ALTER TABLE "My ""shop"""."sales"
    ADD CONSTRAINT "sales_pkey" PRIMARY KEY ("id");
ALTER TABLE "My ""shop"""."sales"
    ADD CONSTRAINT "sales_item_n_key" UNIQUE ("item", "n");
ALTER TABLE "My ""shop"""."sales"
    ADD CONSTRAINT "sales_check" CHECK ("n" <> 0 and "item" is not null);
CREATE INDEX "sales_sold_at_idx" ON "My ""shop"""."sales" ("sold_at");

ALTER TABLE "My ""shop"""."sales"
    ADD CONSTRAINT "sales_item_fkey" FOREIGN KEY ("item") REFERENCES "My ""shop"""."items" ("code");
"#;
    assert_eq!(done(&run_in(folder.path(), &["ddl", "shop.yaml", "--schema", "My \"shop\""])), expected);
    let expected = r#"-- The tables of the scenario shop drop table x .
-- Without the foreign key of sales (item): items is not among the tables.

SET client_encoding = 'UTF8';
SET search_path TO pg_catalog, pg_temp;

CREATE TYPE "public"."sizes" AS ENUM ('small', 'large');

CREATE TABLE "public"."sales" (
    "id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY (START WITH 100),
    "item" text NOT NULL,
    "n" bigint NOT NULL,
    "size" "public"."sizes",
    "sold_at" timestamptz NOT NULL
);
"#;
    assert_eq!(
        done(&run_in(folder.path(), &["ddl", "shop.yaml", "--tables", "sales", "--no-keys"])),
        expected
    );
    let long = "s".repeat(64);
    let expected = format!(
        "error: the name of the schema `{long}` has 64 bytes\nhint: PostgreSQL keeps 63 bytes of a name\n"
    );
    assert_eq!(refused(&run(&["ddl", "minimal", "--schema", &long])), expected);
    let expected = "error: unknown table `team`\nhint: did you mean `teams`?\n";
    assert_eq!(refused(&run(&["ddl", "minimal", "--tables", "team"])), expected);
}

#[test]
fn explaining_lists_keys_and_who_vouches_for_them() {
    let folder = folder();
    let scenario = "\
tables:
  a: {rows: 3, columns: {id: serial}}
  b:
    rows: 3
    unique: [[x, y]]
    check: x < y
    columns: {x: {integer: {from: 1, to: 3}, references: a}, y: {reference: a}, z: {choose: [p, q], type: enum}}
";
    fs::write(folder.path().join("keys.yaml"), scenario).unwrap();
    let output = run_in(folder.path(), &["explain", "keys.yaml", "b"]);
    let expected = "\
b: 3 rows
  x bigint = uniform integer 1 to 3
  y bigint = a.id of any row
  z enum(b_z) = one of p, q
  unique (x, y), as the scenario says: only the database checks it
  foreign key (x) to a (id), as the scenario says: only the database checks it
  foreign key (y) to a (id)
  index (y)
  check (\"x\" < \"y\"), as the scenario says: only the database checks it
  enum b_z (z is one of p, q)
";
    assert_eq!(done(&output), expected);
}

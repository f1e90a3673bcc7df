//! Independent witnesses: pyarrow, DuckDB and Python read what seedbed writes, and find what the plan says.
//!
//! `make test` makes a Python environment with both and names it in `SEEDBED_PYTHON`. Without one these tests are skipped, but
//! not where `CI` is set.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use seedbed_engine::calendar::{Transition, Zone, civil, hard, zone};
use seedbed_engine::random::Trickle;
use seedbed_engine::{Plan, Settings};
use seedbed_formats::Format;
use seedbed_tests::value::Values;
use seedbed_tests::{command, documents, shipped};
use serde_json::json;

/// Python with pyarrow and DuckDB; `None` where the witnesses may stay away.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn python() -> Option<String> {
    let python = std::env::var("SEEDBED_PYTHON").ok().filter(|python| !python.is_empty());
    if python.is_none() {
        assert!(std::env::var_os("CI").is_none(), "`SEEDBED_PYTHON` is not set; `make test` sets it");
        eprintln!("skipped: no Python with pyarrow and DuckDB; `make test` makes one");
    }
    python
}

/// The rows of a plan for the witness: one JSON array of cells per row.
fn write_expected(plan: &Plan, folder: &Path) {
    fs::create_dir(folder).unwrap();
    for table in &plan.model().tables {
        let values = Values::whole(plan, &table.name);
        let mut file =
            std::io::BufWriter::new(fs::File::create(folder.join(format!("{}.jsonl", table.name))).unwrap());
        for row in 0..values.rows() {
            serde_json::to_writer(&mut file, &values.row(row)).unwrap();
            file.write_all(b"\n").unwrap();
        }
    }
}

fn assert_witnessed(name: &str, scenario: &str, text: &str, settings: &Settings) {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let scale = settings.scale.to_string();
    for format in Format::ALL {
        let to = folder.path().join(format.name());
        let arguments = [
            "generate",
            scenario,
            "--scale",
            &scale,
            "--format",
            format.name(),
            "--to",
            to.to_str().unwrap(),
        ];
        command::run(arguments.into_iter().chain(["--rows-per-file", "7000", "--quiet"]));
    }
    write_expected(&shipped::compile(text, settings), &folder.path().join("expected"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/check.py");
    let output = Command::new(python)
        .args(["-B".as_ref(), script.as_os_str(), folder.path().as_os_str(), name.as_ref()])
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", command::stderr(&output));
}

/// Runs the checks of a scenario in DuckDB over what seedbed writes.
fn assert_checks_pass(scenario: &str, text: &str, scale: &str) {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("data");
    command::run(["generate", scenario, "--scale", scale, "--to", to.to_str().unwrap(), "--quiet"]);
    let plan = shipped::compile(text, &Settings::default());
    let checks: Vec<_> = plan.model().checks.iter().map(|check| json!([check.name, check.sql])).collect();
    assert!(!checks.is_empty());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/checks.py");
    let mut child = Command::new(python)
        .args(["-B".as_ref(), script.as_os_str(), to.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &checks).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        command::stderr(&output)
    );
}

/// How many of the bugs in `bugs/` a folder of Parquet shows, and of how many.
fn bugs_shown(python: &str, folder: &Path) -> (usize, usize) {
    let bugs = Path::new(env!("CARGO_MANIFEST_DIR")).join("bugs/run.py");
    let output =
        Command::new(python).args(["-B".as_ref(), bugs.as_os_str(), folder.as_os_str()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", command::stderr(&output));
    let last = said.lines().last().unwrap_or_default();
    let numbers = last.strip_suffix(" bugs show").and_then(|numbers| numbers.split_once(" of "));
    let (shown, all) = numbers.unwrap_or_else(|| panic!("{said}"));
    (shown.parse().unwrap(), all.parse().unwrap())
}

/// `saas` shows the typical bugs of queries, also when it is small; a naive seed of the same tables hides most of them.
#[test]
#[allow(clippy::print_stdout, reason = "the share is what one wants to see")]
fn saas_shows_the_bugs_that_a_naive_seed_hides() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (naive, saas) = (folder.path().join("naive"), folder.path().join("saas"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bugs/naive.py");
    let made =
        Command::new(&python).args(["-B".as_ref(), script.as_os_str(), naive.as_os_str()]).output().unwrap();
    assert!(made.status.success(), "{}", command::stderr(&made));
    command::run(["generate", "saas", "--scale", "0.05", "--to", saas.to_str().unwrap(), "--quiet"]);
    let ((hidden, of), (shown, all)) = (bugs_shown(&python, &naive), bugs_shown(&python, &saas));
    println!("bugs that show: {shown} of {all} in saas, {hidden} of {of} in a naive seed");
    assert!(all >= 60 && shown * 100 >= all * 95, "{shown} of {all}");
    assert!(hidden * 100 <= of * 25, "{hidden} of {of}");
}

#[test]
fn duckdb_finds_the_rules_about_time_kept() {
    let text = documents::scenario("time.md");
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    fs::write(file.path(), &text).unwrap();
    assert_checks_pass(file.path().to_str().unwrap(), &text, "1");
}

fn assert_shipped_witnessed(name: &str) {
    assert_witnessed(name, name, &shipped::text(name), &shipped::small(name));
}

#[test]
fn minimal() {
    assert_shipped_witnessed("minimal");
}

#[test]
fn members() {
    assert_shipped_witnessed("members");
}

#[test]
fn saas() {
    assert_shipped_witnessed("saas");
}

#[test]
fn shop() {
    assert_shipped_witnessed("shop");
    assert_checks_pass("shop", &shipped::text("shop"), "0.1");
}

#[test]
fn ledger() {
    assert_shipped_witnessed("ledger");
    assert_checks_pass("ledger", &shipped::text("ledger"), "0.1");
}

#[test]
fn wide() {
    assert_shipped_witnessed("wide");
}

#[test]
fn tpch() {
    assert_shipped_witnessed("tpch");
}

#[test]
fn edge_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/edges.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert_witnessed("edges", path.to_str().unwrap(), &text, &Settings::default());
}

/// Rules, zones and instants in all kinds: the days are those of `dateutil.rrule`, and local times those of Python's `zoneinfo`
/// with the same version of the IANA database.
#[test]
fn recurrences() {
    assert_script_agrees("recurrences.py", &["1", "1000"]);
}

#[test]
#[ignore = "takes a minute"]
fn many_recurrences() {
    assert_script_agrees("recurrences.py", &["2", "20000"]);
}

/// Where lives are at `as_of`, how they came there and how long they stayed, against ten times as many that numpy lives, at alpha
/// 0.001.
#[test]
#[ignore = "lives five million lives"]
fn lives() {
    assert_script_agrees("lives.py", &["1"]);
}

/// Has a script run the program and look at what it makes.
fn assert_script_agrees(script: &str, arguments: &[&str]) {
    let Some(python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness").join(script);
    let output = Command::new(python)
        .arg("-B")
        .arg(script)
        .arg(command::binary())
        .args(arguments)
        .env("PYTHONTZPATH", "")
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", command::stderr(&output));
}

/// `history_of: {of: …, first: false}` was documented, and the schema refused it.
#[test]
fn the_schema_takes_every_scenario_that_is_shown_or_shipped() {
    let shown = documents::scenarios();
    assert!(shown.len() > 50);
    let shipped = shipped::names().into_iter().map(|name| (format!("{name}.yaml"), shipped::text(&name)));
    let history = |of: &str| {
        let state =
            "{rows: 1, let: {life: {lifecycle: {from: since, states: {a.b: }}}}, columns: {id: serial}}";
        format!(
            "as_of: 2026-01-01\nsince: 2025-01-01\ntables: {{t: {state}, h: {{history_of: {of}, columns: {{t_id: parent}}}}}}"
        )
    };
    let forms =
        ["t.life", "t.life in (\"a.b\")", "\"t.life in ('a.b')\"", "{of: t.life = 'a.b', first: false}"];
    let forms = forms.map(|of| (format!("history_of: {of}"), history(of)));
    forms.iter().for_each(|(_, text)| drop(shipped::compile(text, &Settings::default())));
    let scenarios: Vec<_> = shown.into_iter().chain(shipped).chain(forms).collect();
    let mut cases = vec![seedbed_engine::scenario::schema::schema()];
    cases.extend(scenarios.into_iter().map(|(name, text)| json!({"name": name, "text": text})));
    assert_cases_witnessed("schema.py", cases.into_iter());
}

/// Instants around the changes of all zones' clocks.
#[test]
fn hard_moments() {
    let mut words = Trickle::new(2);
    assert_cases_witnessed("hard_moments.py", (0..400).map(|_| hard_moment(&mut words)));
}

/// Has a script look at cases, a line each.
fn assert_cases_witnessed(script: &str, cases: impl ExactSizeIterator<Item = serde_json::Value>) {
    let Some(python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness").join(script);
    let mut child = Command::new(python)
        .arg("-B")
        .arg(script)
        // Not the zones of the machine, which may be others.
        .env("PYTHONTZPATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let expected = format!("{} cases", cases.len());
    for case in cases {
        writeln!(stdin, "{case}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", command::stderr(&output));
    assert!(found.contains(&expected), "{found}");
}

/// An instant near a change of a zone's clocks since 1970, and what is told of it.
fn hard_moment(words: &mut Trickle) -> serde_json::Value {
    let zones: Vec<&str> = zone::names().collect();
    let (zone, change) = loop {
        let zone = Zone::named(zones[words.below(zones.len() as u64) as usize]).unwrap();
        // The script counts whole minutes.
        let whole = |change: &Transition| change.at >= 0 && change.before % 60 == 0 && change.after % 60 == 0;
        let changes: Vec<i64> = zone.transitions().filter(whole).map(|change| change.at).collect();
        if !changes.is_empty() {
            break (zone, changes[words.below(changes.len() as u64) as usize]);
        }
    };
    let hour = 3_600_000_000;
    let utc = change
        + match words.below(3) {
            // At the edges, to the microsecond.
            0 => [-hour - 1, -hour, -1, 0, hour - 1, hour][words.below(6) as usize],
            1 => words.below(6 * hour as u64) as i64 - 3 * hour,
            _ => words.below(72 * hour as u64) as i64 - 36 * hour,
        };
    let day = civil::split_micros(zone.to_local(utc)).0;
    json!({
        "zone": zone.name(),
        "utc": utc,
        "in_fold": zone.is_in_fold(utc),
        "next_to_gap": zone.is_next_to_gap(utc),
        "hours": zone.length_of_day(day) as f64 / hour as f64,
        "month_end": hard::is_month_end(day),
        "leap_day": hard::is_leap_day(day),
        "year_end": hard::is_year_end(day),
    })
}

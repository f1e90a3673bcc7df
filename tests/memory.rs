//! Memory is bounded by threads and batches, not by rows.

use std::process::{Child, Stdio};
use std::time::Duration;

use seedbed_tests::command::seedbed;

/// The most memory of a run, in MiB.
fn peak(arguments: &[&str]) -> f64 {
    let mut child =
        seedbed(arguments.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0.0_f64;
    let status = loop {
        // The kernel keeps the peak, so looking now and then is enough.
        peak = peak.max(high_water_mark(&child).unwrap_or(0.0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{arguments:?}");
    assert!(peak > 1.0, "{arguments:?} was over before it could be measured");
    peak
}

fn high_water_mark(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim();
    kibibytes.parse::<f64>().ok().map(|kibibytes| kibibytes / 1024.0)
}

/// The bound of the design.
const MOST_MIB: f64 = 400.0;

/// More rows may take so much more, …
const MOST_GROWTH: f64 = 1.2;

/// … and in formats whose pieces are large texts so much: the C library's heap gets holes between them, up to a point.
const MOST_GROWTH_OF_TEXT: f64 = 1.6;

/// … and what the counts of a child table take at most, for each of the five of `members`.
const INDEXES_MIB: f64 = 5.0 * 0.5;

fn assert_bounded(arguments: &[&str], scales: [&str; 2], growth: f64) {
    let [small, large] = scales.map(|scale| peak(&[arguments, &["--scale", scale]].concat()));
    assert!(large < MOST_MIB, "{arguments:?} takes {large:.0} MiB");
    assert!(
        large <= small * growth + INDEXES_MIB,
        "{arguments:?} takes {small:.0} MiB, and {large:.0} MiB for more rows"
    );
}

#[test]
fn more_rows_take_no_more_memory() {
    assert_bounded(&["generate", "members", "--to", "null:", "--threads", "2"], ["0.5", "2"], MOST_GROWTH);
}

/// Half a gigabyte in five thousand rows: chunks are bounded by bytes as well.
#[test]
fn wide_rows_take_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("wide.yaml");
    let words = "{words: {length: 32000}}";
    let table = format!("{{rows: 5_000, columns: {{id: serial, a: {words}, b: {words}, c: {words}}}}}");
    std::fs::write(&scenario, format!("tables: {{t: {table}}}\n")).unwrap();
    let peak = peak(&["generate", scenario.to_str().unwrap(), "--to", "null:", "--threads", "2"]);
    assert!(peak < MOST_MIB, "{peak:.0} MiB");
}

#[test]
#[ignore = "slow: a hundred million rows"]
fn a_hundred_times_the_rows_take_no_more_memory() {
    assert_bounded(&["generate", "members", "--to", "null:"], ["10", "100"], MOST_GROWTH);
}

#[test]
#[ignore = "slow: twenty million rows in four formats"]
fn files_of_any_size_take_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("data");
    for (format, growth) in [
        ("parquet", MOST_GROWTH),
        ("csv", MOST_GROWTH_OF_TEXT),
        ("jsonl", MOST_GROWTH_OF_TEXT),
        ("arrow", MOST_GROWTH),
    ] {
        let arguments = ["generate", "members", "--force", "--format", format, "--to", to.to_str().unwrap()];
        // From some seconds on, the window of chunks in flight has been as full as it gets.
        assert_bounded(&arguments, ["5", "20"], growth);
    }
}

//! Loads that are stopped, or lose somebody, in the middle: they end soon, say what is left, and leave the target as it was.

use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use seedbed_engine::{Plan, Settings};
use seedbed_postgres::connect::Target;
use seedbed_postgres::load::{self, Existing, Keys, Progress, Report, Request};
use seedbed_postgres::{Error, Stop};
use seedbed_tests::server::{Database, Server};

use super::loading::{assert_failed, generate, private_schemas, wait_until_alone};
use super::proxy::{Proxy, Then};

const SCENARIO: &str =
    "tables:\n  things:\n    rows: 100_000\n    columns:\n      id: serial\n      text: {characters: 40}\n";

/// Asks a process to stop, as Ctrl-C does, and gives what it says; it must not take longer than `limit`.
fn interrupt(mut child: Child, limit: Duration) -> Output {
    let begun = Instant::now();
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > limit {
            child.kill().expect("a child can be killed");
            panic!("it does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("the process has ended")
}

fn spawn(scenario: &str, url: &str, more: &[&str]) -> Child {
    let mut command = generate(scenario, url, more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// Loads through the library, over two connections.
fn load_into(url: &str, stop: &Stop, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, Error> {
    let plan = Plan::compile(SCENARIO, &Settings::default()).expect("the scenario is right");
    let target = Target::parse(url, &|_| None).expect("the URL is right");
    let request = Request {
        tables: vec![0],
        schema: "public".to_owned(),
        existing: Existing::Refuse,
        jobs: 2,
        keys: Keys::All,
        allow_remote: false,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    load::load(&plan, &target, &request, &pool, stop, progress)
}

/// A worker that panicked left the load waiting forever.
#[test]
fn a_panic_ends_the_load_and_leaves_nothing() {
    let database = Server::shared().database();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        load_into(&database.url(), &Stop::new(), &|progress| {
            assert!(!matches!(progress, Progress::Rows { .. }), "a defect of the listener's");
        })
    }));
    assert!(ended.is_err());
    assert_eq!(private_schemas(&database), [""; 0]);
    assert_eq!(database.value("select to_regclass('things') is null"), "t");
}

/// A server that took the connection and never answered kept the load, whatever it was asked.
#[test]
fn a_signal_ends_a_load_that_is_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("postgresql://me@{}/demo", listener.local_addr().expect("an address"));
    let child = spawn("minimal", &url, &[]);
    let _connection = listener.accept().expect("a connection");
    assert_failed(&interrupt(child, Duration::from_secs(2)), 130, &["interrupted"]);
}

/// With the network gone, the server could not be told to give up, and that was waited for.
#[test]
fn a_signal_ends_a_load_whose_network_is_gone() {
    let database = Server::shared().database();
    let proxy = Proxy::new(Server::shared(), |sent| {
        // The rows of a COPY; statements are shorter.
        if sent.len() > 30_000 { Then::Freeze } else { Then::Pass }
    });
    let child = spawn("saas", &proxy.url(&database.name), &["--scale", "0.02"]);
    while !proxy.is_frozen() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = interrupt(child, Duration::from_secs(60));
    assert_failed(&output, 130, &["interrupted: the target is as it was"]);
    assert_eq!(database.value("select to_regclass('tenants') is null"), "t");
}

/// Counting the rows of a large scenario, before anything is sent.
#[test]
fn a_signal_ends_a_load_that_is_counting() {
    let database = Server::shared().database();
    let mut child = spawn("saas", &database.url(), &["--scale", "100000", "--threads", "1"]);
    super::loading::wait_until(
        &database,
        "select exists (select from pg_stat_activity where datname = current_database() and state = 'idle' \
         and pid <> pg_backend_pid() and state_change < now() - interval '300 ms')",
    );
    assert!(child.try_wait().expect("a child").is_none());
    assert_failed(&interrupt(child, Duration::from_secs(2)), 130, &["interrupted"]);
    wait_until_alone(&database);
}

//! Loads that are stopped, or lose somebody, in the middle: they end soon, say what is left, and leave the target as it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seedbed_engine::{Plan, Settings};
use seedbed_postgres::connect::Target;
use seedbed_postgres::load::{self, Existing, Keys, Progress, Report, Request};
use seedbed_postgres::{Error, Stop};
use seedbed_tests::server::{Database, Server};

use super::loading::private_schemas;

const SCENARIO: &str =
    "tables:\n  things:\n    rows: 100_000\n    columns:\n      id: serial\n      text: {characters: 40}\n";

/// Loads through the library, over two connections.
fn load_into(
    database: &Database,
    stop: &Stop,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    let plan = Plan::compile(SCENARIO, &Settings::default()).expect("the scenario is right");
    let target = Target::parse(&database.url(), &|_| None).expect("the URL is right");
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
        load_into(&database, &Stop::new(), &|progress| {
            assert!(!matches!(progress, Progress::Rows { .. }), "a defect of the listener's");
        })
    }));
    assert!(ended.is_err());
    assert_eq!(private_schemas(&database), [""; 0]);
    assert_eq!(database.value("select to_regclass('things') is null"), "t");
}

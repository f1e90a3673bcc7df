//! `verify` of a database through the library.

use std::sync::Mutex;

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_postgres::Stop;
use seedbed_postgres::connect::Target;
use seedbed_postgres::verify::{VerifyRequest, verify};
use seedbed_tests::server::Server;

use super::loading::{Scenario, load};

#[test]
fn every_row_is_told_once() {
    let text = "tables:\n  a:\n    rows: 20_000\n    columns: {id: serial}\n  b:\n    rows: 5\n    columns: {id: serial}\n";
    let database = Server::shared().database();
    load(&Scenario::new(text).argument(), &database, &[]);
    let plan = Plan::compile(text, &Settings::default()).expect("the scenario is right");
    let target = Target::parse(&database.url(), &|_| None).expect("the URL is right");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    let verified = |tables: &[TableId]| {
        let told = Mutex::new(Vec::new());
        let (tables, schema, checks) = (tables.to_vec(), "public".to_owned(), Vec::new());
        let request = VerifyRequest { tables: tables.clone(), schema, most_shown: 5, checks };
        let tell = |step| told.lock().expect("nobody has panicked").push(step);
        let found = verify(&plan, &target, &request, &pool, &Stop::new(), &tell).expect("it can be read");
        let told = told.into_inner().expect("nobody has panicked");
        assert!(told.iter().all(|step| step.rows <= step.rows_total && tables.contains(&step.table)));
        (
            found.tables.iter().all(|table| table.is_equal()),
            told.iter().map(|step| (step.rows, step.rows_total)).max(),
        )
    };
    assert_eq!(verified(&[TableId::new(0), TableId::new(1)]), (true, Some((20_005, 20_005))));
    assert_eq!(verified(&[TableId::new(1)]), (true, Some((5, 5))));
    // More rows than there should be.
    database.psql("insert into b select generate_series(100, 200)");
    assert_eq!(verified(&[TableId::new(1)]), (false, Some((5, 5))));
}

//! What an error names is what the user will find, though tables are built in a private schema.

use seedbed_tests::server::Server;

use super::loading::{Scenario, held, refused};

/// Rows that break a promise of the scenario's, which only the database checks.
const SCENARIO: &str = "tables:\n  t:\n    rows: 12\n    columns: {id: serial, a: \"= id % 6\", b: {choose: [x, y], type: enum}}\n";

#[test]
fn errors_of_a_staged_load_name_no_private_schema() {
    let database = Server::shared().database();
    database.psql("create schema \"My App\"");
    let cases = [
        ("    unique: a\n", "SQLSTATE 23505"),
        ("    check: a < 5\n", "SQLSTATE 23514"),
        ("    check: a / (a - 3) < 100\n", "SQLSTATE 22012"),
        ("    foreign key: [{columns: [a], to: t, references: [id]}]\n", "SQLSTATE 23503"),
        ("    check: b <> 'z'\n", "SQLSTATE 22P02"),
    ];
    for (more, state) in cases {
        let scenario = Scenario::new(&format!("{SCENARIO}{more}"));
        for jobs in ["1", "2"] {
            let flags = ["--schema", "My App", "--jobs", jobs];
            let said = refused(&scenario.argument(), &database, &flags, 1, &[state]);
            assert!(!said.contains("seedbed_"), "{said}");
            if state.starts_with("SQLSTATE 23") {
                assert!(said.contains("table My App.t"), "{said}");
            }
        }
    }
    assert_eq!(held(&database, "My App"), [""; 0]);
}

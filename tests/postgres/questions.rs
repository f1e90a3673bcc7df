//! How often a server is asked before a load: the number of tables does not matter.

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate, load};

/// What a server's log calls a message that it has got from a client.
const ASKED: &str = "statement: ";

/// Tables that refer to each other, with an enum of their own each.
fn scenario(tables: usize) -> Scenario {
    let table = |n: usize| {
        let parent = if n > 0 { format!("      before: {{reference: t{}}}\n", n - 1) } else { String::new() };
        format!(
            "  t{n}:\n    rows: 3\n    columns:\n      id: serial\n      n: {{serial: {{start: 100}}}}\n      \
             mood: {{choose: [good, bad], type: enum}}\n      words: {{text: \"a\", type: \"varchar(9)\"}}\n{parent}"
        )
    };
    Scenario::new(&format!("tables:\n{}", (0..tables).map(table).collect::<String>()))
}

/// How often the server is asked by a dry run.
fn asked(server: &Server, database: &Database, scenario: &Scenario, flags: &[&str]) -> usize {
    let before = server.log().len();
    let flags = [flags, &["--dry-run"]].concat();
    let output = generate(&scenario.argument(), &database.url(), &flags).output().expect("the binary starts");
    assert!(output.status.success(), "{flags:?}: {}", stderr(&output));
    server.log()[before..].matches(ASKED).count()
}

/// How often dry runs ask about so many tables: new ones, those that seedbed has made, and those that were changed.
fn questions(server: &Server, tables: usize) -> [(&'static str, usize); 7] {
    let (database, scenario) = (server.database(), scenario(tables));
    let asked = |flags: &[&str]| asked(server, &database, &scenario, flags);
    // A statement for each table, those that refer to others first.
    let each = |statement: &str| {
        let statements = (0..tables).rev().map(|n| statement.replace("{}", &format!("t{n}")));
        database.psql(&statements.collect::<Vec<_>>().join("; "));
    };
    let made = asked(&[]);
    load(&scenario.argument(), &database, &[]);
    let swapped = asked(&["--replace"]);

    database.psql("create schema kept");
    each("alter table {} set schema kept");
    let made_beside_enums = asked(&[]);
    each("alter table kept.{} set schema public");

    database.psql("create function nothing() returns trigger language plpgsql as 'begin return new; end'");
    each("create trigger nothing before insert on {} for each row execute function nothing()");
    each("create table kept.{} (id bigint references {})");
    let refilled = asked(&["--replace"]);
    let appended = asked(&["--append"]);
    each("truncate {} cascade");
    let filled = asked(&[]);
    database.psql(&format!("drop table t{} cascade", tables - 1));
    let completed = asked(&[]);
    [
        ("new tables", made),
        ("--replace of tables as seedbed makes them", swapped),
        ("new tables, whose enums are there", made_beside_enums),
        ("--replace of others", refilled),
        ("--append", appended),
        ("empty tables", filled),
        ("empty tables, and one that is missing", completed),
    ]
}

#[test]
fn many_tables_are_looked_at_together() {
    let server = Server::start("log_statement = all\n");
    assert_eq!(questions(&server, 2), questions(&server, 40));
}

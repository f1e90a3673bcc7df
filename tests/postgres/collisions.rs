//! Rows with the same key: an error tells a row that was there from another new one, and rows are not to be replaced for a fault
//! of the scenario's.

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate, held, load, refused};

/// Twelve rows, of which the first and the seventh have the same code.
fn scenario(more: &str) -> Scenario {
    Scenario::new(&format!(
        "tables:\n  t:\n    rows: 12\n    columns:\n      id: serial\n      code: \"= 'c' || (id % 6)\"\n{more}"
    ))
}

const OLD: &str = "--replace";
const NEW: [&str; 2] = ["two of the new rows collide", "hint: two of the new rows have the same values"];

/// What is said when two new rows collide: never that rows should be replaced.
fn new_rows_collide(scenario: &Scenario, database: &Database, flags: &[&str], state: &str) {
    let before = held(database, "public");
    let said = refused(&scenario.argument(), database, flags, 1, &[NEW[0], NEW[1], state, "table public.t"]);
    assert!(!said.contains(OLD) && !said.contains("there already"), "{said}");
    assert!(!said.contains("seedbed_"), "{said}");
    assert_eq!(held(database, "public"), before);
}

#[test]
fn two_new_rows_of_tables_that_are_made_are_told_to_collide() {
    let database = Server::shared().database();
    for more in ["    unique: code\n", "    primary key: code\n", "    unique: [[code]]\n"] {
        let scenario = scenario(more);
        new_rows_collide(&scenario, &database, &[], "SQLSTATE 23505");
        // Beside a table that is there, it is made in place.
        database.psql("create table other (id int8)");
        let beside = Scenario::new(&format!(
            "{}  other:\n    rows: 3\n    columns: {{id: serial}}\n",
            std::fs::read_to_string(scenario.argument()).expect("the scenario")
        ));
        new_rows_collide(&beside, &database, &[], "SQLSTATE 23505");
        database.psql("drop table other");
    }
}

#[test]
fn two_new_rows_of_tables_that_are_filled_are_told_to_collide() {
    let scenario = scenario("");
    let database = Server::shared().database();
    for (key, state) in [
        ("unique (code)", "SQLSTATE 23505"),
        ("primary key (code)", "SQLSTATE 23505"),
        ("unique (code) deferrable initially deferred", "SQLSTATE 23505"),
        ("exclude using btree (code with =)", "SQLSTATE 23P01"),
    ] {
        database.psql(&format!("create table t (id int8, code varchar(9), {key})"));
        new_rows_collide(&scenario, &database, &[], state);
        new_rows_collide(&scenario, &database, &["--append"], state);
        database.psql("insert into t values (100, 'other'), (101, 'c')");
        new_rows_collide(&scenario, &database, &["--append"], state);
        // Rows that are removed do not collide, though they had these keys.
        database.psql("insert into t values (1, 'c1')");
        new_rows_collide(&scenario, &database, &["--replace"], state);
        let words = [state, "Key (code)=(c1)", "hint: such a row is there already; `--replace` puts"];
        let said = refused(&scenario.argument(), &database, &["--append"], 1, &words);
        assert!(!said.contains("two of the new rows"), "{said}");
        database.psql("drop table t");
    }
}

/// A table that was empty has no other rows, whatever the key is.
#[test]
fn two_new_rows_of_an_empty_table_collide_in_any_key() {
    let scenario = scenario("");
    let database = Server::shared().database();
    let mut keys =
        vec!["create unique index on t (upper(code))", "create unique index on t (code) where id < 100"];
    if database.value("select current_setting('server_version_num')::int >= 150000") == "t" {
        keys.push("create unique index on t (extra) nulls not distinct");
    }
    for key in keys {
        database.psql(&format!("create table t (id int8, code text, extra int); {key}"));
        new_rows_collide(&scenario, &database, &[], "SQLSTATE 23505");
        database.psql("drop table t");
    }
}

#[test]
fn keys_are_compared_as_their_index_does() {
    let text = "tables:\n  t:\n    rows: 4\n    columns:\n      id: serial\n      a: \"= 'A, ' || id\"\n      b: \"= id * 10.00\"\n      c: date\n";
    let scenario = Scenario::new(&text.replace("c: date", "c: \"= date '2026-01-01' + id::int\""));
    let database = Server::shared().database();
    // Some servers are built without collations that take A and a for the same.
    database.psql(
        "do $$ begin create collation loud (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
         exception when feature_not_supported then null; end $$",
    );
    let has_icu = database.value("select exists (select from pg_collation where collname = 'loud')") == "t";
    let table = |columns: &str| format!("create table t (id int8, {columns}); insert into t values ");
    let cases = [
        // A number with other digits, a text of another case, an array of a domain over it.
        ("a text, b numeric unique, c date", "(9, 'x', 20.0, null)", true),
        ("a text collate loud unique, b numeric, c date", "(9, 'a, 3', 1, null)", true),
        ("a text collate loud unique, b numeric, c date", "(9, 'a, 9', 1, null)", false),
        ("a text, b numeric, c date, unique (c, b)", "(9, 'x', 20, '2026-01-03')", true),
        ("a char(9), b numeric, c date, primary key (c, id) include (a)", "(4, 'x', 1, '2026-01-05')", true),
    ];
    let cases = cases.into_iter().filter(|(columns, ..)| has_icu || !columns.contains("loud"));
    for (columns, row, collides) in cases {
        database.psql(&(table(columns) + row));
        if collides {
            refused(
                &scenario.argument(),
                &database,
                &["--append"],
                1,
                &["SQLSTATE 23505", "there already; `--replace`"],
            );
        } else {
            load(&scenario.argument(), &database, &["--append"]);
        }
        database.psql("drop table t");
    }
}

#[test]
fn what_cannot_be_known_is_told_as_both() {
    let database = Server::shared().database();
    let scenario = scenario("");
    let both = "hint: such a row is there already, or two of the new rows have the same values in this key";
    for key in ["create unique index on t (upper(code))", "create unique index on t (code) where id < 100"] {
        database
            .psql(&format!("create table t (id int8, code text); {key}; insert into t values (50, 'c1')"));
        let said = refused(&scenario.argument(), &database, &["--append"], 1, &["SQLSTATE 23505", both]);
        assert!(!said.contains("--replace"), "{said}");
        database.psql("drop table t");
    }
}

#[test]
fn rows_of_other_tables_are_not_to_be_replaced() {
    // A trigger notes every code once, in a table that is not loaded.
    let database = Server::shared().database();
    database.psql(
        "create table seen (code text primary key); create table t (id int8, code text); \
         create function see() returns trigger language plpgsql as \
           'begin insert into public.seen values (new.code); return new; end'; \
         create trigger see before insert on t for each row execute function see()",
    );
    let scenario = scenario("");
    let words = ["two of the new rows collide", "table public.seen"];
    refused(&scenario.argument(), &database, &[], 1, &words);
    database.psql("insert into seen values ('c2')");
    let words = ["hint: such a row is there already: another session", "(code)=(c2)"];
    let said = refused(&scenario.argument(), &database, &["--append"], 1, &words);
    assert!(!said.contains("--replace"), "{said}");
}

#[test]
fn a_partition_s_key_is_its_table_s() {
    let database = Server::shared().database();
    database.psql(
        "create table t (id int8, code text, unique (code, id)) partition by range (id); \
         create table few partition of t for values from (0) to (5); \
         create table many partition of t for values from (5) to (100); \
         create unique index mine on few (code); insert into t values (3, 'c3'), (50, 'c1')",
    );
    let scenario = scenario("");
    let words = ["SQLSTATE 23505", "table public.few", "there already; `--replace`"];
    refused(&scenario.argument(), &database, &["--append"], 1, &words);
    database.psql(
        "truncate t; alter table many add constraint twice unique (code); insert into t values (50, 'c9')",
    );
    let output =
        generate(&scenario.argument(), &database.url(), &["--append"]).output().expect("the binary starts");
    let said = stderr(&output);
    assert!(said.contains("two of the new rows collide") && said.contains("table public.many"), "{said}");
}

//! Statistics: they are there after a load, and where they cannot be had the rows are worth more.

use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, load};

const SCENARIO: &str = "tables:\n  t: {rows: 500, columns: {id: serial, a: {integer: {from: 1, to: 9}}}}\n";

fn rows(database: &Database) -> String {
    database.value("select count(*) from t")
}

#[test]
fn a_lock_that_keeps_analyze_out_does_not_undo_a_load() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    database.psql("create table t (id int8, a int8); insert into t values (0, 0)");
    // As a VACUUM does, another session holds a lock that lets others write.
    let url = database.url();
    let mut holder = std::process::Command::new("psql")
        .args(["-XAtq", "-d", &url])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("psql starts");
    use std::io::{BufRead, Write};
    let mut to = holder.stdin.take().expect("a pipe");
    writeln!(to, "begin; lock table t in share update exclusive mode; select 'held';").expect("psql reads");
    let mut line = String::new();
    let mut from = std::io::BufReader::new(holder.stdout.take().expect("a pipe"));
    from.read_line(&mut line).expect("psql answers");
    let said = load(&scenario.argument(), &database, &["--append"]);
    assert!(
        said.contains("note: table `t` has no fresh statistics, which `analyze \"public\".\"t\"` gathers"),
        "{said}"
    );
    assert!(said.contains("SQLSTATE 55P03"), "{said}");
    assert_eq!(rows(&database), "501");
    drop(to);
    holder.wait().expect("psql ends");
    // What sequences and keys need comes after it, and is done.
    let said = load(&scenario.argument(), &database, &["--append"]);
    assert!(!said.contains("statistics"), "{said}");
}

#[test]
fn an_index_that_cannot_be_analyzed_does_not_undo_a_load() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    // The function fails for whoever calls it as ANALYZE does, under a path of its own.
    database.psql(
        "create table t (id int8, a int8); \
         create function fussy(int8) returns int8 immutable language plpgsql as \
           'begin if pg_catalog.current_query() like ''%analyze%'' then raise exception ''not now''; end if; return $1; end'; \
         create index on t (fussy(a))",
    );
    let said = load(&scenario.argument(), &database, &[]);
    assert!(said.contains("has no fresh statistics") && said.contains("not now"), "{said}");
    assert_eq!(rows(&database), "500");
}

#[test]
fn tables_of_others_are_told_to_have_no_statistics() {
    let database = Server::shared().database();
    let role = format!("clerk_{}", database.name);
    database.psql(&format!(
        "create table t (id int8, a int8); create role {role} login; grant insert, select on t to {role}"
    ));
    let scenario = Scenario::new(SCENARIO);
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    let output =
        super::loading::generate(&scenario.argument(), &url, &[]).output().expect("the binary starts");
    let said = seedbed_tests::command::stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("statistics were not gathered, because this role does not own the tables: `t`"),
        "{said}"
    );
    assert_eq!(rows(&database), "500");
    database.psql(&format!("drop owned by {role}; drop role {role}"));
}

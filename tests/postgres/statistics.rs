//! Statistics: they are there after a load, and where they cannot be had the rows are worth more.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, load, refused};

const SCENARIO: &str = "tables:\n  t: {rows: 500, columns: {id: serial, a: {integer: {from: 1, to: 9}}}}\n";

fn rows(database: &Database) -> String {
    database.value("select count(*) from t")
}

/// Another session, which holds a lock.
struct Holder(Child);

impl Holder {
    fn new(database: &Database, lock: &str) -> Self {
        let mut psql = Command::new("psql")
            .args(["-XAtq", "-d", &database.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let mut to = psql.stdin.as_ref().expect("a pipe");
        writeln!(to, "begin; {lock}; select 'held';").expect("psql reads");
        let mut line = String::new();
        BufReader::new(psql.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("psql answers");
        assert_eq!(line, "held\n");
        Self(psql)
    }

    fn let_go(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("psql ends");
    }
}

#[test]
#[ignore = "slow: waits for a lock for ten seconds"]
fn a_lock_that_keeps_analyze_out_does_not_undo_a_staged_load() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    // Statistics cannot be written, in whatever schema the table is.
    let holder = Holder::new(&database, "lock table pg_catalog.pg_statistic in exclusive mode");
    let said = load(&scenario.argument(), &database, &[]);
    let note = "note: table `t` has no fresh statistics, which `analyze \"public\".\"t\"` gathers";
    assert!(said.contains(note) && said.contains("SQLSTATE 55P03"), "{said}");
    assert!(!said.contains("seedbed_"), "{said}");
    assert_eq!(rows(&database), "500");
    holder.let_go();
}

#[test]
fn a_lock_that_keeps_analyze_out_does_not_undo_a_load() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    database.psql("create table t (id int8, a int8); insert into t values (0, 0)");
    // As a VACUUM does, another session holds a lock that lets others write.
    let holder = Holder::new(&database, "lock table t in share update exclusive mode");
    let said = load(&scenario.argument(), &database, &["--append"]);
    assert!(
        said.contains("note: table `t` has no fresh statistics, which `analyze \"public\".\"t\"` gathers"),
        "{said}"
    );
    assert!(said.contains("SQLSTATE 55P03"), "{said}");
    assert_eq!(rows(&database), "501");
    holder.let_go();
    // What sequences and keys need comes after it, and is done.
    let said = load(&scenario.argument(), &database, &["--append"]);
    assert!(!said.contains("statistics"), "{said}");
}

/// The server tells no table when a lock is not to be had.
#[test]
#[ignore = "slow: waits for a lock for ten seconds"]
fn a_lock_that_keeps_a_load_out_is_told_with_its_table() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    database.psql("create table t (id int8, a int8)");
    let holder = Holder::new(&database, "lock table t in share update exclusive mode");
    let words = ["cannot lock table `t`: ", "SQLSTATE 55P03", "hint: another session holds a lock"];
    refused(&scenario.argument(), &database, &[], 1, &words);
    refused(&scenario.argument(), &database, &["--replace", "--existing"], 1, &words);
    holder.let_go();
}

#[test]
fn an_index_that_cannot_be_analyzed_does_not_undo_a_load() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    // The function fails when it is called as ANALYZE does, under a path of its own.
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

//! Tables that have others below them: partitions that are foreign tables, and tables that inherit.

use seedbed_tests::command::seedbed;
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, held, load, refused, rows};

const SCENARIO: &str = "tables: {t: {rows: 3, columns: {id: serial, name: {text: \"n{id}\"}}}}";

/// What `verify` says, and its exit code.
fn verify(scenario: &Scenario, database: &Database) -> (Option<i32>, String) {
    let arguments = ["verify", &scenario.argument(), "--to", &database.url()];
    let output = seedbed(arguments).output().expect("the binary starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// Who owns the table decides which server its foreign partitions ask, and as whom: nothing asks them.
#[test]
fn a_foreign_table_among_partitions_is_not_read() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    // A wrapper without a handler cannot be read.
    database.psql(
        "create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing; \
         create table t (id int8, name text) partition by range (id); \
         create table middle partition of t for values from (0) to (10) partition by range (id); \
         create foreign table far partition of middle for values from (0) to (5) server nowhere",
    );
    let told = "`t` has the foreign table public.far below it";
    for flags in [&[][..], &["--dry-run"], &["--append"], &["--replace"], &["--existing", "--dry-run"]] {
        refused(&scenario.argument(), &database, flags, 2, &[told, "hint: detach it"]);
    }
    let (code, said) = verify(&scenario, &database);
    assert_eq!(code, Some(1), "{said}");
    let told = "its partition public.far is a foreign table, whose rows come from another server";
    assert!(said.contains(told), "{said}");
}

/// A foreign table that inherits is not part of the table's own rows, but ANALYZE would read it.
#[test]
fn a_foreign_table_that_inherits_is_not_read() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    database.psql(
        "create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing; \
         create table k () inherits (t); create foreign table far () inherits (k) server nowhere",
    );
    let told = "`t` has the foreign table public.far below it";
    for flags in [&["--append"][..], &["--replace"], &["--replace", "--dry-run"]] {
        refused(&scenario.argument(), &database, flags, 2, &[told]);
    }
    let (code, said) = verify(&scenario, &database);
    assert_eq!(code, Some(0), "{said}");
}

/// Rows of a table that inherits are not the table's: they neither go with them nor stand in their way.
#[test]
fn tables_that_inherit_keep_their_rows() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    database.psql(
        "create table k (extra int) inherits (t); insert into k values (100, 'mine', 1); \
         create table below () inherits (k); insert into below values (101, 'mine', 2); \
         create table r (t int8 references t); create table rk () inherits (r); insert into rk values (7); \
         create function seen() returns trigger language plpgsql as 'begin raise exception ''emptied''; end'; \
         create trigger seen before truncate on k execute function seen()",
    );
    let theirs = |database: &Database| {
        let query = "select (select string_agg(t::text, ' ' order by id) from k t) || (select string_agg(rk::text, ' ') from rk)";
        database.value(query)
    };
    let before = theirs(&database);
    let (code, said) = verify(&scenario, &database);
    assert_eq!(code, Some(0), "{said}");
    let said = load(&scenario.argument(), &database, &["--replace", "--seed", "2"]);
    assert!(!said.contains("seen"), "{said}");
    assert_eq!(theirs(&database), before);
    assert_eq!(database.value("select count(*) from only t"), "3");
    assert_eq!(verify(&scenario, &database).0, Some(0));
    // A table is empty when it has no rows of its own, and its sequence goes on after these.
    database.psql("truncate only t, only r");
    load(&scenario.argument(), &database, &[]);
    assert_eq!(theirs(&database), before);
    assert_eq!(database.value("insert into t (name) values ('next') returning id"), "4");
    // Rows of partitions are the table's.
    let database = Server::shared().database();
    database.psql(
        "create table t (id int8, name text) partition by range (id); \
         create table few partition of t for values from (0) to (100); insert into t values (9, 'x')",
    );
    let before = held(&database, "public");
    refused(&scenario.argument(), &database, &[], 2, &["hold rows already: `t`"]);
    assert_eq!(held(&database, "public"), before);
    load(&scenario.argument(), &database, &["--replace"]);
    assert_eq!(rows(&database, "public").len(), 1);
    assert_eq!(database.value("select count(*) from t"), "3");
}

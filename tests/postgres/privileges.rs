//! Roles that may do little: no superuser loads anything here.

use std::process::Output;

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{assert_failed, generate, held, private_schemas, rows, structure};

/// A role that owns nothing, gone with the test.
struct Role<'d> {
    database: &'d Database<'static>,
    name: String,
}

impl<'d> Role<'d> {
    fn new(database: &'d Database<'static>) -> Self {
        // Such names come from directories of people.
        let name = format!("Low \"{}\"@corp.iam", database.name);
        database.psql(&format!(
            "create role {} login; revoke all on schema public from public; revoke create on database {} from public",
            quoted(&name),
            database.name
        ));
        Self { database, name }
    }

    /// Runs statements in which `ROLE` is the role's name.
    fn psql(&self, statements: &str) {
        self.database.psql(&statements.replace("ROLE", &quoted(&self.name)));
    }

    /// It may make schemas, and tables in schema `app`.
    fn grant_database_and_schema(&self) {
        self.psql(&format!(
            "grant create on database {} to ROLE; create schema app; grant usage, create on schema app to ROLE",
            self.database.name
        ));
    }

    fn generate(&self, more: &[&str]) -> Output {
        let url = self.database.url().replacen("postgres@", &format!("{}@", encoded(&self.name)), 1);
        generate("minimal", &url, more).output().expect("the binary starts")
    }

    fn load(&self, more: &[&str]) -> String {
        let output = self.generate(more);
        assert!(output.status.success(), "{more:?}: {}", stderr(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.psql("drop owned by ROLE cascade; drop role ROLE");
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name as a URL has it.
fn encoded(name: &str) -> String {
    name.replace(' ', "%20").replace('"', "%22").replace('@', "%40")
}

/// The rows as a superuser loads them.
fn expected(database: &Database, seed: &str) -> Vec<String> {
    database.psql("drop schema if exists expected cascade; create schema expected");
    super::loading::load("minimal", database, &["--schema", "expected", "--seed", seed]);
    rows(database, "expected")
}

#[test]
fn a_schema_of_ones_own_is_enough() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.psql("create schema app; grant usage, create on schema app to ROLE");
    let plan = role.load(&["--schema", "app", "--dry-run"]);
    assert!(plan.contains("one connection, because this role may not create schemas"), "{plan}");
    let report = role.load(&["--schema", "app", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("the report is JSON");
    for (table, indexes) in [("teams", 1), ("members", 3)] {
        let told = report["tables"].as_array().expect("tables").iter().find(|told| told["name"] == table);
        let told = told.expect("every table is told");
        assert_eq!(told["indexes"], indexes, "{told}");
        assert!(told["finishing_seconds"].as_f64().expect("seconds") > 0.0, "{told}");
    }
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
    let keys = "select count(*) from pg_constraint where connamespace = 'app'::regnamespace and convalidated and contype in ('p', 'u', 'f')";
    assert_eq!(database.value(keys), "4");
    let before = held(&database, "app");
    assert_failed(&role.generate(&["--schema", "app"]), 2, &["hold rows already"]);
    assert_eq!(held(&database, "app"), before);
    role.load(&["--schema", "app", "--replace", "--seed", "2"]);
    assert_eq!(rows(&database, "app"), expected(&database, "2"));
    // Rows alone have no statistics, this way as well as the other.
    role.psql("create schema bare; grant usage, create on schema bare to ROLE");
    role.load(&["--schema", "bare", "--no-keys"]);
    let analyzed = "select count(*) from pg_stats where schemaname = ";
    assert_eq!(database.value(&format!("{analyzed} 'bare'")), "0");
    assert_ne!(database.value(&format!("{analyzed} 'app'")), "0");
}

#[test]
fn a_database_of_ones_own_is_as_good_as_a_superuser() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.grant_database_and_schema();
    for flags in [&["--schema", "app"][..], &["--schema", "app", "--replace"]] {
        let plan = role.load(&[flags, &["--dry-run"]].concat());
        assert!(plan.contains("built in a private schema"), "{plan}");
        role.load(flags);
        assert_eq!(rows(&database, "app"), expected(&database, "42"));
    }
    let owned = format!(
        "select count(*) from pg_class where relnamespace = 'app'::regnamespace and relowner = '{}'::regrole",
        quoted(&role.name)
    );
    assert_ne!(database.value(&owned), "0");
}

#[test]
fn tables_of_a_schema_that_takes_no_new_ones_are_replaced_in_place() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.grant_database_and_schema();
    role.load(&["--schema", "app"]);
    role.psql("revoke create on schema app from ROLE");
    let plan = role.load(&["--schema", "app", "--replace", "--dry-run"]);
    assert!(plan.contains("one connection, because this role may not create tables in the schema"), "{plan}");
    role.load(&["--schema", "app", "--replace", "--seed", "2"]);
    assert_eq!(rows(&database, "app"), expected(&database, "2"));
}

#[test]
fn what_a_role_may_not_do_is_told_before_anything_happens() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.psql("create schema app; grant usage on schema app to ROLE");
    for flags in
        [&["--schema", "app"][..], &["--schema", "app", "--replace"], &["--schema", "app", "--dry-run"]]
    {
        assert_failed(
            &role.generate(flags),
            2,
            &["this role may not create tables in schema `app`", "hint: ", "grant create on schema \"app\""],
        );
    }
    assert_eq!(held(&database, "app"), [""; 0]);
    // A database that accepts no connections says so itself.
    role.psql(&format!("revoke connect on database {} from public", database.name));
    assert_failed(&role.generate(&[]), 1, &["cannot connect to", "permission denied for database"]);
    role.psql(&format!("grant connect on database {} to public", database.name));
    // Nor may it replace tables of another role, though it may make tables beside them.
    role.psql("grant create on schema app to ROLE");
    super::loading::load("minimal", &database, &["--schema", "app"]);
    role.psql(
        "grant select on all tables in schema app to ROLE; grant update, usage on all sequences in schema app to ROLE",
    );
    let before = held(&database, "app");
    assert_failed(
        &role.generate(&["--schema", "app", "--replace"]),
        1,
        &["SQLSTATE 42501", "permission denied", "hint: "],
    );
    assert_eq!(held(&database, "app"), before);
}

/// Tables of another role for `minimal`, without sequences.
const TABLES: &str = "create schema app; grant usage on schema app to ROLE; \
    create table app.teams (id int8 primary key, name text, plan text, created_at timestamptz); \
    create table app.members (id int8 primary key, team_id int8 references app.teams, name text, email text, role text, \
      joined_at timestamptz, last_seen_at timestamptz)";

#[test]
fn tables_of_another_role_can_be_filled_with_what_was_granted() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.psql(TABLES);
    role.psql("grant insert on all tables in schema app to ROLE");
    role.load(&["--schema", "app", "--append"]);
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
    let before = held(&database, "app");
    // A role that may add rows may not remove any.
    assert_failed(&role.generate(&["--schema", "app", "--replace"]), 1, &["SQLSTATE 42501", "teams"]);
    assert_eq!(held(&database, "app"), before);
    database.psql("truncate app.teams, app.members");
    assert_failed(
        &role.generate(&["--schema", "app"]),
        2,
        &["may not read tables", "`teams`, `members`", "--append"],
    );
    role.psql("grant select on all tables in schema app to ROLE");
    role.load(&["--schema", "app"]);
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
    assert_eq!(held(&database, "app"), before, "keys of another role stay");
    role.psql("grant truncate on all tables in schema app to ROLE");
    role.load(&["--schema", "app", "--replace", "--seed", "2"]);
    assert_eq!(rows(&database, "app"), expected(&database, "2"));
}

#[test]
fn a_key_that_could_not_be_put_back_stays() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    // The role owns the table that has the key, and may not refer to the other one.
    role.psql(TABLES);
    role.psql("alter table app.members owner to ROLE; grant insert, select on app.teams to ROLE");
    let before = structure(&database, "app");
    role.load(&["--schema", "app"]);
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
    assert_eq!(structure(&database, "app"), before);
    // Nor can it take such a key away where rows refer to those that come later.
    database.psql("truncate app.teams, app.members");
    database.psql("alter table app.teams add constraint ahead foreign key (id) references app.members");
    let words = ["`teams` is filled before table `members`", "`ahead`", "this role does not own the table"];
    assert_failed(&role.generate(&["--schema", "app"]), 2, &words);
}

#[test]
fn a_sequence_that_may_not_be_set_is_told_first() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    database.psql("create schema app");
    super::loading::load("minimal", &database, &["--schema", "app"]);
    database.psql("truncate app.teams, app.members");
    role.psql("grant usage on schema app to ROLE; grant select, insert on all tables in schema app to ROLE");
    let words =
        ["this role may not set sequence app.teams_id_seq", "hint: ", "grant update, usage on sequence"];
    for flags in [&["--schema", "app"][..], &["--schema", "app", "--dry-run"]] {
        assert_failed(&role.generate(flags), 2, &words);
    }
    role.psql("grant update, usage on all sequences in schema app to ROLE");
    role.load(&["--schema", "app"]);
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
}

#[test]
fn a_role_without_connections_left_is_told_so() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.grant_database_and_schema();
    // The first connection is the last one, so none can do the work.
    role.psql("alter role ROLE connection limit 1");
    let words = ["cannot connect to", "too many connections for role", "SQLSTATE 53300", "fewer `--jobs`"];
    assert_failed(&role.generate(&["--schema", "app"]), 1, &words);
    assert_eq!(held(&database, "app"), [""; 0]);
    assert_eq!(private_schemas(&database), [""; 0]);
    role.psql("alter role ROLE connection limit 2");
    role.load(&["--schema", "app", "--jobs", "1"]);
    assert_eq!(rows(&database, "app"), expected(&database, "42"));
}

#[test]
fn settings_of_a_role_do_not_get_in_the_way() {
    let database = Server::shared().database();
    let role = Role::new(&database);
    role.psql(&format!(
        "grant create on database {} to ROLE; create schema \"App\"; grant usage, create on schema \"App\" to ROLE; \
         alter role ROLE set statement_timeout = 5; alter role ROLE set default_transaction_read_only = on; \
         alter role ROLE set default_transaction_isolation = serializable; alter role ROLE set client_encoding = 'LATIN1'; \
         alter role ROLE set datestyle = 'German, DMY'; alter role ROLE set timezone = 'Asia/Kathmandu'; \
         alter role ROLE set search_path = ''; alter role ROLE set standard_conforming_strings = off; \
         alter role ROLE set extra_float_digits = 0; alter role ROLE set bytea_output = 'escape'; \
         alter role ROLE set quote_all_identifiers = on; alter role ROLE set idle_in_transaction_session_timeout = 1; \
         alter role ROLE set synchronous_commit = on; alter role ROLE set check_function_bodies = off",
        database.name
    ));
    let expected = expected(&database, "42");
    for flags in [&["--schema", "App"][..], &["--schema", "App", "--replace"]] {
        role.load(flags);
        assert_eq!(rows(&database, "App"), expected);
        let oids = "select string_agg(oid::text, ' ' order by relname) from pg_class where relnamespace = '\"App\"'::regnamespace";
        let before = database.value(oids);
        role.load(&["--schema", "App", "--replace", "--seed", "2"]);
        assert_ne!(
            database.value(oids),
            before,
            "they are seedbed's own tables, so new ones took their place"
        );
    }
    // And in the user's own tables.
    role.psql("create view \"App\".v as select * from \"App\".members");
    role.load(&["--schema", "App", "--replace"]);
    assert_eq!(rows(&database, "App"), expected);
}

//! Checks of a scenario, which `verify` runs: what they find, what they are kept from, and what is said of them.

use std::process::Output;

use seedbed_tests::command::{seedbed, stderr};
use seedbed_tests::documents;
use seedbed_tests::server::{Database, Server};
use serde_json::Value;

use super::loading::{Scenario, load, rows};

const TABLES: &str = "
tables:
  users:
    rows: 10
    columns: {id: serial, email: {text: \"user{id}@one.example\", unique: true}}
";

fn scenario(checks: &str) -> Scenario {
    Scenario::new(&format!("{TABLES}checks:\n{checks}"))
}

fn verify(scenario: &Scenario, database: &Database, more: &[&str]) -> Output {
    let (scenario, url) = (scenario.argument(), database.url());
    let arguments = ["verify", &scenario, "--to", &url].into_iter().chain(more.iter().copied());
    seedbed(arguments).output().expect("the binary starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_check_that_gives_rows_fails_and_shows_the_first() {
    let scenario = scenario(
        "  no_emails: {sql: select id from users where email is null, about: everybody can be reached}\n  \
           few: \"select id, email from users where id > 5 order by id;  \"\n  \
           one: \"select array[1, null] as a, 'x' as \\\"y z\\\" from users where id = 10 -- the last\"\n",
    );
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    let output = verify(&scenario, &database, &[]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}{}", stderr(&output));
    let expected = "
check few
  rows that must not be:
  {\"id\":6,\"email\":\"user6@one.example\"}
  {\"id\":7,\"email\":\"user7@one.example\"}
  {\"id\":8,\"email\":\"user8@one.example\"}
  … and more

check one
  rows that must not be:
  {\"a\":[1,null],\"y z\":\"x\"}

equal: 1 table; failed: 2 of 3 checks in ";
    assert!(shown.contains(expected), "{shown}");

    let json: Value =
        serde_json::from_slice(&verify(&scenario, &database, &["--json"]).stdout).expect("JSON");
    assert_eq!(json["equal"], false);
    assert_eq!(json["tables"][0]["equal"], true);
    let check = &json["checks"][1];
    assert_eq!(
        (&check["name"], &check["passed"], &check["more"]),
        (&"few".into(), &false.into(), &true.into())
    );
    assert_eq!(check["rows"][2]["id"], 8);
    assert_eq!((&json["checks"][0]["passed"], &json["checks_left_out"]), (&true.into(), &Value::Null));

    // Only all tables together are what a check looks at.
    for more in [&["--no-checks"][..], &["--tables", "users"]] {
        let output = verify(&scenario, &database, more);
        assert!(output.status.success(), "{}", stdout(&output));
        assert!(stdout(&output).contains(": no_emails, few, one"), "{}", stdout(&output));
    }
}

/// The rules of the documented scenario about time hold, and are rules that can be broken.
#[test]
fn the_rules_about_time_hold() {
    let text = documents::scenario("time.md");
    let scenario = Scenario::new(&text);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    let output = verify(&scenario, &database, &[]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let broken = [
        "update subscription_events set from_status = 'paused' where id = 2",
        "update subscriptions set status = case status when 'active' then 'paused' else 'active' end where id = 1",
        "update invoices set local_start = local_start + interval '1 hour' where id = 1",
        "update invoices set period_start = period_start - interval '3 years' where id = 1",
        "delete from jobs where id = 1; insert into jobs select 1, tenant_id, scheduled_for, local from jobs where id = 2",
        "update jobs set local = local + interval '1 minute' where id = 1",
        "update ledger set balance = balance + 1 where id = 7",
    ];
    broken.iter().for_each(|statements| _ = database.psql(statements));
    let json: Value =
        serde_json::from_slice(&verify(&scenario, &database, &["--json"]).stdout).expect("JSON");
    let failed = json["checks"].as_array().expect("a list").iter().filter(|check| check["passed"] == false);
    assert_eq!(failed.count(), broken.len(), "{json:#}");
}

/// Loads a shipped scenario at a date, and has its rules checked.
fn assert_rules_hold(scenario: &str, as_of: &str) -> Database<'static> {
    let database = Server::shared().database();
    let flags = ["--scale", "0.05", "--as-of", as_of];
    load(scenario, &database, &flags);
    let url = database.url();
    let arguments = ["verify", scenario, "--to", &url].into_iter().chain(flags);
    let output = seedbed(arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{scenario} at {as_of}: {}{}", stdout(&output), stderr(&output));
    database
}

/// All rules of the whole business hold, at several dates: a leap day, a night in which clocks go forward, the shipped one.
#[test]
fn the_rules_of_saas_hold() {
    for as_of in ["2024-02-29", "2026-04-13", "2027-10-31"] {
        let people = assert_rules_hold("saas", as_of).value(
            "select count(*) from seedbed_cases where case_name in \
             ('sarah', 'marcus', 'priya', 'yuki', 'diego', 'amara', 'noor', 'lea', 'tom', 'ines')",
        );
        assert_eq!(people, "10", "{as_of}");
    }
}

#[test]
fn the_rules_of_shop_and_ledger_hold() {
    for scenario in ["shop", "ledger"] {
        for as_of in ["2025-03-01", "2026-04-13", "2028-02-29"] {
            assert_rules_hold(scenario, as_of);
        }
    }
}

#[test]
fn checks_see_the_schema_of_the_tables_and_write_nothing() {
    let scenario = scenario(
        "  theirs: select id from users where id > 10\n  \
           writes: delete from users returning id\n  \
           several: \"select 1 where false) x; commit; delete from other.users; select * from (select 1\"\n  \
           calls: \"select nextval('users_seq')\"\n  \
           waits: select pg_sleep(10)\n  \
           lost: select id from userz\n  \
           after: select id from users where id < 0\n",
    );
    let database = Server::shared().database();
    database.psql(
        "create schema other; create table public.users as select 11 as id; create sequence other.users_seq",
    );
    load(&scenario.argument(), &database, &["--schema", "other"]);
    database.psql(&format!("alter database {} set statement_timeout to '500ms'", database.name));
    let before = rows(&database, "other");
    let output = verify(&scenario, &database, &["--schema", "other"]);
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}{}", stderr(&output));
    assert!(shown.contains("failed: 5 of 7 checks"), "{shown}");
    for words in [
        "check writes\n  cannot run check `writes`: syntax error at or near \"from\"",
        "cannot insert multiple commands",
        "read-only transaction",
        "statement timeout",
        "relation \"userz\" does not exist",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(rows(&database, "other"), before);
}

#[test]
fn files_have_no_checks_to_run() {
    let scenario = scenario("  none: select id from users where false\n");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let to = folder.path().join("data").display().to_string();
    let argument = scenario.argument();
    seedbed_tests::command::run(["generate", &argument, "--to", &to, "--quiet"]);
    let output = seedbed_tests::command::run(["verify", &argument, "--to", &to]);
    assert!(
        stdout(&output).contains("checks that are not run, because they need PostgreSQL: none"),
        "{}",
        stdout(&output)
    );
}

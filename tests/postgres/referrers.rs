//! Tables outside the load that refer to tables which are emptied: empty ones are emptied along, others are refused.

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate, held, load, refused, structure};

const SCENARIO: &str = "tables:\n  teams: {rows: 4, columns: {id: serial}}\n";

/// Teams that many empty tables refer to, some of them through others.
fn prepared() -> (Scenario, Database<'static>) {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    database.psql(
        "do $$ begin for i in 1..20 loop \
           execute format('create table r%s (id int8 primary key, team_id int8 references teams)', i); end loop; end $$; \
         create schema \"Other\"; \
         create table \"Other\".\"Way off\" (r int8 references r7); \
         create table parts (id int8 primary key, team_id int8 references teams) partition by range (id); \
         create table parts_1 partition of parts for values from (1) to (5); \
         create table below_parts (part int8 references parts); \
         create table itself (id int8 primary key, team_id int8 references teams, up int8 references itself)",
    );
    (scenario, database)
}

#[test]
fn empty_tables_are_emptied_along() {
    let (scenario, database) = prepared();
    let before = structure(&database, "public");
    let output = generate(&scenario.argument(), &database.url(), &["--replace", "--dry-run"]).output();
    let plan = String::from_utf8_lossy(&output.expect("the binary starts").stdout).into_owned();
    let words = "emptied along, because they refer to the tables and hold no rows themselves: \"Other\".\"Way off\", ";
    assert!(plan.contains(words) && plan.contains(" and 14 more"), "{plan}");
    let said = load(&scenario.argument(), &database, &["--replace", "--seed", "2"]);
    assert!(said.contains(words), "{said}");
    assert_eq!(structure(&database, "public"), before);
    assert_eq!(database.value("select count(*) from teams"), "4");
}

#[test]
fn tables_that_hold_rows_are_told_without_the_empty_ones() {
    let (scenario, database) = prepared();
    // A row that refers to no other would be removed, too.
    database.psql("insert into \"Other\".\"Way off\" values (null)");
    let before = (held(&database, "public"), held(&database, "Other"));
    let words = [
        "table `r7` cannot be emptied, because table \"Other\".\"Way off\" refers to it (foreign key `Way off_r_fkey`)",
        "keeps its rows",
        "hint: empty it yourself if its rows may go, or add rows with `--append`",
    ];
    for flags in [&["--replace"][..], &["--replace", "--dry-run"]] {
        let said = refused(&scenario.argument(), &database, flags, 2, &words);
        assert!(!said.contains("r8") && said.lines().count() < 4, "{said}");
    }
    assert_eq!((held(&database, "public"), held(&database, "Other")), before);
    database.psql(
        "truncate \"Other\".\"Way off\"; insert into parts values (3, 1); insert into itself values (1)",
    );
    let words = ["table \"public\".\"parts\" refers to it", "table \"public\".\"itself\" refers to it"];
    let said = refused(&scenario.argument(), &database, &["--replace"], 2, &words);
    assert!(!said.contains("parts_1"), "{said}");
    // Of many, ten are told.
    database.psql(
        "do $$ begin for i in 1..20 loop execute format('insert into r%s values (1)', i); end loop; end $$",
    );
    let said = refused(&scenario.argument(), &database, &["--replace"], 2, &["\n  and 12 more"]);
    assert_eq!(said.matches("refers to it").count(), 10, "{said}");
}

#[test]
fn rows_that_a_role_does_not_see_are_not_emptied() {
    let (scenario, database) = prepared();
    let role = format!("clerk_{}", database.name);
    database.psql(&format!(
        "create role {role} login; grant all on all tables in schema public, \"Other\" to {role}; \
         grant all on all sequences in schema public to {role}; grant usage on schema \"Other\" to {role}; \
         insert into r3 values (1, 1); alter table r3 enable row level security; \
         create policy own on r3 using (id > 1)"
    ));
    let load_as = |url: &str| {
        let output = generate(&scenario.argument(), url, &["--replace"]).output().expect("the binary starts");
        (output.status.code(), stderr(&output))
    };
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    let (code, said) = load_as(&url);
    assert!(code == Some(2) && said.contains("table \"public\".\"r3\""), "{said}");
    assert!(said.contains("this role may not see whether it is empty"), "{said}");
    assert_eq!(database.value("select count(*) from r3"), "1");
    database.psql(&format!(
        "truncate r3; alter table r3 disable row level security; revoke truncate on r3 from {role}"
    ));
    let (code, said) = load_as(&url);
    assert!(code == Some(2) && said.contains("this role may not empty it"), "{said}");
    database.psql(&format!("grant truncate on r3 to {role}; revoke usage on schema \"Other\" from {role}"));
    let (code, said) = load_as(&url);
    assert!(code == Some(2) && said.contains("table \"Other\".\"Way off\""), "{said}");
    database.psql(&format!("grant usage on schema \"Other\" to {role}"));
    let (code, said) = load_as(&url);
    assert_eq!(code, Some(0), "{said}");
    database.psql(&format!("drop owned by {role}; drop role {role}"));
}

//! Foreign keys of the user's own: they hold after a load, and what they make impossible is told before it.

use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, held, load, refused, structure};

const SCENARIO: &str = r#"
tables:
  teams:
    rows: 4
    columns: {id: serial, region: {choose: [1, 2]}, boss: "= id % 2 + 11", twin: "= 5 - id"}
  people:
    per: teams
    count: 3
    columns: {id: {serial: {start: 11}}, team_id: parent}
"#;

/// Teams refer to people who come after them, and to each other.
const TABLES: &str = "
    create table regions (id int8 primary key);
    create table teams (id int8 primary key, region int8, boss int8, twin int8 references teams);
    create table people (id int8 primary key, team_id int8 references teams);
    alter table teams add constraint boss foreign key (boss) references people";

fn prepared(more: &str) -> (Scenario, Database<'static>) {
    let database = Server::shared().database();
    database.psql(TABLES);
    database.psql(more);
    (Scenario::new(SCENARIO), database)
}

#[test]
fn a_key_that_is_not_validated_checks_new_rows() {
    // Taken away and put back as it is written, it would check nothing.
    let database = Server::shared().database();
    database.psql(
        "create table teams (id int8 primary key, region int8, boss int8, twin int8 references teams); \
         create table people (id int8 primary key, team_id int8)",
    );
    database.psql("alter table people add constraint mine foreign key (team_id) references teams not valid");
    let people = Scenario::new(
        "tables:\n  teams: {rows: 4, columns: {id: serial}}\n  \
         people: {rows: 3, columns: {id: serial, team_id: {integer: {from: 5, to: 9}}}}\n",
    );
    let before = held(&database, "public");
    refused(&people.argument(), &database, &[], 1, &["SQLSTATE 23503", "table public.people"]);
    assert_eq!(held(&database, "public"), before);
    let scenario = Scenario::new(SCENARIO);
    let before = structure(&database, "public");
    load(&scenario.argument(), &database, &[]);
    assert_eq!(structure(&database, "public"), before);
}

#[test]
fn keys_to_other_tables_check_row_by_row_and_lock_nobody_out() {
    let (scenario, database) = prepared(
        "alter table teams add constraint there foreign key (region) references regions not valid; \
         insert into regions values (1), (2)",
    );
    let before = structure(&database, "public");
    load(&scenario.argument(), &database, &[]);
    assert_eq!(structure(&database, "public"), before);
    // Validated, the key stays where it is, too: dropping it would wait for readers of the other table.
    database.psql("alter table teams validate constraint there");
    let oid = "select oid from pg_constraint where conname = 'there'";
    let was = database.value(oid);
    load(&scenario.argument(), &database, &["--replace"]);
    assert_eq!(database.value(oid), was);
    database.psql("truncate teams, people; delete from regions where id = 1");
    refused(&scenario.argument(), &database, &[], 1, &["SQLSTATE 23503", "(region)=(1)"]);
}

#[test]
fn rings_of_keys_are_filled_and_added_to() {
    let (scenario, database) = prepared("");
    let before = structure(&database, "public");
    load(&scenario.argument(), &database, &[]);
    let more = Scenario::new(
        &SCENARIO
            .replace("{id: serial, region", "{id: {serial: {start: 101}}, region")
            .replace("id % 2 + 11", "id % 2 + 201")
            .replace("= 5 - id", "= 205 - id")
            .replace("start: 11", "start: 201"),
    );
    load(&more.argument(), &database, &["--append"]);
    assert_eq!(database.value("select count(*) from teams"), "8");
    assert_eq!(structure(&database, "public"), before);
    // A key that has to stay is told beforehand, unless it is checked at the end.
    database.psql("comment on constraint boss on teams is 'stays'");
    let words = ["`teams` is filled before table `people`", "key `boss`", "it has a comment", "hint: "];
    for flags in [&["--append"][..], &["--replace"], &["--replace", "--dry-run"]] {
        refused(&more.argument(), &database, flags, 2, &words);
    }
    database.psql("alter table teams alter constraint boss deferrable initially deferred");
    load(&more.argument(), &database, &["--replace"]);
    assert_eq!(database.value("select count(*) from teams join people on boss = people.id"), "4");
    // A key that waits for the end is not in the way of tables that are made beside it.
    let third = "  badges:\n    per: teams\n    count: 1\n    columns: {id: serial, team_id: parent}\n";
    let third = Scenario::new(&(SCENARIO.to_owned() + third));
    load(&third.argument(), &database, &["--append"]);
    assert_eq!(database.value("select count(*) from badges"), "4");
}

#[test]
fn a_table_that_others_refer_to_is_not_emptied_alone() {
    let database = Server::shared().database();
    load("minimal", &database, &[]);
    let before = held(&database, "public");
    for flags in [&["--replace", "--tables", "teams"][..], &["--replace", "--tables", "teams", "--dry-run"]] {
        let words = [
            "table `teams` cannot be emptied",
            "\"public\".\"members\" refers to it",
            "`--tables`, too: members",
        ];
        refused("minimal", &database, flags, 2, &words);
    }
    database.psql(
        "create schema other; create table other.badges (team_id int8 constraint worn references teams); \
         insert into other.badges values (1)",
    );
    let words = ["\"other\".\"badges\" refers to it (foreign key `worn`)", "hint: empty it yourself"];
    refused("minimal", &database, &["--replace"], 2, &words);
    assert_eq!(held(&database, "public"), before);
}

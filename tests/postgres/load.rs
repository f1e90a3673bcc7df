//! Loading into tables that do not exist or that seedbed has made: everything arrives, and nothing is lost unasked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seedbed_tests::command::{run, stderr};
use seedbed_tests::server::{Database, Server};
use seedbed_tests::shipped;

use super::loading::{
    Scenario, assert_failed, generate, held, load, private_schemas, refused, rows, structure,
};

/// The flags that make a shipped scenario small.
fn small(name: &str) -> [String; 2] {
    ["--scale".to_owned(), shipped::small(name).scale.to_string()]
}

/// Loads and gives the report.
fn report(scenario: &str, database: &Database, more: &[&str]) -> serde_json::Value {
    let mut arguments = more.to_vec();
    arguments.push("--json");
    let output = generate(scenario, &database.url(), &arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{scenario} {more:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("the report is JSON")
}

/// Rows and streams of every table of a report.
fn reported(report: &serde_json::Value) -> BTreeMap<String, (u64, u64)> {
    let tables = report["tables"].as_array().expect("tables").iter();
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    tables
        .map(|table| {
            let name = table["name"].as_str().expect("a name").to_owned();
            (name, (number(&table["rows"]), number(&table["streams"])))
        })
        .collect()
}

/// Queries made by a query, run one by one: each gives one value.
fn each(database: &Database, queries: &str) -> Vec<(String, String)> {
    let queries = database.psql(queries).into_iter().flatten();
    queries.map(|query| (query.clone(), database.value(&query))).collect()
}

#[test]
fn every_shipped_scenario_arrives_whole() {
    for name in shipped::names() {
        let database = Server::shared().database();
        let flags = small(&name);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let report = report(&name, &database, &flags);

        let tables = reported(&report);
        assert!(!tables.is_empty());
        for (table, (rows, streams)) in &tables {
            assert_eq!(
                database.value(&format!("select count(*) from {table}")),
                rows.to_string(),
                "{name} {table}"
            );
            assert_eq!(*streams, 1, "{name} {table}");
            let estimated = format!("select reltuples::bigint from pg_class where oid = '{table}'::regclass");
            assert_eq!(database.value(&estimated), rows.to_string(), "{name} {table} is analyzed");
            let seen = format!("select count(*) from pg_stats where tablename = '{table}'");
            let columns = format!(
                "select count(*) from pg_attribute where attrelid = '{table}'::regclass and attnum > 0"
            );
            assert_eq!(database.value(&seen), database.value(&columns), "{name} {table} has statistics");
        }
        assert_eq!(report["rows"].as_u64(), Some(tables.values().map(|(rows, _)| rows).sum()));

        // Joins, and not the server's own checks, look for rows without a parent.
        let orphans = each(
            &database,
            "select format('select count(*) from %s c left join %s p on (%s) where (%s) is not null and p is null', \
               conrelid::regclass, confrelid::regclass, \
               (select string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ') \
                  from unnest(conkey, confkey) k(a, b) join pg_attribute a on a.attrelid = conrelid and a.attnum = k.a \
                  join pg_attribute b on b.attrelid = confrelid and b.attnum = k.b), \
               (select string_agg(format('c.%I', attname), ', ') from unnest(conkey) k \
                  join pg_attribute on attrelid = conrelid and attnum = k)) \
             from pg_constraint where contype = 'f'",
        );
        assert!(!orphans.is_empty(), "{name} has foreign keys");
        for (query, count) in orphans {
            assert_eq!(count, "0", "{name}: {query}");
        }

        // A row that is added later gets a number that no row has.
        let next = each(
            &database,
            "select format('select coalesce(bool_and(sign(n - %I) = sign(%s)), true) from %s, \
                 (select nextval(pg_get_serial_sequence(%L, %L)) as n offset 0) s', \
               attname, seqincrement, attrelid::regclass, attrelid::regclass, attname) \
             from pg_attribute join pg_class on attrelid = pg_class.oid and relkind = 'r' \
             join pg_sequence on seqrelid = pg_get_serial_sequence(attrelid::regclass::text, attname)::regclass \
             where attidentity <> ''",
        );
        assert!(!next.is_empty(), "{name} has identity columns");
        for (query, is_free) in next {
            assert_eq!(is_free, "t", "{name}: {query}");
        }
        assert_eq!(private_schemas(&database), [""; 0]);

        // `seedbed ddl` says beforehand what is there afterwards.
        let script = run(["ddl", &name]).stdout;
        let empty = Server::shared().database();
        empty.psql(&String::from_utf8(script).expect("UTF-8"));
        database.psql("drop table if exists seedbed_cases");
        assert_eq!(structure(&database, "public"), structure(&empty, "public"), "{name}");
    }
}

#[test]
fn keys_indexes_and_checks_are_those_of_the_scenario() {
    let database = Server::shared().database();
    load("members", &database, &["--scale", "0.02"]);
    let has = |line: &str| {
        let structure = structure(&database, "public");
        assert!(structure.iter().any(|there| there.contains(line)), "{line}: {structure:#?}");
    };
    has("constraint memberships memberships_pkey t PRIMARY KEY (id)");
    has("t UNIQUE (tenant_id, user_id)");
    has("t FOREIGN KEY (tenant_id, author_id) REFERENCES memberships(tenant_id, user_id)");
    has("CHECK ((last_seen_at >= created_at))");
    has("USING btree (tenant_id, status, created_at)");
    has("column tickets 1 id bigint t d");
    has("enum tickets_priority urgent");
    has("comment plans 0 what can be bought");
    let last: u64 = database.value("select max(id) from tenants").parse().unwrap();
    let added = "insert into tenants (name, slug, country, timezone, locale, currency, plan_id, created_at) \
        values ('n', 's', 'US', 'UTC', 'en-US', 'USD', 1, now()) returning id";
    assert_eq!(database.value(added), (last + 1).to_string());
    // Rows are visible to all from the first moment; the next vacuum has nothing to write. Since PostgreSQL 16, a file may
    // end in empty pages, up to 64 of them.
    let visible =
        "select relallvisible > 100 and relpages - relallvisible < 64 from pg_class where relname = 'events'";
    assert_eq!(database.value(visible), "t");
}

#[test]
fn the_rows_are_those_that_psql_copies_from_csv_files() {
    for name in shipped::names() {
        let database = Server::shared().database();
        let flags = small(&name);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        load(&name, &database, &flags);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().to_str().unwrap();
        run(["generate", &name, "--format", "csv", "--force", "--to", to].into_iter().chain(flags));
        database.psql("create schema witness");
        // Files have no table of cases.
        for table in database.psql(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> 'seedbed_cases'",
        ) {
            let table = &table[0];
            database.psql(&format!("create table witness.{table} (like public.{table})"));
            let file = folder.path().join(table).join("part-00000.csv");
            database.psql(&format!("\\copy witness.{table} from '{}' csv header", file.display()));
            let differing = format!(
                "select count(*) from ((select t::text from public.{table} t except all select t::text from witness.{table} t) \
                 union all (select t::text from witness.{table} t except all select t::text from public.{table} t)) d"
            );
            assert_eq!(database.value(&differing), "0", "{name} {table}");
        }
    }
}

#[test]
fn connections_and_threads_change_no_row() {
    let database = Server::shared().database();
    let mut first: Option<Vec<String>> = None;
    // With two of both on two processors, the thread that sends rows makes them.
    for (jobs, threads) in [("1", "1"), ("2", "2"), ("5", "2"), ("3", "4")] {
        let schema = format!("s{jobs}");
        database.psql(&format!("create schema {schema}"));
        let flags = ["--scale", "0.02", "--jobs", jobs, "--threads", threads, "--schema", &schema];
        load("members", &database, &flags);
        let found = rows(&database, &schema);
        assert_eq!(found.len(), 7);
        assert_eq!(*first.get_or_insert(found.clone()), found, "{jobs} connections, {threads} threads");
    }
}

#[test]
fn a_large_table_is_filled_by_several_streams() {
    let scenario = Scenario::new(
        "tables:\n  fat:\n    rows: 42_000\n    columns:\n      id: serial\n      text: {characters: 900}\n",
    );
    // A session that begins on the same server can keep VACUUM from marking rows that are a moment old.
    let server = Server::start("");
    let database = server.database();
    database.psql("create schema alone");
    database.psql("create schema bare");
    let several = report(&scenario.argument(), &database, &["--jobs", "4"]);
    let bare = report(&scenario.argument(), &database, &["--jobs", "2", "--no-keys", "--schema", "bare"]);
    let alone = report(&scenario.argument(), &database, &["--jobs", "1", "--schema", "alone"]);
    let (several, bare, alone) = (reported(&several)["fat"], reported(&bare)["fat"], reported(&alone)["fat"]);
    assert_eq!((several.0, alone), (42_000, (42_000, 1)));
    assert!(several.1 > 1 && bare.1 > 1, "{several:?} {bare:?}");
    assert_eq!(rows(&database, "public"), rows(&database, "alone"));
    assert_eq!(rows(&database, "bare"), rows(&database, "alone"));
    assert_eq!(database.value("select count(distinct id) || ' ' || max(id) from fat"), "42000 42000");
    // Either way, rows are visible to all from the first moment.
    let visible = "select relnamespace::regnamespace::text, relallvisible > 5000 and relpages - relallvisible < 64 from pg_class \
        where relname = 'fat' and relnamespace <> 'bare'::regnamespace order by 1";
    assert_eq!(database.psql(visible), [["alone", "t"], ["public", "t"]]);
}

#[test]
fn the_server_is_reminded_to_write_its_log() {
    let server = Server::start("wal_level = replica");
    // The numbers of transactions that a load takes.
    let taken = |rows: &str| {
        let database = server.database();
        let number = || database.value("select pg_current_xact_id()").parse::<u64>().expect("a number");
        let column = "columns: {text: {characters: 900}}";
        let scenario = Scenario::new(&format!("tables: {{fat: {{rows: {rows}, {column}}}}}\n"));
        let before = number();
        load(&scenario.argument(), &database, &["--jobs", "2", "--no-keys"]);
        number() - before
    };
    let (small, large) = (taken("10"), taken("42_000"));
    assert!(large > small + 3, "{small} and {large} transactions");
}

#[test]
fn rows_that_are_there_are_kept_unless_asked() {
    let database = Server::shared().database();
    load("minimal", &database, &[]);
    let before = held(&database, "public");
    let said = refused(
        "minimal",
        &database,
        &[],
        2,
        &["hold rows already", "`teams`", "`members`", "hint: `--replace`"],
    );
    assert!(said.contains("--append"), "{said}");
    refused("minimal", &database, &["--seed", "2", "--dry-run"], 2, &["hold rows already"]);
    refused("minimal", &database, &["--replace", "--append"], 2, &["--append"]);
    assert_eq!(held(&database, "public"), before);
    // One table with rows is enough.
    database.psql(
        "truncate teams cascade; insert into teams (name, plan, created_at) values ('mine', 'pro', now())",
    );
    refused("minimal", &database, &[], 2, &["hold rows already: `teams`\n"]);
    assert_eq!(database.psql("select name from teams"), [["mine"]]);
}

#[test]
fn tables_are_replaced_whole() {
    let database = Server::shared().database();
    database.psql("create table mine (a int); insert into mine values (1)");
    load("members", &database, &["--scale", "0.02"]);
    let (before, was) = (structure(&database, "public"), rows(&database, "public"));
    let oid = "select 'tickets'::regclass::oid";
    let old = database.value(oid);
    let planned = generate("members", &database.url(), &["--scale", "0.02", "--replace", "--dry-run"])
        .output()
        .unwrap();
    let planned = String::from_utf8(planned.stdout).unwrap();
    assert!(planned.contains("put a new table in the place of \"public\".\"tickets\""), "{planned}");
    load("members", &database, &["--scale", "0.02", "--replace", "--seed", "7"]);
    assert_eq!(structure(&database, "public"), before);
    assert_ne!(database.value(oid), old, "the table is a new one");
    let now = rows(&database, "public");
    assert_ne!(now, was);
    assert_eq!(private_schemas(&database), [""; 0]);
    // Nothing that was replaced is left anywhere, and the same again gives the same.
    load("members", &database, &["--scale", "0.02", "--replace", "--seed", "7", "--jobs", "1"]);
    assert_eq!(rows(&database, "public"), now);
    assert_eq!(structure(&database, "public"), before);
    assert_eq!(database.psql("select a from mine"), [["1"]]);
    // With tables that are not there, it is the same as without, even if they refer to those that are.
    database.psql("drop table events");
    let old = database.value(oid);
    load("members", &database, &["--scale", "0.02", "--replace", "--seed", "7"]);
    assert_eq!(rows(&database, "public"), now);
    assert_eq!(structure(&database, "public"), before);
    assert_ne!(database.value(oid), old, "the table is a new one");
}

#[test]
fn default_privileges_of_the_schema_are_granted() {
    let database = Server::shared().database();
    let role = format!("reader_{}", database.name);
    database.psql(&format!(
        "create role {role}; create schema app; \
         alter default privileges in schema app grant select on tables to {role}; \
         alter default privileges in schema app grant insert on tables to public; \
         alter default privileges in schema app grant usage on sequences to {role}; \
         alter default privileges in schema app grant usage on types to {role}"
    ));
    // Without this, every role may use every type.
    database.psql("alter default privileges revoke usage on types from public");
    let scenario = Scenario::new(
        "tables:\n  teams:\n    rows: 5\n    columns: {id: serial, plan: {choose: [free, pro], type: enum}}\n  \
         members:\n    per: teams\n    count: 3\n    columns: {id: serial, team_id: parent}\n",
    );
    let scenario = scenario.argument();
    let granted = format!(
        "select bool_and(has_table_privilege('{role}', c.oid, 'select') and has_table_privilege('{role}', c.oid, 'insert') \
         and not has_table_privilege('{role}', c.oid, 'update')) from pg_class c where relnamespace = 'app'::regnamespace \
         and relkind = 'r' having count(*) = 2"
    );
    let granted_too = format!(
        "select has_type_privilege('{role}', 'app.teams_plan', 'usage') and bool_and(has_sequence_privilege('{role}', oid, 'usage')) \
         from pg_class where relnamespace = 'app'::regnamespace and relkind = 'S' having count(*) = 2"
    );
    for flags in [
        &["--schema", "app"][..],
        &["--schema", "app", "--replace"],
        &["--schema", "app", "--replace", "--seed", "3"],
    ] {
        // What every table of the schema gets is nothing that a new one would lose.
        let plan = generate(&scenario, &database.url(), &[flags, &["--dry-run"]].concat()).output().unwrap();
        let plan = String::from_utf8_lossy(&plan.stdout);
        assert!(plan.contains("built in a private schema"), "{plan}");
        load(&scenario, &database, flags);
        assert_eq!(database.value(&granted), "t", "{flags:?}");
        assert_eq!(database.value(&granted_too), "t", "{flags:?}");
    }
    database.psql(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn an_extension_may_be_in_any_schema() {
    let scenario = Scenario::new(
        "tables:\n  people:\n    rows: 5\n    columns:\n      id: serial\n      \
           email: {text: \"P{id}@x.example\", type: citext, unique: true}\n      \
           kind: {choose: [a, b], type: citext}\n      \
           tags: {array: {of: {choose: [a, b], type: citext}, length: 2}}\n",
    );
    let database = Server::shared().database();
    if database.value("select count(*) from pg_available_extensions where name = 'citext'") == "0" {
        return;
    }
    database.psql("create schema \"my extensions\"; create extension citext schema \"my extensions\"");
    for flags in [&[][..], &["--replace"]] {
        load(&scenario.argument(), &database, flags);
        let equal = "select count(*) from people where email operator(\"my extensions\".=) 'p3@X.example'";
        assert_eq!(database.value(equal), "1");
    }
}

#[test]
fn names_that_something_else_has_are_told_before_a_row_is_made() {
    let scenario = Scenario::new(
        "tables:\n  teams:\n    rows: 5\n    columns: {id: serial, plan: {choose: [free, pro], type: enum}}\n    index: [plan]\n",
    );
    let database = Server::shared().database();
    for (statement, name) in [
        ("create sequence teams_id_seq", "teams_id_seq"),
        ("create domain teams as int4", "teams"),
        ("create table _teams ()", "_teams"),
        ("create view teams_pkey as select 1", "teams_pkey"),
        ("create type teams_plan_idx as (a int4)", "teams_plan_idx"),
        ("create type teams_plan as enum ('free')", "teams_plan"),
        ("create domain _teams_plan as int4", "_teams_plan"),
    ] {
        database.psql(statement);
        let before = held(&database, "public");
        for flags in [&[][..], &["--replace"], &["--dry-run"]] {
            let words = ["names in schema `public` are taken already: ", &format!("`{name}`\n"), "hint: "];
            refused(&scenario.argument(), &database, flags, 2, &words);
        }
        assert_eq!(held(&database, "public"), before);
        database.psql("drop schema public cascade; create schema public");
    }
    // Objects that are dropped with the replaced tables are not in the way.
    load(&scenario.argument(), &database, &[]);
    load(&scenario.argument(), &database, &["--replace"]);
}

#[test]
fn rows_are_added_to_those_that_are_there() {
    let database = Server::shared().database();
    let scenario = |start: u32| {
        Scenario::new(&format!(
            "tables:\n  teams:\n    rows: 5\n    columns:\n      id: {{serial: {{start: {start}}}}}\n      name: company\n  \
             members:\n    per: teams\n    count: 3\n    columns:\n      id: {{serial: {{start: {start}}}}}\n      team_id: parent\n"
        ))
    };
    load(&scenario(100).argument(), &database, &[]);
    load(&scenario(500).argument(), &database, &["--append"]);
    assert_eq!(
        database.value("select count(*) || ' ' || min(id) || ' ' || max(id) from teams"),
        "10 100 504"
    );
    assert_eq!(database.value("select count(*) from members m join teams t on t.id = m.team_id"), "30");
    assert_eq!(database.value("insert into teams (name) values ('x') returning id"), "505");
    // A sequence does not go back.
    load(&scenario(200).argument(), &database, &["--append"]);
    assert_eq!(database.value("insert into teams (name) values ('x') returning id"), "506");
    // Without tables, they are made.
    database.psql("drop table members");
    load(&scenario(700).argument(), &database, &["--append"]);
    assert_eq!(database.value("select count(*) from members m join teams t on t.id = m.team_id"), "15");
    assert_eq!(
        database.value(
            "select count(*) from pg_constraint where conrelid = 'members'::regclass and contype = 'f'"
        ),
        "1"
    );
}

#[test]
fn a_dry_run_changes_nothing_and_names_every_table() {
    let database = Server::shared().database();
    let dry = |flags: &[&str]| {
        let flags: Vec<&str> = flags.iter().copied().chain(["--dry-run"]).collect();
        let output = generate("minimal", &database.url(), &flags).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let plan = dry(&[]);
    assert!(plan.contains("create \"public\".\"teams\": 20 rows\n"), "{plan}");
    assert!(plan.contains("create \"public\".\"members\": 231 rows\n"), "{plan}");
    assert!(plan.contains("private schema") && plan.contains("one transaction"), "{plan}");
    assert_eq!(held(&database, "public"), [""; 0]);

    load("minimal", &database, &[]);
    database.psql("create view v as select id from members");
    let before = held(&database, "public");
    let plan = dry(&["--replace"]);
    assert!(plan.contains("empty and fill \"public\".\"teams\"") && plan.contains("view public.v"), "{plan}");
    let plan = dry(&["--append"]);
    assert!(plan.contains("add to \"public\".\"members\": 231 rows\n"), "{plan}");
    assert_eq!(held(&database, "public"), before);
    assert_eq!(private_schemas(&database), [""; 0]);
}

#[test]
fn keys_can_be_left_out() {
    let database = Server::shared().database();
    load("members", &database, &["--scale", "0.02", "--no-keys"]);
    let query = "select (select count(*) from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'), \
        (select count(*) from pg_index join pg_class c on c.oid = indrelid where relnamespace = 'public'::regnamespace)";
    assert_eq!(database.psql(query), [["0", "0"]]);
    let bare = rows(&database, "public");
    assert_eq!(bare.len(), 7);
    load("members", &database, &["--scale", "0.02", "--no-keys", "--append"]);
    assert_eq!(database.value("select count(*) from plans"), "8");
    // Replacing rows does not change tables.
    load("members", &database, &["--scale", "0.02", "--replace"]);
    assert_eq!(rows(&database, "public"), bare);
    assert_eq!(database.psql(query), [["0", "0"]]);
    load("members", &database, &["--scale", "0.02", "--replace", "--no-keys", "--seed", "2"]);
    assert_ne!(rows(&database, "public"), bare);
    assert_eq!(database.psql(query), [["0", "0"]]);
}

#[test]
fn tables_that_are_left_out_take_foreign_keys_with_them() {
    let database = Server::shared().database();
    let said = load("minimal", &database, &["--tables", "members"]);
    assert!(
        said.contains(
            "note: foreign key (team_id) of table `members` is left out, because table `teams` is not loaded"
        ),
        "{said}"
    );
    assert_eq!(database.value("select count(*) from members"), "231");
    assert_eq!(database.value("select count(*) from pg_constraint where contype = 'f'"), "0");
    assert_eq!(database.value("select to_regclass('teams') is null"), "t");
}

#[test]
fn a_schema_is_named_and_must_exist() {
    let database = Server::shared().database();
    refused(
        "minimal",
        &database,
        &["--schema", "other"],
        2,
        &["schema `other` does not exist", "create schema \"other\""],
    );
    database.psql("create schema other");
    load("minimal", &database, &["--schema", "other"]);
    assert_eq!(rows(&database, "other").len(), 2);
    assert_eq!(held(&database, "public"), [""; 0]);
    for schema in ["pg_catalog", "pg_temp", "information_schema"] {
        refused("minimal", &database, &["--schema", schema], 2, &["belongs to the server"]);
    }
    let private = "seedbed_00000000000000ff";
    refused("minimal", &database, &["--schema", private], 2, &["is private to a load"]);
    // What other tools add to a URL is explained and not obeyed.
    let output = generate("minimal", &(database.url() + "?schema=other"), &[]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("--schema other"), "{}", stderr(&output));
    assert_eq!(rows(&database, "public"), rows(&database, "other"));
}

#[test]
fn another_machine_is_not_touched_unasked() {
    // An address that no machine has: a connection to it would wait.
    let begun = Instant::now();
    for more in [&[][..], &["--dry-run"], &["--replace"]] {
        let output = generate("minimal", "postgres://me:s3cret@192.0.2.1/db", more).output().unwrap();
        let said = assert_failed(&output, 2, &["is another machine", "--allow-remote"]);
        assert!(!said.contains("s3cret"), "{said}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    let asked =
        generate("minimal", "postgres://me@nowhere.invalid/db", &["--allow-remote"]).output().unwrap();
    assert_failed(&asked, 1, &["cannot connect to", "nowhere.invalid"]);
}

#[test]
fn tables_without_rows_are_tables() {
    let scenario = Scenario::new(
        "tables:\n  none: {rows: 0, columns: {id: serial, name: company}}\n  \
         children: {per: none, count: 3, columns: {id: serial, none_id: parent}}\n  \
         few: {rows: 2, columns: {id: serial}}\n",
    );
    let database = Server::shared().database();
    for flags in [&[][..], &["--replace"]] {
        load(&scenario.argument(), &database, flags);
        let counts =
            "select (select count(*) from none), (select count(*) from children), (select count(*) from few)";
        assert_eq!(database.psql(counts), [["0", "0", "2"]]);
        assert_eq!(database.value("select reltuples from pg_class where relname = 'none'"), "0");
    }
    assert_eq!(
        database.value("select count(*) from pg_constraint where contype = 'f' and convalidated"),
        "1"
    );
    assert_eq!(database.value("insert into none (name) values ('x') returning id"), "1");
}

#[test]
fn the_environment_says_where_to_when_nothing_else_does() {
    let database = Server::shared().database();
    let output =
        generate("minimal", "postgres:", &["--quiet"]).env("DATABASE_URL", database.url()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "quiet");
    assert_eq!(rows(&database, "public").len(), 2);
}

#[test]
fn a_password_is_shown_nowhere() {
    let database = Server::shared().database();
    let url = database.url().replacen("postgres@", "postgres:s3cret-w0rd@", 1);
    let closed = "postgres://me:s3cret-w0rd@127.0.0.1:1/db";
    let runs = [
        (url.as_str(), vec!["--dry-run"], 0),
        (&url, vec!["--json"], 0),
        (&url, vec![], 2),
        (&url, vec!["--replace"], 0),
        (&url, vec!["--append"], 1),
        (&url, vec!["--schema", "none"], 2),
        (closed, vec![], 1),
        (&url, vec!["--format", "csv"], 2),
        (&url, vec!["--jobs", "0"], 2),
    ];
    for (url, more, code) in runs {
        let output = generate("minimal", url, &more).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", stderr(&output));
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
        assert!(said.len() > 20 && !said.contains("s3cret"), "{more:?}: {said}");
    }
}

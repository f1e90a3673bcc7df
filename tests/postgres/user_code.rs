//! Code of the user's that rows set off: named before it runs, and run as for any client.

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate, held, load, refused};

const SCENARIO: &str = "tables: {t: {rows: 3, columns: {id: serial, name: {text: \"n{id}\"}}}}";

/// What a dry run says.
fn dry_run(scenario: &Scenario, database: &Database, flags: &[&str]) -> String {
    let flags = [flags, &["--dry-run"]].concat();
    let output = generate(&scenario.argument(), &database.url(), &flags).output().expect("the binary starts");
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Functions without a path of their own name things as the database's path has them. They find them in a load, which tells
/// them all, and sets off none of them before.
#[test]
fn code_of_the_users_is_named_and_finds_its_names() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let path = "alter database DATABASE set search_path to app, public";
    database.psql(&path.replace("DATABASE", &database.name));
    database.psql(
        "create schema app; create table app.log (what text); \
         create function app.is_fine(text) returns bool language sql as 'select $1 not in (select what from log)'; \
         create function app.loud(text) returns text language plpgsql immutable as 'begin return upper(quiet($1)); end'; \
         create function app.quiet(text) returns text language sql immutable as 'select $1'; \
         create function app.now_and_then() returns int language plpgsql as 'begin return (select count(*) from log); end'; \
         create function app.note() returns trigger language plpgsql as $$ begin \
           insert into log values (tg_op || ' ' || tg_name); if tg_op = 'INSERT' then return new; end if; return null; end $$; \
         create function app.same(text, text) returns bool language sql as 'select quiet($1) = $2'; \
         create operator app.=== (leftarg = text, rightarg = text, function = app.same); \
         create domain app.word as text constraint fine check (app.is_fine(value)); \
         create table public.t (id int8, name app.word, number int default app.now_and_then(), \
           made text generated always as (app.loud(name::text)) stored, constraint itself check (name operator(app.===) name)); \
         create index loud on public.t (app.loud(name::text)); \
         create trigger each before insert on public.t for each row execute function app.note(); \
         create constraint trigger late after insert on public.t deferrable initially deferred for each row execute function app.note(); \
         create trigger emptied after truncate on public.t execute function app.note(); \
         create trigger off before insert on public.t for each row execute function app.note(); alter table public.t disable trigger off; \
         create trigger changed before update on public.t for each row execute function app.note()",
    );
    let filled = [
        "trigger `each` runs function `app.note()`",
        "trigger `late` runs function `app.note()`",
        "constraint `fine` of domain `word` runs function `app.is_fine(text)`",
        "constraint `itself` runs function `app.same(text,text)`",
        "default of column `number` runs function `app.now_and_then()`",
        "generated column `made` runs function `app.loud(text)`",
        "index `loud` runs function `app.loud(text)`",
    ];
    let plan = dry_run(&scenario, &database, &[]);
    for words in filled {
        let words = format!("  table `t`: {words} with the rights of `postgres`\n");
        assert!(plan.contains(&words), "{words}: {plan}");
    }
    assert!(["emptied", "off", "changed", "warning"].iter().all(|word| !plan.contains(word)), "{plan}");
    assert_eq!(database.value("select count(*) from app.log"), "0");
    let said = load(&scenario.argument(), &database, &[]);
    assert!(filled.iter().all(|words| said.contains(&format!("note: table `t`: {words}"))), "{said}");
    let counted = "select what || ' ' || count(*) from app.log group by what order by 1";
    let told = |database: &Database| database.psql(counted).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(told(&database), ["INSERT each 3", "INSERT late 3"]);
    assert_eq!(database.value("select string_agg(made, ' ' order by id) from t"), "N1 N2 N3");
    let plan = dry_run(&scenario, &database, &["--replace"]);
    assert!(plan.contains("trigger `emptied` runs function `app.note()`"), "{plan}");
    load(&scenario.argument(), &database, &["--replace"]);
    assert_eq!(told(&database), ["INSERT each 6", "INSERT late 6", "TRUNCATE emptied 1"]);
}

/// A role that owns a database, and is no superuser.
fn owner(database: &Database) -> String {
    let role = format!("owner_of_{}", database.name);
    database.psql(&format!(
        "create role {role}; alter database {} owner to {role}; alter schema public owner to {role}",
        database.name
    ));
    role
}

/// A key of another type than what it refers to is cast by a function that nothing names: PostgreSQL has no dependency for it.
#[test]
fn a_cast_behind_a_foreign_key_is_named() {
    let scenario = Scenario::new(
        "tables: {p: {rows: 3, columns: {id: serial}}, c: {rows: 3, columns: {id: serial, p: {text: \"({id})\"}}}}",
    );
    let database = Server::shared().database();
    let role = owner(&database);
    database.psql(&format!(
        "create sequence ran; alter sequence ran owner to {role}; set role {role}; create type pr as (x int8); \
         create function pr2(pr) returns int8 language plpgsql immutable as \
           $$ begin perform pg_catalog.nextval('public.ran'); return $1.x; end $$; \
         create cast (pr as int8) with function pr2(pr) as implicit; create domain prd as pr; \
         create table p (id int8 primary key); create table c (id int8, p prd references p)"
    ));
    let words = [
        format!(
            "table `c`: foreign key `c_p_fkey` runs function `public.pr2(public.pr)` of role `{role}` with the rights of `postgres`"
        ),
        format!("warning: what `{role}` wrote can do all that `postgres`, a superuser may"),
    ];
    let plan = dry_run(&scenario, &database, &[]);
    assert!(words.iter().all(|words| plan.contains(words)), "{plan}");
    assert_eq!(database.value("select is_called from ran"), "f");
    let said = load(&scenario.argument(), &database, &[]);
    assert!(words.iter().all(|words| said.contains(words)), "{said}");
    assert_eq!(database.value("select is_called from ran"), "t");
}

/// What checks name, values of their types run: the constraint of a domain that only a check mentions.
#[test]
fn a_domain_within_an_expression_is_named() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = owner(&database);
    database.psql(&format!(
        "set role {role}; create function fine(text) returns bool language plpgsql as 'begin return true; end'; \
         create domain word as text constraint fine check (public.fine(value)); \
         create table t (id int8, name text check (name::word is not null))"
    ));
    let plan = dry_run(&scenario, &database, &[]);
    let words =
        format!("constraint `fine` of domain `word` runs function `public.fine(text)` of role `{role}`");
    assert!(plan.contains(&words), "{plan}");
}

/// An operator class says how an index, a sort and ANALYZE compare values. Only a superuser makes one, and the functions that it
/// calls may be another's.
#[test]
fn functions_of_operator_classes_are_named() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = owner(&database);
    database.psql(&format!(
        "set role {role}; create function differ(int8, int8) returns int language plpgsql immutable as \
           'begin return pg_catalog.btint8cmp($1, $2); end'; reset role; \
         create operator class backwards for type int8 using btree as operator 1 <, operator 2 <=, operator 3 =, \
           operator 4 >=, operator 5 >, function 1 differ(int8, int8); set role {role}; \
         create table t (id int8, name text); create index on t (id backwards)"
    ));
    let plan = dry_run(&scenario, &database, &[]);
    let words =
        format!("operator class `backwards` runs function `public.differ(bigint,bigint)` of role `{role}`");
    assert!(plan.contains(&words), "{plan}");
}

/// A role that installs a trusted extension owns it without being a superuser, and can hide a function of its own in it.
#[test]
fn a_function_in_an_extension_is_named_unless_its_owner_is_trusted() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = owner(&database);
    database.psql(&format!(
        "drop extension plpgsql; set role {role}; create extension plpgsql; create table t (id int8, name text); \
         create function own() returns trigger language plpgsql as 'begin return new; end'; \
         alter extension plpgsql add function own(); \
         create trigger own before insert on t for each row execute function own()"
    ));
    let plan = dry_run(&scenario, &database, &[]);
    let words = [
        format!("trigger `own` runs function `public.own()` of role `{role}` with the rights of `postgres`"),
        format!("warning: what `{role}` wrote can do all that `postgres`, a superuser may"),
    ];
    assert!(words.iter().all(|words| plan.contains(words)), "{plan}");
    // What a superuser put there is trusted, and so is what the role itself did.
    database.psql("alter function own() owner to postgres");
    let plan = dry_run(&scenario, &database, &[]);
    assert!(!plan.contains("public.own()"), "{plan}");
}

/// ANALYZE works out the expressions of extended statistics.
#[test]
fn functions_of_statistics_are_named() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = owner(&database);
    database.psql(&format!(
        "set role {role}; create table t (id int8, name text); \
         create function seen(text) returns text language plpgsql immutable as 'begin return $1; end'; \
         create statistics st on (seen(name)) from t"
    ));
    let plan = dry_run(&scenario, &database, &[]);
    let words = format!("table `t`: statistics `st` runs function `public.seen(text)` of role `{role}`");
    assert!(plan.contains(&words), "{plan}");
}

/// A function that runs with its owner's rights is told so, and an event trigger, which every load sets off, too.
#[test]
fn whose_rights_code_has_is_told() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = format!("writer_of_{}", database.name);
    database.psql(&format!(
        "create role {role}; create table t (id int8, name text); \
         create function theirs() returns trigger language plpgsql security definer as 'begin return new; end'; \
         alter function theirs() owner to {role}; \
         create trigger theirs before insert on t for each row execute function theirs()"
    ));
    let plan = dry_run(&scenario, &database, &[]);
    let words = format!(
        "trigger `theirs` runs function `public.theirs()` of role `{role}` with the rights of `{role}`"
    );
    assert!(plan.contains(&words) && !plan.contains("warning"), "{plan}");
    database.psql(
        "drop table t; create function seen() returns event_trigger language plpgsql as 'begin end'; \
         create event trigger seen on ddl_command_end execute function seen()",
    );
    let plan = dry_run(&scenario, &database, &[]);
    assert!(
        plan.contains("event trigger `seen` runs function `public.seen()` with the rights of `postgres`"),
        "{plan}"
    );
    assert!(plan.contains("private schema"), "{plan}");
}

/// The server looks for NULL after the triggers that run before a row, so one of them may fill in what the scenario does not.
#[test]
fn a_column_that_a_trigger_fills_is_no_fault() {
    let scenario =
        Scenario::new("tables: {t: {rows: 3, columns: {id: serial, name: {text: \"n{id}\", null: 0.5}}}}");
    let database = Server::shared().database();
    database.psql(
        "create table t (id int8, name text not null, made_by text not null); \
         create function fill() returns trigger language plpgsql as \
           $$ begin new.made_by := 'me'; new.name := coalesce(new.name, ''); return new; end $$",
    );
    let faults = ["column `made_by` must have a value", "column `name` refuses NULL"];
    refused(&scenario.argument(), &database, &[], 2, &faults);
    // One that does not run before each row that comes cannot fill it.
    for other in [
        "create trigger fill before update on t for each row execute function fill()",
        "create trigger fill after insert on t for each row execute function fill()",
        "create trigger fill before insert on t for each statement execute function fill()",
        "create trigger fill before insert on t for each row execute function fill(); alter table t disable trigger fill",
    ] {
        database.psql(other);
        refused(&scenario.argument(), &database, &[], 2, &faults);
        database.psql("drop trigger fill on t");
    }
    database.psql("create trigger fill before insert on t for each row execute function fill()");
    let told = [
        "column `t.name` refuses NULL, and the scenario makes some: the load fails unless a trigger that runs before each row \
         fills it (`fill`)",
        "column `t.made_by` must have a value, and the scenario has none for it: the load fails unless a trigger that runs \
         before each row fills it (`fill`)",
    ];
    let plan = dry_run(&scenario, &database, &[]);
    assert!(told.iter().all(|words| plan.contains(words)), "{plan}");
    let said = load(&scenario.argument(), &database, &[]);
    assert!(told.iter().all(|words| said.contains(words)), "{said}");
    assert_eq!(database.value("select count(*) from t where made_by = 'me' and name is not null"), "3");
    // A trigger that fills nothing is met by the server, and nothing stays.
    database.psql(
        "truncate t; create or replace function fill() returns trigger language plpgsql as 'begin return new; end'",
    );
    refused(&scenario.argument(), &database, &[], 1, &["SQLSTATE 23502"]);
    assert_eq!(database.value("select count(*) from t"), "0");
}

/// NULL that a domain refuses is refused before any trigger runs.
#[test]
fn a_trigger_cannot_fill_what_a_domain_refuses() {
    let scenario =
        Scenario::new("tables: {t: {rows: 3, columns: {id: serial, name: {text: \"n{id}\", null: 0.5}}}}");
    let database = Server::shared().database();
    database.psql(
        "create domain given as text not null; create domain more as given; create table t (id int8, name more, made_by given); \
         create function fill() returns trigger language plpgsql as \
           $$ begin new.made_by := 'me'; new.name := coalesce(new.name, ''); return new; end $$; \
         create trigger fill before insert on t for each row execute function fill()",
    );
    let words = [
        "column `name` refuses NULL by its domain, before any trigger could fill it, and the scenario makes some",
        "column `made_by` must have a value by its domain, before any trigger could fill it, and the scenario has none for it",
    ];
    refused(&scenario.argument(), &database, &["--dry-run"], 2, &words);
}

/// COPY fills no table whose policies apply to the role, and rows that they hide cannot be compared: both are told at once, and
/// no policy is asked.
#[test]
fn row_level_security_is_told_before_anything_happens() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    let role = format!("guest_of_{}", database.name);
    database.psql(&format!(
        "create role {role} login; create sequence asked; grant usage on sequence asked to public; \
         create table t (id int8, name text); grant all on t to {role}; alter table t enable row level security; \
         create policy p on t using (nextval('asked') > 0) with check (true)"
    ));
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    let before = held(&database, "public");
    for flags in [&[][..], &["--append"], &["--replace"], &["--dry-run"]] {
        let output = generate(&scenario.argument(), &url, flags).output().expect("the binary starts");
        let words = ["row-level security applies to this role", "`t`", "hint: ", "BYPASSRLS"];
        let said = super::loading::assert_failed(&output, 2, &words);
        assert!(!said.contains("INSERT"), "{said}");
    }
    assert_eq!(held(&database, "public"), before);
    // The owner is not under it, unless it is forced.
    load(&scenario.argument(), &database, &[]);
    let verify = |url: &str| {
        let arguments = ["verify", &scenario.argument(), "--to", url];
        let output = seedbed_tests::command::seedbed(arguments).output().expect("the binary starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(verify(&database.url()).0, Some(0));
    let (code, said) = verify(&url);
    assert!(code == Some(1) && said.contains("row-level security hides rows from this role"), "{said}");
    assert_eq!(database.value("select is_called from asked"), "f");
    database.psql(&format!("alter table t owner to {role}; alter table t force row level security"));
    let output = generate(&scenario.argument(), &url, &["--append"]).output().expect("the binary starts");
    super::loading::assert_failed(
        &output,
        2,
        &["row-level security applies to this role", "no force row level security"],
    );
    database.psql("alter table t no force row level security");
    let output = generate(&scenario.argument(), &url, &["--append"]).output().expect("the binary starts");
    assert!(output.status.success(), "{}", stderr(&output));
}

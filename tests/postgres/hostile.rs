//! Databases whose owner sets traps for those who connect: nothing of the owner's runs as a superuser unasked.

use std::fs;
use std::process::Output;

use seedbed_tests::command::{seedbed, stderr};
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate};

/// Keys, an enum, a check, a foreign key, an index, an array: whatever seedbed makes statements of.
const SCENARIO: &str = "tables:
  kinds:
    about: kinds of things
    rows: 5
    columns: {id: serial, name: company}
  things:
    per: kinds
    count: 3
    index: [[kind_id, state]]
    columns:
      id: serial
      kind_id: parent
      code: {text: \"T{id}\", unique: true}
      label: {choose: [a, b], type: enum}
      state: {choose: [new, old]}
      price: {decimal: {from: 0, to: 100, scale: 2}}
      tags: {array: {of: {choose: [x, y]}, length: 2}}
      made_at: {moment: {from: 2024-01-01, to: 2025-01-01}}
";

/// A database with traps, and the role that has set them.
struct Trapped {
    database: Database<'static>,
    role: String,
}

impl Trapped {
    fn new() -> Self {
        let database = Server::shared().database();
        let role = format!("owner_of_{}", database.name);
        let traps = concat!(env!("CARGO_MANIFEST_DIR"), "/postgres/traps.sql");
        let traps = fs::read_to_string(traps).expect("the file is there");
        database.psql(&format!(
            "create role {role} login; alter database {0} owner to {role}; alter schema public owner to {role}; \
             set role {role}; {traps}",
            database.name
        ));
        let trapped = Self { database, role };
        for of in [
            format!("database {}", trapped.database.name),
            format!("role postgres in database {}", trapped.database.name),
        ] {
            trapped.psql(&format!("alter {of} set search_path to evil, \"$user\", public, pg_catalog"));
        }
        trapped
    }

    /// Runs statements that step into no trap.
    fn psql(&self, statements: &str) -> Vec<Vec<String>> {
        self.database.psql(&format!("set search_path to pg_catalog, pg_temp; {statements}"))
    }

    /// The same as the role that has set the traps.
    fn psql_as_owner(&self, statements: &str) {
        self.psql(&format!("set role {}; {statements}", self.role));
    }

    /// Whether a trap has been stepped into since the last time that this was asked.
    fn has_run(&self) -> bool {
        let told = self.psql("select is_called from proof.ran");
        self.psql("alter sequence proof.ran restart");
        told == [["t"]]
    }

    fn generate(&self, scenario: &Scenario, more: &[&str]) -> Output {
        generate(&scenario.argument(), &self.database.url(), more).output().expect("the binary starts")
    }

    fn verify(&self, scenario: &Scenario, more: &[&str]) -> Output {
        let (scenario, url) = (scenario.argument(), self.database.url());
        let arguments = ["verify", &scenario, "--to", &url];
        let mut command = seedbed(arguments.into_iter().chain(more.iter().copied()));
        command.env_remove("PGOPTIONS").output().expect("the binary starts")
    }

    /// The command succeeded, and no trap has sprung.
    fn assert_untouched(&self, output: &Output, what: &str) {
        let said = format!("{}{}", stderr(output), String::from_utf8_lossy(&output.stdout));
        assert!(!self.has_run(), "{what}: a trap has run as a superuser: {said}");
        assert!(output.status.success(), "{what}: {said}");
    }
}

#[test]
fn nothing_of_an_owner_of_a_database_runs_as_a_superuser() {
    let trapped = Trapped::new();
    // The traps are sharp: a query as careful people write them steps into them.
    for query in [
        "select relname from pg_catalog.pg_class where oid = 1259",
        "select relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where nspname = 'x'",
        "select 'x'::text",
        "select nspname from pg_namespace",
        "select quote_ident('x'::pg_catalog.text)",
    ] {
        trapped.database.psql(query);
        assert!(trapped.has_run(), "this steps into no trap: {query}");
    }
    let scenario = Scenario::new(SCENARIO);
    let load = |flags: &[&str]| {
        let dry = [flags, &["--dry-run"]].concat();
        trapped.assert_untouched(&trapped.generate(&scenario, &dry), &format!("{dry:?}"));
        trapped.assert_untouched(&trapped.generate(&scenario, flags), &format!("{flags:?}"));
        trapped.assert_untouched(&trapped.verify(&scenario, &[]), &format!("verify after {flags:?}"));
    };
    // New tables, and new ones in their place.
    load(&[]);
    load(&["--replace"]);
    load(&["--replace", "--no-keys"]);
    load(&["--replace"]);
    // What an earlier load has left.
    trapped.psql_as_owner(
        "create schema seedbed_0123456789abcdef; \
         comment on schema seedbed_0123456789abcdef is 'a load of seedbed''s is under way here'",
    );
    // Tables of the owner's, which are filled in place.
    trapped.psql(&format!(
        "alter table public.kinds owner to {0}; alter table public.things owner to {0}",
        trapped.role
    ));
    trapped.psql_as_owner(
        "create view public.v as select id from public.things; comment on table public.kinds is 'mine'",
    );
    load(&["--replace"]);
    trapped.psql_as_owner("truncate public.kinds, public.things");
    load(&[]);
    trapped.psql_as_owner("truncate public.kinds, public.things");
    load(&["--append"]);
    // Refusals look at the tables, too.
    let refused = trapped.generate(&scenario, &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(!trapped.has_run(), "a refusal");
    // A trigger may run, because rows have to set it off; what it does to the session is not to reach anything else.
    trapped.psql_as_owner(
        "truncate public.kinds, public.things; \
         create function public.mislead() returns trigger language plpgsql as \
           $$ begin perform pg_catalog.set_config('search_path', 'evil, pg_catalog', false); return new; end $$; \
         create trigger mislead after insert on public.kinds for each row execute function public.mislead()",
    );
    let misled = trapped.generate(&scenario, &["--append"]);
    trapped.assert_untouched(&misled, "--append with a trigger that sets a path");
    let said = stderr(&misled);
    for words in [
        format!(
            "trigger `mislead` runs function `public.mislead()` of role `{}` with the rights of `postgres`",
            trapped.role
        ),
        format!("warning: what `{}` wrote can do all that `postgres`, a superuser may", trapped.role),
    ] {
        assert!(said.contains(&words), "{words}: {said}");
    }
}

/// A view that stands in the place of a table, and a type with a cast of its own, run nothing when they are read.
#[test]
fn reading_back_runs_nothing() {
    let trapped = Trapped::new();
    let scenario = Scenario::new(
        "tables: {t: {rows: 3, columns: {id: serial, i: {text: \"(1,{id})\"}, l: {array: {of: {choose: [\"(1,2)\", \"(3,)\"]}, length: 2}}}}}",
    );
    trapped.psql_as_owner(
        "create schema seen; create type seen.pair as (a int4, b int4); \
         create function seen.told(seen.pair) returns text language plpgsql as \
           $$ begin perform proof.touch(); return 'told'; end $$; \
         create cast (seen.pair as text) with function seen.told(seen.pair) as assignment; \
         create table seen.t (id int8, i seen.pair, l seen.pair[])",
    );
    trapped
        .psql("insert into seen.t values (0, (0, 0), null); select i::text from seen.t; delete from seen.t");
    assert!(trapped.has_run(), "the cast is a trap");
    let seen = ["--schema", "seen"];
    trapped.assert_untouched(&trapped.generate(&scenario, &seen), "a load into a type with a cast");
    trapped.assert_untouched(&trapped.verify(&scenario, &seen), "a type with a cast");
    trapped.psql_as_owner(
        "alter table seen.t rename to kept; create view seen.t as select id, i, l from seen.kept where proof.touch()",
    );
    let verified = trapped.verify(&scenario, &seen);
    assert!(!trapped.has_run(), "a view has run as a superuser");
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.code() == Some(1) && said.contains("it is a view"), "{said}");
}

//! Loads as processes, and what a database holds before and after them. `psql` is the witness.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use seedbed_tests::command::{seedbed, stderr};
use seedbed_tests::server::Database;

/// Names of private schemas.
pub(crate) const PRIVATE: &str = "^seedbed_[0-9a-f]{16}$";

/// A scenario in a file of its own.
pub(crate) struct Scenario {
    folder: tempfile::TempDir,
}

impl Scenario {
    pub(crate) fn new(text: &str) -> Self {
        let scenario = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        fs::write(scenario.path(), text).expect("a file can be written");
        scenario
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("scenario.yaml")
    }

    /// What the command line takes.
    pub(crate) fn argument(&self) -> String {
        self.path().display().to_string()
    }
}

/// `seedbed generate <scenario> --to <url> …`, with nothing of the environment that means a database.
pub(crate) fn generate(scenario: &str, url: &str, more: &[&str]) -> Command {
    let mut command = seedbed(["generate", scenario, "--to", url].into_iter().chain(more.iter().copied()));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG") || name == "DATABASE_URL") {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Loads and expects success; gives what the process said on stderr.
pub(crate) fn load(scenario: &str, database: &Database, more: &[&str]) -> String {
    let output = generate(scenario, &database.url(), more).output().expect("the binary starts");
    assert!(output.status.success(), "{scenario} {more:?}: {}: {}", output.status, stderr(&output));
    stderr(&output)
}

/// Loads and expects an exit code and words on stderr, which are given.
pub(crate) fn refused(
    scenario: &str,
    database: &Database,
    more: &[&str],
    code: i32,
    words: &[&str],
) -> String {
    let output = generate(scenario, &database.url(), more).output().expect("the binary starts");
    assert_failed(&output, code, words)
}

/// Expects an exit code and words on stderr, which are given.
pub(crate) fn assert_failed(output: &Output, code: i32, words: &[&str]) -> String {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Queries, each of which gives the number of rows of a table of a schema and an MD5 sum of all of them.
fn row_queries(schema: &str) -> String {
    format!(
        "select format('select %L, count(*), md5(string_agg(t::text, chr(10) order by t::text collate \"C\")) \
         from %I.%I t', relname, nspname, relname) \
         from pg_class c join pg_namespace n on n.oid = relnamespace \
         where nspname = '{schema}' and relkind in ('r', 'p') and not relispartition"
    )
}

fn run_row_queries(database: &Database, queries: &[String]) -> Vec<String> {
    if queries.is_empty() {
        return Vec::new();
    }
    let query = format!("{} order by 1", queries.join(" union all "));
    database.psql(&query).into_iter().map(|row| row.join(" ")).collect()
}

/// The rows of every table of a schema, as their number and an MD5 sum of all of them, sorted by table.
pub(crate) fn rows(database: &Database, schema: &str) -> Vec<String> {
    let queries: Vec<String> = database.psql(&row_queries(schema)).into_iter().flatten().collect();
    run_row_queries(database, &queries)
}

/// A query for everything of a schema but rows and grants, as lines.
fn structure_query(schema: &str) -> String {
    format!(
        "select line from (with s as (select oid from pg_namespace where nspname = '{schema}'), \
         c as (select c.* from pg_class c join s on s.oid = relnamespace) \
           select format('%s %s', relkind, relname) from c \
           union all select format('column %s %s %s %s %s %s %s', relname, attnum, attname, \
               format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated) \
             from c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped and relkind in ('r', 'p') \
           union all select format('constraint %s %s %s %s', relname, conname, convalidated, pg_get_constraintdef(k.oid)) \
             from c join pg_constraint k on conrelid = c.oid \
           union all select format('index %s %s', i.indisvalid, pg_get_indexdef(indexrelid)) \
             from c join pg_index i on indrelid = c.oid and relkind in ('r', 'p') \
           union all select format('comment %s %s %s', relname, objsubid, description) \
             from c join pg_description d on objoid = c.oid and classoid = 'pg_class'::regclass \
           union all select format('trigger %s %s', relname, tgname) \
             from c join pg_trigger on tgrelid = c.oid and not tgisinternal \
           union all select format('enum %s %s', typname, enumlabel) \
             from pg_type t join s on s.oid = typnamespace join pg_enum on enumtypid = t.oid) lines(line)"
    )
}

/// Everything of a schema but rows and grants, as lines: columns, keys, checks, indexes, comments, types, views, triggers.
pub(crate) fn structure(database: &Database, schema: &str) -> Vec<String> {
    database.psql(&(structure_query(schema) + " order by 1")).into_iter().flatten().collect()
}

/// Everything of a schema, rows first: what a load must leave alone unless it succeeds.
pub(crate) fn held(database: &Database, schema: &str) -> Vec<String> {
    let query = format!(
        "select false, line from ({}) l union all select true, q from ({}) q(q) order by 1, 2",
        structure_query(schema),
        row_queries(schema)
    );
    let (queries, lines): (Vec<_>, Vec<_>) = database.psql(&query).into_iter().partition(|row| row[0] == "t");
    let text = |mut row: Vec<String>| row.swap_remove(1);
    let mut held = run_row_queries(database, &queries.into_iter().map(text).collect::<Vec<_>>());
    held.extend(lines.into_iter().map(text));
    held
}

/// Private schemas that are there.
pub(crate) fn private_schemas(database: &Database) -> Vec<String> {
    let query = format!("select nspname from pg_namespace where nspname ~ '{PRIVATE}'");
    database.psql(&query).into_iter().flatten().collect()
}

/// Waits until a query gives `t`.
pub(crate) fn wait_until(database: &Database, query: &str) {
    let begun = Instant::now();
    while database.value(query) != "t" {
        assert!(begun.elapsed() < Duration::from_secs(60), "this does not come true: {query}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until no other client is connected: the server learns late that a client is gone.
pub(crate) fn wait_until_alone(database: &Database) {
    wait_until(
        database,
        "select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
}

/// A place where the server waits before commands of a kind: not those of the trial, which come before the private schema has
/// its comment.
pub(crate) struct Gate<'d>(&'d Database<'d>);

impl<'d> Gate<'d> {
    pub(crate) fn new(database: &'d Database) -> Self {
        database.psql(
            "create schema gate; create table gate.shut (tag text); \
             create function gate.wait() returns event_trigger language plpgsql as $$ begin \
               while exists (select from gate.shut where tag = tg_tag and (tag = 'COMMENT' or exists (select from pg_namespace \
                 where obj_description(oid, 'pg_namespace') like 'a load of seedbed%'))) loop \
               perform pg_sleep(0.01); end loop; \
             end $$; \
             create event trigger gate on ddl_command_start execute function gate.wait()",
        );
        Self(database)
    }

    pub(crate) fn shut(&self, tag: &str) {
        self.0.psql(&format!("insert into gate.shut values ('{tag}')"));
    }

    /// Waits until a session stands there.
    pub(crate) fn wait(&self) {
        wait_until(
            self.0,
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')",
        );
    }

    pub(crate) fn open(&self) {
        self.0.psql("delete from gate.shut");
    }
}

//! When something breaks: whatever happens to the loader, the server or the connection, the target holds what it held before or
//! all of the new data, and the next run works and leaves nothing behind.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use seedbed_tests::command::stderr;
use seedbed_tests::server::{Database, Server};

use super::loading::{
    Gate, Scenario, assert_failed, generate, held, load, private_schemas, rows, structure, wait_until,
    wait_until_alone,
};

/// What is loaded when something is to break: seven tables of ten thousand rows with all kinds of keys.
const MEMBERS: [&str; 2] = ["--scale", "0.02"];

fn spawn(scenario: &str, database: &Database, more: &[&str]) -> Child {
    let mut command = generate(scenario, &database.url(), more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

fn members<'a>(more: &[&'a str]) -> Vec<&'a str> {
    MEMBERS.iter().chain(more).copied().collect()
}

fn output(child: Child) -> Output {
    child.wait_with_output().expect("the process ends")
}

/// Makes a schema empty again.
fn empty(database: &Database) {
    database.psql("drop schema public cascade; create schema public");
}

/// What the target holds before and after a load that nothing disturbs, and how long the load takes.
struct Undisturbed {
    old: Vec<String>,
    new: Vec<String>,
    fresh: Duration,
    replaced: Duration,
}

impl Undisturbed {
    /// Loads `members` into an empty schema, and with another seed in its place.
    fn observe(database: &Database) -> Self {
        let begun = Instant::now();
        load("members", database, &MEMBERS);
        let fresh = begun.elapsed();
        let old = held(database, "public");
        let begun = Instant::now();
        load("members", database, &members(&["--replace", "--seed", "2"]));
        let replaced = begun.elapsed();
        let new = held(database, "public");
        assert_ne!(old, new);
        assert_eq!(old.len(), new.len());
        Self { old, new, fresh, replaced }
    }
}

/// Breaks loads at moments that are spread over their time, in turn into an empty schema and in the place of old data, and
/// looks at the target each time; gives how many were broken before their end.
fn break_at(
    moments: u32,
    database: &Database,
    undisturbed: &Undisturbed,
    mut hit: impl FnMut(&mut Child),
) -> u32 {
    let (mut broken, mut left) = (0, 0);
    for moment in 0..moments {
        let is_fresh = moment % 2 == 0;
        let (flags, before, after, time) = if is_fresh {
            empty(database);
            (members(&[]), &Vec::new(), &undisturbed.old, undisturbed.fresh)
        } else {
            (members(&["--replace", "--seed", "2"]), &undisturbed.old, &undisturbed.new, undisturbed.replaced)
        };
        let mut child = spawn("members", database, &flags);
        std::thread::sleep(time * (moment / 2 * 2 + 1) / moments);
        hit(&mut child);
        let output = output(child);
        wait_until_alone(database);
        left += private_schemas(database).len();
        let holds = held(database, "public");
        if output.status.success() {
            assert!(holds == *after, "moment {moment}: done, and then lost");
        } else {
            broken += 1;
            assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
            assert!(holds == *before || holds == *after, "moment {moment}: {holds:#?}");
        }
        let again = if is_fresh { members(&["--replace"]) } else { members(&["--replace", "--seed", "2"]) };
        load("members", database, &again);
        assert!(held(database, "public") == *after, "moment {moment}: the next run");
        assert_eq!(private_schemas(database), [""; 0], "moment {moment}");
    }
    assert!(left > 0, "no load was broken in the middle");
    broken
}

fn killed(moments: u32) {
    let database = Server::shared().database();
    let undisturbed = Undisturbed::observe(&database);
    let broken = break_at(moments, &database, &undisturbed, |child| {
        // SIGKILL: nothing can be tidied up.
        child.kill().expect("a process that has not been waited for");
    });
    assert!(broken > moments / 3, "{broken} of {moments}");
}

#[test]
fn a_killed_load_leaves_all_or_nothing() {
    killed(30);
}

#[test]
#[ignore = "slow: kills 100 loads"]
fn a_killed_load_leaves_all_or_nothing_at_many_moments() {
    killed(100);
}

fn crashed(moments: u32) {
    let server = Server::start("");
    let database = server.database();
    let undisturbed = Undisturbed::observe(&database);
    let broken = break_at(moments, &database, &undisturbed, |child| {
        server.kill();
        let begun = Instant::now();
        while child.try_wait().expect("a child").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the load does not notice");
            std::thread::sleep(Duration::from_millis(5));
        }
        server.revive();
    });
    assert!(broken > moments / 3, "{broken} of {moments}");
}

#[test]
fn a_server_that_stops_at_once_holds_all_or_nothing() {
    crashed(10);
}

#[test]
#[ignore = "slow: stops a server 30 times"]
fn a_server_that_stops_at_once_holds_all_or_nothing_at_many_moments() {
    crashed(30);
}

#[test]
fn a_load_that_is_done_survives_a_crash() {
    // What is not written at once is written much later.
    let server =
        Server::start("wal_writer_delay = 10s\ncheckpoint_timeout = 1h\nbgwriter_lru_maxpages = 0\n");
    let database = server.database();
    for flags in [&[][..], &["--replace", "--seed", "2"]] {
        load("minimal", &database, flags);
        let before = held(&database, "public");
        server.crash();
        assert_eq!(held(&database, "public"), before, "{flags:?}");
        assert_eq!(private_schemas(&database), [""; 0]);
    }
    // A view keeps the tables where they are.
    database.psql("create view v as select id from members; checkpoint");
    load("minimal", &database, &["--replace", "--seed", "3"]);
    let before = held(&database, "public");
    let sequence = "select last_value || ' ' || is_called from members_id_seq";
    let number = database.value(sequence);
    assert!(number.ends_with(" true"), "{number}");
    server.crash();
    assert_eq!(held(&database, "public"), before, "in place");
    assert_eq!(database.value(sequence), number);
}

#[test]
fn a_load_in_place_that_is_killed_leaves_all_or_nothing() {
    let database = Server::shared().database();
    load("members", &database, &MEMBERS);
    database.psql("create view v as select id from events");
    let old = held(&database, "public");
    let begun = Instant::now();
    load("members", &database, &members(&["--replace", "--seed", "2"]));
    let time = begun.elapsed();
    let new = held(&database, "public");
    assert_ne!(old, new);
    for moment in 0..6 {
        load("members", &database, &members(&["--replace"]));
        assert!(held(&database, "public") == old);
        let mut child = spawn("members", &database, &members(&["--replace", "--seed", "2"]));
        std::thread::sleep(time * (2 * moment + 1) / 12);
        child.kill().unwrap();
        output(child);
        wait_until_alone(&database);
        let holds = held(&database, "public");
        assert!(holds == old || holds == new, "moment {moment}: {holds:#?}");
        assert_eq!(private_schemas(&database), [""; 0]);
    }
}

/// Waits until rows are being sent.
fn wait_for_copy(database: &Database) {
    wait_until(
        database,
        "select exists (select from pg_stat_activity where datname = current_database() and state = 'active' and query like 'copy %')",
    );
}

/// A scenario that takes many seconds.
fn long() -> Scenario {
    Scenario::new(
        "tables:\n  big:\n    rows: 20_000_000\n    columns:\n      id: serial\n      text: {characters: 40}\n",
    )
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
}

#[test]
fn a_signal_ends_a_load_soon_and_leaves_the_target_as_it_was() {
    let database = Server::shared().database();
    let gate = Gate::new(&database);
    let cases = [
        ("INT", "CREATE INDEX", &[][..]),
        ("TERM", "CREATE INDEX", &["--replace", "--seed", "2"]),
        ("INT", "DROP TABLE", &["--replace", "--seed", "2"]),
        ("TERM", "CREATE TABLE", &[]),
    ];
    for (name, tag, flags) in cases {
        empty(&database);
        if !flags.is_empty() {
            load("minimal", &database, &[]);
        }
        let before = held(&database, "public");
        gate.shut(tag);
        let child = spawn("minimal", &database, flags);
        gate.wait();
        let begun = Instant::now();
        signal(&child, name);
        let output = output(child);
        let elapsed = begun.elapsed();
        assert_failed(&output, 130, &["interrupted"]);
        assert!(elapsed < Duration::from_secs(2), "{name} {tag}: {elapsed:?}");
        assert_eq!(held(&database, "public"), before, "{name} {tag}");
        assert_eq!(private_schemas(&database), [""; 0], "{name} {tag}");
        gate.open();
    }
}

#[test]
fn a_signal_ends_a_stream_soon() {
    let (database, scenario) = (Server::shared().database(), long());
    for (flags, name) in [(&[][..], "INT"), (&["--replace"], "TERM")] {
        if !flags.is_empty() {
            // Filled in place: it is not what seedbed would make.
            database.psql(
                "create table big (text text, id int8, more int); insert into big values ('mine', 1, 2)",
            );
        }
        let before = held(&database, "public");
        let child = spawn(&scenario.argument(), &database, flags);
        wait_for_copy(&database);
        let begun = Instant::now();
        signal(&child, name);
        let output = output(child);
        let elapsed = begun.elapsed();
        assert_failed(&output, 130, &["interrupted"]);
        assert!(elapsed < Duration::from_secs(2), "{name}: {elapsed:?}");
        wait_until_alone(&database);
        assert_eq!(held(&database, "public"), before, "{name}");
        assert_eq!(private_schemas(&database), [""; 0], "{name}");
    }
}

#[test]
fn a_connection_that_is_cut_fails_the_load_and_changes_nothing() {
    let (database, scenario) = (Server::shared().database(), long());
    let cut = |which: &str| {
        database.psql(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
             and pid <> pg_backend_pid() and {which}"
        ));
    };
    let before = held(&database, "public");
    let child = spawn(&scenario.argument(), &database, &[]);
    wait_for_copy(&database);
    cut("query like 'copy %'");
    let said = assert_failed(&output(child), 1, &["copy rows into table `big`"]);
    assert!(said.contains("57P01") || said.contains("lost the connection"), "{said}");
    wait_until_alone(&database);
    assert_eq!(held(&database, "public"), before);
    assert_eq!(private_schemas(&database), [""; 0], "another connection tidies up");

    let child = spawn(&scenario.argument(), &database, &[]);
    wait_for_copy(&database);
    cut("true");
    assert_failed(&output(child), 1, &["error: "]);
    wait_until_alone(&database);
    assert_eq!(held(&database, "public"), before);
    assert_eq!(private_schemas(&database), [""; 0], "a new connection tidies up");
    load("minimal", &database, &[]);

    // In place, and by a session that cancels the statement only.
    database.psql("create table big (text text, id int8, more int); insert into big values ('mine', 1, 2)");
    let before = held(&database, "public");
    for (how, words) in [("terminate", &["copy rows"][..]), ("cancel", &["SQLSTATE 57014", "copy rows"])] {
        let child = spawn(&scenario.argument(), &database, &["--replace"]);
        wait_for_copy(&database);
        database.psql(&format!("select pg_{how}_backend(pid) from pg_stat_activity where query like 'copy %' and datname = current_database()"));
        assert_failed(&output(child), 1, words);
        wait_until_alone(&database);
        assert_eq!(held(&database, "public"), before, "{how}");
    }
}

/// A file system of eight megabytes for a server; `None` where it cannot be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(server: &Server) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "seedbed-test"])
            .arg(folder.path())
            .output();
        let disk = mount.is_ok_and(|mount| mount.status.success()).then_some(Self(folder))?;
        let owner = server.data().metadata().expect("the cluster's folder");
        let place = disk.0.path().join("space");
        fs::create_dir(&place).expect("a folder can be made");
        for path in [disk.0.path(), &place] {
            chown(path, Some(owner.uid()), Some(owner.gid())).expect("the server's user owns its files");
        }
        Some(disk)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn a_full_disk_of_the_server_fails_the_load_and_changes_nothing() {
    let server = Server::start("");
    let Some(disk) = SmallDisk::mount(&server) else {
        eprintln!("skipped: mounting a tmpfs takes root");
        return;
    };
    server.psql("postgres", &format!("create tablespace small location '{}/space'", disk.0.path().display()));
    let database = server.database();
    database.psql(&format!("alter database {} set default_tablespace = small", database.name));
    load("minimal", &database, &[]);
    let before = held(&database, "public");
    let scenario = long();
    let words = ["SQLSTATE 53100", "No space left on device", "`big`", "hint: "];
    for flags in [&["--jobs", "1"][..], &["--jobs", "4"]] {
        assert_failed(&output(spawn(&scenario.argument(), &database, flags)), 1, &words);
        assert_eq!(held(&database, "public"), before);
        assert_eq!(private_schemas(&database), [""; 0]);
    }
    // In place.
    database.psql("create table big (text text, id int8, more int); insert into big values ('mine', 1, 2)");
    let before = held(&database, "public");
    assert_failed(&output(spawn(&scenario.argument(), &database, &["--replace"])), 1, &words);
    assert_eq!(held(&database, "public"), before);
    // What fits is loaded.
    load("minimal", &database, &["--replace"]);
    // The server goes before its disk does.
    drop(database);
    drop(server);
}

#[test]
fn a_reader_that_goes_away_does_no_harm() {
    let database = Server::shared().database();
    load("minimal", &database, &[]);
    let expected = held(&database, "public");
    for more in [&[][..], &["--json"]] {
        empty(&database);
        let mut child = spawn("minimal", &database, more);
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().expect("the process ends").code(), Some(0), "{more:?}");
        assert_eq!(held(&database, "public"), expected, "{more:?}");
    }
}

#[test]
fn loads_side_by_side_do_not_meet() {
    let database = Server::shared().database();
    let schemas = ["one", "two", "three"];
    for schema in schemas {
        database.psql(&format!("create schema {schema}"));
    }
    for round in 0..2 {
        let flags = |schema| members(&["--schema", schema, "--replace"]);
        let children = schemas.map(|schema| spawn("members", &database, &flags(schema)));
        for child in children {
            let output = output(child);
            assert!(output.status.success(), "{}", stderr(&output));
            assert!(!stderr(&output).contains("removed schema"), "{}", stderr(&output));
        }
        let found = schemas.map(|schema| rows(&database, schema));
        assert!(found[0].len() == 7 && found[0] == found[1] && found[1] == found[2], "round {round}");
        assert_eq!(private_schemas(&database), [""; 0]);
    }
    // Into the same place only one can go.
    let children = [(); 2].map(|()| spawn("members", &database, &MEMBERS));
    let outputs = children.map(output);
    let codes = outputs.each_ref().map(|output| output.status.code());
    assert!(codes.contains(&Some(0)) && codes != [Some(0), Some(0)], "{outputs:?}");
    assert_eq!(rows(&database, "public"), rows(&database, "one"));
    assert_eq!(private_schemas(&database), [""; 0]);
}

#[test]
fn a_dead_loads_schema_is_removed_and_no_other() {
    let database = Server::shared().database();
    // Schemas of the user's, whatever they are called.
    let own = ["seedbed_0123456789abcdef", "seedbed_fedcba9876543210", "seedbed_", "seedbed_data"];
    for schema in own {
        database.psql(&format!("create schema {schema}; create table {schema}.mine (a int)"));
    }
    database
        .psql(&format!("comment on schema {} is 'mine'; create schema other; create schema third", own[1]));
    let private = || {
        let all = private_schemas(&database).into_iter();
        all.filter(|name| !own.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let gate = Gate::new(&database);
    gate.shut("CREATE INDEX");
    let mut child = spawn("minimal", &database, &[]);
    gate.wait();
    let alive = private();
    assert_eq!(alive.len(), 1);
    let said = load("minimal", &database, &["--no-keys", "--schema", "other"]);
    assert!(!said.contains("removed"), "{said}");
    assert_eq!(private(), alive, "a load that is alive keeps its schema");
    child.kill().unwrap();
    output(child);
    gate.open();
    wait_until_alone(&database);
    assert_eq!(private(), alive);
    let planned = generate("minimal", &database.url(), &["--dry-run"]).output().unwrap();
    let planned = String::from_utf8(planned.stdout).unwrap();
    assert!(planned.contains(&format!("remove schema \"{}\"", alive[0])), "{planned}");
    assert_eq!(private(), alive, "a dry run removes nothing");
    // Also a load that is refused for another reason, or in place, leaves it or removes it, and says so.
    let said = load("minimal", &database, &["--no-keys", "--schema", "third"]);
    assert!(said.contains(&format!("removed schema `{}`", alive[0])), "{said}");
    assert_eq!(private(), [""; 0]);
    for schema in own {
        assert_eq!(database.value(&format!("select count(*) from {schema}.mine")), "0");
    }
    assert_eq!(structure(&database, "public"), [""; 0]);
}

#[test]
fn what_others_do_meanwhile_is_not_lost() {
    let database = Server::shared().database();
    let gate = Gate::new(&database);
    // Another session makes a table whose place a new one was to take.
    gate.shut("CREATE INDEX");
    let child = spawn("minimal", &database, &[]);
    gate.wait();
    database.psql("create table teams (mine int); insert into teams values (7)");
    gate.open();
    assert_failed(&output(child), 1, &["SQLSTATE 42P07", "teams"]);
    assert_eq!(database.psql("select mine from teams"), [["7"]]);
    assert_eq!(database.value("select to_regclass('members') is null"), "t");
    assert_eq!(private_schemas(&database), [""; 0]);
    // Another session changes, or replaces, a table that was to be replaced.
    for change in [
        "alter table teams add column mine int default 7",
        "drop table members; create table members (id int8); insert into members values (7)",
    ] {
        empty(&database);
        load("minimal", &database, &[]);
        // The private schema has a comment: the tables have been looked at by then.
        gate.shut("COMMENT");
        let child = spawn("minimal", &database, &["--replace", "--seed", "2"]);
        gate.wait();
        database.psql(change);
        let before = held(&database, "public");
        gate.open();
        assert_failed(&output(child), 2, &["was changed by another session meanwhile", "hint: "]);
        assert_eq!(held(&database, "public"), before, "{change}");
        assert_eq!(private_schemas(&database), [""; 0]);
    }
}

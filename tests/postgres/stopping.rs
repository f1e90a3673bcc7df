//! Loads that are stopped, or lose a connection, in the middle: they end soon, say what is left, and leave the target as it was.

use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_postgres::connect::Target;
use seedbed_postgres::load::{
    CaseTable, Existing, Keys, Missing, Progress, Report, Request, load as load_plan,
};
use seedbed_postgres::{Error, Stop};
use seedbed_tests::server::Server;

use super::loading::{
    Gate, assert_failed, generate, held, load, private_schemas, wait_until, wait_until_alone,
};
use super::proxy::{Proxy, Then};

const SCENARIO: &str =
    "tables:\n  things:\n    rows: 100_000\n    columns:\n      id: serial\n      text: {characters: 40}\n";

/// Asks a process to stop, as Ctrl-C does, and gives what it says; it must not take longer than `limit`.
fn interrupt(mut child: Child, limit: Duration) -> Output {
    let begun = Instant::now();
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > limit {
            child.kill().expect("a child can be killed");
            panic!("it does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("the process has ended")
}

fn spawn(scenario: &str, url: &str, more: &[&str]) -> Child {
    let mut command = generate(scenario, url, more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// Loads through the library, over two connections.
fn load_into(
    url: &str,
    seed: u64,
    stop: &Stop,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    let settings = Settings { seed, ..Settings::default() };
    let plan = Plan::compile(SCENARIO, &settings).expect("the scenario is right");
    let target = Target::parse(url, &|_| None).expect("the URL is right");
    let request = Request {
        tables: vec![TableId::new(0)],
        schema: "public".to_owned(),
        existing: Existing::Replace,
        missing: Missing::Make,
        jobs: 2,
        keys: Keys::All,
        cases: CaseTable::Written,
        allow_remote: false,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    load_plan(&plan, &target, &request, &pool, stop, progress)
}

/// A worker that panicked left the load waiting forever.
#[test]
fn a_panic_ends_the_load_and_leaves_nothing() {
    let database = Server::shared().database();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        load_into(&database.url(), 1, &Stop::new(), &|progress| {
            assert!(!matches!(progress, Progress::Rows { .. }), "a defect of the listener's");
        })
    }));
    assert!(ended.is_err());
    assert_eq!(private_schemas(&database), [""; 0]);
    assert_eq!(database.value("select to_regclass('things') is null"), "t");
}

/// A server that took the connection and never answered kept the load, whatever it was asked.
#[test]
fn a_signal_ends_a_load_that_is_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("postgresql://me@{}/demo", listener.local_addr().expect("an address"));
    let child = spawn("minimal", &url, &[]);
    let _connection = listener.accept().expect("a connection");
    assert_failed(&interrupt(child, Duration::from_secs(2)), 130, &["interrupted"]);
}

/// With the network gone, the server could not be told to give up, and that was waited for.
#[test]
fn a_signal_ends_a_load_whose_network_is_gone() {
    let database = Server::shared().database();
    let proxy = Proxy::new(Server::shared(), |sent| {
        // The rows of a COPY; statements are shorter.
        if sent.len() > 30_000 { Then::Freeze } else { Then::Pass }
    });
    let child = spawn("members", &proxy.url(&database.name), &["--scale", "0.02"]);
    while !proxy.is_frozen() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = interrupt(child, Duration::from_secs(60));
    let words = ["interrupted: the target is as it was; schema `seedbed_", "could not be removed"];
    assert_failed(&output, 130, &words);
    assert_eq!(database.value("select to_regclass('tenants') is null"), "t");
}

/// Counting the rows of a large scenario, before anything is sent.
#[test]
fn a_signal_ends_a_load_that_is_counting() {
    let database = Server::shared().database();
    let mut child = spawn("members", &database.url(), &["--scale", "100000", "--threads", "1"]);
    wait_until(
        &database,
        "select exists (select from pg_stat_activity where datname = current_database() and state = 'idle' \
         and pid <> pg_backend_pid() and state_change < now() - interval '300 ms')",
    );
    assert!(child.try_wait().expect("a child").is_none());
    assert_failed(&interrupt(child, Duration::from_secs(2)), 130, &["interrupted"]);
    wait_until_alone(&database);
}

/// Others went on to the end in vain, and a load that came meanwhile took what they built for a dead one's.
#[test]
fn a_load_that_loses_its_first_connection_ends_and_tidies_up() {
    let database = Server::shared().database();
    let gate = Gate::new(&database);
    gate.shut("CREATE INDEX");
    let mut child = spawn("minimal", &database.url(), &["--jobs", "1"]);
    gate.wait();
    let alive = "select count(distinct l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid \
        where l.locktype = 'advisory' and l.mode = 'ShareLock' and datname = current_database()";
    assert_eq!(database.value(alive), "2", "every connection says that the load is alive");
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'";
    assert_eq!(database.value(cut), "1");
    let begun = Instant::now();
    while child.try_wait().expect("a child").is_none() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let is_over = child.try_wait().expect("a child").is_some();
    gate.open();
    let output = child.wait_with_output().expect("the process ends");
    assert!(is_over, "the load does not notice");
    assert_failed(&output, 1, &["lost the connection while trying to hold the load together"]);
    assert_eq!(private_schemas(&database), [""; 0]);
}

/// Its other connections are being opened at that time.
#[test]
fn a_load_whose_tables_cannot_be_made_says_why_and_tidies_up() {
    let database = Server::shared().database();
    database.psql(
        "create function no() returns event_trigger language plpgsql as $$ begin \
           if exists (select from pg_namespace where obj_description(oid, 'pg_namespace') like 'a load of seedbed%') then \
             raise 'no tables today'; \
           end if; end $$; \
         create event trigger no on ddl_command_start when tag in ('CREATE TABLE') execute function no()",
    );
    let child = spawn("minimal", &database.url(), &["--jobs", "4"]);
    let output = child.wait_with_output().expect("the process ends");
    assert_failed(&output, 1, &["cannot create the tables: no tables today (SQLSTATE P0001)"]);
    assert_eq!(private_schemas(&database), [""; 0]);
    wait_until_alone(&database);
}

#[test]
fn what_cannot_be_removed_is_named() {
    let server = Server::start("");
    let database = server.database();
    let gate = Gate::new(&database);
    gate.shut("CREATE INDEX");
    let child = spawn("minimal", &database.url(), &[]);
    gate.wait();
    server.kill();
    let output = child.wait_with_output().expect("the process ends");
    server.revive();
    gate.open();
    let left = private_schemas(&database);
    assert_eq!(left.len(), 1);
    let named = format!("schema `{}` could not be removed, and the next load will do it", left[0]);
    assert_failed(&output, 1, &[&named]);
    let said = load("minimal", &database, &[]);
    assert!(said.contains(&format!("removed schema `{}`", left[0])), "{said}");
}

/// It was told as interrupted, with the target as it was.
#[test]
fn a_connection_that_breaks_while_committing_leaves_it_open_what_the_target_holds() {
    let server = Server::shared();
    let database = server.database();
    load_into(&database.url(), 1, &Stop::new(), &|_| {}).expect("a load that nothing disturbs");
    let old = held(&database, "public");
    for (then, is_asked) in [(Then::Cut, false), (Then::Cut, true), (Then::CutAnswer, true)] {
        let stop = Stop::new();
        let (asked, is_last) = (stop.clone(), AtomicBool::new(false));
        let proxy = Proxy::new(server, move |sent| {
            let has = |what: &[u8]| sent.windows(what.len()).any(|bytes| bytes == what);
            is_last.fetch_or(has(b"drop table"), Ordering::SeqCst);
            if !is_last.load(Ordering::SeqCst) || !has(b"commit\0") {
                return Then::Pass;
            }
            if is_asked {
                asked.stop();
            }
            then
        });
        let error = load_into(&proxy.url(&database.name), 2, &stop, &|_| {}).expect_err("it is cut");
        assert!(matches!(error, Error::Undecided { .. }), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("seedbed verify")));
        wait_until_alone(&database);
        assert_eq!(held(&database, "public") == old, then == Then::Cut);
        assert_eq!(private_schemas(&database), [""; 0]);
    }
}

/// Whether the reader has begun to sleep.
const READS: &str = "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' \
    and query like 'begin; select count%')";

/// All that had been built was thrown away when a session used an old table for ten seconds.
#[test]
fn a_load_waits_for_sessions_that_use_the_tables_it_replaces() {
    let database = Server::shared().database();
    load_into(&database.url(), 1, &Stop::new(), &|_| {}).expect("a load that nothing disturbs");
    let old = held(&database, "public");
    let is_waited_for = AtomicBool::new(false);
    let listen = |progress: Progress| {
        if let Progress::Step(step) = progress
            && step.contains("wait for session")
        {
            assert!(step.contains("of role `postgres` (active), which uses `things`"), "{step}");
            is_waited_for.store(true, Ordering::SeqCst);
        }
    };
    let reader = |seconds: u32| {
        database.psql(&format!("begin; select count(*) from things; select pg_sleep({seconds}); commit"));
    };
    std::thread::scope(|scope| {
        scope.spawn(|| reader(13));
        wait_until(&database, READS);
        scope.spawn(|| {
            while !is_waited_for.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            for _ in 0..4 {
                let begun = Instant::now();
                database.psql("select count(*) from things");
                assert!(begun.elapsed() < Duration::from_secs(3), "others wait for {:?}", begun.elapsed());
            }
        });
        load_into(&database.url(), 2, &Stop::new(), &listen).expect("it waits");
    });
    assert_ne!(held(&database, "public"), old);

    // A user who does not want to wait can stop it.
    let (before, stop) = (held(&database, "public"), Stop::new());
    is_waited_for.store(false, Ordering::SeqCst);
    std::thread::scope(|scope| {
        scope.spawn(|| reader(8));
        wait_until(&database, READS);
        let ended = load_into(&database.url(), 3, &stop, &|progress| {
            listen(progress);
            if is_waited_for.load(Ordering::SeqCst) {
                stop.stop();
            }
        });
        assert!(matches!(ended, Err(Error::Interrupted)));
        assert_eq!(database.value(READS), "t", "nobody has waited for the end of the reader");
    });
    assert_eq!(held(&database, "public"), before);
    assert_eq!(private_schemas(&database), [""; 0]);
}

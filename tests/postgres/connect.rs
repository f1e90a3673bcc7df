//! Connections as `psql` makes them; `psql` itself is the witness.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use seedbed_postgres::Error;
use seedbed_postgres::connect::Target;
use seedbed_tests::server::Server;

/// A password with all that needs escaping somewhere.
const PASSWORD: &str = "p@ss:w/o\\r d'%?#&=ü";

/// What a query gives over a connection of a target.
fn ask(target: &Target, query: &str) -> Result<String, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = target.connect().await?;
        let row = client.query_one(&format!("select ({query})::text"), &[]).await.expect("a session answers");
        Ok(row.get(0))
    })
}

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Target, Error> {
    let environment: BTreeMap<_, _> = environment.iter().copied().collect();
    Target::parse(text, &|name| environment.get(name).map(|value| (*value).to_owned()))
}

fn target(text: &str, environment: &[(&str, &str)]) -> Target {
    parse(text, environment).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What `psql` gets, or what it says.
fn witness(text: &str, environment: &[(&str, &str)], query: &str) -> Result<String, String> {
    let mut psql = Command::new("psql");
    psql.env_clear().envs(environment.iter().copied());
    if let Some(path) = std::env::var_os("PATH") {
        psql.env("PATH", path);
    }
    let out = psql.args(["-XAtwc", &format!("select ({query})::text"), text]).output().expect("psql starts");
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).trim_end().to_owned()),
        false => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
    }
}

fn failure(text: &str, environment: &[(&str, &str)]) -> (String, String) {
    let error = ask(&target(text, environment), "1").expect_err(text);
    assert!(matches!(error, Error::Connect { .. }), "{text}: {error}");
    (error.to_string(), error.hint().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Writes a file that the server's user owns and nobody else can read.
fn give(data: &Path, name: &str, text: &str) {
    let owner = data.metadata().expect("the cluster's folder");
    let path = data.join(name);
    fs::write(&path, text).expect("a file of the cluster");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
    chown(&path, Some(owner.uid()), Some(owner.gid())).expect("the server's user owns its files");
}

#[test]
fn a_socket_is_reached_by_every_kind_of_string() {
    let server = Server::shared();
    let database = server.database();
    let socket = server.socket().display().to_string();
    let name = &database.name;
    let expected = format!("{name} postgres seedbed");
    for (text, environment) in [
        (database.url(), vec![]),
        (format!("postgres://postgres@/{name}?host={socket}"), vec![]),
        (format!("host={socket} dbname={name} user='postgres'"), vec![]),
        ("postgres:".to_owned(), vec![("PGHOST", &*socket), ("PGUSER", "postgres"), ("PGDATABASE", name)]),
        ("postgres:".to_owned(), vec![("DATABASE_URL", &*database.url())]),
    ] {
        let target = target(&text, &environment);
        assert!(target.is_local());
        let query = "concat_ws(' ', current_database(), current_user, current_setting('application_name'))";
        assert_eq!(ask(&target, query).unwrap_or_else(|error| panic!("{text}: {error}")), expected, "{text}");
    }
}

#[test]
fn settings_of_the_session_arrive() {
    let url = Server::shared().url("postgres");
    for (text, environment, setting, expected) in [
        (format!("{url}?application_name=mine"), vec![], "application_name", "mine"),
        (url.clone(), vec![("PGAPPNAME", "theirs")], "application_name", "theirs"),
        (format!("{url}?options=-c%20work_mem%3D77MB"), vec![], "work_mem", "77MB"),
        (url.clone(), vec![("PGOPTIONS", "-c work_mem=78MB")], "work_mem", "78MB"),
        (format!("{url}?sslmode=verify-full"), vec![], "work_mem", "4MB"),
        (format!("{url}?target_session_attrs=read-write"), vec![], "work_mem", "4MB"),
        (format!("{url}?target_session_attrs=prefer-standby"), vec![], "work_mem", "4MB"),
    ] {
        let query = format!("current_setting('{setting}')");
        assert_eq!(witness(&text, &environment, &query).as_deref(), Ok(expected), "{text}");
        assert_eq!(ask(&target(&text, &environment), &query).expect(&text), expected, "{text}");
    }
    for wanted in ["standby", "read-only"] {
        let text = format!("{url}?target_session_attrs={wanted}");
        assert!(witness(&text, &[], "1").is_err());
        assert!(failure(&text, &[]).0.contains("`target_session_attrs`"));
    }
}

#[test]
fn what_refuses_a_connection_is_named_with_a_way_out() {
    let server = Server::shared();
    let socket = server.socket().display().to_string();
    let (said, hint) = failure(&format!("host={socket} user=postgres dbname=no_such"), &[]);
    assert!(said.contains("database \"no_such\" does not exist (SQLSTATE 3D000)"), "{said}");
    assert_eq!(hint, "`createdb no_such` makes it");
    let (said, hint) = failure(&format!("host={socket} user=nobody_such dbname=postgres"), &[]);
    assert!(said.contains("role \"nobody_such\" does not exist"), "{said}");
    assert!(hint.contains("`createuser nobody_such`"), "{hint}");
    let (said, hint) = failure(&format!("host={socket} port=1 user=postgres"), &[]);
    assert!(
        said.starts_with(&format!(
            "cannot connect to postgresql://postgres@/postgres?host={socket}&port=1: "
        )),
        "{said}"
    );
    assert!(hint.contains(&format!("there is no socket `{socket}/.s.PGSQL.1`")), "{hint}");
    let (said, hint) = failure("host=127.0.0.1 port=1 user=postgres", &[]);
    assert!(said.contains("Connection refused"), "{said}");
    assert!(hint.contains("is a server running at 127.0.0.1:1"), "{hint}");
    let (said, hint) = failure("host=no-such-host.invalid user=postgres", &[]);
    assert!(said.contains("no-such-host.invalid"), "{said}");
    assert!(hint.contains("is the name of the host right?"), "{hint}");
    // A socket that accepts and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (said, _) = failure(&format!("host=127.0.0.1 port={port} user=postgres connect_timeout=1"), &[]);
    assert!(said.contains("no answer within `connect_timeout`"), "{said}");
}

#[test]
fn the_next_server_is_tried_when_one_does_not_answer() {
    let server = Server::shared();
    let socket = server.socket().display().to_string();
    for (text, works) in [
        (format!("host=127.0.0.1,{socket} port=1,5432 user=postgres"), true),
        (format!("host=no-such-host.invalid,{socket} user=postgres"), true),
        ("host=/nowhere,127.0.0.1 port=5432,1 user=postgres".to_owned(), false),
        // A server that answers decides.
        (format!("host={socket},{socket} user=postgres dbname=no_such"), false),
    ] {
        assert_eq!(witness(&text, &[], "1").is_ok(), works, "{text}");
        assert_eq!(ask(&target(&text, &[]), "1").is_ok(), works, "{text}");
    }
    let (said, _) = failure("host=/nowhere,127.0.0.1 port=5432,1 user=postgres", &[]);
    assert!(said.contains("/nowhere") || said.contains("%2Fnowhere"), "{said}");
    assert!(said.contains("; 127.0.0.1 port 1: "), "{said}");
}

/// Passwords from everywhere, over TCP, against SCRAM.
#[test]
fn passwords_are_found_where_psql_finds_them() {
    let server = Server::start_on_loopback("", |data| {
        let rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        give(data, "pg_hba.conf", rules);
    });
    server.psql("postgres", &format!("create role ann login password '{}'", PASSWORD.replace('\'', "''")));
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("passwords");
    let port = server.port().to_string();
    let line = PASSWORD.replace('\\', "\\\\").replace(':', "\\:");
    fs::write(&file, format!("127.0.0.1:{port}:*:ann:{line}\n")).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    let exposed = home.path().join("exposed");
    fs::copy(&file, &exposed).expect("a file");
    fs::set_permissions(&exposed, fs::Permissions::from_mode(0o644)).expect("permissions");
    let service = home.path().join("service");
    fs::write(&service, format!("[s]\nhost=127.0.0.1\nport={port}\nuser=ann\npassword={PASSWORD}\n"))
        .expect("a file");
    let [file, exposed, service] = [file, exposed, service].map(|path| path.display().to_string());
    let home = ("HOME", &*home.path().display().to_string());

    let url = format!("postgresql://ann@127.0.0.1:{port}/postgres");
    let with = |password: &str| format!("postgresql://ann:{}@127.0.0.1:{port}/postgres", escaped(password));
    let quoted = PASSWORD.replace('\\', "\\\\").replace('\'', "\\'");
    let words = format!("host=127.0.0.1 port={port} user=ann dbname=postgres password='{quoted}'");
    for (text, variables, works) in [
        (with(PASSWORD), vec![], true),
        (words, vec![], true),
        (with(PASSWORD).replace("127.0.0.1", "localhost"), vec![], true),
        (with("wrong"), vec![("PGPASSWORD", PASSWORD)], false),
        (url.clone(), vec![("PGPASSWORD", PASSWORD)], true),
        (url.clone(), vec![("PGPASSWORD", "wrong"), ("PGPASSFILE", &*file)], false),
        (url.clone(), vec![("PGPASSFILE", &*file)], true),
        (format!("{url}?passfile={file}"), vec![], true),
        (url.clone(), vec![("PGPASSFILE", &*exposed)], false),
        (url.clone(), vec![], false),
        ("service=s dbname=postgres".to_owned(), vec![("PGSERVICEFILE", &*service)], true),
        ("dbname=postgres".to_owned(), vec![("PGSERVICEFILE", &*service), ("PGSERVICE", "s")], true),
    ] {
        let environment = [&variables[..], &[home]].concat();
        let ours = ask(&target(&text, &environment), "current_user");
        let theirs = witness(&text, &environment, "current_user");
        assert_eq!(theirs.is_ok(), works, "psql {text} {variables:?}: {theirs:?}");
        assert_eq!(ours.is_ok(), works, "{text} {variables:?}: {ours:?}");
        if let Err(error) = ours {
            let said = format!("{error} {error:?} {:?}", error.hint());
            assert!(!said.contains("wrong") && !said.contains("p@ss"), "{said}");
            assert!(said.contains("password"), "{said}");
        }
    }
    let (said, hint) = failure(&url, &[home]);
    assert!(said.contains("no password supplied"), "{said}");
    assert!(hint.contains("`PGPASSWORD`, ~/.pgpass (permissions 0600)"), "{hint}");
    let (said, hint) = failure(&with("wrong"), &[home]);
    assert!(said.contains("password authentication failed for user \"ann\" (SQLSTATE 28P01)"), "{said}");
    assert!(hint.contains("came from the connection string"), "{hint}");
}

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// A certificate and its key. The common name stands in the subject alone.
    fn issue(&self, common: &str, names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, common);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }
}

/// A file for the client.
fn keep(folder: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = folder.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
    path.display().to_string()
}

/// Whether the connection is encrypted.
const ENCRYPTED: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Compares with psql whether a connection succeeds, and whether it is encrypted.
fn compare(text: &str, environment: &[(&str, &str)], seen: &mut BTreeMap<String, usize>) {
    let theirs = witness(text, environment, ENCRYPTED);
    let ours = parse(text, environment).and_then(|target| ask(&target, ENCRYPTED));
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
        (Err(_), Err(_)) => {}
        _ => panic!("{text}\npsql: {theirs:?}\nseedbed: {ours:?}"),
    }
    *seen.entry(ours.unwrap_or_else(|_| "refused".to_owned())).or_default() += 1;
}

/// Every mode, against servers with and without TLS, with the right and the wrong authority and name.
#[test]
fn encryption_is_decided_as_psql_decides_it() {
    if !Server::can_encrypt() {
        return;
    }
    let (right, wrong) = (Authority::new("right"), Authority::new("wrong"));
    let (certificate, key) = right.issue("server", &["db.example"]);
    let rules = "local all all trust\nhost all anyhow 127.0.0.1/32 trust\nhostssl all encrypted 127.0.0.1/32 trust\n\
                 hostnossl all plain 127.0.0.1/32 trust\nhostssl all certified 127.0.0.1/32 cert\n\
                 host all secret 127.0.0.1/32 scram-sha-256\n";
    let with_tls = Server::start_on_loopback("ssl = on\nssl_ca_file = 'root.crt'\n", |data| {
        give(data, "pg_hba.conf", rules);
        give(data, "server.crt", &certificate);
        give(data, "server.key", &key);
        give(data, "root.crt", &right.0.pem());
    });
    let without_tls =
        Server::start_on_loopback("", |data| give(data, "pg_hba.conf", &rules.replace("hostssl", "#")));
    for server in [&with_tls, &without_tls] {
        for role in ["anyhow", "encrypted", "plain", "certified"] {
            server.psql("postgres", &format!("create role {role} login"));
        }
        server.psql("postgres", "create role secret login password 'word'");
    }

    let home = tempfile::tempdir().expect("a folder");
    let right_root = keep(home.path(), "right.crt", &right.0.pem());
    let wrong_root = keep(home.path(), "wrong.crt", &wrong.0.pem());
    let both_roots = keep(home.path(), "both.crt", &(wrong.0.pem() + &right.0.pem()));
    let missing = home.path().join("missing.crt").display().to_string();
    let environment = [("HOME", &*home.path().display().to_string())];
    let mut seen = BTreeMap::new();
    for server in [&with_tls, &without_tls] {
        for mode in MODES {
            for role in ["anyhow", "encrypted", "plain"] {
                for root in [&right_root, &wrong_root, &missing] {
                    for host in ["db.example", "other.example"] {
                        let place = format!("host={host} hostaddr=127.0.0.1 port={}", server.port());
                        let text =
                            format!("{place} user={role} dbname=postgres sslmode={mode} sslrootcert={root}");
                        compare(&text, &environment, &mut seen);
                    }
                }
            }
        }
    }
    // 216 cases; each outcome is there in numbers, so that agreement means something.
    assert!(seen.values().sum::<usize>() == 216 && seen.values().all(|count| *count > 20), "{seen:?}");

    let port = with_tls.port();
    let place = format!("host=db.example hostaddr=127.0.0.1 port={port} dbname=postgres");
    // Several roots in a file; the usual file; variables; bounds of the version; a password bound to the channel.
    let usual = home.path().join(".postgresql");
    fs::create_dir(&usual).expect("a folder");
    let mut seen = BTreeMap::new();
    compare(
        &format!("{place} user=anyhow sslmode=verify-full sslrootcert={both_roots}"),
        &environment,
        &mut seen,
    );
    compare(&format!("{place} user=anyhow sslmode=verify-full"), &environment, &mut seen);
    keep(&usual, "root.crt", &right.0.pem());
    compare(&format!("{place} user=anyhow sslmode=verify-full"), &environment, &mut seen);
    let variables = [environment[0], ("PGSSLMODE", "verify-ca"), ("PGSSLROOTCERT", &wrong_root)];
    compare(&format!("{place} user=anyhow"), &variables, &mut seen);
    for bounds in ["ssl_max_protocol_version=TLSv1.2", "ssl_min_protocol_version=TLSv1.3", "sslsni=0"] {
        compare(&format!("{place} user=anyhow sslmode=require {bounds}"), &environment, &mut seen);
    }
    for binding in ["disable", "prefer", "require"] {
        for mode in ["disable", "require"] {
            let text = format!("{place} user=secret password=word sslmode={mode} channel_binding={binding}");
            compare(&text, &environment, &mut seen);
        }
    }
    // psql 15 does not know the system's certificates; ours are not among them.
    let system = target(&format!("{place} user=anyhow sslrootcert=system"), &environment);
    assert!(ask(&system, "1").is_err());

    // Certificates of clients.
    let (certificate, key) = right.issue("certified", &[]);
    let certificate = keep(home.path(), "client.crt", &certificate);
    let exposed = keep(home.path(), "exposed.key", &key);
    fs::set_permissions(&exposed, fs::Permissions::from_mode(0o644)).expect("permissions");
    let key = keep(home.path(), "client.key", &key);
    let identity = format!("sslcert={certificate} sslkey={key}");
    let text = format!("{place} user=certified {identity}");
    compare(&text, &environment, &mut seen);
    assert_eq!(ask(&target(&text, &environment), ENCRYPTED).expect("our certificate is taken"), "true");
    compare(&format!("{place} user=certified"), &environment, &mut seen);
    compare(
        &format!("{place} user=certified sslcert={certificate} sslkey={missing}"),
        &environment,
        &mut seen,
    );
    compare(
        &format!("{place} user=certified sslcert={certificate} sslkey={exposed}"),
        &environment,
        &mut seen,
    );
    compare(&format!("{place} user=certified sslcert={missing} sslkey={key}"), &environment, &mut seen);
    assert!(seen["refused"] > 5 && seen["true"] > 5, "{seen:?}");

    // What is said when it does not work.
    let (said, hint) =
        failure(&format!("{place} user=anyhow sslmode=verify-ca sslrootcert={wrong_root}"), &environment);
    assert!(said.contains("UnknownIssuer"), "{said}");
    assert!(hint.contains(&format!("does not lead to one in `{wrong_root}`")), "{hint}");
    let text = format!(
        "host=other.example hostaddr=127.0.0.1 port={port} user=anyhow dbname=postgres sslmode=verify-full sslrootcert={right_root}"
    );
    let (said, hint) = failure(&text, &environment);
    assert!(said.contains("other.example") && said.contains("db.example"), "{said}");
    assert!(hint.contains("`sslmode=verify-ca`"), "{hint}");
    let text =
        format!("host=127.0.0.1 port={} user=anyhow dbname=postgres sslmode=require", without_tls.port());
    let (said, hint) = failure(&text, &[]);
    assert!(said.contains("server does not support TLS"), "{said}");
    assert!(hint.contains("`sslmode=disable`"), "{hint}");
    let (said, hint) = failure(&format!("{place} user=stranger sslmode=prefer"), &environment);
    assert!(
        said.contains(", SSL encryption (SQLSTATE 28000)")
            && said.contains(", no encryption (SQLSTATE 28000)"),
        "{said}"
    );
    assert!(hint.contains("pg_hba.conf must let `stranger` into `postgres`"), "{hint}");
    let error =
        ask(&target(&format!("{place} user=anyhow sslmode=verify-ca sslrootcert={missing}"), &[]), "1");
    assert!(error.expect_err("no roots").to_string().contains("does not exist"));
}

/// Certificates that rustls alone refuses, and servers of PostgreSQL often have: their own authority, with the name in the
/// subject; of X.509 version 1.
#[test]
fn certificates_as_people_make_them_are_taken() {
    if !Server::can_encrypt() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(folder.path()).args(arguments.split(' '));
        let out = command.output().expect("openssl starts");
        assert!(out.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&out.stderr));
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=db.example -out own.crt -keyout own.key");
    openssl("req -new -newkey rsa:2048 -nodes -subj /CN=db.example -out old.csr -keyout old.key");
    openssl("x509 -req -in old.csr -signkey old.key -days 2 -out old.crt");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("openssl has made it");
    let authority = Authority::new("authority");
    let common_only = authority.issue("db.example", &[]);
    let both = authority.issue("db.example", &["other.example"]);
    let wildcard = authority.issue("*.example", &[]);
    let environment = [("HOME", &*folder.path().display().to_string())];
    let give_certificate = |data: &Path, certificate: &str, key: &str| {
        give(data, "server.crt", certificate);
        give(data, "server.key", key);
    };
    let server = Server::start_on_loopback("ssl = on\n", |data| {
        give_certificate(data, &read("own.crt"), &read("own.key"));
    });
    let mut seen = BTreeMap::new();
    for (name, certificate, key, root) in [
        ("its own authority", read("own.crt"), read("own.key"), read("own.crt")),
        ("version 1", read("old.crt"), read("old.key"), read("old.crt")),
        ("name in the subject", common_only.0, common_only.1, authority.0.pem()),
        ("another alternative name", both.0, both.1, authority.0.pem()),
        ("wildcard in the subject", wildcard.0, wildcard.1, authority.0.pem()),
    ] {
        give_certificate(&server.data(), &certificate, &key);
        reload(&server, &certificate);
        let root = keep(folder.path(), &format!("{name}.crt"), &root);
        for mode in ["require", "verify-ca", "verify-full"] {
            for host in ["db.example", "bad.other.example"] {
                let place = format!("host={host} hostaddr=127.0.0.1 port={} user=postgres", server.port());
                compare(&format!("{place} sslmode={mode} sslrootcert='{root}'"), &environment, &mut seen);
            }
            compare(
                &format!(
                    "host=db.example hostaddr=127.0.0.1 port={} user=postgres sslmode={mode} sslrootcert={}/none",
                    server.port(),
                    folder.path().display()
                ),
                &environment,
                &mut seen,
            );
        }
    }
    assert_eq!(seen["true"], 5 * 5 + 4, "{seen:?}");
}

/// Waits until a new connection meets the certificate: the server reads its files again on its own time.
fn reload(server: &Server, certificate: &str) {
    let serial = |text: &[u8]| String::from_utf8_lossy(text).lines().skip(1).take(3).collect::<String>();
    let expected = serial(certificate.as_bytes());
    server.psql("postgres", "select pg_reload_conf()");
    for _ in 0..200 {
        let shown = Command::new("openssl")
            .args(["s_client", "-starttls", "postgres", "-connect", &format!("127.0.0.1:{}", server.port())])
            .stdin(std::process::Stdio::null())
            .output()
            .expect("openssl starts");
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        if text.find("-----BEGIN").is_some_and(|at| serial(&text.as_bytes()[at..]) == expected) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the server does not take its new certificate\n{}", server.log());
}

#[test]
fn what_runs_is_cancelled_over_the_same_kind_of_connection() {
    if !Server::can_encrypt() {
        return;
    }
    let (certificate, key) = Authority::new("authority").issue("server", &["db.example"]);
    let server = Server::start_on_loopback("ssl = on\n", |data| {
        give(data, "pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
        give(data, "server.crt", &certificate);
        give(data, "server.key", &key);
    });
    let socket = server.socket().display().to_string();
    for text in [
        format!("host=db.example hostaddr=127.0.0.1 port={} user=postgres sslmode=require", server.port()),
        format!("host={socket} port={} user=postgres", server.port()),
    ] {
        let target = target(&text, &[]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let code = runtime.block_on(async {
            let client = target.connect().await.expect("a connection");
            let token = client.cancel_token();
            let canceller = target.clone();
            let cancelled = tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                canceller.cancel(&token).await
            });
            let slept = client.batch_execute("select pg_sleep(60)").await;
            cancelled.await.expect("no panic").expect("the server takes the request");
            slept.expect_err("it was cancelled").code().map(|code| code.code().to_owned())
        });
        assert_eq!(code.as_deref(), Some("57014"), "{text}");
    }
}

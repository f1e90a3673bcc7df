//! PostgreSQL servers of the tests' own: in a scratch folder, on a Unix socket, gone when the test process is.
//!
//! A shell stands between the tests and the server. It waits until its standard input closes, which happens however the test
//! process ends, and then stops the server and removes the folder. Clusters are made by another user when the tests run as
//! root, because PostgreSQL refuses to.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The superuser of the clusters.
const SUPERUSER: &str = "postgres";

/// Settings that make a server of tests quick to start and to write; later ones win.
const SETTINGS: &str = "
listen_addresses = ''
fsync = off
shared_buffers = 128MB
max_connections = 60
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
autovacuum = off
log_min_messages = warning
";

/// A running server.
pub struct Server {
    folder: PathBuf,
    bin: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    guard: Child,
}

/// A database of a server.
pub struct Database<'s> {
    server: &'s Server,
    /// Its name.
    pub name: String,
}

impl Server {
    /// The server that the tests of one process share; the first test that asks starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(""))
    }

    /// Whether these programs were built with TLS; says so when they were not.
    #[allow(clippy::print_stderr, reason = "a note that explains why so little was tested")]
    pub fn can_encrypt() -> bool {
        let built = program(&programs(), "pg_config", None).arg("--configure").output();
        let options = built.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
        let can =
            options.is_empty() || ["with-ssl", "with-openssl"].iter().any(|with| options.contains(with));
        if !can {
            eprintln!("note: left out, because this server was built without TLS");
        }
        can
    }

    /// Starts a server with lines of `postgresql.conf` on top of the usual ones.
    pub fn start(settings: &str) -> Self {
        Self::start_with(settings, |_| {})
    }

    /// The same; `prepare` may change the files of the cluster (`data/pg_hba.conf`, certificates) before the server starts.
    pub fn start_with(settings: &str, prepare: impl FnOnce(&Path)) -> Self {
        Self::start_on(5432, settings, prepare)
    }

    /// The same, and the server also listens on 127.0.0.1, on a [`port`](Self::port) that is free.
    pub fn start_on_loopback(settings: &str, prepare: impl FnOnce(&Path)) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let address = format!("listen_addresses = '127.0.0.1'\nport = {port}\n");
        Self::start_on(port, &(address + settings), prepare)
    }

    fn start_on(port: u16, settings: &str, prepare: impl FnOnce(&Path)) -> Self {
        let bin = programs();
        let owner = owner();
        // A Unix socket's path is limited to about a hundred bytes, so the folder has a short name.
        let folder =
            tempfile::Builder::new().prefix("seedbed-pg-").tempdir().expect("a scratch folder").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("permissions");
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).expect("the server's user owns its folder");
        }
        let data = folder.join("data");
        let made = program(&bin, "initdb", owner)
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "-U", SUPERUSER, "-D"])
            .arg(&data)
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let conf = data.join("postgresql.conf");
        let text = fs::read_to_string(&conf).expect("postgresql.conf");
        let sockets = format!("unix_socket_directories = '{}'\n", folder.display());
        fs::write(&conf, text + SETTINGS + &sockets + settings).expect("postgresql.conf");
        prepare(&data);
        let guard = guard(&bin, &folder, owner);
        let server = Self { folder, bin, owner, port, guard };
        server.wait_until_ready();
        server
    }

    /// The folder of the socket.
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// The port, of the socket and of TCP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the cluster's files.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// A connection string for a database.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://{SUPERUSER}@{socket}:{}/{database}", self.port)
    }

    /// A new database with a name of its own.
    pub fn database(&self) -> Database<'_> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("create database {name} template template0"));
        Database { server: self, name }
    }

    /// Runs statements with `psql`, and gives rows of columns as text; NULL is `∅`.
    ///
    /// # Panics
    /// When the server refuses one.
    pub fn psql(&self, database: &str, statements: &str) -> Vec<Vec<String>> {
        self.try_psql(database, statements).unwrap_or_else(|error| panic!("{statements}\n{error}"))
    }

    /// The same; what psql says when it fails is the error.
    ///
    /// # Errors
    /// What the server says.
    pub fn try_psql(&self, database: &str, statements: &str) -> Result<Vec<Vec<String>>, String> {
        let out = program(&self.bin, "psql", None)
            .args([
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-P",
                "null=∅",
                "-F",
                "\u{1f}",
                "-R",
                "\u{1e}",
                "-U",
                SUPERUSER,
            ])
            .arg("-h")
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), "-d", database, "-c", statements])
            .output()
            .expect("psql starts");
        if !out.status.success() {
            return Err(String::from_utf8_lossy(&out.stderr).into_owned());
        }
        let text = String::from_utf8(out.stdout).expect("UTF-8");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let rows = text.split('\u{1e}').filter(|_| !text.is_empty());
        Ok(rows.map(|row| row.split('\u{1f}').map(str::to_owned).collect()).collect())
    }

    /// Stops the server at once, as a crash would, and starts it again.
    pub fn crash(&self) {
        self.control(&["stop", "-m", "immediate"]);
        self.control(&["start", "-w", "-l", &self.folder.join("log").display().to_string()]);
        self.wait_until_ready();
    }

    /// Stops the server at once, as a crash would.
    pub fn kill(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// Starts the server after [`kill`](Self::kill).
    pub fn revive(&self) {
        self.control(&["start", "-w", "-l", &self.folder.join("log").display().to_string()]);
        self.wait_until_ready();
    }

    fn control(&self, arguments: &[&str]) {
        let status = program(&self.bin, "pg_ctl", self.owner)
            .args(arguments)
            .arg("-D")
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl starts");
        assert!(status.success(), "pg_ctl {arguments:?}");
    }

    fn wait_until_ready(&self) {
        let begun = Instant::now();
        while let Err(error) = self.try_psql("postgres", "select 1") {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the server does not start: {error}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Whether or not it could be waited for, nothing more can be done.
        let _ = self.guard.wait();
    }
}

impl Database<'_> {
    /// A connection string.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Runs statements with `psql`; see [`Server::psql`].
    pub fn psql(&self, statements: &str) -> Vec<Vec<String>> {
        self.server.psql(&self.name, statements)
    }

    /// The one value that a query gives.
    pub fn value(&self, query: &str) -> String {
        self.psql(query).into_iter().flatten().next().unwrap_or_default()
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A server that has been stopped takes its databases with it.
        let _ =
            self.server.try_psql("postgres", &format!("drop database if exists {} with (force)", self.name));
    }
}

/// Starts the server under a shell that stops it when the tests are gone.
fn guard(bin: &Path, folder: &Path, owner: Option<(u32, u32)>) -> Child {
    let script = r#"
        "$1/pg_ctl" start -W -D "$2/data" -l "$2/log" >/dev/null
        cat >/dev/null
        "$1/pg_ctl" stop -m immediate -D "$2/data" >/dev/null 2>&1
        rm -rf "$2"
    "#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "guard"]).arg(bin).arg(folder).current_dir(folder);
    // A group of its own, so that Ctrl-C in a terminal ends the tests and not the one who cleans up after them.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.spawn().expect("a shell starts")
}

fn program(bin: &Path, name: &str, owner: Option<(u32, u32)>) -> Command {
    // Some systems keep the client apart from the server.
    let path = bin.join(name);
    let mut command = Command::new(if path.exists() { path } else { name.into() });
    command.current_dir("/").env_remove("PGOPTIONS").env("LC_ALL", "C");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// The folder of the server's programs: `SEEDBED_PG_BIN`, or where `initdb` is in `PATH`, or the newest of Debian's.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("SEEDBED_PG_BIN") {
        return folder.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev())
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .expect("PostgreSQL's server programs; `make test` installs them or says how")
}

/// The user that runs the server, which is not root.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let out = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(out.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let user = [SUPERUSER, "nobody"].into_iter().find(|user| id(&["-u", user]).is_some());
    let user = user.expect("a user other than root to run the server");
    Some((id(&["-u", user])?, id(&["-g", user])?))
}

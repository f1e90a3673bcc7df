//! What the words of a connection mean.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use crate::Error;

use super::files::{self, Passwords};
use super::secret::Secret;
use super::settings::Settings;
use super::tls::Tls;
use super::url::Url;
use super::{Host, Keepalives, PasswordFrom, Place, Session, Target};

/// Where PostgreSQL listens unless told otherwise.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// The folders in which servers put their Unix sockets, by Debian's custom and by PostgreSQL's own.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Words that ask for something that seedbed cannot do, unless they have this value.
///
/// Most of them make a connection safer; a connection without what they ask for would be a lie.
const UNSUPPORTED: [(&str, &[&str]); 8] = [
    ("gssencmode", &["prefer", "disable"]),
    ("replication", &["false", "off", "no", "0"]),
    ("require_auth", &[]),
    ("requirepeer", &[]),
    ("sslcertmode", &["allow", "disable"]),
    ("sslcrl", &[]),
    ("sslcrldir", &[]),
    ("sslkeylogfile", &[]),
];

/// Puts the sources on top of each other and gives the result its meaning.
pub(super) fn resolve(said: Url, environment: &dyn Fn(&str) -> Option<String>) -> Result<Target, Error> {
    let Url { mut settings, schema, mut warnings } = said;
    let variables = Settings::from_environment(environment);
    // Before any of them is read, because a message may repeat it.
    settings.check()?;
    variables.check()?;
    if let Some(name) = settings.get("service").or(variables.get("service")) {
        let service = files::service(name, environment)?;
        settings.fill_from(service);
    }
    settings.fill_from(variables);
    settings.check()?;
    for (word, values) in UNSUPPORTED {
        if settings.get(word).is_some_and(|value| !values.contains(&value)) {
            let hint = if values.is_empty() {
                "leave it out".to_owned()
            } else {
                format!("leave it out, or use one of {}", in_backticks(values))
            };
            return Err(Error::usage(format!("seedbed does not support this value of `{word}`"), hint));
        }
    }

    let home = environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let user = match settings.get("user") {
        Some(user) => user.to_owned(),
        None => system_user(environment)?,
    };
    let database = settings.get("dbname").unwrap_or(&user).to_owned();
    let mut places = places(&settings)?;
    let password_from = passwords(&mut places, &settings, home.as_deref(), &database, &user, &mut warnings);
    Ok(Target {
        places,
        password_from,
        application_name: settings.get("application_name").unwrap_or("seedbed").to_owned(),
        options: settings.get("options").map(str::to_owned),
        session: choice(&settings, "target_session_attrs", &SESSIONS)?.unwrap_or(Session::Any),
        timeout: seconds(&settings, "connect_timeout")?,
        keepalives: keepalives(&settings)?,
        channel_binding: choice(&settings, "channel_binding", &BINDINGS)?.unwrap_or(ChannelBinding::Prefer),
        tls: Tls::resolve(&settings, home.as_deref())?,
        warnings,
        schema,
        user,
        database,
    })
}

const SESSIONS: [(&str, Session); 6] = [
    ("any", Session::Any),
    ("read-write", Session::ReadWrite),
    ("read-only", Session::ReadOnly),
    ("primary", Session::Primary),
    ("standby", Session::Standby),
    ("prefer-standby", Session::PreferStandby),
];

const BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

/// The meaning of a word that has one of few values.
///
/// The value itself is not shown: it may hold more than the user meant, such as the password that follows a missing space.
pub(super) fn choice<T: Copy>(
    settings: &Settings,
    word: &str,
    values: &[(&str, T)],
) -> Result<Option<T>, Error> {
    let Some(value) = settings.get(word) else { return Ok(None) };
    let found = values.iter().find(|(name, _)| *name == value).map(|(_, meaning)| *meaning);
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    found.map(Some).ok_or_else(|| {
        Error::usage(format!("`{word}` has an unknown value"), format!("it can be {}", in_backticks(&names)))
    })
}

/// `a`, `b`, `c`, each in backticks.
fn in_backticks(names: &[impl Display]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn whole_number(settings: &Settings, word: &str) -> Result<Option<i32>, Error> {
    let Some(value) = settings.get(word) else { return Ok(None) };
    value
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| Error::usage(format!("`{word}` is not a whole number"), format!("as in `{word}=10`")))
}

/// A time in seconds; none, zero and less mean no limit.
fn seconds(settings: &Settings, word: &str) -> Result<Option<Duration>, Error> {
    let seconds = whole_number(settings, word)?.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

fn keepalives(settings: &Settings) -> Result<Keepalives, Error> {
    let milliseconds = whole_number(settings, "tcp_user_timeout")?.and_then(|ms| u64::try_from(ms).ok());
    Ok(Keepalives {
        on: whole_number(settings, "keepalives")? != Some(0),
        idle: seconds(settings, "keepalives_idle")?,
        interval: seconds(settings, "keepalives_interval")?,
        count: whole_number(settings, "keepalives_count")?
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| *count > 0),
        user_timeout: milliseconds.filter(|ms| *ms > 0).map(Duration::from_millis),
    })
}

/// The servers to try, in order. Hosts, addresses and ports are lists that go together.
fn places(settings: &Settings) -> Result<Vec<Place>, Error> {
    let list = |word| settings.get(word).map_or_else(Vec::new, |value: &str| value.split(',').collect());
    let (hosts, addresses, ports): (Vec<&str>, Vec<&str>, Vec<&str>) =
        (list("host"), list("hostaddr"), list("port"));
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(Error::usage(
            format!("there are {} in `host` and {} in `hostaddr`", hosts.len(), addresses.len()),
            "each host has one address, in the same order",
        ));
    }
    let count = hosts.len().max(addresses.len()).max(1);
    if ports.len() > 1 && ports.len() != count {
        return Err(Error::usage(
            format!("there are {} ports for {count} hosts", ports.len()),
            "give one port for all hosts, or one for each",
        ));
    }
    let mut places = Vec::with_capacity(count);
    for i in 0..count {
        let port = match ports.get(i).or(ports.first()).map(|port| port.trim()) {
            None | Some("") => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(port) if port > 0 => port,
                _ => {
                    return Err(Error::usage(
                        "`port` is not a number from 1 to 65535",
                        "PostgreSQL's usual port is 5432",
                    ));
                }
            },
        };
        let name = hosts.get(i).copied().filter(|name| !name.is_empty());
        let address = addresses.get(i).copied().filter(|address| !address.is_empty());
        places.push(Place { host: host(name, address, port)?, port, password: None });
    }
    if choice(settings, "load_balance_hosts", &[("disable", false), ("random", true)])? == Some(true) {
        // The hash of nothing under a fresh random key is a random number; it decides who is tried first.
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), ());
        places.rotate_left((random % count as u64) as usize);
    }
    Ok(places)
}

fn host(name: Option<&str>, address: Option<&str>, port: u16) -> Result<Host, Error> {
    if name.is_some_and(|name| name.contains('@')) {
        // Here, too, it may be the tail of a password; and sockets without files are not supported.
        return Err(Error::usage(
            "`host` has an `@`",
            "a host is a name, an address, or the folder of a Unix socket",
        ));
    }
    Ok(match (name, address) {
        (name, Some(address)) => {
            let parsed = address
                .parse()
                .map_err(|_| Error::usage("`hostaddr` is not an IP address", "a name belongs into `host`"))?;
            Host::Address(parsed, name.map(str::to_owned))
        }
        (Some(folder), None) if folder.starts_with('/') => Host::Socket(folder.into()),
        (Some(name), None) => Host::Name(name.to_owned()),
        (None, None) => SOCKET_FOLDERS
            .iter()
            .map(Path::new)
            .find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists())
            .map_or_else(|| Host::Name("localhost".to_owned()), |folder| Host::Socket(folder.to_owned())),
    })
}

/// Gives the places their passwords, and says where those came from.
fn passwords(
    places: &mut [Place],
    settings: &Settings,
    home: Option<&Path>,
    database: &str,
    user: &str,
    warnings: &mut Vec<String>,
) -> PasswordFrom {
    if let Some(password) = settings.get("password") {
        for place in places {
            place.password = Some(Secret::new(password.to_owned()));
        }
        return PasswordFrom::Settings;
    }
    let path = settings.get("passfile").map(PathBuf::from).or_else(|| Some(home?.join(".pgpass")));
    let Some(path) = path else { return PasswordFrom::Nowhere };
    let file = Passwords::read(&path);
    for place in places.iter_mut() {
        let host = match &place.host {
            // The usual sockets go by the name of the machine.
            Host::Socket(folder) if SOCKET_FOLDERS.iter().any(|usual| folder == Path::new(usual)) => {
                "localhost".to_owned()
            }
            Host::Socket(folder) => folder.display().to_string(),
            Host::Name(name) | Host::Address(_, Some(name)) => name.clone(),
            Host::Address(address, None) => address.to_string(),
        };
        place.password = file.find(&host, place.port, database, user);
    }
    warnings.extend(file.warning);
    match places.iter().any(|place| place.password.is_some()) {
        true => PasswordFrom::File(path),
        false => PasswordFrom::Nowhere,
    }
}

/// The name of the user who runs this.
fn system_user(environment: &dyn Fn(&str) -> Option<String>) -> Result<String, Error> {
    let said = |variable| environment(variable).filter(|name: &String| !name.is_empty());
    said("USER").or_else(|| said("LOGNAME")).or_else(user_of_process).ok_or_else(|| {
        Error::usage(
            "there is no user to connect as",
            "name one: `postgresql://user@host/database`, or set `PGUSER`",
        )
    })
}

/// The name that the system has for the owner of this process.
#[cfg(unix)]
fn user_of_process() -> Option<String> {
    let id = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").ok()?).to_string();
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut users = users.lines().map(|line| line.split(':'));
    users.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn user_of_process() -> Option<String> {
    None
}

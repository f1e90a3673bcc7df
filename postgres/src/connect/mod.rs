//! From what a user typed to a connection, as users of `psql` expect it.
//!
//! `url` and `keyvalue` read strings, `files` reads the files that libpq reads, `settings` puts the sources on top of each
//! other: connection string, service, environment, defaults. `resolve` says what the words mean, and the result is a [`Target`].
//! `certificate`, `tls` and `open` turn it into a connection, `hint` says what to try when there is none.

mod secret;
mod settings;
mod url;
mod keyvalue;
mod files;
mod resolve;
mod certificate;
mod tls;
mod open;
mod hint;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use crate::Error;

pub(crate) use open::StartupPath;

use secret::Secret;
use tls::Tls;

/// What was typed and what the environment says, resolved: where to connect and as whom.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, Debug)]
pub struct Target {
    user: String,
    database: String,
    places: Vec<Place>,
    password_from: PasswordFrom,
    application_name: String,
    options: Option<String>,
    session: Session,
    timeout: Option<Duration>,
    keepalives: Keepalives,
    channel_binding: ChannelBinding,
    tls: Tls,
    warnings: Vec<String>,
    schema: Option<String>,
}

/// A server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: Host,
    port: u16,
    password: Option<Secret>,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// The folder of a Unix socket.
    Socket(PathBuf),
    /// A name to look up, which may also be an address.
    Name(String),
    /// An address that need not be looked up, and its name, if there is one.
    Address(IpAddr, Option<String>),
}

/// Where the password came from, so that a message can say so.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PasswordFrom {
    Nowhere,
    Settings,
    File(PathBuf),
}

/// What the server must be for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// Questions that TCP asks when nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Keepalives {
    on: bool,
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
    user_timeout: Option<Duration>,
}

impl Target {
    /// Reads `postgres://…`, `postgresql://…`, `postgres:` (which names nothing: then `DATABASE_URL` counts, then the `PG*`
    /// variables and the defaults), or words and values (`host=… dbname=…`).
    ///
    /// The crate reads no environment: `environment` gives the value of a variable. Password and service files are read here,
    /// certificates when a connection is made.
    ///
    /// # Errors
    /// [`Error::Usage`] when the text or a value means nothing, [`Error::Io`] when a file that is named cannot be read. No error
    /// shows a password, nor a piece of the text that could be one.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let text = text.trim();
        let database_url = match text {
            "postgres:" | "postgresql:" => environment("DATABASE_URL").filter(|url| !url.trim().is_empty()),
            _ => None,
        };
        match database_url {
            Some(url) => Self::parse_named(url.trim(), environment).map_err(|error| match error {
                Error::Usage { message, hint } => {
                    Error::Usage { message: format!("`DATABASE_URL`: {message}"), hint }
                }
                error => error,
            }),
            None => Self::parse_named(text, environment),
        }
    }

    fn parse_named(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let said = if let Some(rest) = url::after_scheme(text) {
            url::parse(rest)?
        } else if matches!(text, "postgres:" | "postgresql:") {
            url::Url::default()
        } else if text
            .split_once(':')
            .is_some_and(|(scheme, rest)| is_scheme(scheme) && rest.starts_with('/'))
        {
            return Err(Error::usage(
                "this URL is not PostgreSQL's",
                "URLs begin with `postgresql://` or `postgres://`",
            ));
        } else {
            url::Url { settings: keyvalue::parse(text)?, ..url::Url::default() }
        };
        resolve::resolve(said, environment)
    }

    /// Whether a text names a PostgreSQL database, rather than a folder.
    pub fn is_target(text: &str) -> bool {
        let text = text.trim();
        let named = ["postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
        // Words and values: a word before the first `=`, which is known, or one further on is.
        let first = text.split_once('=').map(|(word, _)| word.trim_end()).filter(|word| is_word(word));
        let mut others = text.split_whitespace().filter_map(|part| Some(part.split_once('=')?.0));
        let known = |word: &str| settings::word(word).is_some();
        named || first.is_some_and(|first| known(first) || others.any(known))
    }

    /// Whether every server to try is on this machine: a Unix socket, `localhost`, 127.0.0.0/8 or ::1.
    pub fn is_local(&self) -> bool {
        self.places.iter().all(|place| match &place.host {
            Host::Socket(_) => true,
            Host::Name(name) => name
                .parse::<IpAddr>()
                .map_or_else(|_| name.eq_ignore_ascii_case("localhost"), |address| address.is_loopback()),
            Host::Address(address, _) => address.is_loopback(),
        })
    }

    /// What is odd about the connection without being a mistake, such as parameters of other tools.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The schema that a URL for another tool names, as in `?schema=app`.
    pub fn schema_parameter(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The target as a URL without a password: `postgresql://user@host:port/database`.
    pub fn display(&self) -> String {
        self.to_string()
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The name of the user.
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// Whether a text could be the beginning of a URL.
fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether a text looks like the word of a connection string.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgresql://{}@", escape(&self.user))?;
        let one_socket = match &self.places[..] {
            [Place { host: Host::Socket(folder), port, .. }] => Some((folder, port)),
            _ => None,
        };
        if one_socket.is_none() {
            for (i, place) in self.places.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { "," })?;
                place.fmt(f)?;
            }
        }
        write!(f, "/{}", escape(&self.database))?;
        if let Some((folder, port)) = one_socket {
            // A folder is easier to read as a parameter than with all its slashes escaped.
            write!(f, "?host={}", escape_but(&folder.display().to_string(), b"/"))?;
            if *port != resolve::DEFAULT_PORT {
                write!(f, "&port={port}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.host {
            Host::Socket(folder) => folder.display().to_string(),
            Host::Name(name) | Host::Address(_, Some(name)) => name.clone(),
            Host::Address(address, None) => address.to_string(),
        };
        match name.parse() {
            Ok(IpAddr::V6(_)) => write!(f, "[{name}]:{}", self.port),
            _ => write!(f, "{}:{}", escape(&name), self.port),
        }
    }
}

/// A text as a part of a URL.
fn escape(text: &str) -> String {
    escape_but(text, b"")
}

fn escape_but(text: &str, but: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || but.contains(&byte);
    let mut out = String::new();
    for c in text.chars() {
        let mut bytes = [0; 4];
        match c.encode_utf8(&mut bytes).as_bytes() {
            // Letters of other scripts stay readable; what could steer a terminal does not pass.
            _ if c.is_alphanumeric() => out.push(c),
            [byte] if plain(*byte) => out.push(c),
            bytes => bytes.iter().for_each(|byte| out.push_str(&format!("%{byte:02X}"))),
        }
    }
    out
}

//! The two files that libpq reads for its users: passwords (`.pgpass`) and services (`.pg_service.conf`).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

use super::secret::Secret;
use super::settings::{Settings, word};

/// What a password file says. It is read once; several hosts may look into it.
#[derive(Default)]
pub(super) struct Passwords {
    text: String,
    /// Why it was not used though it is there.
    pub warning: Option<String>,
}

impl Passwords {
    /// Reads a file. One that does not exist holds nothing; one that others may read is not trusted.
    pub(super) fn read(path: &Path) -> Self {
        let ignored = |why: &str| Self {
            warning: Some(format!("the password file `{}` is not used: {why}", path.display())),
            ..Self::default()
        };
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Self::default();
            }
            Err(error) => return ignored(&error.to_string()),
        };
        if !metadata.is_file() {
            return ignored("it is not a plain file");
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
            return ignored("others than its owner may use it; its permissions should be 0600");
        }
        match fs::read(path) {
            // A line that is not UTF-8 is one that no user's name or password of ours can match.
            Ok(bytes) => Self { text: String::from_utf8_lossy(&bytes).into_owned(), warning: None },
            Err(error) => ignored(&error.to_string()),
        }
    }

    /// The password of the first line that fits.
    pub(super) fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<Secret> {
        let port = port.to_string();
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let rest = [host, &port, database, user].iter().try_fold(line, |rest, asked| {
                let (field, rest) = field(rest);
                (field == "*" || unescape(field) == **asked).then_some(rest?)
            });
            if let Some(rest) = rest {
                return Some(unescape(field(rest).0)).filter(|word| !word.is_empty()).map(Secret::new);
            }
        }
        None
    }
}

/// A field up to a colon that no backslash stands before, and what comes after the colon, if there is one.
fn field(text: &str) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b':' if !escaped => return (&text[..at], Some(&text[at + 1..])),
            byte => escaped = byte == b'\\' && !escaped,
        }
    }
    (text, None)
}

/// Takes away the backslash before a character; one at the very end stays.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        out.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    out
}

/// What a service file says of a service.
pub(super) fn service(name: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Error> {
    let named = environment("PGSERVICEFILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || Some(Path::new(&environment("HOME")?).join(".pg_service.conf"));
    let folder = environment("PGSYSCONFDIR").filter(|path| !path.is_empty());
    let shared = folder.map(|folder| Path::new(&folder).join("pg_service.conf"));
    let must_exist = named.is_some();
    let own = named.or_else(home);
    for (path, must_exist) in
        own.map(|path| (path, must_exist)).into_iter().chain(shared.map(|path| (path, false)))
    {
        match fs::read_to_string(&path) {
            Ok(text) => {
                if let Some(settings) = parse_service(&text, name, &path)? {
                    return Ok(settings);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => {}
            Err(source) => return Err(Error::Io { action: "read", path, source }),
        }
    }
    Err(Error::usage(
        format!("there is no service `{name}`"),
        "services are defined in the file that `PGSERVICEFILE` names, or ~/.pg_service.conf, or pg_service.conf in the folder that `PGSYSCONFDIR` names",
    ))
}

fn parse_service(text: &str, name: &str, path: &Path) -> Result<Option<Settings>, Error> {
    let mut settings: Option<Settings> = None;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            if settings.is_some() {
                break;
            }
            let group = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
            settings = (group == Some(name)).then(Settings::default);
            continue;
        }
        let Some(settings) = settings.as_mut() else { continue };
        let fault = |message: &str, hint: &str| {
            Err(Error::usage(format!("`{}`, line {}: {message}", path.display(), i + 1), hint))
        };
        if line.starts_with("ldap") {
            return fault("services in LDAP are not supported", "write the connection's words into the file");
        }
        let Some((key, value)) = line.split_once('=') else {
            return fault("there is no `=`", "lines of a service are written `word=value`");
        };
        match word(key) {
            Some("service") => return fault("a service cannot name a service", "leave the line out"),
            // The first value counts, as in libpq.
            Some(word) if !settings.has(word) => settings.set(word, value.to_owned()),
            Some(_) => {}
            None => {
                return fault("the word before `=` is unknown", "the words are those of connection strings");
            }
        }
    }
    Ok(settings)
}

//! Where the data goes: what `--to` and `--format` mean together.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use seedbed_engine::error::did_you_mean;
use seedbed_formats::{Format, Target};

use crate::exit::Failure;

/// A target that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) place: Place,
    pub(crate) format: Format,
}

/// The kinds of targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Directory(PathBuf),
    File(PathBuf),
    Stdout,
    Nowhere,
}

impl Destination {
    /// Reads `--to` and `--format`.
    pub(crate) fn parse(to: &str, format: Option<Format>) -> Result<Self, Failure> {
        let place = match to {
            "" => {
                return Err(
                    Failure::usage("`--to` is empty").hint("name a directory, or a file such as users.csv")
                );
            }
            "-" => Place::Stdout,
            "null:" => Place::Nowhere,
            _ => {
                check_path(to)?;
                place(to)?
            }
        };
        let format = match (&place, format, extension(to)) {
            (Place::File(_), Some(format), Some(named)) if format != named => {
                let (format, named) = (format.name(), named.name());
                return Err(Failure::usage(format!(
                    "`{to}` is named like {named}, but `--format` says {format}"
                ))
                .hint("leave `--format` out, or change the extension"));
            }
            (_, Some(format), _) => format,
            (Place::File(_), None, Some(named)) => named,
            (Place::Stdout | Place::File(_), ..) => Format::Csv,
            _ => Format::Parquet,
        };
        Ok(Self { place, format })
    }

    /// Refuses what cannot be: several tables in one file, or binary data on a terminal.
    pub(crate) fn check(&self, tables: &[&str]) -> Result<(), Failure> {
        if let (Place::File(_) | Place::Stdout, [first, _, ..]) = (&self.place, tables) {
            let count = tables.len();
            return Err(Failure::usage(format!("{self} holds one table, and there are {count} to write"))
                .hint(format!("choose one, as in `--tables {first}`, or write a directory")));
        }
        let binary = matches!(self.format, Format::Parquet | Format::Arrow);
        if self.place == Place::Stdout && binary && io::stdout().is_terminal() {
            return Err(Failure::usage(format!(
                "{} is binary, and stdout is a terminal",
                self.format.name()
            ))
            .hint("send stdout to a file or a program, or write csv"));
        }
        Ok(())
    }

    /// What the formats crate writes to.
    pub(crate) fn target(&self) -> Target {
        match &self.place {
            Place::Directory(path) => Target::Directory(path.clone()),
            Place::File(path) => Target::File(path.clone()),
            Place::Stdout => Target::Writer(Box::new(io::stdout())),
            Place::Nowhere => Target::Null,
        }
    }

    /// A command that reads a table of what was written, where DuckDB can do it.
    pub(crate) fn reader(&self, table: &str) -> Option<String> {
        let extension = self.format.extension();
        let path = match &self.place {
            Place::Directory(path) => format!("{}/{table}/*.{extension}", path.display()),
            Place::File(path) => path.display().to_string(),
            Place::Stdout | Place::Nowhere => return None,
        };
        // Anything else would need quotes of two languages.
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-*:".contains(c);
        (self.format != Format::Arrow && path.chars().all(plain))
            .then(|| format!("duckdb -c \"from '{path}'\""))
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Directory(path) | Place::File(path) => write!(f, "`{}`", path.display()),
            Place::Stdout => write!(f, "stdout"),
            Place::Nowhere => write!(f, "nowhere"),
        }
    }
}

/// A path is a file when its extension is one of a format, or when it is a device or a pipe. It is a directory when it is there
/// as one, ends in `/`, or has no extension. Any other extension is more likely a file that seedbed cannot write.
fn place(to: &str) -> Result<Place, Failure> {
    let path = PathBuf::from(to);
    if to.ends_with(std::path::is_separator) {
        return Ok(Place::Directory(path));
    }
    if extension(to).is_some() {
        return Ok(Place::File(path));
    }
    match path.metadata() {
        Ok(there) if there.is_dir() => return Ok(Place::Directory(path)),
        Ok(there) if !there.is_file() => return Ok(Place::File(path)),
        Ok(_) => {
            return Err(Failure::usage(format!("`{to}` is a file, and its name does not tell a format"))
                .hint("name a directory, or a file such as users.csv"));
        }
        Err(_) => {}
    }
    match path.extension() {
        None => Ok(Place::Directory(path)),
        Some(unknown) => {
            let unknown = unknown.display();
            Err(Failure::usage(format!("`{to}` has the unknown extension `{unknown}`")).hint(format!(
                "files end in .parquet, .csv, .jsonl, .ndjson, .arrow or .feather; a directory of that name is written `{to}/`"
            )))
        }
    }
}

/// Refuses what was meant as a database and is not understood: as the name of a folder, its password would be on the disk and
/// in every report. Messages show none of it but a plain scheme.
pub(crate) fn check_path(to: &str) -> Result<(), Failure> {
    let (message, hint) = if let Some((scheme, _)) = to.split_once("://") {
        let rest = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
        let is_plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let named = if is_plain { format!(" `{scheme}://`") } else { ": a URL".to_owned() };
        let hint = "name a directory, a file such as users.csv, `-`, `null:`, or a database such as `postgres:///demo`";
        (format!("unknown kind of target{named}"), hint)
    } else if is_url_without_scheme(to) {
        ("the target looks like a URL without its beginning".to_owned(), "URLs begin with `postgres://`")
    } else if is_connection_string(to) {
        let hint = "a database is named as in `host=localhost dbname=demo user=me`";
        ("the target looks like a connection string with words that nobody knows".to_owned(), hint)
    } else {
        return Ok(());
    };
    Err(Failure::usage(message).hint(hint))
}

/// `//user@host/…`, or something with a user and a password.
fn is_url_without_scheme(to: &str) -> bool {
    let Some((before, after)) = to.split_once("//") else { return false };
    after.split_once('@').is_some_and(|(user, _)| before.is_empty() || user.contains(':'))
}

/// Words and values only, or a value whose word is near `password`.
fn is_connection_string(to: &str) -> bool {
    let has_value =
        |part: &str| part.split_once('=').is_some_and(|(word, _)| word.chars().all(char::is_alphanumeric));
    let words = to.split_whitespace();
    let is_all_words = words.clone().all(has_value) && words.count() > 1;
    let mut parts = to.split(|c: char| c.is_whitespace() || matches!(c, '?' | '&' | ';'));
    is_all_words || parts.any(|part| part.split_once('=').is_some_and(|(word, _)| is_like_password(word)))
}

fn is_like_password(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    let is_short = matches!(word.as_str(), "pw" | "pwd" | "pass" | "passwd");
    // Shorter words are near too many others.
    is_short || (word.len() > 5 && did_you_mean(&word, ["password", "pgpassword"]).is_some())
}

fn extension(to: &str) -> Option<Format> {
    Format::from_extension(Path::new(to).extension()?.to_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(to: &str, format: Option<Format>) -> Option<Destination> {
        Destination::parse(to, format).ok()
    }

    #[test]
    fn a_target_says_what_it_is() {
        let place = |place, format| Some(Destination { place, format });
        assert_eq!(parse("data", None), place(Place::Directory("data".into()), Format::Parquet));
        assert_eq!(
            parse("data.d/x", Some(Format::Csv)),
            place(Place::Directory("data.d/x".into()), Format::Csv)
        );
        assert_eq!(parse("a/users.ndjson", None), place(Place::File("a/users.ndjson".into()), Format::Jsonl));
        assert_eq!(parse("data.v2/", None), place(Place::Directory("data.v2/".into()), Format::Parquet));
        assert_eq!(parse("users.csv/", None), place(Place::Directory("users.csv/".into()), Format::Parquet));
        assert_eq!(parse(".data", None), place(Place::Directory(".data".into()), Format::Parquet));
        for unknown in ["users.csv.gz", "data.v2", "shop.sqlite", "./x.parquet.zst"] {
            assert_eq!(parse(unknown, None), None, "{unknown}");
        }
        assert_eq!(parse("-", None), place(Place::Stdout, Format::Csv));
        assert_eq!(parse("null:", None), place(Place::Nowhere, Format::Parquet));
        assert_eq!(parse("users.csv", Some(Format::Parquet)), None);
        assert_eq!(parse("s3://bucket/x", None), None);
    }

    #[test]
    fn passwords_are_not_repeated() {
        for text in [
            "mysql://me:secret@host/db",
            "s3://me:secret@host/db",
            "jdbc:postgresql://host/db?user=me&password=secret",
            "db:me:secret://host",
            "//me:secret@host/db",
            "//secret@host/db",
            "postgres//me:secret@host/db",
            "hots=host pasword=secret",
            "hots=host key=secret",
            "passwrod=secret",
            "pwd=secret",
            "host/db?user=me&pass=secret",
        ] {
            let Err(Failure::Usage { message, hint }) = Destination::parse(text, None) else {
                panic!("{text}")
            };
            assert!(!message.contains("secret") && !hint.unwrap().contains("secret"));
        }
    }

    #[test]
    fn folders_may_have_strange_names() {
        for text in ["a=1", "run 1", "out/part=1", "me@host", "a//b", "10:30", "path=x", "a b=c", "x?y"] {
            assert!(check_path(text).is_ok(), "{text}");
        }
    }
}

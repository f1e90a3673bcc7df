//! The target of the data: what `--to` and `--format` mean together.

use std::path::{Path, PathBuf};

use seedbed_engine::hidden::is_hidden;
use seedbed_formats::{Format, Target};

use crate::connection_string;
use crate::exit::Failure;
use crate::output;

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
        if self.place == Place::Stdout && binary && output::stdout_is_terminal() {
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
            Place::Stdout => Target::Writer(output::data()),
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

/// Refuses what no directory and no file is called on purpose, first of all what was meant as a database and is not understood:
/// as the name of a folder, its password would be on the disk and in every report. Such texts are not shown.
pub(crate) fn check_path(to: &str) -> Result<(), Failure> {
    const NAME: &str = "name a directory, or a file such as users.csv";
    if let Some((message, hint)) = connection_string::resemblance(to) {
        return Err(Failure::usage(message).hint(hint));
    }
    if to.trim().is_empty() {
        return Err(Failure::usage("`--to` is empty").hint(NAME));
    }
    if to.contains(is_hidden) {
        return Err(Failure::usage("the target holds a character that is not seen").hint(NAME));
    }
    if to.trim() != to {
        return Err(Failure::usage("the target begins or ends with a blank").hint(NAME));
    }
    let name = to.rsplit(std::path::is_separator).next().unwrap_or_default();
    if name.starts_with('.') && Format::from_extension(name.trim_start_matches('.')).is_some() {
        let message = format!("`{to}` is an extension without a name");
        return Err(Failure::usage(message).hint(format!(
            "a file is named as in users{name}; a directory of that name is written `{to}/`"
        )));
    }
    Ok(())
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
    fn targets_that_are_mistakes_are_refused() {
        for to in [
            "",
            " ",
            "\t",
            " data",
            "data ",
            "users.csv ",
            "null:x",
            "NULL:",
            "null: ",
            ".csv",
            ".parquet",
            "out/.jsonl",
            ".CSV",
            "..csv",
            "a\nb",
            "a\0",
            "\u{202e}data",
            "me:secret@host/db",
            "POSTGRES://me:secret@host/db",
        ] {
            let Err(Failure::Usage { message, hint }) = Destination::parse(to, None) else {
                panic!("{to:?}")
            };
            let hint = hint.unwrap();
            assert!(
                !format!("{message}{hint}").contains("secret") && !message.contains(is_hidden),
                "{message}"
            );
        }
        for to in [".", "..", ".data", "./out", "../out", ".csv/", "a.csv", "./run:1", "/dev/null"] {
            assert!(Destination::parse(to, None).is_ok(), "{to}");
        }
    }
}

//! The names of what a dataset has in its directory, and which names are seedbed's at all.

use std::path::{Component, Path};

use super::manifest::Manifest;
use crate::error::Error;
use crate::format::Format;

/// The name of a file, relative to the directory.
pub(crate) fn part(table: &str, file: u64, extension: &str) -> String {
    format!("{table}/part-{file:05}.{extension}")
}

/// Refuses the name of a table that is no name of a folder.
pub(super) fn check_folder(table: &str) -> Result<(), Error> {
    let mut components = Path::new(table).components();
    let fit = matches!(components.next(), Some(Component::Normal(name)) if name == table)
        && components.next().is_none();
    if fit && !table.contains('\0') {
        return Ok(());
    }
    Err(Error::usage(format!("table `{table}` has a name that cannot be a folder's"), "rename the table"))
}

/// Whether a name is that of a manifest.
pub(super) fn is_manifest(name: &str) -> bool {
    let is_number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = || {
        let (index, count) =
            name.strip_prefix("manifest-shard-")?.strip_suffix(".json")?.split_once("-of-")?;
        Some(is_number(index) && is_number(count))
    };
    name == Manifest::NAME || shard().unwrap_or(false)
}

/// Whether a name is that of a file of a table.
pub(super) fn is_part(name: &str) -> bool {
    let Some((number, extension)) = name.strip_prefix("part-").and_then(|name| name.split_once('.')) else {
        return false;
    };
    number.len() >= 5
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && Format::ALL.into_iter().any(|format| format.extension() == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_ours() {
        for ours in ["part-00000.parquet", "part-123456.csv", "part-00001.jsonl"] {
            assert!(is_part(ours), "{ours}");
        }
        for theirs in [
            "part-0.parquet",
            "part-00000.txt",
            "part-0000x.csv",
            "part-00000",
            "mine.csv",
            "part-00000.csv.bak",
            "part-00000.csv.partial",
        ] {
            assert!(!is_part(theirs), "{theirs}");
        }
        for ours in ["manifest.json", "manifest-shard-00001-of-00004.json"] {
            assert!(is_manifest(ours), "{ours}");
        }
        for theirs in ["manifest", "manifest.json.bak", "manifest-shard-1-of-4.json", "package.json"] {
            assert!(!is_manifest(theirs), "{theirs}");
        }
    }

    #[test]
    fn a_folder_stays_inside() {
        for fit in ["orders", "order lines", "größe", "\"quoted\"", "..."] {
            assert!(check_folder(fit).is_ok(), "{fit}");
        }
        for unfit in ["", ".", "..", "a/b", "/etc", "a/..", "a\0b"] {
            assert!(check_folder(unfit).is_err(), "{unfit}");
        }
    }
}

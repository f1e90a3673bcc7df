//! What earlier runs have left in a directory, and its removal. A file is seedbed's when a manifest lists it, or when it lies
//! in the folder of a table that a manifest names and could not have been completed: under a temporary name, or when the
//! manifest itself is not complete. Everything else is the user's.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::names::{self, BEGUN};
use super::partial::PARTIAL;
use crate::error::Error;

/// The manifests in a directory, and the files that are seedbed's by them.
#[derive(Default)]
pub(super) struct Earlier {
    /// Complete and unfinished ones, by name.
    pub(super) manifests: Vec<String>,
    /// Files that are there, relative to the directory, with `/`.
    pub(super) files: BTreeSet<String>,
}

impl Earlier {
    /// Looks at a directory. A complete manifest that is not seedbed's is an error; of an unfinished one any part may be there.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut earlier = Self::default();
        for name in names_in(root)?.into_iter().filter(|name| names::is_manifest(name)) {
            let path = root.join(&name);
            let is_complete = name.ends_with(".json");
            let listed = fs::read_to_string(&path).map_err(Error::io("read", &path));
            match listed.map(|text| Manifest::files_named(&text))? {
                Some(tables) => earlier.add(root, tables, is_complete)?,
                None if is_complete => {
                    let message = format!("`{}` is not a manifest of seedbed's", path.display());
                    return Err(Error::usage(message, "choose another directory"));
                }
                None => {}
            }
            earlier.manifests.push(name);
        }
        Ok(earlier)
    }

    /// Notes the files of tables that a manifest names. It may have been edited: a name leads nowhere but into a folder of
    /// the directory, to a file that looks like ours.
    fn add(
        &mut self,
        root: &Path,
        tables: Vec<(String, Vec<String>)>,
        is_complete: bool,
    ) -> Result<(), Error> {
        for (table, listed) in tables {
            if names::check_folder(&table).is_err() || !root.join(&table).is_dir() {
                continue;
            }
            for name in names_in(&root.join(&table))?.into_iter().filter(|name| names::is_part(name)) {
                let path = format!("{table}/{name}");
                if !is_complete || name.ends_with(PARTIAL) || listed.contains(&path) {
                    self.files.insert(path);
                }
            }
        }
        Ok(())
    }

    /// The first thing in the folder of a table that is not seedbed's. Readers would take it for a part of the table.
    pub(super) fn stranger(&self, root: &Path, table: &str) -> Result<Option<PathBuf>, Error> {
        let folder = root.join(table);
        if !folder.exists() {
            return Ok(None);
        }
        let mut names = names_in(&folder)?.into_iter();
        let stranger = names.find(|name| !self.files.contains(&format!("{table}/{name}")));
        Ok(stranger.map(|name| folder.join(name)))
    }

    /// Removes the manifests, but for the one named, and then the files.
    pub(super) fn remove(&self, root: &Path, but: &str) -> Result<(), Error> {
        // Manifests first: when this is cut short, none describes files that are gone.
        for name in self.manifests.iter().filter(|name| *name != but) {
            remove(&root.join(name))?;
        }
        remove_parts(root, self.files.iter().map(String::as_str))
    }
}

/// Whether the text of a manifest stands under a name that it has until it is complete.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.ends_with(BEGUN) || name.ends_with(PARTIAL)
}

/// Removes files, complete or not, and the folders that are empty then.
pub(super) fn remove_parts<'f>(root: &Path, files: impl Iterator<Item = &'f str>) -> Result<(), Error> {
    let mut folders = BTreeSet::new();
    for name in files {
        let path = root.join(name);
        remove(&path)?;
        remove(&root.join(format!("{name}{PARTIAL}")))?;
        folders.extend(path.parent().map(Path::to_owned));
    }
    for folder in folders {
        // It stays when something is left in it.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Removes a file that may be there.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(Error::io("remove", path)),
    }
}

/// The names of what is in a folder, in order.
pub(super) fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>().map_err(Error::io("read", folder))?;
    names.sort();
    Ok(names)
}

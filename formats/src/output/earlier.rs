//! What earlier runs have left in a directory. A file is seedbed's when a manifest lists it. Everything else is the user's.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::names;
use crate::error::Error;

/// The manifests in a directory, and the files that are seedbed's by them.
#[derive(Default)]
pub(super) struct Earlier {
    pub(super) manifests: Vec<String>,
    /// Files that are there, relative to the directory, with `/`.
    pub(super) files: BTreeSet<String>,
}

impl Earlier {
    /// Looks at a directory. A manifest that is not seedbed's is an error.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut earlier = Self::default();
        for name in names_in(root)?.into_iter().filter(|name| names::is_manifest(name)) {
            let path = root.join(&name);
            let strange = || {
                let message = format!("`{}` is not a manifest of seedbed's", path.display());
                Error::usage(message, "choose another directory")
            };
            // Reading a pipe would wait.
            if !path.is_file() {
                return Err(strange());
            }
            let text = fs::read(&path).map_err(Error::io("read", &path))?;
            let tables = Manifest::files_named(&String::from_utf8_lossy(&text)).ok_or_else(strange)?;
            earlier.add(root, tables)?;
            earlier.manifests.push(name);
        }
        Ok(earlier)
    }

    /// Notes the files of tables that a manifest names. It may have been edited: a name leads nowhere but into a folder of
    /// the directory, to a file that looks like ours.
    fn add(&mut self, root: &Path, tables: Vec<(String, Vec<String>)>) -> Result<(), Error> {
        for (table, listed) in tables {
            let folder = root.join(&table);
            if names::check_folder(&table).is_err() || !is_folder(&folder) {
                continue;
            }
            for name in names_in(&folder)?.into_iter().filter(|name| names::is_part(name)) {
                let path = format!("{table}/{name}");
                if listed.contains(&path) && !is_folder(&folder.join(name)) {
                    self.files.insert(path);
                }
            }
        }
        Ok(())
    }

    /// The first thing in the folder of a table that is not seedbed's. Readers would take it for a part of the table. What is in
    /// the place of that folder, such as a link to one elsewhere, is not seedbed's, either.
    pub(super) fn stranger(&self, root: &Path, table: &str) -> Result<Option<PathBuf>, Error> {
        let folder = root.join(table);
        if fs::symlink_metadata(&folder).is_err() {
            return Ok(None);
        }
        if !is_folder(&folder) {
            return Ok(Some(folder));
        }
        let mut names = names_in(&folder)?.into_iter();
        let stranger = names.find(|name| !self.files.contains(&format!("{table}/{name}")));
        Ok(stranger.map(|name| folder.join(name)))
    }

    /// The manifests, and then the files.
    pub(super) fn names(&self) -> Vec<String> {
        self.manifests.iter().chain(&self.files).cloned().collect()
    }
}

/// Whether something is a folder, and no link to one.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_dir())
}

/// The names of what is in a folder, in order.
pub(super) fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>().map_err(Error::io("read", folder))?;
    names.sort();
    Ok(names)
}

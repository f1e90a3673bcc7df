//! A dataset in a directory: `<table>/part-00000.<extension>`, and a manifest that comes last.
//!
//! Several processes may write the shards of one dataset into one directory. Each leaves a *marker* (its
//! manifest, still without files, under a name of its own) before its first file, so that the others see
//! whose files these are.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::manifest::{Manifest, ManifestFile};
use super::partial::{Out, PARTIAL};
use crate::error::Error;
use crate::format::Format;

/// What is added to the name of a shard's manifest while its files are being written.
const BEGUN: &str = ".begun";

/// A directory being written. Unless it is finished, everything written is removed again.
pub(crate) struct Directory {
    root: PathBuf,
    made_root: bool,
    /// The folders of tables that were not there before.
    made_folders: BTreeSet<PathBuf>,
    extension: &'static str,
    manifest: Manifest,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has been written yet.
    Found,
    /// Files are being written; there is a marker if this is a shard.
    Begun,
    Finished,
}

impl Directory {
    /// Makes the directory, or finds it fit, or makes it so: `force` removes an earlier dataset, or an
    /// earlier run of this shard, and nothing else. `files` are those to be written: table and number.
    pub(crate) fn prepare(
        root: PathBuf,
        manifest: Manifest,
        format: Format,
        files: &[(&str, u64)],
        force: bool,
    ) -> Result<Self, Error> {
        for table in manifest.table_names() {
            check_folder(table)?;
        }
        if root.is_file() {
            let message = format!("`{}` is a file", root.display());
            return Err(Error::usage(message, "a directory is asked for; one table alone can go to a file"));
        }
        let made_root = !root.exists();
        fs::create_dir_all(&root).map_err(Error::io("create", &root))?;
        let extension = format.extension();
        let (state, made_folders) = (State::Found, BTreeSet::new());
        let mut directory = Self { root, made_root, made_folders, extension, manifest, state };
        match directory.manifest.shard() {
            None => directory.make_room(force)?,
            Some(_) => {
                directory.join_shards(files, force)?;
                let marker = directory.marker();
                let mut out = Out::file(&marker)?;
                out.write(directory.manifest.to_string().as_bytes())?;
                out.complete()?;
            }
        }
        directory.state = State::Begun;
        Ok(directory)
    }

    /// Begins a file.
    pub(crate) fn open(&mut self, table: &str, file: u64) -> Result<Out, Error> {
        let path = self.root.join(part(table, file, self.extension));
        let folder = self.root.join(table);
        if !folder.exists() {
            fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
            self.made_folders.insert(folder);
        }
        Out::file_with_checksum(&path)
    }

    /// Notes a file that has its name.
    pub(crate) fn completed(&mut self, table: &str, file: ManifestFile) {
        self.manifest.add(table, file);
    }

    /// Writes the manifest.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let mut out = Out::file(&self.root.join(self.manifest.file_name()))?;
        out.write(self.manifest.to_string().as_bytes())?;
        out.complete()?;
        self.state = State::Finished;
        if self.manifest.shard().is_some() {
            remove(&self.marker())?;
        }
        Ok(())
    }

    /// What its files' names end with.
    pub(crate) fn extension(&self) -> &'static str {
        self.extension
    }

    fn marker(&self) -> PathBuf {
        self.root.join(self.manifest.file_name() + BEGUN)
    }

    /// Empties a directory of an earlier dataset, or refuses one that is not empty.
    fn make_room(&self, force: bool) -> Result<(), Error> {
        let entries = names_in(&self.root)?;
        if entries.is_empty() {
            return Ok(());
        }
        if !force {
            return Err(Error::NotEmpty { path: self.root.clone() });
        }
        let manifests: Vec<&String> = entries.iter().filter(|name| is_manifest_name(name)).collect();
        let mut files = BTreeSet::new();
        for name in &manifests {
            if name.ends_with(".json") {
                let path = self.root.join(name);
                let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
                let Some(named) = Manifest::files_named(&text) else {
                    let message = format!("`{}` is not a manifest of seedbed's", path.display());
                    return Err(Error::usage(message, "choose another directory"));
                };
                files.extend(named);
            }
        }
        // Manifests first: when this is cut short, none describes files that are gone.
        for name in manifests {
            remove(&self.root.join(name))?;
        }
        for table in self.manifest.table_names() {
            let folder = self.root.join(table);
            if folder.is_dir() {
                files.extend(names_in(&folder)?.iter().map(|name| format!("{table}/{name}")));
            }
        }
        self.remove_parts(files.iter().map(String::as_str))
    }

    /// Finds the directory empty, or holding this dataset's shards; replaces this shard if asked to.
    fn join_shards(&self, files: &[(&str, u64)], force: bool) -> Result<(), Error> {
        let entries = names_in(&self.root)?;
        let own = self.manifest.file_name();
        let mut shards = 0;
        for name in entries.iter().filter(|name| is_manifest_name(name)) {
            let path = self.root.join(name);
            let name = name.strip_suffix(BEGUN).unwrap_or(name);
            if !name.ends_with(".json") {
                // Another shard's manifest in the making.
                continue;
            }
            let text = match fs::read_to_string(&path) {
                // A marker goes when its shard is complete.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                text => text.map_err(Error::io("read", &path))?,
            };
            if !self.manifest.is_same_dataset(&text) {
                let message = format!("`{}` belongs to another dataset", path.display());
                return Err(Error::usage(message, "choose another directory, or remove this one"));
            }
            shards += 1;
        }
        if shards == 0 && !entries.is_empty() && !force {
            return Err(Error::NotEmpty { path: self.root.clone() });
        }
        let manifest = self.root.join(&own);
        if manifest.exists() {
            if !force {
                return Err(Error::Exists { path: manifest });
            }
            remove(&manifest)?;
        }
        let files: Vec<String> =
            files.iter().map(|(table, file)| part(table, *file, self.extension)).collect();
        self.remove_parts(files.iter().map(String::as_str))
    }

    /// Removes those files that look like ours, complete or not, and the folders that are empty then.
    fn remove_parts<'f>(&self, files: impl Iterator<Item = &'f str>) -> Result<(), Error> {
        let mut folders = BTreeSet::new();
        for name in files {
            // The name may come from a file that somebody edited.
            let Some((folder, part)) = name.split_once('/') else { continue };
            if check_folder(folder).is_err() || !is_part_name(part) {
                continue;
            }
            let folder = self.root.join(folder);
            remove(&folder.join(part))?;
            remove(&folder.join(format!("{part}{PARTIAL}")))?;
            folders.insert(folder);
        }
        for folder in folders {
            // It stays when something is left in it.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.state == State::Finished {
            return;
        }
        // What has gone wrong is being reported already; what cannot be removed stays.
        if self.state == State::Begun {
            let _ = self.remove_parts(self.manifest.files().map(|file| file.name.as_str()));
            if self.manifest.shard().is_some() {
                let _ = fs::remove_file(self.marker());
            }
        }
        for folder in &self.made_folders {
            let _ = fs::remove_dir(folder);
        }
        if self.made_root {
            let _ = fs::remove_dir(&self.root);
        }
    }
}

/// The name of a file, relative to the directory.
pub(crate) fn part(table: &str, file: u64, extension: &str) -> String {
    format!("{table}/part-{file:05}.{extension}")
}

/// Refuses the name of a table that is no name of a folder.
fn check_folder(table: &str) -> Result<(), Error> {
    let mut components = Path::new(table).components();
    let fit = matches!(components.next(), Some(Component::Normal(name)) if name == table)
        && components.next().is_none();
    if fit && !table.contains('\0') {
        return Ok(());
    }
    Err(Error::usage(format!("table `{table}` has a name that cannot be a folder's"), "rename the table"))
}

fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>().map_err(Error::io("read", folder))?;
    names.sort();
    Ok(names)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(Error::io("remove", path)),
    }
}

/// Whether a name is that of a manifest, complete or not.
fn is_manifest_name(name: &str) -> bool {
    let name = name.strip_suffix(PARTIAL).unwrap_or(name);
    let name = name.strip_suffix(BEGUN).unwrap_or(name);
    let is_number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = || {
        let (index, count) =
            name.strip_prefix("manifest-shard-")?.strip_suffix(".json")?.split_once("-of-")?;
        Some(is_number(index) && is_number(count))
    };
    name == Manifest::NAME || shard().unwrap_or(false)
}

/// Whether a name is that of a file of a table, complete or not.
fn is_part_name(name: &str) -> bool {
    let name = name.strip_suffix(PARTIAL).unwrap_or(name);
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
        for ours in ["part-00000.parquet", "part-123456.csv", "part-00001.jsonl.partial"] {
            assert!(is_part_name(ours), "{ours}");
        }
        for theirs in [
            "part-0.parquet",
            "part-00000.txt",
            "part-0000x.csv",
            "part-00000",
            "mine.csv",
            "part-00000.csv.bak",
        ] {
            assert!(!is_part_name(theirs), "{theirs}");
        }
        for ours in ["manifest.json", "manifest.json.partial", "manifest-shard-00001-of-00004.json.begun"] {
            assert!(is_manifest_name(ours), "{ours}");
        }
        for theirs in ["manifest", "manifest-shard-1-of-4.json", "package.json"] {
            assert!(!is_manifest_name(theirs), "{theirs}");
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

//! A dataset in a directory: `<table>/part-00000.<extension>`, and a manifest that comes last.
//!
//! A run has the directory for itself; only shards of one dataset share it. Before its first file a run leaves a *marker*, its
//! manifest still without files under a name of its own, which tells others, and runs to come, whose files these are.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::earlier::{self, Earlier};
use super::lock::{self, Use};
use super::manifest::{Manifest, ManifestFile};
use super::names::{self, BEGUN, part};
use super::partial::Out;
use crate::error::Error;
use crate::format::Format;

/// How often a folder is made that others remove at the same moment.
const ATTEMPTS: usize = 10;

/// A directory being written. Unless it is finished, everything written is removed again.
pub(crate) struct Directory {
    root: PathBuf,
    made_root: bool,
    /// The folders of tables that were not there before.
    made_folders: BTreeSet<PathBuf>,
    extension: &'static str,
    manifest: Manifest,
    /// Kept open, because it is this run's as long as that.
    marker: Option<File>,
    finished: bool,
    /// Keeps other runs out. Stands last, so that it goes when everything else is done.
    _lock: Option<File>,
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
            names::check_folder(table)?;
        }
        if root.is_file() {
            let message = format!("`{}` is a file", root.display());
            return Err(Error::usage(message, "a directory is asked for; one table alone can go to a file"));
        }
        let made_root = make(&root)?;
        let usage = if manifest.shard().is_some() { Use::Shared } else { Use::Alone };
        let lock = lock::enter(&root, usage)?;
        let mut directory = Self {
            root,
            made_root,
            made_folders: BTreeSet::new(),
            extension: format.extension(),
            manifest,
            marker: None,
            finished: false,
            _lock: lock,
        };
        match directory.manifest.shard() {
            None => directory.make_room(force)?,
            Some(_) => directory.join_shards(files, force)?,
        }
        Ok(directory)
    }

    /// Begins a file.
    pub(crate) fn open(&mut self, table: &str, file: u64) -> Result<Out, Error> {
        let path = self.root.join(part(table, file, self.extension));
        let folder = self.root.join(table);
        for _ in 0..ATTEMPTS {
            if !folder.exists() {
                fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
                self.made_folders.insert(folder.clone());
            }
            match Out::file_with_checksum(&path) {
                // Another shard has just found the folder empty, and removed it.
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
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
        self.finished = true;
        earlier::remove(&self.marker_path())
    }

    /// What its files' names end with.
    pub(crate) fn extension(&self) -> &'static str {
        self.extension
    }

    fn marker_path(&self) -> PathBuf {
        self.root.join(self.manifest.file_name() + BEGUN)
    }

    /// Leaves the marker. Nobody else has it, or this is a shard that another run is writing.
    fn mark(&mut self) -> Result<(), Error> {
        let path = self.marker_path();
        let mut marker = lock::claim(&path, &self.root)?;
        let written = marker.set_len(0).and_then(|()| marker.write_all(self.manifest.to_string().as_bytes()));
        self.marker = Some(marker);
        written.map_err(Error::io("write", &path))
    }

    /// Empties a directory of an earlier dataset, or refuses one that is not empty.
    fn make_room(&mut self, force: bool) -> Result<(), Error> {
        let is_empty = earlier::names_in(&self.root)?.is_empty();
        if !is_empty && !force {
            return Err(Error::NotEmpty { path: self.root.clone() });
        }
        let earlier = Earlier::read(&self.root)?;
        if !is_empty && earlier.manifests.is_empty() {
            return Err(strange(&self.root));
        }
        for table in self.manifest.table_names() {
            if let Some(stranger) = earlier.stranger(&self.root, table)? {
                let message = format!("`{}` is no file of seedbed's", stranger.display());
                let hint = format!(
                    "readers would take it for a part of table `{table}`: move it away, or choose another directory"
                );
                return Err(Error::usage(message, hint));
            }
        }
        self.mark()?;
        earlier.remove(&self.root, &(self.manifest.file_name() + BEGUN))
    }

    /// Finds the directory empty, or holding this dataset's shards; replaces this shard if asked to.
    fn join_shards(&mut self, files: &[(&str, u64)], force: bool) -> Result<(), Error> {
        let is_empty = earlier::names_in(&self.root)?.is_empty();
        if !is_empty && !self.has_other_shards()? {
            return Err(if force {
                strange(&self.root)
            } else {
                Error::NotEmpty { path: self.root.clone() }
            });
        }
        let manifest = self.root.join(self.manifest.file_name());
        if manifest.exists() && !force {
            return Err(Error::Exists { path: manifest });
        }
        let files: Vec<String> =
            files.iter().map(|(table, file)| part(table, *file, self.extension)).collect();
        if !manifest.exists() && !self.marker_path().exists() {
            // This shard has never been here, so its files cannot be.
            let stranger = files.iter().map(|file| self.root.join(file)).find(|path| path.exists());
            if let Some(path) = stranger {
                let message = format!("`{}` exists, and no manifest has it", path.display());
                return Err(Error::usage(message, "move it away, or choose another directory"));
            }
        }
        self.mark()?;
        // Whoever came at the same time has looked before this marker was there, or sees it.
        self.has_other_shards()?;
        earlier::remove(&manifest)?;
        earlier::remove_parts(&self.root, files.iter().map(String::as_str))
    }

    /// Whether there are shards of this dataset, complete or not. Those of another one are an error.
    fn has_other_shards(&self) -> Result<bool, Error> {
        let mut found = false;
        for name in earlier::names_in(&self.root)?.into_iter().filter(|name| names::is_manifest(name)) {
            let path = self.root.join(&name);
            let text = match fs::read_to_string(&path) {
                // A marker goes when its shard is complete.
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                text => text.map_err(Error::io("read", &path))?,
            };
            let is_other = !self.manifest.is_same_dataset(&text);
            // While it is being written nothing is known of it; whoever writes it looks again afterwards.
            let is_known = !earlier::is_unfinished(&name) || Manifest::files_named(&text).is_some();
            if is_other && is_known {
                let message = format!("`{}` belongs to another dataset", path.display());
                return Err(Error::usage(message, "choose another directory, or remove this one"));
            }
            found = true;
        }
        Ok(found)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // What has gone wrong is being reported already; what cannot be removed stays.
        if self.marker.is_some() {
            let files = self.manifest.files().map(|file| file.name.as_str());
            let _ = earlier::remove_parts(&self.root, files);
            let _ = fs::remove_file(self.marker_path());
        }
        for folder in &self.made_folders {
            let _ = fs::remove_dir(folder);
        }
        if self.made_root {
            let _ = fs::remove_dir(&self.root);
        }
    }
}

/// Makes a directory, and tells whether it was not there.
fn make(root: &Path) -> Result<bool, Error> {
    if let Some(parent) = root.parent().filter(|parent| *parent != Path::new("")) {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    match fs::create_dir(root) {
        Err(_) if root.is_dir() => Ok(false),
        made => made.map(|()| true).map_err(Error::io("create", root)),
    }
}

/// A directory that is not empty, and that no manifest calls seedbed's.
fn strange(root: &Path) -> Error {
    let message = format!("`{}` is not empty, and holds no dataset of seedbed's", root.display());
    Error::usage(
        message,
        "choose another directory; `--force` replaces what seedbed has made and nothing else",
    )
}

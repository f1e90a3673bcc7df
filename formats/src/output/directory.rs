//! A dataset in a directory: `<table>/part-00000.<extension>`, and a manifest.
//!
//! Everything is written into a [`Stage`] and moved to its place when it is whole, the manifest last, so that what was there
//! before stays until then. A run has the directory for itself; only shards of one dataset share it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use seedbed_engine::cases::FoundCase;

use super::durable::{self, Syncer};
use super::earlier::{self, Earlier};
use super::lock::{self, Holder, Use};
use super::manifest::{Manifest, ManifestFile};
use super::names::{self, part};
use super::partial::Out;
use super::stage::{Exchange, Other, Stage};
use super::temporary;
use crate::error::Error;
use crate::format::Format;

/// A directory being written. Unless it is finished, everything written is removed again.
pub(crate) struct Directory {
    // In the order in which they go: what is written to before what it lies in.
    syncer: Option<Syncer>,
    stage: Stage,
    /// The folders of tables that have been made in the stage.
    folders: BTreeSet<String>,
    /// What is replaced at the end: manifests, then files.
    replaced: Vec<String>,
    manifest: Manifest,
    extension: &'static str,
    place: Root,
}

/// The directory itself.
struct Root {
    path: PathBuf,
    /// Whether it did not exist before, and is removed when the run fails.
    is_new: bool,
    /// Keeps other runs out.
    _lock: Option<File>,
}

impl Drop for Root {
    fn drop(&mut self) {
        if self.is_new {
            // It stays when something is in it.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

impl Directory {
    /// Makes the directory, or finds it fit: with `force`, an earlier dataset, or an earlier run of this shard, may be there and
    /// is replaced at the end, and nothing else. `files` are those to be written: table and number.
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
        let is_new = make(&root)?;
        let usage = if manifest.shard().is_some() { Use::Shared } else { Use::Alone };
        let place = Root { _lock: lock::enter(&root, usage)?, path: root, is_new };
        let (stage, replaced) = match manifest.shard() {
            None => make_room(&place.path, &manifest, force)?,
            Some(_) => join_shards(&place.path, &manifest, format, files, force)?,
        };
        Ok(Self {
            syncer: Some(Syncer::start()?),
            stage,
            folders: BTreeSet::new(),
            replaced,
            manifest,
            extension: format.extension(),
            place,
        })
    }

    /// Begins a file.
    pub(crate) fn open(&mut self, table: &str, file: u64) -> Result<Out, Error> {
        let name = part(table, file, self.extension);
        if self.folders.insert(table.to_owned()) {
            let folder = self.stage.path().join(table);
            fs::create_dir(&folder).map_err(Error::io("create", &self.place.path.join(table)))?;
        }
        let queue = self.syncer.as_ref().expect("files are synced until the directory is finished").queue();
        Out::staged(&self.stage.path().join(&name), self.place.path.join(&name), queue)
    }

    /// Notes a file that is complete.
    pub(crate) fn completed(&mut self, table: &str, file: ManifestFile) {
        self.manifest.add(table, file);
    }

    /// Writes the manifest, in which the cases stand, and moves everything to its place.
    pub(crate) fn finish(mut self, cases: &[FoundCase]) -> Result<(), Error> {
        self.manifest.note_cases(cases);
        self.syncer.take().map_or(Ok(()), Syncer::finish)?;
        let name = self.manifest.file_name();
        let path = self.place.path.join(&name);
        let mut file =
            temporary::create(&self.stage.path().join(&name)).map_err(Error::io("create", &path))?;
        let written = file.write_all(self.manifest.to_string().as_bytes());
        written.and_then(|()| durable::sync(&file)).map_err(Error::io("write", &path))?;
        let files: Vec<String> = self.manifest.files().map(|file| file.name.clone()).collect();
        if let Some(link) = self
            .manifest
            .table_names()
            .map(|table| self.place.path.join(table))
            .find(|folder| fs::symlink_metadata(folder).is_ok_and(|there| !there.is_dir()))
        {
            return Err(stranger(&link, ""));
        }
        let exchange = self.exchange(&name, &files);
        exchange.run(&self.replaced)?;
        self.stage.done();
        self.place.is_new = false;
        for name in &self.replaced {
            // A folder stays when something is left in it.
            let _ = name.rsplit_once('/').map(|(folder, _)| fs::remove_dir(self.place.path.join(folder)));
        }
        Ok(())
    }

    fn exchange<'e>(&'e self, manifest: &'e str, files: &'e [String]) -> Exchange<'e> {
        Exchange { root: &self.place.path, stage: self.stage.path(), manifest, files }
    }

    /// What its files' names end with.
    pub(crate) fn extension(&self) -> &'static str {
        self.extension
    }
}

/// Finds a directory empty, or holding an earlier dataset that is to be replaced: its manifests and files.
fn make_room(root: &Path, manifest: &Manifest, force: bool) -> Result<(Stage, Vec<String>), Error> {
    let is_empty = earlier::names_in(root)?.is_empty();
    if !is_empty && !force {
        return Err(Error::NotEmpty { path: root.to_owned() });
    }
    let others = Other::all(root, None)?;
    if others.iter().any(|other| other.holder == Holder::Running) {
        return Err(Error::InUse { path: root.to_owned() });
    }
    if !is_empty && others.is_empty() && Earlier::read(root)?.manifests.is_empty() {
        return Err(strange(root));
    }
    others.iter().try_for_each(|other| recover(root, other))?;
    let earlier = Earlier::read(root)?;
    for table in manifest.table_names() {
        if let Some(path) = earlier.stranger(root, table)? {
            return Err(stranger(&path, table));
        }
    }
    others.into_iter().try_for_each(Other::remove)?;
    Ok((Stage::make(root, &manifest.to_string())?, earlier.names()))
}

/// Finds the directory empty, or holding this dataset's shards; replaces this shard if asked to.
fn join_shards(
    root: &Path,
    manifest: &Manifest,
    format: Format,
    files: &[(&str, u64)],
    force: bool,
) -> Result<(Stage, Vec<String>), Error> {
    let is_empty = earlier::names_in(root)?.is_empty();
    if !is_empty && !has_other_shards(root, manifest, None)? {
        return Err(if force { strange(root) } else { Error::NotEmpty { path: root.to_owned() } });
    }
    for table in manifest.table_names() {
        let folder = root.join(table);
        if fs::symlink_metadata(&folder).is_ok_and(|there| !there.is_dir()) {
            return Err(stranger(&folder, table));
        }
    }
    let about = manifest.to_string();
    let is_this = |other: &Other| other.holder == Holder::Gone && other.about == about;
    let dead: Vec<Other> = Other::all(root, None)?.into_iter().filter(is_this).collect();
    dead.iter().try_for_each(|other| recover(root, other))?;
    let path = root.join(manifest.file_name());
    let is_there = path.exists();
    if is_there && !force {
        return Err(Error::Exists { path });
    }
    let files = files.iter().map(|(table, file)| part(table, *file, format.extension()));
    let there: Vec<String> = files.filter(|file| fs::symlink_metadata(root.join(file)).is_ok()).collect();
    if let Some(file) = there.first().filter(|_| !is_there) {
        // This shard has never been here, so its files cannot be.
        let message = format!("`{}` exists, and no manifest has it", root.join(file).display());
        return Err(Error::usage(message, "move it away, or choose another directory"));
    }
    dead.into_iter().try_for_each(Other::remove)?;
    let stage = Stage::make(root, &about)?;
    // A run that came at the same time has searched before this stage existed, or sees it.
    has_other_shards(root, manifest, Some(&stage))?;
    let replaced =
        if is_there { [manifest.file_name()].into_iter().chain(there).collect() } else { Vec::new() };
    Ok((stage, replaced))
}

/// Whether there are shards of this dataset, complete or not. Those of another one are an error, and so is a run that writes
/// this one.
fn has_other_shards(root: &Path, manifest: &Manifest, mine: Option<&Stage>) -> Result<bool, Error> {
    let mut found = false;
    let foreign = |path: &Path| {
        let message = format!("`{}` belongs to another dataset", path.display());
        Error::usage(message, "choose another directory, or remove this one")
    };
    for name in earlier::names_in(root)?.into_iter().filter(|name| names::is_manifest(name)) {
        let path = root.join(&name);
        // Reading a pipe would wait.
        let text = match path.is_file() {
            true => fs::read(&path).map_err(Error::io("read", &path))?,
            false => return Err(foreign(&path)),
        };
        if !manifest.is_same_dataset(&String::from_utf8_lossy(&text)) {
            return Err(foreign(&path));
        }
        found = true;
    }
    for other in Other::all(root, mine)? {
        if Manifest::files_named(&other.about).is_none() {
            // Nothing is known of it yet; the run that writes it searches again afterwards.
            continue;
        }
        if !manifest.is_same_dataset(&other.about) {
            return Err(foreign(&other.path));
        }
        if other.about == manifest.to_string() && other.holder == Holder::Running {
            return Err(Error::InUse { path: root.to_owned() });
        }
        found = true;
    }
    Ok(found)
}

/// Brings back an earlier dataset that a run had set aside that was killed while it moved its own into place. Nothing is done
/// while another run works in the directory, nor for folders of other users': what lies in those is not believed.
pub(crate) fn put_back(root: &Path) -> Result<(), Error> {
    let is_left =
        |other: &&Other| other.holder == Holder::Gone && other.holds_earlier() && is_own(&other.path);
    if !Other::all(root, None)?.iter().any(|other| is_left(&other)) {
        return Ok(());
    }
    let _lock = match lock::enter(root, Use::Alone) {
        Err(Error::InUse { .. }) => return Ok(()),
        lock => lock?,
    };
    Other::all(root, None)?.iter().filter(is_left).try_for_each(|other| recover(root, other))
}

/// Whether something belongs to the user of this process, as far as that can be told.
#[cfg(unix)]
fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = |path: &Path| fs::symlink_metadata(path).map(|of| of.uid()).ok();
    let me = fs::metadata("/proc/self").map(|of| of.uid()).ok();
    me.is_none() || user(path) == me
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> bool {
    true
}

/// Brings back what a run had set aside that was killed while it moved its files into place.
fn recover(root: &Path, dead: &Other) -> Result<(), Error> {
    for manifest in earlier::names_in(&dead.path)?.into_iter().filter(|name| names::is_manifest(name)) {
        let text = fs::read_to_string(dead.path.join(&manifest)).unwrap_or_default();
        let tables = Manifest::files_named(&text).unwrap_or_default();
        let fits = |table: &str, file: &str| {
            file.strip_prefix(table).and_then(|file| file.strip_prefix('/')).is_some_and(names::is_part)
        };
        let tables = tables.into_iter().filter(|(table, _)| names::check_folder(table).is_ok());
        let files: Vec<String> = tables
            .flat_map(|(table, files)| files.into_iter().filter(move |file| fits(&table, file)))
            .collect();
        Exchange { root, stage: &dead.path, manifest: &manifest, files: &files }.undo()?;
    }
    Ok(())
}

/// Makes a directory, and tells whether it was not there.
fn make(root: &Path) -> Result<bool, Error> {
    if let Some(parent) = root.parent().filter(|parent| *parent != Path::new("")) {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    match fs::create_dir(root) {
        Err(_) if root.is_dir() => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let message = format!("`{}` is no directory", root.display());
            Err(Error::usage(message, "choose another name"))
        }
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

/// The error for a file or folder of the user's in the place of a table's files.
fn stranger(path: &Path, table: &str) -> Error {
    if !earlier::is_folder(path) && path.file_name().is_some_and(|name| name == table || table.is_empty()) {
        let message = format!("`{}` is no folder", path.display());
        return Error::usage(
            message,
            "the files of a table go to a folder of this name: move it away, or choose another directory",
        );
    }
    let message = format!("`{}` is no file of seedbed's", path.display());
    let hint = format!(
        "readers would take it for a part of table `{table}`: move it away, or choose another directory"
    );
    Error::usage(message, hint)
}

//! A folder of a run's own in the directory of a dataset, `.seedbed-0123456789abcdef`. Everything is written there, and moved
//! to its place when it is whole. A run that is killed leaves it behind, and nothing else.
//!
//! In it lie `run.json`, which tells whose run it is and is locked until the run ends, the files of tables, and in
//! the end the manifest. While the dataset is put in the place of an earlier one, the earlier one lies in `before/`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::durable::sync_folder;
use super::earlier::{is_folder, names_in};
use super::lock::{self, Holder};
use super::temporary;
use crate::error::Error;

const PREFIX: &str = ".seedbed-";
const RUN: &str = "run.json";
/// The name that `run.json` has until it is locked, so that none is seen that is not.
const RUN_MADE: &str = "run.json.made";
const BEFORE: &str = "before";

/// The folder of this run. Dropping it removes it with its contents.
pub(super) struct Stage {
    path: PathBuf,
    /// Whether it is done with, and an earlier dataset that lies in it as well.
    is_done: bool,
    /// Kept open, because the folder is this run's as long as that.
    _run: File,
}

impl Stage {
    /// Makes a folder in the directory of a dataset. `about` is the manifest as it is before there are files.
    pub(super) fn make(root: &Path, about: &str) -> Result<Self, Error> {
        let name = |token: &str| format!("{PREFIX}{token}");
        let made = temporary::make(root, name, |path| fs::create_dir(path));
        let ((), path) = made.map_err(Error::io("create a folder in", root))?;
        match begin(&path, root, about) {
            Ok(run) => Ok(Self { path, is_done: false, _run: run }),
            Err(error) => {
                let _ = remove(&path);
                Err(error)
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was set aside has been replaced.
    pub(super) fn done(&mut self) {
        self.is_done = true;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // An earlier dataset that could not be moved back is worth more than a tidy folder.
        if self.is_done || !self.path.join(BEFORE).exists() {
            // What has gone wrong is being reported already; what cannot be removed stays.
            let _ = remove(&self.path);
        }
    }
}

/// Writes what the run is about. The file is locked before it has its name: another run that gets the lock knows that this
/// one has ended.
fn begin(stage: &Path, root: &Path, about: &str) -> Result<File, Error> {
    let (made, path) = (stage.join(RUN_MADE), stage.join(RUN));
    let mut run = temporary::create(&made).map_err(Error::io("create", &path))?;
    lock::hold(&run, root)?;
    let written = run.write_all(about.as_bytes()).and_then(|()| fs::rename(&made, &path));
    written.map_err(Error::io("write", &path))?;
    Ok(run)
}

/// The folder of another run.
pub(super) struct Other {
    pub(super) path: PathBuf,
    pub(super) holder: Holder,
    /// The manifest without files; empty where it has not been written.
    pub(super) about: String,
    /// Kept, so that no other run takes what a dead run has left at the same time.
    _run: Option<File>,
}

impl Other {
    /// The folders of other runs in a directory. Of one that has just been made nothing is known yet; the run that makes it looks
    /// around afterwards.
    pub(super) fn all(root: &Path, mine: Option<&Stage>) -> Result<Vec<Self>, Error> {
        let entries = fs::read_dir(root).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut others = Vec::new();
        for entry in entries.map_err(Error::io("read", root))? {
            let name = entry.file_name();
            let is_ours =
                name.to_str().and_then(|name| name.strip_prefix(PREFIX)).is_some_and(temporary::is_token);
            let path = entry.path();
            if !is_ours || mine.is_some_and(|mine| mine.path == path) {
                continue;
            }
            // A link is none, wherever it leads.
            if entry.file_type().is_ok_and(|kind| kind.is_dir())
                && let Some(other) = Self::at(path)
            {
                others.push(other);
            }
        }
        Ok(others)
    }

    /// `None` when it is no folder of a run's.
    fn at(path: PathBuf) -> Option<Self> {
        match temporary::open(&path.join(RUN)) {
            Ok(run) => {
                let holder = lock::holder(&run);
                let about = io::read_to_string(&run).ok()?;
                Some(Self { path, holder, about, _run: Some(run) })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_made = entries(&path).iter().all(|name| name == RUN_MADE);
                is_made.then(|| Self { path, holder: Holder::Unknown, about: String::new(), _run: None })
            }
            Err(_) => None,
        }
    }

    /// Whether an earlier dataset lies in it, which has been set aside, or a part of one.
    pub(super) fn holds_earlier(&self) -> bool {
        is_folder(&self.path.join(BEFORE))
    }

    /// Removes what a run that has ended has left.
    pub(super) fn remove(self) -> Result<(), Error> {
        remove(&self.path).map_err(Error::io("remove", &self.path))
    }
}

/// Removes the folder of a run. A run that is killed meanwhile leaves one that the next run knows, and takes for nothing else
/// than what it is: the manifests are removed first, which say that files may have to be moved back, and `run.json` last.
fn remove(stage: &Path) -> io::Result<()> {
    for name in in_order_of_removal(stage) {
        let path = stage.join(name);
        if is_folder(&path) { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    fs::remove_dir(stage)
}

fn in_order_of_removal(stage: &Path) -> Vec<String> {
    let mut names = entries(stage);
    names.sort_by_key(|name| (name == RUN, is_folder(&stage.join(name))));
    names
}

/// Moves a stage into place.
pub(super) struct Exchange<'e> {
    pub(super) root: &'e Path,
    pub(super) stage: &'e Path,
    /// The manifest's name.
    pub(super) manifest: &'e str,
    /// The files of tables, relative to both folders, with `/`.
    pub(super) files: &'e [String],
}

impl Exchange<'_> {
    /// Sets `earlier` aside (manifests first, so that none tells of files that are not there), moves the files in, and then
    /// the manifest. When something fails, everything is as it was.
    pub(super) fn run(&self, earlier: &[String]) -> Result<(), Error> {
        let result = self.set_aside(earlier).and_then(|()| self.move_in());
        if result.is_err() {
            // What has gone wrong first is reported.
            let _ = self.undo();
        }
        result
    }

    fn set_aside(&self, earlier: &[String]) -> Result<(), Error> {
        let before = self.stage.join(BEFORE);
        earlier.iter().try_for_each(|name| match move_to(&self.root.join(name), &before.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => moved.map_err(Error::io("replace", &self.root.join(name))),
        })
    }

    fn move_in(&self) -> Result<(), Error> {
        for name in self.files {
            let to = self.root.join(name);
            move_to(&self.stage.join(name), &to).map_err(Error::io("rename", &to))?;
        }
        for folder in folders(self.files) {
            sync_folder(&self.root.join(folder))?;
        }
        sync_folder(self.root)?;
        let manifest = self.root.join(self.manifest);
        fs::rename(self.stage.join(self.manifest), &manifest).map_err(Error::io("rename", &manifest))?;
        sync_folder(self.root)
    }

    /// Moves everything back, as far as it has come, unless the manifest is in place: then it is done.
    pub(super) fn undo(&self) -> Result<(), Error> {
        if !self.stage.join(self.manifest).exists() {
            return Ok(());
        }
        for name in self.files {
            let staged = self.stage.join(name);
            if !staged.exists() {
                match move_to(&self.root.join(name), &staged) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(Error::io("rename", &staged)(error));
                    }
                    _ => {}
                }
            }
        }
        // The manifests are what lies in the folder itself, and they come last.
        let before = self.stage.join(BEFORE);
        let (folders_before, manifests): (Vec<String>, Vec<String>) =
            entries(&before).into_iter().partition(|name| is_folder(&before.join(name)));
        let files = folders_before.iter().flat_map(|folder| {
            entries(&before.join(folder)).into_iter().map(move |name| format!("{folder}/{name}"))
        });
        for name in files.chain(manifests) {
            let to = self.root.join(&name);
            let link = to
                .parent()
                .is_some_and(|folder| folder != self.root && folder.exists() && !is_folder(folder));
            if link {
                // It leads elsewhere, and was not there when the files were set aside.
                return Err(Error::io("rename", &to)(io::Error::from(io::ErrorKind::NotADirectory)));
            }
            move_to(&before.join(&name), &to).map_err(Error::io("rename", &to))?;
        }
        // Nothing but empty folders is left in it.
        let _ = fs::remove_dir_all(&before);
        for folder in folders(self.files) {
            // It stays when something is left in it.
            let _ = fs::remove_dir(self.root.join(folder));
        }
        Ok(())
    }
}

/// Moves a file, and makes its new folder. Another shard may find that folder empty, and remove it, at the same moment.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    let mut attempts = 0;
    loop {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < 10 => {
                fs::symlink_metadata(from)?;
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder)?;
                }
                attempts += 1;
            }
            moved => return moved,
        }
    }
}

/// The folders that files are in.
fn folders(files: &[String]) -> BTreeSet<&str> {
    files.iter().filter_map(|name| Some(name.rsplit_once('/')?.0)).collect()
}

/// The names of what is in a folder that may be there.
fn entries(folder: &Path) -> Vec<String> {
    names_in(folder).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "manifest.json";

    /// A directory with an earlier dataset of two files, and a stage with a new one of two files: one that takes the place
    /// of an earlier one, and one of a table that is new.
    fn directory() -> (tempfile::TempDir, PathBuf, [String; 2], [String; 3]) {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join(".seedbed-0123456789abcdef");
        let write = |root: &Path, name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for name in ["manifest.json", "a/part-00000.csv", "b/part-00000.csv"] {
            write(folder.path(), name, "old");
        }
        for name in ["manifest.json", "a/part-00000.csv", "c/part-00000.csv"] {
            write(&stage, name, "new");
        }
        let files = ["a/part-00000.csv", "c/part-00000.csv"].map(str::to_owned);
        let earlier = ["manifest.json", "a/part-00000.csv", "b/part-00000.csv"].map(str::to_owned);
        (folder, stage, files, earlier)
    }

    fn texts(root: &Path) -> Vec<String> {
        let names = ["manifest.json", "a/part-00000.csv", "b/part-00000.csv", "c/part-00000.csv"];
        let text = |name| fs::read_to_string(root.join(name)).unwrap_or_default();
        names.into_iter().map(text).collect()
    }

    #[test]
    fn a_stage_takes_the_place_of_what_was_there() {
        let (folder, stage, files, earlier) = directory();
        let exchange = Exchange { root: folder.path(), stage: &stage, manifest: MANIFEST, files: &files };
        exchange.run(&earlier).unwrap();
        assert_eq!(texts(folder.path()), ["new", "new", "", "new"]);
        // It is done, so nothing is left to be moved back.
        exchange.undo().unwrap();
        assert_eq!(texts(folder.path()), ["new", "new", "", "new"]);
    }

    /// A run may be killed after any step.
    #[test]
    fn whatever_has_been_moved_is_moved_back() {
        for steps in 0..=5 {
            let (folder, stage, files, earlier) = directory();
            let exchange = Exchange { root: folder.path(), stage: &stage, manifest: MANIFEST, files: &files };
            exchange.set_aside(&earlier[..steps.min(3)]).unwrap();
            for name in files.iter().take(steps.saturating_sub(3)) {
                move_to(&stage.join(name), &folder.path().join(name)).unwrap();
            }
            exchange.undo().unwrap();
            assert_eq!(texts(folder.path()), ["old", "old", "old", ""], "after {steps} steps");
            assert_eq!(texts(&stage), ["new", "new", "", "new"], "after {steps} steps");
            exchange.run(&earlier).unwrap();
            assert_eq!(texts(folder.path()), ["new", "new", "", "new"], "after {steps} steps");
        }
    }

    /// A folder stands where the second file should go.
    #[test]
    fn what_cannot_be_moved_leaves_everything_as_it_was() {
        let (folder, stage, files, earlier) = directory();
        fs::create_dir_all(folder.path().join("c/part-00000.csv/mine")).unwrap();
        let exchange = Exchange { root: folder.path(), stage: &stage, manifest: MANIFEST, files: &files };
        assert!(exchange.run(&earlier).is_err());
        assert_eq!(texts(folder.path()), ["old", "old", "old", ""]);
        assert!(folder.path().join("c/part-00000.csv/mine").exists());
    }

    /// The mark of a killed run's folder is removed last; and no file is missed in it before the manifest is gone, because it
    /// would be fetched from the dataset.
    #[test]
    fn a_folder_is_known_until_nothing_is_left_of_it() {
        let (folder, stage, ..) = directory();
        fs::write(stage.join(RUN), "about").unwrap();
        assert_eq!(in_order_of_removal(&stage), [MANIFEST, "a", "c", RUN]);
        remove(&stage).unwrap();
        assert!(!stage.exists());
        // An empty one has just been made, or is nearly gone.
        fs::create_dir(&stage).unwrap();
        let others = Other::all(folder.path(), None).unwrap();
        assert_eq!(others.len(), 1);
        others.into_iter().for_each(|other| other.remove().unwrap());
        assert!(!stage.exists());
    }

    #[test]
    fn a_folder_is_another_runs_until_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let one = Stage::make(folder.path(), "about").unwrap();
        let others = |mine: Option<&Stage>| Other::all(folder.path(), mine).unwrap();
        assert_eq!(others(Some(&one)).len(), 0);
        {
            let others = others(None);
            let [other] = &others[..] else { panic!("there is one") };
            assert_eq!((other.holder, other.about.as_str()), (Holder::Running, "about"));
        }
        drop(one);
        assert_eq!(others(None).len(), 0);
        // A run that was killed leaves it.
        let left = folder.path().join(".seedbed-00112233445566ff");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(RUN), "about").unwrap();
        let left_by_others = others(None);
        assert_eq!(left_by_others[0].holder, Holder::Gone);
        left_by_others.into_iter().for_each(|other| other.remove().unwrap());
        assert!(!left.exists());
    }
}

//! Who works where: locks that the system takes back from a process that ends, however it ends.
//!
//! Where the file system has no locks, nobody is kept out.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::error::Error;

/// How many may work in a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// One run.
    Alone,
    /// Those that write shards.
    Shared,
}

/// Keeps a directory to this run, or to those that share it, until what is returned is closed. Nothing is left behind.
pub(crate) fn enter(folder: &Path, usage: Use) -> Result<Option<File>, Error> {
    // Not every system opens directories.
    let Ok(opened) = File::open(folder) else { return Ok(None) };
    let lock = match usage {
        Use::Alone => opened.try_lock(),
        Use::Shared => opened.try_lock_shared(),
    };
    taken(lock, folder)?;
    Ok(Some(opened))
}

/// Opens a file that is this run's alone until it is closed, and makes it if it is not there. What it holds stays. Whoever
/// has it may rename or remove it before it is closed. `name` is what it is called in a refusal.
pub(crate) fn claim(path: &Path, name: &Path) -> Result<File, Error> {
    loop {
        let options = File::options().write(true).create(true).truncate(false).open(path);
        let file = options.map_err(Error::io("create", name))?;
        taken(file.try_lock(), name)?;
        // Whoever had it may have renamed or removed it after it was opened here.
        if is_named(&file, path).map_err(Error::io("read", name))? {
            return Ok(file);
        }
    }
}

fn taken(lock: Result<(), TryLockError>, name: &Path) -> Result<(), Error> {
    match lock {
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: name.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Whether a file that is open is the one of that name.
#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        there => Ok(identity(there?) == identity(file.metadata()?)),
    }
}

/// Files elsewhere have no identity that can be asked for.
#[cfg(not(unix))]
fn is_named(_: &File, path: &Path) -> std::io::Result<bool> {
    fs::exists(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_claimed_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.partial");
        let first = claim(&path, &path).unwrap();
        assert!(matches!(claim(&path, &path), Err(Error::InUse { .. })));
        // Under another name it is another file's business.
        fs::rename(&path, folder.path().join("x")).unwrap();
        let second = claim(&path, &path).unwrap();
        drop((first, second));
        claim(&path, &path).unwrap();
    }

    #[test]
    fn a_directory_is_for_one_or_for_those_that_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let shared = [Use::Shared, Use::Shared].map(|usage| enter(folder.path(), usage).unwrap());
        assert!(matches!(enter(folder.path(), Use::Alone), Err(Error::InUse { .. })));
        drop(shared);
        let alone = enter(folder.path(), Use::Alone).unwrap();
        assert!(matches!(enter(folder.path(), Use::Shared), Err(Error::InUse { .. })));
        drop(alone);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

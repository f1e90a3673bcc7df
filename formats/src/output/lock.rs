//! Who works where: locks that the system takes back from a process that ends, however it ends.
//!
//! A file system without locks keeps no run out.

use std::fs::{File, TryLockError};
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

/// What is known of the run that has a file open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A run that is not over.
    Running,
    /// The run has ended, or was killed.
    Gone,
    /// The file system has no locks.
    Unknown,
}

/// Takes a file that this run has just made, until it is closed.
pub(crate) fn hold(file: &File, name: &Path) -> Result<(), Error> {
    taken(file.try_lock(), name)
}

/// The holder of a file. A file without one is locked for this run until it is closed.
pub(crate) fn holder(file: &File) -> Holder {
    match file.try_lock() {
        Ok(()) => Holder::Gone,
        Err(TryLockError::WouldBlock) => Holder::Running,
        Err(TryLockError::Error(_)) => Holder::Unknown,
    }
}

fn taken(lock: Result<(), TryLockError>, name: &Path) -> Result<(), Error> {
    match lock {
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: name.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_held_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let first = File::create_new(&path).unwrap();
        hold(&first, &path).unwrap();
        let second = File::open(&path).unwrap();
        assert_eq!(holder(&second), Holder::Running);
        assert!(matches!(hold(&second, &path), Err(Error::InUse { .. })));
        drop(first);
        assert_eq!(holder(&second), Holder::Gone);
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

//! Bytes on their way out, counted and, for files of a dataset, hashed. A file is written under a name of this run's own
//! and gets the one that was asked for when it is complete and on the disk; one that is given up is removed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::durable::{self, Queue};
use super::lock::{self, Holder};
use super::temporary;
use crate::error::Error;

/// An output that bytes are written to.
pub(crate) struct Out {
    to: To,
    bytes: u64,
    checksum: Option<Box<blake3::Hasher>>,
}

enum To {
    File(PartialFile),
    Staged(StagedFile),
    Stream(Box<dyn Write + Send>),
    Memory(Vec<u8>),
    Null,
}

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
}

impl Out {
    /// A file that appears under its name when it is complete.
    pub(crate) fn file(path: &Path, existing: Existing) -> Result<Self, Error> {
        Ok(Self::to(To::File(PartialFile::create(path, existing)?)))
    }

    /// A file in a folder of the run's own, with a checksum. `name` is what it is called in messages.
    pub(crate) fn staged(path: &Path, name: PathBuf, queue: Queue) -> Result<Self, Error> {
        let file = temporary::create(path).map_err(Error::io("create", &name))?;
        let to = To::Staged(StagedFile { file, name, queue });
        Ok(Self { checksum: Some(Box::new(blake3::Hasher::new())), ..Self::to(to) })
    }

    pub(crate) fn stream(stream: Box<dyn Write + Send>) -> Self {
        Self::to(To::Stream(stream))
    }

    pub(crate) fn memory() -> Self {
        Self::to(To::Memory(Vec::new()))
    }

    pub(crate) fn null() -> Self {
        Self::to(To::Null)
    }

    fn to(to: To) -> Self {
        Self { to, bytes: 0, checksum: None }
    }

    /// What has been written to memory.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        match self.to {
            To::Memory(bytes) => bytes,
            _ => Vec::new(),
        }
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.to {
            To::File(file) => file.file.write_all(bytes).map_err(Error::io("write", &file.path))?,
            To::Staged(staged) => staged.file.write_all(bytes).map_err(Error::io("write", &staged.name))?,
            To::Stream(stream) => stream.write_all(bytes).map_err(Error::io("write", Path::new("-")))?,
            To::Memory(memory) => memory.extend_from_slice(bytes),
            To::Null => {}
        }
        if let Some(hasher) = &mut self.checksum {
            hasher.update(bytes);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Counts bytes that are not written.
    pub(crate) fn skip(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Gives the file its name, and tells the number of bytes and the checksum in hexadecimal digits.
    pub(crate) fn complete(self) -> Result<(u64, String), Error> {
        match self.to {
            To::File(file) => file.complete()?,
            To::Staged(StagedFile { file, name, queue }) => queue.put(file, name),
            To::Stream(mut stream) => stream.flush().map_err(Error::io("write", Path::new("-")))?,
            To::Memory(_) | To::Null => {}
        }
        let checksum = self.checksum.map(|hasher| hasher.finalize().to_hex().to_string());
        Ok((self.bytes, checksum.unwrap_or_default()))
    }
}

/// A file in a folder of the run's own, which is removed with everything in it when the run is given up.
struct StagedFile {
    file: File,
    name: PathBuf,
    queue: Queue,
}

/// A file beside the one that it will be.
struct PartialFile {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    existing: Existing,
    complete: bool,
}

impl PartialFile {
    /// Of two runs that write the same file, the second is refused. What a killed one has left is removed.
    fn create(path: &Path, existing: Existing) -> Result<Self, Error> {
        let name = |token: &str| temporary::partial_name(path, token);
        let made = temporary::make(folder_of(path), name, temporary::create);
        let (file, partial) = made.map_err(Error::io("create", path))?;
        let created = Self { file, partial, path: path.to_owned(), existing, complete: false };
        lock::hold(&created.file, path)?;
        created.meet_others()?;
        Ok(created)
    }

    /// Looks for other runs that write the same file, and for what such runs have left.
    fn meet_others(&self) -> Result<(), Error> {
        // A folder that may be written to and not be read hides the others.
        let entries = fs::read_dir(folder_of(&self.path)).into_iter().flatten().flatten();
        let others = entries.filter(|entry| {
            let name = entry.file_name();
            name.to_str().is_some_and(|name| temporary::is_partial_of(&self.path, name))
                && Some(&*name) != self.partial.file_name()
        });
        for other in others {
            let path = other.path();
            // What is no file, or not to be opened, is none of a run that could be waited for.
            let Ok(file) = temporary::open(&path) else { continue };
            match lock::holder(&file) {
                Holder::Running => return Err(Error::InUse { path: self.path.clone() }),
                Holder::Gone if is_same_owner(&file, &self.file) => {
                    // It stays where it cannot be removed; it is in no run's way.
                    let _ = fs::remove_file(&path);
                }
                Holder::Gone | Holder::Unknown => {}
            }
        }
        Ok(())
    }

    fn complete(mut self) -> Result<(), Error> {
        durable::sync(&self.file).map_err(Error::io("write", &self.path))?;
        match self.existing {
            Existing::Replace => {
                fs::rename(&self.partial, &self.path).map_err(Error::io("rename", &self.path))?;
                self.complete = true;
            }
            Existing::Keep => self.complete = self.take_name()?,
        }
        durable::sync_folder(folder_of(&self.path))
    }

    /// Takes the name if it is free, and tells whether the other one is gone. A second name cannot take the place of another
    /// file, as a new one does.
    fn take_name(&self) -> Result<bool, Error> {
        match fs::hard_link(&self.partial, &self.path) {
            Ok(()) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists { path: self.path.clone() })
            }
            // Some file systems have no second names.
            Err(_) if fs::symlink_metadata(&self.path).is_ok() => {
                Err(Error::Exists { path: self.path.clone() })
            }
            Err(_) => {
                fs::rename(&self.partial, &self.path).map_err(Error::io("rename", &self.path))?;
                Ok(true)
            }
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.complete {
            // What has gone wrong is being reported already.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn is_same_owner(one: &File, other: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |file: &File| file.metadata().map(|metadata| metadata.uid()).ok();
    owner(one).is_some() && owner(one) == owner(other)
}

/// Files elsewhere have no owner that can be asked for; files of other users cannot be removed anyway.
#[cfg(not(unix))]
fn is_same_owner(_: &File, _: &File) -> bool {
    true
}

//! Bytes on their way out, counted and, for files of a dataset, hashed. A file is written under another name
//! and gets its own when it is complete; one that is given up is removed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::lock;
use crate::error::Error;

/// What is added to the name of a file until it is complete.
pub(crate) const PARTIAL: &str = ".partial";

/// The name of a file until it is complete.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PARTIAL);
    name.into()
}

/// An output that bytes are written to.
pub(crate) struct Out {
    to: To,
    bytes: u64,
    checksum: Option<Box<blake3::Hasher>>,
}

enum To {
    File(PartialFile),
    Stream(Box<dyn Write + Send>),
    Memory(Vec<u8>),
    Null,
}

impl Out {
    /// A file that appears under its name when it is complete.
    pub(crate) fn file(path: &Path) -> Result<Self, Error> {
        Ok(Self { to: To::File(PartialFile::create(path)?), bytes: 0, checksum: None })
    }

    /// The same, with a checksum.
    pub(crate) fn file_with_checksum(path: &Path) -> Result<Self, Error> {
        Ok(Self { checksum: Some(Box::new(blake3::Hasher::new())), ..Self::file(path)? })
    }

    pub(crate) fn stream(stream: Box<dyn Write + Send>) -> Self {
        Self { to: To::Stream(stream), bytes: 0, checksum: None }
    }

    pub(crate) fn memory() -> Self {
        Self { to: To::Memory(Vec::new()), bytes: 0, checksum: None }
    }

    /// What has been written to memory.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        match self.to {
            To::Memory(bytes) => bytes,
            _ => Vec::new(),
        }
    }

    pub(crate) fn null() -> Self {
        Self { to: To::Null, bytes: 0, checksum: None }
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.to {
            To::File(file) => file.file.write_all(bytes).map_err(Error::io("write", &file.path))?,
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
            To::Stream(mut stream) => stream.flush().map_err(Error::io("write", Path::new("-")))?,
            To::Memory(_) | To::Null => {}
        }
        let checksum = self.checksum.map(|hasher| hasher.finalize().to_hex().to_string());
        Ok((self.bytes, checksum.unwrap_or_default()))
    }
}

/// A file under its temporary name.
struct PartialFile {
    file: File,
    path: PathBuf,
    complete: bool,
}

impl PartialFile {
    /// What a killed run has left under the temporary name is overwritten; of two runs that write the same file, the second
    /// is refused.
    fn create(path: &Path) -> Result<Self, Error> {
        let file = lock::claim(&partial_path(path), path)?;
        file.set_len(0).map_err(Error::io("write", path))?;
        Ok(Self { file, path: path.to_owned(), complete: false })
    }

    fn complete(mut self) -> Result<(), Error> {
        std::fs::rename(partial_path(&self.path), &self.path).map_err(Error::io("rename", &self.path))?;
        self.complete = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.complete {
            // What has gone wrong is being reported already.
            let _ = std::fs::remove_file(partial_path(&self.path));
        }
    }
}

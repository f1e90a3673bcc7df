//! What is complete stays so after a power cut: files are on the disk before they get their names, and names before the manifest
//! that tells of them.
//!
//! Files of a dataset are synced by a thread of their own while the next ones are written, so that a run waits for the disk
//! once, at its end.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::error::Error;

/// How many files may wait to be synced. They are open meanwhile, and a process may open some hundreds.
const WAITING: usize = 64;

/// Brings what a file holds to the disk.
pub(super) fn sync(file: &File) -> io::Result<()> {
    tolerated(file.sync_all())
}

/// Brings the names in a folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    // Not every system opens folders, and none that opens them refuses to read one that was just written to.
    let Ok(opened) = File::open(folder) else { return Ok(()) };
    tolerated(opened.sync_all()).map_err(Error::io("sync", folder))
}

/// There are file systems that cannot be asked.
fn tolerated(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}

/// Syncs files in the background.
pub(super) struct Syncer {
    sender: Option<SyncSender<(File, PathBuf)>>,
    given_up: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Syncer {
    pub(super) fn start() -> Result<Self, Error> {
        let (sender, receiver) = sync_channel(WAITING);
        let given_up = Arc::new(AtomicBool::new(false));
        let asked = given_up.clone();
        let thread = std::thread::Builder::new()
            .name("seedbed-sync".to_owned())
            .spawn(move || sync_all(&receiver, &asked))
            .map_err(Error::io("start a thread for", Path::new("sync")))?;
        Ok(Self { sender: Some(sender), given_up, thread: Some(thread) })
    }

    /// What it takes files by.
    pub(super) fn queue(&self) -> Queue {
        Queue(self.sender.clone())
    }

    /// Waits until all files are on the disk.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        self.sender = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(synced)) => synced,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
        // What has gone wrong is being reported already.
        let _ = self.end();
    }
}

/// Takes files that are to be synced.
pub(crate) struct Queue(Option<SyncSender<(File, PathBuf)>>);

impl Queue {
    /// Hands a file over, by the name that messages use. Waits while many are waiting.
    pub(super) fn put(self, file: File, name: PathBuf) {
        // Where the thread has ended after an error, its error is told at the end.
        let _ = self.0.map(|sender| sender.send((file, name)));
    }
}

fn sync_all(files: &Receiver<(File, PathBuf)>, given_up: &AtomicBool) -> Result<(), Error> {
    while let Ok((file, name)) = files.recv() {
        if given_up.load(Ordering::Relaxed) {
            break;
        }
        sync(&file).map_err(Error::io("write", &name))?;
    }
    Ok(())
}

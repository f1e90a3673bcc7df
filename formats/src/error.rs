//! What can go wrong while a dataset is written, and what to try.

use std::io;
use std::path::{Path, PathBuf};

use seedbed_engine::ValueError;
use seedbed_engine::cases::TooFew;
use seedbed_engine::run::RunError;

/// Why a dataset was not written. `Display` says what failed, where and why on one line, the way out is in
/// [`hint`](Self::hint).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value could not be computed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A case has too few rows.
    #[error(transparent)]
    Case(TooFew),
    /// The file system, or the reader of a stream, said no.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `write`, `create`, `rename`, ….
        action: &'static str,
        /// On what; `-` for a stream.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The target directory holds something.
    #[error("`{}` is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The target file is there already.
    #[error("`{}` already exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another run is writing to the target.
    #[error("`{}` is being written by another run", path.display())]
    InUse {
        /// The file or the directory.
        path: PathBuf,
    },
    /// A request that cannot be met as it is.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// The run was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// An encoder refused its input.
    #[error("cannot encode table `{table}` as {format}: {message}")]
    Encode {
        /// The table.
        table: String,
        /// The format.
        format: &'static str,
        /// What the encoder said.
        message: String,
    },
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// For `map_err` on an operation of the file system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn from_run(error: RunError<Self>) -> Self {
        match error {
            RunError::Value(error) => Self::Value(error),
            RunError::Output(error) => error,
            RunError::Stopped => unreachable!("what stops a run comes before what it stops"),
        }
    }

    /// Whether the reader of our output went away, which is no failure of ours.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotEmpty { .. } => Some(
                "choose another directory, or pass --force to replace an earlier dataset of seedbed's"
                    .to_owned(),
            ),
            Self::Exists { .. } => {
                Some("choose another name, or pass --force to replace the file".to_owned())
            }
            Self::InUse { .. } => Some("wait until it is done, or choose another name".to_owned()),
            Self::Usage { hint, .. } => hint.clone(),
            Self::Case(_) => Some(TooFew::HINT.to_owned()),
            Self::Io { source, path, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    let hint = "free some space, or lower the scale";
                    // What has gone down a stream is out of reach.
                    let removed = "; what was half written has been removed";
                    Some(format!("{hint}{}", if path == Path::new("-") { "" } else { removed }))
                }
                _ => None,
            },
            Self::Value(_) | Self::Encode { .. } | Self::Interrupted => None,
        }
    }
}

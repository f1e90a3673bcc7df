//! A file of some format under construction: what stands before, between and after its pieces.

use crate::encode::{Piece, TableEncoder};
use crate::error::Error;
use crate::ipc::IpcFile;
use crate::output::partial::Out;
use crate::parquet::ParquetFile;

/// A file of some format.
pub(crate) enum Document<'e> {
    Parquet(ParquetFile<'e>),
    Text,
    Ipc(Box<IpcFile<'e>>),
    Null,
}

impl<'e> Document<'e> {
    /// Begins a file with what stands before its pieces.
    pub(crate) fn begin(encoder: &'e TableEncoder, out: &mut Out) -> Result<Self, Error> {
        Ok(match encoder {
            TableEncoder::Parquet(encoder) => {
                out.write(ParquetFile::MAGIC)?;
                Self::Parquet(ParquetFile::new(encoder))
            }
            TableEncoder::Csv(encoder) => {
                out.write(&encoder.header())?;
                Self::Text
            }
            TableEncoder::Jsonl(_) => Self::Text,
            TableEncoder::Ipc(encoder) => Self::Ipc(Box::new(IpcFile::new(encoder)?)),
            TableEncoder::Null => Self::Null,
        })
    }

    /// Adds a piece of the same format.
    pub(crate) fn write(&mut self, piece: Piece, out: &mut Out) -> Result<(), Error> {
        match (self, piece) {
            (Self::Parquet(file), Piece::RowGroup(group)) => {
                let at = out.bytes();
                for bytes in group.bytes() {
                    out.write(bytes)?;
                }
                file.add(group, at)
            }
            (Self::Text, Piece::Text(bytes)) => out.write(&bytes),
            (Self::Ipc(file), Piece::Batches(batches)) => {
                batches.iter().try_for_each(|batch| out.write(&file.batch(batch)?))
            }
            (Self::Null, Piece::Dropped(bytes)) => {
                out.skip(bytes);
                Ok(())
            }
            _ => unreachable!("the encoder of a table makes the pieces of its documents"),
        }
    }

    /// Ends the file with what stands after its pieces.
    pub(crate) fn finish(self, out: &mut Out) -> Result<(), Error> {
        match self {
            Self::Parquet(file) => {
                let at = out.bytes();
                out.write(&file.finish(at)?)
            }
            Self::Ipc(file) => out.write(&file.finish()?),
            Self::Text | Self::Null => Ok(()),
        }
    }
}

//! Texts of a batch, written row after row.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};

/// Strings that are being written, row after row, into one buffer.
pub(crate) struct Strings {
    pub(crate) text: String,
    ends: Vec<i32>,
}

impl Strings {
    /// For so many rows of about so many bytes each.
    pub(crate) fn with_capacity(rows: usize, bytes_per_row: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { text: String::with_capacity(rows * bytes_per_row), ends }
    }

    /// Ends the row.
    pub(crate) fn end(&mut self) {
        // Looked at in the end.
        self.ends.push(self.text.len() as i32);
    }

    /// # Errors
    /// More than 2 GiB, which only columns of the user's can add up to.
    pub(crate) fn finish(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
        if i32::try_from(self.text.len()).is_err() {
            return Err("the text of one batch exceeds 2 GiB".to_owned());
        }
        let offsets = OffsetBuffer::new(self.ends.into());
        Ok(Arc::new(StringArray::new(offsets, Buffer::from_vec(self.text.into_bytes()), nulls)))
    }

    /// The same without NULLs, for texts whose lengths keep a batch of them below 2 GiB.
    pub(crate) fn finish_bounded(self) -> ArrayRef {
        self.finish(None).expect("the limits on lengths keep a batch of text below 2 GiB")
    }
}

//! Buffers that come back: one is lent to the encoder, is sent to the network as it is, and is then free again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::copy::Output;

/// Buffers that are free.
#[derive(Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Output>>>);

/// A buffer on its way to the network.
struct Lent {
    bytes: Output,
    home: Buffers,
}

impl Buffers {
    /// An empty buffer, with the room that it had before.
    pub(crate) fn take(&self) -> Output {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// The bytes of a buffer, which comes back when the last of them has been used.
    pub(crate) fn lend(&self, bytes: Output) -> Bytes {
        Bytes::from_owner(Lent { bytes, home: self.clone() })
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.home.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_bytes_are_gone() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend(b"rows");
        let place = buffer.bytes().as_ptr();
        let bytes = buffers.lend(buffer);
        let rest = bytes.slice(1..);
        drop(bytes);
        assert!(!std::ptr::eq(buffers.take().extend_by(1).as_ptr(), place), "still in use");
        assert_eq!(&rest[..], b"ows");
        drop(rest);
        let buffer = buffers.take();
        assert!(buffer.len() == 0 && std::ptr::eq(buffer.bytes().as_ptr(), place));
    }
}

//! Where rows are written.

/// Bytes, written from the front. Behind them is memory that has been used before: clearing it would cost as much as a copy.
#[derive(Debug, Default)]
pub(crate) struct Output {
    memory: Vec<u8>,
    len: usize,
}

impl Output {
    /// The bytes that there are.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[..self.len]
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Forgets all bytes and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds bytes.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.extend_by(bytes.len()).copy_from_slice(bytes);
    }

    /// Adds so many bytes. The caller must write all of them: they may hold anything.
    pub(crate) fn extend_by(&mut self, bytes: usize) -> &mut [u8] {
        let start = self.len;
        self.len += bytes;
        if self.memory.len() < self.len {
            self.memory.resize(self.len, 0);
        }
        let added = &mut self.memory[start..self.len];
        if cfg!(debug_assertions) {
            // Tests that compare bytes see what is not written.
            added.fill(0xEE);
        }
        added
    }
}

impl From<Vec<u8>> for Output {
    fn from(memory: Vec<u8>) -> Self {
        let len = memory.len();
        Self { memory, len }
    }
}

impl From<Output> for Vec<u8> {
    fn from(output: Output) -> Self {
        let Output { mut memory, len } = output;
        memory.truncate(len);
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_memory_is_used_again() {
        let mut output = Output::from(b"rows".to_vec());
        output.extend(b"-ab");
        assert_eq!((output.bytes(), output.len()), (&b"rows-ab"[..], 7));
        let place = output.bytes().as_ptr();
        output.clear();
        output.extend_by(2).copy_from_slice(b"cd");
        assert!(std::ptr::eq(output.bytes().as_ptr(), place));
        assert_eq!(Vec::from(output), b"cd");
    }
}

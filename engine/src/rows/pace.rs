//! How many rows to work out at a time where rows may be wide.

use super::Frame;

/// The bytes of all columns that are worked out together.
const BYTES_AT_A_TIME: u64 = 16 << 20;
/// The first step: so few rows that even the longest texts do no harm.
const FIRST_STEP: usize = 4;
/// The longest step.
const LONGEST_STEP: usize = 8192;

/// How many rows come next, by the width of those before.
pub(super) struct Pace(usize);

impl Default for Pace {
    fn default() -> Self {
        Self(FIRST_STEP)
    }
}

impl Pace {
    /// How many rows to work out next.
    pub(super) fn rows(&self) -> usize {
        self.0
    }

    /// Some rows have been worked out.
    pub(super) fn worked_out(&mut self, frame: &Frame) {
        let width = (frame.bytes() / frame.len().max(1) as u64).max(1);
        let fitting = (BYTES_AT_A_TIME / width) as usize;
        self.0 = fitting.min(self.0 * 8).clamp(1, LONGEST_STEP);
    }
}

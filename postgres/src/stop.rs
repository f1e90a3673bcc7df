//! A way to ask a load to stop, from a signal handler or another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked once, it stays asked. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Asking this one asks the other, too, and not the other way round.
    parent: Option<Arc<AtomicBool>>,
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop. It ends with [`Error::Interrupted`](crate::Error::Interrupted), and the target is as it was.
    pub fn stop(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        let is_asked = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        is_asked(&self.asked) || self.parent.as_deref().is_some_and(is_asked)
    }

    /// For a part of the work: it stops when the whole is asked to, and can be stopped alone.
    pub(crate) fn part(&self) -> Self {
        Self { asked: Arc::default(), parent: Some(Arc::clone(&self.asked)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stops_with_the_whole_and_alone() {
        let whole = Stop::new();
        let (part, other) = (whole.part(), whole.part());
        part.stop();
        assert!(part.is_asked() && !whole.is_asked() && !other.is_asked());
        whole.stop();
        assert!(other.is_asked());
    }
}

//! A way to ask a run to stop, from a signal handler or another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked once, it stays asked. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    asked: AtomicBool,
    listening: AtomicBool,
}

impl Stop {
    /// A stop that has not been asked for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop. It removes what it has written and ends with [`Error::Interrupted`](crate::Error::Interrupted).
    ///
    /// Tells whether there is a run that listens. Else nothing has been written that could be removed (rows are still
    /// being counted, or go to a stream), and the process may as well end.
    pub fn stop(&self) -> bool {
        // In this order, which `listen` has the other way round: one of the two sees the other.
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.listening.load(Ordering::SeqCst)
    }

    /// Whether a stop has been asked for.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// From here on there is something to be undone. Tells whether a stop has been asked for before.
    pub(crate) fn listen(&self) -> bool {
        self.0.listening.store(true, Ordering::SeqCst);
        self.is_asked()
    }
}

//! A way to ask a load to stop, from a signal handler or another thread.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a waiting thread checks whether a stop has been asked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// Asked once, it stays asked. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Asking this one asks the other, too, and not the other way round.
    parent: Option<Arc<AtomicBool>>,
    /// From then on it counts as asked.
    deadline: Option<Instant>,
}

impl Stop {
    /// A stop that has not been asked for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop. It ends with [`Error::Interrupted`](crate::Error::Interrupted), and the target is as it was.
    pub fn stop(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether a stop has been asked for.
    pub fn is_asked(&self) -> bool {
        let is_asked = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        is_asked(&self.asked)
            || self.parent.as_deref().is_some_and(is_asked)
            || self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// A stop that counts as asked for after some time: for work that must not go on forever.
    pub(crate) fn after(time: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(time), ..Self::default() }
    }

    /// For a part of the work: it stops when the whole is asked to, and can be stopped alone.
    pub(crate) fn part(&self) -> Self {
        Self { asked: Arc::default(), parent: Some(Arc::clone(&self.asked)), deadline: self.deadline }
    }

    /// The result of some work, or none when a stop is asked for before it is done.
    pub(crate) async fn unless_asked<W: Future>(&self, work: W) -> Option<W::Output> {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(INTERVAL, &mut work).await {
                Ok(output) => return Some(output),
                Err(_) if self.is_asked() => return None,
                Err(_) => {}
            }
        }
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

    #[test]
    fn time_asks_too() {
        assert!(Stop::after(Duration::ZERO).is_asked());
        assert!(!Stop::after(Duration::from_secs(600)).is_asked());
    }
}

//! The runtime that a connection lives on.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::error::Error;

/// How long a connection may take to say goodbye.
const LIMIT_OF_GOODBYE: Duration = Duration::from_millis(100);

/// A thread that waits for an answer moves the bytes meanwhile: rows get from the thread that has made them to the socket, and
/// not through the cache of another processor. Between two waits the connection stands still. Dropping it does not wait for a
/// name server that does not answer.
pub(crate) struct Network(Option<Runtime>);

impl Network {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| Error::Io {
            action: "start what moves the bytes of",
            path: "the network".into(),
            source,
        })?;
        Ok(Self(Some(runtime)))
    }

    /// Waits on an ordinary thread.
    pub(crate) fn wait<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("a network until it is dropped").block_on(work)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else { return };
        // Inside a runtime of the caller's it is not possible to wait, and a second panic would end the program.
        if std::thread::panicking() {
            return runtime.shutdown_background();
        }
        // The connection's task ends when it has told the server.
        let tasks = runtime.metrics();
        let goodbye = async {
            yield_now().await;
            while tasks.num_alive_tasks() > 0 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let _ = runtime.block_on(async { timeout(LIMIT_OF_GOODBYE, goodbye).await });
        runtime.shutdown_background();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Names are looked up on a thread that cannot be stopped; a load that was interrupted waited for its end.
    #[test]
    fn dropping_does_not_wait_for_a_name_server() {
        let network = Network::start().unwrap();
        let work = || std::thread::sleep(Duration::from_secs(5));
        network.wait(async { drop(tokio::task::spawn_blocking(work)) });
        std::thread::sleep(Duration::from_millis(50));
        let begun = Instant::now();
        drop(network);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

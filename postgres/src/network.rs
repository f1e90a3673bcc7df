//! The runtime that connections live on.

use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;

/// How long connections may take to say goodbye.
const LIMIT_OF_GOODBYE: Duration = Duration::from_millis(100);

/// One thread that serves all connections: it only passes bytes on. Whoever lets it go is not kept by a name server that does
/// not answer.
pub(crate) struct Network {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Network {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|source| Error::Io {
            action: "start a thread for",
            path: "the network".into(),
            source,
        })?;
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(LIMIT_OF_GOODBYE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Names are looked up on a thread that cannot be stopped; a load that was interrupted waited for its end.
    #[test]
    fn nobody_waits_for_a_name_server() {
        let network = Network::start().unwrap();
        network.handle().spawn_blocking(|| std::thread::sleep(Duration::from_secs(5)));
        std::thread::sleep(Duration::from_millis(50));
        let begun = Instant::now();
        drop(network);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

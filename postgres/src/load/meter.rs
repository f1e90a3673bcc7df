//! Times that many threads add to, and rows on their way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::request::{Progress, Times};

/// Who is told how far a load is.
pub(crate) type Listener<'l> = &'l (dyn Fn(Progress) + Sync);

/// A time that threads add to.
#[derive(Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn add(&self, time: Duration) {
        // Five hundred years of nanoseconds fit.
        self.0.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    /// Runs something and adds the time that it took.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let value = work();
        self.add(begun.elapsed());
        value
    }

    pub(crate) fn read(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// How far a load is.
pub(crate) struct Meter<'l> {
    pub(crate) generate: Clock,
    pub(crate) encode: Clock,
    pub(crate) wait_for_rows: Clock,
    pub(crate) wait_for_server: Clock,
    pub(crate) analyze: Clock,
    pub(crate) index: Clock,
    pub(crate) constraints: Clock,
    pub(crate) publish: Clock,
    rows: AtomicU64,
    bytes: AtomicU64,
    rows_total: u64,
    listener: Listener<'l>,
}

impl<'l> Meter<'l> {
    pub(crate) fn new(rows_total: u64, listener: Listener<'l>) -> Self {
        Self {
            generate: Clock::default(),
            encode: Clock::default(),
            wait_for_rows: Clock::default(),
            wait_for_server: Clock::default(),
            analyze: Clock::default(),
            index: Clock::default(),
            constraints: Clock::default(),
            publish: Clock::default(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            rows_total,
            listener,
        }
    }

    /// Notes rows that have been sent.
    pub(crate) fn sent(&self, rows: u64, bytes: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.listener)(Progress::Rows { rows, rows_total: self.rows_total, bytes });
    }

    /// The bytes that have been sent.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Tells what is being done.
    pub(crate) fn step(&self, doing: &str) {
        (self.listener)(Progress::Step(doing.to_owned()));
    }

    pub(crate) fn times(&self) -> Times {
        Times {
            generate: self.generate.read(),
            encode: self.encode.read(),
            wait_for_rows: self.wait_for_rows.read(),
            wait_for_server: self.wait_for_server.read(),
            analyze: self.analyze.read(),
            index: self.index.read(),
            constraints: self.constraints.read(),
            publish: self.publish.read(),
        }
    }
}

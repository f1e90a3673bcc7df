//! Work that may take so much time and so much memory, and no more.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No work of the tests takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most bytes that a thread may have before the whole test ends: a test that takes all of the machine's memory would end
/// without a word.
const MOST_BYTES: isize = 1 << 30;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// An allocator that knows how much each thread has. A test file makes it its own with `#[global_allocator]`.
pub struct Counting;

impl Counting {
    /// Whether so many bytes more, or fewer, may be had.
    fn count(bytes: isize) -> bool {
        let now = BYTES.get() + bytes;
        BYTES.set(now);
        PEAK.set(PEAK.get().max(now));
        bytes <= 0 || now < MOST_BYTES
    }
}

#[allow(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: everything is handed on to the allocator of the system, or refused; cells of numbers allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::count(layout.size().cast_signed()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Self::count(layout.size().cast_signed()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        Self::count(-layout.size().cast_signed());
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Self::count(size.cast_signed() - layout.size().cast_signed()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// What some work took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Of a processor's time, so that a busy machine changes nothing.
    pub time: Duration,
    /// The most bytes at a time; 0 where the allocator is not [`Counting`].
    pub bytes: usize,
}

impl Taken {
    /// An error when it was more than this.
    ///
    /// # Errors
    /// What was too much.
    pub fn within(self, time: Duration, bytes: usize) -> Result<(), String> {
        if self.time > time {
            return Err(format!("it took {:?} of a processor", self.time));
        }
        if self.bytes > bytes {
            return Err(format!("it took {} MB", self.bytes / 1_000_000));
        }
        Ok(())
    }
}

/// Does some work on a thread of its own.
///
/// # Errors
/// A panic, or no answer in time; the thread is left alone then.
pub fn done<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<(T, Taken), String> {
    let (sender, receiver) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        let started = processor_time();
        let before = BYTES.get();
        PEAK.set(before);
        let result = work();
        let taken = Taken {
            time: processor_time().saturating_sub(started),
            bytes: usize::try_from(PEAK.get() - before).unwrap_or(0),
        };
        let _ = sender.send(());
        (result, taken)
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = receiver.recv_timeout(PATIENCE) {
        return Err("no answer in time".into());
    }
    worker.join().map_err(|_| "a panic".into())
}

/// The time that this thread has had of a processor.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    // The first number is nanoseconds on a processor.
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = status.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(wall_time, Duration::from_nanos)
}

/// Other systems are asked for the time of day.
#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    wall_time()
}

fn wall_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

//! Work on a plan that ends when it takes too long.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use seedbed_engine::Plan;

/// The time between two checks of the clock.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// A busy machine gets so many times as long.
const MOST_PATIENT: u32 = 3;

/// Does some work, and stops the plan when it has taken that much time, and as much of the processors', so that a busy machine
/// seldom changes an answer. The plan is as before afterwards, but that the work may have failed.
pub(crate) fn for_a_moment<T>(plan: &Plan, moment: Duration, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    let (started, used) = (Instant::now(), processor_time());
    let is_over = move || {
        let used = processor_time().zip(used).map(|(now, before)| now.saturating_sub(before));
        let elapsed = started.elapsed();
        elapsed >= moment && (elapsed >= moment * MOST_PATIENT || used.is_none_or(|used| used >= moment))
    };
    let result = thread::scope(|scope| {
        scope.spawn(move || {
            while waiting.recv_timeout(BETWEEN_LOOKS) == Err(RecvTimeoutError::Timeout) {
                if is_over() {
                    plan.stop();
                    return;
                }
            }
        });
        let result = work();
        drop(done);
        result
    });
    plan.resume();
    result
}

/// The time that this process has had of all processors.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the standard library cannot tell")]
fn processor_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes a time to the place that it is given, which is ours.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    let (seconds, nanos) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (answer == 0).then(|| Duration::new(seconds, nanos))
}

/// Other systems are not asked.
#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use seedbed_engine::Settings;

    use super::*;

    #[test]
    fn work_without_end_ends() {
        let text = "tables: {p: {rows: 1000000000000, columns: {id: serial}}, \
                    c: {per: p, count: {choose: [1, 2]}, columns: {id: serial}}}";
        let plan = Plan::compile(text, &Settings::default()).unwrap();
        let children = plan.table("c").unwrap();
        let started = Instant::now();
        assert!(for_a_moment(&plan, Duration::from_millis(50), || plan.rows(children)).is_err());
        assert!(started.elapsed() < Duration::from_secs(20));
        assert!(!plan.is_stopped() && plan.batch(children, 0..3).is_ok());
    }
}

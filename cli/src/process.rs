//! What the program asks of the system: signals that would end it and leave half of its work, and freed memory.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Failure;

/// The first Ctrl-C (or TERM, or HUP) asks for a stop, which undoes what has been done; the second does not wait for that.
/// `ask` tells whether there is anything to wait for.
pub(crate) fn on_stop(ask: impl Fn() -> bool + Send + 'static) -> Result<(), Failure> {
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) || !ask() {
            std::process::exit(130);
        }
    };
    let is_kept = hang_up::is_ignored();
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::running(format!("cannot listen for signals: {error}")))?;
    if is_kept {
        hang_up::ignore();
    }
    Ok(())
}

/// `nohup` lets a program go on when its terminal is closed, by having it ignore the signal that says so.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the C library has no other way to ask and to be told")]
mod hang_up {
    pub(super) fn is_ignored() -> bool {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: nothing is set, and all-zero bytes are a `sigaction`, whether it is filled in or not.
        let action = unsafe {
            libc::sigaction(libc::SIGHUP, std::ptr::null(), action.as_mut_ptr());
            action.assume_init()
        };
        action.sa_sigaction == libc::SIG_IGN
    }

    pub(super) fn ignore() {
        // SAFETY: no handler is set that could run.
        unsafe {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
        }
    }
}

/// Other systems have no such signal.
#[cfg(not(unix))]
mod hang_up {
    pub(super) fn is_ignored() -> bool {
        false
    }

    pub(super) fn ignore() {}
}

/// Makes a file that grows past the limit of its user an error of that write, and not the end of the program.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the C library has no other way to be told")]
pub(crate) fn ignore_large_files() {
    // SAFETY: no handler is set that could run, and no other thread runs yet.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Other systems have no such signal.
#[cfg(not(unix))]
pub(crate) fn ignore_large_files() {}

/// Lets freed memory stay with the program. Batches come and go by the hundred, and by default the C library gives the memory
/// of each back to the system, which has to clear it for the next: half a second of system time in a load of two million rows,
/// against a tenth when it stays. Less than a tenth more memory is in use at the peak.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the C library has no other way to be told")]
pub(crate) fn keep_memory() {
    const KEPT_BYTES: libc::c_int = 64 << 20;
    // The most that the library takes.
    const LARGEST_KEPT: libc::c_int = 32 << 20;
    // SAFETY: mallopt takes two numbers and touches no memory of ours; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
    }
}

/// Other systems are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn keep_memory() {}

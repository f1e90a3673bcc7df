//! Signals that would end the program, and leave half of what it was doing.

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

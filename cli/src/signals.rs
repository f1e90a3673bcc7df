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
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::running(format!("cannot listen for signals: {error}")))
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

//! Decoders of other crates panic on some bytes that no writer makes. Here that is an error of the file.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is in a decoder, whose panics are told as errors and not by the hook.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder. After an error it must not be used again.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                others(panic);
            }
        }));
    });
    IS_GUARDED.set(true);
    let decoded = panic::catch_unwind(AssertUnwindSafe(decode));
    IS_GUARDED.set(false);
    decoded.unwrap_or_else(|_| Err("it is damaged".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        let bytes: &[u8] = &[];
        assert_eq!(guarded(|| Ok(bytes[std::hint::black_box(3)])), Err("it is damaged".to_owned()));
        assert!(!IS_GUARDED.get());
    }
}

//! How the program keeps its memory.

/// Lets freed memory stay with the program. Batches come and go by the hundred, and by default the C library gives the memory
/// of each back to the system, which has to clear it for the next: half a second of system time in a load of two million rows,
/// against a tenth when it stays. Less than a tenth more memory is in use at the peak.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the C library has no other way to be told")]
pub(crate) fn keep() {
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
pub(crate) fn keep() {}

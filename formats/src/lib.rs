//! seedbed.

//! seedbed's engine: scenario text in, record batches out.

pub mod error;
pub mod types;

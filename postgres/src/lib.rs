//! seedbed's way into PostgreSQL: tables made, filled by binary COPY over several connections, finished with keys and
//! indexes, and published at once.

pub mod error;
pub mod sql;
pub mod types;

pub mod copy;
pub mod connect;

pub use error::Error;

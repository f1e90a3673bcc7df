//! seedbed's way into PostgreSQL: tables made, filled by binary COPY over several connections, finished with keys and
//! indexes, and published at once.

pub mod error;
mod stop;
pub mod sql;
mod path;
pub mod types;

pub mod copy;
pub mod connect;

mod listed;
mod network;
mod session;
pub mod catalog;

pub mod load;
pub mod verify;
pub mod ddl;

pub use error::Error;
pub use stop::Stop;

//! What the tests from outside share: the shipped scenarios at a size for tests, values as text, tests of distributions,
//! datasets as bytes, the command line as a process, a PostgreSQL server.
//!
//! Nothing here reads files back with seedbed's own code. Values are compared as text that is made cell by cell from what
//! [`Plan::batch`](seedbed_engine::Plan::batch) gives; files are compared byte for byte, and read by pyarrow and DuckDB.

pub mod documents;
pub mod rewrite;
pub mod shipped;
pub mod value;

pub mod statistics;

pub mod folder;

pub mod command;

pub mod server;

pub mod bounded;

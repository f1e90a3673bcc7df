//! seedbed against real servers. Every test has databases of its own.

mod server;
mod connect;
mod docs;
mod copy;
mod ddl;

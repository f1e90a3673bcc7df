//! seedbed against real servers. Every test has databases of its own.

mod server;
mod connect;
mod docs;
mod copy;
mod ddl;

mod loading;
mod proxy;
mod load;
mod in_place;
mod foreign_keys;
mod missing;
mod collisions;
mod statistics;
mod referrers;
mod below;
mod enums;
mod names;
mod questions;
mod sequences;
mod privileges;
mod faults;
mod stopping;
mod values;
mod texts;
mod siblings;
mod verify;
mod checks;
mod cases;
mod injection;
mod hostile;
mod user_code;
mod expressions;

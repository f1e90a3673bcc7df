//! The commands, a file each.

pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod ddl;
pub(crate) mod entity;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod load;
pub(crate) mod preview;
pub(crate) mod scenarios;
pub(crate) mod verify;

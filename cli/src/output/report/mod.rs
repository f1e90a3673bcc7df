//! What is said of the work: before it and after it, as text and as JSON.

pub(crate) mod cases;
pub(crate) mod files;
pub(crate) mod load;
pub(crate) mod verify;

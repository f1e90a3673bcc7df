//! Laws of time: when things come back, and the states that they go through.

pub mod lifecycle;
pub mod recurrence;

pub use lifecycle::{Life, Lifecycle, States};
pub use recurrence::{DayOfMonth, Folds, Recurrence, Series, Step};

//! Laws of time: when things come back.

pub mod recurrence;

pub use recurrence::{DayOfMonth, Folds, Recurrence, Series, Step};

//! Laws of time: when things happen, and when they come back.

pub mod intensity;
pub mod recurrence;

pub use intensity::Intensity;
pub use recurrence::{DayOfMonth, Folds, Recurrence, Series, Step};

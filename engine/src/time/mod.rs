//! Laws of time: when things come back, how likely hours are, what happens at a rate, and the states that things go through.

pub mod intensity;
pub mod lifecycle;
pub mod process;
pub mod recurrence;

pub use intensity::Intensity;
pub use lifecycle::{Life, Lifecycle, States};
pub use process::Process;
pub use recurrence::{DayOfMonth, Folds, Recurrence, Series, Step};

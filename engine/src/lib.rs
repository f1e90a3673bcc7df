//! seedbed's engine: scenario text in, Arrow record batches out.
//!
//! A table is a pure function from row number to row. A [`Plan`] is compiled from a scenario and
//! [`Settings`]; [`Plan::batch`] gives any rows of any table, and depends on nothing else: no thread, no clock,
//! no order of calls.
//!
//! ```
//! use seedbed_engine::{Plan, Settings};
//!
//! let scenario = "
//! tables:
//!   tenants:
//!     rows: 3
//!     columns: {id: serial, plan: {choose: {free: 3, pro: 1}}}
//!   users:
//!     per: tenants
//!     count: 2
//!     columns:
//!       id: serial
//!       tenant_id: parent
//!       email: {text: \"user{id}@t{tenant_id}.example\", unique: true}
//! ";
//! let plan = Plan::compile(scenario, &Settings::default())?;
//! let users = plan.table("users").unwrap();
//! let batch = plan.batch(users, 3..5)?;
//! let shown = seedbed_engine::text::shown(batch.column(2), 0);
//! assert_eq!((plan.rows(users)?, shown.as_str()), (6, "user4@t2.example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The flow: [`scenario`] reads what was written, [`model`] finds out what it means, [`plan`] holds what will be
//! done, columns are worked out per batch, and [`run`] drives a whole dataset through an [`Encode`](run::Encode) into
//! a [`Sink`](run::Sink). The engine does no I/O, reads no clock and no environment, and prints nothing.

mod spelling;

mod budget;

pub mod hidden;

pub mod error;

mod together;

pub mod ids;

pub mod types;

pub mod random;

pub mod calendar;

pub mod time;

pub mod text;

pub mod vocabulary;

pub mod expression;

pub mod scenario;

pub mod generators;

pub mod model;

pub mod plan;

mod rows;

mod batch;

pub mod cases;

pub mod lookup;

pub mod digest;

pub mod compare;

pub mod run;

pub use batch::ROWS_PER_BATCH;
pub use cases::Finder;
pub use error::{Fault, Faults, Span, ValueError};
pub use ids::{ColumnId, InputId, TableId};
pub use model::{DEFAULT_SEED, Settings};
pub use plan::Plan;
pub use rows::Extent;

//! Civil time on plain integers: what the calendar says, how it is written, and what a zone makes of it.
//!
//! Three integers carry everything, in the units that Arrow and PostgreSQL's binary format use:
//! a *date* is an `i32` of days since 1970-01-01, a *wall clock* is an `i64` of microseconds since
//! 1970-01-01 00:00:00 on the wall, an *instant* is an `i64` of microseconds since 1970-01-01T00:00:00Z.
//! Nothing here reads the clock or the zone of the host.
//!
//! - [`civil`]: the proleptic Gregorian calendar, months that do not drift, truncation.
//! - [`hard`]: hours that happen twice, long and short days, the ends of months.
//! - [`text`]: dates, timestamps and intervals, parsed and printed.
//! - [`zone`]: IANA zones as transition tables; gaps and folds.
//!
//! Leap seconds do not exist here, as in PostgreSQL: every day has 86,400 seconds of UTC.
//!
//! ```
//! use seedbed_engine::calendar::text::{Moment, Style, parse_timestamp, write_instant};
//! use seedbed_engine::calendar::{DEFAULT_FOLD, Zone};
//!
//! // 02:30 does not exist in Berlin on this day: the clock went from 02:00 to 03:00.
//! let Moment::Wall(wall) = parse_timestamp("2026-03-29 02:30:00").unwrap() else { panic!() };
//! let berlin = Zone::named("Europe/Berlin").unwrap();
//! let utc = berlin.to_utc(wall, DEFAULT_FOLD);
//!
//! let mut out = String::new();
//! write_instant(&mut out, utc, berlin.offset_at(utc), Style::Sql);
//! assert_eq!(out, "2026-03-29 03:30:00+02");
//! ```

pub mod civil;
pub mod hard;
pub mod text;
pub mod zone;

pub use civil::Unit;
pub use text::{Interval, Moment, Style, TextError};
pub use zone::{DEFAULT_FOLD, Fold, Resolved, TZDB_VERSION, Transition, UnknownZone, Zone};

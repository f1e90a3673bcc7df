//! Dates, times, timestamps and intervals as text: read while a scenario is compiled, printed per row.

mod cursor;
mod interval;
mod moment;
mod print;

pub use cursor::TextError;
pub use interval::{Interval, parse_interval};
pub use moment::{Moment, parse_date, parse_time, parse_timestamp};
pub use print::{
    Buffer, Style, write_date, write_instant, write_interval, write_interval_plain, write_interval_sql,
    write_time, write_timestamp,
};

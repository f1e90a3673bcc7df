//! What columns keep of moments and of intervals.

/// What an `interval(3)`, an `interval day to minute` and the like keep of an interval. The server cuts or rounds the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalParts {
    /// Months are a multiple of this.
    pub months: i32,
    /// Whether it keeps days.
    pub days: bool,
    /// Microseconds are a multiple of this; `None` when it keeps none.
    pub micros: Option<i64>,
}

impl IntervalParts {
    /// `interval` without a modifier: everything.
    pub const ALL: Self = Self { months: 1, days: true, micros: Some(1) };

    /// Reads a type modifier: the fields in its upper half, the digits of a second in its lower one.
    ///
    /// ```
    /// use seedbed_postgres::types::IntervalParts;
    /// let day_to_minute = (1 << 3 | 1 << 10 | 1 << 11) << 16 | 0xffff;
    /// let parts = IntervalParts::from_modifier(day_to_minute);
    /// assert!(parts.keep(5, 3, 60_000_000) && !parts.keep(5, 3, 1_000_000));
    /// ```
    pub fn from_modifier(modifier: i32) -> Self {
        const MONTH: u32 = 1 << 1;
        const YEAR: u32 = 1 << 2;
        const DAY: u32 = 1 << 3;
        const HOUR: u32 = 1 << 10;
        const MINUTE: u32 = 1 << 11;
        let Ok(modifier) = u32::try_from(modifier) else { return Self::ALL };
        let step = u8::try_from(modifier & 0xffff).map_or(1, step);
        // Only the last field of a range matters: what is above it stays.
        match modifier >> 16 & 0x7fff {
            YEAR => Self { months: 12, days: false, micros: None },
            fields if fields == MONTH || fields == YEAR | MONTH => {
                Self { months: 1, days: false, micros: None }
            }
            DAY => Self { micros: None, ..Self::ALL },
            fields if fields == HOUR || fields == DAY | HOUR => {
                Self { micros: Some(3_600_000_000), ..Self::ALL }
            }
            fields if [MINUTE, HOUR | MINUTE, DAY | HOUR | MINUTE].contains(&fields) => {
                Self { micros: Some(60_000_000), ..Self::ALL }
            }
            _ => Self { micros: Some(step), ..Self::ALL },
        }
    }

    /// Whether nothing of an interval is cut or rounded.
    pub fn keep(&self, months: i32, days: i32, micros: i64) -> bool {
        months % self.months == 0
            && (self.days || days == 0)
            && self.micros.map_or(micros == 0, |step| micros % step == 0)
    }
}

/// The microseconds of the last of so many digits of a second.
pub(crate) fn step(digits: u8) -> i64 {
    10i64.pow(6 - u32::from(digits.min(6)))
}

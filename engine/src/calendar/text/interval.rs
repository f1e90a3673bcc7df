//! Reading intervals, in SQL's form and in that of ISO 8601.

use super::cursor::{Cursor, TextError};
use crate::calendar::civil::{MICROS_PER_DAY, Unit};

/// A span of calendar time. The three parts have no fixed ratio and are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Calendar months, twelve to the year.
    pub months: i32,
    /// Calendar days, seven to the week.
    pub days: i32,
    /// Nanoseconds of elapsed time.
    pub nanos: i64,
}

/// An interval: numbers with units as in SQL (`90 days`, `2 years 3 months`, `1 day 02:30:00`,
/// `-1.5 hours`, `3 days ago`; a number alone at the end is seconds), or ISO 8601 (`P1DT2H`).
///
/// A fraction is exact or refused: PostgreSQL keeps microseconds, and further digits would be lost. A fraction of a week or day becomes smaller units at 24 hours to the
/// day, as in PostgreSQL; a fraction of a year must be whole months; one of a month has no length.
///
/// ```
/// use seedbed_engine::calendar::text::{Interval, parse_interval};
/// let interval = Interval { months: 1, days: 2, nanos: 9_000_000_000_000 };
/// assert_eq!(parse_interval("1 month 2 days 02:30:00"), Ok(interval));
/// assert_eq!(parse_interval("P1M2DT2H30M"), Ok(interval));
/// assert_eq!(
///     parse_interval("1 fortnight").unwrap_err().to_string(),
///     "expected a unit such as `days`, found `fortnight`",
/// );
/// ```
pub fn parse_interval(text: &str) -> Result<Interval, TextError> {
    let mut cursor = Cursor::new(text);
    cursor.spaces();
    let total = match cursor.peek() {
        Some(b'P' | b'p') => cursor.iso_interval()?,
        _ => cursor.sql_interval()?,
    };
    let fitted = || {
        Some(Interval {
            months: i32::try_from(total.months).ok()?,
            days: i32::try_from(total.days).ok()?,
            nanos: i64::try_from(total.nanos).ok()?,
        })
    };
    fitted().ok_or_else(|| {
        Cursor::new(text).error("an interval that fits 32 bits of months and of days, 64 of nanoseconds")
    })
}

/// An interval that is still being added up.
#[derive(Default)]
struct Total {
    months: i128,
    days: i128,
    nanos: i128,
}

const NANOS_PER_DAY: i128 = MICROS_PER_DAY as i128 * 1000;

impl Total {
    /// Adds a number of units; a sentence about the number when it has no exact length.
    fn add(&mut self, number: Number, unit: Unit) -> Result<(), &'static str> {
        match unit {
            Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium => {
                let years = match unit {
                    Unit::Year => 1,
                    Unit::Decade => 10,
                    Unit::Century => 100,
                    _ => 1000,
                };
                self.months += number.of(12 * years).ok_or("a fraction of a year that is whole months")?;
            }
            Unit::Quarter => self.months += number.of(3).ok_or("whole quarters")?,
            Unit::Month => {
                self.months +=
                    number.of(1).ok_or("whole months, for a fraction of a month has no fixed length")?
            }
            Unit::Week | Unit::Day => {
                let days = if unit == Unit::Week { 7 } else { 1 };
                let nanos = number.micros(days * NANOS_PER_DAY)?;
                self.days += nanos / NANOS_PER_DAY;
                self.nanos += nanos % NANOS_PER_DAY;
            }
            _ => {
                let nanos = i128::from(unit.nanos().unwrap_or(1));
                self.nanos += number.micros(nanos)?;
            }
        }
        Ok(())
    }

    fn negate(&mut self) {
        *self = Self { months: -self.months, days: -self.days, nanos: -self.nanos };
    }
}

/// A decimal number as a whole one and the power of ten it is divided by.
#[derive(Clone, Copy)]
struct Number {
    digits: i128,
    power: i128,
}

impl Number {
    /// The number of parts, when a unit has so many of them and the product is whole.
    fn of(self, parts: i128) -> Option<i128> {
        // Cannot overflow: at most 22 digits, and parts below 10^15.
        let product = self.digits * parts;
        (product % self.power == 0).then_some(product / self.power)
    }

    /// The same for so many nanoseconds, which must be whole microseconds.
    fn micros(self, nanos: i128) -> Result<i128, &'static str> {
        self.of(nanos).filter(|nanos| nanos % 1000 == 0).ok_or("a number of whole microseconds")
    }
}

impl Cursor<'_> {
    /// A number: up to 18 digits before the point, 9 after it, and 22 in all.
    fn number(&mut self, expected: &str) -> Result<Number, TextError> {
        let start = self.at;
        let minus = self.peek() == Some(b'-');
        self.eat(b"+-");
        let (whole_count, whole) = self.digits();
        let (mut digits, mut power) = (i128::from(whole), 1);
        let mut fraction_count = 0;
        if self.eat(b".") {
            let before = self.at;
            let (count, fraction) = self.digits();
            if count > 9 {
                return Err(self.error_at(before, "at most nine digits after the point"));
            }
            fraction_count = count;
            power = 10_i128.pow(count as u32);
            digits = digits * power + i128::from(fraction);
        }
        let more = self.peek().is_some_and(|byte| byte.is_ascii_digit());
        if more || !(1..=22).contains(&(whole_count + fraction_count)) {
            return Err(self.error_at(start, expected));
        }
        Ok(Number { digits: if minus { -digits } else { digits }, power })
    }

    fn sql_interval(&mut self) -> Result<Total, TextError> {
        let mut total = Total::default();
        let mut fields = 0;
        loop {
            self.spaces();
            if self.is_at_end() && fields > 0 {
                return Ok(total);
            }
            if fields > 0 && self.rest().eq_ignore_ascii_case(b"ago") {
                total.negate();
                return Ok(total);
            }
            let start = self.at;
            let number = self.number("an interval such as `90 days`, `1 day 02:30:00` or `P1DT2H`")?;
            if self.peek() == Some(b':') {
                self.at = start;
                total.nanos += self.clock()?;
            } else {
                self.spaces();
                let letters = self.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                // A number that ends the text alone is seconds.
                let unit = match self.is_at_end() {
                    true => Unit::Second,
                    false => Unit::from_name(self.ahead(letters))
                        .ok_or_else(|| self.error("a unit such as `days`"))?,
                };
                self.at += letters;
                total.add(number, unit).map_err(|expected| self.error_at(start, expected))?;
            }
            fields += 1;
        }
    }

    /// `[-]hours:minutes[:seconds[.fraction]]` as nanoseconds; hours may exceed a day.
    fn clock(&mut self) -> Result<i128, TextError> {
        let minus = self.peek() == Some(b'-');
        self.eat(b"+-");
        let (_, hours) = self.digits();
        self.expect(b':', "a time such as `02:30:00`")?;
        let minutes = self.pair(0..=59, "a minute from 00 to 59")?;
        let mut nanos = (i128::from(hours) * 60 + i128::from(minutes)) * 60_000_000_000;
        if self.eat(b":") {
            nanos += i128::from(self.pair(0..=59, "a second from 00 to 59")?) * 1_000_000_000;
            if self.eat(b".") {
                nanos += i128::from(self.fraction(6, "one to six digits after the point")?) * 1000;
            }
        }
        Ok(if minus { -nanos } else { nanos })
    }

    fn iso_interval(&mut self) -> Result<Total, TextError> {
        let expected = "an interval such as `P1DT2H`";
        self.at += 1;
        let mut total = Total::default();
        let (mut is_time, mut fields) = (false, 0);
        // Units come in this order, and each at most once.
        let mut units: &[(u8, Unit)] =
            &[(b'Y', Unit::Year), (b'M', Unit::Month), (b'W', Unit::Week), (b'D', Unit::Day)];
        loop {
            if !is_time && self.eat(b"Tt") {
                (is_time, fields) = (true, 0);
                units = &[(b'H', Unit::Hour), (b'M', Unit::Minute), (b'S', Unit::Second)];
            }
            if self.is_at_end() && fields > 0 {
                return Ok(total);
            }
            let start = self.at;
            let number = self.number(expected)?;
            let letter = self.peek().map(|byte| byte.to_ascii_uppercase());
            let place = units
                .iter()
                .position(|&(name, _)| Some(name) == letter)
                .ok_or_else(|| self.error(expected))?;
            self.at += 1;
            total.add(number, units[place].1).map_err(|expected| self.error_at(start, expected))?;
            units = &units[place + 1..];
            fields += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    /// What PostgreSQL 15 makes of the same texts.
    #[test]
    fn intervals_are_read() {
        let cases = [
            ("90 days", 0, 90, 0),
            ("1 month", 1, 0, 0),
            ("2 years 3 months", 27, 0, 0),
            ("36 hours", 0, 0, 36 * HOUR),
            ("1 day 02:30:00", 0, 1, 2 * HOUR + HOUR / 2),
            ("-1 day 02:30", 0, -1, 2 * HOUR + HOUR / 2),
            ("-100:00:00.5", 0, 0, -100 * HOUR - 500_000_000),
            ("1.5 weeks", 0, 10, 12 * HOUR),
            ("-1.5 days", 0, -1, -12 * HOUR),
            ("1.5 years", 18, 0, 0),
            ("3 days 4 hours ago", 0, -3, -4 * HOUR),
            ("1 year -2 months 3 days", 10, 3, 0),
            ("2w 1h", 0, 14, HOUR),
            ("P1DT2H", 0, 1, 2 * HOUR),
            ("P1Y2M-3DT1H30M", 14, -3, HOUR + HOUR / 2),
            ("PT-1M-1.5S", 0, 0, -61_500_000_000),
            ("P2W", 0, 14, 0),
            ("PT0S", 0, 0, 0),
            ("5", 0, 0, 5_000_000_000),
            ("1 day -1.5", 0, 1, -1_500_000_000),
            ("2 decades 1 century 1 millennium", 13_440, 0, 0),
        ];
        for (text, months, days, nanos) in cases {
            assert_eq!(parse_interval(text), Ok(Interval { months, days, nanos }), "{text}");
        }
    }

    #[test]
    fn errors_say_what_was_expected_and_what_was_found() {
        let cases = [
            (
                parse_interval("days"),
                "expected an interval such as `90 days`, `1 day 02:30:00` or `P1DT2H`, found `days`",
            ),
            (parse_interval("1 -"), "expected a unit such as `days`, found `-`"),
            (
                parse_interval("0.5 months"),
                "expected whole months, for a fraction of a month has no fixed length, found `0.5`",
            ),
            (
                parse_interval("1.2345678 seconds"),
                "expected a number of whole microseconds, found `1.2345678`",
            ),
            (
                parse_interval("00:00:01.2345678"),
                "expected one to six digits after the point, found `2345678`",
            ),
            (parse_interval("P"), "expected an interval such as `P1DT2H`, found the end"),
            (parse_interval("P1H"), "expected an interval such as `P1DT2H`, found `H`"),
            (
                parse_interval("3000000000 days"),
                "expected an interval that fits 32 bits of months and of days, 64 of nanoseconds, found `3000000000`",
            ),
        ];
        for (result, message) in cases {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
        assert_eq!(parse_interval("1 day 2 parsecs").unwrap_err().at, 8);
    }
}

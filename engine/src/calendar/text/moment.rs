//! Reading dates, times and timestamps; strict about digits: `2023-01-01` is a date and `2023-1-1` is not.

use super::cursor::{Cursor, TextError};
use crate::calendar::civil::{
    MAX_DAYS, MAX_MICROS, MICROS_PER_DAY, MICROS_PER_SECOND, MIN_DAYS, MIN_MICROS, days_from_civil,
    days_in_month,
};

/// What a timestamp's text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// No offset was given: microseconds on the wall.
    Wall(i64),
    /// An offset was given: microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// Days since 1970-01-01 of `2023-01-01`, from `4713-01-01 BC` to `5874897-12-31`. A year before 1 is
/// written ` BC` at the end or, as in ISO 8601, with a minus: `-0043` is 44 BC.
pub fn parse_date(text: &str) -> Result<i32, TextError> {
    let (mut cursor, before_christ) = Cursor::with_era(text);
    let days = cursor.date(before_christ)?;
    cursor.end("the end of the date")?;
    Ok(days)
}

/// Microseconds since midnight of `23:59`, `23:59:59` or `23:59:59.999999`.
pub fn parse_time(text: &str) -> Result<i64, TextError> {
    let mut cursor = Cursor::new(text);
    let micros = cursor.time()?;
    cursor.end("the end of the time")?;
    Ok(micros)
}

/// A date, or a date and a time with a `T` or a space between them, and at the end perhaps an offset:
/// `Z`, `+02`, `+0200`, `+02:00` or `+02:00:00`. Up to six digits after the second's point. With an
/// offset it is an instant, without one a wall clock.
///
/// ```
/// use seedbed_engine::calendar::text::{Moment, parse_timestamp};
/// assert_eq!(parse_timestamp("1970-01-02"), Ok(Moment::Wall(86_400_000_000)));
/// assert_eq!(parse_timestamp("1970-01-01 02:00:00.5+02"), Ok(Moment::Instant(500_000)));
/// ```
pub fn parse_timestamp(text: &str) -> Result<Moment, TextError> {
    let (mut cursor, before_christ) = Cursor::with_era(text);
    let days = cursor.date(before_christ)?;
    let mut moment = Moment::Wall(i64::from(days).saturating_mul(MICROS_PER_DAY));
    if !cursor.is_at_end() {
        if !cursor.eat(b"Tt ") {
            return Err(cursor.error("`T` or a space between date and time"));
        }
        let wall = i64::from(days).saturating_mul(MICROS_PER_DAY).saturating_add(cursor.time()?);
        moment = match cursor.offset()? {
            None => Moment::Wall(wall),
            Some(offset) => Moment::Instant(wall.saturating_sub(offset * MICROS_PER_SECOND)),
        };
        cursor.end("an offset such as `Z` or `+02:00`, or the end of the timestamp")?;
    }
    let (Moment::Wall(micros) | Moment::Instant(micros)) = moment;
    if !(MIN_MICROS..=MAX_MICROS).contains(&micros) {
        return Err(Cursor::new(text).error("a timestamp between 4713 BC and 294246"));
    }
    Ok(moment)
}

impl<'a> Cursor<'a> {
    /// Takes ` BC` off the end and says whether it was there.
    fn with_era(text: &'a str) -> (Self, bool) {
        match text.strip_suffix(" BC") {
            Some(rest) => (Self::new(rest), true),
            None => (Self::new(text), false),
        }
    }

    fn date(&mut self, before_christ: bool) -> Result<i32, TextError> {
        let start = self.at;
        let expected = "a date such as `2023-01-31`";
        let minus = self.peek() == Some(b'-');
        if !before_christ {
            self.eat(b"+-");
        }
        let (count, number) = self.digits();
        if !(4..=7).contains(&count) {
            return Err(self.error_at(start, expected));
        }
        if before_christ && number == 0 {
            return Err(self.error_at(start, "a year from 1 on before `BC`"));
        }
        let year = match (before_christ, minus) {
            (true, _) => 1 - number,
            (false, true) => -number,
            (false, false) => number,
        } as i32;
        self.expect(b'-', expected)?;
        let month = self.pair(1..=12, "a month from 01 to 12")?;
        self.expect(b'-', expected)?;
        let day_at = self.at;
        let day = self.pair(1..=31, "a day from 01 to 31")?;
        let length = days_in_month(year, month);
        if day > length {
            return Err(self.error_at(day_at, &format!("a day from 01 to {length}")));
        }
        let days = days_from_civil(year, month, day);
        if !(MIN_DAYS..=MAX_DAYS).contains(&days) {
            return Err(self.error_at(start, "a date between 4713 BC and 5874897"));
        }
        Ok(days)
    }

    fn time(&mut self) -> Result<i64, TextError> {
        let hour = self.pair(0..=23, "an hour from 00 to 23")?;
        self.expect(b':', "a time such as `10:30:00`")?;
        let minute = self.pair(0..=59, "a minute from 00 to 59")?;
        let mut micros = i64::from(hour * 60 + minute) * 60 * MICROS_PER_SECOND;
        if self.eat(b":") {
            micros += i64::from(self.pair(0..=59, "a second from 00 to 59")?) * MICROS_PER_SECOND;
            if self.eat(b".") {
                micros += self.fraction(6, "one to six digits after the point")?;
            }
        }
        Ok(micros)
    }

    /// Seconds east of UTC, if an offset follows.
    fn offset(&mut self) -> Result<Option<i64>, TextError> {
        let start = self.at;
        self.eat(b" ");
        if self.eat(b"Zz") {
            return Ok(Some(0));
        }
        let sign = match self.peek() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => {
                self.at = start;
                return Ok(None);
            }
        };
        self.at += 1;
        let expected = "an offset such as `+02:00`, less than 16 hours";
        let digits_at = self.at;
        let (count, number) = self.digits();
        let (mut hours, mut minutes, mut seconds) = (number, 0, 0);
        match count {
            2 if self.eat(b":") => {
                minutes = i64::from(self.pair(0..=59, expected)?);
                if self.eat(b":") {
                    seconds = i64::from(self.pair(0..=59, expected)?);
                }
            }
            2 => {}
            4 => (hours, minutes) = (number / 100, number % 100),
            _ => return Err(self.error_at(digits_at - 1, expected)),
        }
        if hours > 15 || minutes > 59 {
            return Err(self.error_at(digits_at - 1, expected));
        }
        Ok(Some(sign * (hours * 3600 + minutes * 60 + seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        assert_eq!(parse_date("1970-01-01"), Ok(0));
        assert_eq!(parse_date("2024-02-29"), Ok(19_782));
        assert_eq!(parse_date("0044-03-15 BC"), parse_date("-0043-03-15"));
        assert_eq!(parse_date("4713-01-01 BC"), Ok(MIN_DAYS));
        assert_eq!(parse_date("5874897-12-31"), Ok(MAX_DAYS));
    }

    #[test]
    fn times_are_read() {
        assert_eq!(parse_time("00:00"), Ok(0));
        assert_eq!(parse_time("23:59:59.999999"), Ok(MICROS_PER_DAY - 1));
        assert_eq!(parse_time("00:00:01.5"), Ok(1_500_000));
    }

    #[test]
    fn an_offset_makes_an_instant() {
        let midnight = 1_776_038_400_000_000;
        assert_eq!(parse_timestamp("2026-04-13"), Ok(Moment::Wall(midnight)));
        assert_eq!(parse_timestamp("2026-04-13 00:00:00"), Ok(Moment::Wall(midnight)));
        for text in [
            "2026-04-13T00:00:00Z",
            "2026-04-13 02:00:00+02",
            "2026-04-13 02:00:00 +0200",
            "2026-04-12T18:15-05:45",
            "2026-04-13 00:19:32.000000+00:19:32",
        ] {
            assert_eq!(parse_timestamp(text), Ok(Moment::Instant(midnight)), "{text}");
        }
    }

    #[test]
    fn errors_say_what_was_expected_and_what_was_found() {
        let cases = [
            (parse_date("").map(|_| ()), "expected a date such as `2023-01-31`, found the end"),
            (parse_date("2023-1-1").map(|_| ()), "expected a month from 01 to 12, found `1-1`"),
            (parse_date("2023-02-29").map(|_| ()), "expected a day from 01 to 28, found `29`"),
            (
                parse_date("0000-01-01 BC").map(|_| ()),
                "expected a year from 1 on before `BC`, found `0000-01-01`",
            ),
            (
                parse_date("4714-12-31 BC").map(|_| ()),
                "expected a date between 4713 BC and 5874897, found `4714-12-31`",
            ),
            (parse_date("2023-01-01 é").map(|_| ()), "expected the end of the date, found a space"),
            (parse_time("24:00").map(|_| ()), "expected an hour from 00 to 23, found `24:00`"),
            (
                parse_time("10:00:00.1234567").map(|_| ()),
                "expected one to six digits after the point, found `1234567`",
            ),
            (
                parse_timestamp("2023-01-01x").map(|_| ()),
                "expected `T` or a space between date and time, found `x`",
            ),
            (
                parse_timestamp("2023-01-01 10:00 CET").map(|_| ()),
                "expected an offset such as `Z` or `+02:00`, or the end of the timestamp, found a space",
            ),
            (
                parse_timestamp("2023-01-01 10:00+16").map(|_| ()),
                "expected an offset such as `+02:00`, less than 16 hours, found `+16`",
            ),
            (
                parse_timestamp("294247-01-01").map(|_| ()),
                "expected a timestamp between 4713 BC and 294246, found `294247-01-01`",
            ),
        ];
        for (result, message) in cases {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
        assert_eq!(parse_date("2023-02-29").unwrap_err().at, 8);
    }
}

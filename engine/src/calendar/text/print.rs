//! Printing into the caller's buffer, without allocation.

use crate::calendar::civil::{MICROS_PER_SECOND, civil_from_days, split_micros};

/// A buffer that text is appended to.
pub trait Buffer {
    /// Appends bytes that are ASCII.
    fn push_ascii(&mut self, ascii: &[u8]);

    /// Appends text.
    fn push_str(&mut self, text: &str);
}

impl Buffer for Vec<u8> {
    #[inline]
    fn push_ascii(&mut self, ascii: &[u8]) {
        self.extend_from_slice(ascii);
    }

    #[inline]
    fn push_str(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

impl Buffer for String {
    #[inline]
    fn push_ascii(&mut self, ascii: &[u8]) {
        self.push_str(str::from_utf8(ascii).expect("printed text is ASCII"));
    }

    #[inline]
    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// How timestamps are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// As PostgreSQL does: `2024-01-31 10:00:00+00`, years before 1 with ` BC` at the end.
    Sql,
    /// ISO 8601: `2024-01-31T10:00:00Z`, years outside 0 to 9999 with a sign and six digits or more.
    Iso,
}

/// Appends a date, `2024-01-31`. `Style` decides about years outside 1 to 9999 alone.
pub fn write_date(out: &mut impl Buffer, days: i32, style: Style) {
    let mut line = Line::new();
    let suffix = line.date(days, style);
    line.bytes(suffix);
    out.push_ascii(line.as_bytes());
}

/// Appends a time of day, `10:00:00.123456`. As everywhere here, the fraction ends with its last digit
/// that is not zero and is left out when there is none.
pub fn write_time(out: &mut impl Buffer, micros_of_day: i64) {
    let mut line = Line::new();
    line.time(micros_of_day);
    out.push_ascii(line.as_bytes());
}

/// Appends a wall clock, `2024-01-31 10:00:00.123456`.
pub fn write_timestamp(out: &mut impl Buffer, micros: i64, style: Style) {
    let mut line = Line::new();
    let suffix = line.timestamp(micros, style);
    line.bytes(suffix);
    out.push_ascii(line.as_bytes());
}

/// Appends an instant as the wall clock `offset_seconds` east of UTC (less than 24 hours either way) and
/// that offset: `2024-01-31 10:00:00+00`, or `2024-01-31T10:00:00Z` in ISO style.
///
/// ```
/// use seedbed_engine::calendar::text::{Style, write_instant};
/// let mut out = String::new();
/// write_instant(&mut out, 1_776_038_400_500_000, 20_700, Style::Sql);
/// assert_eq!(out, "2026-04-13 05:45:00.5+05:45");
/// ```
pub fn write_instant(out: &mut impl Buffer, utc: i64, offset_seconds: i32, style: Style) {
    let mut line = Line::new();
    let local = utc.saturating_add(i64::from(offset_seconds) * MICROS_PER_SECOND);
    let suffix = line.timestamp(local, style);
    line.offset(offset_seconds, style);
    line.bytes(suffix);
    out.push_ascii(line.as_bytes());
}

/// Appends an interval in the form of ISO 8601 that PostgreSQL calls `iso_8601`: `P1Y2M3DT4H5M6.5S`, every
/// field with its own sign, `PT0S` for nothing.
///
/// ```
/// use seedbed_engine::calendar::text::write_interval;
/// let mut out = String::new();
/// write_interval(&mut out, 14, -3, 5_400_000_000_000);
/// assert_eq!(out, "P1Y2M-3DT1H30M");
/// ```
pub fn write_interval(out: &mut impl Buffer, months: i32, days: i32, nanos: i64) {
    let mut line = Line::new();
    line.byte(b'P');
    line.field(i64::from(months / 12), b'Y');
    line.field(i64::from(months % 12), b'M');
    line.field(i64::from(days), b'D');
    let seconds = nanos / 1_000_000_000;
    let fraction = (nanos % 1_000_000_000).unsigned_abs() as u32;
    if nanos != 0 {
        line.byte(b'T');
        line.field(seconds / 3600, b'H');
        line.field(seconds / 60 % 60, b'M');
        if fraction == 0 {
            line.field(seconds % 60, b'S');
        } else {
            if nanos < 0 {
                line.byte(b'-');
            }
            line.number((seconds % 60).unsigned_abs(), 1);
            line.fraction(fraction);
            line.byte(b'S');
        }
    } else if months == 0 && days == 0 {
        line.bytes(b"T0S");
    }
    out.push_ascii(line.as_bytes());
}

/// Appends an interval as PostgreSQL writes it unless it is told otherwise: `1 year 2 mons -3 days +04:05:06.5`, a plus behind what
/// is negative, and microseconds.
///
/// ```
/// use seedbed_engine::calendar::text::write_interval_sql;
/// let mut out = String::new();
/// write_interval_sql(&mut out, 14, -3, 5_400_000_000_000);
/// assert_eq!(out, "1 year 2 mons -3 days +01:30:00");
/// ```
pub fn write_interval_sql(out: &mut impl Buffer, months: i32, days: i32, nanos: i64) {
    let mut line = Line::new();
    let mut behind_negative = false;
    let fields: [(i32, &[u8]); 3] = [(months / 12, b"year"), (months % 12, b"mon"), (days, b"day")];
    for (count, unit) in fields.into_iter().filter(|(count, _)| *count != 0) {
        if line.len > 0 {
            line.byte(b' ');
        }
        if count > 0 && behind_negative {
            line.byte(b'+');
        }
        behind_negative = count < 0;
        line.count(count, unit);
    }
    let micros = nanos / 1000;
    if micros != 0 || line.len == 0 {
        if line.len > 0 {
            line.byte(b' ');
        }
        if micros < 0 {
            line.byte(b'-');
        } else if behind_negative {
            line.byte(b'+');
        }
        let (seconds, fraction) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
        line.clock(seconds);
        if fraction != 0 {
            line.fraction(fraction as u32 * 1000);
        }
    }
    out.push_ascii(line.as_bytes());
}

/// Appends an interval as both PostgreSQL and DuckDB read it: `1 year 2 mons -3 days 01:30:00`. PostgreSQL itself writes `+01:30:00`
/// behind a negative field, which DuckDB refuses; neither reads the sign of one field into the next. The fraction of the seconds has
/// six digits, or nine where six do not hold it, or none.
///
/// ```
/// use seedbed_engine::calendar::text::write_interval_plain;
/// let mut out = String::new();
/// write_interval_plain(&mut out, 14, -3, 5_400_000_000_000);
/// assert_eq!(out, "1 year 2 mons -3 days 01:30:00");
/// ```
pub fn write_interval_plain(out: &mut impl Buffer, months: i32, days: i32, nanos: i64) {
    let mut line = Line::new();
    let fields: [(i32, &[u8]); 3] = [(months / 12, b"year"), (months % 12, b"mon"), (days, b"day")];
    for (count, unit) in fields.into_iter().filter(|(count, _)| *count != 0) {
        if line.len > 0 {
            line.byte(b' ');
        }
        line.count(count, unit);
    }
    if nanos != 0 || line.len == 0 {
        if line.len > 0 {
            line.byte(b' ');
        }
        if nanos < 0 {
            line.byte(b'-');
        }
        let (seconds, fraction) =
            (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
        line.clock(seconds);
        match (fraction, fraction % 1000) {
            (0, _) => {}
            (_, 0) => {
                line.byte(b'.');
                line.number(fraction / 1000, 6);
            }
            _ => {
                line.byte(b'.');
                line.number(fraction, 9);
            }
        }
    }
    out.push_ascii(line.as_bytes());
}

/// Two decimal digits for every number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + i as u8 / 10, b'0' + i as u8 % 10];
        i += 1;
    }
    pairs
};

/// The digits of a number below 100.
fn pair(number: u32) -> [u8; 2] {
    PAIRS[number as usize]
}

/// Text under construction on the stack. The longest is an interval with every field negative and as
/// long as it gets, 69 bytes.
struct Line {
    bytes: [u8; 80],
    len: usize,
}

impl Line {
    fn new() -> Self {
        Self { bytes: [0; 80], len: 0 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// A number with at least so many digits.
    fn number(&mut self, mut number: u64, min_digits: usize) {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        while number > 0 {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.bytes(&digits[start.min(digits.len() - min_digits)..]);
    }

    /// A point and the nanoseconds of a second, less the zeros at the end.
    fn fraction(&mut self, nanos: u32) {
        let micros = nanos / 1000;
        let ([a, b], [c, d], [e, f]) = (pair(micros / 10_000), pair(micros / 100 % 100), pair(micros % 100));
        self.bytes(&[b'.', a, b, c, d, e, f]);
        if !nanos.is_multiple_of(1000) {
            self.number(u64::from(nanos % 1000), 3);
        }
        while self.bytes[self.len - 1] == b'0' {
            self.len -= 1;
        }
    }

    /// A count of a unit, in the plural unless it is 1.
    fn count(&mut self, count: i32, unit: &[u8]) {
        if count < 0 {
            self.byte(b'-');
        }
        self.number(u64::from(count.unsigned_abs()), 1);
        self.byte(b' ');
        self.bytes(unit);
        if count != 1 {
            self.byte(b's');
        }
    }

    /// Hours of any number, minutes and seconds.
    fn clock(&mut self, seconds: u64) {
        self.number(seconds / 3600, 2);
        self.byte(b':');
        self.bytes(&pair((seconds / 60 % 60) as u32));
        self.byte(b':');
        self.bytes(&pair((seconds % 60) as u32));
    }

    /// A field of an interval, left out when zero.
    fn field(&mut self, value: i64, unit: u8) {
        if value == 0 {
            return;
        }
        if value < 0 {
            self.byte(b'-');
        }
        self.number(value.unsigned_abs(), 1);
        self.byte(unit);
    }

    /// A date without the mark of its era, which is returned: it goes to the end of the whole text.
    fn date(&mut self, days: i32, style: Style) -> &'static [u8] {
        let (year, month, day) = civil_from_days(days);
        let ([m, n], [d, e]) = (pair(month), pair(day));
        let mut suffix: &[u8] = b"";
        match (year, style) {
            (1..=9999, _) | (0, Style::Iso) => {
                let ([w, x], [y, z]) = (pair(year as u32 / 100), pair(year as u32 % 100));
                self.bytes(&[w, x, y, z, b'-', m, n, b'-', d, e]);
                return suffix;
            }
            (_, Style::Iso) => {
                self.byte(if year < 0 { b'-' } else { b'+' });
                self.number(u64::from(year.unsigned_abs()), 6);
            }
            (10_000.., Style::Sql) => self.number(year as u64, 4),
            (_, Style::Sql) => {
                self.number(1 + u64::from(year.unsigned_abs()), 4);
                suffix = b" BC";
            }
        }
        self.bytes(&[b'-', m, n, b'-', d, e]);
        suffix
    }

    fn time(&mut self, micros_of_day: i64) {
        let micros_of_day = micros_of_day as u64;
        let seconds = (micros_of_day / MICROS_PER_SECOND as u64) as u32;
        let micros = (micros_of_day % MICROS_PER_SECOND as u64) as u32;
        let ([h, i], [m, n], [s, t]) = (pair(seconds / 3600), pair(seconds / 60 % 60), pair(seconds % 60));
        self.bytes(&[h, i, b':', m, n, b':', s, t]);
        if micros != 0 {
            self.fraction(micros * 1000);
        }
    }

    fn timestamp(&mut self, micros: i64, style: Style) -> &'static [u8] {
        let (days, micros_of_day) = split_micros(micros);
        let suffix = self.date(days, style);
        self.byte(match style {
            Style::Sql => b' ',
            Style::Iso => b'T',
        });
        self.time(micros_of_day);
        suffix
    }

    fn offset(&mut self, offset_seconds: i32, style: Style) {
        if offset_seconds == 0 && style == Style::Iso {
            return self.byte(b'Z');
        }
        self.byte(if offset_seconds < 0 { b'-' } else { b'+' });
        let seconds = offset_seconds.unsigned_abs();
        self.bytes(&pair(seconds / 3600));
        if !seconds.is_multiple_of(3600) || style == Style::Iso {
            self.byte(b':');
            self.bytes(&pair(seconds / 60 % 60));
        }
        if !seconds.is_multiple_of(60) {
            self.byte(b':');
            self.bytes(&pair(seconds % 60));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interval, Moment, parse_date, parse_interval, parse_time, parse_timestamp};
    use super::*;
    use crate::calendar::civil::{MAX_DAYS, MAX_MICROS, MICROS_PER_DAY, MIN_DAYS, MIN_MICROS};
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    /// PostgreSQL 15 prints the same in SQL style.
    #[test]
    fn timestamps_look_like_this() {
        let micros = 1_706_695_200_123_456;
        let cases = [
            (micros, "2024-01-31 10:00:00.123456", "2024-01-31T10:00:00.123456"),
            (micros - 3_456, "2024-01-31 10:00:00.12", "2024-01-31T10:00:00.12"),
            (micros - 123_456, "2024-01-31 10:00:00", "2024-01-31T10:00:00"),
            (micros - 123_455, "2024-01-31 10:00:00.000001", "2024-01-31T10:00:00.000001"),
            (-1, "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999"),
            (-63_517_788_000_000_000, "0044-03-15 10:00:00 BC", "-000043-03-15T10:00:00"),
            (253_402_300_800_000_000, "10000-01-01 00:00:00", "+010000-01-01T00:00:00"),
        ];
        for (micros, sql, iso) in cases {
            assert_eq!(text(|out| write_timestamp(out, micros, Style::Sql)), sql);
            assert_eq!(text(|out| write_timestamp(out, micros, Style::Iso)), iso);
        }
    }

    #[test]
    fn instants_show_their_offset() {
        let cases = [
            (0, "1970-01-01 00:00:00+00", "1970-01-01T00:00:00Z"),
            (7_200, "1970-01-01 02:00:00+02", "1970-01-01T02:00:00+02:00"),
            (-12_600, "1969-12-31 20:30:00-03:30", "1969-12-31T20:30:00-03:30"),
            (1_172, "1970-01-01 00:19:32+00:19:32", "1970-01-01T00:19:32+00:19:32"),
        ];
        for (offset, sql, iso) in cases {
            assert_eq!(text(|out| write_instant(out, 0, offset, Style::Sql)), sql);
            assert_eq!(text(|out| write_instant(out, 0, offset, Style::Iso)), iso);
        }
        let bc = text(|out| write_instant(out, -63_517_788_000_000_000, 0, Style::Sql));
        assert_eq!(bc, "0044-03-15 10:00:00+00 BC");
    }

    /// PostgreSQL 15 prints the same with `intervalstyle = iso_8601`, less the extremes.
    #[test]
    fn intervals_look_like_this() {
        let cases = [
            (0, 0, 0, "PT0S"),
            (14, -3, 5_400_000_000_000, "P1Y2M-3DT1H30M"),
            (-1, 0, 0, "P-1M"),
            (0, 0, -1_500_000_000, "PT-1.5S"),
            (0, 0, -500_000_000, "PT-0.5S"),
            (0, 0, -61_500_000_000, "PT-1M-1.5S"),
            (0, 1, 1, "P1DT0.000000001S"),
            (i32::MIN, i32::MIN, i64::MIN, "P-178956970Y-8M-2147483648DT-2562047H-47M-16.854775808S"),
        ];
        for (months, days, nanos, expected) in cases {
            assert_eq!(text(|out| write_interval(out, months, days, nanos)), expected);
        }
    }

    /// What PostgreSQL 15 prints.
    #[test]
    fn intervals_look_like_this_in_sql() {
        let cases = [
            (0, 0, 0, "00:00:00"),
            (14, -3, 5_400_000_000_000, "1 year 2 mons -3 days +01:30:00"),
            (-25, 0, 0, "-2 years -1 mons"),
            (-12, 1, 0, "-1 years +1 day"),
            (1, 1, 0, "1 mon 1 day"),
            (12, 2, 11_045_600_000_000, "1 year 2 days 03:04:05.6"),
            (0, -1, -1_500_000_000, "-1 days -00:00:01.5"),
            (0, 0, 360_000_000_000_000, "100:00:00"),
            (i32::MIN, i32::MIN, i64::MIN, "-178956970 years -8 mons -2147483648 days -2562047:47:16.854775"),
        ];
        for (months, days, nanos, expected) in cases {
            assert_eq!(text(|out| write_interval_sql(out, months, days, nanos)), expected);
        }
    }

    /// PostgreSQL 15 and DuckDB 2.0 read each of these back to the same fields, the nanosecond aside.
    #[test]
    fn intervals_look_like_this_to_both() {
        let cases = [
            (0, 0, 0, "00:00:00"),
            (14, -3, 5_400_000_000_000, "1 year 2 mons -3 days 01:30:00"),
            (-25, 0, 0, "-2 years -1 mons"),
            (1, 1, 0, "1 mon 1 day"),
            (0, 0, -1_500_000_000, "-00:00:01.500000"),
            (0, 2, 1, "2 days 00:00:00.000000001"),
            (0, 0, 360_000_000_000_000, "100:00:00"),
            (
                i32::MIN,
                i32::MIN,
                i64::MIN,
                "-178956970 years -8 mons -2147483648 days -2562047:47:16.854775808",
            ),
        ];
        for (months, days, nanos, expected) in cases {
            assert_eq!(text(|out| write_interval_plain(out, months, days, nanos)), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            days in MIN_DAYS..=MAX_DAYS,
            of_day in 0..MICROS_PER_DAY,
            wide in MIN_MICROS + MICROS_PER_DAY..=MAX_MICROS - MICROS_PER_DAY,
            narrow in -4_000_000_000_000_000_i64..=4_000_000_000_000_000,
            offset in -57_599_i32..=57_599,
        ) {
            prop_assert_eq!(parse_time(&text(|out| write_time(out, of_day))), Ok(of_day));
            for style in [Style::Sql, Style::Iso] {
                prop_assert_eq!(parse_date(&text(|out| write_date(out, days, style))), Ok(days));
                for micros in [wide, narrow] {
                    let wall = text(|out| write_timestamp(out, micros, style));
                    prop_assert_eq!(parse_timestamp(&wall), Ok(Moment::Wall(micros)));
                    let instant = text(|out| write_instant(out, micros, offset, style));
                    prop_assert_eq!(parse_timestamp(&instant), Ok(Moment::Instant(micros)));
                }
            }
        }

        #[test]
        fn intervals_are_read_back(months: i32, days: i32, nanos: i64) {
            let nanos = nanos / 1000 * 1000;
            for printed in [
                text(|out| write_interval(out, months, days, nanos)),
                text(|out| write_interval_sql(out, months, days, nanos)),
            ] {
                prop_assert_eq!(parse_interval(&printed), Ok(Interval { months, days, nanos }), "{}", printed);
            }
        }

        #[test]
        fn any_text_is_an_answer_or_an_error(any in "[-+0-9PTWDMSYHZa-z:. é]{0,24}") {
            let at = [
                parse_date(&any).map_err(|e| e.at).err(),
                parse_time(&any).map_err(|e| e.at).err(),
                parse_timestamp(&any).map_err(|e| e.at).err(),
                parse_interval(&any).map_err(|e| e.at).err(),
            ];
            prop_assert!(at.into_iter().flatten().all(|at| at <= any.len()));
        }
    }
}

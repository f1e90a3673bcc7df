//! Intervals as text that both PostgreSQL and DuckDB read: `1 year 2 mons -3 days 01:30:00`. PostgreSQL
//! itself would write `+01:30:00` behind a negative field, which DuckDB refuses; neither reads the sign of
//! one field into the next.

use std::io::Write;

/// Appends an interval. The fraction of the seconds has six digits, or nine where six do not hold it, or
/// none.
pub(crate) fn write_interval(out: &mut Vec<u8>, months: i32, days: i32, nanos: i64) {
    let start = out.len();
    for (count, one, many) in
        [(months / 12, "year", "years"), (months % 12, "mon", "mons"), (days, "day", "days")]
    {
        if count != 0 {
            // Writing to a vector cannot fail.
            let _ = write!(out, "{count} {} ", if count == 1 { one } else { many });
        }
    }
    if nanos == 0 && out.len() > start {
        out.pop();
        return;
    }
    let (seconds, fraction) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let sign = if nanos < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = match (fraction, fraction % 1000) {
        (0, _) => Ok(()),
        (_, 0) => write!(out, ".{:06}", fraction / 1000),
        _ => write!(out, ".{fraction:09}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PostgreSQL 15 and DuckDB 2.0 read each of these back to the same fields, the nanosecond aside.
    #[test]
    fn intervals_look_like_this() {
        let cases = [
            (0, 0, 0, "00:00:00"),
            (14, -3, 5_400_000_000_000, "1 year 2 mons -3 days 01:30:00"),
            (-25, 0, 0, "-2 years -1 mons"),
            (1, 1, 0, "1 mon 1 day"),
            (0, 0, -1_500_000_000, "-00:00:01.500000"),
            (0, 2, 1, "2 days 00:00:00.000000001"),
            (0, 0, 360_000_000_000_000, "100:00:00"),
        ];
        for (months, days, nanos, expected) in cases {
            let mut out = Vec::new();
            write_interval(&mut out, months, days, nanos);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

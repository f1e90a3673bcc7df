//! `to_char`: moments written by a pattern, which is read once while compiling.

use arrow::datatypes::{Date32Type, TimestampMicrosecondType};

use super::{Function, Site, doc};
use crate::calendar::civil::{civil_from_days, day_of_year, iso_week, split_micros, weekday};
use crate::error::{Fault, Span};
use crate::expression::kernel::{Numbers, text_rows};
use crate::expression::tree::Expression;
use crate::text::write_integer;
use crate::types::Type;

pub(super) const FUNCTION: Function = Function {
    doc: doc([
        "to_char",
        "to_char(moment, pattern)",
        "The moment written by a pattern of YYYY, MM, Mon, Month, DD, Dy, Day, HH24, MI, SS, MS, US, Q, IW, J, ….",
        "to_char(timestamp '2026-04-13 09:05:00', 'YYYY-MM-DD HH24:MI')",
        "2026-04-13 09:05",
    ]),
    aliases: &[],
    arity: (2, 2),
    build: to_char,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    /// A number with leading zeros to a width.
    Number(Field, usize),
    /// The last digits of a year.
    YearDigits {
        iso: bool,
        digits: usize,
    },
    /// The year with a comma behind its thousands.
    YearWithComma,
    Name {
        which: Names,
        case: Case,
        width: usize,
    },
    HalfDay {
        upper: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Year,
    IsoYear,
    Month,
    Day,
    DayOfYear,
    /// 1 is Sunday.
    DayOfWeek,
    /// 1 is Monday.
    IsoDayOfWeek,
    Quarter,
    JulianDay,
    Week,
    IsoWeek,
    Hour24,
    Hour12,
    Minute,
    Second,
    Milli,
    Micro,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    Month,
    MonthShort,
    Day,
    DayShort,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    Upper,
    Initial,
    Lower,
}

/// Longer patterns first, so that `HH24` is not read as `HH` and `24`.
const PATTERNS: &[(&str, Field, usize)] = &[
    ("HH24", Field::Hour24, 2),
    ("HH12", Field::Hour12, 2),
    ("IYYY", Field::IsoYear, 4),
    ("YYYY", Field::Year, 4),
    ("DDD", Field::DayOfYear, 3),
    ("HH", Field::Hour12, 2),
    ("ID", Field::IsoDayOfWeek, 1),
    ("IW", Field::IsoWeek, 2),
    ("WW", Field::Week, 2),
    ("DD", Field::Day, 2),
    ("MI", Field::Minute, 2),
    ("MM", Field::Month, 2),
    ("MS", Field::Milli, 3),
    ("SS", Field::Second, 2),
    ("US", Field::Micro, 6),
    ("D", Field::DayOfWeek, 1),
    ("J", Field::JulianDay, 1),
    ("Q", Field::Quarter, 1),
];

fn to_char(mut site: Site) -> Result<Expression, Fault> {
    let pattern = site.constant_text(1)?;
    let pieces = read_pattern(&pattern, site.argument_span(1))?;
    if site.arguments[0].0.is_untyped() {
        site.want(0, &Type::Instant)?;
    }
    match site.ty(0) {
        Type::Date => site.strict(Type::Text, move |a, rows| {
            let days = Numbers::<Date32Type>::of(&a[0]);
            text_rows(a, rows, |row, out| {
                write(&pieces, days.get(row), 0, out);
                Ok(())
            })
        }),
        Type::Timestamp | Type::Instant => site.strict(Type::Text, move |a, rows| {
            let micros = Numbers::<TimestampMicrosecondType>::of(&a[0]);
            text_rows(a, rows, |row, out| {
                let (days, time) = split_micros(micros.get(row));
                write(&pieces, days, time, out);
                Ok(())
            })
        }),
        _ => Err(site.wrong(0, "date, timestamp or timestamptz")),
    }
}

fn read_pattern(pattern: &str, span: Span) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    let mut literal = String::new();
    let flush = |literal: &mut String, pieces: &mut Vec<Piece>| {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(literal)));
        }
    };
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let Some(end) = rest[1..].find('"') else {
                return Err(Fault::at(span, "the pattern has a `\"` without its counterpart"));
            };
            literal.push_str(&rest[1..=end]);
            rest = &rest[end + 2..];
            continue;
        }
        if !first.is_alphabetic() {
            literal.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        flush(&mut literal, &mut pieces);
        // FM: without the zeros and spaces that fill up.
        let unfilled = rest.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("FM"));
        let body = if unfilled { &rest[2..] } else { rest };
        let Some((piece, length)) = read_piece(body, unfilled) else {
            let word: String = body.chars().take_while(|c| c.is_alphabetic()).collect();
            return Err(Fault::at(span, format!("the pattern has an unknown part `{word}`"))
                .hint("write letters that are no pattern in double quotes, as in `YYYY-MM-DD\"T\"HH24:MI`"));
        };
        if body.get(length..length + 2).is_some_and(|next| next.eq_ignore_ascii_case("TH")) {
            return Err(Fault::at(
                span,
                "the pattern has an ordinal suffix `TH`, which is not possible here",
            )
            .hint("write a literal T in double quotes"));
        }
        pieces.push(piece);
        rest = &body[length..];
    }
    flush(&mut literal, &mut pieces);
    Ok(pieces)
}

/// The pattern a text begins with, and its length.
fn read_piece(text: &str, unfilled: bool) -> Option<(Piece, usize)> {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    for (name, which, width) in [
        ("MONTH", Names::Month, 9),
        ("MON", Names::MonthShort, 0),
        ("DAY", Names::Day, 9),
        ("DY", Names::DayShort, 0),
    ] {
        if begins(name) {
            let letters = &text.as_bytes()[..2];
            let case = match (letters[0].is_ascii_uppercase(), letters[1].is_ascii_uppercase()) {
                (true, true) => Case::Upper,
                (true, false) => Case::Initial,
                _ => Case::Lower,
            };
            return Some((Piece::Name { which, case, width: if unfilled { 0 } else { width } }, name.len()));
        }
    }
    if begins("AM") || begins("PM") {
        return Some((Piece::HalfDay { upper: text.starts_with(['A', 'P']) }, 2));
    }
    if begins("Y,YYY") {
        return Some((Piece::YearWithComma, "Y,YYY".len()));
    }
    if let Some((name, field, width)) = PATTERNS.iter().find(|(name, ..)| begins(name)) {
        return Some((Piece::Number(*field, if unfilled { 1 } else { *width }), name.len()));
    }
    let years = [
        ("IYY", true, 3),
        ("YYY", false, 3),
        ("IY", true, 2),
        ("YY", false, 2),
        ("I", true, 1),
        ("Y", false, 1),
    ];
    let (name, iso, digits) = years.into_iter().find(|(name, ..)| begins(name))?;
    Some((Piece::YearDigits { iso, digits }, name.len()))
}

fn write(pieces: &[Piece], days: i32, micros: i64, out: &mut String) {
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (micros / 3_600_000_000, micros / 60_000_000 % 60, micros / 1_000_000 % 60);
    // Year 0 is 1 BC, which PostgreSQL writes without its sign.
    let shown = |year: i32| i64::from(if year <= 0 { 1 - year } else { year });
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Number(field, width) => {
                let value = match field {
                    Field::Year => shown(year),
                    Field::IsoYear => shown(iso_week(days).0),
                    Field::Month => i64::from(month),
                    Field::Day => i64::from(day),
                    Field::DayOfYear => i64::from(day_of_year(days)),
                    Field::DayOfWeek => i64::from(weekday(days) % 7 + 1),
                    Field::IsoDayOfWeek => i64::from(weekday(days)),
                    // Day 0 of 1970 is Julian day 2440588.
                    Field::JulianDay => i64::from(days) + 2_440_588,
                    Field::Quarter => i64::from(month.div_ceil(3)),
                    Field::Week => i64::from((day_of_year(days) - 1) / 7 + 1),
                    Field::IsoWeek => i64::from(iso_week(days).1),
                    Field::Hour24 => hour,
                    Field::Hour12 => (hour + 11) % 12 + 1,
                    Field::Minute => minute,
                    Field::Second => second,
                    Field::Milli => micros / 1000 % 1000,
                    Field::Micro => micros % 1_000_000,
                };
                push_padded(out, value, *width);
            }
            Piece::YearWithComma => {
                let year = shown(year);
                write_integer(out, year / 1000);
                out.push(',');
                push_padded(out, year % 1000, 3);
            }
            Piece::YearDigits { iso, digits } => {
                let year = shown(if *iso { iso_week(days).0 } else { year });
                push_padded(out, year % 10_i64.pow(*digits as u32), *digits);
            }
            Piece::Name { which, case, width } => {
                let name = match which {
                    Names::Month => MONTHS[month as usize - 1],
                    Names::MonthShort => &MONTHS[month as usize - 1][..3],
                    Names::Day => DAYS[weekday(days) as usize - 1],
                    Names::DayShort => &DAYS[weekday(days) as usize - 1][..3],
                };
                let begin = out.len();
                out.push_str(name);
                match case {
                    Case::Upper => out[begin..].make_ascii_uppercase(),
                    Case::Lower => out[begin..].make_ascii_lowercase(),
                    Case::Initial => {}
                }
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(name.len())));
            }
            Piece::HalfDay { upper } => out.push_str(match (hour >= 12, upper) {
                (false, true) => "AM",
                (true, true) => "PM",
                (false, false) => "am",
                (true, false) => "pm",
            }),
        }
    }
}

/// Widths are at most six.
fn push_padded(out: &mut String, value: i64, width: usize) {
    let digits = value.max(1).ilog10() as usize + 1;
    out.push_str(&"000000"[..width.saturating_sub(digits)]);
    write_integer(out, value);
}

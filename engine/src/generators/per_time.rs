//! Shares and numbers per time, such as `6% per month` and `12 per week`.

use crate::error::Fault;
use crate::scenario::Node;

/// Days of a year, by the calendar's average.
const DAYS_PER_YEAR: f64 = 365.2425;

/// Microseconds of a month, by the calendar's average.
const MONTH: f64 = DAYS_PER_YEAR / 12.0 * 86_400e6;

/// The units of time and their microseconds.
const UNITS: [(&str, f64); 6] = [
    ("month", MONTH),
    ("day", 86_400e6),
    ("week", 7.0 * 86_400e6),
    ("year", DAYS_PER_YEAR * 86_400e6),
    ("hour", 3_600e6),
    ("minute", 60e6),
];

/// What stands before ` per `, and the microseconds of the unit behind it.
pub(super) fn per_time<'t>(node: &Node, text: &'t str) -> Result<(&'t str, f64), Fault> {
    let expected = || {
        Fault::at(node.span, "expected a share or a number per time, such as `6% per month`")
            .label(format!("found {}", node.describe()))
            .hint("the units are minute, hour, day, week, month and year")
    };
    let (what, unit) = text.rsplit_once(" per ").ok_or_else(expected)?;
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(expected)?;
    Ok((what, unit.1))
}

/// The same of an expression, which gives a number.
pub(super) fn expression_per_time<'t>(node: &Node, text: &'t str) -> Result<(&'t str, f64), Fault> {
    let (what, micros) = per_time(node, text)?;
    if what.trim_end().ends_with('%') {
        return Err(Fault::at(node.span, "a share per time is no expression")
            .label(format!("found {}", node.describe()))
            .hint("write `2.5% per month` without `=`, or a number of times, as in `= 0.025 per month`"));
    }
    Ok((what, micros))
}

/// How often something happens in how many microseconds: `12 per week`; or, of something that can happen once, the share of
/// those to which it happens in that time: `2.5% per month`.
pub(super) fn rate_of(node: &Node) -> Result<(f64, f64), Fault> {
    let text = node.scalar().map_or("", |scalar| scalar.text.trim());
    let (number, micros) = per_time(node, text)?;
    let number = number.trim();
    let read = |number: &str| number.trim().replace('_', "").parse::<f64>().ok().filter(|n| n.is_finite());
    let wrong = |expected: &str| {
        Err(Fault::at(node.span, format!("expected {expected}")).label(format!("found {}", node.describe())))
    };
    match number.strip_suffix('%').map(read) {
        Some(Some(share)) if (0.0..100.0).contains(&share) => Ok((-libm::log1p(-share / 100.0), micros)),
        Some(_) => wrong("a share of at least 0% and below 100%"),
        None => match read(number) {
            Some(number) if number >= 0.0 => Ok((number, micros)),
            _ => wrong("a share or a number, such as `2.5%` or `12`, before `per`"),
        },
    }
}

/// A rate in words: `2.5% per month` where that share may have been written, else `12 per week`.
pub(super) fn told_rate(rate: f64, micros: f64) -> String {
    let share = -libm::expm1(-rate) * 100.0;
    match short(share).parse::<f64>() {
        Ok(shown) if is_about(-libm::log1p(-shown / 100.0), rate) => {
            format!("{}% per {}", short(share), unit(micros))
        }
        _ => format!("{} per {}", short(rate), unit(micros)),
    }
}

/// Growth in words, of an exponent per microsecond: in the unit in which it has the fewest digits.
pub(super) fn told_growth(rate: f64) -> String {
    let shares = UNITS.map(|(unit, micros)| (short(libm::expm1(rate * micros) * 100.0), unit, micros));
    let written = |(share, _, micros): &&(String, &str, f64)| {
        share.parse::<f64>().is_ok_and(|share| is_about(libm::log1p(share / 100.0) / micros, rate))
    };
    let (share, unit, _) =
        shares.iter().filter(written).min_by_key(|(share, ..)| share.len()).unwrap_or(&shares[0]);
    format!("{share}% per {unit}")
}

/// The name of a unit by its microseconds.
pub(super) fn unit(micros: f64) -> &'static str {
    UNITS.iter().find(|(_, known)| *known == micros).map_or("unit", |(name, _)| name)
}

/// At most four digits behind the point.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn is_about(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= expected.abs() * 1e-12
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `10% per day` was told as 1719.13% per month, and `3% per month` as 0.0305 times in 30.436875 days.
    #[test]
    fn rates_are_told_as_they_were_written() {
        for (share, unit) in [(10.0, "day"), (6.0, "month"), (-2.5, "week"), (900.0, "year"), (0.125, "hour")]
        {
            let micros = UNITS.iter().find(|(name, _)| *name == unit).unwrap().1;
            assert_eq!(told_growth(libm::log1p(share / 100.0) / micros), format!("{share}% per {unit}"));
        }
        assert_eq!(told_rate(-libm::log1p(-0.03), MONTH), "3% per month");
        assert_eq!(told_rate(2.0, MONTH), "2 per month");
        assert_eq!(told_rate(0.25, 86_400e6), "0.25 per day");
    }
}

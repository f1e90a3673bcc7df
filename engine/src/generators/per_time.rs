//! Shares and numbers per time, such as `6% per month` and `12 per week`.

use crate::error::Fault;
use crate::scenario::Node;

/// Days of a year, by the calendar's average.
const DAYS_PER_YEAR: f64 = 365.2425;

/// Microseconds of a month, by the calendar's average.
pub(super) const MONTH: f64 = DAYS_PER_YEAR / 12.0 * 86_400e6;

/// What stands before ` per `, and the microseconds of the unit behind it.
pub(super) fn per_time<'t>(node: &Node, text: &'t str) -> Result<(&'t str, f64), Fault> {
    let expected = || {
        Fault::at(node.span, "expected a share or a number per time, such as `6% per month`")
            .label(format!("found {}", node.describe()))
            .hint("the units are minute, hour, day, week, month and year")
    };
    let (what, unit) = text.rsplit_once(" per ").ok_or_else(expected)?;
    let micros = match unit.trim() {
        "minute" => 60e6,
        "hour" => 3_600e6,
        "day" => 86_400e6,
        "week" => 7.0 * 86_400e6,
        "month" => MONTH,
        "year" => DAYS_PER_YEAR * 86_400e6,
        _ => return Err(expected()),
    };
    Ok((what, micros))
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

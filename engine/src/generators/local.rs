//! Local hours: the arguments `zone`, `hours`, `weekdays` and `season` of what happens in time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};

use super::doc::{ArgumentDoc, ArgumentKind as Kind, optional};
use super::expression::Formula;
use crate::budget;
use crate::error::{Fault, did_you_mean};
use crate::expression::Zones;
use crate::ids::TableId;
use crate::model::arguments::Arguments;
use crate::model::constants::Constants;
use crate::model::resolve::Resolver;
use crate::scenario::Node;
use crate::time::Intensity;
use crate::time::intensity::InZone;
use crate::together::Together;

pub(super) const ZONE: ArgumentDoc =
    optional("zone", Kind::Expression, "the time zone of `hours`, `weekdays` and `season`; default UTC");
pub(super) const HOURS: ArgumentDoc = optional(
    "hours",
    Kind::Any,
    "the local hours: `business`, `evening`, `night`, or a list of 24 weights from midnight; default all alike",
);
pub(super) const WEEKDAYS: ArgumentDoc = optional(
    "weekdays",
    Kind::Any,
    "the local weekdays: `working`, `weekend`, a list of 7 weights from Monday, or a map of names to weights, the others 1",
);
pub(super) const SEASON: ArgumentDoc = optional(
    "season",
    Kind::Any,
    "the local months: a list of 12 weights from January, or a map of names to weights, the others 1",
);

const WEEKDAY_NAMES: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTH_NAMES: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A working day with its breaks, and what is done before and after it.
const BUSINESS: [f64; 24] = [
    0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 5.0, 9.0, 10.0, 9.5, 6.5, 8.0, 10.0, 10.0, 8.5, 6.0, 2.5, 1.5,
    1.2, 1.0, 0.7, 0.4,
];
/// Hours off: little at work, most after supper.
const EVENING: [f64; 24] = [
    2.0, 1.0, 0.5, 0.3, 0.2, 0.3, 0.6, 1.0, 1.2, 1.3, 1.4, 1.6, 2.2, 1.8, 1.6, 1.8, 2.2, 3.5, 5.5, 8.0, 10.0,
    9.5, 7.0, 4.0,
];
/// Work that waits for people to sleep.
const NIGHT: [f64; 24] = [
    8.0, 10.0, 10.0, 9.0, 6.0, 3.0, 1.0, 0.5, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5,
    1.0, 2.0, 3.0, 5.0,
];

/// How likely the hours, weekdays and months of a zone are.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) intensity: Arc<Intensity>,
    /// The name of the zone, over the row.
    pub(crate) zone: Formula,
}

impl Local {
    /// What the arguments say over the rows of a table; none if they say nothing.
    pub(crate) fn read(
        resolver: &mut Resolver,
        t: TableId,
        arguments: &Arguments,
    ) -> Result<Option<Self>, Fault> {
        let given = ["hours", "weekdays", "season"].map(|name| arguments.get(name));
        if given.iter().all(Option::is_none) {
            return match arguments.get("zone") {
                None => Ok(None),
                Some(node) => Err(Fault::at(node.span, "`zone` alone changes nothing").hint(
                    "say which local hours, as in `hours: business`; instants themselves have no zone",
                )),
            };
        }
        let [hours, weekdays, season] = given;
        let constants = resolver.constants();
        let hours = hours.map_or(Ok([1.0; 24]), |node| hours_of(constants, node));
        let weekdays = weekdays.map_or(Ok([1.0; 7]), |node| weekdays_of(constants, node));
        let season = season.map_or(Ok([1.0; 12]), |node| named(constants, node, "season", &MONTH_NAMES));
        let zone = resolver.zone_of(t, arguments);
        let (hours, weekdays, season, zone) = (hours, weekdays, season, zone).together()?;
        let intensity =
            Intensity::new(&hours, &weekdays, &season).map_err(|invalid| arguments.invalid(&invalid))?;
        budget::spend_law(intensity.bytes(), arguments.span())?;
        Ok(Some(Self { intensity: Arc::new(intensity), zone }))
    }
}

/// The clock on which time counts as much as it is likely.
#[derive(Clone, Copy)]
pub(super) enum Clock<'i> {
    /// All times are alike.
    Plain,
    /// By the hours of a zone.
    Local(InZone<'i>),
}

impl Clock<'_> {
    /// The time that has passed at an instant, in microseconds.
    #[inline]
    pub(super) fn passed(&self, instant: i64) -> f64 {
        match self {
            Self::Plain => instant as f64,
            Self::Local(zone) => zone.passed(instant),
        }
    }

    /// The instant at which a time has passed.
    #[inline]
    pub(super) fn instant(&self, passed: f64) -> i64 {
        match self {
            // The cast saturates.
            Self::Plain => (passed + 0.25).floor() as i64,
            Self::Local(zone) => zone.instant(passed),
        }
    }

    /// Whether another clock of the same rows shows the same.
    #[inline]
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain, Self::Plain) => true,
            (Self::Local(one), Self::Local(other)) => std::ptr::eq(one.zone(), other.zone()),
            _ => false,
        }
    }
}

/// The clocks of rows, by the names of their zones.
pub(super) struct Clocks<'a>(Option<(&'a Intensity, &'a ArrayRef, Zones<'a>)>);

impl<'a> Clocks<'a> {
    pub(super) fn of(local: Option<(&'a Intensity, &'a ArrayRef)>) -> Self {
        Self(local.map(|(intensity, names)| (intensity, names, Zones::of(names, false))))
    }

    /// The clock of a row; none where the zone is NULL.
    #[inline]
    pub(super) fn get(&mut self, row: usize) -> Result<Option<Clock<'a>>, String> {
        let Some((intensity, names, zones)) = &mut self.0 else { return Ok(Some(Clock::Plain)) };
        if names.is_null(row) {
            return Ok(None);
        }
        Ok(Some(Clock::Local(intensity.in_zone(zones.get(row)?))))
    }
}

fn hours_of(constants: &Constants, node: &Node) -> Result<[f64; 24], Fault> {
    match node.scalar().map(|scalar| scalar.text.as_str()) {
        Some("business") => Ok(BUSINESS),
        Some("evening") => Ok(EVENING),
        Some("night") => Ok(NIGHT),
        None if node.list().is_some() => listed(constants, node, "hours"),
        _ => Err(Fault::at(
            node.span,
            "`hours`: expected `business`, `evening`, `night` or a list of 24 weights",
        )
        .label(format!("found {}", node.describe()))
        .maybe_hint(meant(node, &["business", "evening", "night"]))),
    }
}

fn weekdays_of(constants: &Constants, node: &Node) -> Result<[f64; 7], Fault> {
    match node.scalar().map(|scalar| scalar.text.as_str()) {
        Some("working") => Ok([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
        Some("weekend") => Ok([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
        _ => named(constants, node, "weekdays", &WEEKDAY_NAMES),
    }
}

/// A list of as many weights, in their order.
fn listed<const N: usize>(constants: &Constants, node: &Node, what: &str) -> Result<[f64; N], Fault> {
    let items = node.list().unwrap_or_default();
    let weights: Vec<Result<f64, Fault>> = items.iter().map(|item| weight(constants, item, what)).collect();
    <[f64; N]>::try_from(weights.together()?).map_err(|weights| {
        Fault::at(node.span, format!("`{what}`: expected {N} weights"))
            .label(format!("found {}", weights.len()))
    })
}

/// A list of weights, or a map from some of the names to weights; the others have 1.
fn named<const N: usize>(
    constants: &Constants,
    node: &Node,
    what: &str,
    names: &[&str; N],
) -> Result<[f64; N], Fault> {
    let Some(entries) = node.map() else {
        if node.list().is_some() {
            return listed(constants, node, what);
        }
        return Err(Fault::at(
            node.span,
            format!("`{what}`: expected {N} weights, or a map of names to weights"),
        )
        .label(format!("found {}", node.describe()))
        .hint(format!("as in `{{{}: 0.5}}`", names[N - 1]))
        .maybe_hint(if what == "weekdays" { meant(node, &["working", "weekend"]) } else { None }));
    };
    let (mut weights, mut named) = ([1.0; N], [false; N]);
    let each = entries.iter().map(|(key, node)| {
        let place = names.iter().position(|name| name.eq_ignore_ascii_case(&key.text)).ok_or_else(|| {
            let hint = did_you_mean(&key.text, names.iter().copied()).or_else(|| shortened(&key.text, names));
            Fault::at(key.span, format!("`{what}`: unknown name `{}`", key.text)).maybe_hint(hint)
        });
        let (place, weight) = (place, weight(constants, node, what)).together()?;
        if std::mem::replace(&mut named[place], true) {
            return Err(Fault::at(key.span, format!("`{what}`: `{}` is named twice", names[place])));
        }
        weights[place] = weight;
        Ok(())
    });
    each.collect::<Vec<Result<(), Fault>>>().together()?;
    Ok(weights)
}

/// The word that a wrong one may have been meant to be.
fn meant(node: &Node, words: &[&str]) -> Option<String> {
    did_you_mean(&node.scalar()?.text, words.iter().copied())
}

/// The name of which a word is the beginning.
fn shortened(word: &str, names: &[&str]) -> Option<String> {
    let word = word.to_ascii_lowercase();
    let mut meant = names.iter().filter(|name| word.len() >= 3 && name.starts_with(&word));
    meant.next().map(|name| format!("did you mean `{name}`?"))
}

fn weight(constants: &Constants, node: &Node, what: &str) -> Result<f64, Fault> {
    let weight = constants.number(node, what)?;
    if weight >= 0.0 {
        return Ok(weight);
    }
    Err(Fault::at(node.span, format!("`{what}`: a weight cannot be negative"))
        .label(format!("found {}", node.describe())))
}

//! Local hours of moments: the arguments `zone`, `hours`, `weekdays` and `season`.

use arrow::array::Array;
use arrow::buffer::NullBuffer;

use super::doc::{ArgumentDoc, ArgumentKind as Kind, optional};
use super::expression::Formula;
use super::person::constant_word;
use super::{Prepared, Reading};
use crate::budget;
use crate::calendar::Zone;
use crate::error::{Fault, ValueError, did_you_mean};
use crate::expression::Zones;
use crate::model::Column;
use crate::rows::{Frame, nulls_of};
use crate::scenario::{Node, Text};
use crate::time::Intensity;
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
pub(super) struct Local {
    intensity: Intensity,
    /// The name of the zone; NULL makes the moment NULL.
    pub(super) zone: Formula,
}

impl Local {
    /// What the arguments say; none if they say nothing. `growth` is an exponent per microsecond.
    pub(super) fn read(reading: &mut Reading, growth: f64) -> Result<Option<Box<Self>>, Fault> {
        let arguments = reading.arguments;
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
        let hours = hours.map_or(Ok([1.0; 24]), |node| hours_of(reading, node));
        let weekdays = weekdays.map_or(Ok([1.0; 7]), |node| weekdays_of(reading, node));
        let season = season.map_or(Ok([1.0; 12]), |node| named(reading, node, "season", &MONTH_NAMES));
        let zone = zone_of(reading);
        let (hours, weekdays, season, zone) = (hours, weekdays, season, zone).together()?;
        let intensity = Intensity::new(&hours, &weekdays, &season, growth * 86_400e6)
            .map_err(|invalid| reading.arguments.invalid(&invalid))?;
        let span = reading.arguments.span();
        budget::spend_law(intensity.bytes(), span)?;
        // Recipes are moved about while columns are settled one in the other, so a large one stands elsewhere.
        Ok(Some(Box::new(Self { intensity, zone })))
    }

    /// An instant for each row: `share` of the intensity between the bounds lies before it, and where there is none between them it is
    /// `from`. Rows whose bounds or zone are NULL have any value.
    pub(super) fn draw(
        &self,
        frame: &Frame,
        column: &Column,
        share: &[f64],
        from: &[i64],
        to: &[i64],
    ) -> Result<(Vec<i64>, Option<NullBuffer>), ValueError> {
        let names = self.zone.values(frame, column)?;
        let nulls = nulls_of(&names);
        let mut zones = Zones::of(&names, false);
        let mut values = Vec::with_capacity(share.len());
        for (row, share) in share.iter().enumerate() {
            if names.is_null(row) {
                values.push(from[row]);
                continue;
            }
            let zone = zones.get(row).map_err(|message| frame.value_error(column, message))?;
            values.push(self.intensity.draw(zone, from[row], to[row], *share).unwrap_or(from[row]));
        }
        Ok((values, nulls))
    }
}

fn hours_of(reading: &Reading, node: &Node) -> Result<[f64; 24], Fault> {
    match node.scalar().map(|scalar| scalar.text.as_str()) {
        Some("business") => Ok(BUSINESS),
        Some("evening") => Ok(EVENING),
        Some("night") => Ok(NIGHT),
        None if node.list().is_some() => listed(reading, node, "hours"),
        _ => Err(Fault::at(
            node.span,
            "`hours`: expected `business`, `evening`, `night` or a list of 24 weights",
        )
        .label(format!("found {}", node.describe()))),
    }
}

fn weekdays_of(reading: &Reading, node: &Node) -> Result<[f64; 7], Fault> {
    match node.scalar().map(|scalar| scalar.text.as_str()) {
        Some("working") => Ok([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
        Some("weekend") => Ok([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
        _ => named(reading, node, "weekdays", &WEEKDAY_NAMES),
    }
}

/// A list of as many weights, in their order.
fn listed<const N: usize>(reading: &Reading, node: &Node, what: &str) -> Result<[f64; N], Fault> {
    let items = node.list().unwrap_or_default();
    let weights: Vec<Result<f64, Fault>> = items.iter().map(|item| weight(reading, item, what)).collect();
    <[f64; N]>::try_from(weights.together()?).map_err(|weights| {
        Fault::at(node.span, format!("`{what}`: expected {N} weights"))
            .label(format!("found {}", weights.len()))
    })
}

/// A list of weights, or a map from some of the names to weights; the others have 1.
fn named<const N: usize>(
    reading: &Reading,
    node: &Node,
    what: &str,
    names: &[&str; N],
) -> Result<[f64; N], Fault> {
    let Some(entries) = node.map() else {
        if node.list().is_some() {
            return listed(reading, node, what);
        }
        return Err(Fault::at(
            node.span,
            format!("`{what}`: expected {N} weights, or a map of names to weights"),
        )
        .label(format!("found {}", node.describe()))
        .hint(format!("as in `{{{}: 0.5}}`", names[N - 1])));
    };
    let mut weights = [1.0; N];
    let each = entries.iter().map(|(key, node)| {
        let place = names.iter().position(|name| name.eq_ignore_ascii_case(&key.text)).ok_or_else(|| {
            let hint = did_you_mean(&key.text, names.iter().copied());
            Fault::at(key.span, format!("`{what}`: unknown name `{}`", key.text)).maybe_hint(hint)
        });
        let (place, weight) = (place, weight(reading, node, what)).together()?;
        weights[place] = weight;
        Ok(())
    });
    each.collect::<Vec<Result<(), Fault>>>().together()?;
    Ok(weights)
}

fn weight(reading: &Reading, node: &Node, what: &str) -> Result<f64, Fault> {
    let weight = reading.constants().number(node, what)?;
    if weight >= 0.0 {
        return Ok(weight);
    }
    Err(Fault::at(node.span, format!("`{what}`: a weight cannot be negative"))
        .label(format!("found {}", node.describe())))
}

/// The name of a zone, as far as this can be seen.
fn zone_of(reading: &mut Reading) -> Result<Formula, Fault> {
    let text = match reading.arguments.expression("zone")? {
        Some(text) => constant_word(text, |word| Zone::named(word).is_ok()),
        None => Text { text: "'UTC'".to_owned(), span: reading.arguments.span(), exact: false },
    };
    reading.resolver.zone_formula(reading.table, &text)
}

//! `every:` of a table: a rule, and the parent's columns that it depends on.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::arguments::Arguments;
use super::resolve::Resolver;
use super::{Column, Count, Input, MAX_COUNT};
use crate::calendar::Zone;
use crate::calendar::text::parse_time;
use crate::error::{Fault, did_you_mean};
use crate::generators::{EVERY, Every, Formula, Occurrences, constant_word, plain_moment};
use crate::ids::TableId;
use crate::scenario::{self, Key, Node, Text};
use crate::text::shown;
use crate::time::{DayOfMonth, Folds, Recurrence, Step};
use crate::together::Together;
use crate::types::Type;

/// Units of a step, and the most of them.
const UNITS: [(&str, i64); 6] = [
    ("year", 1000),
    ("month", 12_000),
    ("week", 52_000),
    ("day", 366_000),
    ("hour", 8_784_000),
    ("minute", 527_040_000),
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const NTH: [&str; 4] = ["first", "second", "third", "fourth"];

impl Resolver<'_> {
    /// The count of a table whose rows come back, and what its rows need to know of it.
    pub(super) fn every(
        &mut self,
        t: TableId,
        parent: TableId,
        key: &Key,
        node: &Node,
    ) -> Result<Count, Fault> {
        let arguments = Arguments::new(&EVERY, key, Some(node))?;
        let rule = (self.step(&arguments), time_of_day(&arguments), folds(&arguments)).together();
        let from = self.moment_of(parent, &arguments, "from");
        let until = self.moment_of(parent, &arguments, "until");
        let zone = self.zone_of(parent, key, &arguments);
        let ((step, at, folds), from, until, zone) = (rule, from, until, zone).together()?;
        let (rule, from) = (Recurrence { step, at, folds }, from.ok_or_else(Fault::reported)?);
        if let (Step::Elapsed(_), Some(at)) = (rule.step, arguments.get("at")) {
            return Err(Fault::at(at.span, "`at` does not go with hours and minutes")
                .hint("elapsed time begins at `from`; for a time of day use `day: 1`"));
        }
        if let Some((from, until)) = constants(&from, until.as_ref())
            && until <= from
            && let Some(node) = arguments.get("until")
        {
            return Err(Fault::at(node.span, "`until` is not after `from`"));
        }
        let table = self.drafts[t].name.text.clone();
        let mut hidden = |what: &str, ty: Type, formula: Formula| {
            let nullable = formula.expression.nullable();
            let dictionary = formula.expression.is_dictionary();
            let column = Column::hidden(format!("{what} of {table}"), ty, formula);
            let column = self.drafts.add_hidden(parent, Column { nullable, dictionary, ..column });
            (column, self.drafts.input(parent, Input::Column { hops: Vec::new(), column }))
        };
        let (from, from_input) = hidden("start", Type::Instant, from);
        let (zone, zone_input) = hidden("zone", Type::Text, zone);
        let until = until.map(|until| hidden("end", Type::Instant, until).1);
        let as_of = self.constants.as_of;
        let count = Occurrences { rule, from: from_input, zone: zone_input, until, as_of };
        let column = Column::hidden(format!("rows of {table}"), Type::BigInt, count);
        let column = Some(self.drafts.add_hidden(parent, column));
        self.drafts[t].every = Some(Every { rule, from, zone });
        Ok(Count { column, min: 0, max: MAX_COUNT })
    }

    fn step(&self, arguments: &Arguments) -> Result<Step, Fault> {
        let mut given = UNITS.iter().filter_map(|(unit, most)| Some((*unit, *most, arguments.get(unit)?)));
        let Some((unit, most, node)) = given.next() else {
            return Err(Fault::at(arguments.span(), "`every` needs a step")
                .hint("add `month: 1`, or another number of years, months, weeks, days, hours or minutes"));
        };
        if let Some((other, _, node)) = given.next() {
            return Err(Fault::at(node.span, format!("two steps: `{unit}` and `{other}`"))
                .hint("leave one of them out"));
        }
        let every = self.constants.whole(node, unit, 1, most)?;
        // The most of each unit fits 32 bits.
        let count = every as u32;
        let on = arguments.get("on");
        match unit {
            "year" | "month" => {
                let months = if unit == "year" { 12 * count } else { count };
                Ok(Step::Months {
                    months,
                    day: on.map(day_of_month).transpose()?.unwrap_or(DayOfMonth::OfAnchor),
                })
            }
            "week" => Ok(Step::Weeks { weeks: count, weekdays: on.map(weekdays).transpose()?.unwrap_or(0) }),
            _ => {
                if let Some(on) = on {
                    return Err(Fault::at(on.span, format!("`on` does not go with `{unit}`"))
                        .hint("it says the day of a month or of a week"));
                }
                Ok(match unit {
                    "day" => Step::Days(count),
                    "hour" => Step::Elapsed(every * 3_600_000_000),
                    _ => Step::Elapsed(every * 60_000_000),
                })
            }
        }
    }

    /// An instant over the row of the parent.
    fn moment_of(
        &mut self,
        parent: TableId,
        arguments: &Arguments,
        name: &str,
    ) -> Result<Option<Formula>, Fault> {
        let Some(mut text) = arguments.expression(name)? else { return Ok(None) };
        plain_moment(&mut text, name, &Type::Instant)?;
        self.formula_of(parent, &text, &Type::Instant).map(Some)
    }

    /// The name of a zone over the row of the parent.
    fn zone_of(&mut self, parent: TableId, key: &Key, arguments: &Arguments) -> Result<Formula, Fault> {
        let text = match arguments.expression("zone")? {
            Some(text) => constant_word(text, |word| Zone::named(word).is_ok()),
            None => Text { text: "'UTC'".to_owned(), span: key.span, exact: false },
        };
        self.zone_formula(parent, &text)
    }

    /// The name of a zone over the row of a table; a wrong one is a fault where it can be seen.
    pub(crate) fn zone_formula(&mut self, t: TableId, text: &Text) -> Result<Formula, Fault> {
        let formula = self.formula_of(t, text, &Type::Text)?;
        if let Some(name) = formula.expression.constant().filter(|name| name.is_valid(0)) {
            Zone::named(&shown(&name, 0))
                .map_err(|unknown| Fault::at(text.span, unknown.to_string()).maybe_hint(unknown.hint))?;
        }
        if let Some(input) = formula.passes_on() {
            self.check_chosen(t, input, |name| {
                let unknown = Zone::named(name).err()?;
                Some((unknown.to_string(), unknown.hint))
            })?;
        }
        Ok(formula)
    }
}

/// Both instants, when they are constants and not NULL.
fn constants(from: &Formula, until: Option<&Formula>) -> Option<(i64, i64)> {
    let constant = |formula: &Formula| {
        let value = formula.expression.constant()?;
        value.is_valid(0).then(|| value.as_primitive::<TimestampMicrosecondType>().value(0))
    };
    Some((constant(from)?, constant(until?)?))
}

fn time_of_day(arguments: &Arguments) -> Result<Option<i64>, Fault> {
    let Some(key) = arguments.word("at")? else { return Ok(None) };
    match parse_time(key.text.trim()) {
        Ok(micros) if micros < 86_400_000_000 => Ok(Some(micros)),
        _ => Err(Fault::at(key.span, "`at`: expected a local time of day")
            .label(format!("found `{}`", key.text))
            .hint("write hours and minutes, as in `02:30`")),
    }
}

fn folds(arguments: &Arguments) -> Result<Folds, Fault> {
    let Some(key) = arguments.word("fold")? else { return Ok(Folds::Later) };
    match key.text.as_str() {
        "later" => Ok(Folds::Later),
        "earlier" => Ok(Folds::Earlier),
        "both" => Ok(Folds::Both),
        other => Err(Fault::at(key.span, "`fold`: expected `later`, `earlier` or `both`")
            .label(format!("found `{other}`"))),
    }
}

fn weekday(text: &str) -> Option<u32> {
    let place = WEEKDAYS.iter().position(|name| name.eq_ignore_ascii_case(text))?;
    Some(place as u32 + 1)
}

fn day_of_month(node: &Node) -> Result<DayOfMonth, Fault> {
    let key = scenario::word(node, "`on`")?;
    let text = key.text.trim().to_ascii_lowercase();
    let found = match (text.parse::<u32>(), text.split_once(' ')) {
        (Ok(day @ 1..=31), _) => Some(DayOfMonth::Number(day)),
        (_, Some(("last", "day"))) => Some(DayOfMonth::Number(31)),
        (_, Some(("last", day))) => weekday(day).map(DayOfMonth::LastWeekday),
        (_, Some((nth, day))) => NTH
            .iter()
            .position(|name| *name == nth)
            .zip(weekday(day))
            .map(|(nth, weekday)| DayOfMonth::Weekday { nth: nth as u32 + 1, weekday }),
        _ => None,
    };
    found.ok_or_else(|| {
        Fault::at(node.span, "`on`: expected a day of the month")
            .label(format!("found {}", node.describe()))
            .hint("write `15`, `last day`, `first monday` to `fourth sunday`, or `last friday`")
    })
}

fn weekdays(node: &Node) -> Result<u8, Fault> {
    let one = |node: &Node| {
        let key = scenario::word(node, "`on`")?;
        let day = weekday(key.text.trim()).ok_or_else(|| {
            Fault::at(node.span, "`on`: expected a weekday").label(format!("found {}", node.describe())).hint(
                did_you_mean(&key.text, WEEKDAYS).unwrap_or_else(|| "write `monday` to `sunday`".to_owned()),
            )
        })?;
        Ok(1u8 << (day - 1))
    };
    match node.list() {
        None => one(node),
        Some([]) => Err(Fault::at(node.span, "`on`: expected at least one weekday")),
        Some(items) => {
            let days = items.iter().map(one).collect::<Vec<_>>().together()?;
            Ok(days.into_iter().fold(0, |all, day| all | day))
        }
    }
}

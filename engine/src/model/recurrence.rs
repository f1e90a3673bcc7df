//! `every:` of a table: a rule, and the parent's columns that it depends on.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::arguments::Arguments;
use super::resolve::Resolver;
use super::{Column, Count, Input, MAX_COUNT};
use crate::calendar::Zone;
use crate::calendar::text::parse_time;
use crate::error::{Fault, did_you_mean};
use crate::expression::Name;
use crate::generators::{
    EVERY, Every, Formula, GeneratorDoc, Occurrences, SeriesInputs, Timeline, constant_word, plain_moment,
};
use crate::ids::{ColumnId, TableId};
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
        let arguments = self.times_of(parent, &EVERY, key, node)?;
        let table = self.drafts[t].name.text.clone();
        let mut every = match arguments.word("of")? {
            Some(of) => self.rule_of_parent(parent, &of, &arguments)?,
            None => {
                arguments.required("from").map_err(|fault| {
                    fault.hint("as in `every: {month: 1, from: started_at}`, or name a `recurrence` of the parent with `of`")
                })?;
                self.rule(parent, &table, &arguments)?
            }
        };
        if let Some(text) = arguments.expression("while")? {
            let (input, states) = self.states_in(parent, &text)?;
            if let Input::Column { hops, column } = self.drafts[parent].inputs[input].clone() {
                every.during = Some((hops, column, states));
            }
        }
        let until = self.moment_of(parent, &arguments, "until")?;
        if let (Some(until), Some(node)) = (&until, arguments.get("until"))
            && let Some(from) = self.drafts.done(parent, every.from)?.formula()
            && let Some((from, until)) = constants(from, Some(until))
            && until <= from
        {
            return Err(Fault::at(node.span, "`until` is not after `from`"));
        }
        let until = until.map(|until| self.hidden(parent, format!("end of {table}"), Type::Instant, until));
        let until = until.map(|column| self.drafts.input(parent, Input::Column { hops: Vec::new(), column }));
        let series = SeriesInputs::along(self, parent, &[], &every);
        let count = Occurrences { series, until, as_of: self.constants.as_of };
        let column = Column::hidden(format!("rows of {table}"), Type::BigInt, count);
        let column = Some(self.drafts.add_hidden(parent, column));
        self.drafts[t].timeline = Some(Timeline::Series(every));
        Ok(Count { column, min: 0, max: MAX_COUNT })
    }

    /// The arguments of `every` or `rate`. With one that is unknown, what is said of instants and zones is looked at as well.
    pub(crate) fn times_of<'n>(
        &mut self,
        parent: TableId,
        doc: &'static GeneratorDoc,
        key: &Key,
        node: &'n Node,
    ) -> Result<Arguments<'n>, Fault> {
        let (arguments, unknown) = Arguments::known(doc, key, Some(node))?;
        let Some(unknown) = unknown else { return Arguments::new(doc, key, Some(node)) };
        let from = self.moment_of(parent, &arguments, "from").map(drop);
        let until = self.moment_of(parent, &arguments, "until").map(drop);
        let zone = self.zone_of(parent, &arguments).map(drop);
        let others = [from, until, zone].into_iter().filter_map(Result::err);
        Err(others.fold(unknown, Fault::and))
    }

    /// The recurrence under `let` of the parent.
    fn rule_of_parent(&mut self, parent: TableId, of: &Key, arguments: &Arguments) -> Result<Every, Fault> {
        let others = UNITS.iter().map(|(unit, _)| *unit).chain(["from", "on", "at", "zone", "fold"]);
        for name in others {
            if let Some(node) = arguments.get(name) {
                return Err(Fault::at(node.span, format!("`of` and `{name}` cannot be combined"))
                    .hint("the recurrence says that: leave one of them out"));
            }
        }
        let path: Vec<Name> =
            of.text.split('.').map(|part| Name { text: part.to_owned(), span: of.span }).collect();
        match self.timeline(parent, &path, &["recurrence"])? {
            (hops, Timeline::Series(every)) if hops.is_empty() => Ok(every),
            _ => {
                let table = &self.drafts[parent].name.text;
                Err(Fault::at(of.span, format!("`{}` is no recurrence of `{table}`", of.text))
                    .hint(format!("name a `recurrence` under `let` of `{table}`, the parent")))
            }
        }
    }

    /// When something comes back for the rows of a table; `what` it is names the hidden columns.
    pub(crate) fn rule(&mut self, t: TableId, what: &str, arguments: &Arguments) -> Result<Every, Fault> {
        let at_of_row = arguments.get("at").and_then(scenario::expression_text);
        let at = if at_of_row.is_some() { Ok(None) } else { time_of_day(arguments) };
        let rule = (self.step(arguments), at, folds(arguments)).together();
        let from = self.moment_of(t, arguments, "from");
        let zone = self.zone_of(t, arguments);
        let (((step, times), at, folds), from, zone) = (rule, from, zone).together()?;
        let (rule, from) = (Recurrence { step, at, folds }, from.ok_or_else(Fault::reported)?);
        if let (Step::Elapsed(_), Some(at)) = (rule.step, arguments.get("at")) {
            return Err(Fault::at(at.span, "`at` does not go with hours and minutes")
                .hint("elapsed time begins at `from`; for a time of day use `day: 1`"));
        }
        let times = match times {
            None => None,
            Some(times) => {
                let times = self.formula_of(t, &times, &Type::BigInt)?;
                Some(self.hidden(t, format!("step of {what}"), Type::BigInt, times))
            }
        };
        let at = match at_of_row {
            None => None,
            Some(at) => {
                let at = self.formula_of(t, &at, &Type::Time)?;
                Some(self.hidden(t, format!("time of {what}"), Type::Time, at))
            }
        };
        let from = self.hidden(t, format!("start of {what}"), Type::Instant, from);
        let zone = self.hidden(t, format!("zone of {what}"), Type::Text, zone);
        Ok(Every { rule, from, zone, times, at, during: None })
    }

    /// A hidden column of a table.
    pub(crate) fn hidden(&mut self, t: TableId, name: String, ty: Type, formula: Formula) -> ColumnId {
        let (nullable, dictionary) = (formula.expression.nullable(), formula.expression.is_dictionary());
        self.drafts.add_hidden(t, Column { nullable, dictionary, ..Column::hidden(name, ty, formula) })
    }

    /// The step; and how many of it are one, if the row decides.
    fn step(&self, arguments: &Arguments) -> Result<(Step, Option<Text>), Fault> {
        let mut given = UNITS.iter().filter_map(|(unit, most)| Some((*unit, *most, arguments.get(unit)?)));
        let Some((unit, most, node)) = given.next() else {
            return Err(Fault::at(arguments.span(), format!("`{}` needs a step", arguments.generator()))
                .hint("add `month: 1`, or another number of years, months, weeks, days, hours or minutes"));
        };
        if let Some((other, _, node)) = given.next() {
            return Err(Fault::at(node.span, format!("two steps: `{unit}` and `{other}`"))
                .hint("leave one of them out"));
        }
        let times = scenario::expression_text(node);
        let every = match times {
            Some(_) => 1,
            None => self.constants.whole(node, unit, 1, most)?,
        };
        // The most of each unit fits 32 bits.
        let count = every as u32;
        let on = arguments.get("on");
        let step = match unit {
            "year" | "month" => {
                let months = if unit == "year" { 12 * count } else { count };
                Step::Months {
                    months,
                    day: on.map(day_of_month).transpose()?.unwrap_or(DayOfMonth::OfAnchor),
                }
            }
            "week" => Step::Weeks { weeks: count, weekdays: on.map(weekdays).transpose()?.unwrap_or(0) },
            _ => {
                if let Some(on) = on {
                    return Err(Fault::at(on.span, format!("`on` does not go with `{unit}`"))
                        .hint("it says the day of a month or of a week"));
                }
                match unit {
                    "day" => Step::Days(count),
                    "hour" => Step::Elapsed(every * 3_600_000_000),
                    _ => Step::Elapsed(every * 60_000_000),
                }
            }
        };
        Ok((step, times))
    }

    /// An instant over the row of the parent.
    pub(crate) fn moment_of(
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
    pub(crate) fn zone_of(&mut self, parent: TableId, arguments: &Arguments) -> Result<Formula, Fault> {
        let text = match arguments.expression("zone")? {
            Some(text) => constant_word(text, is_zone),
            None => Text { text: "'UTC'".to_owned(), span: arguments.span(), exact: false },
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

/// Whether a word is meant as the name of a zone, be there one or not: `Europe/Berlin` is no division.
fn is_zone(word: &str) -> bool {
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    Zone::named(word).is_ok()
        || word.split_once('/').is_some_and(|(area, place)| named(area) && place.split('/').all(named))
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

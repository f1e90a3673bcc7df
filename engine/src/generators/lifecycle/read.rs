//! A lifecycle as it is written.

use std::collections::HashMap;
use std::sync::Arc;

use super::asked::{Asked, Of, Over};
use super::{LifeOf, Lives, column_type};
use crate::calendar::text::{Interval, parse_interval, write_interval_plain};
use crate::error::{Fault, Faults, Span, did_you_mean, listed};
use crate::generators::per_time::{expression_per_time, rate_of, short, told_rate, unit};
use crate::generators::series::SeriesInputs;
use crate::generators::{Formula, Made, Reading, Record, Shown, Timeline, plain_moment};
use crate::model::{Column, Input};
use crate::random::{Exponential, Invalid, LogNormal, Weighted};
use crate::scenario::{self, Key, Node, Text};
use crate::time::lifecycle::{Amount, Exit, State, Stay, Turn, Way, When};
use crate::time::{Lifecycle, States};
use crate::together::Together;
use crate::types::Type;

/// The most states of a lifecycle.
const MOST_STATES: usize = 1000;

const OF_STATE: [&str; 4] = ["for", "until", "then", "leaves"];
const OF_EXIT: [&str; 8] = ["to", "rate", "after", "on", "at", "chance", "delay", "because"];

pub(super) fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let node = reading.required("states")?;
    let entries = scenario::map_of(node, "`states`", "an entry for each state")?;
    if entries.is_empty() {
        return Err(Fault::at(node.span, "a lifecycle needs a state"));
    }
    if entries.len() > MOST_STATES {
        return Err(Fault::at(node.span, format!("{} states, more than {MOST_STATES}", entries.len())));
    }
    let from = instant(reading, "from");
    let until = instant(reading, "until");
    let mut rule = Rule::new(entries);
    let states = rule.states(reading, entries);
    let start_of_row = reading.arguments.get("start").and_then(scenario::expression_text);
    let start = match reading.arguments.get("start") {
        // Any of them may be the first.
        Some(_) if start_of_row.is_some() => {
            Ok(Turn { ways: (0..entries.len() as u16).map(|state| sure(state, 0)).collect(), key: 0 })
        }
        None => Ok(Turn { ways: vec![sure(0, 0)], key: 0 }),
        Some(node) => rule.ways(reading, node, "start", 0).map(|ways| {
            let (key, _) = rule.keys(reading, "start");
            Turn { ways, key }
        }),
    };
    let start_of_row =
        start_of_row.map(|text| reading.resolver.formula_of(reading.table, &text, &Type::Text));
    let (from, until, states, start) =
        (from, until, states, (start, start_of_row.transpose()).together()).together()?;
    let (start, start_of_row) = start;
    let from = from.ok_or_else(Fault::reported)?;
    let lifecycle = Lifecycle { states, reasons: rule.reasons, start };
    all_are_entered(&lifecycle, entries)?;
    let (as_of, since) = (reading.constants().as_of, reading.constants().since);
    none_goes_round(&lifecycle, entries, since.map_or(YEAR as i64, |since| as_of.saturating_sub(since)))?;

    let weighs = |way: &Way| matches!(way.weight, Amount::Constant(weight) if weight > 0.0);
    let begun = reading.resolver.not_after(reading.table, &from, as_of);
    let starts = start_of_row.as_ref().is_none_or(|start| !start.expression.nullable());
    let starts = starts && lifecycle.start.ways.iter().any(weighs);
    let certain = !from.expression.nullable() && begun && starts;
    let lifecycle = Arc::new(lifecycle);
    let (t, name) = (reading.table, format!("steps of {}", reading.address.column));
    let lives = Lives {
        name: reading.address.column.clone(),
        stream: reading.stream("value"),
        rule: lifecycle.clone(),
        from,
        start: start_of_row,
        until,
        amounts: rule.amounts,
        instants: rule.instants,
        stays: rule.stays,
        series: rule.series,
        as_of,
    };
    let path = reading.resolver.add_hidden(t, Column::hidden(name, column_type(), lives));
    let life = LifeOf { path, rule: lifecycle, certain };
    let input = reading.resolver.input(t, Input::Column { hops: Vec::new(), column: path });
    let fields = [
        ("state", Asked::last(input, &life, Of::To)),
        ("since", Asked::last(input, &life, Of::At)),
        ("because", Asked::last(input, &life, Of::Because)),
        ("before", Asked::last(input, &life, Of::From)),
        ("steps", Over::Steps.made(input, States::default())),
    ];
    Ok(Record::of_timeline(fields, Timeline::Life(life)))
}

/// A year in microseconds.
const YEAR: f64 = 365.2425 * 86_400e6;

fn instant(reading: &mut Reading, name: &str) -> Result<Option<Formula>, Fault> {
    let Some(mut text) = reading.arguments.expression(name)? else { return Ok(None) };
    plain_moment(&mut text, name, &Type::Instant)?;
    reading.resolver.formula_of(reading.table, &text, &Type::Instant).map(Some)
}

/// A way that is taken always.
fn sure(state: u16, reason: u16) -> Way {
    Way { state, reason, weight: Amount::Constant(1.0) }
}

/// What has been read of a rule.
struct Rule<'n> {
    names: Vec<&'n str>,
    reasons: Vec<String>,
    amounts: Vec<Formula>,
    instants: Vec<Formula>,
    stays: Vec<Formula>,
    series: Vec<SeriesInputs>,
    /// How often a purpose of random words has been used.
    purposes: HashMap<String, usize>,
}

impl<'n> Rule<'n> {
    fn new(entries: &'n [(Key, Node)]) -> Self {
        Self {
            names: entries.iter().map(|(key, _)| key.text.as_str()).collect(),
            reasons: Vec::new(),
            amounts: Vec::new(),
            instants: Vec::new(),
            stays: Vec::new(),
            series: Vec::new(),
            purposes: HashMap::new(),
        }
    }

    fn states(&mut self, reading: &mut Reading, entries: &[(Key, Node)]) -> Result<Vec<State>, Fault> {
        let states = entries.iter().map(|(name, node)| {
            let exits = self.exits(reading, name, node)?;
            Ok(State { name: name.text.clone(), exits })
        });
        let mut states = states.collect::<Vec<_>>().together()?;
        let Some(node) = reading.arguments.get("leaves") else { return Ok(states) };
        for (place, state) in states.iter_mut().enumerate().filter(|(_, state)| !state.exits.is_empty()) {
            for exit in self.leaves(reading, &state.name, node, "all leave")? {
                // Nothing leaves a state for itself.
                if exit.turn.ways.iter().any(|way| usize::from(way.state) != place) {
                    state.exits.push(exit);
                }
            }
        }
        Ok(states)
    }

    fn exits(&mut self, reading: &mut Reading, name: &Key, node: &Node) -> Result<Vec<Exit>, Fault> {
        if node.is_null() {
            return Ok(Vec::new());
        }
        let what = format!("state `{}`", name.text);
        let entries = scenario::map_of(node, &what, "`for` and `then`, or `leaves`")?;
        known(entries, &OF_STATE, &what)?;
        let mut exits = Vec::new();
        let stay = match (node.get("for"), node.get("until")) {
            (Some(_), Some(until)) => {
                return Err(Fault::at(until.span, format!("{what} has both `for` and `until`"))
                    .hint("leave one of them out"));
            }
            (Some(stay), None) => Some(When::After(self.stay(reading, stay, "for")?)),
            (None, Some(until)) => Some(self.on(reading, until, "until")?),
            (None, None) => None,
        };
        match (stay, node.get("then")) {
            (Some(when), Some(then)) => {
                let ways = self.ways(reading, then, "then", 0)?;
                let (key, turn) = self.keys(reading, &format!("stay in {}", name.text));
                exits.push(Exit { when, key, turn: Turn { ways, key: turn } });
            }
            (Some(_), None) => {
                return Err(Fault::at(name.span, format!("{what} does not say what comes after it"))
                    .hint("add `then:` with a state, or with states and their weights"));
            }
            (None, Some(then)) => {
                return Err(Fault::at(then.span, format!("{what} has `then` and no end"))
                    .hint("add `for:` with the time that it lasts, or `until:` with an instant"));
            }
            (None, None) => {}
        }
        if let Some(leaves) = node.get("leaves") {
            exits.extend(self.leaves(reading, &name.text, leaves, "leave")?);
        }
        Ok(exits)
    }

    /// A list of ways out; `who` leaves tells those of one state from those of all.
    fn leaves(
        &mut self,
        reading: &mut Reading,
        state: &str,
        node: &Node,
        who: &str,
    ) -> Result<Vec<Exit>, Fault> {
        let Some(items) = node.list() else {
            return Err(Fault::at(node.span, "`leaves`: expected a list of ways out")
                .label(format!("found {}", node.describe()))
                .hint("as in `leaves: [{to: closed, rate: 2% per month}]`"));
        };
        items.iter().map(|item| self.exit(reading, state, item, who)).collect::<Vec<_>>().together()
    }

    fn exit(&mut self, reading: &mut Reading, state: &str, node: &Node, who: &str) -> Result<Exit, Fault> {
        let entries = scenario::map_of(node, "a way out", "`to` and one of `rate`, `after`, `on` and `at`")?;
        known(entries, &OF_EXIT, "a way out")?;
        let Some(to) = node.get("to") else {
            return Err(Fault::at(node.span, "a way out needs `to`").hint("name the state that it leads to"));
        };
        let because = node.get("because").map(|node| self.reason(node)).transpose()?.unwrap_or(0);
        let kinds = ["rate", "after", "on", "at"];
        let given: Vec<(&str, &Node)> =
            kinds.iter().filter_map(|kind| Some((*kind, node.get(kind)?))).collect();
        let [(kind, when)] = given[..] else {
            let message = if given.is_empty() {
                "a way out does not say when it is taken"
            } else {
                "a way out says twice when it is taken"
            };
            let span = given.get(1).map_or(node.span, |(_, node)| node.span);
            return Err(Fault::at(span, message)
                .hint("give one of `rate: 2% per month`, `after: 3 days`, `on: an_instant` and `at: a_recurrence` with `chance:`"));
        };
        for (name, at) in [("chance", "at"), ("delay", "at")] {
            if let Some(node) = node.get(name).filter(|_| kind != at) {
                return Err(Fault::at(node.span, format!("`{name}` belongs to `{at}`")));
            }
        }
        let when = match kind {
            "rate" => {
                let (amount, per) = self.rate(reading, when)?;
                When::Rate(amount, per)
            }
            "after" => When::After(self.stay(reading, when, "after")?),
            "on" => self.on(reading, when, "on")?,
            _ => {
                let series = self.series(reading, when)?;
                let chance = match node.get("chance") {
                    None => Amount::Constant(1.0),
                    Some(chance) => self.share(reading, chance, "chance")?,
                };
                let delay = match node.get("delay") {
                    None => 0,
                    Some(delay) => elapsed(delay, &fixed(delay, "delay")?)? as i64,
                };
                When::Chance { series, chance, delay }
            }
        };
        let ways = self.ways(reading, to, "to", because)?;
        // The words belong to the names of states and the reason, whatever other ways out there are.
        let mut names: Vec<&str> = ways.iter().map(|way| self.names[usize::from(way.state)]).collect();
        names.sort_unstable();
        let because = usize::from(because).checked_sub(1).map_or("", |place| &self.reasons[place]);
        let purpose = format!("{who} {state} by {kind} for {} because {because}", names.join(", "));
        let (key, turn) = self.keys(reading, &purpose);
        Ok(Exit { when, key, turn: Turn { ways, key: turn } })
    }

    /// The keys of the words that say when a way out is taken and where it leads; others each time that a purpose is named.
    fn keys(&mut self, reading: &Reading, purpose: &str) -> (u64, u64) {
        let times = self.purposes.entry(purpose.to_owned()).or_insert(0);
        *times += 1;
        let key = |what: &str| reading.stream(&format!("{purpose} #{times}{what}")).word(0);
        (key(""), key(", turn"))
    }

    /// A state, or states with their weights.
    fn ways(
        &mut self,
        reading: &mut Reading,
        node: &Node,
        what: &str,
        because: u16,
    ) -> Result<Vec<Way>, Fault> {
        let Some(entries) = node.map() else {
            let name = scenario::word(node, &format!("`{what}`"))?;
            return Ok(vec![sure(self.state(&name)?, because)]);
        };
        let ways = entries.iter().map(|(name, weight)| {
            let state = self.state(name)?;
            let (weight, reason) = match weight.map() {
                None => (Some(weight), because),
                Some(entries) => {
                    known(entries, &["weight", "because"], &format!("`{what}`"))?;
                    let reason = weight.get("because").map(|node| self.reason(node)).transpose()?;
                    (weight.get("weight"), reason.unwrap_or(because))
                }
            };
            let weight = weight.map_or(Ok(Amount::Constant(1.0)), |node| self.weight(reading, node))?;
            Ok(Way { state, reason, weight })
        });
        let ways = ways.collect::<Vec<Result<Way, Fault>>>().together()?;
        if ways.iter().all(|way| way.weight == Amount::Constant(0.0)) {
            return Err(Fault::at(node.span, format!("`{what}`: no state has a weight"))
                .hint("give one of them a weight above 0"));
        }
        Ok(ways)
    }

    fn state(&self, name: &Key) -> Result<u16, Fault> {
        let place = self.names.iter().position(|known| *known == name.text);
        // There are fewer than 2^16 states.
        place.map(|place| place as u16).ok_or_else(|| {
            let hint = did_you_mean(&name.text, self.names.iter().copied())
                .unwrap_or_else(|| format!("the states are {}", listed(&self.names)));
            Fault::at(name.span, format!("unknown state `{}`", name.text)).hint(hint)
        })
    }

    fn reason(&mut self, node: &Node) -> Result<u16, Fault> {
        let reason = scenario::word(node, "`because`")?;
        let place = self.reasons.iter().position(|known| *known == reason.text).unwrap_or_else(|| {
            self.reasons.push(reason.text.clone());
            self.reasons.len() - 1
        });
        u16::try_from(place + 1).map_err(|_| Fault::at(node.span, "too many reasons"))
    }

    /// A number from the row.
    fn row(&mut self, reading: &mut Reading, text: &Text) -> Result<Amount, Fault> {
        let formula = reading.resolver.formula_of(reading.table, text, &Type::Double)?;
        self.amounts.push(formula);
        Ok(Amount::Row(self.amounts.len() - 1))
    }

    fn weight(&mut self, reading: &mut Reading, node: &Node) -> Result<Amount, Fault> {
        if let Some(text) = scenario::expression_text(node) {
            return self.row(reading, &text);
        }
        let percent = node.scalar().is_some_and(|scalar| scalar.text.trim().ends_with('%'));
        let weight = if percent {
            reading.constants().share(node, "weight")?
        } else {
            reading.constants().number(node, "weight")?
        };
        if weight < 0.0 {
            return Err(Fault::at(node.span, "a weight cannot be negative").label(format!("found {weight}")));
        }
        Ok(Amount::Constant(weight))
    }

    fn share(&mut self, reading: &mut Reading, node: &Node, what: &str) -> Result<Amount, Fault> {
        match scenario::expression_text(node) {
            Some(text) => self.row(reading, &text),
            None => reading.constants().share(node, what).map(Amount::Constant),
        }
    }

    /// A rate, and the microseconds of its unit.
    fn rate(&mut self, reading: &mut Reading, node: &Node) -> Result<(Amount, f64), Fault> {
        if let Some(text) = scenario::expression_text(node) {
            let (times, per) = expression_per_time(node, &text.text)?;
            let length = times.len();
            let text = Text {
                text: times.to_owned(),
                span: Span::new(text.span.start, text.span.start + length),
                ..text
            };
            return Ok((self.row(reading, &text)?, per));
        }
        rate_of(node).map(|(rate, per)| (Amount::Constant(rate), per))
    }

    /// An instant of the row at which an exit is taken.
    fn on(&mut self, reading: &mut Reading, node: &Node, what: &str) -> Result<When, Fault> {
        let mut text = scenario::as_expression(node, &format!("`{what}`"))?;
        plain_moment(&mut text, what, &Type::Instant)?;
        let formula = reading.resolver.formula_of(reading.table, &text, &Type::Instant)?;
        self.instants.push(formula);
        Ok(When::On(self.instants.len() - 1))
    }

    /// The recurrence that a path names.
    fn series(&mut self, reading: &mut Reading, node: &Node) -> Result<usize, Fault> {
        let name = scenario::word(node, "`at`")?;
        let series = SeriesInputs::named(reading, &name)?;
        self.series.push(series);
        Ok(self.series.len() - 1)
    }

    fn stay(&mut self, reading: &mut Reading, node: &Node, what: &str) -> Result<Stay, Fault> {
        if let Some(text) = scenario::expression_text(node) {
            let formula = reading.resolver.formula_of(reading.table, &text, &Type::Interval)?;
            self.stays.push(formula);
            return Ok(Stay::Row(self.stays.len() - 1));
        }
        let Some(entries) = node.map() else { return Ok(Stay::Fixed(lasting(node, what)?)) };
        known(entries, &["choose", "from", "to", "mean", "median", "sigma"], &format!("`{what}`"))?;
        let has = |names: &[&str]| {
            entries.len() == names.len() && names.iter().all(|name| node.get(name).is_some())
        };
        let micros = |name: &str| {
            let node = node.get(name).ok_or_else(Fault::reported)?;
            elapsed(node, &lasting(node, name)?)
        };
        let law = |invalid: Invalid| {
            Fault::at(node.span, format!("`{}`: expected {}", invalid.argument, invalid.expected))
                .label(format!("found {}", invalid.found))
        };
        if has(&["from", "to"]) {
            let (from, to) = (micros("from"), micros("to")).together()?;
            if from > to {
                return Err(Fault::at(node.span, "`to` is below `from`"));
            }
            return Ok(Stay::Between(from, to));
        }
        if has(&["mean"]) {
            return Exponential::new(micros("mean")?).map(Stay::Exponential).map_err(law);
        }
        if has(&["median", "sigma"]) {
            let sigma = node.get("sigma").ok_or_else(Fault::reported)?;
            let sigma = reading.constants().number(sigma, "sigma");
            let (median, sigma) = (micros("median"), sigma).together()?;
            return LogNormal::with_median(median, sigma).map(Stay::LogNormal).map_err(law);
        }
        if let (true, Some(choose)) = (has(&["choose"]), node.get("choose")) {
            let (keys, _, weights) = reading.constants().weights(choose, "choose")?;
            let stays = keys.iter().map(|key| {
                if key.text == "never" {
                    return Ok(None);
                }
                let stay = parse_interval(&key.text).map(Some);
                stay.map_err(|error| Fault::at(key.span, format!("`{what}`: {error}")))
            });
            let stays = stays.collect::<Vec<_>>().together()?;
            let weights = weights.unwrap_or_else(|| vec![1.0; stays.len()]);
            return Ok(Stay::Weighted(stays, Weighted::new(&weights).map_err(law)?));
        }
        Err(Fault::at(node.span, format!("`{what}`: expected how long it lasts")).hint(
            "write `14 days`, `{from: 1 day, to: 3 days}`, `{mean: 3 days}`, `{median: 3 days, sigma: 1}`, `{choose: {1 day: 50, 4 days: 50}}` or `= an interval`",
        ))
    }
}

/// Refuses keys that are not known.
fn known(entries: &[(Key, Node)], known: &[&str], what: &str) -> Result<(), Fault> {
    let mut faults = Faults::default();
    scenario::unknown_keys(entries, known, what, &mut faults);
    faults.0.into_iter().reduce(Fault::and).map_or(Ok(()), Err)
}

/// An interval as it is written.
fn fixed(node: &Node, what: &str) -> Result<Interval, Fault> {
    let key = scenario::word(node, &format!("`{what}`"))?;
    parse_interval(&key.text).map_err(|error| {
        Fault::at(node.span, format!("`{what}`: {error}")).hint("write it as in `14 days` or `2 hours`")
    })
}

/// The same, above nothing.
fn lasting(node: &Node, what: &str) -> Result<Interval, Fault> {
    let interval = fixed(node, what)?;
    if elapsed(node, &interval)? <= 0.0 {
        return Err(Fault::at(node.span, format!("`{what}`: expected a time above zero"))
            .hint("a state that lasts no time is none"));
    }
    Ok(interval)
}

/// The microseconds of an interval, with months of 30 days as PostgreSQL counts them.
fn elapsed(node: &Node, interval: &Interval) -> Result<f64, Fault> {
    let days = f64::from(interval.months) * 30.0 + f64::from(interval.days);
    let micros = days * 86_400e6 + interval.nanos as f64 / 1000.0;
    match micros.abs() < 1e17 {
        true => Ok(micros),
        false => Err(Fault::at(node.span, "a time of more than three thousand years")),
    }
}

/// Refuses states that nothing leads to.
fn all_are_entered(rule: &Lifecycle, entries: &[(Key, Node)]) -> Result<(), Fault> {
    let mut entered = vec![false; rule.states.len()];
    let open = |way: &Way| way.weight != Amount::Constant(0.0);
    let mut next: Vec<usize> =
        rule.start.ways.iter().filter(|way| open(way)).map(|way| way.state.into()).collect();
    while let Some(state) = next.pop() {
        if !std::mem::replace(&mut entered[state], true) {
            let ways = rule.states[state].exits.iter().flat_map(|exit| &exit.turn.ways);
            next.extend(ways.filter(|way| open(way)).map(|way| usize::from(way.state)));
        }
    }
    let missing = entries.iter().zip(entered).filter(|(_, entered)| !entered);
    let faults = missing.map(|((name, _), _)| {
        Err(Fault::at(name.span, format!("nothing leads to state `{}`", name.text))
            .hint("name it under `to` or `then` of another state, or under `start`, or leave it out"))
    });
    faults.collect::<Vec<Result<(), Fault>>>().together().map(|_| ())
}

/// Refuses a round of states that each have one way out, when a life goes through it more often than a life has steps.
fn none_goes_round(rule: &Lifecycle, entries: &[(Key, Node)], horizon: i64) -> Result<(), Fault> {
    let only = |state: usize| match &rule.states[state].exits[..] {
        [Exit { when: When::After(Stay::Fixed(stay)), turn: Turn { ways, .. }, .. }] => match ways[..] {
            [way] => Some((usize::from(way.state), stay)),
            _ => None,
        },
        _ => None,
    };
    for (first, (name, node)) in entries.iter().enumerate() {
        let (mut state, mut states, mut micros) = (first, 0, 0.0);
        while let Some((next, stay)) = only(state) {
            (state, states, micros) = (next, states + 1, micros + elapsed(node, stay)?);
            if state == first || states > entries.len() {
                break;
            }
        }
        let steps = horizon.max(0) as f64 / micros * f64::from(u32::try_from(states).unwrap_or(u32::MAX));
        if state == first && states > 0 && steps > super::MOST_STEPS as f64 {
            return Err(Fault::at(name.span, format!("a life that comes back to `{}` for ever", name.text))
                .label(format!("about {steps:.0} steps, more than {}", super::MOST_STEPS))
                .hint("let its states last longer, or add a way to a state that is final"));
        }
    }
    Ok(())
}

/// A state and its ways out, in words.
pub(super) fn told(state: &State, lives: &Lives, shown: &Shown) -> String {
    if state.exits.is_empty() {
        return format!("{} is final", state.name);
    }
    let number = |amount: Amount| match amount {
        Amount::Constant(amount) => short(amount),
        Amount::Row(place) => lives.amounts[place].expression.to_string(),
    };
    let exits = state.exits.iter().map(|exit| {
        let to = exit.turn.ways.iter().map(|way| {
            let name = &lives.rule.states[usize::from(way.state)].name;
            if exit.turn.ways.len() == 1 { name.clone() } else { format!("{name} ({})", number(way.weight)) }
        });
        let when = match &exit.when {
            When::After(Stay::Fixed(stay)) => format!("after {}", interval(stay)),
            When::After(Stay::Weighted(stays, _)) => {
                format!(
                    "after one of {}",
                    listed(
                        &stays
                            .iter()
                            .map(|stay| stay.as_ref().map_or("never".to_owned(), interval))
                            .collect::<Vec<_>>()
                    )
                )
            }
            When::After(Stay::Between(from, to)) => format!("after {} to {}", time(*from), time(*to)),
            When::After(Stay::Exponential(law)) => format!("after a time with the mean {}", time(law.mean())),
            When::After(Stay::LogNormal(law)) => {
                format!("after a time with the median {} and sigma {}", time(law.median()), law.sigma())
            }
            When::After(Stay::Row(place)) => format!("after {}", lives.stays[*place].expression),
            When::Rate(Amount::Constant(rate), per) => format!("at {}", told_rate(*rate, *per)),
            When::Rate(rate, per) => format!("at {} per {}", number(*rate), unit(*per)),
            When::On(place) => format!("at {}", lives.instants[*place].expression),
            When::Chance { series, chance, delay } => {
                let later =
                    if *delay == 0 { "at".to_owned() } else { format!("{} after", time(*delay as f64)) };
                format!(
                    "with the chance {} {later} each of {}",
                    number(*chance),
                    lives.series[*series].told(shown)
                )
            }
        };
        format!("{when} to {}", to.collect::<Vec<_>>().join(" or "))
    });
    format!("{}: {}", state.name, exits.collect::<Vec<_>>().join(", "))
}

fn interval(stay: &Interval) -> String {
    let mut text = String::new();
    write_interval_plain(&mut text, stay.months, stay.days, stay.nanos);
    text
}

/// Microseconds as an interval; those of `elapsed` are within the range of both casts.
fn time(micros: f64) -> String {
    let (days, rest) = ((micros / 86_400e6) as i32, micros % 86_400e6);
    interval(&Interval { months: 0, days, nanos: rest as i64 * 1000 })
}

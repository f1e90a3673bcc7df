//! Lifecycles: the states that something goes through, and when it leaves them.
//!
//! A [`Lifecycle`] is the rule; a life is worked out from a random word, an instant, and what the rule takes from the row
//! ([`Given`]). In every state all exits are timed, and the first of them is taken. Each exit of each step has a word of its own, by the
//! names of its states: other chances in one step, or an exit more, change nothing before the instant at which they matter, and nothing
//! in other lives.
//!
//! A life is a list of steps, as two numbers each: the instant in microseconds, and the state with the reason ([`Step`]).

use crate::calendar::civil::add_interval_micros;
use crate::calendar::text::Interval;
use crate::random::{Exponential, LogNormal, Trickle, Weighted, open_unit, unit};
use crate::time::Series;

/// The most steps of a life.
pub const MOST_STEPS: usize = 10_000;

/// The states of something, and how it comes from one to the next.
#[derive(Debug)]
pub struct Lifecycle {
    /// The states.
    pub states: Vec<State>,
    /// The names of reasons.
    pub reasons: Vec<String>,
    /// Where it begins.
    pub start: Turn,
}

/// A state.
#[derive(Debug)]
pub struct State {
    /// Its name.
    pub name: String,
    /// The ways out. A state without any is final.
    pub exits: Vec<Exit>,
}

/// A way out of a state.
#[derive(Debug)]
pub struct Exit {
    /// When it is taken, unless another one is first. Of two at the same instant the earlier one in the list is taken.
    pub when: When,
    /// The purpose of its random words.
    pub key: u64,
    /// Where it leads.
    pub turn: Turn,
}

/// When an exit is taken.
#[derive(Debug)]
pub enum When {
    /// After a stay in the state.
    After(Stay),
    /// At a constant rate: so many times per so many microseconds.
    Rate(Amount, f64),
    /// At an instant of the row, by its place in [`Given::instants`]; never where that is over.
    On(usize),
    /// With a chance at every occurrence of a series, by its place in [`Given::series`], and so many microseconds later.
    Chance {
        /// The series.
        series: usize,
        /// The chance each time, from 0 to 1.
        chance: Amount,
        /// How long after the occurrence.
        delay: i64,
    },
}

/// How long a state lasts.
#[derive(Debug)]
pub enum Stay {
    /// This long.
    Fixed(Interval),
    /// One of these, by weight; `None` for ever.
    Weighted(Vec<Option<Interval>>, Weighted),
    /// Evenly from the first to the second, in microseconds.
    Between(f64, f64),
    /// Without memory; the mean is in microseconds.
    Exponential(Exponential),
    /// Log-normal, in microseconds.
    LogNormal(LogNormal),
    /// As the row says, by its place in [`Given::stays`]; for ever where that is NULL.
    Row(usize),
}

/// A number of the rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// The same for all.
    Constant(f64),
    /// As the row says, by its place in [`Given::amounts`]; none where that is NULL or negative.
    Row(usize),
}

/// The next state, by weight.
#[derive(Debug)]
pub struct Turn {
    /// Where to: state, reason, weight.
    pub ways: Vec<Way>,
    /// The purpose of its random word.
    pub key: u64,
}

/// A state that may come next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// The state.
    pub state: u16,
    /// The reason: its place in [`Lifecycle::reasons`], from 1; 0 for none.
    pub reason: u16,
    /// How likely it is, beside the others.
    pub weight: Amount,
}

/// What the rule takes from the row.
#[derive(Debug, Default)]
pub struct Given {
    /// Numbers; not a number where they are NULL.
    pub amounts: Vec<f64>,
    /// Instants, microseconds since 1970-01-01T00:00:00Z.
    pub instants: Vec<Option<i64>>,
    /// Lengths of stays.
    pub stays: Vec<Option<Interval>>,
    /// Recurrences.
    pub series: Vec<Option<Series>>,
}

impl Given {
    /// Takes out everything.
    pub fn clear(&mut self) {
        self.amounts.clear();
        self.instants.clear();
        self.stays.clear();
        self.series.clear();
    }
}

impl Lifecycle {
    /// Where a life begins; `None` where no state has a weight.
    pub fn first(&self, word: u64, given: &Given) -> Option<Way> {
        self.start.way(word, 0, given)
    }

    /// Appends the steps of a life that begins at `from`: the first one, and those up to the instant `last`.
    ///
    /// # Errors
    /// There are more than [`MOST_STEPS`].
    pub fn live(
        &self,
        word: u64,
        (from, first): (i64, Way),
        last: i64,
        given: &Given,
        steps: &mut Vec<i64>,
    ) -> Result<(), TooLong> {
        let (mut at, mut way) = (from, first);
        for step in 0..MOST_STEPS as u64 {
            steps.extend(Step { at, state: way.state, reason: way.reason }.packed());
            let exits = &self.states[usize::from(way.state)].exits;
            let first = exits
                .iter()
                .filter_map(|exit| Some((exit.when.instant(at, word_of(word, exit.key, step), given)?, exit)))
                .reduce(|first, other| if other.0 < first.0 { other } else { first });
            let Some((next, exit)) = first.filter(|(next, _)| *next <= last) else { return Ok(()) };
            let Some(turn) = exit.turn.way(word, step, given) else { return Ok(()) };
            (at, way) = (next, turn);
        }
        Err(TooLong)
    }
}

/// A life has more steps than [`MOST_STEPS`].
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// The random word of a purpose in a step of a life.
fn word_of(life: u64, purpose: u64, step: u64) -> u64 {
    Trickle::new(life ^ purpose).nth(step)
}

impl When {
    /// When the exit of a state that was entered at an instant is taken, later than that; `None` for never.
    #[inline]
    fn instant(&self, entered: i64, word: u64, given: &Given) -> Option<i64> {
        let after = |micros: f64| {
            // The cast saturates, and beyond the calendar means never.
            micros.is_finite().then(|| entered.saturating_add(micros as i64).max(entered + 1))
        };
        match self {
            Self::After(stay) => match stay {
                Stay::Fixed(stay) => lasting(entered, stay),
                Stay::Weighted(stays, law) => lasting(entered, stays[law.sample(word)].as_ref()?),
                Stay::Between(from, to) => after(from + unit(word) * (to - from)),
                Stay::Exponential(law) => after(law.sample(word)),
                Stay::LogNormal(law) => after(law.sample(word)),
                Stay::Row(place) => lasting(entered, given.stays[*place].as_ref()?),
            },
            Self::Rate(rate, per) => {
                let rate = rate.of(given);
                if rate > 0.0 { after(-libm::log(1.0 - open_unit(word)) / rate * per) } else { None }
            }
            Self::On(place) => given.instants[*place].filter(|at| *at > entered),
            Self::Chance { series, chance, delay } => {
                let (series, chance) = (given.series[*series].as_ref()?, chance.of(given));
                let misses = misses(chance, word)?;
                // The occurrences whose delay ends up to the instant of entry are over.
                let first = series.before(entered.saturating_sub(*delay).saturating_add(1));
                series.at(first.saturating_add(misses))?.checked_add(*delay)
            }
        }
    }
}

/// The end of a stay by the calendar, in UTC.
fn lasting(entered: i64, stay: &Interval) -> Option<i64> {
    add_interval_micros(entered, stay.months, stay.days, stay.nanos).map(|end| end.max(entered + 1))
}

/// How often a chance is missed before it hits: the geometric law, by inversion. `None` for always.
fn misses(chance: f64, word: u64) -> Option<u64> {
    match chance {
        _ if chance >= 1.0 => Some(0),
        _ if chance > 0.0 => {
            // The cast saturates.
            Some((libm::log(1.0 - open_unit(word)) / libm::log1p(-chance)) as u64)
        }
        _ => None,
    }
}

impl Amount {
    #[inline]
    fn of(self, given: &Given) -> f64 {
        match self {
            Self::Constant(amount) => amount,
            Self::Row(place) => given.amounts[place],
        }
    }
}

impl Turn {
    /// Where a step leads; `None` where no way has a weight.
    fn way(&self, life: u64, step: u64, given: &Given) -> Option<Way> {
        if let [only @ Way { weight: Amount::Constant(_), .. }] = self.ways[..] {
            return Some(only);
        }
        let weight = |way: &Way| Some(way.weight.of(given)).filter(|weight| *weight > 0.0).unwrap_or(0.0);
        let sum: f64 = self.ways.iter().map(weight).sum();
        let mut left = unit(word_of(life, self.key, step)) * sum;
        let mut last = None;
        for way in &self.ways {
            let weight = weight(way);
            if weight > 0.0 {
                if left < weight {
                    return Some(*way);
                }
                left -= weight;
                last = Some(*way);
            }
        }
        // Rounding can leave a rest.
        last
    }
}

/// A step of a life: a state is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// The state entered.
    pub state: u16,
    /// The reason: its place in [`Lifecycle::reasons`], from 1; 0 for none.
    pub reason: u16,
}

impl Step {
    fn packed(self) -> [i64; 2] {
        [self.at, i64::from(self.state) | i64::from(self.reason) << 16]
    }
}

/// The steps of one life, in the form that [`Lifecycle::live`] writes.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a>(&'a [[i64; 2]]);

impl<'a> Life<'a> {
    /// By its numbers, two for each step.
    pub fn of(numbers: &'a [i64]) -> Self {
        Self(numbers.as_chunks().0)
    }

    /// Where its numbers are and how many, which tells it from the other lives of a column. Of those without steps all are alike.
    pub(crate) fn address(self) -> Address {
        self.0
    }

    /// How many steps.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether it has not begun.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A step, counted from 0.
    #[inline]
    pub fn step(self, k: usize) -> Option<Step> {
        // The casts take the lowest 16 bits of what `packed` put there.
        self.0.get(k).map(|[at, packed]| Step {
            at: *at,
            state: *packed as u16,
            reason: (packed >> 16) as u16,
        })
    }

    /// All steps.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        (0..self.len()).filter_map(move |k| self.step(k))
    }

    /// The number of the step that holds at an instant; `None` before the first one.
    #[inline]
    pub fn holds_at(self, instant: i64) -> Option<usize> {
        // Lives are short, and what is asked for is mostly near the end of them.
        self.0.iter().rposition(|[at, _]| *at <= instant)
    }

    /// The times during which the state is one of some: from the instant of entry up to, not including, that of leaving.
    pub fn during(self, states: &States) -> impl Iterator<Item = (i64, i64)> {
        let end = move |k: usize| self.step(k + 1).map_or(i64::MAX, |next| next.at);
        let held = (0..self.len()).filter_map(move |k| Some((self.step(k)?, end(k))));
        held.filter(|(step, _)| states.contains(step.state)).map(|(step, end)| (step.at, end))
    }
}

/// Where the numbers of a life are, and how many.
pub(crate) type Address = *const [[i64; 2]];

/// Some states of a lifecycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States(Vec<bool>);

impl States {
    /// These, by their places.
    pub fn of(places: impl IntoIterator<Item = usize>) -> Self {
        let mut states = Vec::new();
        for place in places {
            if states.len() <= place {
                states.resize(place + 1, false);
            }
            states[place] = true;
        }
        Self(states)
    }

    /// Whether a state is among them.
    #[inline]
    pub fn contains(&self, state: u16) -> bool {
        self.0.get(usize::from(state)).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;

//! Recipes in words, for a plan that prints itself.

use std::fmt::{Display, Write};

use arrow::array::{Array, ArrayRef};

use super::Recipe;
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::arguments::Length;
use crate::model::{Hop, Input, Model, Side, Steps};
use crate::text::shown;
use crate::time::States;

/// The most values that are listed.
const MOST_LISTED: usize = 6;

/// Names of what a recipe reads.
pub(crate) struct Shown<'m> {
    /// The model.
    pub(crate) model: &'m Model,
    /// The recipe's table.
    pub(crate) table: TableId,
}

impl Shown<'_> {
    /// An input of the table.
    pub(super) fn input(&self, input: InputId) -> String {
        let tables = &self.model.tables;
        match &tables[self.table].inputs[input] {
            Input::Column { hops, column } => {
                let end = self.model.end(self.table, hops).unwrap_or(self.table);
                format!("{}{}", self.way(hops), tables[end].columns[*column].name)
            }
            Input::Row => "row_number()".to_owned(),
            Input::Ordinal => "ordinal()".to_owned(),
            Input::Siblings => "siblings()".to_owned(),
            Input::Total { child, total, .. } => {
                format!("{total:?} over {}", tables[*child].name).to_lowercase()
            }
            Input::Neighbour { side: Side::Before, column } => {
                format!("previous({})", tables[self.table].columns[*column].name)
            }
            Input::Neighbour { side: Side::Behind, column } => {
                format!("next({})", tables[self.table].columns[*column].name)
            }
            Input::Running { total, column } => {
                let total = format!("{total:?}").to_lowercase();
                format!("running_{total}({})", tables[self.table].columns[*column].name)
            }
        }
    }

    /// Some states of the lives that an input leads to: `life in (active, paused)`.
    pub(super) fn states(&self, path: InputId, states: &States) -> String {
        let tables = &self.model.tables;
        let Input::Column { hops, column } = &tables[self.table].inputs[path] else {
            return self.input(path);
        };
        let end = self.model.end(self.table, hops).unwrap_or(self.table);
        let Recipe::Lives(lives) = &tables[end].columns[*column].recipe else { return self.input(path) };
        let named = lives.rule().states.iter().zip(0..).filter(|(_, place)| states.contains(*place));
        let names: Vec<&str> = named.map(|(state, _)| state.name.as_str()).collect();
        format!("{}{} in ({})", self.way(hops), lives.name(), names.join(", "))
    }

    /// `table.column`.
    pub(super) fn column(&self, table: TableId, column: ColumnId) -> String {
        let table = &self.model.tables[table];
        format!("{}.{}", table.name, table.columns[column].name)
    }

    /// A way to another row, with a point behind every step.
    pub(super) fn way(&self, hops: &[Hop]) -> String {
        let (mut out, mut table) = (String::new(), self.table);
        for hop in hops {
            let next = self.model.after(table, *hop).unwrap_or(table);
            match hop {
                Hop::Parent => out = format!("{}.", self.model.tables[next].name),
                Hop::Reference(c) => _ = write!(out, "{}.", self.model.tables[table].columns[*c].name),
            }
            table = next;
        }
        out
    }
}

/// A bound that values are moved to, unless there is none.
pub(super) trait Bound {
    fn bound(self) -> Option<Self>
    where
        Self: Sized;
}

impl Bound for f64 {
    fn bound(self) -> Option<Self> {
        self.is_finite().then_some(self)
    }
}

impl Bound for i64 {
    fn bound(self) -> Option<Self> {
        (self != Self::MIN && self != Self::MAX).then_some(self)
    }
}

/// Bounds, to be put behind a law.
pub(super) fn bounds<T: Display>(min: Option<T>, max: Option<T>) -> String {
    let bound =
        |word: &str, bound: Option<T>| bound.map(|bound| format!(", at {word} {bound}")).unwrap_or_default();
    bound("least", min) + &bound("most", max)
}

/// The first values of an array, and how many there are when that is more.
pub(super) fn values(values: &ArrayRef) -> String {
    let listed: Vec<String> = (0..values.len().min(MOST_LISTED)).map(|i| shown(values, i)).collect();
    let more =
        if values.len() > MOST_LISTED { format!(", … ({} values)", values.len()) } else { String::new() };
    listed.join(", ") + &more
}

/// `5` or `5 to 12`.
pub(super) fn length(length: Length) -> String {
    if length.from == length.to {
        length.from.to_string()
    } else {
        format!("{} to {}", length.from, length.to)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Plan, Settings};

    /// Laws were printed in Rust's debug form, with their prepared constants.
    #[test]
    fn laws_are_told_in_words_and_numbers() {
        let scenario = "
tables:
  t:
    rows: 9
    let: {who: person}
    columns:
      uniform: {uniform: {from: 0, to: 1.5}}
      normal: {normal: {mean: 171, sd: 9, min: 140, max: 210}}
      lognormal: {lognormal: {median: 40, sigma: 1.5, max: 1000}}
      exponential: {exponential: 30}
      poisson: {poisson: {mean: 3.5, min: 1}}
      zipf: {zipf: {n: 1000, exponent: 1.1}}
      choose: {choose: {free: 70, pro: 25}}
      many: {choose: [1, 2, 3, 4, 5, 6, 7]}
      note: {characters: 12}
      code: {characters: {length: {from: 2, to: 3}}}
      name: = who.first_name
";
        let explained = Plan::compile(scenario, &Settings::default()).unwrap().explain(None, None).join("\n");
        let lines: Vec<&str> =
            explained.lines().filter_map(|line| line.split_once(" = ").map(|(_, law)| law)).collect();
        let expected = [
            "drawn together",
            "uniform from 0 to 1.5",
            "normal of mean 171, standard deviation 9, at least 140, at most 210",
            "lognormal of median 40, sigma 1.5, at most 1000",
            "exponential of mean 30",
            "poisson of mean 3.5, at least 1",
            "zipf over 1000 ranks, exponent 1.1",
            "one of free, pro",
            "one of 1, 2, 3, 4, 5, 6, … (7 values)",
            "12 of 62 characters",
            "2 to 3 of 62 characters",
            "who.first_name",
            "first_name of a person, locale 'en-US'",
        ];
        assert_eq!(lines, expected, "{explained}");
    }

    /// States were "some of steps of life", times microseconds, and rates other ones than those written.
    #[test]
    fn what_happens_in_time_is_told_as_it_is_written() {
        let scenario = "
as_of: 2026-04-13
since: 2025-01-01
tables:
  s:
    rows: 1
    let:
      renewal: {recurrence: {month: 1, from: since}}
      life:
        lifecycle:
          from: since
          states:
            on: {leaves: [{to: ill, rate: 3% per month}, {to: off, at: renewal, chance: 20%, delay: 1 hour}]}
            ill: {for: {from: 1 day, to: 36 hours}, then: {on: 62, off: 38.5}}
            off: {for: {median: 5 hours, sigma: 1}, then: {gone: 1}}
            gone:
    columns: {id: serial, at: {moment: {from: since, to: as_of, growth: 10% per day, during: 'life in (on, ill)'}}, first: = life.first(off)}
  e: {per: s, count: 1, columns: {s_id: parent}}
";
        let explained = Plan::compile(scenario, &Settings::default()).unwrap().explain(None, None).join("\n");
        for expected in [
            "s: 1 row\n",
            "e: 1 row per row of s",
            "on: at 3% per month to ill, with the chance 0.2 01:00:00 after each of ",
            "ill: after 1 day to 1 day 12:00:00 to on (62) or off (38.5)",
            "off: after a time with the median 05:00:00 and sigma 1 to gone",
            ", growing 10% per day, during life in (on, ill)",
            "the first entry, life in (off)",
        ] {
            assert!(explained.contains(expected), "{expected}\n{explained}");
        }
    }
}

//! Histories: a row for each step of the parent's life (`history_of:` of a table), and what it holds (the record `step`).

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::asked::{Of, Question};
use super::{EachLife, LifeOf, MOST_STEPS};
use crate::error::{Fault, ValueError};
use crate::generators::facts::unknown;
use crate::generators::{
    Ends, GeneratorDoc, Made, Origin, Prepared, Reading, Record, Shown, Texts, Timeline,
};
use crate::ids::InputId;
use crate::model::{Column, Hop, Input};
use crate::rows::Frame;
use crate::time::lifecycle::{Address, Step};
use crate::time::{Life, States};
use crate::types::Type;

pub(in crate::generators) const STEP: GeneratorDoc = GeneratorDoc {
    name: "step",
    version: 1,
    family: "time",
    summary: "What a row of a table with `history_of:` stands for. It belongs under `let`.",
    arguments: &[],
    short: None,
    group: true,
    example: "step: step",
    read,
};

/// Which steps of a life are rows.
#[derive(Clone, Debug)]
pub(crate) struct WhichSteps {
    /// Those into these states; `None` for any.
    pub(crate) states: Option<States>,
    /// Whether the first step may be one of them.
    pub(crate) first: bool,
}

impl WhichSteps {
    /// Whether all of them are.
    fn all(&self) -> bool {
        self.states.is_none() && self.first
    }

    /// How many they are in a life.
    fn count(&self, life: Life<'_>) -> usize {
        life.steps().skip(self.skipped()).filter(|step| self.takes(*step)).count()
    }

    /// How many steps at the beginning are left out.
    fn skipped(&self) -> usize {
        usize::from(!self.first)
    }

    fn takes(&self, step: Step) -> bool {
        self.states.as_ref().is_none_or(|states| states.contains(step.state))
    }
}

/// Looks for rows among the steps of lives. Rows come one after the other, so what is behind the last one is looked at once.
struct Places<'w> {
    which: &'w WhichSteps,
    /// The life that was looked at last: where its numbers are.
    life: Option<Address>,
    /// The `k`-th row is the step at this place or a later one.
    k: usize,
    place: usize,
}

impl<'w> Places<'w> {
    fn of(which: &'w WhichSteps) -> Self {
        Self { which, life: None, k: 0, place: 0 }
    }

    /// The place of a step among all of the life, by its place among those that are rows, counted from 0.
    fn get(&mut self, life: Life<'_>, k: usize) -> Option<usize> {
        if self.which.all() {
            return Some(k);
        }
        if self.life != Some(life.address()) || k < self.k {
            *self = Self { which: self.which, life: Some(life.address()), k: 0, place: self.which.skipped() };
        }
        loop {
            if self.which.takes(life.step(self.place)?) {
                if self.k == k {
                    return Some(self.place);
                }
                self.k += 1;
            }
            self.place += 1;
        }
    }
}

/// How many steps the life of each row has, of those that are rows.
#[derive(Debug)]
pub(crate) struct Steps {
    /// The input with the lives.
    pub(crate) path: InputId,
    /// Which of them are rows.
    pub(crate) which: WhichSteps,
}

impl Prepared for Steps {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let lives = EachLife::of(frame, self.path)?;
        let count = |life: Life| if self.which.all() { life.len() } else { self.which.count(life) };
        let counts = (0..frame.len()).map(|row| count(lives.get(row)) as i64);
        Ok(Arc::new(Int64Array::from_iter_values(counts)))
    }

    fn explain(&self, shown: &Shown) -> String {
        format!("the steps of {}", shown.input(self.path))
    }

    fn inputs(&self) -> Vec<InputId> {
        vec![self.path]
    }

    fn bounds(&self) -> (f64, f64) {
        (0.0, MOST_STEPS as f64)
    }

    unknown!(ends, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// What a row of a history knows of its step.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The input with the parent's life.
    path: InputId,
    /// The input `ordinal`.
    ordinal: InputId,
    which: WhichSteps,
    question: Question,
}

impl Taken {
    /// Whether it is when the step was taken.
    pub(in crate::generators) fn is_instant(&self) -> bool {
        self.question.of == Of::At
    }
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (t, resolver) = (reading.table, &mut *reading.resolver);
    resolver.rows_of(t)?;
    let Some(Timeline::Steps(life, which)) = resolver.drafts()[t].timeline.clone() else {
        let table = &resolver.drafts()[t].name.text;
        return Err(Fault::at(reading.arguments.span(), format!("the rows of `{table}` are not a history"))
            .hint("`step` belongs to a table with `history_of:`"));
    };
    let LifeOf { path, rule, .. } = life;
    let path = resolver.input(t, Input::Column { hops: vec![Hop::Parent], column: path });
    let ordinal = resolver.input(t, Input::Ordinal);
    Ok(Record::made(Of::ALL.map(|(name, of)| {
        let taken = Taken { path, ordinal, which: which.clone(), question: Question::new(of, &rule) };
        (name, Question::made(taken, of, false))
    })))
}

impl Prepared for Taken {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let ordinals = frame.input(self.ordinal)?;
        let ordinals = ordinals.as_primitive::<Int64Type>();
        if self.question.of == Of::Number && self.which.all() {
            return Ok(Arc::new(ordinals.clone()));
        }
        let lives = EachLife::of(frame, self.path)?;
        let mut places = Places::of(&self.which);
        // Ordinals count from 1.
        let steps = ordinals.values().iter().enumerate();
        Ok(self.question.answers(steps.map(|(row, ordinal)| {
            let life = lives.get(row);
            (life, places.get(life, *ordinal as usize - 1))
        })))
    }

    fn explain(&self, shown: &Shown) -> String {
        let name = Of::ALL.iter().find(|(_, of)| *of == self.question.of).map_or("", |(name, _)| name);
        format!("`{name}` of the step of {}", shown.input(self.path))
    }

    fn inputs(&self) -> Vec<InputId> {
        vec![self.path, self.ordinal]
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        match self.question.of {
            Of::Number if self.which.all() => Ends::Of(Origin::Input(self.ordinal)),
            _ => Ends::Unknown,
        }
    }

    fn texts(&self) -> Texts<'_> {
        self.question.closed_set()
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        // All siblings have the same parent, and its life.
        (self.question.of == Of::At).then(Vec::new)
    }

    unknown!(bounds, highest, longest, is_without_digits, is_independent, serial);
}

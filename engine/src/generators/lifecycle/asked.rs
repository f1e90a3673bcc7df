//! What expressions ask a lifecycle: of the step that holds at `as_of` or at another instant, and of states over the whole life.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::TimestampMicrosecondType;

use super::{EachLife, LifeOf};
use crate::error::ValueError;
use crate::generators::facts::unknown;
use crate::generators::{Ends, Formula, Made, Prepared, Shown, Texts};
use crate::ids::InputId;
use crate::model::{Column, Values};
use crate::rows::Frame;
use crate::time::{Life, Lifecycle, States};
use crate::types::Type;

/// What a step has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The state before.
    From,
    /// The state entered.
    To,
    /// When it was entered.
    At,
    /// When it was left.
    Until,
    /// Why it was entered.
    Because,
    /// The number of the step, from 1.
    Number,
}

impl Of {
    /// By name.
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("from", Self::From),
        ("to", Self::To),
        ("at", Self::At),
        ("until", Self::Until),
        ("because", Self::Because),
        ("number", Self::Number),
    ];

    fn ty(self) -> Type {
        match self {
            Self::From | Self::To | Self::Because => Type::Text,
            Self::At | Self::Until => Type::Instant,
            Self::Number => Type::BigInt,
        }
    }

    /// Whether some steps lack it.
    fn may_miss(self) -> bool {
        matches!(self, Self::From | Self::Until | Self::Because)
    }

    /// The texts that it can be.
    fn texts(self, rule: &Lifecycle) -> Option<Values> {
        let texts: ArrayRef = match self {
            Self::From | Self::To => {
                Arc::new(StringArray::from_iter_values(rule.states.iter().map(|state| &state.name)))
            }
            Self::Because => Arc::new(StringArray::from_iter_values(&rule.reasons)),
            _ => return None,
        };
        Some(Values::new(texts))
    }
}

/// What is asked of steps, and the texts that answer.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) of: Of,
    texts: Option<Values>,
}

impl Question {
    pub(super) fn new(of: Of, rule: &Lifecycle) -> Self {
        Self { of, texts: of.texts(rule) }
    }

    /// A column of answers.
    pub(super) fn made(recipe: impl Into<crate::generators::Recipe>, of: Of, may_miss: bool) -> Made {
        let ty = of.ty();
        Made { nullable: may_miss || of.may_miss(), dictionary: ty == Type::Text, ..Made::new(recipe, ty) }
    }

    /// The answers for a step of a life a row, or for none.
    pub(super) fn answers<'a>(&self, steps: impl Iterator<Item = (Life<'a>, Option<usize>)>) -> ArrayRef {
        let text = |keys: Int32Array| -> ArrayRef {
            let texts = self.texts.as_ref().expect("states and reasons have their texts").0.clone();
            Arc::new(DictionaryArray::new(keys, texts))
        };
        let instants = |at: TimestampMicrosecondArray| -> ArrayRef { Arc::new(at.with_timezone("UTC")) };
        match self.of {
            Of::From => {
                text(steps.map(|(life, k)| Some(i32::from(life.step(k?.checked_sub(1)?)?.state))).collect())
            }
            Of::To => text(steps.map(|(life, k)| Some(i32::from(life.step(k?)?.state))).collect()),
            Of::Because => {
                text(steps.map(|(life, k)| life.step(k?)?.reason.checked_sub(1).map(i32::from)).collect())
            }
            Of::At => instants(steps.map(|(life, k)| Some(life.step(k?)?.at)).collect()),
            Of::Until => instants(steps.map(|(life, k)| Some(life.step(k? + 1)?.at)).collect()),
            Of::Number => Arc::new(steps.map(|(_, k)| Some(k? as i64 + 1)).collect::<Int64Array>()),
        }
    }

    pub(super) fn closed_set(&self) -> Texts<'_> {
        self.texts.as_ref().map_or(Texts::Unknown, |texts| Texts::Chosen(&texts.0))
    }
}

/// A question about the step that holds at an instant, or about the last one.
#[derive(Debug)]
pub(crate) struct Asked {
    path: InputId,
    question: Question,
    at: Option<Formula>,
}

impl Asked {
    /// Of the last step.
    pub(super) fn last(path: InputId, life: &LifeOf, of: Of) -> Made {
        let asked = Self { path, question: Question::new(of, &life.rule), at: None };
        Question::made(asked, of, !life.certain)
    }

    /// Of the step that holds at an instant: NULL before the first one.
    pub(crate) fn at(path: InputId, life: &LifeOf, of: Of, at: Formula) -> Made {
        Question::made(Self { path, question: Question::new(of, &life.rule), at: Some(at) }, of, true)
    }
}

impl Prepared for Asked {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let lives = EachLife::of(frame, self.path)?;
        let rows = 0..frame.len();
        let Some(at) = &self.at else {
            return Ok(self.question.answers(rows.map(|row| {
                let life = lives.get(row);
                (life, life.len().checked_sub(1))
            })));
        };
        let at = at.values(frame, column)?;
        let at = at.as_primitive::<TimestampMicrosecondType>();
        Ok(self.question.answers(rows.map(|row| {
            let life = lives.get(row);
            (life, at.is_valid(row).then(|| life.holds_at(at.value(row))).flatten())
        })))
    }

    fn explain(&self, shown: &Shown) -> String {
        let name = Of::ALL.iter().find(|(_, of)| *of == self.question.of).map_or("", |(name, _)| name);
        let at = self.at.as_ref().map_or("as_of".to_owned(), |at| at.expression.to_string());
        format!("`{name}` of the step of {} that holds at {at}", shown.input(self.path))
    }

    fn inputs(&self) -> Vec<InputId> {
        let at = self.at.iter().flat_map(|at| at.inputs.iter().copied());
        std::iter::once(self.path).chain(at).collect()
    }

    fn texts(&self) -> Texts<'_> {
        self.question.closed_set()
    }

    unknown!(ends, bounds, highest, longest, is_without_digits, rises_with, is_independent, serial);
}

/// A question about some states in the whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// When one of them was entered first.
    First,
    /// When one of them was entered last.
    Last,
    /// How often one of them was entered.
    Entered,
    /// How many steps there are, whatever the states.
    Steps,
}

/// The answers to such a question.
#[derive(Debug)]
pub(crate) struct OverLife {
    path: InputId,
    over: Over,
    states: States,
}

impl Over {
    /// The answers for the lives of an input.
    pub(crate) fn made(self, path: InputId, states: States) -> Made {
        let (ty, nullable) = match self {
            Over::First | Over::Last => (Type::Instant, true),
            Over::Entered | Over::Steps => (Type::BigInt, false),
        };
        Made { nullable, ..Made::new(OverLife { path, over: self, states }, ty) }
    }
}

impl Prepared for OverLife {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let lives = EachLife::of(frame, self.path)?;
        let lives = (0..frame.len()).map(|row| lives.get(row));
        let first = |life: Life| life.steps().find(|step| self.states.contains(step.state));
        let last = |life: Life| life.steps().filter(|step| self.states.contains(step.state)).last();
        let instants = |at: TimestampMicrosecondArray| -> ArrayRef { Arc::new(at.with_timezone("UTC")) };
        Ok(match self.over {
            Over::First => instants(lives.map(|life| first(life).map(|step| step.at)).collect()),
            Over::Last => instants(lives.map(|life| last(life).map(|step| step.at)).collect()),
            Over::Entered => Arc::new(Int64Array::from_iter_values(
                lives.map(|life| life.steps().filter(|step| self.states.contains(step.state)).count() as i64),
            )),
            Over::Steps => Arc::new(Int64Array::from_iter_values(lives.map(|life| life.len() as i64))),
        })
    }

    fn explain(&self, shown: &Shown) -> String {
        let what = match self.over {
            Over::First => "the first entry",
            Over::Last => "the last entry",
            Over::Entered => "the number of entries",
            Over::Steps => return format!("the number of {}", shown.input(self.path)),
        };
        format!("{what}, {}", shown.states(self.path, &self.states))
    }

    fn inputs(&self) -> Vec<InputId> {
        vec![self.path]
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Unknown
    }

    fn bounds(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    unknown!(highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

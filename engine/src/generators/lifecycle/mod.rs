//! `lifecycle`: the states that a row goes through.

mod asked;
mod read;
mod steps;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Float64Type, Int64Type, IntervalMonthDayNanoType, TimestampMicrosecondType,
};

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::series::{EachSeries, SeriesInputs};
use super::{Formula, GeneratorDoc, Prepared, Shown};
use crate::calendar::text::Interval;
use crate::error::ValueError;
use crate::ids::{ColumnId, InputId};
use crate::model::Column;
use crate::random::Stream;
use crate::rows::{Far, Frame};
use crate::time::lifecycle::{Amount, Given, MOST_STEPS, Way};
use crate::time::{Life, Lifecycle};
use crate::types::Type;

pub(crate) use asked::{Asked as LifeAsked, Of as StepField, Over, OverLife};
pub(super) use steps::STEP;
pub(crate) use steps::{Steps, Taken, WhichSteps};

pub(super) const LIFECYCLE: GeneratorDoc = GeneratorDoc {
    name: "lifecycle",
    version: 1,
    family: "time",
    summary: "The states that a row goes through, and when. It belongs under `let`.",
    arguments: &[
        required(
            "from",
            Kind::Expression,
            "the instant of the first state; where it is NULL there is no life",
        ),
        required(
            "states",
            Kind::Any,
            "each state with its ways out: `for` or `until` with `then`, and `leaves`",
        ),
        optional(
            "start",
            Kind::Any,
            "the first state, several with weights, or `= its name` over the row; default the first one listed",
        ),
        optional("leaves", Kind::Any, "ways out of every state that is not final"),
        optional("until", Kind::Expression, "the end: no later step is at or after it"),
    ],
    short: None,
    group: true,
    example: "life: {lifecycle: {from: opened_at, states: {open: {leaves: [{to: closed, rate: 2% per month}]}, closed: {}}}}",
    read: read::read,
};

/// The type of a life as a column: see [`Life`].
fn column_type() -> Type {
    Type::List(Box::new(Type::BigInt))
}

/// A lifecycle of a table: its rule, and the hidden column with the lives.
#[derive(Clone, Debug)]
pub(crate) struct LifeOf {
    /// The column.
    pub(crate) path: ColumnId,
    /// The rule.
    pub(crate) rule: Arc<Lifecycle>,
    /// Whether every row has a life.
    pub(crate) certain: bool,
}

/// The lives of rows.
#[derive(Debug)]
pub(crate) struct Lives {
    /// The name of the lifecycle.
    name: String,
    /// Random words, one a row.
    stream: Stream,
    rule: Arc<Lifecycle>,
    from: Formula,
    /// The name of the first state, if the row decides; else the rule does.
    start: Option<Formula>,
    until: Option<Formula>,
    amounts: Vec<Formula>,
    instants: Vec<Formula>,
    stays: Vec<Formula>,
    series: Vec<SeriesInputs>,
    /// The last instant of a step.
    as_of: i64,
}

impl Lives {
    /// The state of a name, as the first one.
    fn named(&self, name: &str) -> Result<Way, String> {
        let place = self.rule.states.iter().position(|state| state.name == name);
        let place = place.ok_or_else(|| format!("`start` is `{name}`, which is no state"))?;
        // There are fewer than 2^16 states.
        Ok(Way { state: place as u16, reason: 0, weight: Amount::Constant(1.0) })
    }

    /// The rule.
    pub(crate) fn rule(&self) -> &Lifecycle {
        &self.rule
    }

    /// The name of the lifecycle.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let all = [&self.amounts, &self.instants, &self.stays].into_iter().flatten();
        std::iter::once(&self.from).chain(&self.start).chain(&self.until).chain(all)
    }
}

impl Prepared for Lives {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let all = |formulas: &[Formula]| {
            formulas.iter().map(|formula| formula.values(frame, column)).collect::<Result<Vec<_>, _>>()
        };
        let from = self.from.values(frame, column)?;
        let from = from.as_primitive::<TimestampMicrosecondType>();
        let until = self.until.as_ref().map(|until| until.values(frame, column)).transpose()?;
        let until = until.as_ref().map(|until| until.as_primitive::<TimestampMicrosecondType>());
        let (amounts, instants, stays) = (all(&self.amounts)?, all(&self.instants)?, all(&self.stays)?);
        let series = self.series.iter().map(|series| series.read(frame)).collect::<Result<Vec<_>, _>>()?;
        let mut series: Vec<EachSeries> = series.iter().map(EachSeries::of).collect();
        let starts = self.start.as_ref().map(|start| start.values(frame, column)).transpose()?;
        let starts = starts.map(|starts| cast(&starts, &DataType::Utf8).expect("texts have one form"));
        let words = frame.words(&self.stream, 1);
        let failed = |message: String| frame.value_error(column, message);

        let mut given = Given::default();
        let (mut steps, mut lengths) = (Vec::with_capacity(8 * words.len()), Vec::with_capacity(words.len()));
        for (row, word) in words.into_iter().enumerate() {
            if row % 64 == 0 && frame.plan.is_stopped() {
                return Err(failed("stopped before it was lived".to_owned()));
            }
            let before = steps.len();
            // What begins after `as_of` has not begun.
            if from.is_valid(row) && from.value(row) <= self.as_of {
                given.clear();
                given.amounts.extend(amounts.iter().map(|amounts| {
                    let amounts = amounts.as_primitive::<Float64Type>();
                    if amounts.is_valid(row) { amounts.value(row) } else { f64::NAN }
                }));
                given.instants.extend(instants.iter().map(|instants| {
                    let instants = instants.as_primitive::<TimestampMicrosecondType>();
                    instants.is_valid(row).then(|| instants.value(row))
                }));
                given.stays.extend(stays.iter().map(|stays| {
                    let stays = stays.as_primitive::<IntervalMonthDayNanoType>();
                    stays.is_valid(row).then(|| interval(stays, row))
                }));
                for series in &mut series {
                    given.series.push(series.get(row).map_err(failed)?);
                }
                let end = until.filter(|until| until.is_valid(row)).map(|until| until.value(row));
                let last = end.map_or(self.as_of, |end| self.as_of.min(end.saturating_sub(1)));
                let first = match &starts {
                    None => self.rule.first(word, &given),
                    Some(starts) if starts.is_null(row) => None,
                    Some(starts) => Some(self.named(starts.as_string::<i32>().value(row)).map_err(failed)?),
                };
                if let Some(first) = first {
                    let lived = self.rule.live(word, (from.value(row), first), last, &given, &mut steps);
                    lived.map_err(|_| {
                        failed(format!("a life of more than {MOST_STEPS} steps; let its states last longer"))
                    })?;
                }
            }
            lengths.push(steps.len() - before);
        }
        if i32::try_from(steps.len()).is_err() {
            return Err(failed("the lives of one batch have more than 2^30 steps".to_owned()));
        }
        let field = Arc::new(Field::new("item", DataType::Int64, true));
        let steps = Arc::new(Int64Array::from(steps));
        Ok(Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), steps, None)))
    }

    fn explain(&self, shown: &Shown) -> String {
        self.rule.states.iter().map(|state| read::told(state, self, shown)).collect::<Vec<_>>().join("; ")
    }

    fn inputs(&self) -> Vec<InputId> {
        let formulas = self.formulas().flat_map(|formula| formula.inputs.iter().copied());
        formulas.chain(self.series.iter().flat_map(SeriesInputs::inputs)).collect()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

fn interval(stays: &arrow::array::IntervalMonthDayNanoArray, row: usize) -> Interval {
    let stay = stays.value(row);
    Interval { months: stay.months, days: stay.days, nanos: stay.nanoseconds }
}

/// The first life of a column.
pub(crate) fn life_of(lives: &ArrayRef) -> Life<'_> {
    let lives = lives.as_list::<i32>();
    let end = lives.value_offsets()[1] as usize;
    Life::of(&lives.values().as_primitive::<Int64Type>().values()[..end])
}

/// The lives that rows lead to.
pub(super) struct EachLife {
    far: Far,
    offsets: OffsetBuffer<i32>,
    numbers: ScalarBuffer<i64>,
}

impl EachLife {
    pub(super) fn of(frame: &Frame, path: InputId) -> Result<Self, ValueError> {
        let far = frame.far(path)?;
        let lives = far.values.as_list::<i32>();
        let numbers = lives.values().as_primitive::<Int64Type>().values().clone();
        Ok(Self { offsets: lives.offsets().clone(), numbers, far })
    }

    /// The life of a row; an empty one where there is none.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Life<'_> {
        let numbers =
            self.far.place(row).map(|place| self.offsets[place] as usize..self.offsets[place + 1] as usize);
        Life::of(numbers.map_or(&[], |numbers| &self.numbers[numbers]))
    }
}

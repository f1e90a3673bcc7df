//! `walk`: numbers that go on from row to row, a step at a time.

mod number;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, PrimitiveArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};

use self::number::{Number, OVERFLOW};
use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, Span, ValueError};
use crate::expression::{Expression, Source};
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::scope::MadeScope;
use crate::model::{Column, Input};
use crate::plan::carried::{Carrying, Key, State};
use crate::rows::{Carry, Frame, carried};
use crate::scenario;
use crate::together::Together;
use crate::types::Type;

pub(super) const WALK: GeneratorDoc = GeneratorDoc {
    name: "walk",
    version: 1,
    family: "numbers",
    summary: "A number that goes on from one child of a parent to the next, a step at a time.",
    arguments: &[
        required("from", Kind::Expression, "the value of the first child"),
        required("step", Kind::Spec, "what is added from a row to the next: a generator of numbers"),
        optional("min", Kind::Expression, "the least value"),
        optional("max", Kind::Expression, "the greatest value"),
        optional(
            "at_bounds",
            Kind::Word,
            "what happens there: `clamp` (default) stays until a step leads back, `reflect` turns round, `absorb` stays for good",
        ),
        optional("toward", Kind::Expression, "a value that pulls, with `pull`"),
        optional("pull", Kind::Share, "the share of the distance to `toward` that each step makes up for"),
        optional(
            "scale",
            Kind::Number,
            "digits after the point, 0 to 9, of a `numeric`; default a `double precision`",
        ),
    ],
    short: None,
    group: false,
    example: "level: {walk: {from: 50, step: {normal: {mean: 0, sd: 4}}, min: 0, max: 100, at_bounds: reflect}}",
    read,
};

/// The digits of a walk with a scale.
const DIGITS: u8 = 18;
/// So many last digits do not fit.
const BEYOND: u128 = 10u128.pow(DIGITS as u32);

/// What happens where a step leads beyond a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtBounds {
    Clamp,
    Reflect,
    Absorb,
}

/// A walk along the children of each parent. All that it reads are columns of the type that it makes.
#[derive(Debug)]
pub(crate) struct Walk {
    table: TableId,
    /// The columns with step, start and, where they are there, bounds and what pulls; in the order of the inputs.
    columns: Vec<ColumnId>,
    step: InputId,
    from: InputId,
    min: Option<InputId>,
    max: Option<InputId>,
    toward: Option<InputId>,
    /// The share of the distance that a step makes up for.
    pull: f64,
    at_bounds: AtBounds,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let t = reading.table;
    if reading.resolver.count_of(t)?.is_none() {
        let table = &reading.resolver.drafts()[t].name.text;
        let fault = Fault::at(reading.arguments.span(), format!("the rows of `{table}` have no parent"));
        return Err(
            fault.hint("a `walk` goes along the children of one parent: it needs a table with `per:`")
        );
    }
    let (scale, at_bounds, pull) =
        (reading.whole("scale", 0, 9), at_bounds(reading), pull(reading)).together()?;
    let ty = match scale {
        None => Type::Double,
        Some(scale) => Type::Numeric { precision: DIGITS, scale: scale as i8 },
    };
    // The values may have any digits before they are put within bounds.
    let held = match scale {
        None => Type::Double,
        Some(scale) => Type::Numeric { precision: 38, scale: scale as i8 },
    };
    let step = step(reading, &held);
    let from = part(reading, "from", &held);
    let (min, max) = (part(reading, "min", &held), part(reading, "max", &held));
    let bounds = (min, max).together();
    let (step, from, (min, max), toward) = (step, from, bounds, part(reading, "toward", &held)).together()?;
    let from = from.ok_or_else(Fault::reported)?;
    check_bounds(reading, min.as_ref(), max.as_ref())?;
    let nullable = from.nullable;
    let mut columns = vec![step];
    let mut input = |part: Part| {
        columns.push(part.column);
        reading.resolver.input(t, Input::Column { hops: Vec::new(), column: part.column })
    };
    let from = input(from);
    let [min, max, toward] = [min, max, toward].map(|part| part.map(&mut input));
    let step = reading.resolver.input(t, Input::Column { hops: Vec::new(), column: step });
    let walk = Walk { table: t, columns, step, from, min, max, toward, pull, at_bounds };
    Ok(Made { nullable, ..Made::new(walk, ty) })
}

fn at_bounds(reading: &Reading) -> Result<AtBounds, Fault> {
    let Some(key) = reading.arguments.word("at_bounds")? else { return Ok(AtBounds::Clamp) };
    let at_bounds = match key.text.as_str() {
        "clamp" => AtBounds::Clamp,
        "reflect" => AtBounds::Reflect,
        "absorb" => AtBounds::Absorb,
        other => {
            let fault = Fault::at(key.span, "`at_bounds`: expected `clamp`, `reflect` or `absorb`");
            return Err(fault.label(format!("found `{other}`")));
        }
    };
    if reading.arguments.get("min").or(reading.arguments.get("max")).is_none() {
        return Err(Fault::at(key.span, "`at_bounds` without a bound").hint("add `min:` or `max:`"));
    }
    Ok(at_bounds)
}

fn pull(reading: &Reading) -> Result<f64, Fault> {
    match (reading.arguments.get("toward"), reading.arguments.get("pull")) {
        (None, None) => Ok(0.0),
        (Some(_), Some(pull)) => reading.constants().share(pull, "pull"),
        (Some(toward), None) => Err(Fault::at(toward.span, "`toward` needs `pull`")
            .hint("say how much of the distance a step makes up for, as in `pull: 10%`")),
        (None, Some(pull)) => {
            Err(Fault::at(pull.span, "`pull` needs `toward`")
                .hint("say which value pulls, as in `toward: 0`"))
        }
    }
}

/// An argument as a column.
struct Part {
    column: ColumnId,
    nullable: bool,
    /// Its value, where that is the same in every row.
    constant: Option<ArrayRef>,
    span: Span,
}

fn part(reading: &mut Reading, name: &str, held: &Type) -> Result<Option<Part>, Fault> {
    let Some(text) = reading.arguments.expression(name)? else { return Ok(None) };
    let formula = reading.resolver.formula_of(reading.table, &text, held)?;
    let (nullable, constant) = (formula.expression.nullable(), formula.expression.constant());
    if nullable && constant.as_ref().is_some_and(|value| value.is_null(0)) {
        return Err(Fault::at(text.span, format!("`{name}`: NULL is no number")));
    }
    let column = hidden(reading, name, held, formula);
    Ok(Some(Part { column, nullable, constant, span: text.span }))
}

/// The steps, in the type that they are added in.
fn step(reading: &mut Reading, held: &Type) -> Result<ColumnId, Fault> {
    let node = reading.required("step")?;
    if let Some(text) = scenario::expression_text(node) {
        let step = reading.resolver.formula(reading.table, &text)?.expression;
        if *step.ty() == Type::Null || step.constant().is_some_and(|step| step.is_null(0)) {
            return Err(Fault::at(node.span, "`step`: NULL is no number"));
        }
    }
    let input = reading.part(&scenario::Key::new("step", node.span), node)?;
    let Input::Column { column, .. } = reading.resolver.drafts()[reading.table].inputs[input].clone() else {
        return Err(Fault::reported());
    };
    let made = reading.resolver.settled(reading.table, column)?.ty.clone();
    if !made.is_number() {
        return Err(Fault::at(node.span, "`step`: expected numbers").label(format!("found {made}")));
    }
    let source = Source { text: "made", span: node.span, exact: false };
    let step = Expression::compile(&source, &mut MadeScope { ty: &made })?.cast_to(held, node.span)?;
    Ok(hidden(reading, "step", held, Formula { expression: step, inputs: vec![input] }))
}

fn hidden(reading: &mut Reading, name: &str, held: &Type, formula: Formula) -> ColumnId {
    let (name, nullable) = (reading.address.part(name).column, formula.expression.nullable());
    let column = Column { nullable, ..Column::hidden(name, held.clone(), formula) };
    reading.resolver.add_hidden(reading.table, column)
}

/// Refuses constant bounds between which there is nothing.
fn check_bounds(reading: &Reading, min: Option<&Part>, max: Option<&Part>) -> Result<(), Fault> {
    let constant = |part: Option<&Part>| Some((part?.constant.clone()?, part?.span));
    let (Some((min, _)), Some((max, span))) = (constant(min), constant(max)) else { return Ok(()) };
    let above = match min.data_type() {
        DataType::Float64 => {
            let value = |array: &ArrayRef| array.as_primitive::<Float64Type>().value(0);
            value(&min) > value(&max) || value(&min).is_nan() || value(&max).is_nan()
        }
        _ => {
            let value = |array: &ArrayRef| array.as_primitive::<Decimal128Type>().value(0);
            value(&min) > value(&max)
        }
    };
    if !above {
        return Ok(());
    }
    let (min, max) = (reading.required("min")?, reading.required("max")?);
    let found = format!("min {}, max {}", min.describe(), max.describe());
    Err(Fault::at(span, "`max` is below `min`").label(found))
}

impl Prepared for Walk {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let failed = |message: String| frame.value_error(column, message);
        Ok(match column.made.arrow() {
            DataType::Decimal128(precision, scale) => {
                let walk = Typed::<Decimal128Type>::of(self);
                let states = carried(frame, &walk, failed)?;
                if states.iter().any(|state| state.whole.unsigned_abs() >= BEYOND) {
                    return Err(failed(OVERFLOW.to_owned()));
                }
                let values = states.iter().map(|state| is_somewhere(state).then_some(state.whole));
                let values = values.collect::<Decimal128Array>();
                Arc::new(values.with_data_type(DataType::Decimal128(precision, scale)))
            }
            _ => {
                let states = carried(frame, &Typed::<Float64Type>::of(self), failed)?;
                let values = states.iter().map(|state| is_somewhere(state).then_some(state.real));
                Arc::new(values.collect::<Float64Array>())
            }
        })
    }

    fn explain(&self, shown: &Shown) -> String {
        let part = |word: &str, input: Option<InputId>| {
            input.map(|input| format!(", {word} {}", shown.input(input))).unwrap_or_default()
        };
        let pull = match self.toward {
            Some(toward) => format!(", pulled {} of the way to {}", self.pull, shown.input(toward)),
            None => String::new(),
        };
        format!(
            "a walk from {} by {}{}{}{pull}",
            shown.input(self.from),
            shown.input(self.step),
            part("at least", self.min),
            part("at most", self.max)
        )
    }

    fn inputs(&self) -> Vec<InputId> {
        [self.step, self.from].into_iter().chain(self.min).chain(self.max).chain(self.toward).collect()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

impl Walk {
    /// The columns that it reads in other rows.
    pub(crate) fn columns(&self) -> &[ColumnId] {
        &self.columns
    }
}

/// How far a walk is, kept in [`State::counted`]: it has not begun.
const NOT_BEGUN: u64 = 0;
/// It goes on.
const WALKS: u64 = 1;
/// It has been absorbed.
const ABSORBED: u64 = 2;
/// It began with NULL.
const NOWHERE: u64 = 3;

fn is_somewhere(state: &State) -> bool {
    state.counted != NOWHERE
}

/// A walk over numbers of one type.
struct Typed<'w, T> {
    walk: &'w Walk,
    number: std::marker::PhantomData<T>,
}

impl<'w, T> Typed<'w, T> {
    fn of(walk: &'w Walk) -> Self {
        Self { walk, number: std::marker::PhantomData }
    }
}

/// What a walk reads of some rows.
struct Parts<T: Number> {
    step: PrimitiveArray<T>,
    from: PrimitiveArray<T>,
    min: Option<PrimitiveArray<T>>,
    max: Option<PrimitiveArray<T>>,
    toward: Option<PrimitiveArray<T>>,
}

impl<T: Number> Carry for Typed<'_, T> {
    type Read = Parts<T>;

    fn key(&self) -> Key {
        (self.walk.table, self.walk.columns[0], Carrying::Walk)
    }

    fn columns(&self) -> &[ColumnId] {
        self.walk.columns()
    }

    fn read(&self, frame: &Frame) -> Result<Parts<T>, ValueError> {
        let walk = self.walk;
        let typed = |array: ArrayRef| array.as_primitive::<T>().clone();
        let optional = |input: Option<InputId>| input.map(|input| frame.input(input).map(typed)).transpose();
        // The first of the siblings begins, and the others go on.
        let of_some = |input: InputId, first: bool| {
            frame.input(input).or_else(|_| {
                let family = frame.family()?;
                frame.input_where(input, |place| (family.before(place) == 0) == first)
            })
        };
        Ok(Parts {
            step: typed(of_some(walk.step, false)?),
            from: typed(of_some(walk.from, true)?),
            min: optional(walk.min)?,
            max: optional(walk.max)?,
            toward: optional(walk.toward)?,
        })
    }

    fn over(
        &self,
        parts: &Parts<T>,
        places: Range<usize>,
        state: &mut State,
        mut each: impl FnMut(&State),
    ) -> Result<(), String> {
        let Parts { step, from, min, max, toward } = parts;
        let at = |array: &Option<PrimitiveArray<T>>, i: usize| {
            array.as_ref().filter(|array| array.is_valid(i)).map(|array| array.value(i))
        };
        for i in places {
            let next = match state.counted {
                WALKS if step.is_valid(i) => {
                    let pull = at(toward, i).map(|toward| (toward, self.walk.pull));
                    Some(T::stepped(T::of(state), step.value(i), pull)?)
                }
                // A step of NULL is none; bounds may have moved all the same.
                WALKS => Some(T::of(state)),
                NOT_BEGUN => {
                    state.counted = if from.is_valid(i) { WALKS } else { NOWHERE };
                    from.is_valid(i).then(|| T::check(from.value(i))).transpose()?
                }
                _ => None,
            };
            if let Some(next) = next {
                self.bounded(next, (at(min, i), at(max, i)), state)?;
            }
            each(state);
        }
        Ok(())
    }
}

impl<T: Number> Typed<'_, T> {
    /// Puts a value within its bounds, and into the state.
    #[inline]
    fn bounded(
        &self,
        at: T::Native,
        (low, high): (Option<T::Native>, Option<T::Native>),
        state: &mut State,
    ) -> Result<(), &'static str> {
        if low.zip(high).is_some_and(|(low, high)| low > high) {
            return Err("`min` is above `max`");
        }
        let (is_low, is_high) = (low.filter(|low| at <= *low), high.filter(|high| at >= *high));
        let Some(bound) = is_low.or(is_high) else {
            T::put(at, state);
            return Ok(());
        };
        let value = match (self.walk.at_bounds, low, high) {
            (AtBounds::Clamp, ..) => bound,
            (AtBounds::Absorb, ..) => {
                state.counted = ABSORBED;
                bound
            }
            _ if at == bound => bound,
            (_, Some(low), Some(high)) if low < high => T::folded(at, T::check(low)?, T::check(high)?),
            (_, Some(_), Some(_)) => bound,
            _ => T::check(T::mirrored(at, T::check(bound)?))?,
        };
        T::put(value, state);
        Ok(())
    }
}

//! Some rows of a table and the columns worked out so far.
//!
//! A frame lives on one thread for one batch. Columns are worked out when first asked for and kept. A
//! value of another row is a column of another frame: the parents of a run of rows are a run again, so
//! their columns are worked out once each and repeated; the rows that a reference picks are worked out
//! one by one, each by its address.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{cast, nullif, take};
use arrow::datatypes::DataType;

use super::position::Family;
use super::{located, neighbour, pick, pinned, position, running, total};
use crate::budget;
use crate::error::ValueError;
use crate::expression::spend_spelled_out;
use crate::generators::{Recipe, Reference};
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::{Column, Hop, Input, Pin, Side, Source, Table};
use crate::plan::Plan;
use crate::random::Stream;

/// Which rows of a table.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    /// A run.
    Range(Range<u64>),
    /// Any rows, in any order, repeated or not.
    Picked(Arc<[u64]>),
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(range) => (range.end - range.start) as usize,
            Self::Picked(rows) => rows.len(),
        }
    }

    /// Some of these rows, by their places.
    pub(crate) fn slice(&self, places: Range<usize>) -> Self {
        match self {
            Self::Range(range) => {
                Self::Range(range.start + places.start as u64..range.start + places.end as u64)
            }
            Self::Picked(rows) => Self::Picked(rows[places].into()),
        }
    }

    /// Each row's number.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        match self {
            Self::Range(range) => Box::new(range.clone()),
            Self::Picked(rows) => Box::new(rows.iter().copied()),
        }
    }
}

/// The rows of another table that rows refer to.
pub(crate) type Picks = Rc<Vec<Option<u64>>>;

/// Some rows of a table.
pub(crate) struct Frame<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) table: TableId,
    pub(crate) rows: Rows,
    columns: RefCell<Vec<Option<ArrayRef>>>,
    inputs: RefCell<Vec<Option<ArrayRef>>>,
    parent: OnceCell<Rc<Step<'p>>>,
    references: RefCell<Vec<(ColumnId, Rc<Step<'p>>)>>,
    /// The rows that columns refer to: for the column itself, and for what is looked up on the way through it.
    picks: RefCell<Vec<(ColumnId, Picks)>>,
    family: OnceCell<Rc<Family>>,
    /// The siblings before these rows and those behind them: of a run, the one beyond its end.
    beside: [OnceCell<Rc<Step<'p>>>; 2],
}

/// A column of other rows, and where each row's own stands in it.
pub(crate) struct Far {
    pub(crate) values: ArrayRef,
    map: Option<UInt32Array>,
}

impl Far {
    /// The place of a row's value; `None` where the way leads nowhere.
    #[inline]
    pub(crate) fn place(&self, row: usize) -> Option<usize> {
        match &self.map {
            None => Some(row),
            Some(map) => map.is_valid(row).then(|| map.value(row) as usize),
        }
    }
}

/// The frame one step away, and where each row of this one stands in it.
pub(super) struct Step<'p> {
    frame: Frame<'p>,
    /// `None`: row for row. An index of NULL: the step leads nowhere.
    map: Option<UInt32Array>,
}

impl<'p> Step<'p> {
    pub(super) fn to(frame: Frame<'p>, map: Option<UInt32Array>) -> Rc<Self> {
        Rc::new(Self { frame, map })
    }

    /// A column of the rows that it leads to.
    pub(super) fn column(&self, column: ColumnId) -> Result<ArrayRef, ValueError> {
        self.take(self.frame.column(column)?)
    }

    fn take(&self, array: ArrayRef) -> Result<ArrayRef, ValueError> {
        let Some(map) = &self.map else { return Ok(array) };
        // The indices come from the frame they point into; text that many rows share can still grow too long.
        take(&array, map, None).map_err(|error| ValueError {
            table: self.frame.described().name.clone(),
            column: "*".to_owned(),
            message: error.to_string(),
            row: None,
        })
    }

    /// The same step to the rows that it leads to and no others, if there are others: those between, and those of a small table
    /// that is worked out whole. An error there does not matter.
    fn narrowed(&self) -> Option<Self> {
        let map = self.map.as_ref()?;
        let mut used: Vec<u32> = map.iter().flatten().collect();
        used.sort_unstable();
        used.dedup();
        if used.len() == self.frame.len() {
            return None;
        }
        let rows: Vec<u64> = self.frame.rows.iter().collect();
        let rows: Vec<u64> = used.iter().map(|at| rows[*at as usize]).collect();
        let place = |at| used.binary_search(&at).expect("it is one of those used") as u32;
        let map = Some(map.iter().map(|at| at.map(place)).collect());
        Some(Self { frame: Frame::new(self.frame.plan, self.frame.table, Rows::Picked(rows.into())), map })
    }
}

impl<'p> Frame<'p> {
    pub(crate) fn new(plan: &'p Plan, table: TableId, rows: Rows) -> Self {
        let described = &plan.model.tables[table];
        Self {
            plan,
            table,
            rows,
            columns: RefCell::new(vec![None; described.columns.len()]),
            inputs: RefCell::new(vec![None; described.inputs.len()]),
            parent: OnceCell::new(),
            references: RefCell::new(Vec::new()),
            picks: RefCell::new(Vec::new()),
            family: OnceCell::new(),
            beside: Default::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn described(&self) -> &'p Table {
        &self.plan.model.tables[self.table]
    }

    pub(crate) fn value_error(&self, column: &Column, message: String) -> ValueError {
        ValueError { table: self.described().name.clone(), column: column.name.clone(), message, row: None }
    }

    /// The random words of these rows, row by row.
    pub(crate) fn words(&self, stream: &Stream, per_row: usize) -> Vec<u64> {
        match &self.rows {
            Rows::Range(range) => stream.rows(range.clone(), per_row),
            Rows::Picked(rows) => stream.picked(rows, per_row),
        }
    }

    /// A column of these rows.
    pub(crate) fn column(&self, c: ColumnId) -> Result<ArrayRef, ValueError> {
        if let Some(array) = &self.columns.borrow()[c.index()] {
            return Ok(array.clone());
        }
        if self.plan.is_stopped() {
            return Err(
                self.value_error(&self.described().columns[c], "stopped before it was worked out".into())
            );
        }
        let column = &self.described().columns[c];
        let array = budget::until(&self.plan.stopped, || self.finished(column))
            .map_err(|error| located::located(self, error, |some| some.column(c).map(drop)))?;
        // What expressions make they have counted themselves.
        if !matches!(column.recipe, Recipe::Formula(_) | Recipe::TextTemplate(_)) {
            budget::spend_made(|| own_bytes(&array)).map_err(|error| self.value_error(column, error))?;
        }
        self.columns.borrow_mut()[c.index()] = Some(array.clone());
        Ok(array)
    }

    /// The values of a column with its NULLs, in its type.
    pub(crate) fn finished(&self, column: &Column) -> Result<ArrayRef, ValueError> {
        let mut array = column.recipe.values(self, column)?;
        if let Some(cast) = &column.cast {
            array = cast.evaluate(&[array], self.len()).map_err(|error| self.value_error(column, error))?;
        }
        let pinned = pinned::places(self, column)?;
        if let Some(nulls) = self.null_mask(column, &pinned) {
            array = nullif(&array, &nulls).map_err(|error| self.value_error(column, error.to_string()))?;
        }
        // Text comes in two forms; a column keeps to one of them.
        let dictionary = matches!(array.data_type(), DataType::Dictionary(..));
        if dictionary != column.dictionary && (dictionary || array.data_type() == &DataType::Utf8) {
            spend_spelled_out(&array).map_err(|error| self.value_error(column, error))?;
            let form = if column.dictionary { crate::types::Type::dictionary() } else { DataType::Utf8 };
            array = cast(&array, &form).map_err(|error| self.value_error(column, error.to_string()))?;
        }
        if pinned.is_empty() { Ok(array) } else { pinned::replaced(self, column, array, &pinned) }
    }

    /// Where the share of NULLs falls, but for values that are pinned.
    fn null_mask(&self, column: &Column, pinned: &[(usize, &Pin)]) -> Option<arrow::array::BooleanArray> {
        let (threshold, stream) = column.null.as_ref()?;
        let words = self.words(stream, 1);
        let falls = |i: usize| words[i] < *threshold || *threshold == u64::MAX;
        let mut mask = BooleanBuffer::collect_bool(words.len(), falls);
        if !pinned.is_empty() {
            let mut falls: Vec<bool> = mask.iter().collect();
            pinned.iter().for_each(|(place, _)| falls[*place] = false);
            mask = falls.into();
        }
        Some(arrow::array::BooleanArray::new(mask, None))
    }

    /// An input of the table's recipes.
    pub(crate) fn input(&self, i: InputId) -> Result<ArrayRef, ValueError> {
        if let Some(array) = &self.inputs.borrow()[i.index()] {
            return Ok(array.clone());
        }
        let array = match &self.described().inputs[i] {
            Input::Column { hops, column } => self.follow(hops, *column)?,
            Input::Row => position::row_numbers(&self.rows),
            Input::Ordinal => self.family()?.ordinals(),
            Input::Siblings => self.family()?.siblings(),
            Input::Total { child, total, column } => total::total(self, *child, *total, *column)?,
            Input::Neighbour { side, column } => neighbour::neighbour(self, *side, *column)?,
            Input::Running { total, column } => running::running(self, *total, *column)?,
        };
        self.inputs.borrow_mut()[i.index()] = Some(array.clone());
        Ok(array)
    }

    /// An input, of which only some rows are asked for: an error in other rows does not matter, and they are NULL then.
    pub(crate) fn input_where(
        &self,
        i: InputId,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<ArrayRef, ValueError> {
        self.input(i).or_else(|error| {
            let map = (0..self.len() as u32).map(|row| wanted(row as usize).then_some(row)).collect();
            let all = Self::new(self.plan, self.table, self.rows.clone());
            let step = Step { frame: all, map: Some(map) }.narrowed().ok_or(error)?;
            step.take(step.frame.input(i)?)
        })
    }

    /// Inputs by slot.
    pub(crate) fn inputs(&self, inputs: &[InputId]) -> Result<Vec<ArrayRef>, ValueError> {
        inputs.iter().map(|&i| self.input(i)).collect()
    }

    fn follow(&self, hops: &[Hop], column: ColumnId) -> Result<ArrayRef, ValueError> {
        let Some((hop, rest)) = hops.split_first() else { return self.column(column) };
        let step = self.step(*hop)?;
        match step.frame.follow(rest, column) {
            Ok(array) => step.take(array),
            // Perhaps it was a row that is not asked for.
            Err(error) => {
                let step = step.narrowed().ok_or(error)?;
                step.take(step.frame.follow(rest, column)?)
            }
        }
    }

    /// A column of the rows that an input leads to, each of them once. For long values that many rows share.
    pub(crate) fn far(&self, i: InputId) -> Result<Far, ValueError> {
        match &self.described().inputs[i] {
            Input::Column { hops, column } => self.far_along(hops, *column),
            _ => Ok(Far { values: self.input(i)?, map: None }),
        }
    }

    fn far_along(&self, hops: &[Hop], column: ColumnId) -> Result<Far, ValueError> {
        let Some((hop, rest)) = hops.split_first() else {
            return Ok(Far { values: self.column(column)?, map: None });
        };
        let mut step = self.step(*hop)?;
        let far = match step.frame.far_along(rest, column) {
            Ok(far) => far,
            Err(error) => {
                step = Rc::new(step.narrowed().ok_or(error)?);
                step.frame.far_along(rest, column)?
            }
        };
        let map = match (&step.map, far.map) {
            (None, map) => map,
            (Some(first), None) => Some(first.clone()),
            (Some(first), Some(then)) => {
                let through = |at: u32| then.is_valid(at as usize).then(|| then.value(at as usize));
                Some(first.iter().map(|at| at.and_then(through)).collect())
            }
        };
        Ok(Far { values: far.values, map })
    }

    /// The row numbers at the end of a way, in the table there; `None` where the way leads nowhere.
    pub(crate) fn rows_at(&self, hops: &[Hop]) -> Result<Vec<Option<u64>>, ValueError> {
        let Some((hop, rest)) = hops.split_first() else { return Ok(self.rows.iter().map(Some).collect()) };
        let mut step = self.step(*hop)?;
        let rows = match step.frame.rows_at(rest) {
            Ok(rows) => rows,
            Err(error) => {
                step = Rc::new(step.narrowed().ok_or(error)?);
                step.frame.rows_at(rest)?
            }
        };
        Ok(match &step.map {
            None => rows,
            Some(map) => map.iter().map(|at| at.and_then(|at| rows[at as usize])).collect(),
        })
    }

    fn step(&self, hop: Hop) -> Result<Rc<Step<'p>>, ValueError> {
        match hop {
            Hop::Parent => {
                if let Some(step) = self.parent.get() {
                    return Ok(step.clone());
                }
                let step = Rc::new(self.parent_step()?);
                Ok(self.parent.get_or_init(|| step).clone())
            }
            Hop::Reference(c) => {
                if let Some((_, step)) = self.references.borrow().iter().find(|(known, _)| *known == c) {
                    return Ok(step.clone());
                }
                let step = Rc::new(self.reference_step(c)?);
                self.references.borrow_mut().push((c, step.clone()));
                Ok(step)
            }
        }
    }

    fn parent_step(&self) -> Result<Step<'p>, ValueError> {
        let family = self.family()?;
        let Source::Per { parent, .. } = self.described().source else {
            return Err(ValueError {
                table: self.described().name.clone(),
                column: "*".to_owned(),
                message: "has no parent".into(),
                row: None,
            });
        };
        let map = Some(UInt32Array::from(family.index.clone()));
        Ok(Step { frame: Frame::new(self.plan, parent, family.parents.clone()), map })
    }

    fn reference_step(&self, c: ColumnId) -> Result<Step<'p>, ValueError> {
        let column = &self.described().columns[c];
        let Some(reference) = column.reference() else {
            return Err(self.value_error(column, "is not a reference".into()));
        };
        let mut picks = self.picks(column, reference)?;
        if let Some(nulls) = self.null_mask(column, &pinned::places(self, column)?) {
            let kept = picks.iter().zip(nulls.values()).map(|(pick, null)| pick.filter(|_| !null));
            picks = Rc::new(kept.collect());
        }
        // A small table is worked out whole, which costs less than row by row.
        if let Source::Root { rows } = self.plan.model.tables[reference.target].source
            && rows <= (self.len() as u64 / 2).max(64)
        {
            let map: UInt32Array = picks.iter().map(|pick| pick.map(|row| row as u32)).collect();
            let frame = Frame::new(self.plan, reference.target, Rows::Range(0..rows));
            return Ok(Step { frame, map: Some(map) });
        }
        let (rows, map) = pick::each_once(&picks);
        Ok(Step { frame: Frame::new(self.plan, reference.target, rows), map })
    }

    /// The rows that a reference picks, before NULLs.
    pub(crate) fn picks(&self, column: &Column, reference: &Reference) -> Result<Picks, ValueError> {
        // What an array consists of has no place among the columns.
        let place =
            self.described().columns.iter().position(|known| std::ptr::eq(known, column)).map(ColumnId::new);
        if let Some((_, picks)) = self.picks.borrow().iter().find(|(known, _)| Some(*known) == place) {
            return Ok(picks.clone());
        }
        let mut picks = pick::picks(self, column, reference)?;
        pinned::redirect(self, column, reference, &mut picks)?;
        let picks = Rc::new(picks);
        self.picks.borrow_mut().extend(place.map(|place| (place, picks.clone())));
        Ok(picks)
    }

    /// The step to siblings on one side, made once.
    pub(super) fn beside(
        &self,
        side: Side,
        make: impl FnOnce() -> Result<Rc<Step<'p>>, ValueError>,
    ) -> Result<Rc<Step<'p>>, ValueError> {
        let known = match side {
            Side::Before => &self.beside[0],
            Side::Behind => &self.beside[1],
        };
        if let Some(step) = known.get() {
            return Ok(step.clone());
        }
        let step = make()?;
        Ok(known.get_or_init(|| step).clone())
    }

    /// Where these rows stand among their siblings.
    pub(crate) fn family(&self) -> Result<Rc<Family>, ValueError> {
        if let Some(family) = self.family.get() {
            return Ok(family.clone());
        }
        let family = Rc::new(Family::of(self.plan, self.table, &self.rows)?);
        Ok(self.family.get_or_init(|| family).clone())
    }
}

impl Frame<'_> {
    /// The bytes of all that has been worked out here and in the frames that steps lead to.
    pub(crate) fn bytes(&self) -> u64 {
        let arrays = |kept: &RefCell<Vec<Option<ArrayRef>>>| {
            kept.borrow().iter().flatten().map(|array| own_bytes(array)).sum::<u64>()
        };
        let steps = self.references.borrow();
        let steps = steps.iter().map(|(_, step)| step.frame.bytes()).sum::<u64>();
        let parent = self.parent.get().map_or(0, |step| step.frame.bytes());
        let beside = self.beside.iter().filter_map(OnceCell::get).map(|step| step.frame.bytes()).sum::<u64>();
        arrays(&self.columns) + arrays(&self.inputs) + steps + parent + beside
    }
}

/// The bytes of an array; the values of a dictionary are shared by many.
pub(crate) fn own_bytes(array: &dyn Array) -> u64 {
    let data = match array.as_any_dictionary_opt() {
        Some(dictionary) => dictionary.keys().to_data(),
        None => array.to_data(),
    };
    data.get_slice_memory_size().unwrap_or(0) as u64
}

/// The validity of an array, when some value is NULL.
pub(crate) fn nulls_of(array: &ArrayRef) -> Option<NullBuffer> {
    array.logical_nulls().filter(|nulls| nulls.null_count() > 0)
}

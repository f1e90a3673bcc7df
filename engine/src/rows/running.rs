//! Totals over the siblings up to a row.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::frame::nulls_of;
use super::{Carry, Frame, carried};
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::TotalKind;
use crate::plan::carried::{Carrying, Key, State};

/// A total over the siblings up to each row of a frame.
pub(super) fn running(frame: &Frame, kind: TotalKind, column: ColumnId) -> Result<ArrayRef, ValueError> {
    let described = &frame.described().columns[column];
    let failed = |message: String| frame.value_error(described, message);
    let total = Running { table: frame.table, kind, column };
    let states = carried(frame, &total, failed)?;
    total.values(&states, &described.ty.arrow()).map_err(|message| failed(message.to_owned()))
}

/// A total that runs over a column.
struct Running {
    table: TableId,
    kind: TotalKind,
    column: ColumnId,
}

/// A type whose values are held as whole numbers or as doubles.
trait Held: ArrowPrimitiveType {
    fn into_state(value: Self::Native, state: &mut State);
    fn of_state(state: &State) -> Self::Native;
    /// Whether a value comes before what the state holds.
    fn is_before(value: Self::Native, state: &State) -> bool;
}

macro_rules! held {
    (whole: $($ty:ty),*) => {$(
        impl Held for $ty {
            fn into_state(value: Self::Native, state: &mut State) {
                state.whole = value.into();
            }

            fn of_state(state: &State) -> Self::Native {
                // It is a value of this type that was put there.
                state.whole as Self::Native
            }

            fn is_before(value: Self::Native, state: &State) -> bool {
                i128::from(value) < state.whole
            }
        }
    )*};
    (real: $($ty:ty),*) => {$(
        impl Held for $ty {
            fn into_state(value: Self::Native, state: &mut State) {
                state.real = value.into();
            }

            fn of_state(state: &State) -> Self::Native {
                state.real as Self::Native
            }

            // The order that totals have, with NaN at the end.
            fn is_before(value: Self::Native, state: &State) -> bool {
                f64::from(value).total_cmp(&state.real).is_lt()
            }
        }
    )*};
}

held!(whole: Int16Type, Int32Type, Int64Type, Decimal128Type, Date32Type, TimestampMicrosecondType, Time64MicrosecondType);
held!(real: Float32Type, Float64Type);

/// Calls a function of a type for the Arrow type of a column that totals can be over.
macro_rules! of_type {
    ($ty:expr, $call:ident::<_>($($argument:expr),*)) => {
        match $ty {
            DataType::Int16 => $call::<Int16Type>($($argument),*),
            DataType::Int32 => $call::<Int32Type>($($argument),*),
            DataType::Decimal128(..) => $call::<Decimal128Type>($($argument),*),
            DataType::Date32 => $call::<Date32Type>($($argument),*),
            DataType::Timestamp(..) => $call::<TimestampMicrosecondType>($($argument),*),
            DataType::Time64(_) => $call::<Time64MicrosecondType>($($argument),*),
            DataType::Float32 => $call::<Float32Type>($($argument),*),
            DataType::Float64 => $call::<Float64Type>($($argument),*),
            _ => $call::<Int64Type>($($argument),*),
        }
    };
}

impl Carry for Running {
    type Read = (ArrayRef, Option<NullBuffer>);

    fn key(&self) -> Key {
        (self.table, self.column, Carrying::Total(self.kind))
    }

    fn columns(&self) -> &[ColumnId] {
        std::slice::from_ref(&self.column)
    }

    fn read(&self, frame: &Frame) -> Result<Self::Read, ValueError> {
        let values = frame.column(self.column)?;
        let nulls = nulls_of(&values);
        Ok((values, nulls))
    }

    fn over(
        &self,
        (values, nulls): &Self::Read,
        places: Range<usize>,
        state: &mut State,
        mut each: impl FnMut(&State),
    ) -> Result<(), String> {
        let nulls = nulls.as_ref();
        match (self.kind, values.data_type()) {
            (TotalKind::Count, _) => carry(places, nulls, state, each, |_, _| Ok(())),
            (TotalKind::Sum | TotalKind::Avg, DataType::Decimal128(..)) => {
                let values = values.as_primitive::<Decimal128Type>().values();
                carry(places, nulls, state, each, |i, state| {
                    state.whole = state.whole.checked_add(values[i]).ok_or(OVERFLOW)?;
                    Ok(())
                })
            }
            (TotalKind::Sum | TotalKind::Avg, DataType::Int64) => {
                let values = values.as_primitive::<Int64Type>().values();
                carry(places, nulls, state, each, |i, state| {
                    // Fits: there are fewer than 2^53 rows.
                    state.whole += i128::from(values[i]);
                    Ok(())
                })
            }
            (TotalKind::Sum | TotalKind::Avg, _) => {
                let values = values.as_primitive::<Float64Type>().values();
                carry(places, nulls, state, each, |i, state| {
                    state.real += values[i];
                    Ok(())
                })
            }
            (TotalKind::Min, ty) => of_type!(ty, least::<_>(values, places, nulls, state, &mut each)),
            (TotalKind::Max, ty) => of_type!(ty, greatest::<_>(values, places, nulls, state, &mut each)),
        }
    }
}

const OVERFLOW: &str = "numeric field overflow";

/// Adds the values that are not NULL to a state.
#[inline]
fn carry(
    places: Range<usize>,
    nulls: Option<&NullBuffer>,
    state: &mut State,
    mut each: impl FnMut(&State),
    mut add: impl FnMut(usize, &mut State) -> Result<(), &'static str>,
) -> Result<(), String> {
    for i in places {
        if nulls.is_none_or(|nulls| nulls.is_valid(i)) {
            add(i, state)?;
            state.counted += 1;
        }
        each(state);
    }
    Ok(())
}

fn least<T: Held>(
    values: &ArrayRef,
    places: Range<usize>,
    nulls: Option<&NullBuffer>,
    state: &mut State,
    each: &mut impl FnMut(&State),
) -> Result<(), String> {
    let values = values.as_primitive::<T>().values();
    carry(places, nulls, state, each, |i, state| {
        if state.counted == 0 || T::is_before(values[i], state) {
            T::into_state(values[i], state);
        }
        Ok(())
    })
}

fn greatest<T: Held>(
    values: &ArrayRef,
    places: Range<usize>,
    nulls: Option<&NullBuffer>,
    state: &mut State,
    each: &mut impl FnMut(&State),
) -> Result<(), String> {
    let values = values.as_primitive::<T>().values();
    carry(places, nulls, state, each, |i, state| {
        let mut value = State::default();
        T::into_state(values[i], &mut value);
        if state.counted == 0 || T::is_before(T::of_state(state), &value) {
            T::into_state(values[i], state);
        }
        Ok(())
    })
}

impl Running {
    /// The values that states stand for, of a column of that type.
    fn values(&self, states: &[State], ty: &DataType) -> Result<ArrayRef, &'static str> {
        let some = |state: &State| state.counted > 0;
        Ok(match (self.kind, ty) {
            (TotalKind::Count, _) => {
                Arc::new(Int64Array::from_iter_values(states.iter().map(|state| state.counted.cast_signed())))
            }
            (TotalKind::Avg, _) => {
                let mean = |state: &State| some(state).then(|| state.real / state.counted as f64);
                Arc::new(states.iter().map(mean).collect::<Float64Array>())
            }
            (TotalKind::Sum, DataType::Decimal128(_, scale)) => {
                if states.iter().any(|state| state.whole.unsigned_abs() >= 10u128.pow(38)) {
                    return Err(OVERFLOW);
                }
                let sums = states.iter().map(|state| some(state).then_some(state.whole));
                Arc::new(sums.collect::<Decimal128Array>().with_data_type(DataType::Decimal128(38, *scale)))
            }
            (TotalKind::Sum, DataType::Int64) => {
                let sum = |state: &State| match i64::try_from(state.whole) {
                    Ok(sum) => Ok(some(state).then_some(sum)),
                    Err(_) => Err("bigint out of range"),
                };
                Arc::new(states.iter().map(sum).collect::<Result<Int64Array, _>>()?)
            }
            (TotalKind::Sum, _) => {
                let sums = states.iter().map(|state| some(state).then_some(state.real));
                Arc::new(sums.collect::<Float64Array>())
            }
            (TotalKind::Min | TotalKind::Max, ty) => of_type!(ty, held::<_>(states, ty)),
        })
    }
}

fn held<T: Held>(states: &[State], ty: &DataType) -> ArrayRef {
    let values = states.iter().map(|state| (state.counted > 0).then(|| T::of_state(state)));
    Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(ty.clone()))
}

//! The numbers of walks: doubles, and decimals as numbers of last digits.

use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float64Type};

use super::BEYOND;
use crate::plan::carried::State;

/// What PostgreSQL says of a numeric with too many digits.
pub(super) const OVERFLOW: &str = "numeric field overflow";

/// A number that walks.
pub(super) trait Number: ArrowPrimitiveType {
    /// The number that a state holds.
    fn of(state: &State) -> Self::Native;
    /// Puts a number into a state.
    fn put(value: Self::Native, state: &mut State);
    /// A step on, after a share of the distance to what pulls.
    fn stepped(
        at: Self::Native,
        step: Self::Native,
        pull: Option<(Self::Native, f64)>,
    ) -> Result<Self::Native, &'static str>;
    /// Between two bounds, as often as it takes; the lower one is below the upper one.
    fn folded(at: Self::Native, low: Self::Native, high: Self::Native) -> Self::Native;
    /// As far on this side of a bound as a value is beyond it.
    fn mirrored(at: Self::Native, bound: Self::Native) -> Self::Native;
    /// Refuses what no walk goes on from.
    fn check(at: Self::Native) -> Result<Self::Native, &'static str>;
}

impl Number for Float64Type {
    fn of(state: &State) -> f64 {
        state.real
    }

    fn put(value: f64, state: &mut State) {
        state.real = value;
    }

    fn stepped(at: f64, step: f64, pull: Option<(f64, f64)>) -> Result<f64, &'static str> {
        let pulled = pull.map_or(at, |(toward, share)| at + share * (toward - at));
        Self::check(pulled + step)
    }

    fn folded(at: f64, low: f64, high: f64) -> f64 {
        let width = high - low;
        let there_and_back = (at - low).rem_euclid(2.0 * width);
        let from_low = if there_and_back > width { 2.0 * width - there_and_back } else { there_and_back };
        // Rounding may lead out again.
        (low + from_low).max(low).min(high)
    }

    fn mirrored(at: f64, bound: f64) -> f64 {
        bound + (bound - at)
    }

    fn check(at: f64) -> Result<f64, &'static str> {
        if at.is_finite() { Ok(at) } else { Err("the walk leaves the numbers") }
    }
}

impl Number for Decimal128Type {
    fn of(state: &State) -> i128 {
        state.whole
    }

    fn put(value: i128, state: &mut State) {
        state.whole = value;
    }

    fn stepped(at: i128, step: i128, pull: Option<(i128, f64)>) -> Result<i128, &'static str> {
        let pulled = match pull {
            None => at,
            Some((toward, share)) => {
                let distance = toward.checked_sub(at).ok_or(OVERFLOW)?;
                // Half a last digit is rounded away from zero, as everywhere.
                at.checked_add(libm::round(share * distance as f64) as i128).ok_or(OVERFLOW)?
            }
        };
        Self::check(pulled.checked_add(step).ok_or(OVERFLOW)?)
    }

    fn folded(at: i128, low: i128, high: i128) -> i128 {
        let width = high - low;
        let there_and_back = (at - low).rem_euclid(2 * width);
        low + there_and_back.min(2 * width - there_and_back)
    }

    fn mirrored(at: i128, bound: i128) -> i128 {
        bound + (bound - at)
    }

    // Far from what 128 bits hold, so that what is computed of two such numbers fits, too.
    fn check(at: i128) -> Result<i128, &'static str> {
        if at.unsigned_abs() < BEYOND * BEYOND { Ok(at) } else { Err(OVERFLOW) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_turns_round_as_often_as_it_takes() {
        for (at, folded) in [(-3, 3), (0, 0), (4, 4), (10, 10), (13, 7), (20, 0), (27, 7), (-25, 5), (-13, 7)]
        {
            assert_eq!(Decimal128Type::folded(at, 0, 10), folded, "{at}");
            assert_eq!(Float64Type::folded(at as f64, 0.0, 10.0), folded as f64, "{at}");
            assert_eq!(Decimal128Type::folded(at - 5, -5, 5), folded - 5, "{at}");
        }
        assert_eq!(Float64Type::mirrored(-2.0, 1.0), 4.0);
    }

    #[test]
    fn a_pull_is_rounded_to_the_last_digit() {
        assert_eq!(Decimal128Type::stepped(100, 3, Some((0, 0.125))), Ok(90));
        assert_eq!(Decimal128Type::stepped(100, 0, Some((200, 0.005))), Ok(101));
        assert_eq!(Float64Type::stepped(100.0, 3.0, Some((0.0, 0.125))), Ok(90.5));
        assert!(Decimal128Type::stepped(i128::MAX, 1, None).is_err());
        assert!(Float64Type::stepped(f64::MAX, f64::MAX, None).is_err());
    }
}

//! Numbers that come again and again, such as rates and quantities: a column that has few of them has each written once.

use std::iter;

/// More different values than this are not few.
const MOST: usize = 256;

/// Columns with fewer rows are not tried: little would be gained.
const LEAST_ROWS: usize = 1024;

/// The places of a hash table that stays mostly empty.
const PLACES: usize = 4 * MOST;

/// What stands in an empty place; no value that is looked for.
const NOTHING: i64 = i64::MIN;

/// The different values of a column, in the order in which they come, and which of them each row has. None if there are few rows
/// or many values, or if a value does not fit into 64 bits, of which the lowest counts as none.
pub(super) fn repeated(values: impl ExactSizeIterator<Item = i128>) -> Option<(Vec<i128>, Vec<i32>)> {
    if values.len() < LEAST_ROWS {
        return None;
    }
    let mut different = Vec::with_capacity(MOST);
    // The value of each place, and which of the different ones it is.
    let mut known = [NOTHING; PLACES];
    let mut number = [0; PLACES];
    let mut numbers = vec![0; values.len()];
    for (value, of) in iter::zip(values, &mut numbers) {
        let value = i64::try_from(value).ok().filter(|value| *value != NOTHING)?;
        let mut place = home(value);
        while known[place] != value {
            if known[place] != NOTHING {
                place = (place + 1) % PLACES;
            } else if different.len() < MOST {
                number[place] = different.len() as i32;
                different.push(i128::from(value));
                known[place] = value;
            } else {
                return None;
            }
        }
        *of = number[place];
    }
    Some((different, numbers))
}

/// Where a value is looked for first. One product would put multiples of some numbers side by side.
fn home(value: i64) -> usize {
    let word = value.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((word ^ word >> 32).wrapping_mul(0x94d0_49bb_1331_11eb) >> (u64::BITS - PLACES.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many different values as there may be, multiples of a step.
    fn multiples(step: i64) -> Vec<i128> {
        (0..2000).map(|i| i128::from(i % MOST as i64 * step)).collect()
    }

    #[test]
    fn few_values_are_numbered_as_they_come() {
        let values: Vec<i128> = (0..5000).map(|i| [7, -3, 0, i128::from(i64::MAX)][i % 4]).collect();
        let (different, numbers) = repeated(values.into_iter()).unwrap();
        assert_eq!(different, [7, -3, 0, i128::from(i64::MAX)]);
        assert!(numbers.iter().enumerate().all(|(i, number)| *number as usize == i % 4));
    }

    #[test]
    fn values_that_fall_into_one_place_are_told_apart() {
        let mut collisions = 0;
        for step in [1, -1, 100, 1597, 1 << 54] {
            let values = multiples(step);
            let (different, numbers) = repeated(values.iter().copied()).unwrap();
            assert_eq!(different.len(), MOST);
            assert!(numbers.iter().map(|number| different[*number as usize]).eq(values));
            let mut homes: Vec<usize> = different.iter().map(|value| home(*value as i64)).collect();
            homes.sort_unstable();
            homes.dedup();
            collisions += MOST - homes.len();
        }
        assert!((50..500).contains(&collisions), "{collisions}");
    }

    #[test]
    fn one_value_more_is_too_many() {
        let mut values = multiples(3);
        assert!(repeated(values.iter().copied()).is_some());
        values.push(1);
        assert!(repeated(values.into_iter()).is_none());
    }

    #[test]
    fn short_columns_and_large_numbers_are_left_alone() {
        assert!(repeated([1; LEAST_ROWS - 1].into_iter()).is_none());
        assert!(repeated([1; LEAST_ROWS].into_iter()).is_some());
        for large in [1 << 64, i128::from(NOTHING)] {
            assert!(repeated([large; LEAST_ROWS].into_iter()).is_none());
        }
    }
}

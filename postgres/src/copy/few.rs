//! Numbers that come again and again, such as rates and quantities: a column that has few of them has each written once.

use std::iter;

/// More different values than this are not few.
const MOST: usize = 256;

/// Columns with fewer rows are not looked at: little would be gained.
const LEAST_ROWS: usize = 1024;

/// The places of a hash table that stays mostly empty.
const PLACES: usize = 4 * MOST;

/// What stands in an empty place; no value that is looked for.
const NOTHING: i64 = i64::MIN;

/// The different values of a column, in the order in which they come, and which of them each row has. None if there are many,
/// or if one is not within 64 bits.
pub(super) fn few(values: &[i128]) -> Option<(Vec<i64>, Vec<i32>)> {
    if values.len() < LEAST_ROWS {
        return None;
    }
    let mut different = Vec::with_capacity(MOST);
    // The value of each place, and which of the different ones it is.
    let mut known = [NOTHING; PLACES];
    let mut number = [0; PLACES];
    let mut numbers = vec![0; values.len()];
    for (value, of) in iter::zip(values, &mut numbers) {
        let value = i64::try_from(*value).ok().filter(|value| *value != NOTHING)?;
        let mut place = home(value);
        while known[place] != value {
            if known[place] != NOTHING {
                place = (place + 1) % PLACES;
            } else if different.len() < MOST {
                number[place] = different.len() as i32;
                different.push(value);
                known[place] = value;
            } else {
                return None;
            }
        }
        *of = number[place];
    }
    Some((different, numbers))
}

/// Where a value is looked for first: the highest bits of a product with an odd number, which depend on all of its bits.
fn home(value: i64) -> usize {
    (value.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_numbered_as_they_come() {
        let values: Vec<i128> = (0..5000).map(|i| [7, -3, 0, i128::from(i64::MAX)][i % 4]).collect();
        let (different, numbers) = few(&values).unwrap();
        assert_eq!(different, [7, -3, 0, i64::MAX]);
        assert!(numbers.iter().enumerate().all(|(i, number)| *number as usize == i % 4));
    }

    #[test]
    fn as_many_as_there_may_be_and_one_more() {
        let values = |different: i128| (0..2000).map(|i| i % different).collect::<Vec<_>>();
        let (different, numbers) = few(&values(MOST as i128)).unwrap();
        let found = numbers.iter().map(|number| i128::from(different[*number as usize]));
        assert!(found.eq(values(MOST as i128)));
        assert!(few(&values(MOST as i128 + 1)).is_none());
    }

    #[test]
    fn short_columns_and_large_numbers_are_left_alone() {
        assert!(few(&[1; LEAST_ROWS - 1]).is_none());
        assert!(few(&[1; LEAST_ROWS]).is_some());
        for large in [1 << 64, i128::from(NOTHING)] {
            assert!(few(&[large; LEAST_ROWS]).is_none());
        }
    }
}

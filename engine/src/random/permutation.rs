//! A shuffled order of `0..n` whose places can be looked up in both directions, without storing it.

use super::{Invalid, Trickle, below};

/// Up to here a permutation is written out, four bits for each place of a word.
const LARGEST_TABLE: u64 = 16;

/// A keyed bijection of `0..n`: distinct indices give distinct values, and all of them are reached.
///
/// Up to 16, the permutation is written out in one word by the shuffle of R. A. Fisher and F. Yates. Above,
/// it is a generalised Feistel network: J. Black, P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA
/// 2002. An index is split into two digits, `high` × `width` + `low` with about √*n* values each, and each
/// round moves one digit by a keyed hash of the other, modulo its range. The rectangle has less than `width`
/// cells more than *n*; an index that lands on one of those goes through the network again (cycle walking),
/// which happens about once in 2√*n* applications.
///
/// Over random keys, all orders of up to 16 places are equally likely (to 2^-19); above, single places, pairs
/// and triples of places are as good as uniform, but there are far fewer keys than orders. It is no cipher.
///
/// Cost: nothing is allocated. Construction takes 15 ns, or up to 38 ns to write out a table of 16.
/// Application takes 1 ns from a table, 40 ns for *n* below 128 and 26 ns above; inversion is as quick, but
/// takes up to 6 ns in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation {
    n: u64,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// The value at place *i* in the bits from 4 *i* on.
    Table(u64),
    Network(Network),
}

/// A permutation of the cells of a rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    key: [u64; 2],
    height: u64,
    width: u64,
    /// Each round moves both digits once.
    rounds: u64,
}

impl Permutation {
    /// The permutation of `0..n` that `key`, two random words, stands for.
    ///
    /// # Errors
    /// When `n` is 0.
    pub fn new(key: [u64; 2], n: u64) -> Result<Self, Invalid> {
        if n == 0 {
            return Err(Invalid::new("n", "at least 1", "`0`"));
        }
        let shape = if n <= LARGEST_TABLE {
            Shape::Table(table(key, n))
        } else {
            Shape::Network(Network::new(key, n))
        };
        Ok(Self { n, shape })
    }

    /// The value at place `index`.
    ///
    /// # Panics
    /// When `index` is not below `n`.
    #[inline]
    pub fn apply(&self, index: u64) -> u64 {
        assert!(index < self.n, "index {index} of a permutation of {}", self.n);
        match &self.shape {
            Shape::Table(table) => entry(*table, index),
            Shape::Network(network) => {
                let mut value = network.apply(index);
                while value >= self.n {
                    value = network.apply(value);
                }
                value
            }
        }
    }

    /// The place of `value`: `invert(apply(index)) == index`.
    ///
    /// # Panics
    /// When `value` is not below `n`.
    #[inline]
    pub fn invert(&self, value: u64) -> u64 {
        assert!(value < self.n, "value {value} of a permutation of {}", self.n);
        match &self.shape {
            Shape::Table(table) => {
                let place = (0..self.n).find(|index| entry(*table, *index) == value);
                place.expect("every value has a place")
            }
            Shape::Network(network) => {
                let mut index = network.invert(value);
                while index >= self.n {
                    index = network.invert(index);
                }
                index
            }
        }
    }
}

/// The shuffled numbers `0..n`, for `n` up to 16.
fn table(key: [u64; 2], n: u64) -> u64 {
    let mut word = Trickle::new(key[0] ^ key[1].rotate_left(32)).next();
    let mut table = 0xfedc_ba98_7654_3210;
    for last in (1..n).rev() {
        // One word has enough digits for all steps: 16! is about 2^44.
        let product = u128::from(word) * u128::from(last + 1);
        let other = (product >> 64) as u64;
        word = product as u64;
        let difference = entry(table, last) ^ entry(table, other);
        table ^= difference << (4 * last) ^ difference << (4 * other);
    }
    table
}

/// The value at a place of a table.
#[inline]
fn entry(table: u64, index: u64) -> u64 {
    table >> (4 * index) & 0xf
}

impl Network {
    fn new(key: [u64; 2], n: u64) -> Self {
        // Any width near the square root will do, and IEEE 754 makes it the same everywhere. It is at most
        // 2^32, and the cells are at most 2^64, because no multiple of 2^32 lies between 2^64 and `n`.
        let width = libm::ceil(libm::sqrt(n as f64)) as u64;
        // Measured with triples of places: 17 places need 5 rounds, 49 need 4.
        let rounds = if n < 128 { 6 } else { 4 };
        Self { key, height: n.div_ceil(width), width, rounds }
    }

    #[inline]
    fn apply(&self, cell: u64) -> u64 {
        let (mut high, mut low) = (cell / self.width, cell % self.width);
        for round in 0..self.rounds {
            high = add(high, shift(self.key[0], round, low, self.height), self.height);
            low = add(low, shift(self.key[1], round, high, self.width), self.width);
        }
        // Cannot overflow: it is a cell, and so below 2^64.
        high * self.width + low
    }

    #[inline]
    fn invert(&self, cell: u64) -> u64 {
        let (mut high, mut low) = (cell / self.width, cell % self.width);
        for round in (0..self.rounds).rev() {
            low = subtract(low, shift(self.key[1], round, high, self.width), self.width);
            high = subtract(high, shift(self.key[0], round, low, self.height), self.height);
        }
        high * self.width + low
    }
}

/// How far a round moves one digit, which depends on the other digit: a number below `range`.
#[inline]
fn shift(key: u64, round: u64, other_digit: u64, range: u64) -> u64 {
    // Multiply, fold, multiply: the high bits, which `below` looks at, depend on all bits of the sum.
    let key = key.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut hash = other_digit.wrapping_add(key).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    below(hash, range)
}

/// (a + b) mod `range`, for both below `range` ≤ 2^32.
#[inline]
fn add(a: u64, b: u64, range: u64) -> u64 {
    let sum = a + b;
    if sum < range { sum } else { sum - range }
}

/// (a − b) mod `range`, for both below `range`.
#[inline]
fn subtract(a: u64, b: u64, range: u64) -> u64 {
    if a >= b { a - b } else { a + range - b }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::goodness;

    fn keys(count: u64) -> impl Iterator<Item = [u64; 2]> {
        goodness::words("permutation", 2 * count).as_chunks().0.to_vec().into_iter()
    }

    #[test]
    fn values_are_stable() {
        let values = |n| (0..6).map(|i| Permutation::new([1, 2], n).unwrap().apply(i)).collect::<Vec<_>>();
        assert_eq!(values(6), [1, 2, 5, 0, 3, 4]);
        assert_eq!(values(17), [3, 10, 13, 0, 5, 6]);
        assert_eq!(values(1_000_000), [772_182, 470_658, 705_278, 797_970, 34_399, 831_776]);
        let expected = [
            15_031_381_273_851_703_472,
            7_076_913_272_917_377_453,
            1_704_259_915_727_521_174,
            2_377_431_090_436_650_184,
            12_792_575_571_186_393_736,
            3_730_107_139_766_402_840,
        ];
        assert_eq!(values(u64::MAX), expected);
    }

    #[test]
    fn small_ones_are_bijections() {
        for n in 1..=300 {
            for key in keys(5) {
                let permutation = Permutation::new(key, n).unwrap();
                let mut seen = vec![false; n as usize];
                for index in 0..n {
                    let value = permutation.apply(index);
                    assert!(!std::mem::replace(&mut seen[value as usize], true), "n {n}: {value} twice");
                    assert_eq!(permutation.invert(value), index);
                }
            }
        }
    }

    #[test]
    fn an_empty_one_is_refused() {
        let message = Permutation::new([1, 2], 0).unwrap_err().to_string();
        assert_eq!(message, "n: expected at least 1, found `0`");
    }

    #[test]
    #[should_panic(expected = "index 6 of a permutation of 6")]
    fn an_index_outside_panics() {
        Permutation::new([1, 2], 6).unwrap().apply(6);
    }

    /// Over random keys, all n! orders are equally likely.
    fn orders_are_uniform(draws: u64) {
        for (n, orders) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720), (7, 5040)] {
            let rank = |key| {
                let permutation = Permutation::new(key, n).unwrap();
                let values: Vec<u64> = (0..n).map(|index| permutation.apply(index)).collect();
                // The Lehmer code.
                (0..values.len()).fold(0, |rank, i| {
                    let smaller = values[i + 1..].iter().filter(|value| **value < values[i]).count();
                    rank * (values.len() - i) as u64 + smaller as u64
                })
            };
            let counts = goodness::count(keys(draws).map(rank), orders);
            goodness::assert_discrete(&counts, &vec![1.0 / orders as f64; orders]);
        }
    }

    #[test]
    fn small_orders_are_uniform() {
        orders_are_uniform(goodness::DRAWS);
    }

    #[test]
    #[ignore = "slow: run with make test-slow"]
    fn slow_small_orders_are_uniform() {
        orders_are_uniform(goodness::MANY_DRAWS);
    }

    /// Over random keys, three neighbouring places get all triples of different values equally often.
    fn triples_are_uniform(draws: u64) {
        for n in [3, 7, 10, 16, 17, 20, 25, 31] {
            let triple = |key| {
                let permutation = Permutation::new(key, n).unwrap();
                let [a, b, c] = [n / 2 - 1, n / 2, n / 2 + 1].map(|index| permutation.apply(index));
                let (after_a, after_b) = (u64::from(c > a), u64::from(c > b));
                (a * (n - 1) + b - u64::from(b > a)) * (n - 2) + c - after_a - after_b
            };
            let triples = (n * (n - 1) * (n - 2)) as usize;
            let counts = goodness::count(keys(draws).map(triple), triples);
            goodness::assert_discrete(&counts, &vec![1.0 / triples as f64; triples]);
        }
    }

    #[test]
    fn triples_of_places_are_uniform() {
        triples_are_uniform(goodness::DRAWS);
    }

    #[test]
    #[ignore = "slow: run with make test-slow"]
    fn slow_triples_of_places_are_uniform() {
        triples_are_uniform(goodness::MANY_DRAWS);
    }

    /// Over random keys, the same for pairs.
    #[test]
    fn pairs_of_places_are_uniform() {
        for n in [2, 3, 10, 16, 17, 31, 64, 99, 100, 127, 128, 150] {
            let pair = |key| {
                let permutation = Permutation::new(key, n).unwrap();
                let (a, b) = (permutation.apply(n / 2 - 1), permutation.apply(n / 2));
                a * (n - 1) + b - u64::from(b > a)
            };
            let pairs = (n * (n - 1)) as usize;
            let counts = goodness::count(keys(goodness::DRAWS).map(pair), pairs);
            goodness::assert_discrete(&counts, &vec![1.0 / pairs as f64; pairs]);
        }
    }

    /// Under one key, the steps between the values of neighbouring places are as good as random.
    #[test]
    fn steps_of_a_large_one_are_uniform() {
        for n in [1 << 20, 1_000_003, u64::MAX] {
            let permutation = Permutation::new([3, 4], n).unwrap();
            let values: Vec<u64> = (0..50_001).map(|index| permutation.apply(index)).collect();
            let steps = values.windows(2).map(|pair| {
                let step = subtract_wide(pair[1], pair[0], n);
                (u128::from(step) * 100 / u128::from(n)) as u64
            });
            goodness::assert_discrete(&goodness::count(steps, 100), &[0.01; 100]);
        }
    }

    fn subtract_wide(a: u64, b: u64, n: u64) -> u64 {
        ((u128::from(a) + u128::from(n) - u128::from(b)) % u128::from(n)) as u64
    }

    proptest! {
        #[test]
        fn invert_undoes_apply(key: [u64; 2], n in 1u64.., place: u64) {
            let permutation = Permutation::new(key, n).unwrap();
            let index = place % n;
            let value = permutation.apply(index);
            prop_assert!(value < n);
            prop_assert_eq!(permutation.invert(value), index);
            prop_assert_eq!(permutation.apply(permutation.invert(index)), index);
        }

        #[test]
        fn middling_ones_invert_too(key: [u64; 2], n in 1u64..100_000, place: u64) {
            let permutation = Permutation::new(key, n).unwrap();
            prop_assert_eq!(permutation.invert(permutation.apply(place % n)), place % n);
        }
    }
}

//! A few more words for one row, when one was not enough.

use super::unit;

/// A tiny sequential generator that is seeded by one addressed word.
///
/// It serves draws that need an unknown number of words inside one row, such as rejection loops: whatever
/// one row takes, the words of every other row stay where they are.
///
/// The algorithm is SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014, with the constants of S. Vigna's
/// [public-domain version](https://prng.di.unimi.it/splitmix64.c). Its words are distinct over a period of
/// 2^64, and none of the first ones equals the seed in any useful sense, so the seeding word itself may be
/// used for the first trial. Cost: under 1 ns per word.
#[derive(Clone, Debug)]
pub struct Trickle {
    state: u64,
}

impl Trickle {
    /// The generator that `word` stands for.
    pub fn new(word: u64) -> Self {
        Self { state: word }
    }

    /// The next word.
    #[expect(clippy::should_implement_trait, reason = "an endless sequence has no use for `Option`")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// The word `n` places on, counted from 0, as if those before it had been taken.
    #[inline]
    pub fn nth(mut self, n: u64) -> u64 {
        self.state = self.state.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        self.next()
    }

    /// A number in `0..n` from one word; see [`below`](super::below).
    pub fn below(&mut self, n: u64) -> u64 {
        unit::below(self.next(), n)
    }

    /// A number in `0.0..1.0` from one word; see [`unit`](super::unit()).
    pub fn unit(&mut self) -> f64 {
        unit::unit(self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The witness is the published sequence for the seed 1234567, as printed on Rosetta Code and checked by
    /// several libraries against Vigna's C.
    #[test]
    fn the_words_are_published_splitmix64() {
        let mut trickle = Trickle::new(1_234_567);
        let words: Vec<u64> = (0..5).map(|_| trickle.next()).collect();
        assert_eq!(
            words,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn far_words_come_at_once() {
        let mut words = Trickle::new(7);
        for n in 0..100 {
            assert_eq!(Trickle::new(7).nth(n), words.next());
        }
    }

    #[test]
    fn numbers_come_from_one_word_each() {
        let mut words = Trickle::new(7);
        let mut numbers = Trickle::new(7);
        assert_eq!(numbers.below(100), unit::below(words.next(), 100));
        assert_eq!(numbers.unit(), unit::unit(words.next()));
        assert_eq!(numbers.next(), words.next());
    }
}

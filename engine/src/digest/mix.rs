//! The arithmetic of row hashes: 64-bit words in, well-mixed 64-bit words out.
//!
//! Words of 64 bits go through Stafford's thirteenth variant of MurmurHash3's finaliser, the one that SplitMix64 made
//! known: a bijection, so two different words never collide. Bytes are taken sixteen at a time by a multiplication to
//! 128 bits whose halves are folded together, as wyhash and XXH3 do. Constants without a source of their own are the
//! fractional digits of pi. Nothing here depends on the width of `usize` or the order of bytes in memory.
//!
//! These functions decide what stands in manifests: a change of any is a new [`VERSION`](super::VERSION).

/// The golden ratio's fraction, as SplitMix64 uses it.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Digits of pi.
const PI: [u64; 3] = [0x243f_6a88_85a3_08d3, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// A bijection of words.
pub(super) const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Two words as one: a bijection in either while the other stays, and the low word alone when the high one is 0.
pub(super) const fn join(low: u64, high: u64) -> u64 {
    low ^ high.wrapping_mul(GOLDEN)
}

/// A word for some bytes under a key.
pub(super) fn bytes(key: u64, bytes: &[u8]) -> u64 {
    let mut state = key;
    let mut rest = bytes;
    while rest.len() > 16 {
        state = fold(state ^ word(&rest[..8]), PI[1] ^ word(&rest[8..16]));
        rest = &rest[16..];
    }
    // The last bytes, overlapping those before where there are more than sixteen; with the length, which decides
    // how the words overlap, they are what was there.
    let (low, high) = match bytes.len() {
        0 => (0, 0),
        1..4 => {
            let at = |i: usize| u64::from(bytes[i]);
            (at(0) | at(bytes.len() / 2) << 8 | at(bytes.len() - 1) << 16, 0)
        }
        4..8 => (half(&bytes[..4]) | half(&bytes[bytes.len() - 4..]) << 32, 0),
        8..17 => (word(&bytes[..8]), word(&bytes[bytes.len() - 8..])),
        length => (word(&bytes[length - 16..length - 8]), word(&bytes[length - 8..])),
    };
    state = fold(state ^ low, PI[1] ^ high);
    fold(state ^ bytes.len() as u64, PI[2])
}

/// The word of the whole row, from the sum of its cells' words.
pub(super) const fn finish(sum: u64) -> u64 {
    mix(sum ^ PI[0])
}

/// The halves of a product, one upon the other.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// Eight bytes, the lowest first.
fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Four bytes, the lowest first.
fn half(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

//! Parquet's `DELTA_BINARY_PACKED`: the differences between numbers, less the smallest of their block, in as
//! few bits as the largest of a quarter block needs.

use super::bits::{pack, width_of, write_varint, write_zigzag};

const BLOCK: usize = 256;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

/// How wide the physical type is: differences wrap around in it, and no more bits are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Bits32,
    Bits64,
}

impl Width {
    fn difference(self, a: i64, b: i64) -> i64 {
        match self {
            Self::Bits32 => i64::from((a as i32).wrapping_sub(b as i32)),
            Self::Bits64 => a.wrapping_sub(b),
        }
    }
}

/// Appends numbers.
pub(super) fn encode(numbers: &[i64], width: Width, out: &mut Vec<u8>) {
    write_varint(BLOCK as u64, out);
    write_varint(MINIBLOCKS as u64, out);
    write_varint(numbers.len() as u64, out);
    write_zigzag(numbers.first().copied().unwrap_or_default(), out);
    match width {
        Width::Bits32 => {
            encode_blocks(numbers, |a, b| Width::Bits32.difference(a, b), |d| u64::from(d as u32), out)
        }
        Width::Bits64 => encode_blocks(numbers, |a, b| Width::Bits64.difference(a, b), |d| d as u64, out),
    }
}

fn encode_blocks(
    numbers: &[i64],
    difference: impl Fn(i64, i64) -> i64,
    unsigned: impl Fn(i64) -> u64,
    out: &mut Vec<u8>,
) {
    let mut from = 0;
    while from + 1 < numbers.len() {
        let to = (from + BLOCK).min(numbers.len() - 1);
        let mut differences = [0; BLOCK];
        let differences = &mut differences[..to - from];
        for (i, slot) in differences.iter_mut().enumerate() {
            *slot = difference(numbers[from + 1 + i], numbers[from + i]);
        }
        let least = differences.iter().copied().min().unwrap_or_default();
        write_zigzag(least, out);
        // The places of a last, short block that are not there count as zero.
        let mut excess = [0; BLOCK];
        for (slot, d) in excess.iter_mut().zip(&*differences) {
            *slot = unsigned(difference(*d, least));
        }
        let widths = excess
            .as_chunks::<MINIBLOCK>()
            .0
            .iter()
            .map(|part| width_of(part.iter().fold(0, |all, d| all | d)));
        let widths: [u32; MINIBLOCKS] = std::array::from_fn(|i| widths.clone().nth(i).unwrap_or_default());
        out.extend_from_slice(&widths.map(|width| width as u8));
        // Miniblocks without a number are left out; their width is zero.
        for (part, width) in excess.as_chunks::<MINIBLOCK>().0.iter().zip(widths) {
            pack(part, width, out);
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first example of Encodings.md, with this block size: 1 to 5 are a first number and equal
    /// differences.
    #[test]
    fn equal_differences_take_no_bits() {
        let mut out = Vec::new();
        encode(&[1, 2, 3, 4, 5], Width::Bits64, &mut out);
        assert_eq!(out, [0x80, 2, 4, 5, 2, 2, 0, 0, 0, 0]);
    }

    /// The second: 7, 5, 3, 1, 2, 3, 4, 5 have the differences -2, -2, -2, 1, 1, 1, 1, of which the least is
    /// -2.
    #[test]
    fn differences_stand_above_the_least() {
        let mut out = Vec::new();
        encode(&[7, 5, 3, 1, 2, 3, 4, 5], Width::Bits64, &mut out);
        assert_eq!(out[..10], [0x80, 2, 4, 8, 14, 3, 2, 0, 0, 0]);
        assert_eq!(out[10..12], [0b1100_0000, 0b0011_1111]);
        assert_eq!(out.len(), 10 + MINIBLOCK * 2 / 8);
    }
}

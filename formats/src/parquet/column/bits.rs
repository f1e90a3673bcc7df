//! Numbers packed into as many bits as the largest needs, the lowest bits first.

/// Appends numbers below 2^`width`; their count is a multiple of 8, so the bytes come out even.
pub(super) fn pack<T: Copy + Into<u64>>(numbers: &[T], width: u32, out: &mut Vec<u8>) {
    // One loop for each width: with shifts known to the compiler a number costs about a nanosecond.
    macro_rules! by_width {
        ($($width:literal)*) => {
            match width {
                0 => {}
                $($width => pack_width::<T, $width>(numbers, out),)*
                _ => pack_wide(numbers, width, out),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

/// Widths up to 32: eight numbers are put together in registers and stored at once.
fn pack_width<T: Copy + Into<u64>, const WIDTH: usize>(numbers: &[T], out: &mut Vec<u8>) {
    let mut at = out.len();
    // Stores are of a fixed size and reach beyond what counts.
    out.resize(at + numbers.len() / 8 * WIDTH + 32, 0);
    for eight in numbers.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = eight.map(Into::into);
        // Pairs take up to 64 bits, fours up to 128, all eight up to 256.
        let pair = |low: u64, high: u64| u128::from(low | high << WIDTH);
        let low = pair(a, b) | pair(c, d) << (2 * WIDTH);
        let high = pair(e, f) | pair(g, h) << (2 * WIDTH);
        if WIDTH <= 8 {
            let all = low as u64 | (high as u64) << (4 * WIDTH % 64);
            out[at..at + 8].copy_from_slice(&all.to_le_bytes());
        } else if WIDTH <= 16 {
            let all = low | high << (4 * WIDTH);
            out[at..at + 16].copy_from_slice(&all.to_le_bytes());
        } else {
            let (first, second) = if WIDTH == 32 {
                (low, high)
            } else {
                (low | high << (4 * WIDTH), high >> (128 - 4 * WIDTH))
            };
            out[at..at + 16].copy_from_slice(&first.to_le_bytes());
            out[at + 16..at + 32].copy_from_slice(&second.to_le_bytes());
        }
        at += WIDTH;
    }
    out.truncate(at);
}

/// Widths up to 64.
fn pack_wide<T: Copy + Into<u64>>(numbers: &[T], width: u32, out: &mut Vec<u8>) {
    for eight in numbers.as_chunks::<8>().0 {
        let (mut word, mut used) = (0_u128, 0);
        for number in eight {
            word |= u128::from((*number).into()) << used;
            used += width;
            if used >= 64 {
                out.extend_from_slice(&(word as u64).to_le_bytes());
                word >>= 64;
                used -= 64;
            }
        }
        // Eight numbers end with a whole byte.
        out.extend_from_slice(&(word as u64).to_le_bytes()[..used as usize / 8]);
    }
}

/// The bits that a number needs.
pub(super) fn width_of(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// Appends a number in groups of seven bits, the lowest first (ULEB128).
pub(super) fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a signed number, small ones of either sign in few bytes.
pub(super) fn write_zigzag(number: i64, out: &mut Vec<u8>) {
    write_varint((number << 1 ^ number >> 63).cast_unsigned(), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition: bit i × width + j of the output is bit j of number i.
        #[test]
        fn bits_stand_where_they_belong(width in 0..=64_u32, mut numbers in prop::collection::vec(any::<u64>(), 0..200)) {
            numbers.truncate(numbers.len() / 8 * 8);
            numbers.iter_mut().for_each(|number| *number &= u64::MAX.checked_shr(64 - width).unwrap_or(0));
            let mut out = vec![7];
            pack(&numbers, width, &mut out);
            prop_assert_eq!(out.len(), 1 + numbers.len() * width as usize / 8);
            for (i, number) in numbers.iter().enumerate() {
                for j in 0..width as usize {
                    let bit = i * width as usize + j;
                    prop_assert_eq!(u64::from(out[1 + bit / 8] >> (bit % 8) & 1), number >> j & 1);
                }
            }
        }
    }

    #[test]
    fn the_example_of_the_specification() {
        // Encodings.md: the numbers 0 to 7 with three bits each.
        let mut out = Vec::new();
        pack(&[0_u32, 1, 2, 3, 4, 5, 6, 7], 3, &mut out);
        assert_eq!(out, [0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }
}

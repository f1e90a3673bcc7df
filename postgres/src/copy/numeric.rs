//! PostgreSQL's `numeric` on the wire: groups of four decimal digits around the decimal point.
//!
//! A field is four 16-bit numbers and the groups: how many groups there are, the weight (the power of 10,000) of the first one,
//! the sign, the digits after the point that are shown. Groups of zeros at either end are left out; those between others stay.

/// The most groups of a 128-bit number: 39 digits that begin anywhere in a group.
const MOST_GROUPS: usize = 11;

/// What is below has four groups at most, however they lie around the point.
const SHORT: u64 = 10_000_000_000_000;

/// What four groups do not reach.
const FOUR_GROUPS: u64 = 10_000_000_000_000_000;

/// How decimals of one scale are written.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    scale: u8,
    /// The groups after the point.
    groups_behind: i32,
    /// What makes the digits after the point fill their last group.
    fill: u64,
}

/// A decimal of four groups at most: the four numbers, and the groups from the highest bits down.
#[derive(Clone, Copy)]
pub(super) struct Short {
    numbers: u64,
    groups: u64,
}

impl Short {
    /// The bytes of the field with its length.
    #[inline]
    pub(super) fn bytes(self) -> usize {
        12 + 2 * self.sent()
    }

    /// Writes the field with its length to the beginning of `out`, and gives its length in bytes.
    #[inline]
    pub(super) fn write(self, out: &mut [u8]) -> usize {
        let sent = self.sent();
        let out = &mut out[..12 + 2 * sent];
        out[..4].copy_from_slice(&(8 + 2 * sent as u32).to_be_bytes());
        out[4..12].copy_from_slice(&self.numbers.to_be_bytes());
        // The eight bytes that end with the last group, whatever of the numbers is among them.
        let both = u128::from(self.numbers) << 64 | u128::from(self.groups);
        let last = (both << (16 * sent) >> 64) as u64;
        out[4 + 2 * sent..].copy_from_slice(&last.to_be_bytes());
        out.len()
    }

    #[inline]
    fn sent(self) -> usize {
        (self.numbers >> 48) as usize
    }
}

impl Writer {
    pub(super) fn new(scale: u8) -> Self {
        let fill = 10u64.pow(u32::from((4 - scale % 4) % 4));
        Self { scale, groups_behind: i32::from(scale.div_ceil(4)), fill }
    }

    /// A decimal of up to four groups, without a loop or a branch that depends on the digits.
    #[inline]
    pub(super) fn short(self, value: i128) -> Option<Short> {
        let value = i64::try_from(value).ok().filter(|value| value.unsigned_abs() < SHORT)?;
        // Below 10^16, because `fill` is at most 1,000.
        let rest = value.unsigned_abs() * self.fill;
        let (one, two, three) = (rest / 10_000, rest / 100_000_000, rest / 1_000_000_000_000);
        let groups =
            (rest - one * 10_000) | (one - two * 10_000) << 16 | (two - three * 10_000) << 32 | three << 48;
        let count = u32::from(rest > 0) + u32::from(one > 0) + u32::from(two > 0) + u32::from(three > 0);
        let sent = count - (groups.trailing_zeros() / 16).min(count);
        let numbers = self.numbers(sent, count as i32, value < 0);
        // Without any group it does not matter how far nothing is moved.
        Some(Short { numbers, groups: groups << (16 * (4 - count) % 64) })
    }

    /// Appends a decimal of any size, without its length.
    pub(super) fn write(self, value: i128, out: &mut Vec<u8>) {
        let mut rest = value.unsigned_abs();
        let mut groups = [0u16; MOST_GROUPS];
        let mut count = 0;
        // The last group may hold fewer digits than four; filling it first could overflow.
        let digits = u128::from(10_000 / self.fill);
        if self.fill > 1 {
            groups[0] = (rest % digits) as u16 * self.fill as u16;
            rest /= digits;
            count = 1;
        }
        // Four groups at a time are worked out in 64 bits.
        while rest > 0 {
            let mut low = (rest % u128::from(FOUR_GROUPS)) as u64;
            rest /= u128::from(FOUR_GROUPS);
            let end = if rest > 0 { count + 4 } else { MOST_GROUPS };
            while count < end && (rest > 0 || low > 0) {
                groups[count] = (low % 10_000) as u16;
                low /= 10_000;
                count += 1;
            }
        }
        let zeros = groups[..count].iter().take_while(|group| **group == 0).count();
        let numbers = self.numbers((count - zeros) as u32, count as i32, value < 0);
        out.extend_from_slice(&numbers.to_be_bytes());
        out.extend(groups[zeros..count].iter().rev().flat_map(|group| group.to_be_bytes()));
    }

    /// The four numbers before the groups.
    #[inline]
    fn numbers(self, sent: u32, count: i32, negative: bool) -> u64 {
        let weight = if sent == 0 { 0 } else { count - 1 - self.groups_behind };
        u64::from(sent) << 48
            | u64::from(weight as i16 as u16) << 32
            | u64::from(negative) << 30
            | u64::from(self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(value: i128, scale: u8) -> String {
        let mut out = Vec::new();
        Writer::new(scale).write(value, &mut out);
        let words = out.chunks(2).map(|word| format!("{:02X}{:02X}", word[0], word[1]));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn groups_signs_and_scales() {
        assert_eq!(hex(12_345_678, 3), "0003 0001 0000 0003 0001 0929 1A7C");
        assert_eq!(hex(-12_345_678, 3), "0003 0001 4000 0003 0001 0929 1A7C");
        assert_eq!(hex(100_000_001, 8), "0003 0000 0000 0008 0001 0000 0001");
        assert_eq!(hex(10_001, 8), "0002 FFFF 0000 0008 0001 0001");
        assert_eq!(hex(0, 2), "0000 0000 0000 0002");
        assert_eq!(hex(10_000, 0), "0001 0001 0000 0000 0001");
        assert_eq!(hex(1, 38), "0001 FFF6 0000 0026 0064");
        assert_eq!(hex(10i128.pow(37), 38), "0001 FFFF 0000 0026 03E8");
        assert_eq!(hex(10i128.pow(38) - 1, 0), format!("000A 0009 0000 0000 0063{}", " 270F".repeat(9)));
        let long = format!("000B 0009 0000 0001 0009{} 2328", " 270F".repeat(9));
        assert_eq!(hex(10i128.pow(38) - 1, 1), long);
    }

    #[test]
    fn both_ways_of_writing_agree() {
        let mut value = 1i128;
        for step in 0..600i128 {
            value = (value * 7 + step) % i128::from(SHORT);
            let largest = i128::from(SHORT) - 1;
            for value in [value, -value, value - value % 10_000, largest, -largest] {
                for scale in 0..=20 {
                    let mut long = Vec::new();
                    let writer = Writer::new(scale);
                    writer.write(value, &mut long);
                    let mut field = [0xEE; 20];
                    let length = writer.short(value).unwrap().write(&mut field);
                    assert_eq!(field[..4], (long.len() as u32).to_be_bytes());
                    assert_eq!(field[4..length], long, "{value} with {scale} digits after the point");
                }
            }
        }
        for value in [SHORT.into(), -i128::from(SHORT), i64::MIN.into(), i128::MAX] {
            assert!(Writer::new(2).short(value).is_none());
        }
    }
}

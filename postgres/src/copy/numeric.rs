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

/// The most bytes of a field with its length.
pub(super) const MOST_BYTES: usize = 4 + 8 + 2 * MOST_GROUPS;

/// How decimals of one scale are written.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    scale: u8,
    /// The groups after the point.
    groups_behind: i32,
    /// What makes the digits after the point fill their last group.
    fill: u64,
}

impl Writer {
    pub(super) fn new(scale: u8) -> Self {
        let fill = 10u64.pow(u32::from((4 - scale % 4) % 4));
        Self { scale, groups_behind: i32::from(scale.div_ceil(4)), fill }
    }

    /// Writes a field with its length to the beginning of `out`, and gives its length in bytes. What is behind the field may be
    /// overwritten.
    #[inline]
    pub(super) fn write(self, value: i128, out: &mut [u8; MOST_BYTES]) -> usize {
        match i64::try_from(value) {
            Ok(value) if value.unsigned_abs() < SHORT => self.write_short(value, out),
            _ => self.write_long(value, out),
        }
    }

    /// Up to four groups, without a loop or a branch that depends on the value.
    #[inline]
    fn write_short(self, value: i64, out: &mut [u8; MOST_BYTES]) -> usize {
        // Below 10^16, because `fill` is at most 1,000.
        let rest = value.unsigned_abs() * self.fill;
        let (one, two, three) = (rest / 10_000, rest / 100_000_000, rest / 1_000_000_000_000);
        let groups =
            (rest - one * 10_000) | (one - two * 10_000) << 16 | (two - three * 10_000) << 32 | three << 48;
        if groups == 0 {
            self.write_head(0, 0, false, out);
            return 12;
        }
        let (before, behind) = (groups.leading_zeros() / 16, groups.trailing_zeros() / 16);
        let count = 4 - before;
        let sent = count - behind;
        self.write_head(sent, count as i32, value < 0, out);
        out[12..20].copy_from_slice(&(groups << (16 * before)).to_be_bytes());
        12 + 2 * sent as usize
    }

    fn write_long(self, value: i128, out: &mut [u8; MOST_BYTES]) -> usize {
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
        let sent = count - zeros;
        self.write_head(sent as u32, count as i32, value < 0, out);
        for (bytes, group) in out[12..].chunks_exact_mut(2).zip(groups[zeros..count].iter().rev()) {
            bytes.copy_from_slice(&group.to_be_bytes());
        }
        12 + 2 * sent
    }

    #[inline]
    fn write_head(self, sent: u32, count: i32, negative: bool, out: &mut [u8; MOST_BYTES]) {
        let weight = if sent == 0 { 0 } else { count - 1 - self.groups_behind };
        let numbers = u64::from(sent) << 48
            | u64::from(weight as i16 as u16) << 32
            | u64::from(negative) << 30
            | u64::from(self.scale);
        out[..4].copy_from_slice(&(8 + 2 * sent).to_be_bytes());
        out[4..12].copy_from_slice(&numbers.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(value: i128, scale: u8) -> String {
        let mut out = [0xEE; MOST_BYTES];
        let length = Writer::new(scale).write(value, &mut out);
        assert_eq!(out[..4], (length as u32 - 4).to_be_bytes());
        let words = out[4..length].chunks(2).map(|word| format!("{:02X}{:02X}", word[0], word[1]));
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
            for value in [value, -value, value * 10_000 / 10_000 - value % 10_000] {
                for scale in 0..=20 {
                    let (mut short, mut long) = ([0; MOST_BYTES], [0; MOST_BYTES]);
                    let writer = Writer::new(scale);
                    let length = writer.write(value, &mut short);
                    assert_eq!(length, writer.write_long(value, &mut long));
                    assert_eq!(
                        short[..length],
                        long[..length],
                        "{value} with {scale} digits after the point"
                    );
                }
            }
        }
    }
}

//! Numbers as text, appended to the caller's buffer.

/// Two decimal digits for every number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + i as u8 / 10, b'0' + i as u8 % 10];
        i += 1;
    }
    pairs
};

/// Digits, filled from the end.
struct Digits<const MOST: usize> {
    bytes: [u8; MOST],
    start: usize,
}

impl<const MOST: usize> Digits<MOST> {
    fn new() -> Self {
        // What is not written are zeros, so that a decimal below 1 finds them in front of its digits.
        Self { bytes: [b'0'; MOST], start: MOST }
    }

    fn push_u64(&mut self, mut number: u64) {
        while number >= 100 {
            self.push_pair((number % 100) as usize);
            number /= 100;
        }
        if number >= 10 {
            self.push_pair(number as usize);
        } else {
            self.start -= 1;
            self.bytes[self.start] = b'0' + number as u8;
        }
    }

    fn push_pair(&mut self, below_100: usize) {
        self.start -= 2;
        self.bytes[self.start..self.start + 2].copy_from_slice(&PAIRS[below_100]);
    }

    fn push_u128(&mut self, mut number: u128) {
        // Eighteen digits at a time are worked out in 64 bits.
        const STEP: u128 = 1_000_000_000_000_000_000;
        while number > u128::from(u64::MAX) {
            let end = self.start - 18;
            self.push_u64((number % STEP) as u64);
            self.start = end;
            number /= STEP;
        }
        self.push_u64(number as u64);
    }

    /// Appends the digits with a point before the last `scale`, which are fewer than there is room for.
    fn write_decimal(&self, scale: usize, out: &mut Vec<u8>) {
        let point = MOST - scale;
        out.extend_from_slice(&self.bytes[self.start.min(point - 1)..point]);
        if scale > 0 {
            out.push(b'.');
            out.extend_from_slice(&self.bytes[point..]);
        }
    }
}

/// The digits of the largest `u64`, and of the largest `u128`.
const DIGITS_64: usize = 20;
const DIGITS_128: usize = 39;

/// Appends an integer.
pub(super) fn write_integer(out: &mut Vec<u8>, number: i64) {
    let mut digits = Digits::<DIGITS_64>::new();
    digits.push_u64(number.unsigned_abs());
    if number < 0 {
        digits.start -= 1;
        digits.bytes[digits.start] = b'-';
    }
    out.extend_from_slice(&digits.bytes[digits.start..]);
}

/// Appends a decimal with all `scale` digits after the point, at most 38.
pub(super) fn write_decimal(out: &mut Vec<u8>, unscaled: i128, scale: usize) {
    if unscaled < 0 {
        out.push(b'-');
    }
    match u64::try_from(unscaled.unsigned_abs()) {
        Ok(small) if scale < DIGITS_64 => {
            let mut digits = Digits::<DIGITS_64>::new();
            digits.push_u64(small);
            digits.write_decimal(scale, out);
        }
        _ => {
            let mut digits = Digits::<DIGITS_128>::new();
            digits.push_u128(unscaled.unsigned_abs());
            digits.write_decimal(scale, out);
        }
    }
}

/// Appends the shortest text that reads back as the same finite number, `1.0` or `1e+300`.
pub(super) fn write_float(out: &mut Vec<u8>, number: impl Into<Number>) {
    // Writing to a vector cannot fail. The printer of this crate takes a third of the standard library's
    // time.
    let _ = match number.into() {
        Number::Single(number) => serde_json::to_writer(out, &number),
        Number::Double(number) => serde_json::to_writer(out, &number),
    };
}

/// A floating-point number; how many digits tell it from its neighbours depends on its type.
pub(super) enum Number {
    Single(f32),
    Double(f64),
}

impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Single(number)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_are_what_the_standard_library_prints() {
        for number in [0, 7, 10, 99, 100, 101, 12_345, -1, -100, i64::MAX, i64::MIN] {
            assert_eq!(text(|out| write_integer(out, number)), number.to_string());
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        let cases = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-12_345, 2, "-123.45"),
            (100, 0, "100"),
            (1, 38, "0.00000000000000000000000000000000000001"),
            (99_999_999_999_999_999_999_999_999_999_999_999_999, 0, "99999999999999999999999999999999999999"),
            (
                -99_999_999_999_999_999_999_999_999_999_999_999_999,
                38,
                "-0.99999999999999999999999999999999999999",
            ),
            (
                100_000_000_000_000_000_000_000_000_000_000_000_000 - 1,
                10,
                "9999999999999999999999999999.9999999999",
            ),
            (10_000_000_000_000_000_000_000_000_000_007, 2, "100000000000000000000000000000.07"),
        ];
        for (unscaled, scale, expected) in cases {
            assert_eq!(text(|out| write_decimal(out, unscaled, scale)), expected);
        }
    }

    #[test]
    fn floats_are_short_and_keep_their_point() {
        let cases = [
            (1.0, "1.0"),
            (-0.1, "-0.1"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
            (-0.0, "-0.0"),
            (123_456_789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (1e-5, "0.00001"),
        ];
        for (number, expected) in cases {
            assert_eq!(text(|out| write_float(out, number)), expected);
        }
        assert_eq!(text(|out| write_float(out, 0.1_f32)), "0.1");
    }
}

//! Bytes as hexadecimal digits.

use super::Buffer;

fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// Appends two digits for each byte.
pub fn write_hex(out: &mut impl Buffer, bytes: &[u8]) {
    bytes.iter().for_each(|byte| out.push_ascii(&digits(*byte)));
}

/// Appends a UUID, `01234567-89ab-cdef-fedc-ba9876543210`.
///
/// # Panics
/// When it has more than 16 bytes.
pub fn write_uuid(out: &mut impl Buffer, bytes: &[u8]) {
    // A hyphen follows the bytes 4, 6, 8 and 10.
    const AT: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut text = [b'-'; 36];
    for (i, byte) in bytes.iter().enumerate() {
        text[AT[i]..AT[i] + 2].copy_from_slice(&digits(*byte));
    }
    out.push_ascii(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_lower_case_with_hyphens() {
        let mut out = Vec::new();
        write_uuid(&mut out, &0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes());
        assert_eq!(out, b"01234567-89ab-cdef-fedc-ba9876543210");
    }
}

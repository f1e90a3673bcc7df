//! Parquet's hybrid of run-length encoding and bit-packing (encoding `RLE`).

use super::bits::{pack, write_varint};

/// A run pays from here on: shorter ones cost more in headers than they save.
const SHORTEST_RUN: usize = 24;

/// Appends codes below 2^`width`, without a length in front.
pub(super) fn encode(codes: &[u32], width: u32, out: &mut Vec<u8>) {
    let (mut packed_from, mut at) = (0, 0);
    while let Some(eight) = codes.get(at..at + 8) {
        let first = eight[0];
        // No early exit, so that the compiler vectorises it.
        if eight.iter().fold(0, |differences, code| differences | (code ^ first)) == 0 {
            let run = 8 + codes[at + 8..].iter().take_while(|code| **code == first).count();
            if run >= SHORTEST_RUN {
                write_packed(&codes[packed_from..at], width, out);
                write_run(first, run, width, out);
                at += run;
                packed_from = at;
                continue;
            }
        }
        at += 8;
    }
    write_packed(&codes[packed_from..], width, out);
}

fn write_run(code: u32, len: usize, width: u32, out: &mut Vec<u8>) {
    write_varint((len as u64) << 1, out);
    out.extend_from_slice(&code.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Only at the end of the data is the number of codes no multiple of 8; zeros fill the last group.
fn write_packed(codes: &[u32], width: u32, out: &mut Vec<u8>) {
    if codes.is_empty() {
        return;
    }
    write_varint((codes.len().div_ceil(8) as u64) << 1 | 1, out);
    let (whole, rest) = codes.split_at(codes.len() / 8 * 8);
    pack(whole, width, out);
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        pack(&last, width, out);
    }
}

/// Appends bits, packed already, as codes of one bit; all ones as a run.
pub(super) fn encode_bits(bits: &[u8], len: usize, all_set: bool, out: &mut Vec<u8>) {
    if all_set {
        return write_run(1, len, 1, out);
    }
    write_varint((len.div_ceil(8) as u64) << 1 | 1, out);
    out.extend_from_slice(&bits[..len.div_ceil(8)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Follows the grammar of Encodings.md.
    fn decode(mut bytes: &[u8], width: u32, len: usize) -> Vec<u32> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let (mut number, mut shift) = (0, 0);
            loop {
                let byte = bytes[0];
                *bytes = &bytes[1..];
                number |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return number;
                }
            }
        }
        let mut codes = Vec::new();
        while codes.len() < len {
            let header = varint(&mut bytes);
            let count = (header >> 1) as usize;
            if header & 1 == 0 {
                let size = width.div_ceil(8) as usize;
                let mut code = [0; 4];
                code[..size].copy_from_slice(&bytes[..size]);
                bytes = &bytes[size..];
                codes.extend(std::iter::repeat_n(u32::from_le_bytes(code), count));
            } else {
                for i in 0..count * 8 {
                    let bit = |j| {
                        u32::from(bytes[(i * width as usize + j) / 8] >> ((i * width as usize + j) % 8) & 1)
                    };
                    codes.push((0..width as usize).map(|j| bit(j) << j).sum());
                }
                bytes = &bytes[count * width as usize..];
            }
        }
        assert!(bytes.is_empty());
        codes.truncate(len);
        codes
    }

    proptest! {
        #[test]
        fn codes_are_read_back(width in 1..=20_u32, runs in prop::collection::vec((any::<u32>(), 1..60_usize), 0..40)) {
            let mask = (1 << width) - 1;
            let codes: Vec<u32> = runs.iter().flat_map(|(code, len)| std::iter::repeat_n(code & mask, *len)).collect();
            let mut out = Vec::new();
            encode(&codes, width, &mut out);
            prop_assert_eq!(decode(&out, width, codes.len()), codes);
        }
    }

    #[test]
    fn a_run_takes_a_few_bytes() {
        let mut out = Vec::new();
        encode(&[5; 1000], 3, &mut out);
        assert_eq!(out, [0b1101_0000, 0b0000_1111, 5]);
    }
}

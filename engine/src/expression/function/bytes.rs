//! Bytes: written as text and read from it, hashed, cut.

use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use md5::{Digest, Md5};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{Function, Site, doc};
use crate::error::{Fault, Span, did_you_mean};
use crate::expression::kernel::{Blobs, Numbers, Texts, bytes_rows, check_length, number_rows, text_rows};
use crate::expression::operator::Placed;
use crate::expression::tree::{Expression, Form};
use crate::text::write_hex;
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "encode",
            "encode(bytes, format)",
            "Bytes written as text: in `hex`, `base64` or `escape`.",
            "encode('\\xdeadbeef', 'hex')",
            "deadbeef",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            let format = format_of(&site)?;
            site.want(0, &Type::Bytes)?;
            site.strict(Type::Text, move |a, rows| {
                let bytes = Blobs::of(&a[0]);
                text_rows(a, rows, |row, out| {
                    let bytes = bytes.get(row);
                    // Four characters for each byte at the most.
                    check_length(bytes.len())?;
                    format.encode(bytes, out);
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "decode",
            "decode(text, format)",
            "The bytes that a text in `hex`, `base64` or `escape` stands for.",
            "decode('3q2+7w==', 'base64')",
            "\\xdeadbeef",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            let format = format_of(&site)?;
            site.want(0, &Type::Text)?;
            site.strict(Type::Bytes, move |a, rows| {
                let text = Texts::of(&a[0]);
                bytes_rows(a, rows, |row, out| format.decode(text.get(row).as_bytes(), out))
            })
        },
    },
    Function {
        doc: doc([
            "convert_to",
            "convert_to(text, 'UTF8')",
            "The bytes of a text.",
            "convert_to('é', 'UTF8')",
            "\\xc3a9",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            utf8_only(&site)?;
            site.want(0, &Type::Text)?;
            site.strict(Type::Bytes, |a, rows| {
                let text = Texts::of(&a[0]);
                bytes_rows(a, rows, |row, out| {
                    out.extend_from_slice(text.get(row).as_bytes());
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "convert_from",
            "convert_from(bytes, 'UTF8')",
            "The text that bytes are.",
            "convert_from('\\xc3a9', 'UTF8')",
            "é",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            utf8_only(&site)?;
            site.want(0, &Type::Bytes)?;
            site.strict(Type::Text, |a, rows| {
                let bytes = Blobs::of(&a[0]);
                text_rows(a, rows, |row, out| {
                    let text = str::from_utf8(bytes.get(row)).ok().filter(|text| !text.contains('\0'));
                    out.push_str(text.ok_or("invalid byte sequence for encoding UTF8")?);
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "get_byte",
            "get_byte(bytes, place)",
            "One byte as a number, counted from 0.",
            "get_byte('\\x1234', 1)",
            "52",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            site.wants(&[Type::Bytes, Type::Integer])?;
            site.strict(Type::Integer, |a, rows| {
                let (bytes, place) = (Blobs::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
                number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
                    let (bytes, place) = (bytes.get(row), place.get(row));
                    let byte = usize::try_from(place).ok().and_then(|place| bytes.get(place));
                    byte.map(|byte| i32::from(*byte))
                        .ok_or_else(|| format!("index {place} out of valid range"))
                })
            })
        },
    },
    Function {
        doc: doc([
            "md5",
            "md5(text)",
            "The MD5 hash of a text or of bytes, in hex.",
            "md5('abc')",
            "900150983cd24fb0d6963f7d28e17f72",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |mut site| {
            if site.ty(0) == Type::Bytes {
                return site.strict(Type::Text, |a, rows| {
                    let bytes = Blobs::of(&a[0]);
                    text_rows(a, rows, |row, out| {
                        write_hex(out, &Md5::digest(bytes.get(row)));
                        Ok(())
                    })
                });
            }
            site.want(0, &Type::Text)?;
            site.strict(Type::Text, |a, rows| {
                let text = Texts::of(&a[0]);
                text_rows(a, rows, |row, out| {
                    write_hex(out, &Md5::digest(text.get(row)));
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc(["sha224", "sha224(bytes)", "The SHA-224 hash, as bytes.", "length(sha224('abc'))", "28"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| hash(site, |bytes, out| out.extend_from_slice(&Sha224::digest(bytes))),
    },
    Function {
        doc: doc([
            "sha256",
            "sha256(bytes)",
            "The SHA-256 hash, as bytes.",
            "encode(sha256('abc'), 'hex')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| hash(site, |bytes, out| out.extend_from_slice(&Sha256::digest(bytes))),
    },
    Function {
        doc: doc(["sha384", "sha384(bytes)", "The SHA-384 hash, as bytes.", "length(sha384('abc'))", "48"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| hash(site, |bytes, out| out.extend_from_slice(&Sha384::digest(bytes))),
    },
    Function {
        doc: doc(["sha512", "sha512(bytes)", "The SHA-512 hash, as bytes.", "length(sha512('abc'))", "64"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| hash(site, |bytes, out| out.extend_from_slice(&Sha512::digest(bytes))),
    },
    Function {
        doc: doc([
            "to_hex",
            "to_hex(number)",
            "A whole number in hexadecimal digits; negative ones as the bits of their type.",
            "to_hex(2147483647)",
            "7fffffff",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |mut site| {
            let wide = site.ty(0) == Type::BigInt;
            site.want(0, if wide { &Type::BigInt } else { &Type::Integer })?;
            site.strict(Type::Text, move |a, rows| {
                let digits = |out: &mut String, bits: u64| *out += &format!("{bits:x}");
                if wide {
                    let number = Numbers::<Int64Type>::of(&a[0]);
                    return text_rows(a, rows, |row, out| {
                        digits(out, number.get(row).cast_unsigned());
                        Ok(())
                    });
                }
                let number = Numbers::<Int32Type>::of(&a[0]);
                text_rows(a, rows, |row, out| {
                    digits(out, u64::from(number.get(row).cast_unsigned()));
                    Ok(())
                })
            })
        },
    },
];

fn hash(mut site: Site, f: fn(&[u8], &mut Vec<u8>)) -> Result<Expression, Fault> {
    site.want(0, &Type::Bytes)?;
    site.strict(Type::Bytes, move |a, rows| {
        let bytes = Blobs::of(&a[0]);
        bytes_rows(a, rows, |row, out| {
            f(bytes.get(row), out);
            Ok(())
        })
    })
}

fn utf8_only(site: &Site) -> Result<(), Fault> {
    let name = site.constant_text(1)?;
    if ["utf8", "utf-8", "unicode"].contains(&name.to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Fault::at(site.argument_span(1), format!("the encoding `{name}` is not known"))
        .hint("text is in `UTF8` here"))
}

/// `length(bytes)`, in bytes.
pub(super) fn length(site: Site) -> Result<Expression, Fault> {
    site.strict(Type::Integer, |a, rows| {
        let bytes = Blobs::of(&a[0]);
        number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
            i32::try_from(bytes.get(row).len()).map_err(|_| "integer out of range".to_owned())
        })
    })
}

/// `substr(bytes, start, length)`.
pub(super) fn substr(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Bytes, Type::Integer, Type::Integer])?;
    site.strict(Type::Bytes, |a, rows| {
        let (bytes, start) = (Blobs::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
        let length = a.get(2).map(Numbers::<Int32Type>::of);
        bytes_rows(a, rows, |row, out| {
            let (bytes, start) = (bytes.get(row), i64::from(start.get(row)));
            // Places before the first count against the length, as in text.
            let end = match &length {
                None => i64::MAX,
                Some(length) if length.get(row) < 0 => {
                    return Err("negative substring length not allowed".into());
                }
                Some(length) => start + i64::from(length.get(row)),
            };
            let within = |place: i64| usize::try_from(place - 1).unwrap_or(0).min(bytes.len());
            let (from, to) = (within(start.max(1)), within(end.max(1)));
            out.extend_from_slice(&bytes[from..to.max(from)]);
            Ok(())
        })
    })
}

/// `bytes || bytes || …`.
pub(in crate::expression) fn joined(pieces: Vec<Placed>, span: Span) -> Result<Expression, Fault> {
    let pieces = pieces.into_iter().map(|(piece, place)| piece.widen(&Type::Bytes, place));
    let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
    Ok(Expression::strict(Form::Infix("||"), pieces, Type::Bytes, span, |a, rows| {
        let pieces: Vec<Blobs> = a.iter().map(Blobs::of).collect();
        bytes_rows(a, rows, |row, out| {
            let begin = out.len();
            for piece in &pieces {
                out.extend_from_slice(piece.get(row));
                check_length(out.len() - begin)?;
            }
            Ok(())
        })
    }))
}

#[derive(Clone, Copy)]
enum Format {
    Hex,
    Base64,
    Escape,
}

fn format_of(site: &Site) -> Result<Format, Fault> {
    let name = site.constant_text(1)?;
    Ok(match name.to_lowercase().as_str() {
        "hex" => Format::Hex,
        "base64" => Format::Base64,
        "escape" => Format::Escape,
        _ => {
            return Err(Fault::at(site.argument_span(1), format!("unknown format `{name}`"))
                .label("expected `hex`, `base64` or `escape`")
                .maybe_hint(did_you_mean(&name, ["hex", "base64", "escape"])));
        }
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Format {
    fn encode(self, bytes: &[u8], out: &mut String) {
        match self {
            Self::Hex => write_hex(out, bytes),
            Self::Base64 => {
                let mut line = 0;
                for three in bytes.chunks(3) {
                    let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
                    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
                    for i in 0..4 {
                        let digit = BASE64[(bits >> (18 - 6 * i)) as usize & 63];
                        out.push(if i > three.len() { '=' } else { char::from(digit) });
                    }
                    line += 4;
                    // A line has 76 characters, and ends when it is full.
                    if line == 76 && three.len() == 3 {
                        out.push('\n');
                        line = 0;
                    }
                }
            }
            Self::Escape => {
                for &byte in bytes {
                    match byte {
                        b'\\' => out.push_str("\\\\"),
                        0 | 128.. => *out += &format!("\\{byte:03o}"),
                        _ => out.push(char::from(byte)),
                    }
                }
            }
        }
    }

    fn decode(self, text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Hex => read_hex(text, out),
            Self::Escape => read_escaped(text, out),
            Self::Base64 => {
                let (mut bits, mut digits, mut bytes) = (0u32, 0, 3);
                for &c in text.iter().filter(|c| !matches!(c, b' ' | b'\t' | b'\n' | b'\r')) {
                    let digit = if c == b'=' {
                        bytes = match (bytes, digits) {
                            (1 | 2, _) => bytes,
                            (_, 2) => 1,
                            (_, 3) => 2,
                            _ => return Err("unexpected \"=\" while decoding base64 sequence".to_owned()),
                        };
                        0
                    } else {
                        let place = BASE64.iter().position(|known| *known == c);
                        place.ok_or("invalid symbol found while decoding base64 sequence")? as u32
                    };
                    bits = bits << 6 | digit;
                    digits += 1;
                    if digits == 4 {
                        out.extend_from_slice(&bits.to_be_bytes()[1..=bytes]);
                        (bits, digits) = (0, 0);
                    }
                }
                if digits == 0 { Ok(()) } else { Err("invalid base64 end sequence".to_owned()) }
            }
        }
    }
}

/// Pairs of hexadecimal digits, with spaces between them or none.
fn read_hex(text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let digit = |c: u8| {
        let digit = char::from(c).to_digit(16);
        digit.map(|digit| digit as u8).ok_or_else(|| "invalid hexadecimal digit".to_owned())
    };
    let mut rest = text.iter();
    while let Some(&c) = rest.next() {
        if matches!(c, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        }
        let high = digit(c)?;
        let low = rest.next().ok_or("odd number of hexadecimal digits")?;
        out.push(high << 4 | digit(*low)?);
    }
    Ok(())
}

/// Bytes as they are, with `\\` and three octal digits after a backslash.
fn read_escaped(text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let mut rest = text;
    while let Some((&c, behind)) = rest.split_first() {
        rest = match (c, behind) {
            (b'\\', [b'\\', behind @ ..]) => {
                out.push(b'\\');
                behind
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', behind @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                behind
            }
            (b'\\', _) => return Err("expected `\\\\` or three octal digits after `\\`".to_owned()),
            _ => {
                out.push(c);
                behind
            }
        };
    }
    Ok(())
}

/// The text of bytes as PostgreSQL reads it: `\xdeadbeef`, or characters with `\\` and `\000`.
pub(in crate::expression) fn read_bytes(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let read = match text.strip_prefix("\\x") {
        Some(digits) => read_hex(digits.as_bytes(), out),
        None => read_escaped(text.as_bytes(), out),
    };
    read.map_err(|error| format!("invalid input syntax for type bytea: {error}"))
}

/// The loop that reads them.
pub(in crate::expression) fn from_text() -> crate::expression::tree::Run {
    Arc::new(|a, rows| {
        let text = Texts::of(&a[0]);
        let array = bytes_rows(a, rows, |row, out| read_bytes(text.get(row), out))?;
        debug_assert_eq!(array.len(), rows);
        Ok(array)
    })
}

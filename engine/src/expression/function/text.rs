//! Functions from text to text, and the few that count or make characters. Positions count characters, from 1.

use std::collections::{HashMap, HashSet};

use arrow::datatypes::{DataType, Int32Type};

use super::{Function, MANY, Site, bytes, doc};
use crate::error::Fault;
use crate::expression::kernel::{
    Numbers, Texts, check_length, check_length_to_come, number_rows, text_rows, text_rows_where,
};
use crate::expression::print::Printer;
use crate::expression::tree::Expression;
use crate::types::Type;
use crate::vocabulary::slug_into;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "lower",
            "lower(text)",
            "The text in lower case, letter by letter.",
            "lower('TOM')",
            "tom",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| map_text(site, |text, out| push_cased(text, out, Case::Lower)),
    },
    Function {
        doc: doc([
            "upper",
            "upper(text)",
            "The text in upper case, letter by letter.",
            "upper('tom')",
            "TOM",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| map_text(site, |text, out| push_cased(text, out, Case::Upper)),
    },
    Function {
        doc: doc([
            "initcap",
            "initcap(text)",
            "The first letter of each word in upper case, the rest in lower case.",
            "initcap('hi THOMAS')",
            "Hi Thomas",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| map_text(site, |text, out| push_cased(text, out, Case::Initial)),
    },
    Function {
        doc: doc([
            "slug",
            "slug(text)",
            "The text in lower-case ASCII with hyphens, for names in addresses.",
            "slug('Müller & Söhne')",
            "muller-sohne",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| map_text(site, slug_into),
    },
    Function {
        doc: doc(["reverse", "reverse(text)", "The characters in reverse order.", "reverse('abc')", "cba"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| map_text(site, |text, out| out.extend(text.chars().rev())),
    },
    Function {
        doc: doc(["length", "length(text)", "How many characters the text has.", "length('jösé')", "4"]),
        aliases: &["char_length", "character_length"],
        arity: (1, 1),
        build: |site| match site.ty(0) {
            Type::Bytes => bytes::length(site),
            _ => count(site, |text| text.chars().count()),
        },
    },
    Function {
        doc: doc([
            "octet_length",
            "octet_length(text)",
            "How many bytes the text has in UTF-8.",
            "octet_length('jösé')",
            "6",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| match site.ty(0) {
            Type::Bytes => bytes::length(site),
            _ => count(site, str::len),
        },
    },
    Function {
        doc: doc([
            "bit_length",
            "bit_length(text)",
            "How many bits the text has in UTF-8.",
            "bit_length('é')",
            "16",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| count(site, |text| text.len() * 8),
    },
    Function {
        doc: doc([
            "ascii",
            "ascii(text)",
            "The code point of the first character, 0 for empty text.",
            "ascii('x')",
            "120",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| count(site, |text| text.chars().next().map_or(0, |c| c as usize)),
    },
    Function {
        doc: doc(["chr", "chr(code)", "The character of a code point.", "chr(65)", "A"]),
        aliases: &[],
        arity: (1, 1),
        build: |mut site| {
            site.want(0, &Type::Integer)?;
            site.strict(Type::Text, |a, rows| {
                let code = Numbers::<Int32Type>::of(&a[0]);
                text_rows(a, rows, |row, out| {
                    let code = code.get(row);
                    let c = u32::try_from(code).ok().filter(|code| *code > 0).and_then(char::from_u32);
                    out.push(c.ok_or_else(|| format!("there is no character with code {code}"))?);
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "substr",
            "substr(text, start, length)",
            "The part that begins at a position and has at most that length; without one, the rest.",
            "substr('alphabet', 3, 2)",
            "ph",
        ]),
        aliases: &["substring"],
        arity: (2, 3),
        build: substr,
    },
    Function {
        doc: doc([
            "left",
            "left(text, count)",
            "The first characters; with a negative count all but the last ones.",
            "left('abcde', 2)",
            "ab",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| {
            with_count(site, |text, count, out| {
                out.push_str(&text[..byte_at(text, count)]);
                Ok(())
            })
        },
    },
    Function {
        doc: doc([
            "right",
            "right(text, count)",
            "The last characters; with a negative count all but the first ones.",
            "right('abcde', 2)",
            "de",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| {
            with_count(site, |text, count, out| {
                // What remains after the first n, or of the last n; the last 0 are none, not all.
                if count != 0 {
                    out.push_str(&text[byte_at(text, count.saturating_neg())..]);
                }
                Ok(())
            })
        },
    },
    Function {
        doc: doc(["repeat", "repeat(text, count)", "The text several times.", "repeat('ab', 3)", "ababab"]),
        aliases: &[],
        arity: (2, 2),
        build: |site| {
            with_count(site, |text, count, out| {
                // Nothing, however often, is nothing: no need to count to a billion.
                let count = if text.is_empty() { 0 } else { usize::try_from(count).unwrap_or(0) };
                check_length_to_come(text.len().saturating_mul(count))?;
                out.push_str(&text.repeat(count));
                Ok(())
            })
        },
    },
    Function {
        doc: doc([
            "btrim",
            "btrim(text, characters)",
            "The text without those characters, or spaces, at both ends.",
            "btrim('xyxtrimyyx', 'xyz')",
            "trim",
        ]),
        aliases: &["trim"],
        arity: (1, 2),
        build: |site| trim(site, true, true),
    },
    Function {
        doc: doc([
            "ltrim",
            "ltrim(text, characters)",
            "The text without those characters, or spaces, at its beginning.",
            "ltrim('zzzytest', 'xyz')",
            "test",
        ]),
        aliases: &[],
        arity: (1, 2),
        build: |site| trim(site, true, false),
    },
    Function {
        doc: doc([
            "rtrim",
            "rtrim(text, characters)",
            "The text without those characters, or spaces, at its end.",
            "rtrim('testxxzx', 'xyz')",
            "test",
        ]),
        aliases: &[],
        arity: (1, 2),
        build: |site| trim(site, false, true),
    },
    Function {
        doc: doc([
            "lpad",
            "lpad(text, length, fill)",
            "The text filled up on the left to a length, with spaces or another text; cut when longer.",
            "lpad('hi', 5, 'xy')",
            "xyxhi",
        ]),
        aliases: &[],
        arity: (2, 3),
        build: |site| pad(site, true),
    },
    Function {
        doc: doc([
            "rpad",
            "rpad(text, length, fill)",
            "The text filled up on the right to a length, with spaces or another text; cut when longer.",
            "rpad('hi', 5, 'xy')",
            "hixyx",
        ]),
        aliases: &[],
        arity: (2, 3),
        build: |site| pad(site, false),
    },
    Function {
        doc: doc([
            "replace",
            "replace(text, from, to)",
            "The text with every occurrence of a part replaced.",
            "replace('abcdefabcdef', 'cd', 'XX')",
            "abXXefabXXef",
        ]),
        aliases: &[],
        arity: (3, 3),
        build: |mut site| {
            site.wants(&[Type::Text, Type::Text, Type::Text])?;
            site.strict(Type::Text, |a, rows| {
                let (text, from, to) = (Texts::of(&a[0]), Texts::of(&a[1]), Texts::of(&a[2]));
                text_rows(a, rows, |row, out| {
                    let (text, from, to) = (text.get(row), from.get(row), to.get(row));
                    if from.is_empty() {
                        out.push_str(text);
                        return Ok(());
                    }
                    let (mut rest, begin) = (text, out.len());
                    while let Some(at) = rest.find(from) {
                        out.push_str(&rest[..at]);
                        out.push_str(to);
                        check_length(out.len() - begin)?;
                        rest = &rest[at + from.len()..];
                    }
                    out.push_str(rest);
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "translate",
            "translate(text, from, to)",
            "The text with each character of `from` replaced by the one at its place in `to`, or dropped.",
            "translate('12345', '143', 'ax')",
            "a2x5",
        ]),
        aliases: &[],
        arity: (3, 3),
        build: |mut site| {
            site.wants(&[Type::Text, Type::Text, Type::Text])?;
            site.strict(Type::Text, |a, rows| {
                let (text, from, to) = (Texts::of(&a[0]), Texts::of(&a[1]), Texts::of(&a[2]));
                text_rows(a, rows, |row, out| {
                    let (from, to) = (from.get(row), to.get(row));
                    if from.len() > FEW {
                        let mut others = to.chars();
                        let mut map = HashMap::new();
                        for c in from.chars() {
                            // The first of several counts, and each takes a place in `to`.
                            let other = others.next();
                            map.entry(c).or_insert(other);
                        }
                        out.extend(
                            text.get(row).chars().filter_map(|c| map.get(&c).copied().unwrap_or(Some(c))),
                        );
                        return Ok(());
                    }
                    for c in text.get(row).chars() {
                        match from.chars().position(|known| known == c) {
                            None => out.push(c),
                            Some(place) => out.extend(to.chars().nth(place)),
                        }
                    }
                    Ok(())
                })
            })
        },
    },
    Function {
        doc: doc([
            "split_part",
            "split_part(text, delimiter, number)",
            "One of the parts between delimiters, counted from 1, or from the end when negative.",
            "split_part('abc~def~ghi', '~', 2)",
            "def",
        ]),
        aliases: &[],
        arity: (3, 3),
        build: split_part,
    },
    Function {
        doc: doc([
            "overlay",
            "overlay(text placing part from start for count)",
            "The text with so many characters from a position replaced; as many as the part has, without a count.",
            "overlay('Txxxxas' placing 'hom' from 2 for 4)",
            "Thomas",
        ]),
        aliases: &[],
        arity: (3, 4),
        build: overlay,
    },
    Function {
        doc: doc([
            "concat",
            "concat(value, …)",
            "The values one after another as text; NULLs are left out.",
            "concat('a', 1, null, 'b')",
            "a1b",
        ]),
        aliases: &[],
        arity: (1, MANY),
        build: |site| concat(site, false),
    },
    Function {
        doc: doc([
            "concat_ws",
            "concat_ws(separator, value, …)",
            "The values as text with a separator between them; NULLs are left out.",
            "concat_ws('-', 'a', null, 2)",
            "a-2",
        ]),
        aliases: &[],
        arity: (2, MANY),
        build: |site| concat(site, true),
    },
];

fn map_text(mut site: Site, f: fn(&str, &mut String)) -> Result<Expression, Fault> {
    site.want(0, &Type::Text)?;
    site.strict(Type::Text, move |a, rows| {
        let text = Texts::of(&a[0]);
        text_rows(a, rows, |row, out| {
            f(text.get(row), out);
            Ok(())
        })
    })
}

fn count(mut site: Site, f: fn(&str) -> usize) -> Result<Expression, Fault> {
    site.want(0, &Type::Text)?;
    site.strict(Type::Integer, move |a, rows| {
        let text = Texts::of(&a[0]);
        number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
            i32::try_from(f(text.get(row))).map_err(|_| "integer out of range".to_owned())
        })
    })
}

fn with_count(
    mut site: Site,
    f: fn(&str, i32, &mut String) -> Result<(), String>,
) -> Result<Expression, Fault> {
    site.wants(&[Type::Text, Type::Integer])?;
    site.strict(Type::Text, move |a, rows| {
        let (text, count) = (Texts::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
        text_rows(a, rows, |row, out| f(text.get(row), count.get(row), out))
    })
}

/// Up to so many bytes of characters are searched one by one; more are kept in a table.
const FEW: usize = 64;

#[derive(Clone, Copy)]
pub(super) enum Case {
    Lower,
    Upper,
    Initial,
}

/// Letters without a counterpart of exactly one character stay, as in PostgreSQL: `ß` has no capital.
pub(super) fn push_cased(text: &str, out: &mut String, case: Case) {
    let begin = out.len();
    if text.is_ascii() && !matches!(case, Case::Initial) {
        out.push_str(text);
        match case {
            Case::Lower => out[begin..].make_ascii_lowercase(),
            _ => out[begin..].make_ascii_uppercase(),
        }
        return;
    }
    let mut inside_word = false;
    for c in text.chars() {
        let upper = matches!(case, Case::Upper) || (matches!(case, Case::Initial) && !inside_word);
        let (mut lowered, mut raised) = (c.to_lowercase(), c.to_uppercase());
        let single = if upper { only(&mut raised) } else { only(&mut lowered) };
        out.push(single.unwrap_or(c));
        inside_word = c.is_alphanumeric();
    }
}

fn only(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next();
    first.filter(|_| chars.next().is_none())
}

/// The byte after the first `count` characters, or before the last `-count`.
fn byte_at(text: &str, count: i32) -> usize {
    let distance = count.unsigned_abs() as usize;
    if count >= 0 {
        text.char_indices().nth(distance).map_or(text.len(), |(byte, _)| byte)
    } else {
        text.char_indices().rev().nth(distance - 1).map_or(0, |(byte, _)| byte)
    }
}

fn substr(mut site: Site) -> Result<Expression, Fault> {
    if site.ty(0) == Type::Bytes {
        return bytes::substr(site);
    }
    site.wants(&[Type::Text, Type::Integer, Type::Integer])?;
    site.strict(Type::Text, |a, rows| {
        let (text, start) = (Texts::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
        let length = a.get(2).map(Numbers::<Int32Type>::of);
        text_rows(a, rows, |row, out| {
            let (text, start) = (text.get(row), i64::from(start.get(row)));
            // Positions before the text count against the length, as in PostgreSQL.
            let end = match &length {
                None => i64::MAX,
                Some(length) if length.get(row) < 0 => {
                    return Err("negative substring length not allowed".into());
                }
                Some(length) => start + i64::from(length.get(row)),
            };
            let from = i32::try_from(start.max(1) - 1).unwrap_or(i32::MAX);
            let rest = &text[byte_at(text, from)..];
            let count = (end - start.max(1)).clamp(0, i64::from(i32::MAX)) as i32;
            out.push_str(&rest[..byte_at(rest, count)]);
            Ok(())
        })
    })
}

fn trim(mut site: Site, start: bool, end: bool) -> Result<Expression, Fault> {
    site.wants(&[Type::Text, Type::Text])?;
    site.strict(Type::Text, move |a, rows| {
        let (text, set) = (Texts::of(&a[0]), a.get(1).map(Texts::of));
        text_rows(a, rows, |row, out| {
            let set = set.as_ref().map_or(" ", |set| set.get(row));
            let many: Option<HashSet<char>> = (set.len() > FEW).then(|| set.chars().collect());
            let is_in = |c: char| many.as_ref().map_or_else(|| set.contains(c), |many| many.contains(&c));
            let mut text = text.get(row);
            if start {
                text = text.trim_start_matches(is_in);
            }
            if end {
                text = text.trim_end_matches(is_in);
            }
            out.push_str(text);
            Ok(())
        })
    })
}

fn pad(mut site: Site, left: bool) -> Result<Expression, Fault> {
    site.wants(&[Type::Text, Type::Integer, Type::Text])?;
    site.strict(Type::Text, move |a, rows| {
        let (text, length) = (Texts::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
        let fill = a.get(2).map(Texts::of);
        text_rows(a, rows, |row, out| {
            let text = text.get(row);
            let length = usize::try_from(length.get(row)).unwrap_or(0);
            let fill = fill.as_ref().map_or(" ", |fill| fill.get(row));
            let count = text.chars().count();
            if count >= length || fill.is_empty() {
                out.push_str(&text[..byte_at(text, i32::try_from(length).unwrap_or(i32::MAX))]);
                return Ok(());
            }
            check_length_to_come(length)?;
            if !left {
                out.push_str(text);
            }
            out.extend(fill.chars().cycle().take(length - count));
            if left {
                out.push_str(text);
            }
            Ok(())
        })
    })
}

fn overlay(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Text, Type::Text, Type::Integer, Type::Integer])?;
    site.strict(Type::Text, |a, rows| {
        let (text, part) = (Texts::of(&a[0]), Texts::of(&a[1]));
        let start = Numbers::<Int32Type>::of(&a[2]);
        let count = a.get(3).map(Numbers::<Int32Type>::of);
        text_rows(a, rows, |row, out| {
            let (text, part, start) = (text.get(row), part.get(row), start.get(row));
            if start <= 0 {
                return Err("negative substring length not allowed".to_owned());
            }
            let count = match &count {
                Some(count) => count.get(row),
                None => i32::try_from(part.chars().count()).unwrap_or(i32::MAX),
            };
            let behind = start.checked_add(count).ok_or("integer out of range")?;
            out.push_str(&text[..byte_at(text, start - 1)]);
            out.push_str(part);
            out.push_str(&text[byte_at(text, behind.saturating_sub(1).max(0))..]);
            Ok(())
        })
    })
}

fn split_part(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Text, Type::Text, Type::Integer])?;
    site.strict(Type::Text, |a, rows| {
        let (text, delimiter) = (Texts::of(&a[0]), Texts::of(&a[1]));
        let number = Numbers::<Int32Type>::of(&a[2]);
        text_rows(a, rows, |row, out| {
            let (text, delimiter, number) = (text.get(row), delimiter.get(row), number.get(row));
            let index = number.unsigned_abs() as usize;
            let part = match (number, delimiter) {
                (0, _) => return Err("field position must not be zero".to_owned()),
                (1 | -1, "") => Some(text),
                (_, "") => None,
                (1.., _) => text.split(delimiter).nth(index - 1),
                // The parts are those that reading from the left finds: `aaa` has one `aa`, and `a` behind it.
                _ => text
                    .split(delimiter)
                    .count()
                    .checked_sub(index)
                    .and_then(|before| text.split(delimiter).nth(before)),
            };
            out.push_str(part.unwrap_or(""));
            Ok(())
        })
    })
}

fn concat(mut site: Site, separated: bool) -> Result<Expression, Fault> {
    if separated {
        site.want(0, &Type::Text)?;
    }
    let types: Vec<Type> = (0..site.len()).map(|i| site.ty(i)).collect();
    for (i, ty) in types.iter().enumerate() {
        if !Printer::supports(ty) {
            return Err(site.wrong(i, "a value with a text form"));
        }
    }
    let nullable = separated && site.arguments[0].0.nullable();
    let first = usize::from(separated);
    site.total(Type::Text, nullable, move |a, rows| {
        let printers =
            a.iter().zip(&types).map(|(value, ty)| Printer::new(value, ty)).collect::<Result<Vec<_>, _>>()?;
        let nulls: Vec<_> = a.iter().map(|value| (value.is_null_scalar(), value.nulls())).collect();
        let is_null = |i: usize, row| match (&nulls[i], a[i].is_scalar()) {
            ((all, _), true) => *all,
            ((_, nulls), false) => nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)),
        };
        let separator_nulls = separated.then(|| (0..rows).map(|row| !is_null(0, row)).collect());
        text_rows_where(separator_nulls, rows, |row, out| {
            let mut some = false;
            let begin = out.len();
            for i in (first..a.len()).filter(|i| !is_null(*i, row)) {
                check_length(out.len() - begin)?;
                if separated && some {
                    printers[0].print(row, out);
                }
                some = true;
                // The one place where PostgreSQL writes truth values in one letter.
                printers[i].print_short(row, out);
            }
            Ok(())
        })
    })
}

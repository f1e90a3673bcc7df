//! One spelling for every JSON value, so that texts can be compared that a `jsonb` column has taken apart and put together.
//!
//! What `jsonb` forgets is forgotten here too: blanks, the order of keys, all but the last of equal keys, how a character is
//! escaped, and how a number is written, as far as PostgreSQL's `numeric` forgets it (`1e2` is `100`, but `1.50` is not `1.5`).

use std::fmt::Write as _;

/// The most values inside each other; deeper texts are left as they are.
const MOST_DEPTH: usize = 1000;

/// The largest exponent that is written out: PostgreSQL's numbers have fewer digits.
const MOST_EXPONENT: i64 = 200_000;

/// Appends the one spelling of a JSON text: no blanks, keys in the order of their bytes, numbers without exponents. What is no
/// JSON is appended as it is.
///
/// ```
/// let mut out = String::new();
/// seedbed_postgres::copy::canonical_json(r#"{"b": 1.5e1, "a": "\u00e9", "b": [ ]}"#, &mut out);
/// assert_eq!(out, r#"{"a":"é","b":[]}"#);
/// ```
pub fn canonical_json(text: &str, out: &mut String) {
    let start = out.len();
    let mut scanner = Scanner { text, at: 0 };
    scanner.skip_blanks();
    let whole = scanner.value(out, MOST_DEPTH).is_some();
    scanner.skip_blanks();
    if !whole || scanner.at < text.len() {
        out.truncate(start);
        out.push_str(text);
    }
}

/// A text and how far it has been read. Everything gives `None` where the text is no JSON.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        found.then_some(())
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, out: &mut String, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            b'{' => self.object(out, depth),
            b'[' => self.array(out, depth),
            b'"' => {
                let mut string = String::new();
                self.string(&mut string)?;
                write_string(&string, out);
                Some(())
            }
            b't' => self.word("true", out),
            b'f' => self.word("false", out),
            b'n' => self.word("null", out),
            _ => self.number(out),
        }
    }

    fn word(&mut self, word: &str, out: &mut String) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            out.push_str(word);
        })
    }

    fn array(&mut self, out: &mut String, depth: usize) -> Option<()> {
        self.take(b'[')?;
        out.push('[');
        self.skip_blanks();
        if self.take(b']').is_none() {
            loop {
                self.skip_blanks();
                self.value(out, depth)?;
                self.skip_blanks();
                if self.take(b',').is_none() {
                    break;
                }
                out.push(',');
            }
            self.take(b']')?;
        }
        out.push(']');
        Some(())
    }

    fn object(&mut self, out: &mut String, depth: usize) -> Option<()> {
        self.take(b'{')?;
        let mut members: Vec<(String, String)> = Vec::new();
        self.skip_blanks();
        if self.take(b'}').is_none() {
            loop {
                let mut member = (String::new(), String::new());
                self.skip_blanks();
                self.string(&mut member.0)?;
                self.skip_blanks();
                self.take(b':')?;
                self.skip_blanks();
                self.value(&mut member.1, depth)?;
                members.push(member);
                self.skip_blanks();
                if self.take(b',').is_none() {
                    break;
                }
            }
            self.take(b'}')?;
        }
        // The order of equal keys stays, and the last of them counts.
        members.sort_by(|a, b| a.0.cmp(&b.0));
        out.push('{');
        let mut written = false;
        for (i, (key, value)) in members.iter().enumerate() {
            if members.get(i + 1).is_some_and(|next| next.0 == *key) {
                continue;
            }
            if written {
                out.push(',');
            }
            write_string(key, out);
            out.push(':');
            out.push_str(value);
            written = true;
        }
        out.push('}');
        Some(())
    }

    /// Reads a string, and appends its characters.
    fn string(&mut self, out: &mut String) -> Option<()> {
        self.take(b'"')?;
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ')?;
            out.push_str(&rest[..plain]);
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Some(()),
                b'\\' => out.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    /// The character that an escape means; its backslash has been read.
    fn escaped(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hexadecimal()?;
                if !(0xD800..0xDC00).contains(&first) {
                    return char::from_u32(first);
                }
                self.take(b'\\')?;
                self.take(b'u')?;
                let second = self.hexadecimal()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                return char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second);
            }
            _ => return None,
        })
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u32::from_str_radix(digits, 16).ok()
    }

    fn digits(&mut self) -> &str {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn number(&mut self, out: &mut String) -> Option<()> {
        let start = self.at;
        let negative = self.take(b'-').is_some();
        let mut digits = self.digits().to_owned();
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        let mut point = digits.len() as i64;
        if self.take(b'.').is_some() {
            let fraction = self.digits();
            if fraction.is_empty() {
                return None;
            }
            digits.push_str(fraction);
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let down = self.take(b'-').is_some();
            if !down {
                // A plus sign says nothing.
                let _ = self.take(b'+');
            }
            let exponent = self.digits();
            if exponent.is_empty() {
                return None;
            }
            match exponent.parse::<i64>() {
                Ok(exponent) if exponent <= MOST_EXPONENT => point += if down { -exponent } else { exponent },
                _ => {
                    out.push_str(&self.text[start..self.at]);
                    return Some(());
                }
            }
        }
        write_number(negative, &digits, point, out);
        Some(())
    }
}

/// Appends the number whose digits have a point after the first `point` of them, as `numeric` writes it.
fn write_number(negative: bool, digits: &str, point: i64, out: &mut String) {
    if negative && digits.bytes().any(|digit| digit != b'0') {
        out.push('-');
    }
    let count = digits.len() as i64;
    let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
    let (whole, fraction) = digits.split_at(point.clamp(0, count) as usize);
    let whole = format!("{whole}{}", zeros(point - count));
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if point < count {
        out.push('.');
        out.push_str(&zeros(-point));
        out.push_str(fraction);
    }
}

/// Appends a string as `jsonb` writes it: only what needs an escape has one.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            byte => write!(out, "\\u{byte:04x}").expect("writing into a string cannot fail"),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    fn canonical(text: &str) -> String {
        let mut out = String::new();
        super::canonical_json(text, &mut out);
        out
    }

    #[test]
    fn numbers_are_written_as_numeric_writes_them() {
        let cases = [
            ("1e2", "100"),
            ("1.50", "1.50"),
            ("1.5E+1", "15"),
            ("1.50e1", "15.0"),
            ("1.5e-3", "0.0015"),
            ("100e-2", "1.00"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("0e5", "0"),
            ("0.001e2", "0.1"),
            ("0.001e5", "100"),
            ("-12e-5", "-0.00012"),
            ("1e999999999999", "1e999999999999"),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_have_one_spelling() {
        assert_eq!(canonical(r#" "\u0041\/\ud83d\ude00\u000a\u001F\"" "#), r#""A/😀\n\u001f\"""#);
        assert_eq!(canonical("\"\u{7f}é\""), "\"\u{7f}é\"");
    }

    #[test]
    fn objects_forget_order_blanks_and_repeated_keys() {
        let text = "{ \"bb\" : [1 , {\"y\":null,\"x\":true}] ,\n\"a\": 1, \"\\u0061\": 2, \"\": false }";
        assert_eq!(canonical(text), r#"{"":false,"a":2,"bb":[1,{"x":true,"y":null}]}"#);
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        let deep = "[".repeat(5000) + &"]".repeat(5000);
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "01",
            "1.",
            ".5",
            "+1",
            "tru",
            "\"a",
            "\"\\ud800\"",
            "\"\\u+123\"",
            "1 2",
            "nul\u{e9}",
            &deep,
        ] {
            assert_eq!(canonical(text), text, "{text}");
        }
    }
}

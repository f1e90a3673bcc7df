//! JSON in the one form that stands for all texts of the same value, as `jsonb` compares them.

/// Deeper values are not taken for JSON: reading them is a recursion.
const DEEPEST: usize = 256;
/// An object of more members is not sorted on the quick.
const MOST_FLAT: usize = 8;
/// A number whose digits would take more characters is written with an exponent.
const LONGEST_PLAIN: usize = 40;

/// Brings JSON into its canonical form, with buffers that are kept from one text to the next.
///
/// Keys are sorted by length, then by bytes (`jsonb`'s own order), and the last of several equal keys counts. Between
/// tokens stands what `jsonb` prints: `", "` and `": "`. Numbers have no exponent, no zeros at the end of a fraction, and no
/// negative zero, so that equal numbers are the same text; only those of more than 40 characters are digits and an
/// exponent. Strings have the escapes they need.
///
/// ```
/// use seedbed_engine::digest::CanonicalJson;
/// let mut canonical = CanonicalJson::default();
/// let text = canonical.of(r#"{"path":"\u002fin", "ms" : 1.50e2, "ok":[true,-0.0], "ms": 3.10}"#);
/// assert_eq!(text, Some(r#"{"ms": 3.1, "ok": [true, 0], "path": "/in"}"#));
/// assert_eq!(canonical.of("{a: 1}"), None);
/// ```
#[derive(Clone, Default)]
pub struct CanonicalJson {
    out: Vec<u8>,
    /// The members of the objects that are open, innermost last.
    members: Vec<Member>,
    /// Where members are brought into order.
    spare: Vec<u8>,
}

/// A member of an object, as a place in the output: its key with quotes begins at the start.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
    end: usize,
}

impl CanonicalJson {
    /// The canonical form of a text; `None` when it is no JSON, or nested more than 256 deep.
    pub fn of(&mut self, text: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes_of(text)?).ok()
    }

    /// The same as bytes.
    pub(super) fn bytes_of(&mut self, text: &str) -> Option<&[u8]> {
        self.out.clear();
        if !self.flat(text.as_bytes()) {
            self.any(text)?;
        }
        Some(&self.out)
    }

    /// Any text.
    fn any(&mut self, text: &str) -> Option<()> {
        self.out.clear();
        self.members.clear();
        let mut reader = Reader { text: text.as_bytes(), at: 0 };
        self.value(&mut reader, 0)?;
        reader.blanks();
        (reader.at == reader.text.len()).then_some(())
    }

    /// What scenarios make: an object of a few plain members, which only have to be put in order. `false` when the text is
    /// anything else.
    fn flat(&mut self, text: &[u8]) -> bool {
        // Each from the first letter of its key, and the length of the key.
        let mut members: [(&[u8], usize); MOST_FLAT] = [(b"", 0); MOST_FLAT];
        let mut count = 0;
        let Some(mut rest) = text.strip_prefix(b"{\"") else { return false };
        loop {
            let Some(key) = plain_string(rest) else { return false };
            let Some(value) = rest[key..].strip_prefix(b"\": ") else { return false };
            let Some(length) = plain_value(value) else { return false };
            let end = key + 3 + length;
            if count == MOST_FLAT {
                return false;
            }
            // Where it belongs among those before it.
            let mut place = count;
            while place > 0 {
                let (before, before_key) = members[place - 1];
                let (before, this) = (&before[..before_key], &rest[..key]);
                match before.len().cmp(&this.len()).then_with(|| before.cmp(this)) {
                    std::cmp::Ordering::Less => break,
                    std::cmp::Ordering::Equal => return false,
                    std::cmp::Ordering::Greater => members[place] = members[place - 1],
                }
                place -= 1;
            }
            members[place] = (&rest[..end], key);
            count += 1;
            let after = &rest[end..];
            if after == b"}" {
                break;
            }
            let Some(next) = after.strip_prefix(b", \"") else { return false };
            rest = next;
        }
        for (i, (member, _)) in members[..count].iter().enumerate() {
            self.out.extend_from_slice(if i == 0 { b"{\"" } else { b", \"" });
            self.out.extend_from_slice(member);
        }
        self.out.push(b'}');
        true
    }

    fn value(&mut self, reader: &mut Reader, depth: usize) -> Option<()> {
        reader.blanks();
        match reader.peek()? {
            b'{' if depth < DEEPEST => self.object(reader, depth),
            b'[' if depth < DEEPEST => self.array(reader, depth),
            b'"' => self.string(reader),
            b't' => self.word(reader, b"true"),
            b'f' => self.word(reader, b"false"),
            b'n' => self.word(reader, b"null"),
            b'-' | b'0'..=b'9' => self.number(reader),
            _ => None,
        }
    }

    fn word(&mut self, reader: &mut Reader, word: &[u8]) -> Option<()> {
        reader.text[reader.at..].starts_with(word).then(|| {
            reader.at += word.len();
            self.out.extend_from_slice(word);
        })
    }

    fn array(&mut self, reader: &mut Reader, depth: usize) -> Option<()> {
        reader.at += 1;
        self.out.push(b'[');
        if !reader.eat(b']') {
            loop {
                self.value(reader, depth + 1)?;
                if reader.eat(b']') {
                    break;
                }
                if !reader.eat(b',') {
                    return None;
                }
                self.out.extend_from_slice(b", ");
            }
        }
        self.out.push(b']');
        Some(())
    }

    fn object(&mut self, reader: &mut Reader, depth: usize) -> Option<()> {
        reader.at += 1;
        self.out.push(b'{');
        let first = self.members.len();
        if !reader.eat(b'}') {
            loop {
                reader.blanks();
                let start = self.out.len();
                if reader.peek()? != b'"' {
                    return None;
                }
                self.string(reader)?;
                let key_end = self.out.len();
                if !reader.eat(b':') {
                    return None;
                }
                self.out.extend_from_slice(b": ");
                self.value(reader, depth + 1)?;
                self.members.push(Member { start, key_end, end: self.out.len() });
                if reader.eat(b'}') {
                    break;
                }
                if !reader.eat(b',') {
                    return None;
                }
                self.out.extend_from_slice(b", ");
            }
        }
        self.order(first);
        self.out.push(b'}');
        Some(())
    }

    /// Sorts the members of the object just read, and takes them off the list.
    fn order(&mut self, first: usize) {
        let out = &mut self.out;
        let members = &mut self.members[first..];
        // Every key has its quotes, so lengths compare as without them.
        let before = |a: &Member, b: &Member| {
            let (a, b) = (&out[a.start..a.key_end], &out[b.start..b.key_end]);
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        };
        if !members.is_sorted_by(|a, b| before(a, b).is_lt()) {
            let start = members[0].start;
            members.sort_by(before);
            self.spare.clear();
            for (i, member) in members.iter().enumerate() {
                // Of equal keys, which the sort leaves in order, the last counts.
                if members.get(i + 1).is_some_and(|next| before(member, next).is_eq()) {
                    continue;
                }
                if !self.spare.is_empty() {
                    self.spare.extend_from_slice(b", ");
                }
                self.spare.extend_from_slice(&out[member.start..member.end]);
            }
            out.truncate(start);
            out.extend_from_slice(&self.spare);
        }
        self.members.truncate(first);
    }

    fn string(&mut self, reader: &mut Reader) -> Option<()> {
        reader.at += 1;
        self.out.push(b'"');
        loop {
            let rest = &reader.text[reader.at..];
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            self.out.extend_from_slice(&rest[..length]);
            reader.at += length + 1;
            match rest[length] {
                b'"' => break,
                b'\\' => self.escape(reader)?,
                _ => return None,
            }
        }
        self.out.push(b'"');
        Some(())
    }

    /// What a backslash begins, with the shortest escape it can have, or none.
    fn escape(&mut self, reader: &mut Reader) -> Option<()> {
        let byte = reader.peek()?;
        reader.at += 1;
        let c = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => reader.code_point()?,
            _ => return None,
        };
        match c {
            '"' => self.out.extend_from_slice(b"\\\""),
            '\\' => self.out.extend_from_slice(b"\\\\"),
            '\u{8}' => self.out.extend_from_slice(b"\\b"),
            '\u{c}' => self.out.extend_from_slice(b"\\f"),
            '\n' => self.out.extend_from_slice(b"\\n"),
            '\r' => self.out.extend_from_slice(b"\\r"),
            '\t' => self.out.extend_from_slice(b"\\t"),
            '\0'..'\u{20}' => self.out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            _ => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        Some(())
    }

    fn number(&mut self, reader: &mut Reader) -> Option<()> {
        let Number { negative, whole, fraction, exponent } = reader.number()?;
        if exponent == 0 && whole.len() + fraction.len() < LONGEST_PLAIN {
            let fraction =
                &fraction[..fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1)];
            if negative && (whole != b"0" || !fraction.is_empty()) {
                self.out.push(b'-');
            }
            self.out.extend_from_slice(whole);
            if !fraction.is_empty() {
                self.out.push(b'.');
                self.out.extend_from_slice(fraction);
            }
            return Some(());
        }
        let digits = [whole, fraction].concat();
        let Some(first) = digits.iter().position(|digit| *digit != b'0') else {
            self.out.push(b'0');
            return Some(());
        };
        let last = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
        // The number is 0.DIGITS × 10^point.
        let point = exponent.saturating_add(whole.len() as i64).saturating_sub(first as i64);
        self.decimal(negative, &digits[first..=last], point);
        Some(())
    }

    /// Appends `0.DIGITS × 10^point`; the digits begin and end with others than 0.
    fn decimal(&mut self, negative: bool, digits: &[u8], point: i64) {
        if negative {
            self.out.push(b'-');
        }
        let count = digits.len() as i64;
        let zeros = |count: i64| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0));
        let most = LONGEST_PLAIN as i64;
        if point >= count && point <= most {
            self.out.extend_from_slice(digits);
            self.out.extend(zeros(point - count));
        } else if point > 0 && point < count && count < most {
            self.out.extend_from_slice(&digits[..point as usize]);
            self.out.push(b'.');
            self.out.extend_from_slice(&digits[point as usize..]);
        } else if point <= 0 && point > -most && count - point + 1 < most {
            self.out.extend_from_slice(b"0.");
            self.out.extend(zeros(-point));
            self.out.extend_from_slice(digits);
        } else {
            self.out.extend_from_slice(digits);
            self.out.extend_from_slice(format!("e{}", point.saturating_sub(count)).as_bytes());
        }
    }
}

/// The length of a string without escapes, up to its closing quote.
fn plain_string(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    (text[end] == b'"').then_some(end)
}

/// The length of a string without escapes, a whole number, or a word: what is canonical as it stands.
fn plain_value(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => Some(plain_string(&text[1..])? + 2),
        b'1'..=b'9' => {
            let length = text.iter().position(|byte| !byte.is_ascii_digit())?;
            (length < LONGEST_PLAIN && !matches!(text[length], b'.' | b'e' | b'E')).then_some(length)
        }
        b'0' => matches!(text.get(1)?, b',' | b'}').then_some(1),
        _ => {
            [&b"true"[..], b"false", b"null"].into_iter().find(|word| text.starts_with(word)).map(<[u8]>::len)
        }
    }
}

/// A number as it is written: `-` whole `.` fraction `e` exponent.
struct Number<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i64,
}

/// A place in a text.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over a byte and the blanks before it, if it is there.
    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> &'t [u8] {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn next_is(&mut self, bytes: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> Option<Number<'t>> {
        let negative = self.next_is(b"-");
        let whole = self.digits();
        if whole.is_empty() || (whole[0] == b'0' && whole.len() > 1) {
            return None;
        }
        let mut fraction: &[u8] = b"";
        if self.next_is(b".") {
            fraction = self.digits();
            if fraction.is_empty() {
                return None;
            }
        }
        let mut exponent = 0_i64;
        if self.next_is(b"eE") {
            let down = match self.peek()? {
                sign @ (b'+' | b'-') => {
                    self.at += 1;
                    sign == b'-'
                }
                _ => false,
            };
            let digits = self.digits();
            if digits.is_empty() {
                return None;
            }
            for digit in digits {
                exponent = exponent.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            }
            exponent = if down { -exponent } else { exponent };
        }
        Some(Number { negative, whole, fraction, exponent })
    }

    /// The character of `\uXXXX`, of which the `u` has been read, or of two such that are a pair.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if !self.text[self.at..].starts_with(b"\\u") {
            return None;
        }
        self.at += 2;
        let second = self.hex()?;
        let second = (0xdc00..0xe000).contains(&second).then_some(second)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
    }
}

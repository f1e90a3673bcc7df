//! The syntax of PostgreSQL's advanced regular expressions, written anew for the `regex-automata` crate. What is not known is refused.

/// What is wrong with a pattern.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong(pub(super) String);

fn wrong<T>(message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(message.into()))
}

/// The pattern of the crate that means the same.
pub(super) fn translate(pattern: &str) -> Result<String, Wrong> {
    let mut reader = Reader { rest: pattern.chars().collect(), at: 0, out: String::new(), depth: 0 };
    reader.alternatives()?;
    if reader.at < reader.rest.len() {
        return wrong("a `)` without its `(`");
    }
    Ok(reader.out)
}

/// Reads a pattern of PostgreSQL and writes one for the crate.
struct Reader {
    rest: Vec<char>,
    at: usize,
    out: String,
    depth: usize,
}

/// How deep groups may be nested.
const DEEPEST: usize = 50;

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }

    fn alternatives(&mut self) -> Result<(), Wrong> {
        if self.at == 0 && self.rest.starts_with(&['*', '*', '*']) {
            return wrong("the prefix `***` is not possible");
        }
        loop {
            match self.peek() {
                None | Some(')') => return Ok(()),
                Some('|') => {
                    self.at += 1;
                    self.out.push('|');
                }
                Some(_) => self.piece()?,
            }
        }
    }

    /// An atom with what says how often, or a constraint.
    fn piece(&mut self) -> Result<(), Wrong> {
        let c = self.next().unwrap_or_default();
        let mut constraint = false;
        match c {
            '^' | '$' => {
                self.out.push_str(if c == '^' { r"\A" } else { r"\z" });
                constraint = true;
            }
            '.' => self.out.push('.'),
            '(' => self.group()?,
            '[' => self.bracket()?,
            '\\' => constraint = self.escape()?,
            '*' | '+' | '?' => return wrong(format!("nothing stands before `{c}`")),
            '{' if self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                return wrong("nothing stands before `{`");
            }
            c => self.literal(c),
        }
        self.quantifier(constraint)
    }

    fn quantifier(&mut self, constraint: bool) -> Result<(), Wrong> {
        let bound = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                c.to_string()
            }
            Some('{') if self.rest.get(self.at + 1).is_some_and(char::is_ascii_digit) => self.bound()?,
            _ => return Ok(()),
        };
        if constraint {
            return wrong(format!("`{bound}` stands behind a place and not behind characters"));
        }
        self.out.push_str(&bound);
        match self.peek() {
            Some('?') => wrong("quantifiers that prefer few, such as `*?`, are not possible"),
            Some('*' | '+') => wrong("two quantifiers in a row"),
            Some('{') if self.rest.get(self.at + 1).is_some_and(char::is_ascii_digit) => {
                wrong("two quantifiers in a row")
            }
            _ => Ok(()),
        }
    }

    /// `{m}`, `{m,}` and `{m,n}`.
    fn bound(&mut self) -> Result<String, Wrong> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some(c) if c.is_ascii_digit() || c == ',' || c == '{' => text.push(c),
                Some('}') => break,
                _ => return wrong("expected a repetition such as `{2,3}`"),
            }
        }
        text.push('}');
        let numbers: Vec<&str> = text[1..text.len() - 1].split(',').collect();
        let number = |i: usize| numbers.get(i).and_then(|number| number.parse::<u32>().ok());
        match (numbers.len(), number(0), number(1)) {
            (1, Some(..=255), _) => Ok(text),
            (2, Some(..=255), None) if numbers[1].is_empty() => Ok(text),
            (2, Some(least), Some(most)) if least <= most && most <= 255 => Ok(text),
            _ => wrong(format!("expected a repetition of at most 255, found `{text}`")),
        }
    }

    fn group(&mut self) -> Result<(), Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong(format!("groups are nested more than {DEEPEST} deep"));
        }
        self.out.push('(');
        if self.peek() == Some('?') {
            if self.rest.get(self.at + 1) != Some(&':') {
                return wrong("behind `(?` only `:` is possible, neither options nor looking around");
            }
            self.at += 2;
            self.out.push_str("?:");
        }
        self.alternatives()?;
        if self.next() != Some(')') {
            return wrong("a `(` without its `)`");
        }
        self.depth -= 1;
        self.out.push(')');
        Ok(())
    }

    /// An escape outside brackets; whether it is a place.
    fn escape(&mut self) -> Result<bool, Wrong> {
        let Some(c) = self.next() else { return wrong("it ends in a backslash") };
        let place = match c {
            'A' => r"\A",
            'Z' => r"\z",
            'm' => r"(?-u:\b{start})",
            'M' => r"(?-u:\b{end})",
            'y' => r"(?-u:\b)",
            'Y' => r"(?-u:\B)",
            _ => "",
        };
        if !place.is_empty() {
            self.out.push_str(place);
            return Ok(true);
        }
        match class(c) {
            Some(class) => self.out.push_str(&format!("[{class}]")),
            None if matches!(c, 'D' | 'S' | 'W') => {
                let class = class(c.to_ascii_lowercase()).unwrap_or_default();
                self.out.push_str(&format!("[^{class}]"));
            }
            None => {
                let c = self.character_escape(c)?;
                self.literal(c);
            }
        }
        Ok(false)
    }

    /// The character that an escape stands for.
    fn character_escape(&mut self, c: char) -> Result<char, Wrong> {
        Ok(match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'B' => '\\',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'u' | 'U' => {
                let length = if c == 'u' { 4 } else { 8 };
                let digits: String = self.rest.iter().skip(self.at).take(length).collect();
                self.at += length;
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.chars().count() == length);
                match code.and_then(char::from_u32).filter(|c| *c != '\0') {
                    Some(c) => c,
                    None => {
                        return wrong(format!("`\\{c}` needs {length} hexadecimal digits of a character"));
                    }
                }
            }
            '1'..='9' => return wrong("references back, such as `\\1`, are not possible in a pattern"),
            c if c.is_alphanumeric() => return wrong(format!("the escape `\\{c}` is not possible")),
            c => c,
        })
    }

    /// What stands in brackets.
    fn bracket(&mut self) -> Result<(), Wrong> {
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else { return wrong("a `[` without its `]`") };
            if c == ']' && !first {
                break;
            }
            first = false;
            let Some(low) = self.member(c)? else { continue };
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|c| *c != ']');
            if !is_range {
                self.literal(low);
                continue;
            }
            self.at += 1;
            let c = self.next().unwrap_or_default();
            match self.member(c)? {
                Some(high) if low <= high => {
                    self.literal(low);
                    self.out.push('-');
                    self.literal(high);
                }
                _ => return wrong("a range in brackets ends before it begins"),
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// A character in brackets; `None` for a class, which has been written.
    fn member(&mut self, c: char) -> Result<Option<char>, Wrong> {
        match (c, self.peek()) {
            ('[', Some(':')) => {
                self.at += 1;
                let mut name = String::new();
                while let Some(c) = self.peek().filter(char::is_ascii_alphabetic) {
                    name.push(c);
                    self.at += 1;
                }
                let known = [
                    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
                    "upper", "xdigit",
                ];
                let closed = self.next() == Some(':') && self.next() == Some(']');
                if !closed || !known.contains(&name.as_str()) {
                    return wrong(format!("the class `[:{name}:]` is not known"));
                }
                self.out.push_str(&format!("[:{name}:]"));
                Ok(None)
            }
            ('[', Some('.' | '=')) => wrong("`[.` and `[=` are not possible in brackets"),
            ('\\', _) => {
                let Some(c) = self.next() else { return wrong("it ends in a backslash") };
                match class(c) {
                    Some(class) => {
                        self.out.push_str(class);
                        Ok(None)
                    }
                    None => self.character_escape(c).map(Some),
                }
            }
            _ => Ok(Some(c)),
        }
    }

    /// Appends a character that stands for itself.
    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() {
            self.out.push('\\');
        }
        self.out.push(c);
    }
}

/// Classes of the ASCII characters, whatever the locale.
fn class(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "[:digit:]",
        's' => "[:space:]",
        'w' => "[:alnum:]_",
        _ => return None,
    })
}

//! Regular expressions of PostgreSQL, the advanced ones, as far as they can be matched in linear time.
//!
//! A pattern is read here and written anew for the `regex-automata` crate; what is not known is refused. Two rules of PostgreSQL
//! are kept: the match that begins first wins, and of those the longest; and `.` stands for a line break, too.

use arrow::datatypes::{DataType, Int32Type};
use regex_automata::hybrid::dfa::DFA;
use regex_automata::meta::Regex as Meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, MatchKind};

use super::{Function, Site, doc};
use crate::budget::{self, Steps};
use crate::error::{Fault, Span};
use crate::expression::kernel::{Texts, check_length, number_rows, text_rows, try_boolean_rows};
use crate::expression::operator::Placed;
use crate::expression::tree::{Expression, Form};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "regexp_replace",
            "regexp_replace(text, pattern, to, flags)",
            "The text with the first match of a regular expression replaced, or with flag `g` all; `\\1` to `\\9` in `to` are groups, `\\&` the match; flag `i` ignores case.",
            "regexp_replace('Thomas', '.[mN]a.', 'M')",
            "ThM",
        ]),
        aliases: &[],
        arity: (3, 4),
        build: replace,
    },
    Function {
        doc: doc([
            "regexp_like",
            "regexp_like(text, pattern, flags)",
            "Whether a regular expression occurs in the text, as with `~`; flag `i` ignores case.",
            "regexp_like('Hello World', 'world$', 'i')",
            "true",
        ]),
        aliases: &[],
        arity: (2, 3),
        build: |site| {
            let (pattern, _) = pattern_of(&site, 1, 2, "i")?;
            found(site, pattern)
        },
    },
    Function {
        doc: doc([
            "regexp_count",
            "regexp_count(text, pattern)",
            "How many times a regular expression occurs in the text.",
            "regexp_count('123456789012', '\\d\\d\\d')",
            "4",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            let (pattern, _) = pattern_of(&site, 1, 2, "")?;
            site.want(0, &Type::Text)?;
            site.arguments[1].0 = Expression::text_constant(&pattern.written);
            site.strict(Type::Integer, move |a, rows| {
                let text = Texts::of(&a[0]);
                let mut matcher = pattern.matcher();
                number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
                    let mut count = 0;
                    matcher.all(text.get(row), |_| {
                        count += 1;
                        Ok(true)
                    })?;
                    Ok(count)
                })
            })
        },
    },
    Function {
        doc: doc([
            "regexp_substr",
            "regexp_substr(text, pattern)",
            "The first match of a regular expression, or NULL.",
            "regexp_substr('number of your street', '[a-z]+r')",
            "number",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            let (pattern, _) = pattern_of(&site, 1, 2, "")?;
            site.want(0, &Type::Text)?;
            site.arguments[1].0 = Expression::text_constant(&pattern.written);
            site.total(Type::Text, true, move |a, rows| {
                let null = a[0].is_null_scalar();
                let nulls = a[0].nulls();
                let text = (!null).then(|| Texts::of(&a[0]));
                let mut matcher = pattern.matcher();
                let mut found = Vec::with_capacity(rows);
                for row in 0..rows {
                    let valid = nulls.as_ref().is_none_or(|nulls| a[0].is_scalar() || nulls.is_valid(row));
                    let text = text.as_ref().filter(|_| valid).map(|text| text.get(row));
                    matcher.steps.begin();
                    found.push(match text {
                        Some(text) => matcher.first(text, 0)?.map(|(start, end)| &text[start..end]),
                        None => None,
                    });
                }
                budget::spend(found.iter().flatten().map(|text| text.len()).sum())?;
                Ok(std::sync::Arc::new(found.into_iter().collect::<arrow::array::StringArray>()))
            })
        },
    },
];

/// `text ~ pattern` and `text ~* pattern`.
pub(in crate::expression) fn matches(
    text: Placed,
    pattern: Placed,
    ignore_case: bool,
    span: Span,
) -> Result<Expression, Fault> {
    let place = pattern.1;
    let written = pattern.0.constant_text().ok_or_else(|| needs_literal(place))?;
    let pattern = Pattern::new(&written, ignore_case).map_err(|error| error.at(place))?;
    let text = text.0.widen(&Type::Text, text.1)?;
    let arguments = vec![text, Expression::text_constant(&written)];
    let form = Form::Infix(if ignore_case { "~*" } else { "~" });
    Ok(Expression::strict(form, arguments, Type::Boolean, span, move |a, rows| {
        let (text, mut steps) = (Texts::of(&a[0]), Steps::default());
        try_boolean_rows(a, rows, |row| pattern.is_in(text.get(row), &mut steps))
    }))
}

fn found(mut site: Site, pattern: Pattern) -> Result<Expression, Fault> {
    site.want(0, &Type::Text)?;
    site.arguments[1].0 = Expression::text_constant(&pattern.written);
    site.strict(Type::Boolean, move |a, rows| {
        let (text, mut steps) = (Texts::of(&a[0]), Steps::default());
        try_boolean_rows(a, rows, |row| pattern.is_in(text.get(row), &mut steps))
    })
}

fn replace(mut site: Site) -> Result<Expression, Fault> {
    let (pattern, flags) = pattern_of(&site, 1, 3, "gic")?;
    let all = flags.contains('g');
    site.wants(&[Type::Text, Type::Text, Type::Text])?;
    site.arguments[1].0 = Expression::text_constant(&pattern.written);
    site.strict(Type::Text, move |a, rows| {
        let (text, to) = (Texts::of(&a[0]), Texts::of(&a[2]));
        let mut matcher = pattern.matcher();
        text_rows(a, rows, |row, out| {
            let (text, to) = (text.get(row), to.get(row));
            let (begin, mut behind) = (out.len(), 0);
            let groups = to.contains('\\');
            let mut captures = pattern.meta.create_captures();
            matcher.all(text, |(start, end)| {
                out.push_str(&text[behind..start]);
                if groups {
                    pattern.groups(text, (start, end), &mut captures);
                    replacement(out, text, to, (start, end), &captures);
                } else {
                    out.push_str(to);
                }
                check_length(out.len() - begin)?;
                behind = end;
                Ok(all)
            })?;
            out.push_str(&text[behind..]);
            Ok(())
        })
    })
}

/// Appends what stands for a match. A backslash before anything else stands for itself.
fn replacement(out: &mut String, text: &str, to: &str, (start, end): (usize, usize), captures: &Captures) {
    let mut rest = to;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let c = behind.chars().next();
        rest = behind;
        match c {
            Some('&') => out.push_str(&text[start..end]),
            Some('\\') => out.push('\\'),
            Some(digit @ '1'..='9') => {
                let group = captures.get_group(digit as usize - '0' as usize);
                out.push_str(group.map_or("", |group| &text[group.start..group.end]));
            }
            _ => {
                out.push('\\');
                continue;
            }
        }
        rest = &rest[1..];
    }
    out.push_str(rest);
}

/// The constant pattern of a call and its flags, of which some are possible.
fn pattern_of(site: &Site, at: usize, flags_at: usize, possible: &str) -> Result<(Pattern, String), Fault> {
    let written =
        site.arguments[at].0.constant_text().ok_or_else(|| needs_literal(site.argument_span(at)))?;
    let flags = if site.len() > flags_at { site.constant_text(flags_at)? } else { String::new() };
    if let Some(flag) = flags.chars().find(|flag| !possible.contains(*flag) && *flag != 'c') {
        let known: Vec<String> = possible.chars().map(|flag| format!("`{flag}`")).collect();
        return Err(Fault::at(site.argument_span(flags_at), format!("the flag `{flag}` is not possible"))
            .label(format!("expected {}", known.join(" or "))));
    }
    // The last of `i` and `c` counts.
    let ignore_case = flags.chars().rfind(|flag| matches!(flag, 'i' | 'c')) == Some('i');
    let pattern = Pattern::new(&written, ignore_case).map_err(|error| error.at(site.argument_span(at)))?;
    Ok((pattern, flags))
}

fn needs_literal(span: Span) -> Fault {
    Fault::at(span, "a regular expression must be a quoted literal")
        .hint("a pattern from a column would be read for every row; `like` takes one")
}

/// What is wrong with a pattern.
#[derive(Debug, PartialEq)]
struct Wrong(String);

/// Why there is no pattern.
#[derive(Debug, PartialEq)]
enum Refused {
    /// It is wrong.
    Wrong(Wrong),
    /// Nothing is wrong with it, but there are too many of them.
    TooMany,
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl Refused {
    fn at(self, span: Span) -> Fault {
        match self {
            Self::Wrong(Wrong(message)) => {
                Fault::at(span, format!("the regular expression is wrong: {message}"))
            }
            Self::TooMany => Fault::at(span, "the regular expressions take too much memory together"),
        }
    }
}

fn wrong<T>(message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(message.into()))
}

/// A regular expression, ready.
struct Pattern {
    written: String,
    meta: Meta,
    /// Every way to match, so that the longest can be found.
    every: DFA,
}

/// How much memory the automaton of a pattern may take.
const AUTOMATON_BYTES: usize = 1 << 20;

impl Pattern {
    fn new(written: &str, ignore_case: bool) -> Result<Self, Refused> {
        if budget::left() == 0 {
            return Err(Refused::TooMany);
        }
        let mut reader = Reader { rest: written.chars().collect(), at: 0, out: String::new(), depth: 0 };
        reader.alternatives()?;
        if reader.at < reader.rest.len() {
            return Err(Wrong("a `)` without its `(`".to_owned()).into());
        }
        let syntax = regex_automata::util::syntax::Config::new()
            .case_insensitive(ignore_case)
            .dot_matches_new_line(true)
            .nest_limit(100);
        let config = regex_automata::nfa::thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES));
        let large = "its automaton would be too large; are there repetitions within repetitions?";
        let meta = Meta::builder()
            .syntax(syntax)
            .configure(Meta::config().nfa_size_limit(Some(AUTOMATON_BYTES)))
            .build(&reader.out)
            .map_err(|_| Wrong(large.to_owned()))?;
        let every = DFA::builder()
            .syntax(syntax)
            .thompson(config)
            .configure(
                DFA::config()
                    .match_kind(MatchKind::All)
                    .unicode_word_boundary(false)
                    .skip_cache_capacity_check(true),
            )
            .build(&reader.out)
            .map_err(|_| Wrong(large.to_owned()))?;
        budget::spend(meta.memory_usage() + every.memory_usage()).map_err(|_| Refused::TooMany)?;
        Ok(Self { written: written.to_owned(), meta, every })
    }

    fn matcher(&self) -> Matcher<'_> {
        Matcher { pattern: self, cache: self.every.create_cache(), steps: Steps::default() }
    }

    /// Whether it occurs in a text.
    fn is_in(&self, text: &str, steps: &mut Steps) -> Result<bool, String> {
        steps.begin();
        steps.take(text.len())?;
        Ok(self.meta.is_match(text))
    }

    /// The groups of a match that has been found.
    fn groups(&self, text: &str, (start, end): (usize, usize), captures: &mut Captures) {
        // The end is fixed by where the search must stop, so that the groups are those of this match.
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        self.meta.search_captures(&input, captures);
    }
}

/// Looks for matches; it keeps what the automaton has learnt.
struct Matcher<'p> {
    pattern: &'p Pattern,
    cache: regex_automata::hybrid::dfa::Cache,
    /// The bytes that have been read: a match may read all that is behind it, to find no longer one.
    steps: Steps,
}

impl Matcher<'_> {
    /// The first match at or after a place, and of those that begin there the longest.
    fn first(&mut self, text: &str, from: usize) -> Result<Option<(usize, usize)>, String> {
        let some = self.pattern.meta.search(&Input::new(text).range(from..));
        self.steps.take(some.as_ref().map_or(text.len(), |some| some.end()) - from)?;
        let Some(some) = some else { return Ok(None) };
        Ok(Some((some.start(), self.longest(text, some.start())?.unwrap_or(some.end()))))
    }

    /// The end of the longest match that begins at a place.
    fn longest(&mut self, text: &str, start: usize) -> Result<Option<usize>, String> {
        let stuck = |_| "the regular expression takes too much memory on this text".to_owned();
        let input = Input::new(text).range(start..).anchored(Anchored::Yes);
        let (dfa, cache) = (&self.pattern.every, &mut self.cache);
        let mut state = dfa.start_state_forward(cache, &input).map_err(|error| error.to_string())?;
        let mut longest = None;
        for (at, &byte) in text.as_bytes().iter().enumerate().skip(start) {
            state = dfa.next_state(cache, state, byte).map_err(stuck)?;
            self.steps.take(1)?;
            if state.is_tagged() {
                // A match is told one byte late.
                if state.is_match() {
                    longest = Some(at);
                } else if state.is_dead() {
                    return Ok(longest);
                }
            }
        }
        let state = dfa.next_eoi_state(cache, state).map_err(stuck)?;
        Ok(if state.is_match() { Some(text.len()) } else { longest })
    }

    /// Tells every match from left to right while it is asked for the next.
    fn all(
        &mut self,
        text: &str,
        mut tell: impl FnMut((usize, usize)) -> Result<bool, String>,
    ) -> Result<(), String> {
        let mut from = 0;
        self.steps.begin();
        while from <= text.len() {
            let Some((start, end)) = self.first(text, from)? else { break };
            if !tell((start, end))? {
                break;
            }
            // Behind an empty match the search goes on one character further.
            from =
                if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pattern: &str, to: &str) -> Result<String, String> {
        let pattern = Pattern::new(pattern, false).map_err(|refused| match refused {
            Refused::Wrong(wrong) => wrong.0,
            Refused::TooMany => "too many".to_owned(),
        })?;
        let (mut out, mut behind) = (String::new(), 0);
        let mut captures = pattern.meta.create_captures();
        pattern.matcher().all(text, |(start, end)| {
            out.push_str(&text[behind..start]);
            pattern.groups(text, (start, end), &mut captures);
            replacement(&mut out, text, to, (start, end), &captures);
            behind = end;
            Ok(true)
        })?;
        Ok(out + &text[behind..])
    }

    /// What PostgreSQL gives for `regexp_replace(text, pattern, to, 'g')`.
    #[test]
    fn matches_are_postgresqls() {
        for (text, pattern, to, expected) in [
            ("abcd", "a|ab", "X", "Xcd"),
            ("aab", "a{1,2}(ab)?", "X", "X"),
            ("abc", "b*", "-", "-a--c-"),
            ("foobarbaz", "b(..)", r"X\1Y", "fooXarYXazY"),
            ("foo", "o", r"[\&]\\\x", r"f[o]\\x[o]\\x"),
            ("a\nb", "a.b", "X", "X"),
            ("a-b]c", "[]a-]", "X", "XXbXc"),
            ("1a_é", r"\w", "X", "XXXé"),
            ("the cat", r"\mt", "X", "Xhe cat"),
            ("{x}", "{x}", "y", "y"),
            ("日本", "本", "x", "日x"),
            ("xay", "(x)|(y)", r"<\1\2>", "<x>a<y>"),
        ] {
            assert_eq!(replaced(text, pattern, to).as_deref(), Ok(expected), "{text} {pattern}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (pattern, expected) in [
            ("a*?", "quantifiers that prefer few, such as `*?`, are not possible"),
            ("*a", "nothing stands before `*`"),
            ("(a", "a `(` without its `)`"),
            ("a)", "a `)` without its `(`"),
            ("[a", "a `[` without its `]`"),
            (r"(a)\1", "references back, such as `\\1`, are not possible in a pattern"),
            ("(?=a)", "behind `(?` only `:` is possible, neither options nor looking around"),
            ("a{3,2}", "expected a repetition of at most 255, found `{3,2}`"),
            ("[[:wide:]]", "the class `[:wide:]` is not known"),
            ("^*", "`*` stands behind a place and not behind characters"),
            (
                "((a{200}){200}){200}",
                "its automaton would be too large; are there repetitions within repetitions?",
            ),
        ] {
            assert_eq!(replaced("", pattern, "").unwrap_err(), expected, "{pattern}");
        }
    }

    /// Backtracking would take for ever.
    #[test]
    fn matching_takes_no_longer_than_reading() {
        let text = "a".repeat(100_000);
        assert_eq!(replaced(&text, "(a+)+b", "X").map(|out| out.len()), Ok(100_000));
        assert_eq!(replaced(&text, "(a|a)*$", "X").as_deref(), Ok("XX"));
        // Every match reads to the end, to see whether there is a longer one.
        assert!(replaced(&text, "a.*b|a", "X").unwrap_err().contains("too long"));
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_panics(text in "[ab\\n]{0,6}", pattern in "[ab.^$*+?(){}\\[\\]|\\\\,1\\-:dw&~]{0,12}") {
            let _ = replaced(&text, &pattern, r"<\1>");
        }
    }
}

//! Regular expressions of PostgreSQL, the advanced ones, as far as they can be matched in linear time.
//!
//! A pattern is read here and written anew for the `regex-automata` crate; what is not known is refused. Two rules of PostgreSQL
//! are kept: the match that begins first wins, and of those the longest; and `.` stands for a line break, too.

mod pattern;
mod syntax;

use arrow::datatypes::{DataType, Int32Type};
use regex_automata::util::captures::Captures;

use self::pattern::Pattern;
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

#[cfg(test)]
mod tests {
    use super::pattern::Refused;
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

//! An expression as PostgreSQL reads it: the text as it was written, with names in quotes.
//!
//! Names keep their case here and are folded by PostgreSQL; strings mean the same here and there only as long as a setting of the
//! server says so. Everything else that passes is spelled alike.

use std::collections::HashMap;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use super::function::hard_moments;
use super::source::{Source, names_in, parse};
use crate::error::{Fault, Span};

/// Whether a function of the language is none of PostgreSQL's.
fn is_unknown_to_postgresql(name: &str) -> bool {
    name == "slug" || hard_moments().any(|known| known == name)
}

/// The text of an expression that compiles, for PostgreSQL.
///
/// # Errors
/// A fault where it holds what PostgreSQL does not have, reads otherwise, or does not need: functions of the language alone,
/// parameters, comments, strings other than `'…'`.
pub fn for_postgresql(source: &Source) -> Result<String, Fault> {
    // Places within the text alone, however it stands in the scenario.
    let within = Source { span: Span::new(0, source.text.len()), exact: true, ..*source };
    let names: HashMap<usize, String> = names_in(&parse(source)?, &within)
        .into_iter()
        .flatten()
        .map(|name| (name.span.start, name.text))
        .collect();
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, source.text)
        .tokenize_with_location()
        .map_err(|error| Fault::at(source.span, error.message))?;
    let mut out = String::new();
    for (i, token) in tokens.iter().enumerate() {
        let bytes = within.span_at(token.span);
        let refuse = |what: &str| Err(Fault::at(source.place(bytes.start..bytes.end), what));
        match &token.token {
            Token::Word(word) => match names.get(&bytes.start) {
                Some(name) => out += &format!("\"{}\"", name.replace('"', "\"\"")),
                None => {
                    let called =
                        tokens[i + 1..].iter().find(|next| !matches!(next.token, Token::Whitespace(_)));
                    let called = called.is_some_and(|next| next.token == Token::LParen);
                    let name = word.value.to_lowercase();
                    if called && is_unknown_to_postgresql(&name) {
                        return refuse(&format!("PostgreSQL has no function `{name}`"));
                    }
                    out += &word.to_string();
                }
            },
            Token::SingleQuotedString(text) => {
                let quoted = text.replace('\'', "''");
                out += &match quoted.contains('\\') {
                    true => format!("E'{}'", quoted.replace('\\', "\\\\")),
                    false => format!("'{quoted}'"),
                };
            }
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                return refuse("a comment cannot stand here");
            }
            Token::Whitespace(_) => out.push(' '),
            Token::Placeholder(_) => return refuse("a parameter cannot stand here"),
            Token::Number(number, _) => out += &number.replace('_', ""),
            Token::SemiColon | Token::Backslash | Token::Char(_) => return refuse("this cannot stand here"),
            token if is_string(token) => return refuse("expected a plain string, as in 'text'"),
            token => out += &token.to_string(),
        }
    }
    Ok(out.trim().to_owned())
}

/// Whether a token is a string of another kind than `'…'`.
fn is_string(token: &Token) -> bool {
    let text = token.to_string();
    text.contains(['\'', '"', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restated(text: &str) -> Result<String, String> {
        let source = Source { text, span: Span::new(0, text.len()), exact: true };
        for_postgresql(&source).map_err(|fault| fault.message)
    }

    #[test]
    fn names_are_quoted_and_nothing_else_changes() {
        for (text, expected) in [
            ("closed_at >= created_at", r#""closed_at" >= "created_at""#),
            ("Amount between 0 and 1_000", r#""Amount" between 0 and 1000"#),
            (r#""a ""b" is not null"#, r#""a ""b" is not null"#),
            ("day > date '2024-01-01' + interval '1 day'", r#""day" > date '2024-01-01' + interval '1 day'"#),
            ("code ~ '^\\d+$' or code = 'it''s'", r#""code" ~ E'^\\d+$' or "code" = 'it''s'"#),
            (
                "lower (a) = a and cast(b as text) = b::text",
                r#"lower (a) = "a" and cast("b" as text) = "b"::text"#,
            ),
            ("a in (1, 2)\n  and  not b", r#""a" in (1, 2)   and  not "b""#),
            ("extract(year from day) > 2000", r#"extract(year from "day") > 2000"#),
            ("case when a then b else c end", r#"case when "a" then "b" else "c" end"#),
            (
                "position('x' in a) > 0 and trim(both ' ' from b) = b",
                r#"position('x' in "a") > 0 and trim(both ' ' from "b") = "b""#,
            ),
            ("a at time zone 'UTC' > b", r#""a" at time zone 'UTC' > "b""#),
        ] {
            let expected = expected.replace("lower (a)", "lower (\"a\")");
            assert_eq!(restated(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_reads_otherwise_is_refused() {
        for (text, expected) in [
            ("a > 1 -- )", "a comment cannot stand here"),
            ("a > 1 /* ) */", "a comment cannot stand here"),
            ("a = $$)$$", "expected a plain string, as in 'text'"),
            ("a = E'\\')'", "expected a plain string, as in 'text'"),
            ("a = $limit", "a parameter cannot stand here"),
            ("a = slug(b)", "PostgreSQL has no function `slug`"),
            ("is_month_end(a)", "PostgreSQL has no function `is_month_end`"),
        ] {
            assert_eq!(restated(text), Err(expected.to_owned()), "{text}");
        }
    }
}

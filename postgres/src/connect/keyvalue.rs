//! Connection strings of words and values: `host=db.example user=ann password='it\'s'`.

use crate::Error;

use super::settings::{Settings, near, word};

/// Reads a string. A word that is unknown is a mistake.
///
/// Messages name places and words, never values: a password that was not quoted breaks into pieces that look like words.
pub(super) fn parse(text: &str) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let place = text[..text.len() - rest.len()].chars().count() + 1;
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        let Some(after) = rest[end..].trim_start().strip_prefix('=') else {
            return Err(Error::usage(
                format!("the connection string has no `=` after the word at character {place}"),
                "values with spaces stand in quotes: `password='a b'`",
            ));
        };
        let Some(known) = word(name) else {
            return Err(match near(name) {
                Some(near) => Error::usage(
                    format!("the connection string has an unknown word `{name}`"),
                    format!("did you mean `{near}`?"),
                ),
                None => Error::usage(
                    format!("the connection string has an unknown word at character {place}"),
                    "the words are those of libpq: `host`, `port`, `dbname`, `user`, `password`, `sslmode`, …; values with spaces stand in quotes",
                ),
            });
        };
        let after = after.trim_start();
        let (value, rest_of_text) = take_value(after, known)?;
        // `user= password=x` (a variable of the shell that is empty) gives the user's name a password; libpq takes it so.
        let swallowed = value.contains("password=")
            || value.split_once('=').is_some_and(|(name, _)| word(name).is_some());
        if swallowed && !after.starts_with('\'') {
            return Err(Error::usage(
                format!("the value of `{known}` holds another word with its `=`"),
                "an empty value is written `''`, and there is a space between a value and the next word",
            ));
        }
        settings.set(known, value);
        rest = rest_of_text.trim_start();
    }
    Ok(settings)
}

/// A value and what comes after it. A backslash makes the next character ordinary, in quotes and out of them.
fn take_value<'t>(text: &'t str, name: &str) -> Result<(String, &'t str), Error> {
    let quoted = text.starts_with('\'');
    let text = if quoted { &text[1..] } else { text };
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            // A backslash at the very end stands for nothing, as in libpq.
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c if !quoted && c.is_whitespace() => return Ok((value, &text[at..])),
            '\0' => {
                return Err(Error::usage(format!("the value of `{name}` has a NUL byte"), "leave it out"));
            }
            c => value.push(c),
        }
    }
    if quoted {
        return Err(Error::usage(
            format!("the value of `{name}` has an opening quote without a closing one"),
            "a quote within quotes is written `\\'`",
        ));
    }
    Ok((value, ""))
}

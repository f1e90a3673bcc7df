//! Text as a terminal may show it. Names, values, comments, paths and messages of servers come from elsewhere: none of them
//! steers the terminal, looks like a line of its own, or repeats a password that was typed.

use std::borrow::Cow;
use std::sync::OnceLock;

use seedbed_engine::hidden::is_hidden;

use crate::connection_string;

/// What stands in the place of something typed that may hold a password.
const CONCEALED: &str = "(not shown: it may hold a password)";

/// How many parts of an argument are checked, and how many ends of each.
const MOST_PARTS: usize = 100;

/// Text with hidden characters spelled out, `\n` and `\u{202e}`.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let text = without(text, typed());
    if !text.contains(is_hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_hidden(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text of several lines of its own. Those after the first are set off, so that none can be taken for another message.
pub(crate) fn shown_lines(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| shown(line.trim_end()));
    lines.collect::<Vec<_>>().join("\n  ")
}

/// JSON is data, and people read it: what a terminal would not show is escaped as JSON escapes it.
pub(crate) fn shown_json(json: &serde_json::Value) -> String {
    let text = format!("{json:#}");
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        match is_hidden(c) && c != '\n' {
            true => c.encode_utf16(&mut units).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
            false => out.push(c),
        }
    }
    out
}

/// Text that the program has coloured: everything is escaped but line breaks and colours. What is in it from elsewhere has been
/// [`shown`] before.
pub(crate) fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, piece) in text.split('\x1b').enumerate() {
        let colour = piece
            .strip_prefix('[')
            .and_then(|rest| rest.split_once('m'))
            .filter(|(codes, _)| codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        let rest = match colour {
            Some((codes, rest)) if i > 0 => {
                out += &format!("\x1b[{codes}m");
                rest
            }
            _ => {
                out += if i > 0 { "\\u{1b}" } else { "" };
                piece
            }
        };
        out += &rest.split('\n').map(shown).collect::<Vec<_>>().join("\n");
    }
    out
}

/// What was typed that may hold a password: whole arguments, and values in them.
pub(crate) fn typed() -> &'static [String] {
    static TYPED: OnceLock<Vec<String>> = OnceLock::new();
    TYPED.get_or_init(|| {
        let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        secrets(arguments)
    })
}

fn secrets(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut secrets = Vec::new();
    for argument in arguments {
        // `--to=URL` is repeated without its flag, `--set dsn=URL` without its key, one of several tables without the others,
        // a table without its column.
        let parts = [argument.as_str()].into_iter().chain(argument.split(',')).take(MOST_PARTS);
        let ends = |part| {
            let separators = str::char_indices(part).filter(|(_, c)| matches!(c, '=' | ',' | '.'));
            separators.take(MOST_PARTS).flat_map(move |(at, _)| [&part[..at], &part[at + 1..]])
        };
        let parts = parts.flat_map(|part: &str| [part].into_iter().chain(ends(part)));
        let parts = parts.flat_map(|part| [part, part.trim()]);
        let has_secret = |part: &&str| connection_string::may_hold_password(part);
        secrets.extend(parts.filter(has_secret).map(str::to_owned));
    }
    // The longest first: one may lie in another.
    secrets.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    secrets.dedup();
    secrets
}

fn without<'t>(text: &'t str, secrets: &[String]) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        if text.contains(secret.as_str()) {
            text = Cow::Owned(text.replace(secret.as_str(), CONCEALED));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_spelled_out() {
        for (text, expected) in [
            ("plain 東京 é", "plain 東京 é"),
            ("a\u{1b}[2J\u{9b}2J\x07\r\n\tb", "a\\u{1b}[2J\\u{9b}2J\\u{7}\\r\\n\\tb"),
            (
                "\u{202e}\u{2066}\u{200f}\u{61c}\u{feff}\u{e0041}",
                "\\u{202e}\\u{2066}\\u{200f}\\u{61c}\\u{feff}\\u{e0041}",
            ),
            ("\u{2028}\u{200b}\u{ad}", "\\u{2028}\\u{200b}\\u{ad}"),
        ] {
            assert_eq!(shown(text), expected);
            assert_eq!(shown(&shown(text)), expected, "once is enough");
        }
        assert_eq!(shown_lines("a\u{85}b\nerror: no\n\n"), "a\\u{85}b\n  error: no");
    }

    #[test]
    fn json_is_escaped_as_json() {
        let value = serde_json::json!({"a\u{9b}": ["\u{202e}x\n", "\u{e0041}", "\u{7f}é"]});
        let text = shown_json(&value);
        assert!(text.chars().all(|c| c == '\n' || !is_hidden(c)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn colours_are_all_that_is_left() {
        assert_eq!(coloured("\x1b[1;91merror\x1b[0m: a\nb"), "\x1b[1;91merror\x1b[0m: a\nb");
        assert_eq!(coloured("\x1b[2J\x1b]0;x\x07\x1b"), "\\u{1b}[2J\\u{1b}]0;x\\u{7}\\u{1b}");
    }

    #[test]
    fn passwords_that_were_typed_are_concealed() {
        let typed = [
            "--too=postgres://me:secret@host/db",
            "--set",
            "dsn=host=x password=secret",
            "saas",
            "a=b",
            "x,me:secret@host.y.z,y",
        ];
        let secrets = secrets(typed.iter().map(|&text| text.to_owned()));
        let text = "`postgres://me:secret@host/db`, `host=x password=secret`, `me:secret@host`, saas";
        let expected = format!("`{CONCEALED}`, `{CONCEALED}`, `{CONCEALED}`, saas");
        assert_eq!(without(text, &secrets), expected);
    }
}

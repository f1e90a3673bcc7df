//! What looks like the name of a database: it is no name of a file, and may hold a password.

use seedbed_engine::error::did_you_mean;

/// Why a text looks like a connection string, in words that show none of it but a plain scheme; and the way out.
pub(crate) fn resemblance(text: &str) -> Option<(String, &'static str)> {
    plain_resemblance(text).or_else(|| plain_resemblance(&decoded(text)?))
}

fn plain_resemblance(text: &str) -> Option<(String, &'static str)> {
    if let Some((scheme, _)) = text.split_once("://") {
        let scheme = scheme.trim_start();
        let rest = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
        let named = if is_scheme(rest) { format!(" `{scheme}://`") } else { ": a URL".to_owned() };
        let hint = "name a directory, a file such as users.csv, `-`, `null:`, or a database such as `postgres:///demo`";
        return Some((format!("unknown kind of target{named}"), hint));
    }
    if is_url_without_scheme(text) || may_be_user_and_host(text) {
        let message = "the target looks like a URL without its beginning";
        return Some((message.to_owned(), "URLs begin with `postgres://`"));
    }
    if has_words(text) {
        let message = "the target looks like a connection string with unknown words";
        return Some((message.to_owned(), "a database is named as in `host=localhost dbname=demo user=me`"));
    }
    if has_scheme(text) {
        let message = "the target begins like a URL";
        let hint = "nowhere is `null:`, a database is `postgres:///demo`; a directory with a colon in its name is written with `./` before it";
        return Some((message.to_owned(), hint));
    }
    None
}

/// Whether a text may hold a password, so that it is not repeated.
pub(crate) fn may_hold_password(text: &str) -> bool {
    let holds = |text: &str| {
        let has_user = text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
        has_user || is_url_without_scheme(text) || may_be_user_and_host(text) || has_password(text)
    };
    holds(text) || decoded(text).is_some_and(|decoded| holds(&decoded))
}

/// What `u%3Asecret%40host` means in a URL, if it is written so.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut decoded = parts.next()?.to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii() => {
                decoded.push(char::from(byte));
                decoded += &part[2..];
            }
            _ => {
                decoded.push('%');
                decoded += part;
            }
        }
    }
    (decoded != text).then_some(decoded)
}

fn is_scheme(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// `word:…`, as URLs begin. One letter is a drive of other systems.
fn has_scheme(text: &str) -> bool {
    let text = text.trim_start();
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && is_scheme(scheme)
    })
}

/// `//user@host/…`, or something with a user and a password.
fn is_url_without_scheme(text: &str) -> bool {
    let Some((before, after)) = text.split_once("//") else { return false };
    after.split_once('@').is_some_and(|(user, _)| before.is_empty() || user.contains(':'))
}

/// `user:password@host/db`, `user@host:5432/db`: a colon and an `@` in one part of a path; a password may hold a `/`, so
/// at the beginning any colon before an `@` counts. `secret@host/db`: an `@` in the first of several parts.
fn may_be_user_and_host(text: &str) -> bool {
    let is_relative = !text.starts_with(['/', '.']);
    let mut parts = text.split('/');
    let first = text.split('/').next().unwrap_or_default();
    let has_host = first.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    (is_relative && first.contains(':') && text.contains('@'))
        || (is_relative && has_host && text.len() > first.len() + 1)
        || parts.any(|part| part.contains(':') && part.contains('@'))
}

/// Words and values only, or a value whose word is near `password`.
fn has_words(text: &str) -> bool {
    let has_value =
        |part: &str| part.split_once('=').is_some_and(|(word, _)| word.chars().all(char::is_alphanumeric));
    let words = text.split_whitespace();
    let is_all_words = words.clone().all(has_value) && words.count() > 1;
    let pairs = text.split(';').filter(|part| part.contains('='));
    is_all_words || pairs.count() > 1 || has_password(text)
}

fn has_password(text: &str) -> bool {
    let mut parts = text.split(|c: char| c.is_whitespace() || matches!(c, '?' | '&' | ';'));
    parts.any(|part| part.split_once('=').is_some_and(|(word, _)| is_like_password(word)))
        // `password = secret`
        || text.split('=').any(|before| before.split_whitespace().last().is_some_and(is_like_password) && before.ends_with(' '))
}

fn is_like_password(word: &str) -> bool {
    let word = word.trim().trim_start_matches('-').to_ascii_lowercase();
    let is_short = matches!(word.as_str(), "pw" | "pwd" | "pass" | "passwd");
    // Shorter words are near too many others.
    is_short
        || (word.len() > 5 && word.len() < 20 && did_you_mean(&word, ["password", "pgpassword"]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_database_is_told_without_being_shown() {
        for text in [
            "mysql://me:secret@host/db",
            "s3://me:secret@host/db",
            "POSTGRES://me:secret@host/db",
            "postgresql+psycopg2://me:secret@host/db",
            "jdbc:postgresql://host/db?user=me&password=secret",
            "jdbc:postgresql:db?user=me&password=secret",
            "db:me:secret://host",
            "//me:secret@host/db",
            "//secret@host/db",
            "postgres//me:secret@host/db",
            "me:secret@host/db",
            "me:secret@host",
            " me:secret@host/db",
            "me:sec/ret/secret@host/db",
            "me.last:secret@host:5432/db",
            ":secret@host/db",
            "/me:secret@host/db",
            "./me:secret@host/db",
            "secret@host:5432/db",
            "secret@host/db",
            "u%3Asecret@h/db",
            "u%3asecret%40h%2Fdb",
            "postgres%3A%2F%2Fu:secret@h",
            "host:5432/secret",
            "hots=host pasword=secret",
            "hots=host key=secret",
            "passwrod=secret",
            "host/db password = secret",
            "pwd=secret",
            "host/db?user=me&pass=secret",
            "Server=host;Database=db;Uid=me;Key=secret",
            "mysql:secret",
        ] {
            let Some((message, hint)) = resemblance(text) else { panic!("{text}") };
            assert!(!message.contains("secret") && !hint.contains("secret"), "{message}");
        }
        for text in ["null:x", "NULL:", "Null:", "file:x", "sqlite:/tmp/x", "postgresql+psycopg2:db"] {
            assert!(resemblance(text).is_some(), "{text}");
        }
    }

    #[test]
    fn folders_may_have_strange_names() {
        for text in [
            "a=1",
            "run 1",
            "out/part=1",
            "me@host",
            "me@host/",
            "./me@host/db",
            "100%",
            "a%20b",
            "a//b",
            "10:30",
            "path=x",
            "a b=c",
            "x?y",
            "out/10:30",
            "./run:1",
            "/data/2026-01-01T10:30/me@host",
            "out/run:1",
            "C:\\data",
            "year=2026/month=1",
            "a;b",
            "a=1;b",
        ] {
            assert_eq!(resemblance(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_not_repeated() {
        for text in [
            "postgres://me:secret@host/db",
            "postgres://secret@host",
            "me:secret@host",
            "secret@host/db",
            "u%3Asecret@h/db",
            "password=x",
            "--password=x",
        ] {
            assert!(may_hold_password(text), "{text}");
        }
        for text in [
            "postgres:///demo",
            "saas",
            "users.csv",
            "tenants=500",
            "2026-04-13T00:00:00Z",
            "--to",
            "me@host",
        ] {
            assert!(!may_hold_password(text), "{text}");
        }
    }
}

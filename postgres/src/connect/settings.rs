//! What was said about a connection: words and their values, before they mean anything.
//!
//! Words are libpq's. A value from a stronger source stays when a weaker one is merged in.

use std::collections::BTreeMap;

use crate::Error;

/// The words of connection strings, each with its environment variable.
///
/// Those that only matter to libpq itself (`krbsrvname`, …) are here so that strings that hold them work.
const WORDS: [(&str, Option<&str>); 42] = [
    ("service", Some("PGSERVICE")),
    ("user", Some("PGUSER")),
    ("password", Some("PGPASSWORD")),
    ("passfile", Some("PGPASSFILE")),
    ("dbname", Some("PGDATABASE")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("port", Some("PGPORT")),
    ("options", Some("PGOPTIONS")),
    ("application_name", Some("PGAPPNAME")),
    ("fallback_application_name", None),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("client_encoding", None),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("replication", None),
    ("keepalives", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("keepalives_count", None),
    ("tcp_user_timeout", None),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslpassword", None),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslsni", Some("PGSSLSNI")),
    ("sslcompression", None),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("gssdelegation", Some("PGGSSDELEGATION")),
    ("gsslib", Some("PGGSSLIB")),
    ("krbsrvname", Some("PGKRBSRVNAME")),
    ("sslkeylogfile", None),
];

/// The word as it stands in the list, if it is one.
pub(super) fn word(text: &str) -> Option<&'static str> {
    WORDS.iter().map(|(word, _)| *word).find(|word| *word == text)
}

/// The environment variable that means the same as a word.
pub(super) fn variable(text: &str) -> Option<&'static str> {
    WORDS.iter().find(|(word, _)| *word == text).and_then(|(_, variable)| *variable)
}

/// Whether a value that messages show looks as if it held more than it should: a whole connection string, or words that another
/// tool would set off by `;`. A password would be among it.
fn holds_more(word: &str, value: &str) -> bool {
    let mut parts = value.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '?'));
    let is_pair = |part: &str| part.contains('=');
    let is_password = |part: &str| part.split_once('=').is_some_and(|(name, _)| is_like_password(name));
    if value.split(',').any(is_password) || parts.clone().any(is_password) {
        return true;
    }
    let first = parts.next().and_then(|part| part.split_once('=')).map(|(name, _)| name);
    let is_named = matches!(word, "service" | "user" | "dbname" | "host" | "hostaddr" | "port");
    is_named
        && (value.contains("://")
            || value.split_once(':').is_some_and(|(_, rest)| rest.contains('@'))
            || first.is_some_and(|name| self::word(name).is_some())
            || parts.any(is_pair))
}

fn is_like_password(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    matches!(name.as_str(), "pw" | "pwd" | "pass" | "passwd" | "pgpassword")
        || near(&name) == Some("password")
}

/// The word that the user may have meant: at most two letters away.
///
/// Texts that are near no word are never shown, because they may be half of a password that was not quoted.
pub(super) fn near(text: &str) -> Option<&'static str> {
    let distances = WORDS.iter().map(|(word, _)| (distance(text, word), *word));
    let (distance, word) = distances.min()?;
    (distance <= 2 && text.len() > 2 * distance).then_some(word)
}

/// The letters to add, drop or change to turn one text into another; texts of very different length are far apart.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let here = (row[j] + 1).min(row[j + 1] + 1).min(corner + usize::from(x != y));
            corner = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[b.len()]
}

/// Words with values. There is no `Debug`: one of them may be a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    /// What the environment says. An empty variable says nothing.
    pub(super) fn from_environment(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = WORDS.iter().filter_map(|(word, variable)| {
            let value = environment((*variable)?)?;
            (!value.is_empty()).then_some((*word, value))
        });
        Self(said.collect())
    }

    /// The last value that is set wins, as in one connection string.
    pub(super) fn set(&mut self, word: &'static str, value: String) {
        self.0.insert(word, value);
    }

    /// Takes the values of words that have none yet.
    pub(super) fn fill_from(&mut self, weaker: Self) {
        for (word, value) in weaker.0 {
            self.0.entry(word).or_insert(value);
        }
    }

    /// The value of a word; an empty one asks for the default, as does none.
    pub(super) fn get(&self, word: &str) -> Option<&str> {
        self.0.get(word).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Refuses values that messages would show with a password in them. No message holds such a value.
    pub(super) fn check(&self) -> Result<(), Error> {
        // These are never shown.
        let is_shown = |word: &str| !matches!(word, "password" | "sslpassword" | "options");
        let mut shown = self.0.iter().filter(|(word, _)| is_shown(word));
        let Some((word, _)) = shown.find(|(word, value)| holds_more(word, value)) else { return Ok(()) };
        let variable = variable(word).map_or_else(String::new, |variable| format!(", or `{variable}`,"));
        Err(Error::usage(
            format!("the value of `{word}`{variable} looks as if it held more of a connection string"),
            "put a whole connection string into `--to` or `DATABASE_URL`; words are set off by spaces, and in a URL by `&`",
        ))
    }

    /// Whether a word has a value, even an empty one.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_nearly_right_are_known() {
        assert_eq!(near("hots"), None, "two of four letters are too many to guess from");
        assert_eq!(near("hst"), Some("host"));
        assert_eq!(near("databse"), None);
        assert_eq!(near("dbnam"), Some("dbname"));
        assert_eq!(near("sslmod"), Some("sslmode"));
        assert_eq!(near("pasword"), Some("password"));
        assert_eq!(near("x"), None);
        assert_eq!(near("hunter2"), None);
    }

    #[test]
    fn values_that_hold_more_are_told_from_odd_ones() {
        for (word, value) in [
            ("host", "h;pwd=x"),
            ("host", "host=h dbname=d"),
            ("host", "h;key=x"),
            ("dbname", "postgres://u:x@h/d"),
            ("dbname", "d;password=x"),
            ("dbname", "d?sslmode=disable"),
            ("user", "u:x@h"),
            ("service", "u:x@h/d"),
            ("sslrootcert", "/ca.pem;password=x"),
        ] {
            assert!(holds_more(word, value), "{word} {value}");
        }
        for (word, value) in [
            ("user", "me@server"),
            ("dbname", "a=b"),
            ("dbname", "a b"),
            ("dbname", "12:30"),
            ("host", "::1,h"),
            ("host", "/tmp/a=b"),
            ("sslrootcert", "/a=b/c d/ca.pem"),
            ("application_name", "a=b; c"),
        ] {
            assert!(!holds_more(word, value), "{word} {value}");
        }
    }

    #[test]
    fn stronger_values_stay() {
        let mut strong = Settings::default();
        strong.set("host", "a".into());
        strong.set("port", String::new());
        let mut weak = Settings::default();
        weak.set("host", "b".into());
        weak.set("port", "5433".into());
        weak.set("user", "u".into());
        strong.fill_from(weak);
        assert_eq!(strong.get("host"), Some("a"));
        assert_eq!(strong.get("port"), None, "an empty value asks for the default");
        assert_eq!(strong.get("user"), Some("u"));
    }
}

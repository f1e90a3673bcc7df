//! Connection URLs: `postgresql://user:password@host:port,host:port/database?word=value&…`, everything optional.
//!
//! They are read as libpq reads them, with one exception: a raw `@` where libpq would take it as part of a host or a database is
//! refused, because then the text before it is most likely a piece of a password, and hosts and databases are shown.

use crate::Error;

use super::settings::{Settings, near, word};

/// Parameters that other tools put into URLs, and that mean nothing here.
const OTHER_TOOLS: [&str; 22] = [
    "ApplicationName",
    "binary_parameters",
    "charset",
    "connection_limit",
    "connect_timeout_ms",
    "currentSchema",
    "encoding",
    "max_conns",
    "max_connections",
    "pgbouncer",
    "pool",
    "pool_max_conns",
    "pool_min_conns",
    "pool_mode",
    "pool_size",
    "pool_timeout",
    "prepareThreshold",
    "search_path",
    "sslaccept",
    "sslidentity",
    "statement_cache_size",
    "uselibpqcompat",
];

/// What a URL says, and what is wrong with it without being a mistake.
#[derive(Default)]
pub(super) struct Url {
    pub settings: Settings,
    pub schema: Option<String>,
    pub warnings: Vec<String>,
}

/// The part after `postgres://` or `postgresql://`.
pub(super) fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// Reads what comes after the scheme.
pub(super) fn parse(rest: &str) -> Result<Url, Error> {
    let mut url = Url::default();
    // The user and the password may hold anything but `@` and `/`, even `?`.
    let rest = match rest.find(['@', '/']) {
        Some(at) if rest.as_bytes()[at] == b'@' => {
            let (user, password) = match rest[..at].split_once(':') {
                Some((user, password)) => (user, password),
                None => (&rest[..at], ""),
            };
            if !user.is_empty() {
                url.settings.set("user", decode(user, "user")?);
            }
            if !password.is_empty() {
                url.settings.set("password", decode(password, "password")?);
            }
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    let (hosts, database) =
        before.split_once('/').map_or((before, None), |(hosts, database)| (hosts, Some(database)));
    if before.contains('@') {
        return Err(unescaped());
    }
    parse_hosts(hosts, &mut url.settings)?;
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        url.settings.set("dbname", decode(database, "database")?);
    }
    if let Some(query) = query {
        parse_query(query, &mut url)?;
    }
    Ok(url)
}

fn unescaped() -> Error {
    Error::usage(
        "the URL has an `@` where none can be",
        "percent-encode what is special in a user's name or a password: `@` is %40, `/` is %2F, `:` is %3A, `?` is %3F",
    )
}

/// `host:port,[::1]:port,…`. Lists stay lists; they are taken apart when all sources are merged.
fn parse_hosts(text: &str, settings: &mut Settings) -> Result<(), Error> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for host in text.split(',') {
        let (host, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let Some((address, after)) = rest.split_once(']') else {
                    return Err(Error::usage(
                        "the URL has a `[` without its `]`",
                        "an IPv6 address is written `[::1]`",
                    ));
                };
                let port = match after.strip_prefix(':') {
                    None if after.is_empty() => "",
                    Some(port) => port,
                    None => {
                        return Err(Error::usage(
                            "the URL has something else than `:` and a port after `]`",
                            "as in `postgresql://[::1]:5432/database`",
                        ));
                    }
                };
                (address, port)
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        hosts.push(decode(host, "host")?);
        ports.push(decode(port, "port")?);
    }
    let (hosts, ports) = (hosts.join(","), ports.join(","));
    if !hosts.is_empty() {
        settings.set("host", hosts);
    }
    if !ports.is_empty() {
        settings.set("port", ports);
    }
    Ok(())
}

fn parse_query(query: &str, url: &mut Url) -> Result<(), Error> {
    // With an `@` further on, what looks like a parameter's name may be a piece of a password.
    let may_name = !query.contains('@');
    for (i, pair) in query.split('&').enumerate() {
        if pair.is_empty() {
            continue;
        }
        let number = i + 1;
        let Some((name, value)) = pair.split_once('=') else {
            if !may_name {
                return Err(unescaped());
            }
            return Err(Error::usage(
                format!("parameter {number} of the URL has no value"),
                "parameters are written `?word=value&word=value`",
            ));
        };
        let (name, value) = (decode(name, "parameter")?, decode(value, "parameter")?);
        match (word(&name), name.as_str()) {
            (Some(word), _) => url.settings.set(word, value),
            (None, "schema") => {
                url.warnings.push("`schema` in the URL is another tool's; it is not used".to_owned());
                url.schema = Some(value).filter(|schema| !schema.is_empty());
            }
            // What JDBC writes, and libpq understands.
            (None, "ssl") if value == "true" => url.settings.set("sslmode", "require".to_owned()),
            // So may be what looks like a database's.
            (None, _) if !may_name => return Err(unescaped()),
            (None, name) => {
                let shown = OTHER_TOOLS.contains(&name) || near(name).is_some();
                let hint = near(name).map_or_else(String::new, |word| format!("; did you mean `{word}`?"));
                url.warnings.push(match shown {
                    true => format!("`{name}` in the URL means nothing to seedbed; it is not used{hint}"),
                    false => {
                        format!("parameter {number} of the URL means nothing to seedbed; it is not used")
                    }
                });
            }
        }
    }
    Ok(())
}

/// Turns `%2F` into `/` and so on.
fn decode(text: &str, what: &str) -> Result<String, Error> {
    let hint = "a percent sign itself is written %25";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            let message = format!("the URL's {what} has a `%` without two hexadecimal digits");
            return Err(Error::usage(message, hint));
        };
        bytes.push((high * 16 + low) as u8);
    }
    if bytes.contains(&0) {
        return Err(Error::usage(format!("the URL's {what} has a NUL byte"), "leave out %00"));
    }
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("the URL's {what} is not UTF-8"), hint))
}

//! What can go wrong on the way into a database, and what to try.
//!
//! The server's own error is the message: SQLSTATE, message, detail, hint and table, never "connection closed" for a violated
//! constraint. No message holds a password.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;

use seedbed_engine::ValueError;
use seedbed_engine::cases::TooFew;

use crate::sql;

/// A value that a column of the database cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{table}.{column}` cannot take {value}: {reason}{}", of_row(*row))]
pub struct Refusal {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The value, shortened.
    pub value: String,
    /// Why not.
    pub reason: String,
    /// The row of the table, from 1, if it is known.
    pub row: Option<u64>,
    /// The way out.
    pub hint: Option<String>,
}

/// Why something was not done. `Display` says what failed, where and why on one line; the way out is in [`hint`](Self::hint).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value could not be computed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A case has too few rows.
    #[error(transparent)]
    Case(TooFew),
    /// A request that cannot be met as it is; nothing has been touched.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// A file that a connection needs (a password file, a certificate, a service file).
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, ….
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// There is no connection.
    #[error("cannot connect to {to}: {cause}")]
    Connect {
        /// Host, port and database, without the password.
        to: String,
        /// Every cause, from the outermost to the innermost.
        cause: String,
        /// The way out.
        hint: Option<String>,
    },
    /// The server refused a statement.
    #[error("cannot {doing}: {error}")]
    Server {
        /// What was tried, as in "create index `users_email_key`".
        doing: String,
        /// What the server said.
        error: Box<ServerError>,
    },
    /// The connection broke.
    #[error("lost the connection while trying to {doing}: {cause}")]
    Lost {
        /// What was tried.
        doing: String,
        /// Every cause, from the outermost to the innermost.
        cause: String,
    },
    /// A value that a column of the database cannot take.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The server has taken another number of rows than were sent.
    #[error("table `{table}` took {found} rows and was sent {expected}")]
    Rows {
        /// The table.
        table: String,
        /// Rows sent.
        expected: u64,
        /// Rows taken.
        found: u64,
    },
    /// The connection broke while the server was committing.
    #[error(
        "lost the connection while committing, so the target holds either what it held before or all of the new data: {cause}"
    )]
    Undecided {
        /// Every cause, from the outermost to the innermost.
        cause: String,
    },
    /// A load failed, and what it had built could not be removed.
    #[error("{error}; {}", leftover(schema, cause))]
    Leftover {
        /// Why it failed.
        error: Box<Error>,
        /// The private schema.
        schema: String,
        /// Why that could not be removed.
        cause: Box<Error>,
    },
    /// The work was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What the server said about a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The detail, as in `Key (id)=(1) already exists.`
    pub detail: Option<String>,
    /// The server's own hint.
    pub hint: Option<String>,
    /// Where in the server the error arose, as in `COPY t, line 3`.
    pub context: Option<String>,
    /// The schema and the name of the table it is about.
    pub relation: Option<(String, String)>,
    /// The constraint it is about.
    pub constraint: Option<String>,
    /// Which row is in the way, if it is about a key that two rows have.
    pub collision: Option<Collision>,
}

/// Which row has the key of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collision {
    /// Another new row.
    New,
    /// A row that was there before the load, which adds rows to its table.
    Old,
    /// A row that is there in a table to which this load adds nothing, or only to an empty one.
    Elsewhere,
    /// A new one or an old one: it is not known.
    Unknown,
    /// A row of the server's catalog: another session makes something of the same name.
    Catalog,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.sqlstate)?;
        if let Some(detail) = &self.detail {
            write!(f, "; {detail}")?;
        }
        if let Some((schema, table)) = &self.relation {
            write!(f, "; table {schema}.{table}")?;
        }
        match self.collision {
            Some(Collision::New) => write!(f, "; two of the new rows collide"),
            _ => Ok(()),
        }
    }
}

impl Error {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// What a failed statement means: the server's own words if it sent any, a lost connection otherwise.
    pub(crate) fn from_postgres(doing: impl Into<String>, error: &tokio_postgres::Error) -> Self {
        let doing = doing.into();
        let Some(db) = error.as_db_error() else {
            return Self::Lost { doing, cause: causes(error) };
        };
        let named = |name: Option<&str>| name.map(str::to_owned);
        let collision = matches!(db.code().code(), "23505" | "23P01").then(|| match db.schema() {
            Some("pg_catalog") => Collision::Catalog,
            _ => Collision::Unknown,
        });
        let error = ServerError {
            sqlstate: db.code().code().to_owned(),
            message: db.message().to_owned(),
            detail: db.detail().map(str::to_owned),
            hint: db.hint().map(str::to_owned),
            context: db.where_().map(str::to_owned),
            relation: named(db.schema()).zip(named(db.table())),
            constraint: db.constraint().map(str::to_owned),
            collision,
        };
        Self::Server { doing, error: Box::new(error) }
    }

    /// What the server said, to be told better.
    pub(crate) fn server_mut(&mut self) -> Option<&mut ServerError> {
        match self {
            Self::Server { error, .. } => Some(error),
            Self::Leftover { error, .. } => error.server_mut(),
            _ => None,
        }
    }

    /// The same, about tables of a private schema, under the names that they will have in `schema`.
    pub(crate) fn published(mut self, private: &str, schema: &str) -> Self {
        let Some(error) = self.server_mut() else { return self };
        if let Some((of, _)) = &mut error.relation
            && of == private
        {
            schema.clone_into(of);
        }
        let texts = [&mut error.detail, &mut error.hint, &mut error.context];
        for text in texts.into_iter().flatten().chain([&mut error.message]) {
            *text = published(text, private, schema);
        }
        self
    }

    /// The same, when a stop was asked for and caused the errors; what is left in the target still counts.
    pub(crate) fn into_interrupted(self) -> Self {
        match self {
            Self::Undecided { .. } => self,
            Self::Leftover { error, schema, cause } => {
                Self::Leftover { error: Box::new(error.into_interrupted()), schema, cause }
            }
            _ => Self::Interrupted,
        }
    }

    /// The error itself, without what could not be removed.
    pub fn without_leftover(&self) -> &Self {
        match self {
            Self::Leftover { error, .. } => error,
            error => error,
        }
    }

    /// What could not be removed, and why.
    pub fn leftover(&self) -> Option<String> {
        match self {
            Self::Leftover { schema, cause, .. } => Some(leftover(schema, cause)),
            _ => None,
        }
    }

    /// The same with the row of a value that is refused, from 1.
    pub(crate) fn in_row(self, number: u64) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(Box::new(Refusal { row: Some(number), ..*refusal })),
            error => error,
        }
    }

    /// The SQLSTATE, if the server gave one.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Server { error, .. } => Some(&error.sqlstate),
            Self::Leftover { error, .. } => error.sqlstate(),
            _ => None,
        }
    }

    /// The way out, if one is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } | Self::Connect { hint, .. } => hint.clone(),
            Self::Refused(refusal) => refusal.hint.clone(),
            Self::Server { error, .. } => {
                let ours = error.collision.map(Collision::hint).or_else(|| hint_for(&error.sqlstate));
                error.hint.clone().or_else(|| ours.map(str::to_owned))
            }
            Self::Case(_) => Some(TooFew::HINT.to_owned()),
            Self::Undecided { .. } => Some("`seedbed verify` tells which".to_owned()),
            Self::Leftover { error, .. } => error.hint(),
            Self::Lost { .. } => Some("look at the server's log; then run it again".to_owned()),
            _ => None,
        }
    }
}

fn of_row(row: Option<u64>) -> String {
    row.map_or_else(String::new, |row| format!(" (row {row})"))
}

fn leftover(schema: &str, cause: &Error) -> String {
    let cause = match cause {
        Error::Interrupted => "no answer in time".to_owned(),
        cause => cause.to_string(),
    };
    format!("schema `{schema}` could not be removed, and the next load will do it: {cause}")
}

impl Collision {
    /// What to try. Only rows that were there are worth replacing.
    fn hint(self) -> &'static str {
        match self {
            Self::New => {
                "two of the new rows have the same values in this key: change how the scenario makes them, or leave out the key"
            }
            Self::Old => {
                "such a row is there already; `--replace` puts the new rows in the place of those that are there"
            }
            Self::Elsewhere => {
                "such a row is there already: another session has added it meanwhile, or a trigger writes to that table"
            }
            Self::Unknown => {
                "such a row is there already, or two of the new rows have the same values in this key"
            }
            Self::Catalog => {
                "another session makes something of the same name: run it again when that is done"
            }
        }
    }
}

/// A text of the server's in which tables are said to be in `schema` and not in a private one. The private schema itself keeps
/// its name.
pub(crate) fn published(text: &str, private: &str, schema: &str) -> String {
    // Its name needs no quotes, but a role may have the server set them everywhere.
    text.replace(&format!("\"{private}\"."), &format!("{}.", sql::identifier(schema)))
        .replace(&format!("{private}."), &format!("{schema}."))
}

/// What to try when the server has no hint of its own.
fn hint_for(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "42501" => "ask the owner for the privilege, or connect as another role",
        "53100" => "the server's disk is full: make room; nothing of this load is kept",
        "53300" => "the server has no connection left: ask for fewer with `--jobs`",
        "55P03" => "another session holds a lock on it: run it again when that is done",
        "57014" => "it was cancelled on the server",
        "57P01" | "57P02" | "57P03" => "the server is going down or coming up: run it again when it is there",
        _ => return None,
    })
}

/// An error and everything behind it on one line.
pub(crate) fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_a_private_schema_are_told_where_they_will_be() {
        let told = |text: &str| published(text, "seedbed_0123456789abcdef", "My App");
        assert_eq!(told("relation \"seedbed_0123456789abcdef.t\" is full"), "relation \"My App.t\" is full");
        assert_eq!(told("type \"seedbed_0123456789abcdef\".\"t\""), "type \"My App\".\"t\"");
        let schema = "schema \"seedbed_0123456789abcdef\" does not exist";
        assert_eq!(told(schema), schema);
        assert_eq!(told("type seedbed_fedcba9876543210.t"), "type seedbed_fedcba9876543210.t");
    }
}

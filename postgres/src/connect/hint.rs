//! What to try when there is no connection.

use std::error::Error as _;
use std::io;

use rustls::CertificateError;

use crate::error::causes;

use super::open::{Attempt, Failure};
use super::tls::Root;
use super::{Host, PasswordFrom, Target};

/// The way out of a failure, if it is one of the usual ones.
pub(super) fn hint(target: &Target, attempt: &Attempt<'_>) -> Option<String> {
    let place = attempt.place;
    let error = match &attempt.failure {
        Failure::Unknown(_) => return Some("is the name of the host right?".to_owned()),
        Failure::TimedOut => {
            return Some(format!("is {place} reachable from here? `connect_timeout` says how long to wait"));
        }
        Failure::Session(_) => return None,
        Failure::Postgres(error) => error,
    };
    if let Some(said) = error.as_db_error() {
        return by_sqlstate(target, said.code().code());
    }
    if attempt.failure.lacks_password() {
        return Some(no_password(target));
    }
    if causes(error).contains("server does not support TLS") {
        return Some("`sslmode=prefer` or `sslmode=disable` connects without encryption".to_owned());
    }
    if let Some(rustls::Error::InvalidCertificate(error)) = rustls_error(error) {
        return Some(by_certificate(target, error));
    }
    match io_kind(error)? {
        io::ErrorKind::ConnectionRefused => Some(match &place.host {
            Host::Socket(folder) => format!(
                "is a server running that listens on the socket `{}/.s.PGSQL.{}`?",
                folder.display(),
                place.port
            ),
            _ => format!("is a server running at {place}, and does it listen for TCP connections?"),
        }),
        io::ErrorKind::NotFound => match &place.host {
            Host::Socket(folder) => Some(format!(
                "there is no socket `{}/.s.PGSQL.{}`; is a server running, and is this its `unix_socket_directories` and port?",
                folder.display(),
                place.port
            )),
            _ => None,
        },
        _ => None,
    }
}

fn by_sqlstate(target: &Target, code: &str) -> Option<String> {
    let Target { user, database, .. } = target;
    Some(match code {
        // Wrong password, or none that the server knows of.
        "28P01" => match &target.password_from {
            PasswordFrom::File(path) => format!("the password came from `{}`", path.display()),
            PasswordFrom::Settings => {
                "the password came from the connection string, the service or `PGPASSWORD`".to_owned()
            }
            PasswordFrom::Nowhere => no_password(target),
        },
        // The server uses the same code for a role that does not exist and for refusal by pg_hba.conf; its message says which.
        "28000" => format!(
            "if there is no such role, `createuser {user}` makes it; otherwise the server's pg_hba.conf must let `{user}` into `{database}` from here"
        ),
        "3D000" => format!("`createdb {database}` makes it"),
        "42501" => format!(
            "`grant connect on database {} to {}` lets this user in",
            crate::sql::identifier(database),
            crate::sql::identifier(user)
        ),
        "53300" => "the server, the database or the role has no connections left; fewer `--jobs` need fewer: a load takes one more than it has jobs".to_owned(),
        "57P03" => "the server is starting or stopping; try again in a moment".to_owned(),
        _ => return None,
    })
}

fn no_password(target: &Target) -> String {
    let places = "`PGPASSWORD`, ~/.pgpass (permissions 0600) or the connection string";
    format!("the server wants a password for `{}`; it is taken from {places}", target.user)
}

/// The kind of the I/O error behind an error.
fn io_kind(error: &tokio_postgres::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

fn by_certificate(target: &Target, error: &CertificateError) -> String {
    let root = match &target.tls.root {
        Root::File(path) => format!("`{}`", path.display()),
        Root::System | Root::Nowhere => "the system's root certificates".to_owned(),
    };
    match error {
        CertificateError::UnknownIssuer => format!(
            "the server's certificate does not lead to one in {root}; `sslrootcert` names the file of root certificates"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name; use that name as host, or `sslmode=verify-ca`, which compares no names"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate is too old; the server needs a new one".to_owned()
        }
        _ => format!("the server's certificate cannot be checked against {root}; `sslmode=require` without that file checks nothing"),
    }
}

/// What rustls said, if it is behind an error.
fn rustls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<io::Error>().and_then(|io| io.get_ref()?.downcast_ref()) {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

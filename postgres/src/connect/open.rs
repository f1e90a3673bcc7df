//! Opening connections: server by server, address by address, until one answers.

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::error::causes;
use crate::path;

use super::tls::Mode;
use super::{Host, Place, Session, Target, hint};

/// What went wrong with a server, or with one of its addresses.
pub(super) struct Attempt<'t> {
    pub place: &'t Place,
    /// The address, for messages when there are several attempts.
    how: String,
    pub failure: Failure,
}

/// Why there is no connection.
pub(super) enum Failure {
    /// No name server knows the name.
    Unknown(String),
    /// What the server said, or what happened on the way to it.
    Postgres(tokio_postgres::Error),
    /// It took too long.
    TimedOut,
    /// The server is not what `target_session_attrs` asks for.
    Session(&'static str),
}

/// Whether the server is told where to look for names before it has let us in. Every session says so again with its first
/// statement, so nothing is lost where a pooler does not let it through.
#[derive(Clone, Copy)]
pub(crate) enum StartupPath {
    Set,
    Left,
}

impl Target {
    /// Opens a connection. What keeps it running is spawned on the current tokio runtime and ends with the client.
    ///
    /// # Errors
    /// [`Error::Connect`] with every cause when no server could be reached or let us in; [`Error::Usage`] or [`Error::Io`] when
    /// a certificate or a key cannot be used.
    pub async fn connect(&self) -> Result<Client, Error> {
        self.connect_with(StartupPath::Set).await
    }

    /// The same, with the path or without it.
    pub(crate) async fn connect_with(&self, path: StartupPath) -> Result<Client, Error> {
        let tls = self.connector()?;
        let sessions = match self.session {
            Session::PreferStandby => &[Session::Standby, Session::Any][..],
            ref session => std::slice::from_ref(session),
        };
        let mut attempts = Vec::new();
        for session in sessions {
            attempts.clear();
            for place in &self.places {
                if let Some(client) = self.connect_to(place, *session, path, &tls, &mut attempts).await {
                    return Ok(client);
                }
                // A server that has answered decides for all, as in libpq.
                if attempts.last().is_some_and(|attempt: &Attempt<'_>| attempt.failure.is_final()) {
                    break;
                }
            }
        }
        Err(self.failed(&attempts))
    }

    /// Asks the server to cancel what a connection of this target is doing, over the same kind of connection.
    ///
    /// # Errors
    /// [`Error::Connect`] when the server cannot be reached; whether anything was cancelled is not known.
    pub async fn cancel(&self, token: &CancelToken) -> Result<(), Error> {
        let sent = token.cancel_query(self.connector()?).await;
        sent.map_err(|error| Error::Connect { to: self.display(), cause: causes(&error), hint: None })
    }

    /// What encrypts. Where nothing will be encrypted, no certificate needs to be right.
    fn connector(&self) -> Result<MakeRustlsConnect, Error> {
        let over_tcp = self.places.iter().any(|place| !matches!(place.host, Host::Socket(_)));
        if over_tcp && self.tls.mode != Mode::Disable {
            self.tls.connector()
        } else {
            Ok(super::tls::unused())
        }
    }

    /// Tries all addresses of a server. Failures are added to `attempts`.
    async fn connect_to<'t>(
        &'t self,
        place: &'t Place,
        session: Session,
        path: StartupPath,
        tls: &MakeRustlsConnect,
        attempts: &mut Vec<Attempt<'t>>,
    ) -> Option<Client> {
        let addresses = match &place.host {
            Host::Socket(_) => vec![None],
            Host::Address(address, _) => vec![Some(*address)],
            Host::Name(name) => match tokio::net::lookup_host((&**name, place.port)).await {
                Ok(found) => found.map(|address| Some(address.ip())).collect(),
                Err(error) => {
                    let failure = Failure::Unknown(error.to_string());
                    attempts.push(Attempt { place, how: place.to_string(), failure });
                    return None;
                }
            },
        };
        for address in addresses {
            let mut modes = match (address, self.tls.mode) {
                (None, _) | (_, Mode::Disable) => &[SslMode::Disable][..],
                (_, Mode::Allow) => &[SslMode::Disable, SslMode::Require],
                (_, Mode::Prefer) => &[SslMode::Prefer, SslMode::Disable],
                (_, Mode::Require | Mode::VerifyCa | Mode::VerifyFull) => &[SslMode::Require],
            };
            while let Some((mode, others)) = modes.split_first() {
                let mut opened = self.open(&self.config(place, address, *mode, path), session, tls).await;
                if opened.as_ref().is_err_and(Failure::is_about_options) {
                    let config = self.config(place, address, *mode, StartupPath::Left);
                    opened = self.open(&config, session, tls).await;
                }
                let failure = match opened {
                    Ok(client) => return Some(client),
                    Err(failure) => failure,
                };
                let how = match address {
                    Some(address) => format!("{address} port {}", place.port),
                    None => place.to_string(),
                };
                // The other way is tried when this one was not welcome, not when it only did not work.
                modes = if failure.is_about_encryption() { others } else { &[] };
                attempts.push(Attempt { place, how, failure });
            }
            if attempts.last().is_some_and(|attempt| attempt.failure.is_final()) {
                break;
            }
        }
        None
    }

    async fn open(
        &self,
        config: &Config,
        session: Session,
        tls: &MakeRustlsConnect,
    ) -> Result<Client, Failure> {
        let opened = async {
            let (client, connection) = config.connect(tls.clone()).await.map_err(Failure::Postgres)?;
            // An error that ends the connection reaches the one who waits for an answer through the client.
            tokio::spawn(async move { drop(connection.await) });
            check_session(&client, session).await?;
            Ok(client)
        };
        match self.timeout {
            None => opened.await,
            Some(limit) => tokio::time::timeout(limit, opened).await.unwrap_or(Err(Failure::TimedOut)),
        }
    }

    fn config(&self, place: &Place, address: Option<IpAddr>, mode: SslMode, path: StartupPath) -> Config {
        let mut config = Config::new();
        match (&place.host, address) {
            (Host::Socket(folder), _) => {
                config.host_path(folder);
            }
            (Host::Name(name) | Host::Address(_, Some(name)), Some(address)) => {
                // Some names that can be looked up cannot stand in a certificate.
                let usable = ServerName::try_from(name.as_str()).is_ok() || self.tls.mode == Mode::VerifyFull;
                config.hostaddr(address).host(if usable { name.clone() } else { address.to_string() });
            }
            (_, Some(address)) => {
                config.hostaddr(address).host(address.to_string());
            }
            // Only sockets have no address.
            (_, None) => {}
        }
        config.user(&self.user).dbname(&self.database).port(place.port);
        config.ssl_mode(mode).ssl_negotiation(self.tls.negotiation).channel_binding(self.channel_binding);
        config.application_name(&self.application_name);
        let options = match path {
            StartupPath::Set => Some(path::options(self.options.as_deref())),
            StartupPath::Left => self.options.clone(),
        };
        if let Some(options) = options {
            config.options(options);
        }
        if let Some(password) = &place.password {
            config.password(password.reveal());
        }
        if let Some(timeout) = self.timeout {
            config.connect_timeout(timeout);
        }
        let keepalives = &self.keepalives;
        config.keepalives(keepalives.on);
        if let Some(idle) = keepalives.idle {
            config.keepalives_idle(idle);
        }
        if let Some(interval) = keepalives.interval {
            config.keepalives_interval(interval);
        }
        if let Some(count) = keepalives.count {
            config.keepalives_retries(count);
        }
        if let Some(timeout) = keepalives.user_timeout {
            config.tcp_user_timeout(timeout);
        }
        config
    }

    fn failed(&self, attempts: &[Attempt<'_>]) -> Error {
        let mut causes: Vec<String> = Vec::new();
        for attempt in attempts {
            let cause = match attempts {
                [_] => attempt.failure.cause(),
                _ => format!("{}: {}", attempt.how, attempt.failure.cause()),
            };
            // Some servers answer in the same words with encryption and without.
            if causes.last() != Some(&cause) {
                causes.push(cause);
            }
        }
        let hint = attempts.iter().rev().find_map(|attempt| hint::hint(self, attempt));
        Error::Connect { to: self.display(), cause: causes.join("; "), hint }
    }
}

/// Whether the server is of the right kind.
async fn check_session(client: &Client, session: Session) -> Result<(), Failure> {
    if session == Session::Any {
        return Ok(());
    }
    let query = path::under(
        "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')",
    );
    let answer = client.simple_query(&query).await.map_err(Failure::Postgres)?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some([row.get(0) == Some("t"), row.get(1) == Some("on")]),
        _ => None,
    });
    let [standby, read_only] = row.unwrap_or_default();
    match session {
        Session::ReadWrite if read_only => Err(Failure::Session("the session is read-only")),
        Session::ReadOnly if !read_only => Err(Failure::Session("the session is not read-only")),
        Session::Primary if standby => Err(Failure::Session("the server is a standby")),
        Session::Standby if !standby => Err(Failure::Session("the server is not a standby")),
        _ => Ok(()),
    }
}

impl Failure {
    /// Whether the server has answered, so that other servers are not asked. One that is starting up has not.
    fn is_final(&self) -> bool {
        match self {
            Self::Postgres(error) => error.as_db_error().is_some_and(|said| said.code().code() != "57P03"),
            _ => false,
        }
    }

    /// Whether a pooler stands before the server that lets no options through.
    fn is_about_options(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.as_db_error().is_some_and(|said| matches!(said.code().code(), "08P01" | "0A000"))
    }

    /// Whether the failure may be due to encryption or to the lack of it: a handshake that failed, or no entry in pg_hba.conf.
    fn is_about_encryption(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        match error.as_db_error() {
            Some(said) => said.code().code() == "28000",
            None => error.to_string().starts_with("error performing TLS handshake"),
        }
    }

    /// Every cause on one line.
    fn cause(&self) -> String {
        match self {
            Self::Unknown(cause) => cause.clone(),
            Self::TimedOut => "no answer within `connect_timeout`".to_owned(),
            Self::Session(why) => format!("{why}, and `target_session_attrs` asks for something else"),
            Self::Postgres(error) => match error.as_db_error() {
                Some(said) => {
                    let detail = said.detail().map_or_else(String::new, |detail| format!("; {detail}"));
                    format!("{} (SQLSTATE {}){detail}", said.message(), said.code().code())
                }
                None if self.lacks_password() => "no password supplied".to_owned(),
                None => causes(error),
            },
        }
    }

    /// Whether the server asked for a password and there was none.
    pub(super) fn lacks_password(&self) -> bool {
        matches!(self, Self::Postgres(error) if causes(error).contains("password missing"))
    }
}

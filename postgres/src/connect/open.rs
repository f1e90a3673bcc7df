//! Opening connections: server by server, address by address, until one answers.

use std::net::{IpAddr, SocketAddr};

use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config, NoTls};

use crate::Error;
use crate::error::causes;

use super::{Host, Place, Target, hint};

/// Why there is no connection to one server.
pub(super) enum Failure {
    /// Nobody knows the name.
    Unknown(String),
    /// What the server said, or what happened on the way to it.
    Postgres(tokio_postgres::Error),
    /// It took too long.
    TimedOut,
}

impl Target {
    /// Opens a connection. What keeps it running is spawned on the current tokio runtime and ends with the client.
    ///
    /// # Errors
    /// [`Error::Connect`] with every cause when no server could be reached or let us in.
    pub async fn connect(&self) -> Result<Client, Error> {
        let mut failures: Vec<(&Place, Failure)> = Vec::new();
        for place in &self.places {
            match self.connect_to(place).await {
                Ok(client) => return Ok(client),
                Err(failure) => {
                    let last = failure.is_final();
                    failures.push((place, failure));
                    if last {
                        break;
                    }
                }
            }
        }
        Err(self.failed(&failures))
    }

    /// Asks the server to cancel what a connection of this target is doing.
    ///
    /// # Errors
    /// [`Error::Connect`] when the server cannot be reached; whether anything was cancelled is not known.
    pub async fn cancel(&self, token: &CancelToken) -> Result<(), Error> {
        let sent = token.cancel_query(NoTls).await;
        sent.map_err(|error| Error::Connect { to: self.display(), cause: causes(&error), hint: None })
    }

    async fn connect_to(&self, place: &Place) -> Result<Client, Failure> {
        match self.timeout {
            None => self.connect_in_time(place).await,
            Some(limit) => tokio::time::timeout(limit, self.connect_in_time(place))
                .await
                .unwrap_or(Err(Failure::TimedOut)),
        }
    }

    async fn connect_in_time(&self, place: &Place) -> Result<Client, Failure> {
        let mut config = self.config(place);
        let addresses = match &place.host {
            Host::Socket(folder) => {
                config.host_path(folder);
                return self.attempt(&config).await;
            }
            Host::Address(address, _) => vec![*address],
            Host::Name(name) => look_up(name, place.port).await?,
        };
        let mut failure = Failure::Unknown("the name has no address".to_owned());
        for address in addresses {
            let mut config = config.clone();
            config.hostaddr(address).host(address.to_string());
            match self.attempt(&config).await {
                Ok(client) => return Ok(client),
                Err(error) if error.is_final() => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn attempt(&self, config: &Config) -> Result<Client, Failure> {
        let (client, connection) = config.connect(NoTls).await.map_err(Failure::Postgres)?;
        // An error that ends the connection reaches whoever waits for an answer through the client.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }

    /// Everything but the address.
    fn config(&self, place: &Place) -> Config {
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).port(place.port);
        config.application_name(&self.application_name).channel_binding(self.channel_binding);
        if let Some(options) = &self.options {
            config.options(options);
        }
        if let Some(password) = &place.password {
            config.password(password.reveal());
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
        config.ssl_mode(SslMode::Disable);
        config
    }

    fn failed(&self, failures: &[(&Place, Failure)]) -> Error {
        let causes = failures.iter().map(|(place, failure)| match failures.len() {
            1 => failure.cause(),
            _ => format!("{place}: {}", failure.cause()),
        });
        let cause = causes.collect::<Vec<_>>().join("; ");
        let hint = failures.iter().rev().find_map(|(place, failure)| hint::hint(self, place, failure));
        Error::Connect { to: self.display(), cause, hint }
    }
}

async fn look_up(name: &str, port: u16) -> Result<Vec<IpAddr>, Failure> {
    let found = tokio::net::lookup_host((name, port)).await;
    Ok(found
        .map_err(|error| Failure::Unknown(error.to_string()))?
        .map(|address: SocketAddr| address.ip())
        .collect())
}

impl Failure {
    /// Whether the server has answered, so that other servers are not asked. One that is starting up has not.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Postgres(error) => error.as_db_error().is_some_and(|error| error.code().code() != "57P03"),
            _ => false,
        }
    }

    /// Every cause on one line.
    fn cause(&self) -> String {
        match self {
            Self::Unknown(cause) => cause.clone(),
            Self::TimedOut => "no answer within `connect_timeout`".to_owned(),
            Self::Postgres(error) => match error.as_db_error() {
                Some(said) => {
                    let detail = said.detail().map_or_else(String::new, |detail| format!("; {detail}"));
                    format!("{} (SQLSTATE {}){detail}", said.message(), said.code().code())
                }
                None => causes(error),
            },
        }
    }
}

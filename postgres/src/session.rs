//! One connection with the settings of a load. Statements are named by what they do, so that errors can say it.
//!
//! Threads wait for their statements here, and move the connection's bytes while they do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::{Client, CopyInSink, SimpleQueryMessage, SimpleQueryRow};

use crate::connect::{StartupPath, Target};
use crate::error::Error;
use crate::network::Network;
use crate::path;
use crate::stop::Stop;

/// What a load sets on its connections; none of it needs a privilege. The time of a statement has no limit, but no statement
/// waits forever for a lock that another session holds. Rows that row security would hide are an error, so no policy is asked.
/// Compiling a question about the catalog takes longer (165 ms were seen) than answering it.
///
/// A short `statement_timeout` of the role's must not end this very statement, so it goes first.
const SETTINGS: &str = "\
    set statement_timeout to 0; \
    set client_encoding to 'UTF8'; set timezone to 'UTC'; set datestyle to 'ISO'; set intervalstyle to 'postgres'; \
    set idle_in_transaction_session_timeout to 0; set idle_session_timeout to 0; \
    set lock_timeout to '10s'; set synchronous_commit to off; set client_min_messages to warning; \
    set default_transaction_read_only to off; set default_transaction_isolation to 'read committed'; \
    set quote_all_identifiers to off; set row_security to off; set jit to off";

/// The `lock_timeout` of [`SETTINGS`].
pub(crate) const LOCK_TIMEOUT: &str = "10s";

/// How long a server may take to be told that a statement is to be given up. One that cannot be told notices when the
/// connection closes.
const LIMIT_OF_CANCEL: Duration = Duration::from_secs(2);

/// How long a server that has been told to give up may take to do so.
const LIMIT_AFTER_CANCEL: Duration = Duration::from_secs(10);

/// How long to wait for a sign of life.
const LIMIT_OF_PING: Duration = Duration::from_secs(1);

/// How long a rollback may take when something has gone wrong: the network may be gone.
pub(crate) const LIMIT_OF_ROLLBACK: Duration = Duration::from_secs(5);

/// A connection.
pub(crate) struct Session {
    client: Client,
    /// Dropped after the client, for its goodbye.
    network: Network,
    target: Arc<Target>,
    stop: Stop,
}

/// A `COPY … FROM STDIN` that is under way.
pub(crate) struct CopyIn<'s> {
    session: &'s Session,
    sink: Pin<Box<CopyInSink<Bytes>>>,
    doing: String,
}

impl Session {
    /// Connects and sets what a load needs. Must be called outside any runtime.
    pub(crate) fn open(target: &Arc<Target>, stop: &Stop) -> Result<Self, Error> {
        let network = Network::start()?;
        let connected = network.wait(stop.unless_asked(target.connect()));
        let client = connected.unwrap_or(Err(Error::Interrupted))?;
        let session = Self { client, network, target: Arc::clone(target), stop: stop.clone() };
        session.execute("set up the connection", SETTINGS)?;
        Ok(session)
    }

    /// Where any client of the role looks for names: what a connection has that is told nothing about it.
    pub(crate) fn usual_path(target: &Target, stop: &Stop) -> Result<path::Usual, Error> {
        const DOING: &str = "ask where clients look for names";
        let network = Network::start()?;
        let asked = async {
            let client = target.connect_with(StartupPath::Left).await?;
            let answer = client.simple_query("reset search_path; show search_path").await;
            answer.map_err(|error| Error::from_postgres(DOING, &error))
        };
        let messages = network.wait(stop.unless_asked(asked)).unwrap_or(Err(Error::Interrupted))?;
        let path = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(path::Usual(path.unwrap_or_default().to_owned()))
    }

    /// What asks this session to stop.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Runs statements that give nothing, in one transaction unless they say otherwise.
    pub(crate) fn execute(&self, doing: &str, statements: &str) -> Result<(), Error> {
        self.plain(doing, &path::under(statements))
    }

    /// Runs a statement that names nothing but tables with their schemas, and cannot stand beside others: `rollback`, `vacuum`.
    pub(crate) fn plain(&self, doing: &str, statement: &str) -> Result<(), Error> {
        self.wait(doing, self.client.batch_execute(statement))
    }

    /// Ends a transaction. When this fails, nothing of it has been done, but for [`Error::Undecided`]. From the moment that it
    /// is sent, a request to stop may be too late.
    pub(crate) fn commit(&self, doing: &str) -> Result<(), Error> {
        if self.stop.is_asked() {
            return Err(Error::Interrupted);
        }
        let Some(answer) = self.answer(self.client.batch_execute("commit")) else {
            return Err(Error::Undecided { cause: "no answer".to_owned() });
        };
        answer.map_err(|error| match Error::from_postgres(doing, &error) {
            Error::Lost { cause, .. } => Error::Undecided { cause },
            // A server that goes down can say so after it has committed.
            error if error.sqlstate().is_some_and(|code| code.starts_with("57P")) => {
                Error::Undecided { cause: error.to_string() }
            }
            _ if self.stop.is_asked() => Error::Interrupted,
            error => error,
        })
    }

    /// Asks the server for a sign of life, by a statement that may be empty. It need not give one soon; a connection that is
    /// closed is an error.
    pub(crate) fn ping(&self, doing: &str, statement: &str) -> Result<(), Error> {
        let answer = self.client.batch_execute(statement);
        match self.network.wait(async { tokio::time::timeout(LIMIT_OF_PING, answer).await }) {
            Ok(Err(error)) => Err(Error::from_postgres(doing, &error)),
            _ => Ok(()),
        }
    }

    /// Runs a query and gives its rows, every value as text. Nothing is prepared, so poolers between us and the server do not
    /// mind.
    pub(crate) fn rows(&self, doing: &str, query: &str) -> Result<Vec<SimpleQueryRow>, Error> {
        let query = path::under(query);
        let messages = self.wait(doing, self.client.simple_query(&query))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    /// The first column of the first row of a query, as text.
    pub(crate) fn value(&self, doing: &str, query: &str) -> Result<Option<String>, Error> {
        let rows = self.rows(doing, query)?;
        Ok(rows.first().and_then(|row| row.get(0)).map(str::to_owned))
    }

    /// Runs one query that gives one column of texts. A text of several statements is refused by the server, which makes this the
    /// way for a query that someone else has written.
    pub(crate) fn single(&self, doing: &str, query: &str) -> Result<Vec<String>, Error> {
        let rows = self.wait(doing, self.client.query_typed(query, &[]))?;
        Ok(rows.iter().filter_map(|row| row.try_get::<_, Option<String>>(0).ok().flatten()).collect())
    }

    /// Begins a `COPY … FROM STDIN`.
    pub(crate) fn copy_in(&self, doing: String, statement: &str) -> Result<CopyIn<'_>, Error> {
        let sink = self.wait(&doing, self.client.copy_in::<_, Bytes>(statement))?;
        Ok(CopyIn { session: self, sink: Box::pin(sink), doing })
    }

    /// The bytes of a `COPY … TO STDOUT`, piece by piece.
    pub(crate) fn copy_out(
        &self,
        doing: &str,
        statement: &str,
        mut take: impl FnMut(Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        use futures_util::StreamExt;
        let stream = self.wait(doing, self.client.copy_out(statement))?;
        let mut stream = Box::pin(stream);
        while let Some(piece) = self.wait(doing, async { stream.next().await.transpose() })? {
            take(piece)?;
        }
        Ok(())
    }

    /// Waits for an answer. When a stop is asked for meanwhile, the server is told to give up.
    fn wait<T>(
        &self,
        doing: &str,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        match self.answer(answer) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) if !self.stop.is_asked() => Err(Error::from_postgres(doing, &error)),
            _ => Err(Error::Interrupted),
        }
    }

    /// The answer, unless a stop is asked for: then there is only one if the server gives one soon.
    fn answer<T, E>(&self, answer: impl Future<Output = Result<T, E>>) -> Option<Result<T, E>> {
        if self.stop.is_asked() {
            return None;
        }
        self.network.wait(async {
            let mut answer = std::pin::pin!(answer);
            if let Some(answer) = self.stop.unless_asked(answer.as_mut()).await {
                return Some(answer);
            }
            let token = self.client.cancel_token();
            let told = tokio::time::timeout(LIMIT_OF_CANCEL, self.target.cancel(&token)).await;
            match told {
                Ok(Ok(())) => tokio::time::timeout(LIMIT_AFTER_CANCEL, answer).await.ok(),
                _ => None,
            }
        })
    }

    /// The same connection for tidying up after something has gone wrong: it stops after some time, whether a stop was asked
    /// for or not.
    pub(crate) fn for_tidying(self, limit: Duration) -> Self {
        Self { stop: Stop::after(limit), ..self }
    }
}

impl CopyIn<'_> {
    /// Sends a piece; returns when there is room for the next one.
    pub(crate) fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        let sent = async {
            self.sink.send(bytes).await?;
            // So far it has only been handed to the connection, which now gets its turn to write it, if the socket has room.
            tokio::task::yield_now().await;
            Ok(())
        };
        self.session.wait(&self.doing, sent)
    }

    /// Ends the copy, and gives the rows that the server has taken.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        self.session.wait(&self.doing, self.sink.as_mut().finish())
    }
}

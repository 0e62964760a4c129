//! The database: SQLite in the data folder, or a PostgreSQL server that is named by a URL.
//!
//! Statements are written once, in SQL that both understand (`query.rs`); dialects are confined to `sqlite.rs`,
//! `postgres.rs`, `connection.rs`, `insertion.rs` and the migrations. Votes that wait for the disk share a commit
//! (`commit.rs`).

pub mod account;
pub mod alone;
pub mod assignments;
pub mod blind_tests;
mod commit;
pub mod comparisons;
pub mod connection;
pub mod consents;
pub mod conversations;
pub mod export;
pub mod influence;
mod insertion;
pub mod judgments;
mod lately;
pub mod ledger;
pub mod place;
mod postgres;
pub mod profiles;
pub(crate) mod published;
pub mod purge;
pub mod query;
pub mod recovery;
pub(crate) mod sqlite;
pub mod studies;
pub mod study_votes;
pub mod transfer;
pub mod users;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::alone::Alone;
use self::commit::Committer;
use self::connection::{Pool, WriteTransaction};
use self::lately::Lately;
use self::place::Place;

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

/// Handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Pool,
    writer: Pool,
    committer: Committer,
    /// Where this process is the only one that changes people: with a server, others may.
    lately: Option<Lately>,
    /// The name of this process among those that share the database, made when it opened it.
    server: Arc<str>,
    /// Held while this process serves ([`Db::appear`]).
    presence: Arc<Mutex<Option<Alone>>>,
}

impl Db {
    /// Opens or makes the database and brings its tables up to date.
    ///
    /// # Errors
    /// When the database cannot be opened or a migration fails.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        let (writer, lately) = match place {
            Place::File(path) => (
                Pool::Sqlite(sqlite::writer(path).await?),
                Some(Lately::default()),
            ),
            Place::Server(url) => {
                postgres::migrate(url).await?;
                (Pool::Postgres(postgres::writers(url).await?), None)
            }
        };
        Ok(Self {
            reader: Self::open_for_reading(place).await?,
            committer: Committer::start(writer.clone()),
            writer,
            lately,
            server: uuid::Uuid::now_v7().to_string().into(),
            presence: Arc::default(),
        })
    }

    /// Connections for reading a database that another process may be writing.
    ///
    /// # Errors
    /// When there is no database or it cannot be opened.
    pub async fn open_for_reading(place: &Place) -> anyhow::Result<Pool> {
        Ok(match place {
            Place::File(path) => Pool::Sqlite(sqlite::readers(path).await?),
            Place::Server(url) => Pool::Postgres(postgres::readers(url).await?),
        })
    }

    /// Connections for reading.
    pub fn reader(&self) -> &Pool {
        &self.reader
    }

    /// Connections for writing; on SQLite there is one.
    pub fn writer(&self) -> &Pool {
        &self.writer
    }

    /// Starts a writing transaction.
    ///
    /// # Errors
    /// When no connection, or SQLite's lock, can be had in time.
    pub async fn write(&self) -> sqlx::Result<WriteTransaction> {
        let mut transaction = WriteTransaction::begin(&self.writer).await?;
        transaction.lately.clone_from(&self.lately);
        Ok(transaction)
    }

    /// Says to other servers on this database, until it is closed or the process ends, that this one is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn appear(&self) -> sqlx::Result<()> {
        let presence = self.alone(&presence_of(&self.server)).await?;
        self.be_here(presence);
        Ok(())
    }

    /// Whether a server that made entries here may still be at work.
    async fn is_present(&self, server: &str) -> sqlx::Result<bool> {
        if *server == *self.server {
            return Ok(true);
        }
        Ok(self.alone(&presence_of(server)).await?.is_none())
    }

    fn be_here(&self, presence: Option<Alone>) {
        *self.presence.lock().unwrap_or_else(PoisonError::into_inner) = presence;
    }

    /// Whether other servers may use the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.writer, Pool::Postgres(_))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> sqlx::Result<()> {
        let query = self.reader.query("SELECT 1 FROM users LIMIT 1");
        query.execute().await.map(drop)
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        self.be_here(None);
        self.reader.close().await;
        self.writer.close().await;
    }
}

fn presence_of(server: &str) -> String {
    format!("server {server}")
}

/// The name of an enum value on the wire.
///
/// # Errors
/// When the value is not written as a name.
pub(crate) fn wire_name<T: serde::Serialize>(value: &T) -> serde_json::Result<String> {
    serde_json::to_value(value).and_then(serde_json::from_value)
}

/// The enum value of a name on the wire.
///
/// # Errors
/// When there is no such value.
pub(crate) fn from_wire_name<T: serde::de::DeserializeOwned>(name: &str) -> serde_json::Result<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
}

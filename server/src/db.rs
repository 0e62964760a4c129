//! The database: SQLite in WAL mode with `synchronous = FULL`, so that what is acknowledged survives a crash.
//!
//! Statements are portable SQL with `$1`; the dialect is confined to this file, `commit.rs` and the migrations. Votes send
//! several statements at once, since each trip to SQLite's thread costs more than the statement, and count parameters by
//! `?`, since SQLite looks names up one by one.
//! One writer connection orders all writes; readers never wait for it. Votes that wait for it share a commit.

pub mod account;
pub mod blind_tests;
mod commit;
pub mod comparisons;
pub mod consents;
pub mod export;
pub mod influence;
pub mod judgments;
mod lately;
pub mod ledger;
pub mod profiles;
pub mod purge;
pub mod recovery;
pub mod users;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

use self::commit::Committer;
use self::lately::Lately;

/// Readers kept open.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

/// Handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    reader: SqlitePool,
    writer: SqlitePool,
    committer: Committer,
    lately: Lately,
}

impl Db {
    /// Opens or makes the database and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or a migration fails.
    pub async fn open(path: &Path) -> anyhow::Result<Self> {
        let options = options(path).create_if_missing(true);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // Refused when no transaction is left over, which is the usual case.
                    let _ = sqlx::raw_sql("ROLLBACK").execute(connection).await;
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))?;
        sqlx::migrate!("./migrations/sqlite")
            .run(&writer)
            .await
            .context("cannot migrate the database")?;
        let reader = readers(path).await?;
        let committer = Committer::start(writer.clone());
        Ok(Self {
            reader,
            writer,
            committer,
            lately: Lately::default(),
        })
    }

    /// A connection pool for reading a database that another process may be writing.
    ///
    /// # Errors
    /// When there is no database or it cannot be opened.
    pub async fn open_for_reading(path: &Path) -> anyhow::Result<SqlitePool> {
        readers(path).await
    }

    /// Connections for reading.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// The one connection for writing.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// Starts a writing transaction. It takes the write lock at once, so that it never fails half-way for lack of it.
    ///
    /// # Errors
    /// When the lock cannot be had in time.
    pub async fn write(&self) -> sqlx::Result<WriteTransaction> {
        let mut transaction = WriteTransaction::begin(&self.writer).await?;
        transaction.lately = Some(self.lately.clone());
        Ok(transaction)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1 FROM users LIMIT 1")
            .execute(&self.reader)
            .await
            .map(drop)
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A writing transaction; rolled back unless committed.
///
/// Not sqlx's own: SQLite ends a transaction by itself when the disk is full, and sqlx would then count one that is no
/// longer there and refuse every later one on this connection. Here the pool rolls back whatever is left over when the
/// connection returns, however it returns.
#[derive(Debug)]
pub struct WriteTransaction {
    connection: PoolConnection<Sqlite>,
    /// Who is not to be known any more once the changes are made; votes change nobody.
    lately: Option<Lately>,
}

impl WriteTransaction {
    async fn begin(writer: &SqlitePool) -> sqlx::Result<Self> {
        let connection = writer.acquire().await?;
        Committed { connection }.begin_again().await
    }

    /// Makes the changes durable: when this returns, they are on disk.
    ///
    /// # Errors
    /// When the database fails; then nothing was changed.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        let lately = self.lately.take();
        self.commit_and_keep().await?;
        lately.iter().for_each(Lately::forget);
        Ok(())
    }

    /// [`WriteTransaction::commit`] that keeps the connection for the next transaction.
    async fn commit_and_keep(mut self) -> sqlx::Result<Committed> {
        sqlx::raw_sql("COMMIT")
            .execute(&mut *self.connection)
            .await?;
        Ok(Committed {
            connection: self.connection,
        })
    }
}

/// The connection for writing after a commit.
struct Committed {
    connection: PoolConnection<Sqlite>,
}

impl Committed {
    /// Starts the next transaction without giving others a turn.
    async fn begin_again(mut self) -> sqlx::Result<WriteTransaction> {
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut *self.connection)
            .await?;
        Ok(WriteTransaction {
            connection: self.connection,
            lately: None,
        })
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
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

async fn readers(path: &Path) -> anyhow::Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection to a file is not lost while it is idle.
        .test_before_acquire(false)
        .connect_with(options(path).pragma("query_only", "ON"))
        .await
        .with_context(|| format!("cannot open the database {}", path.display()))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What a savepoint may have to put back is kept in memory, not in a temporary file.
        .pragma("temp_store", "MEMORY")
}

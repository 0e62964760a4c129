//! SQLite in WAL mode with `synchronous = FULL`, so that what is acknowledged survives a crash. One connection orders all
//! writes; readers never wait for it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::ACQUIRE_TIMEOUT;

/// Readers kept open.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The one connection for writing, to tables that are up to date. Makes the file if there is none.
///
/// # Errors
/// When the file cannot be opened or a migration fails.
pub(crate) async fn writer(path: &Path) -> anyhow::Result<SqlitePool> {
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
        .connect_with(options(path).create_if_missing(true))
        .await
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    sqlx::migrate!("./migrations/sqlite")
        .run(&writer)
        .await
        .context("cannot migrate the database")?;
    Ok(writer)
}

/// Connections for reading; another process may be writing.
///
/// # Errors
/// When there is no such file or it cannot be opened.
pub(super) async fn readers(path: &Path) -> anyhow::Result<SqlitePool> {
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

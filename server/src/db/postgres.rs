//! PostgreSQL. A transaction is `READ COMMITTED` and waits for the disk (`synchronous_commit = on`), so that what is
//! acknowledged survives a crash; several servers may write at once.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::ACQUIRE_TIMEOUT;
use super::place::DatabaseUrl;

/// Most connections for reading, and as many for writing.
const CONNECTIONS: u32 = 8;

/// How long the server may take to answer at the start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The oldest version that is tested.
const OLDEST: u32 = 15;

/// Statements kept prepared on a connection: each number of rows that go in together is one of its own.
const PREPARED: usize = 256;

/// What holds on every connection. A lock that others do not let go of is given up; a server that has gone
/// without a word holds its own for a minute.
const SETTINGS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "60s"),
];

/// Brings the tables up to date. Servers that start at once do so one after the other.
///
/// # Errors
/// When the server cannot be reached, is too old, or a migration fails.
pub(super) async fn migrate(url: &DatabaseUrl) -> anyhow::Result<()> {
    let options = url.options()?;
    let mut connection = connect(&options).await?;
    let fsync: String = sqlx::query_scalar("SHOW fsync")
        .fetch_one(&mut connection)
        .await?;
    if fsync != "on" {
        tracing::warn!(
            "the PostgreSQL server runs with fsync = {fsync}: what is acknowledged may be lost in a crash"
        );
    }
    connection.close().await?;
    let migrating = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .context("cannot connect to the PostgreSQL server")?;
    match sqlx::migrate!("./migrations/postgres")
        .run(&migrating)
        .await
    {
        Ok(()) => {}
        Err(MigrateError::VersionMissing(version)) => bail!(
            "the database has the change {version}, which this version of palate does not know; start a newer one"
        ),
        Err(error) => return Err(error).context("cannot migrate the database"),
    }
    migrating.close().await;
    Ok(())
}

/// Connections for writing; each is one transaction at a time.
///
/// # Errors
/// When the server cannot be reached.
pub(super) async fn writers(url: &DatabaseUrl) -> anyhow::Result<PgPool> {
    pool(url, false).await
}

/// Connections for reading.
///
/// # Errors
/// When the server cannot be reached or is too old.
pub(super) async fn readers(url: &DatabaseUrl) -> anyhow::Result<PgPool> {
    pool(url, true).await
}

async fn pool(url: &DatabaseUrl, only_reads: bool) -> anyhow::Result<PgPool> {
    let options = url.options()?;
    // A pool tries again and again, and does not say why in the end.
    connect(&options).await?.close().await?;
    let only_reads = if only_reads { "on" } else { "off" };
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("palate"),
    };
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(
            options
                .statement_cache_capacity(PREPARED)
                .options(SETTINGS)
                .options([("default_transaction_read_only", only_reads)]),
        )
        .await
        .context("cannot connect to the PostgreSQL server")
}

/// A connection for a while, without our settings.
pub(super) async fn connect(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let place = || {
        let host = options.get_socket().map_or_else(
            || format!("{}:{}", options.get_host(), options.get_port()),
            |socket| socket.display().to_string(),
        );
        let database = options.get_database().unwrap_or_default();
        format!("cannot connect to the database {database:?} of the PostgreSQL server at {host}")
    };
    let connection = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options))
        .await
        .ok()
        .with_context(|| format!("{}: no answer in {} s", place(), CONNECT_TIMEOUT.as_secs()))?
        .with_context(place)?;
    // Such as 150018; before version 10 the middle digits were a part of the version.
    let version = connection.server_version_num().unwrap_or_default();
    ensure!(
        version / 10_000 >= OLDEST,
        "{}: it is version {}, and {OLDEST} or later is needed",
        place(),
        version / 10_000
    );
    Ok(connection)
}

//! Connections to either database, and transactions on them.
//!
//! On SQLite one connection orders all writes. On PostgreSQL several processes write at once, at `READ COMMITTED`: their
//! constraints refuse what must not be, and where something is read first and written then, [`WriteTransaction::hold`] keeps
//! out whoever would write for the same person.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};

use super::lately::Lately;
use super::query::{On, Query};

/// Connections that are kept open; cheap to clone.
#[derive(Clone, Debug)]
pub enum Pool {
    /// To a file.
    Sqlite(SqlitePool),
    /// To a server.
    Postgres(PgPool),
}

/// One connection of a [`Pool`]. What is not committed on it is rolled back when it returns.
#[derive(Debug)]
pub enum Connection {
    /// To a file.
    Sqlite(PoolConnection<Sqlite>),
    /// To a server, inside a transaction.
    Postgres(Transaction<'static, Postgres>),
}

/// What answers queries.
pub trait Ask<'a>: Send {
    /// A query of it.
    fn ask(self, sql: impl SqlSafeStr) -> Query<'a>;
}

impl Pool {
    /// A query on any connection.
    pub fn query(&self, sql: impl SqlSafeStr) -> Query<'_> {
        match self {
            Pool::Sqlite(pool) => Query::on_sqlite(sql, On::Pool(pool)),
            Pool::Postgres(pool) => Query::on_postgres(sql, On::Pool(pool)),
        }
    }

    /// A connection, when one is free.
    ///
    /// # Errors
    /// When none is free in time, or the database cannot be reached.
    pub async fn acquire(&self) -> sqlx::Result<Connection> {
        Ok(match self {
            Pool::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Connection::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
                    .await?,
            ),
        })
    }

    /// A view of the database as it is at the first query, whatever others write meanwhile.
    ///
    /// # Errors
    /// As [`Pool::acquire`].
    pub async fn snapshot(&self) -> sqlx::Result<Snapshot> {
        Ok(match self {
            Pool::Sqlite(pool) => Snapshot::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => Snapshot::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        })
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl<'a> Ask<'a> for &'a Pool {
    fn ask(self, sql: impl SqlSafeStr) -> Query<'a> {
        self.query(sql)
    }
}

impl Connection {
    /// A query on this connection.
    pub fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_> {
        match self {
            Connection::Sqlite(connection) => {
                Query::on_sqlite(sql, On::Connection(&mut **connection))
            }
            Connection::Postgres(connection) => {
                Query::on_postgres(sql, On::Connection(&mut **connection))
            }
        }
    }

    /// `clause`, which locks the rows of a query, where others may write at the same time; nothing on SQLite.
    pub fn lock_by(&self, clause: &'static str) -> &'static str {
        match self {
            Connection::Sqlite(_) => "",
            Connection::Postgres(_) => clause,
        }
    }

    /// Runs statements without parameters.
    ///
    /// # Errors
    /// When the database fails or refuses.
    pub async fn run(&mut self, sql: impl SqlSafeStr) -> sqlx::Result<()> {
        match self {
            Connection::Sqlite(connection) => sqlx::raw_sql(sql)
                .execute(&mut **connection)
                .await
                .map(drop),
            Connection::Postgres(connection) => sqlx::raw_sql(sql)
                .execute(&mut **connection)
                .await
                .map(drop),
        }
    }
}

impl<'a> Ask<'a> for &'a mut Connection {
    fn ask(self, sql: impl SqlSafeStr) -> Query<'a> {
        self.query(sql)
    }
}

/// A view of the database as it was at one moment.
#[derive(Debug)]
pub enum Snapshot {
    /// Of a file.
    Sqlite(Transaction<'static, Sqlite>),
    /// Of a server.
    Postgres(Transaction<'static, Postgres>),
}

impl Snapshot {
    /// A query of this view.
    pub fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_> {
        match self {
            Snapshot::Sqlite(view) => Query::on_sqlite(sql, On::Connection(&mut **view)),
            Snapshot::Postgres(view) => Query::on_postgres(sql, On::Connection(&mut **view)),
        }
    }

    /// Ends the view.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> sqlx::Result<()> {
        match self {
            Snapshot::Sqlite(view) => view.rollback().await,
            Snapshot::Postgres(view) => view.rollback().await,
        }
    }
}

impl<'a> Ask<'a> for &'a mut Snapshot {
    fn ask(self, sql: impl SqlSafeStr) -> Query<'a> {
        self.query(sql)
    }
}

/// A writing transaction; rolled back unless committed.
///
/// Not sqlx's own: SQLite ends a transaction by itself when the disk is full, and sqlx would then count one that is no
/// longer there and refuse every later one on this connection. Here the pool rolls back whatever is left over when the
/// connection returns, however it returns.
#[derive(Debug)]
pub struct WriteTransaction {
    connection: Connection,
    /// Who is not to be known any more once the changes are made; votes change nobody.
    pub(super) lately: Option<Lately>,
}

/// Why a person is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Something is changed that one request at a time may change; votes go on.
    Change,
    /// The person leaves; nothing may be added.
    Leave,
}

impl WriteTransaction {
    pub(super) async fn begin(writer: &Pool) -> sqlx::Result<Self> {
        let mut connection = writer.acquire().await?;
        if let Connection::Sqlite(_) = connection {
            // Takes the write lock at once, so that it never fails half-way for lack of it.
            connection.run("BEGIN IMMEDIATE").await?;
        }
        Ok(Self {
            connection,
            lately: None,
        })
    }

    /// Keeps everybody else from writing for this person until the transaction ends. On SQLite it already does.
    ///
    /// # Errors
    /// When the database fails, or others hold the person for too long.
    pub async fn hold(&mut self, user_id: &str, why: Hold) -> sqlx::Result<()> {
        if let Connection::Sqlite(_) = self.connection {
            return Ok(());
        }
        let sql = match why {
            Hold::Change => "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
            Hold::Leave => "SELECT id FROM users WHERE id = $1 FOR UPDATE",
        };
        self.query(sql).bind(user_id).execute().await.map(drop)
    }

    /// A query whose rows nobody else changes until the transaction ends. On SQLite every query is such a one.
    pub fn query_to_change(&mut self, sql: &str) -> Query<'_> {
        let lock = self.lock_by(" FOR UPDATE");
        self.query(AssertSqlSafe(format!("{sql}{lock}")))
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

    /// [`WriteTransaction::commit`] that keeps SQLite's only connection for the next transaction.
    pub(super) async fn commit_and_keep(self) -> sqlx::Result<Committed> {
        match self.connection {
            Connection::Postgres(transaction) => {
                transaction.commit().await?;
                Ok(Committed { kept: None })
            }
            mut connection => {
                connection.run("COMMIT").await?;
                Ok(Committed {
                    kept: Some(connection),
                })
            }
        }
    }
}

/// After a commit.
pub(super) struct Committed {
    /// SQLite's connection for writing.
    kept: Option<Connection>,
}

impl Committed {
    /// Starts the next transaction without giving others a turn at SQLite's connection.
    pub(super) async fn begin_again(self, writer: &Pool) -> sqlx::Result<WriteTransaction> {
        let Some(mut connection) = self.kept else {
            return WriteTransaction::begin(writer).await;
        };
        connection.run("BEGIN IMMEDIATE").await?;
        Ok(WriteTransaction {
            connection,
            lately: None,
        })
    }
}

impl Deref for WriteTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

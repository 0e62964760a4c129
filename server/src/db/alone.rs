//! Work that one process at a time may do, where several share a server.

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgAdvisoryLock, PgAdvisoryLockGuard};

use super::Db;
use super::connection::Pool;

/// As long as this is held, no other process holds the same; on SQLite there is one server.
pub struct Alone {
    /// Let go of when it is dropped, or when the process ends.
    lock: Option<PgAdvisoryLockGuard<PoolConnection<Postgres>>>,
}

impl Alone {
    /// Lets go at once: when this returns, another process can start such work. A dropped one is let go of a little later.
    ///
    /// # Errors
    /// When the database fails; it then lets go when the connection ends.
    pub async fn end(self) -> sqlx::Result<()> {
        if let Some(lock) = self.lock {
            lock.release_now().await?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Alone {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Alone")
    }
}

impl Db {
    /// Starts work of this name; `None` when another process is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alone(&self, name: &str) -> sqlx::Result<Option<Alone>> {
        let Pool::Postgres(pool) = &self.writer else {
            return Ok(Some(Alone { lock: None }));
        };
        let mut connection = pool.acquire().await?;
        // Locks are of a whole database, and it may hold several of ours.
        let schema: String = sqlx::query_scalar("SELECT CAST(current_schema() AS TEXT)")
            .fetch_one(&mut *connection)
            .await?;
        let lock = PgAdvisoryLock::new(format!("palate {schema} {name}"));
        let held = lock.try_acquire(connection).await?;
        Ok(held.left().map(|lock| Alone { lock: Some(lock) }))
    }
}

//! The purge: removes what was kept long enough, and writes down that it did.

use palate_shared::api::privacy::{Kept, KeptFor};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::Db;
use super::account::Leave;
use super::connection::Connection;
use crate::clock::{DAY_MS, day, now_ms};

/// Rows of one kind that a purge removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// What.
    pub what: Kept,
    /// How many rows.
    pub rows: u64,
}

/// A job that ended.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Job {
    /// When it ended, milliseconds since the Unix epoch.
    pub ended_at: i64,
    /// What it did, JSON; for a purge, [`Removed`] of every kind.
    pub result_json: String,
}

/// Writes down that a job of `kind` ended now.
///
/// # Errors
/// When the database fails.
pub(super) async fn log_job(
    connection: &mut Connection,
    kind: &str,
    started_at: i64,
    result: &str,
) -> sqlx::Result<()> {
    connection.query(
        "INSERT INTO jobs (id, kind, started_at, ended_at, result_json) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(kind)
    .bind(started_at)
    .bind(now_ms().max(started_at))
    .bind(result)
    .execute()
    .await
    .map(drop)
}

impl Job {
    /// Rows that a purge removed in all.
    ///
    /// # Errors
    /// When the database does not hold what was written.
    pub fn removed(&self) -> serde_json::Result<u64> {
        let removed: Vec<Removed> = serde_json::from_str(&self.result_json)?;
        Ok(removed.iter().map(|removed| removed.rows).sum())
    }
}

impl Db {
    /// Removes everything that is older than it may be at `now_ms`, and logs the job.
    ///
    /// # Errors
    /// When the database fails; what was removed until then stays removed.
    pub async fn purge(&self, kept: &[KeptFor], now_ms: i64) -> sqlx::Result<Vec<Removed>> {
        let mut removed = Vec::new();
        for KeptFor { what, days } in kept {
            let before = now_ms - i64::from(*days) * DAY_MS;
            let rows = match what {
                Kept::Sessions => {
                    self.delete(
                        "DELETE FROM sessions WHERE created_at <= $1 OR expires_at <= $2",
                        before,
                        now_ms,
                    )
                    .await?
                }
                // They are kept until they expire, which is never later than promised.
                Kept::SpentTokens => {
                    self.delete("DELETE FROM ballots WHERE expires_at <= $2", before, now_ms)
                        .await?
                        + self
                            .delete(
                                "DELETE FROM done_work WHERE expires_at <= $2",
                                before,
                                now_ms,
                            )
                            .await?
                }
                Kept::Profiles => {
                    self.delete(
                        "DELETE FROM profiles WHERE updated_at <= $1",
                        before,
                        now_ms,
                    )
                    .await?
                }
                Kept::EmptyAccounts => self.erase_empty_accounts(before, now_ms).await?,
                Kept::Receipts => {
                    self.delete(
                        "DELETE FROM erasures WHERE user_id IS NULL AND at_ms <= $1",
                        before,
                        now_ms,
                    )
                    .await?
                }
                Kept::Jobs => {
                    self.delete("DELETE FROM jobs WHERE ended_at <= $1", before, now_ms)
                        .await?
                }
                Kept::Ledger => {
                    self.delete("DELETE FROM ledger WHERE at_ms <= $1", before, now_ms)
                        .await?
                }
                Kept::Backups => continue,
            };
            removed.push(Removed { what: *what, rows });
        }
        let result =
            serde_json::to_string(&removed).map_err(|error| sqlx::Error::Encode(error.into()))?;
        self.note_job("purge", now_ms, &result).await?;
        Ok(removed)
    }

    /// Writes down that a job ended now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_job(&self, kind: &str, started_at: i64, result: &str) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        log_job(&mut tx, kind, started_at, result).await?;
        tx.commit().await
    }

    /// The last job of a kind, if there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_job(&self, kind: &str) -> sqlx::Result<Option<Job>> {
        self.reader().query(
            "SELECT ended_at, result_json FROM jobs WHERE kind = $1 ORDER BY ended_at DESC, id DESC LIMIT 1",
        )
        .bind(kind)
        .optional()
        .await
    }

    async fn delete(&self, statement: &'static str, before: i64, now_ms: i64) -> sqlx::Result<u64> {
        let mut tx = self.write().await?;
        let done = tx
            .query(statement)
            .bind(before)
            .bind(now_ms)
            .execute()
            .await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Erases, by the audited path, people whom nobody can be any more and of whom nothing but consents is held.
    async fn erase_empty_accounts(&self, before: i64, now_ms: i64) -> sqlx::Result<u64> {
        let empty: Vec<String> = self
            .reader()
            .query(
                "SELECT id FROM users WHERE created_day <= $1 \
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.user_id = users.id) \
             AND NOT EXISTS (SELECT 1 FROM recovery_codes WHERE recovery_codes.user_id = users.id) \
             AND NOT EXISTS (SELECT 1 FROM profiles WHERE profiles.user_id = users.id) \
             AND NOT EXISTS (SELECT 1 FROM blind_tests WHERE blind_tests.user_id = users.id) \
             AND NOT EXISTS (SELECT 1 FROM judgments WHERE judgments.user_id = users.id)",
            )
            .bind(day(before))
            .scalars()
            .await?;
        for user_id in &empty {
            let receipt = uuid::Uuid::now_v7().to_string();
            self.leave(user_id, Leave::Erase, &receipt, now_ms).await?;
        }
        Ok(empty.len() as u64)
    }
}

//! What was shown to whom.

use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::ids::ResponseId;
use sqlx::SqliteConnection;

use super::Db;
use super::commit::Command;

/// How storing a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Stored now.
    New {
        /// When, milliseconds since the Unix epoch.
        created_at: i64,
    },
    /// Stored before with the same body.
    Again {
        /// When, milliseconds since the Unix epoch.
        created_at: i64,
    },
    /// The id is taken by another comparison.
    Taken,
}

/// A comparison to store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewComparison {
    /// Who was shown it.
    pub user_id: String,
    /// What was shown.
    pub request: ComparisonRequest,
    /// The policy's name on the wire.
    pub policy: String,
    /// SHA-256 of the pack's items file, hex.
    pub items_sha256: String,
    /// SHA-256 of what was asked, hex.
    pub request_hash: String,
    /// Now, milliseconds since the Unix epoch.
    pub now_ms: i64,
}

impl Command for NewComparison {
    type Answer = Recorded;

    async fn apply(&self, connection: &mut SqliteConnection) -> sqlx::Result<Recorded> {
        let request = &self.request;
        let stored: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT user_id, request_hash, created_at FROM comparisons WHERE id = $1",
        )
        .bind(request.id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        if let Some((owner, hash, created_at)) = stored {
            let same = owner == self.user_id && hash == self.request_hash;
            return Ok(if same {
                Recorded::Again { created_at }
            } else {
                Recorded::Taken
            });
        }
        sqlx::query(
            "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
             request_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(request.id.as_str())
        .bind(&self.user_id)
        .bind(request.pack.as_str())
        .bind(&self.items_sha256)
        .bind(request.prompt.as_str())
        .bind(&self.policy)
        .bind(request.propensity)
        .bind(i64::from(request.blind))
        .bind(i64::from(request.simulated))
        .bind(&self.request_hash)
        .bind(self.now_ms)
        .execute(&mut *connection)
        .await?;
        for (order, response) in (0i64..).zip(&request.shown) {
            sqlx::query("INSERT INTO comparison_items (comparison_id, shown_order, response_id) VALUES ($1, $2, $3)")
                .bind(request.id.as_str())
                .bind(order)
                .bind(response.as_str())
                .execute(&mut *connection)
                .await?;
        }
        Ok(Recorded::New {
            created_at: self.now_ms,
        })
    }
}

impl Db {
    /// Stores a comparison, or finds it stored.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn record_comparison(&self, comparison: NewComparison) -> sqlx::Result<Recorded> {
        self.committer.run(comparison).await
    }

    /// The answers of a comparison of this person, in the order shown; empty when there is no such comparison.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shown(&self, user_id: &str, comparison_id: &str) -> sqlx::Result<Vec<ResponseId>> {
        let shown: Vec<String> = sqlx::query_scalar(
            "SELECT comparison_items.response_id FROM comparison_items \
             JOIN comparisons ON comparisons.id = comparison_items.comparison_id \
             WHERE comparisons.id = $1 AND comparisons.user_id = $2 ORDER BY comparison_items.shown_order",
        )
        .bind(comparison_id)
        .bind(user_id)
        .fetch_all(self.reader())
        .await?;
        Ok(shown.into_iter().map(ResponseId).collect())
    }
}

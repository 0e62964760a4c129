//! What was shown to whom.

use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::ids::ResponseId;

use super::Db;

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

impl Db {
    /// Stores a comparison, or finds it stored. `policy` is the policy's name on the wire.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_comparison(
        &self,
        user_id: &str,
        request: &ComparisonRequest,
        policy: &str,
        items_sha256: &str,
        request_hash: &str,
        now_ms: i64,
    ) -> sqlx::Result<Recorded> {
        let mut tx = self.write().await?;
        let stored: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT user_id, request_hash, created_at FROM comparisons WHERE id = $1",
        )
        .bind(request.id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((owner, hash, created_at)) = stored {
            let same = owner == user_id && hash == request_hash;
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
        .bind(user_id)
        .bind(request.pack.as_str())
        .bind(items_sha256)
        .bind(request.prompt.as_str())
        .bind(policy)
        .bind(request.propensity)
        .bind(i64::from(request.blind))
        .bind(i64::from(request.simulated))
        .bind(request_hash)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        for (order, response) in (0i64..).zip(&request.shown) {
            sqlx::query("INSERT INTO comparison_items (comparison_id, shown_order, response_id) VALUES ($1, $2, $3)")
                .bind(request.id.as_str())
                .bind(order)
                .bind(response.as_str())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Recorded::New { created_at: now_ms })
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

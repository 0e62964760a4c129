//! What was shown to whom.

use std::collections::HashMap;

use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::ids::{ComparisonId, ResponseId};

use super::Db;
use super::commit::Command;
use super::connection::{Ask, Connection};
use super::insertion::{Rows, Values};
use super::users::has_left;

/// Rows of (comparison, response), in the order shown, as lists by comparison.
pub fn by_comparison(items: Vec<(String, String)>) -> HashMap<String, Vec<ResponseId>> {
    let mut shown: HashMap<String, Vec<ResponseId>> = HashMap::new();
    for (comparison, response) in items {
        shown
            .entry(comparison)
            .or_default()
            .push(ResponseId(response));
    }
    shown
}

/// The answers of the comparisons after `after` up to `last`, in the order shown.
///
/// # Errors
/// When the database fails.
pub async fn shown_between(
    database: impl Ask<'_>,
    after: &str,
    last: &str,
) -> sqlx::Result<HashMap<String, Vec<ResponseId>>> {
    let items = database
        .ask(
            "SELECT comparison_id, response_id FROM comparison_items \
         WHERE comparison_id > $1 AND comparison_id <= $2 ORDER BY comparison_id, shown_order",
        )
        .bind(after)
        .bind(last)
        .all()
        .await?;
    Ok(by_comparison(items))
}

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
    /// The person is not there any more.
    Gone,
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

    fn rows(&self) -> Vec<Rows> {
        vec![
            Rows::one(
                "comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
                 request_hash, created_at, topic, repeat_of)",
                13,
            ),
            Rows {
                count: self.request.shown.len(),
                ..Rows::one(
                    "comparison_items (comparison_id, shown_order, response_id)",
                    3,
                )
            },
        ]
    }

    fn bind(&self, table: usize, values: &mut Values<'_>) {
        let request = &self.request;
        if table == 1 {
            for (order, response) in (0i64..).zip(&request.shown) {
                values
                    .bind(request.id.as_str())
                    .bind(order)
                    .bind(response.as_str());
            }
            return;
        }
        values
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
            .bind(request.topic.as_ref())
            .bind(request.repeat_of.as_ref().map(ComparisonId::as_str));
    }

    fn done(self) -> Recorded {
        Recorded::New {
            created_at: self.now_ms,
        }
    }

    async fn obstacle(&self, connection: &mut Connection) -> sqlx::Result<Option<Recorded>> {
        let stored: Option<(String, String, i64)> = connection
            .query("SELECT user_id, request_hash, created_at FROM comparisons WHERE id = $1")
            .bind(self.request.id.as_str())
            .optional()
            .await?;
        let Some((owner, hash, created_at)) = stored else {
            let is_gone = has_left(connection, &self.user_id).await?;
            return Ok(is_gone.then_some(Recorded::Gone));
        };
        Ok(Some(
            if owner == self.user_id && hash == self.request_hash {
                Recorded::Again { created_at }
            } else {
                Recorded::Taken
            },
        ))
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

    /// The pack of a comparison of this person, and its answers in the order shown; no answers when there is no such comparison.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn showing(
        &self,
        user_id: &str,
        comparison_id: &str,
    ) -> sqlx::Result<(String, Vec<ResponseId>)> {
        let rows: Vec<(String, String)> = self.reader().query(
            "SELECT comparisons.pack, comparison_items.response_id FROM comparison_items \
             JOIN comparisons ON comparisons.id = comparison_items.comparison_id \
             WHERE comparisons.id = $1 AND comparisons.user_id = $2 ORDER BY comparison_items.shown_order",
        )
        .bind(comparison_id)
        .bind(user_id)
        .all()
        .await?;
        let pack = rows.first().map(|(pack, _)| pack.clone());
        let shown = rows.into_iter().map(|(_, id)| ResponseId(id)).collect();
        Ok((pack.unwrap_or_default(), shown))
    }

    /// The answers of a comparison of this person, in the order shown; empty when there is no such comparison.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shown(&self, user_id: &str, comparison_id: &str) -> sqlx::Result<Vec<ResponseId>> {
        let shown: Vec<String> = self.reader().query(
            "SELECT comparison_items.response_id FROM comparison_items \
             JOIN comparisons ON comparisons.id = comparison_items.comparison_id \
             WHERE comparisons.id = $1 AND comparisons.user_id = $2 ORDER BY comparison_items.shown_order",
        )
        .bind(comparison_id)
        .bind(user_id)
        .scalars()
        .await?;
        Ok(shown.into_iter().map(ResponseId).collect())
    }
}

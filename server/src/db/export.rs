//! Everything about one person, read from one snapshot.

use palate_shared::ids::ResponseId;
use sqlx::FromRow;

use super::Db;
use super::comparisons::by_comparison;
use super::judgments::JudgmentRow;

/// A row of `comparisons` with its answers.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct ComparisonRow {
    /// Chosen by the client.
    pub id: String,
    /// The pack.
    pub pack: String,
    /// The prompt.
    pub prompt: String,
    /// The policy's name on the wire.
    pub policy: String,
    /// In (0, 1].
    pub propensity: f64,
    /// The topic that was chosen, if any.
    pub topic: Option<String>,
    /// The earlier showing that a `repeat` asks again.
    pub repeat_of: Option<String>,
    /// 1 when authors were hidden.
    pub blind: i64,
    /// 1 when a program votes.
    pub simulated: i64,
    /// Answers in the order shown.
    #[sqlx(skip)]
    pub shown: Vec<ResponseId>,
}

/// What is stored about a person beside users, consents and profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Belongings {
    /// When the recovery code was made, milliseconds since the Unix epoch.
    pub recovery_code_made_at: Option<i64>,
    /// When sessions began and end, milliseconds since the Unix epoch, oldest first.
    pub sessions: Vec<(i64, i64)>,
    /// What was shown, oldest first.
    pub comparisons: Vec<ComparisonRow>,
    /// All revisions of judgments, oldest first.
    pub judgments: Vec<JudgmentRow>,
}

impl Db {
    /// Reads the belongings of a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn belongings(&self, user_id: &str) -> sqlx::Result<Belongings> {
        let mut snapshot = self.reader().snapshot().await?;
        let recovery_code_made_at = snapshot
            .query("SELECT created_at FROM recovery_codes WHERE user_id = $1")
            .bind(user_id)
            .optional_scalar()
            .await?;
        let sessions = snapshot.query(
            "SELECT created_at, expires_at FROM sessions WHERE user_id = $1 ORDER BY created_at, expires_at",
        )
        .bind(user_id)
        .all()
        .await?;
        let mut comparisons: Vec<ComparisonRow> = snapshot.query(
            "SELECT id, pack, prompt, policy, propensity, topic, repeat_of, blind, simulated FROM comparisons \
             WHERE user_id = $1 ORDER BY created_at, id",
        )
        .bind(user_id)
        .all()
        .await?;
        let items: Vec<(String, String)> = snapshot.query(
            "SELECT comparison_items.comparison_id, comparison_items.response_id FROM comparisons \
             JOIN comparison_items ON comparison_items.comparison_id = comparisons.id \
             WHERE comparisons.user_id = $1 ORDER BY comparisons.id, comparison_items.shown_order",
        )
        .bind(user_id)
        .all()
        .await?;
        let judgments = snapshot
            .query("SELECT * FROM judgments WHERE user_id = $1 ORDER BY at_ms, id")
            .bind(user_id)
            .all()
            .await?;
        snapshot.close().await?;
        let mut shown = by_comparison(items);
        for comparison in &mut comparisons {
            comparison.shown = shown.remove(&comparison.id).unwrap_or_default();
        }
        Ok(Belongings {
            recovery_code_made_at,
            sessions,
            comparisons,
            judgments,
        })
    }
}

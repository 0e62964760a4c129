//! Which votes are for everyone, and what changed about them since one last looked.

use std::collections::{BTreeSet, HashMap};

use palate_shared::event::Policy;
use palate_shared::ids::ResponseId;
use palate_shared::judgment::Judgment;
use sqlx::{AssertSqlSafe, FromRow};

use super::comparisons::{by_comparison, shown_between};
use super::connection::Snapshot;
use super::from_wire_name;

/// Votes read at once.
const PAGE: i64 = 1000;

/// The condition on a vote that may be published: current, not withdrawn, of a person whose last word on `publish_votes` is
/// yes, and outside of studies; given by people, or by programs where the parameter says 1. It speaks of `judgments`, `comparisons` and `users`.
macro_rules! is_published {
    ($simulated:literal) => {
        concat!(
            "judgments.withdrawn = 0 AND comparisons.simulated = ",
            $simulated,
            " AND EXISTS (SELECT 1 FROM consents WHERE consents.granted = 1 AND consents.id = \
             (SELECT MAX(id) FROM consents AS log WHERE log.user_id = users.id AND log.purpose = 'publish_votes')) \
             AND NOT EXISTS (SELECT 1 FROM study_questions WHERE study_questions.comparison_id = comparisons.id)"
        )
    };
}
pub(crate) use is_published;

/// Whether a vote counts where many people are put together: repeats say again what was said, and votes that were not blind
/// may be about names.
pub(crate) fn counts_together(blind: bool, policy: Policy) -> bool {
    blind && policy != Policy::Repeat
}

/// A published vote. Holds raw ids: never written as it is.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Published {
    pub judgment_id: String,
    pub comparison_id: String,
    pub user_id: String,
    pub items_sha256: String,
    pub prompt: String,
    policy: String,
    blind: i64,
    outcome: String,
    groups_json: String,
    unacceptable_json: String,
    /// What checks say that it weighs, besides what its person does.
    pub weight: f64,
    /// Answers in the order shown.
    #[sqlx(skip)]
    pub shown: Vec<ResponseId>,
}

impl Published {
    /// What was said; `None` for a vote that does not count where many people are put together.
    ///
    /// # Errors
    /// When the database does not hold what was written.
    pub(crate) fn judgment(&self) -> anyhow::Result<Option<Judgment>> {
        if !counts_together(self.blind == 1, from_wire_name(&self.policy)?) {
            return Ok(None);
        }
        Ok(Some(Judgment {
            outcome: from_wire_name(&self.outcome)?,
            groups: serde_json::from_str(&self.groups_json)?,
            unacceptable: serde_json::from_str(&self.unacceptable_json)?,
            strength: None,
            reasons: vec![],
        }))
    }
}

const VOTES: &str = concat!(
    "SELECT judgments.id AS judgment_id, comparisons.id AS comparison_id, users.id AS user_id, comparisons.items_sha256, comparisons.prompt, \
     comparisons.policy, comparisons.blind, judgments.outcome, judgments.groups_json, judgments.unacceptable_json, \
     COALESCE((SELECT MIN(quality.weight) FROM quality WHERE quality.judgment_id = judgments.id), 1.0) AS weight \
     FROM judgment_heads \
     JOIN judgments ON judgments.id = judgment_heads.judgment_id \
     JOIN comparisons ON comparisons.id = judgment_heads.comparison_id \
     JOIN users ON users.id = judgment_heads.user_id WHERE ",
    is_published!("0"),
);

/// What the last assessment said of a person.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Assessed {
    pub user_id: String,
    pub is_settled: i64,
    pub quarantine: Option<String>,
}

/// A revision of an answer.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Revision {
    pub id: String,
    pub user_id: String,
    pub supersedes_id: Option<String>,
}

/// A word on publishing votes.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Word {
    pub id: String,
    pub user_id: String,
}

/// What was written after a moment: as much as was written, however much there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub revisions: Vec<Revision>,
    pub words: Vec<Word>,
    /// Receipts of people whose votes were deleted.
    pub erasures: Vec<String>,
}

impl Snapshot {
    /// The next page of published votes after the comparison `after`; empty at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn published_after(&mut self, after: &str) -> sqlx::Result<Vec<Published>> {
        let sql = format!(
            "{VOTES} AND judgment_heads.comparison_id > $1 ORDER BY judgment_heads.comparison_id LIMIT $2"
        );
        let query = self.query(AssertSqlSafe(sql)).bind(after).bind(PAGE);
        let votes: Vec<Published> = query.all().await?;
        let Some(last) = votes.last() else {
            return Ok(votes);
        };
        let last = last.comparison_id.clone();
        let shown = shown_between(self, after, &last).await?;
        Ok(with_shown(votes, shown))
    }

    /// All published votes of a person, in the order of comparisons.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn published_of(&mut self, user_id: &str) -> sqlx::Result<Vec<Published>> {
        let sql = format!(
            "{VOTES} AND judgment_heads.user_id = $1 ORDER BY judgment_heads.comparison_id"
        );
        let votes = self.query(AssertSqlSafe(sql)).bind(user_id).all().await?;
        let shown = self
            .query(
                "SELECT comparison_id, response_id FROM comparison_items WHERE comparison_id IN \
                 (SELECT id FROM comparisons WHERE user_id = $1) ORDER BY comparison_id, shown_order",
            )
            .bind(user_id)
            .all()
            .await?;
        Ok(with_shown(votes, by_comparison(shown)))
    }

    /// Published votes whose current revision has an id above `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn published_since(&mut self, after: &str) -> sqlx::Result<Vec<Published>> {
        // By this order the few new rows are found first, and not all rows looked through.
        let sql = format!("{VOTES} AND judgments.id > $1 ORDER BY judgments.id");
        let votes = self.query(AssertSqlSafe(sql)).bind(after).all().await?;
        let shown = self
            .query(
                "SELECT comparison_id, response_id FROM comparison_items WHERE comparison_id IN \
                 (SELECT comparison_id FROM judgments WHERE id > $1) ORDER BY comparison_id, shown_order",
            )
            .bind(after)
            .all()
            .await?;
        Ok(with_shown(votes, by_comparison(shown)))
    }

    /// What was written after the moment: ids of this database begin with their time.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn written_since(&mut self, after: &str, ms: i64) -> sqlx::Result<Written> {
        Ok(Written {
            revisions: self
                .query("SELECT id, user_id, supersedes_id FROM judgments WHERE id > $1")
                .bind(after)
                .all()
                .await?,
            words: self
                .query(
                    "SELECT id, user_id FROM consents WHERE id > $1 AND purpose = 'publish_votes'",
                )
                .bind(after)
                .all()
                .await?,
            erasures: self
                .query(
                    "SELECT receipt_id FROM erasures WHERE at_ms > $1 AND mode = 'erase' AND judgments > 0",
                )
                .bind(ms)
                .scalars()
                .await?,
        })
    }

    /// What the last assessment said of everyone, and which it was; it weighs all votes anew.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn assessed(&mut self) -> sqlx::Result<Vec<Assessed>> {
        self.query("SELECT user_id, is_settled, quarantine FROM influence")
            .all()
            .await
    }

    /// The last assessment.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn last_assessment(&mut self) -> sqlx::Result<Option<String>> {
        self.query(
            "SELECT id FROM jobs WHERE kind = 'assess' ORDER BY ended_at DESC, id DESC LIMIT 1",
        )
        .optional_scalar()
        .await
    }

    /// Everyone who has an account.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn everyone(&mut self) -> sqlx::Result<BTreeSet<String>> {
        let ids = self.query("SELECT id FROM users").scalars().await?;
        Ok(ids.into_iter().collect())
    }
}

fn with_shown(
    mut votes: Vec<Published>,
    mut shown: HashMap<String, Vec<ResponseId>>,
) -> Vec<Published> {
    for vote in &mut votes {
        vote.shown = shown.remove(&vote.comparison_id).unwrap_or_default();
    }
    votes
}

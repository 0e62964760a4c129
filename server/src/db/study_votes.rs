//! The votes of a study, for its progress.

use sqlx::FromRow;

use super::Db;

/// A vote that stands.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct StudyVote {
    /// The showing.
    pub comparison_id: String,
    /// The comparison's place in the study.
    pub unit: i64,
    /// 1 when it asked again.
    pub is_repeat: i64,
    /// The showing that it asked again.
    pub repeat_of: Option<String>,
    /// Whose.
    pub user_id: String,
    /// The outcome on the wire.
    pub outcome: String,
    /// JSON array of arrays of answer ids.
    pub groups_json: String,
    /// JSON array of answer ids.
    pub unacceptable_json: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl Db {
    /// All votes of a study that stand, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn study_votes(&self, study_id: &str) -> sqlx::Result<Vec<StudyVote>> {
        self.reader()
            .query(
                "SELECT study_questions.comparison_id, study_questions.unit, study_questions.is_repeat, \
                 comparisons.repeat_of, study_questions.user_id, judgments.outcome, judgments.groups_json, \
                 judgments.unacceptable_json, judgments.at_ms FROM study_questions \
                 JOIN comparisons ON comparisons.id = study_questions.comparison_id \
                 JOIN judgment_heads ON judgment_heads.comparison_id = study_questions.comparison_id \
                 JOIN judgments ON judgments.id = judgment_heads.judgment_id \
                 WHERE study_questions.study_id = $1 AND judgments.withdrawn = 0 \
                 ORDER BY judgments.at_ms, judgments.id",
            )
            .bind(study_id)
            .all()
            .await
    }

    /// How many questions of a study are before someone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_questions(&self, study_id: &str, now_ms: i64) -> sqlx::Result<i64> {
        self.reader()
            .query(
                "SELECT COUNT(*) FROM study_questions WHERE study_id = $1 AND expires_at > $2 \
                 AND NOT EXISTS (SELECT 1 FROM judgment_heads \
                     WHERE judgment_heads.comparison_id = study_questions.comparison_id)",
            )
            .bind(study_id)
            .bind(now_ms)
            .scalar()
            .await
    }
}

//! The votes of a study, for its progress.

use sqlx::FromRow;

use super::Db;
use super::connection::Snapshot;

/// The condition on a question of the study $1 that is before someone after the moment $2.
macro_rules! is_open {
    () => {
        "study_id = $1 AND expires_at > $2 AND NOT EXISTS (SELECT 1 FROM judgment_heads \
         WHERE judgment_heads.comparison_id = study_questions.comparison_id)"
    };
}
pub(super) use is_open;

/// Votes read at once.
const PAGE: i64 = 1000;

/// A vote that stands.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct StudyVote {
    /// Whose.
    pub user_id: String,
    /// The comparison's place in the study.
    pub unit: i64,
    /// 1 when it asked again.
    pub is_repeat: i64,
    /// The outcome on the wire.
    pub outcome: String,
    /// JSON array of arrays of answer ids.
    pub groups_json: String,
    /// JSON array of answer ids.
    pub unacceptable_json: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Outcome, groups and unacceptable answers of the vote that was asked for again, if that stands.
    pub earlier_outcome: Option<String>,
    /// As above.
    pub earlier_groups_json: Option<String>,
    /// As above.
    pub earlier_unacceptable_json: Option<String>,
}

impl Snapshot {
    /// The next page of votes that stand in a study, by person, comparison and repetition; empty at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn study_votes_after(
        &mut self,
        study_id: &str,
        last: Option<&StudyVote>,
    ) -> sqlx::Result<Vec<StudyVote>> {
        let (user_id, unit, is_repeat) = last.map_or(("", -1, 0), |last| {
            (&last.user_id, last.unit, last.is_repeat)
        });
        self.query(
            "SELECT study_questions.user_id, study_questions.unit, study_questions.is_repeat, judgments.outcome, \
             judgments.groups_json, judgments.unacceptable_json, judgments.at_ms, earlier.outcome AS earlier_outcome, \
             earlier.groups_json AS earlier_groups_json, earlier.unacceptable_json AS earlier_unacceptable_json \
             FROM study_questions \
             JOIN comparisons ON comparisons.id = study_questions.comparison_id \
             JOIN judgment_heads ON judgment_heads.comparison_id = study_questions.comparison_id \
             JOIN judgments ON judgments.id = judgment_heads.judgment_id AND judgments.withdrawn = 0 \
             LEFT JOIN judgment_heads AS earlier_heads ON earlier_heads.comparison_id = comparisons.repeat_of \
             LEFT JOIN judgments AS earlier ON earlier.id = earlier_heads.judgment_id AND earlier.withdrawn = 0 \
             WHERE study_questions.study_id = $1 \
             AND (study_questions.user_id, study_questions.unit, study_questions.is_repeat) > ($2, $3, $4) \
             ORDER BY study_questions.user_id, study_questions.unit, study_questions.is_repeat LIMIT $5",
        )
        .bind(study_id)
        .bind(user_id)
        .bind(unit)
        .bind(is_repeat)
        .bind(PAGE)
        .all()
        .await
    }
}

impl Db {
    /// How many questions of a study are before someone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_questions(&self, study_id: &str, now_ms: i64) -> sqlx::Result<i64> {
        self.reader()
            .query(concat!(
                "SELECT COUNT(*) FROM study_questions WHERE ",
                is_open!()
            ))
            .bind(study_id)
            .bind(now_ms)
            .scalar()
            .await
    }
}

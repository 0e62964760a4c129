//! Who is asked what in a study. One question at a time is given in a study, whichever server gives it, so that no comparison
//! is given to more people than need be.

use std::collections::HashMap;

use sqlx::FromRow;

use super::Db;
use super::connection::WriteTransaction;
use super::study_votes::is_open;

/// A question before a person.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct QuestionRow {
    /// Of which showing.
    pub comparison_id: String,
    /// The comparison's place in the study.
    pub unit: i64,
    /// 1 when it asks again.
    pub is_repeat: i64,
    /// The policy's name on the wire.
    pub policy: String,
    /// When it was chosen.
    pub propensity: f64,
    /// Milliseconds since the Unix epoch.
    pub expires_at: i64,
}

/// What a person was asked, and what became of it.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Asked {
    /// The showing.
    pub comparison_id: String,
    /// The comparison's place in the study.
    pub unit: i64,
    /// 1 when it asked again.
    pub is_repeat: i64,
    /// The outcome, when it was judged and that stands.
    pub outcome: Option<String>,
}

/// A showing to store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewQuestion {
    /// What is asked.
    pub question: QuestionRow,
    /// The study.
    pub study_id: String,
    /// SHA-256 of its items file, hex.
    pub items_sha256: String,
    /// Whom.
    pub user_id: String,
    /// The prompt.
    pub prompt: String,
    /// The answers in the order shown.
    pub shown: [String; 2],
    /// The showing that is asked again.
    pub repeat_of: Option<String>,
    /// Now.
    pub now_ms: i64,
}

/// What a question of a study needs to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// 1 when the person agrees to take part.
    pub agrees: i64,
    /// Milliseconds since the Unix epoch.
    pub expires_at: i64,
}

/// A study that gives one question: nobody else gives one until this ends.
pub struct Giving {
    tx: WriteTransaction,
    study_id: String,
}

impl Db {
    /// Begins to give a question of this study.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give(&self, study_id: &str) -> sqlx::Result<Giving> {
        let mut tx = self.write().await?;
        tx.query_to_change("SELECT id FROM studies WHERE id = $1")
            .bind(study_id)
            .execute()
            .await?;
        Ok(Giving {
            tx,
            study_id: study_id.to_owned(),
        })
    }

    /// Whether a showing belongs to a study, and whether its person may judge it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing(&self, comparison_id: &str) -> sqlx::Result<Option<Standing>> {
        self.reader()
            .query(
                "SELECT COALESCE((SELECT granted FROM study_consents \
                     WHERE study_consents.user_id = study_questions.user_id \
                     AND study_consents.study_id = study_questions.study_id ORDER BY id DESC LIMIT 1), 0) AS agrees, \
                 expires_at FROM study_questions WHERE comparison_id = $1",
            )
            .bind(comparison_id)
            .optional()
            .await
    }
}

impl Giving {
    /// The state as it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&mut self) -> sqlx::Result<String> {
        self.tx
            .query("SELECT state FROM studies WHERE id = $1")
            .bind(&self.study_id)
            .scalar()
            .await
    }

    /// The question that is before a person: the last one that was not judged, open or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unanswered(&mut self, user_id: &str) -> sqlx::Result<Option<QuestionRow>> {
        self.tx
            .query(
                "SELECT study_questions.comparison_id, study_questions.unit, study_questions.is_repeat, comparisons.policy, \
                 comparisons.propensity, study_questions.expires_at FROM study_questions \
                 JOIN comparisons ON comparisons.id = study_questions.comparison_id \
                 WHERE study_questions.study_id = $1 AND study_questions.user_id = $2 \
                 AND NOT EXISTS (SELECT 1 FROM judgment_heads \
                     WHERE judgment_heads.comparison_id = study_questions.comparison_id) \
                 ORDER BY comparisons.created_at DESC, comparisons.id DESC LIMIT 1",
            )
            .bind(&self.study_id)
            .bind(user_id)
            .optional()
            .await
    }

    /// What a person was asked, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn asked(&mut self, user_id: &str) -> sqlx::Result<Vec<Asked>> {
        self.tx
            .query(
                "SELECT study_questions.comparison_id, study_questions.unit, study_questions.is_repeat, judgments.outcome \
                 FROM study_questions \
                 JOIN comparisons ON comparisons.id = study_questions.comparison_id \
                 LEFT JOIN judgment_heads ON judgment_heads.comparison_id = study_questions.comparison_id \
                 LEFT JOIN judgments ON judgments.id = judgment_heads.judgment_id \
                 WHERE study_questions.study_id = $1 AND study_questions.user_id = $2 \
                 ORDER BY comparisons.created_at, comparisons.id",
            )
            .bind(&self.study_id)
            .bind(user_id)
            .all()
            .await
    }

    /// Comparisons with the places of their overlap that are taken: by a vote that is no skip, or by a question that is open
    /// after `freed_ms`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken(&mut self, freed_ms: i64) -> sqlx::Result<HashMap<i64, i64>> {
        // One statement, so one moment: between two, a question that is answered would be neither open nor a vote.
        let places: Vec<(i64, i64)> = self
            .tx
            .query(concat!(
                "SELECT unit, votes FROM study_units WHERE study_id = $1 \
                 UNION ALL SELECT unit, COUNT(*) FROM study_questions WHERE is_repeat = 0 AND ",
                is_open!(),
                " GROUP BY unit"
            ))
            .bind(&self.study_id)
            .bind(freed_ms)
            .all()
            .await?;
        let mut taken = HashMap::with_capacity(places.len());
        for (unit, places) in places {
            *taken.entry(unit).or_default() += places;
        }
        Ok(taken)
    }

    /// Votes that stand and questions that are open, of everybody: what the quota counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn given(&mut self, freed_ms: i64) -> sqlx::Result<i64> {
        self.tx
            .query(concat!(
                "SELECT CAST(COALESCE((SELECT SUM(given) FROM study_units WHERE study_id = $1), 0) AS BIGINT) + \
                 (SELECT COUNT(*) FROM study_questions WHERE ",
                is_open!(),
                ")"
            ))
            .bind(&self.study_id)
            .bind(freed_ms)
            .scalar()
            .await
    }

    /// Keeps a question for its person anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew(mut self, question: &QuestionRow) -> sqlx::Result<()> {
        self.tx
            .query("UPDATE study_questions SET expires_at = $2 WHERE comparison_id = $1")
            .bind(&question.comparison_id)
            .bind(question.expires_at)
            .execute()
            .await?;
        self.tx.commit().await
    }

    /// Stores a question.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask(mut self, new: &NewQuestion) -> sqlx::Result<()> {
        let question = &new.question;
        self.tx
            .query(
                "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
                 request_hash, created_at, repeat_of) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, '', $8, $9)",
            )
            .bind(&question.comparison_id)
            .bind(&new.user_id)
            .bind(&new.study_id)
            .bind(&new.items_sha256)
            .bind(&new.prompt)
            .bind(&question.policy)
            .bind(question.propensity)
            .bind(new.now_ms)
            .bind(&new.repeat_of)
            .execute()
            .await?;
        for (order, response) in (0i64..).zip(&new.shown) {
            self.tx
                .query(
                    "INSERT INTO comparison_items (comparison_id, shown_order, response_id) VALUES ($1, $2, $3)",
                )
                .bind(&question.comparison_id)
                .bind(order)
                .bind(response)
                .execute()
                .await?;
        }
        self.tx
            .query(
                "INSERT INTO study_questions (comparison_id, study_id, user_id, unit, is_repeat, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&question.comparison_id)
            .bind(&new.study_id)
            .bind(&new.user_id)
            .bind(question.unit)
            .bind(question.is_repeat)
            .bind(question.expires_at)
            .execute()
            .await?;
        self.tx.commit().await
    }
}

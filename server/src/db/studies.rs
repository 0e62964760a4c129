//! Studies, and what people said about taking part in them.

use palate_shared::api::studies::{StudyConsent, StudyConsentRequest, StudySettings};
use sqlx::FromRow;

use super::Db;
use super::connection::Hold;
use super::consents::sorted_after;
use super::{from_wire_name, wire_name};
use crate::clock::rfc3339;

/// A row of `studies`.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct StudyRow {
    /// Also the id of its pack.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Markdown.
    pub guidelines: String,
    /// What participants agree to.
    pub consent_text: String,
    /// SPDX id of its texts.
    pub licence: String,
    /// Votes that each comparison needs.
    pub overlap: i64,
    /// Share of repeats.
    pub repeats: f64,
    /// Share of random questions.
    pub random_floor: f64,
    /// The policy's name on the wire.
    pub policy: String,
    /// Most votes of a person.
    pub quota_per_person: Option<i64>,
    /// Most votes in all.
    pub quota: Option<i64>,
    /// The state's name on the wire.
    pub state: String,
    /// SHA-256 of its items file, hex.
    pub items_sha256: String,
    /// How many.
    pub prompts: i64,
    /// How many.
    pub answers: i64,
    /// Pairs of answers to one prompt.
    pub comparisons: i64,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

impl StudyRow {
    /// Its settings.
    ///
    /// # Errors
    /// When the row does not hold what was written.
    pub fn settings(&self) -> anyhow::Result<StudySettings> {
        let quota = |quota: Option<i64>| quota.map(u32::try_from).transpose();
        Ok(StudySettings {
            title: self.title.clone(),
            guidelines: self.guidelines.clone(),
            consent_text: self.consent_text.clone(),
            licence: self.licence.clone(),
            overlap: u32::try_from(self.overlap)?,
            repeats: self.repeats,
            random_floor: self.random_floor,
            policy: from_wire_name(&self.policy)?,
            quota_per_person: quota(self.quota_per_person)?,
            quota: quota(self.quota)?,
        })
    }

    /// The columns of `settings`, in a row that is otherwise empty.
    ///
    /// # Errors
    /// When the policy has no name.
    pub fn of(settings: &StudySettings) -> serde_json::Result<Self> {
        Ok(Self {
            id: String::new(),
            title: settings.title.clone(),
            guidelines: settings.guidelines.clone(),
            consent_text: settings.consent_text.clone(),
            licence: settings.licence.clone(),
            overlap: settings.overlap.into(),
            repeats: settings.repeats,
            random_floor: settings.random_floor,
            policy: wire_name(&settings.policy)?,
            quota_per_person: settings.quota_per_person.map(i64::from),
            quota: settings.quota.map(i64::from),
            state: "draft".to_owned(),
            items_sha256: String::new(),
            prompts: 0,
            answers: 0,
            comparisons: 0,
            created_at: 0,
        })
    }
}

/// Current votes of a study and the people who gave them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct StudyTotals {
    /// Repeats included.
    pub votes: i64,
    /// How many gave them.
    pub people: i64,
}

#[derive(FromRow)]
struct ConsentRow {
    study_id: String,
    granted: i64,
    text_version: String,
    at_ms: i64,
}

impl ConsentRow {
    fn consent(self) -> StudyConsent {
        StudyConsent {
            granted: self.granted == 1,
            text_version: self.text_version,
            at: rfc3339(self.at_ms),
        }
    }
}

impl Db {
    /// Stores a new study.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_study(&self, study: &StudyRow) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        tx.query(
            "INSERT INTO studies (id, title, guidelines, consent_text, licence, overlap, repeats, random_floor, policy, \
             quota_per_person, quota, state, items_sha256, prompts, answers, comparisons, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        )
        .bind(&study.id)
        .bind(&study.title)
        .bind(&study.guidelines)
        .bind(&study.consent_text)
        .bind(&study.licence)
        .bind(study.overlap)
        .bind(study.repeats)
        .bind(study.random_floor)
        .bind(&study.policy)
        .bind(study.quota_per_person)
        .bind(study.quota)
        .bind(&study.state)
        .bind(&study.items_sha256)
        .bind(study.prompts)
        .bind(study.answers)
        .bind(study.comparisons)
        .bind(study.created_at)
        .execute()
        .await?;
        tx.commit().await
    }

    /// All studies, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn studies(&self) -> sqlx::Result<Vec<StudyRow>> {
        self.reader()
            .query("SELECT * FROM studies ORDER BY created_at DESC, id DESC")
            .all()
            .await
    }

    /// One study.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn study(&self, id: &str) -> sqlx::Result<Option<StudyRow>> {
        self.reader()
            .query("SELECT * FROM studies WHERE id = $1")
            .bind(id)
            .optional()
            .await
    }

    /// Sets state and quotas.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_study(&self, study: &StudyRow) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        tx.query("UPDATE studies SET state = $2, quota_per_person = $3, quota = $4 WHERE id = $1")
            .bind(&study.id)
            .bind(&study.state)
            .bind(study.quota_per_person)
            .bind(study.quota)
            .execute()
            .await?;
        tx.commit().await
    }

    /// Current votes of a study; of one person when `user_id` names one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn study_totals(&self, id: &str, user_id: Option<&str>) -> sqlx::Result<StudyTotals> {
        self.reader()
            .query(
                "SELECT CAST(COALESCE(SUM(given), 0) AS BIGINT) AS votes, COUNT(*) AS people FROM study_people \
                 WHERE study_id = $1 AND given > 0 AND ($2 = '' OR user_id = $2)",
            )
            .bind(id)
            .bind(user_id.unwrap_or_default())
            .one()
            .await
    }

    /// Appends what a person says about taking part, under an id after those of this person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_study_consent(
        &self,
        study_id: &str,
        user_id: &str,
        consent: &StudyConsentRequest,
        now_ms: i64,
    ) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        tx.hold(user_id, Hold::Change).await?;
        let last: Option<String> = tx
            .query("SELECT MAX(id) FROM study_consents WHERE user_id = $1")
            .bind(user_id)
            .scalar()
            .await?;
        let id = sorted_after(&uuid::Uuid::now_v7().to_string(), last.as_deref());
        tx.query(
            "INSERT INTO study_consents (id, study_id, user_id, granted, text_version, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(study_id)
        .bind(user_id)
        .bind(i64::from(consent.granted))
        .bind(&consent.text_version)
        .bind(now_ms)
        .execute()
        .await?;
        tx.commit().await
    }

    /// A person's last word on taking part.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn study_consent(
        &self,
        study_id: &str,
        user_id: &str,
    ) -> sqlx::Result<Option<StudyConsent>> {
        let row: Option<ConsentRow> = self
            .reader()
            .query(
                "SELECT study_id, granted, text_version, at_ms FROM study_consents \
                 WHERE user_id = $1 AND study_id = $2 ORDER BY id DESC LIMIT 1",
            )
            .bind(user_id)
            .bind(study_id)
            .optional()
            .await?;
        Ok(row.map(ConsentRow::consent))
    }

    /// All that a person ever said about taking part in studies, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn study_consent_log(
        &self,
        user_id: &str,
    ) -> sqlx::Result<Vec<(String, StudyConsent)>> {
        let rows: Vec<ConsentRow> = self
            .reader()
            .query(
                "SELECT study_id, granted, text_version, at_ms FROM study_consents WHERE user_id = $1 ORDER BY id",
            )
            .bind(user_id)
            .all()
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.study_id.clone(), row.consent()))
            .collect())
    }
}

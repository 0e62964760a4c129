//! The consent log. The last row of a purpose is in force.

use palate_shared::api::consents::{Consent, ConsentRequest, Purpose};
use sqlx::FromRow;
use uuid::Uuid;

use super::Db;
use super::connection::Hold;
use crate::clock::rfc3339;

/// The name of a purpose in the database and in paths.
pub fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Sync => "sync",
        Purpose::PublishVotes => "publish_votes",
        Purpose::PublishPrompts => "publish_prompts",
    }
}

#[derive(FromRow)]
struct Row {
    purpose: String,
    granted: i64,
    text_version: String,
    locale: String,
    at_ms: i64,
}

impl Row {
    fn consent(self) -> Option<Consent> {
        let purpose = [
            Purpose::Sync,
            Purpose::PublishVotes,
            Purpose::PublishPrompts,
        ]
        .into_iter()
        .find(|purpose| purpose_name(*purpose) == self.purpose)?;
        Some(Consent {
            purpose,
            granted: self.granted == 1,
            text_version: self.text_version,
            locale: self.locale,
            at: rfc3339(self.at_ms),
        })
    }
}

/// `id`, unless `last` is not before it: then the one after `last`.
pub(super) fn sorted_after(id: &str, last: Option<&str>) -> String {
    match last.filter(|last| *last >= id).map(Uuid::parse_str) {
        Some(Ok(last)) => Uuid::from_u128(last.as_u128().saturating_add(1)).to_string(),
        _ => id.to_owned(),
    }
}

impl Db {
    /// Appends a consent under `id` (UUIDv7), or under the next one after those of this person: clocks go back, and those of
    /// two servers differ.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_consent(
        &self,
        id: &str,
        user_id: &str,
        purpose: Purpose,
        consent: &ConsentRequest,
        now_ms: i64,
    ) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        tx.hold(user_id, Hold::Change).await?;
        let last: Option<String> = tx
            .query("SELECT MAX(id) FROM consents WHERE user_id = $1")
            .bind(user_id)
            .scalar()
            .await?;
        let id = sorted_after(id, last.as_deref());
        tx.query(
            "INSERT INTO consents (id, user_id, purpose, granted, text_version, locale, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(user_id)
        .bind(purpose_name(purpose))
        .bind(i64::from(consent.granted))
        .bind(&consent.text_version)
        .bind(&consent.locale)
        .bind(now_ms)
        .execute()
        .await?;
        tx.commit().await
    }

    /// The last word of this person on every purpose that was asked, in the order of purposes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consents(&self, user_id: &str) -> sqlx::Result<Vec<Consent>> {
        let rows: Vec<Row> = self.reader().query(
            "SELECT purpose, granted, text_version, locale, at_ms FROM consents \
             WHERE user_id = $1 AND id IN (SELECT MAX(id) FROM consents WHERE user_id = $1 GROUP BY purpose) \
             ORDER BY purpose",
        )
        .bind(user_id)
        .all()
        .await?;
        Ok(rows.into_iter().filter_map(Row::consent).collect())
    }

    /// All that this person ever said on any purpose, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consent_log(&self, user_id: &str) -> sqlx::Result<Vec<Consent>> {
        let rows: Vec<Row> = self.reader().query(
            "SELECT purpose, granted, text_version, locale, at_ms FROM consents WHERE user_id = $1 ORDER BY id",
        )
        .bind(user_id)
        .all()
        .await?;
        Ok(rows.into_iter().filter_map(Row::consent).collect())
    }

    /// Whether any of `purposes` is granted now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_consent(&self, user_id: &str, purposes: &[Purpose]) -> sqlx::Result<bool> {
        let consents = self.consents(user_id).await?;
        Ok(consents
            .iter()
            .any(|consent| consent.granted && purposes.contains(&consent.purpose)))
    }
}

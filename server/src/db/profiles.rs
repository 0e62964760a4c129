//! One opaque profile a person, guarded by its ETag.

use sqlx::FromRow;

use super::Db;
use super::connection::Hold;

/// A stored profile.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredProfile {
    /// JSON, as accepted.
    pub body: String,
    /// Strong ETag without quotes.
    pub etag: String,
}

/// What the client believes is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// `If-None-Match: *`: nothing yet.
    Nothing,
    /// `If-Match`: this ETag.
    Etag(String),
    /// `If-Match: *`: anything.
    Something,
}

impl Expectation {
    fn holds(&self, stored: Option<&str>) -> bool {
        match (self, stored) {
            (Expectation::Nothing, stored) => stored.is_none(),
            (Expectation::Etag(expected), Some(stored)) => expected == stored,
            (Expectation::Something, Some(_)) => true,
            (_, None) => false,
        }
    }
}

impl Db {
    /// The profile of a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn profile(&self, user_id: &str) -> sqlx::Result<Option<StoredProfile>> {
        self.reader()
            .query("SELECT body, etag FROM profiles WHERE user_id = $1")
            .bind(user_id)
            .optional()
            .await
    }

    /// Stores a profile if the expectation holds; says whether it did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_profile(
        &self,
        user_id: &str,
        profile: &StoredProfile,
        expectation: &Expectation,
        now_ms: i64,
    ) -> sqlx::Result<bool> {
        let mut tx = self.write().await?;
        tx.hold(user_id, Hold::Change).await?;
        let stored: Option<String> = tx
            .query("SELECT etag FROM profiles WHERE user_id = $1")
            .bind(user_id)
            .optional_scalar()
            .await?;
        if !expectation.holds(stored.as_deref()) {
            return Ok(false);
        }
        tx.query(
            "INSERT INTO profiles (user_id, body, etag, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id) DO UPDATE \
             SET body = excluded.body, etag = excluded.etag, updated_at = excluded.updated_at",
        )
        .bind(user_id)
        .bind(&profile.body)
        .bind(&profile.etag)
        .bind(now_ms)
        .execute()
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a profile if the expectation holds; says whether it did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_profile(
        &self,
        user_id: &str,
        expectation: &Expectation,
    ) -> sqlx::Result<bool> {
        let mut tx = self.write().await?;
        tx.hold(user_id, Hold::Change).await?;
        let stored: Option<String> = tx
            .query("SELECT etag FROM profiles WHERE user_id = $1")
            .bind(user_id)
            .optional_scalar()
            .await?;
        if !expectation.holds(stored.as_deref()) {
            return Ok(false);
        }
        tx.query("DELETE FROM profiles WHERE user_id = $1")
            .bind(user_id)
            .execute()
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

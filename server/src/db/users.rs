//! People and their sessions.

use sqlx::FromRow;

use super::Db;
use super::connection::Connection;
use crate::signed::Verified;

/// A person: random id, no name.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct User {
    /// UUIDv7, never published.
    pub id: String,
    /// Day of the first session, UTC.
    pub created_day: String,
    /// Changes the public pseudonym when it changes.
    pub public_id_epoch: i64,
}

/// A person who votes.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Voter {
    /// Who.
    #[sqlx(flatten)]
    pub user: User,
    /// Whether the last word on `sync` or on `publish_votes` is yes.
    pub agrees: bool,
}

/// A person who votes, and when their session expires.
#[derive(FromRow)]
struct SessionVoter {
    #[sqlx(flatten)]
    voter: Voter,
    expires_at: i64,
}

/// What the server holds about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Holdings {
    /// Comparisons with a current judgment.
    pub judgments: i64,
    /// 1 when a profile is held.
    pub profiles: i64,
}

/// A row of `sessions` without its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
    /// Milliseconds since the Unix epoch.
    pub expires_at: i64,
}

impl StoredSession {
    /// Inserts the session of `user_id`.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn insert(
        &self,
        user_id: &str,
        connection: &mut Connection,
    ) -> sqlx::Result<()> {
        connection.query(
            "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(&self.token_hash)
        .bind(user_id)
        .bind(self.created_at)
        .bind(self.expires_at)
        .execute()
        .await
        .map(drop)
    }
}

/// Whether there is no such person, or not any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn has_left(connection: &mut Connection, user_id: &str) -> sqlx::Result<bool> {
    let is_there: bool = connection
        .query("SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)")
        .bind(user_id)
        .scalar()
        .await?;
    Ok(!is_there)
}

impl Db {
    /// Stores a new person with a session, and that the work for it was used; says whether it was not used before.
    ///
    /// # Errors
    /// When the database fails; then, as for used work, nothing was stored.
    pub async fn insert_user(
        &self,
        user: &User,
        session: &StoredSession,
        work: Option<&Verified>,
    ) -> sqlx::Result<bool> {
        let mut tx = self.write().await?;
        if let Some(work) = work {
            let done = tx.query(
                "INSERT INTO done_work (challenge_id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(&work.id)
            .bind(work.expires_at)
            .execute()
            .await?;
            if done == 0 {
                return Ok(false);
            }
        }
        tx.query("INSERT INTO users (id, created_day, public_id_epoch) VALUES ($1, $2, $3)")
            .bind(&user.id)
            .bind(&user.created_day)
            .bind(user.public_id_epoch)
            .execute()
            .await?;
        session.insert(&user.id, &mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The person of a session that has not expired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_user(&self, token_hash: &str, now_ms: i64) -> sqlx::Result<Option<User>> {
        self.reader()
            .query(
                "SELECT users.id, users.created_day, users.public_id_epoch FROM sessions \
             JOIN users ON users.id = sessions.user_id \
             WHERE sessions.token_hash = $1 AND sessions.expires_at > $2",
            )
            .bind(token_hash)
            .bind(now_ms)
            .optional()
            .await
    }

    /// The person of a session that has not expired, and whether they agree to keep or to publish votes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_voter(
        &self,
        token_hash: &str,
        now_ms: i64,
    ) -> sqlx::Result<Option<Voter>> {
        let lately = match &self.lately {
            None => None,
            Some(lately) => match lately.voter(token_hash, now_ms) {
                Ok(voter) => return Ok(Some(voter)),
                Err(changes) => Some((lately, changes)),
            },
        };
        let found: Option<SessionVoter> = self
            .reader()
            .query(
                "SELECT users.id, users.created_day, users.public_id_epoch, sessions.expires_at, \
             EXISTS (SELECT 1 FROM consents WHERE consents.granted = 1 AND consents.id IN \
                 (SELECT MAX(log.id) FROM consents AS log WHERE log.user_id = users.id \
                  AND log.purpose IN ('sync', 'publish_votes') GROUP BY log.purpose)) AS agrees \
             FROM sessions JOIN users ON users.id = sessions.user_id \
             WHERE sessions.token_hash = $1 AND sessions.expires_at > $2",
            )
            .bind(token_hash)
            .bind(now_ms)
            .optional()
            .await?;
        Ok(found.map(|SessionVoter { voter, expires_at }| {
            if let Some((lately, changes)) = lately {
                lately.keep(changes, token_hash, &voter, expires_at);
            }
            voter
        }))
    }

    /// Gives a person a new public pseudonym for what is shown from now on.
    ///
    /// # Errors
    /// When the database fails, or there is no such person any more.
    pub async fn rotate_public_id(&self, user_id: &str, now_ms: i64) -> sqlx::Result<User> {
        let mut tx = self.write().await?;
        let user: User = tx
            .query(
                "UPDATE users SET public_id_epoch = public_id_epoch + 1 WHERE id = $1 \
             RETURNING id, created_day, public_id_epoch",
            )
            .bind(user_id)
            .one()
            .await?;
        tx.query("INSERT INTO public_id_epochs (user_id, epoch, from_ms) VALUES ($1, $2, $3)")
            .bind(user_id)
            .bind(user.public_id_epoch)
            .bind(now_ms)
            .execute()
            .await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Counts what is held about a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holdings(&self, user_id: &str) -> sqlx::Result<Holdings> {
        self.reader()
            .query(
                "SELECT (SELECT COUNT(*) FROM judgment_heads WHERE user_id = $1) AS judgments, \
                    (SELECT COUNT(*) FROM profiles WHERE user_id = $1) AS profiles",
            )
            .bind(user_id)
            .one()
            .await
    }
}

//! Recovery codes and the sessions that they open.

use super::Db;
use super::users::{StoredSession, User};

impl Db {
    /// Stores the code of a person; the one before is void.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_recovery_code(
        &self,
        user_id: &str,
        code_hash: &str,
        now_ms: i64,
    ) -> sqlx::Result<()> {
        let mut tx = self.write().await?;
        tx.query(
            "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, created_at = excluded.created_at",
        )
        .bind(user_id)
        .bind(code_hash)
        .bind(now_ms)
        .execute()
        .await?;
        tx.commit().await
    }

    /// Opens a session for the person of a code; `None` when it is nobody's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_recovered_session(
        &self,
        code_hash: &str,
        session: &StoredSession,
    ) -> sqlx::Result<Option<User>> {
        let mut tx = self.write().await?;
        let user: Option<User> = tx
            .query_to_change(
                "SELECT users.id, users.created_day, users.public_id_epoch FROM recovery_codes \
             JOIN users ON users.id = recovery_codes.user_id WHERE recovery_codes.code_hash = $1",
            )
            .bind(code_hash)
            .optional()
            .await?;
        let Some(user) = user else {
            return Ok(None);
        };
        session.insert(&user.id, &mut tx).await?;
        tx.commit().await?;
        Ok(Some(user))
    }
}

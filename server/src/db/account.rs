//! Leaving: the only path that deletes judgments, audited in `erasures`.

use super::Db;
use super::connection::Hold;

/// How a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Everything of the person is deleted.
    Erase,
    /// Judgments stay under a new pseudonym that nobody can tie to the person; the rest is deleted.
    Unlink,
}

impl Leave {
    fn as_str(self) -> &'static str {
        match self {
            Leave::Erase => "erase",
            Leave::Unlink => "unlink",
        }
    }
}

impl Db {
    /// Removes a person in one transaction. Returns how many current judgments were removed or unlinked.
    ///
    /// # Errors
    /// When the database fails; then nothing was removed.
    pub async fn leave(
        &self,
        user_id: &str,
        mode: Leave,
        receipt_id: &str,
        now_ms: i64,
    ) -> sqlx::Result<i64> {
        let mut tx = self.write().await?;
        tx.hold(user_id, Hold::Leave).await?;
        let judgments: i64 = tx
            .query("SELECT COUNT(*) FROM judgment_heads WHERE user_id = $1")
            .bind(user_id)
            .scalar()
            .await?;
        tx.query(
            "INSERT INTO erasures (receipt_id, user_id, mode, judgments, at_ms) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(receipt_id)
        .bind(user_id)
        .bind(mode.as_str())
        .bind(judgments)
        .bind(now_ms)
        .execute()
        .await?;
        let statements: &[&'static str] = match mode {
            Leave::Erase => &[
                "DELETE FROM ballots WHERE user_id = $1",
                "DELETE FROM conversations WHERE user_id = $1",
                "DELETE FROM judgment_heads WHERE user_id = $1",
                "DELETE FROM judgments WHERE user_id = $1",
                "DELETE FROM study_questions WHERE user_id = $1",
                "DELETE FROM comparison_items WHERE comparison_id IN (SELECT id FROM comparisons WHERE user_id = $1)",
                "DELETE FROM comparisons WHERE user_id = $1",
                "DELETE FROM study_consents WHERE user_id = $1",
                "DELETE FROM consents WHERE user_id = $1",
                "DELETE FROM profiles WHERE user_id = $1",
                "DELETE FROM blind_tests WHERE user_id = $1",
                "UPDATE ledger SET user_id = NULL, generation = NULL WHERE user_id = $1",
                "DELETE FROM recovery_codes WHERE user_id = $1",
                "DELETE FROM sessions WHERE user_id = $1",
                "DELETE FROM users WHERE id = $1",
                "UPDATE erasures SET user_id = NULL WHERE user_id = $1",
            ],
            Leave::Unlink => &[
                // The words of a person could tie it to them.
                "DELETE FROM conversations WHERE user_id = $1",
                "DELETE FROM profiles WHERE user_id = $1",
                "UPDATE ledger SET user_id = NULL, generation = NULL WHERE user_id = $1",
                "DELETE FROM recovery_codes WHERE user_id = $1",
                "DELETE FROM sessions WHERE user_id = $1",
                "DELETE FROM public_id_epochs WHERE user_id = $1",
                "UPDATE users SET public_id_epoch = public_id_epoch + 1 WHERE id = $1",
                "UPDATE erasures SET user_id = NULL WHERE user_id = $1",
            ],
        };
        for statement in statements {
            tx.query(*statement).bind(user_id).execute().await?;
        }
        tx.commit().await?;
        Ok(judgments)
    }
}

//! Own prompts with their answers, of people who published them. A text that may not be published is not kept.

use palate_shared::api::consents::Purpose;
use palate_shared::ids::ComparisonId;
use palate_shared::pack::PackPrompt;
use sqlx::FromRow;

use super::Db;
use super::commit::Command;
use super::comparisons::{NewComparison, Recorded};
use super::connection::{Connection, Hold};
use super::consents::purpose_name;
use super::insertion::{Rows, Values, insert};
use super::judgments::{FIRST_ROWS, JudgmentRow, bind_first, is_key_used};

/// What must be agreed to, all of it, so that the text of a conversation is kept.
pub const NEEDED: [Purpose; 2] = [Purpose::PublishVotes, Purpose::PublishPrompts];

/// A conversation to publish, with its judgment.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// What was shown.
    pub comparison: NewComparison,
    /// What was said of it.
    pub judgment: JudgmentRow,
    /// The prompt and the answers that were shown.
    pub prompt: PackPrompt,
    /// The catalogue entry that answered.
    pub model: String,
    /// Licence of its answers, in words.
    pub licence: String,
    /// Of the sentence that was ticked.
    pub text_version: String,
}

/// How publishing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Now.
    New,
    /// Before, by the same request.
    Again,
    /// It was published and taken back.
    TakenBack,
    /// A consent is missing.
    NotAgreed,
    /// Something else has the id.
    Taken,
}

/// A row of `conversations` without its owner.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ConversationRow {
    /// The comparison, which is the generation.
    pub id: String,
    /// A [`PackPrompt`].
    pub prompt_json: String,
    /// The catalogue entry that answered.
    pub model: String,
    /// Licence of its answers, in words.
    pub licence: String,
    /// Of the sentence that was ticked.
    pub text_version: String,
    /// When it was given, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl Db {
    /// Stores a conversation with its comparison and judgment, all or nothing.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn publish(&self, new: NewConversation) -> anyhow::Result<Published> {
        let prompt_json = serde_json::to_string(&new.prompt)?;
        let NewConversation {
            comparison,
            judgment,
            model,
            licence,
            text_version,
            ..
        } = new;
        let mut tx = self.write().await?;
        // Whoever withdraws a consent or leaves does it before, or finds the row.
        tx.hold(&comparison.user_id, Hold::Change).await?;
        match comparison.obstacle(&mut tx).await? {
            Some(Recorded::Again { .. }) => {
                let kept = kept(&mut tx, &judgment.comparison_id).await?;
                return Ok(if kept {
                    Published::Again
                } else {
                    Published::TakenBack
                });
            }
            Some(_) => return Ok(Published::Taken),
            None => {}
        }
        if is_key_used(&mut tx, &judgment).await? {
            return Ok(Published::Taken);
        }
        for purpose in NEEDED {
            if !is_granted(&mut tx, &judgment.user_id, purpose).await? {
                return Ok(Published::NotAgreed);
            }
        }
        let row = ConversationRow {
            id: judgment.comparison_id.clone(),
            prompt_json,
            model,
            licence,
            text_version,
            at_ms: judgment.at_ms,
        };
        insert(&mut tx, &comparison.rows(), 1, |table, values| {
            comparison.bind(table, values)
        })
        .await?;
        insert(&mut tx, &FIRST_ROWS, 1, |table, values| {
            bind_first(&judgment, table, values)
        })
        .await?;
        insert(&mut tx, &[CONVERSATION], 1, |_, values| {
            row.bind(&judgment.user_id, values)
        })
        .await?;
        tx.commit().await?;
        Ok(Published::New)
    }

    /// Removes the text of a conversation of this person, if it is kept; says whether it was.
    ///
    /// # Errors
    /// When the database fails; then nothing was removed.
    pub async fn forget_conversation(&self, user_id: &str, id: &str) -> sqlx::Result<bool> {
        let mut tx = self.write().await?;
        let removed = tx
            .query("DELETE FROM conversations WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
            .execute()
            .await?;
        tx.commit().await?;
        Ok(removed > 0)
    }

    /// The current judgment of a comparison of this person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn current_judgment(
        &self,
        user_id: &str,
        comparison: &ComparisonId,
    ) -> sqlx::Result<Option<JudgmentRow>> {
        self.reader()
            .query(
                "SELECT judgments.* FROM judgment_heads JOIN judgments ON judgments.id = judgment_heads.judgment_id \
                 WHERE judgment_heads.user_id = $1 AND judgment_heads.comparison_id = $2",
            )
            .bind(user_id)
            .bind(comparison.as_str())
            .optional()
            .await
    }

    /// Conversations of this person, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conversations_of(&self, user_id: &str) -> sqlx::Result<Vec<ConversationRow>> {
        self.reader()
            .query(
                "SELECT id, prompt_json, model, licence, text_version, at_ms FROM conversations \
                 WHERE user_id = $1 ORDER BY at_ms DESC, id DESC",
            )
            .bind(user_id)
            .all()
            .await
    }
}

const CONVERSATION: Rows = Rows::one(
    "conversations (id, user_id, prompt_json, model, licence, text_version, at_ms)",
    7,
);

impl ConversationRow {
    fn bind(&self, user_id: &str, values: &mut Values<'_>) {
        values
            .bind(&self.id)
            .bind(user_id)
            .bind(&self.prompt_json)
            .bind(&self.model)
            .bind(&self.licence)
            .bind(&self.text_version)
            .bind(self.at_ms);
    }
}

async fn kept(connection: &mut Connection, id: &str) -> sqlx::Result<bool> {
    let found: Option<String> = connection
        .query("SELECT id FROM conversations WHERE id = $1")
        .bind(id)
        .optional_scalar()
        .await?;
    Ok(found.is_some())
}

async fn is_granted(
    connection: &mut Connection,
    user_id: &str,
    purpose: Purpose,
) -> sqlx::Result<bool> {
    let granted: Option<i64> = connection
        .query(
            "SELECT granted FROM consents WHERE user_id = $1 AND purpose = $2 ORDER BY id DESC LIMIT 1",
        )
        .bind(user_id)
        .bind(purpose_name(purpose))
        .optional_scalar()
        .await?;
    Ok(granted == Some(1))
}

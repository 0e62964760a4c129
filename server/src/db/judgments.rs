//! Judgments: appended, never changed; the head of a comparison is its current revision.

use palate_shared::ids::ResponseId;
use palate_shared::judgment::{Judgment, Reason};
use sqlx::FromRow;

use super::Db;
use super::commit::Command;
use super::connection::Connection;
use super::insertion::{Rows, Values};
use super::users::has_left;
use super::{from_wire_name, wire_name};
use crate::signed::Verified;

/// How a retry is known, and when the first try came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Chosen by the client.
    pub idempotency_key: String,
    /// SHA-256 of what was asked, hex.
    pub request_hash: String,
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A row of `judgments`.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct JudgmentRow {
    /// UUIDv7.
    pub id: String,
    /// Of which comparison.
    pub comparison_id: String,
    /// By whom.
    pub user_id: String,
    /// Chosen by the client.
    pub idempotency_key: String,
    /// SHA-256 of what was asked, hex.
    pub request_hash: String,
    /// The revision that it replaced.
    pub supersedes_id: Option<String>,
    /// 1 when withdrawn.
    pub withdrawn: i64,
    /// The outcome on the wire; none when withdrawn.
    pub outcome: Option<String>,
    /// JSON array of arrays of answer ids.
    pub groups_json: String,
    /// JSON array of answer ids.
    pub unacceptable_json: String,
    /// The strength on the wire, if said.
    pub strength: Option<String>,
    /// JSON array of reasons.
    pub reasons_json: String,
    /// JSON array of predictions.
    pub predictions_json: String,
    /// "Because / for whom".
    pub context: Option<String>,
    /// Milliseconds.
    pub dwell_ms: i64,
    /// When stored, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl JudgmentRow {
    /// The first judgment of a comparison, said now, without predictions and context.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn first(
        user_id: &str,
        comparison_id: &str,
        judgment: &Judgment,
        dwell_ms: u32,
        key: Key,
    ) -> serde_json::Result<Self> {
        let mut row = Self {
            id: uuid::Uuid::now_v7().to_string(),
            comparison_id: comparison_id.to_owned(),
            user_id: user_id.to_owned(),
            idempotency_key: key.idempotency_key,
            request_hash: key.request_hash,
            supersedes_id: None,
            withdrawn: 0,
            outcome: None,
            groups_json: String::new(),
            unacceptable_json: String::new(),
            strength: None,
            reasons_json: String::new(),
            predictions_json: "[]".to_owned(),
            context: None,
            dwell_ms: i64::from(dwell_ms),
            at_ms: key.at_ms,
        };
        row.set_judgment(Some(judgment))?;
        Ok(row)
    }

    /// What takes the place of this one; `None` withdraws.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn revised(self, judgment: Option<&Judgment>, key: Key) -> serde_json::Result<Self> {
        let mut row = Self {
            supersedes_id: Some(self.id),
            id: uuid::Uuid::now_v7().to_string(),
            idempotency_key: key.idempotency_key,
            request_hash: key.request_hash,
            at_ms: key.at_ms,
            ..self
        };
        row.set_judgment(judgment)?;
        Ok(row)
    }

    /// What was said; `None` when withdrawn.
    ///
    /// # Errors
    /// When the row does not hold what was written.
    pub fn judgment(&self) -> serde_json::Result<Option<Judgment>> {
        let Some(outcome) = &self.outcome else {
            return Ok(None);
        };
        Ok(Some(Judgment {
            outcome: from_wire_name(outcome)?,
            groups: serde_json::from_str(&self.groups_json)?,
            unacceptable: serde_json::from_str(&self.unacceptable_json)?,
            strength: self.strength.as_deref().map(from_wire_name).transpose()?,
            reasons: serde_json::from_str(&self.reasons_json)?,
        }))
    }

    /// Sets the answer; `None` withdraws.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    fn set_judgment(&mut self, judgment: Option<&Judgment>) -> serde_json::Result<()> {
        let groups: &[Vec<ResponseId>] = judgment.map_or(&[], |judgment| &judgment.groups);
        let unacceptable: &[ResponseId] = judgment.map_or(&[], |judgment| &judgment.unacceptable);
        let reasons: &[Reason] = judgment.map_or(&[], |judgment| &judgment.reasons);
        self.groups_json = serde_json::to_string(groups)?;
        self.unacceptable_json = serde_json::to_string(unacceptable)?;
        self.withdrawn = i64::from(judgment.is_none());
        self.reasons_json = serde_json::to_string(reasons)?;
        self.strength = judgment
            .and_then(|judgment| judgment.strength)
            .map(|strength| wire_name(&strength))
            .transpose()?;
        self.outcome = judgment
            .map(|judgment| wire_name(&judgment.outcome))
            .transpose()?;
        Ok(())
    }
}

/// How storing a judgment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Stored now.
    New(Box<JudgmentRow>),
    /// Stored before under the same idempotency key, for the same request.
    Again(Box<JudgmentRow>),
    /// The idempotency key was used for another request.
    KeyMismatch,
    /// The ballot was spent under another idempotency key.
    BallotSpent,
    /// The comparison already has a judgment.
    AlreadyJudged,
    /// The revision to replace is no longer the current one.
    Superseded,
    /// The person is not there any more.
    Gone,
}

impl Db {
    /// The judgment stored under an idempotency key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn judgment_by_key(
        &self,
        user_id: &str,
        key: &str,
    ) -> sqlx::Result<Option<JudgmentRow>> {
        self.reader()
            .query("SELECT * FROM judgments WHERE user_id = $1 AND idempotency_key = $2")
            .bind(user_id)
            .bind(key)
            .optional()
            .await
    }

    /// A revision of this person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn judgment(&self, user_id: &str, id: &str) -> sqlx::Result<Option<JudgmentRow>> {
        self.reader()
            .query("SELECT * FROM judgments WHERE user_id = $1 AND id = $2")
            .bind(user_id)
            .bind(id)
            .optional()
            .await
    }

    /// Stores the first judgment of a comparison and spends its ballot, both or neither.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn store_judgment(&self, row: JudgmentRow, ballot: Verified) -> sqlx::Result<Stored> {
        self.committer.run(FirstJudgment { row, ballot }).await
    }

    /// Stores a revision of the current judgment (`row.supersedes_id`).
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn store_revision(&self, row: JudgmentRow) -> sqlx::Result<Stored> {
        self.committer.run(Revision { row }).await
    }

    /// Current judgments of a person with ids below `before`, newest revision first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn current_judgments(
        &self,
        user_id: &str,
        before: &str,
        limit: i64,
    ) -> sqlx::Result<Vec<JudgmentRow>> {
        self.reader().query(
            "SELECT judgments.* FROM judgment_heads JOIN judgments ON judgments.id = judgment_heads.judgment_id \
             WHERE judgment_heads.user_id = $1 AND judgment_heads.judgment_id < $2 \
             ORDER BY judgment_heads.judgment_id DESC LIMIT $3",
        )
        .bind(user_id)
        .bind(before)
        .bind(limit)
        .all()
        .await
    }
}

struct FirstJudgment {
    row: JudgmentRow,
    ballot: Verified,
}

impl Command for FirstJudgment {
    type Answer = Stored;

    fn rows(&self) -> Vec<Rows> {
        let [judgment, head] = FIRST_ROWS;
        vec![
            judgment,
            head,
            Rows::one(
                "ballots (id, user_id, judgment_id, spent_at, expires_at)",
                5,
            ),
        ]
    }

    fn bind(&self, table: usize, values: &mut Values<'_>) {
        let Self { row, ballot } = self;
        match table {
            0 | 1 => bind_first(row, table, values),
            _ => {
                values
                    .bind(&ballot.id)
                    .bind(&row.user_id)
                    .bind(&row.id)
                    .bind(row.at_ms)
                    .bind(ballot.expires_at);
            }
        }
    }

    fn done(self) -> Stored {
        Stored::New(Box::new(self.row))
    }

    async fn obstacle(&self, connection: &mut Connection) -> sqlx::Result<Option<Stored>> {
        let Self { row, ballot } = self;
        if let Some(stored) = stored_before(connection, row).await? {
            return Ok(Some(stored));
        }
        let spent: Option<String> = connection
            .query("SELECT judgment_id FROM ballots WHERE id = $1")
            .bind(&ballot.id)
            .optional_scalar()
            .await?;
        if spent.is_some() {
            return Ok(Some(Stored::BallotSpent));
        }
        if head(connection, row).await?.is_some() {
            return Ok(Some(Stored::AlreadyJudged));
        }
        let is_gone = has_left(connection, &row.user_id).await?;
        Ok(is_gone.then_some(Stored::Gone))
    }
}

struct Revision {
    row: JudgmentRow,
}

impl Command for Revision {
    type Answer = Stored;

    /// A revision is replaced once, so its row is refused when another came first.
    fn rows(&self) -> Vec<Rows> {
        vec![
            Rows::one(JUDGMENTS, 16),
            Rows {
                otherwise: " ON CONFLICT (comparison_id, user_id) DO UPDATE SET judgment_id = excluded.judgment_id",
                ..Rows::one(HEADS, 3)
            },
        ]
    }

    fn bind(&self, table: usize, values: &mut Values<'_>) {
        bind_first(&self.row, table, values)
    }

    fn done(self) -> Stored {
        Stored::New(Box::new(self.row))
    }

    async fn obstacle(&self, connection: &mut Connection) -> sqlx::Result<Option<Stored>> {
        if let Some(stored) = stored_before(connection, &self.row).await? {
            return Ok(Some(stored));
        }
        if has_left(connection, &self.row.user_id).await? {
            return Ok(Some(Stored::Gone));
        }
        let current = head(connection, &self.row).await?;
        Ok((current != self.row.supersedes_id).then_some(Stored::Superseded))
    }
}

async fn stored_before(
    connection: &mut Connection,
    row: &JudgmentRow,
) -> sqlx::Result<Option<Stored>> {
    let stored: Option<JudgmentRow> = connection
        .query("SELECT * FROM judgments WHERE user_id = $1 AND idempotency_key = $2")
        .bind(&row.user_id)
        .bind(&row.idempotency_key)
        .optional()
        .await?;
    Ok(stored.map(|stored| {
        if stored.request_hash == row.request_hash {
            Stored::Again(Box::new(stored))
        } else {
            Stored::KeyMismatch
        }
    }))
}

/// Whether this person has stored a judgment under the key before.
///
/// # Errors
/// When the database fails.
pub(super) async fn is_key_used(
    connection: &mut Connection,
    row: &JudgmentRow,
) -> sqlx::Result<bool> {
    stored_before(connection, row)
        .await
        .map(|stored| stored.is_some())
}

async fn head(connection: &mut Connection, row: &JudgmentRow) -> sqlx::Result<Option<String>> {
    connection
        .query("SELECT judgment_id FROM judgment_heads WHERE comparison_id = $1 AND user_id = $2")
        .bind(&row.comparison_id)
        .bind(&row.user_id)
        .optional_scalar()
        .await
}

/// The rows of the first judgment of a comparison: [`bind_first`] binds them.
pub(super) const FIRST_ROWS: [Rows; 2] = [Rows::one(JUDGMENTS, 16), Rows::one(HEADS, 3)];

/// Binds the values of [`FIRST_ROWS`] at `table`.
pub(super) fn bind_first(row: &JudgmentRow, table: usize, values: &mut Values<'_>) {
    if table == 0 {
        bind_judgment(row, values)
    } else {
        bind_head(row, values)
    }
}

/// What [`bind_judgment`] binds.
const JUDGMENTS: &str = "judgments (id, comparison_id, user_id, idempotency_key, request_hash, supersedes_id, \
     withdrawn, outcome, groups_json, unacceptable_json, predictions_json, context, dwell_ms, at_ms, strength, \
     reasons_json)";

/// What [`bind_head`] binds.
const HEADS: &str = "judgment_heads (comparison_id, user_id, judgment_id)";

fn bind_head(row: &JudgmentRow, values: &mut Values<'_>) {
    values
        .bind(&row.comparison_id)
        .bind(&row.user_id)
        .bind(&row.id);
}

fn bind_judgment(row: &JudgmentRow, values: &mut Values<'_>) {
    values
        .bind(&row.id)
        .bind(&row.comparison_id)
        .bind(&row.user_id)
        .bind(&row.idempotency_key)
        .bind(&row.request_hash)
        .bind(&row.supersedes_id)
        .bind(row.withdrawn)
        .bind(&row.outcome)
        .bind(&row.groups_json)
        .bind(&row.unacceptable_json)
        .bind(&row.predictions_json)
        .bind(&row.context)
        .bind(row.dwell_ms)
        .bind(row.at_ms)
        .bind(&row.strength)
        .bind(&row.reasons_json);
}

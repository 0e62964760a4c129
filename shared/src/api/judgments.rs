//! `POST /comparisons/{id}/judgments`, `PATCH /judgments/{id}`, `GET /judgments`.

use serde::{Deserialize, Serialize};

use crate::event::Prediction;
use crate::ids::{BallotId, ComparisonId, JudgmentId, ResponseId};
use crate::judgment::Judgment;

/// Body of `POST /comparisons/{id}/judgments`. A retry with the same idempotency key is 200 with the same body;
/// a spent ballot with another key is 409.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JudgmentRequest {
    /// A blank ballot of this session.
    pub ballot: BallotId,
    /// Chosen by the client, 1 to 64 characters.
    pub idempotency_key: String,
    /// What was said.
    pub judgment: Judgment,
    /// Forecasts that were locked before the vote.
    #[serde(default)]
    pub predictions: Vec<Prediction>,
    /// "Because / for whom", if given; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Time from showing to vote, milliseconds.
    pub dwell_ms: u32,
}

/// Body of `PATCH /judgments/{id}`: a new revision of the current judgment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RevisionRequest {
    /// Chosen by the client, 1 to 64 characters.
    pub idempotency_key: String,
    /// What is said now; `None` withdraws.
    pub judgment: Option<Judgment>,
}

/// A stored judgment, current revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredJudgment {
    /// This revision.
    pub id: JudgmentId,
    /// Of which comparison.
    pub comparison: ComparisonId,
    /// The revision that it replaced.
    pub supersedes: Option<JudgmentId>,
    /// Answers in the order shown.
    pub shown: Vec<ResponseId>,
    /// What was said; `None` when withdrawn.
    pub judgment: Option<Judgment>,
    /// When stored, RFC 3339 UTC.
    pub at: String,
}

/// A page of own judgments, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgmentPage {
    /// At most 100.
    pub judgments: Vec<StoredJudgment>,
    /// Pass as `?cursor=` for the next page.
    pub next_cursor: Option<String>,
}

//! `POST /comparisons`: the client chose the question and says how.

use serde::{Deserialize, Serialize};

use crate::event::Policy;
use crate::ids::{ComparisonId, PackId, PromptId, ResponseId};

/// Body of `POST /comparisons`. The same id with the same body is 200 again; with another body 409.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ComparisonRequest {
    /// Chosen by the client (UUID), so that an offline vote can be sent later.
    pub id: ComparisonId,
    /// The pack.
    pub pack: PackId,
    /// The prompt.
    pub prompt: PromptId,
    /// Answers in the order shown.
    pub shown: Vec<ResponseId>,
    /// How the question was chosen.
    pub policy: Policy,
    /// Probability with which the policy chose this unordered pair, in (0, 1].
    pub propensity: f64,
    /// The topic that the person had chosen, if any: the policy drew within it. At most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The earlier showing of the same answers that a `repeat` asks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_of: Option<ComparisonId>,
    /// Whether authors were hidden.
    pub blind: bool,
    /// Whether a program votes.
    #[serde(default)]
    pub simulated: bool,
}

/// A recorded comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// As sent.
    pub id: ComparisonId,
    /// When the server recorded it, RFC 3339 UTC.
    pub created_at: String,
}

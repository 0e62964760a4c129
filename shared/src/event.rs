//! The event log that lives in the browser: what was shown, how it was chosen, what was predicted, what was said.
//!
//! Append-only. A change of mind is a new event with `supersedes`; an event is never rewritten.

use serde::{Deserialize, Serialize};

use crate::ids::{ComparisonId, JudgmentId, MethodId, PackId, PromptId, ResponseId};
use crate::judgment::Judgment;

/// How a question was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Uniformly at random over all pairs of the pack: held out, predicted but never fitted.
    UniformRandom,
    /// The most expected information about this person among the candidates.
    ExpectedInformation,
    /// The person brought or picked the pair.
    SelfChosen,
}

impl Policy {
    /// Votes under this policy are predicted but never fitted.
    pub fn is_held_out(self) -> bool {
        self == Policy::UniformRandom
    }
}

/// One method's forecast, locked before the vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Which method.
    pub method: MethodId,
    /// Version of the population weights: hash prefix of the heads file.
    pub weights: String,
    /// Probability that the answer shown first is preferred, in [0, 1].
    pub p_first: f64,
    /// Standard deviation of the margin (log-odds units); 0 where the method has none.
    pub margin_sd: f64,
    /// How many votes the method had learned from.
    pub n_fit: u32,
}

/// One vote and everything needed to use it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteEvent {
    /// This revision (UUID).
    pub id: JudgmentId,
    /// The showing that was judged.
    pub comparison: ComparisonId,
    /// The revision that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<JudgmentId>,
    /// The pack.
    pub pack: PackId,
    /// The prompt.
    pub prompt: PromptId,
    /// Answers in the order shown.
    pub shown: Vec<ResponseId>,
    /// What was said.
    pub judgment: Judgment,
    /// How the question was chosen.
    pub policy: Policy,
    /// Probability with which the policy chose this unordered pair.
    pub propensity: f64,
    /// Forecasts; empty when the worker was not ready (then the vote is outside the race).
    #[serde(default)]
    pub predictions: Vec<Prediction>,
    /// Whether authors were hidden.
    pub blind: bool,
    /// Whether a program voted.
    #[serde(default)]
    pub simulated: bool,
    /// "Because / for whom", if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Time from showing to vote, milliseconds.
    pub dwell_ms: u32,
}

/// The current revision of every comparison, oldest first.
pub fn current(events: &[VoteEvent]) -> Vec<&VoteEvent> {
    let replaced: std::collections::HashSet<&JudgmentId> = events
        .iter()
        .filter_map(|event| event.supersedes.as_ref())
        .collect();
    events
        .iter()
        .filter(|event| !replaced.contains(&event.id))
        .collect()
}

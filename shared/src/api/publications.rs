//! `POST`, `DELETE /comparisons/{id}/publication`, `GET /publications`: own prompts in the open data, one conversation at a
//! time.

use serde::{Deserialize, Serialize};

use crate::ids::{ComparisonId, ResponseId};
use crate::judgment::Judgment;

/// Whole days that a conversation waits before its first release.
pub const WAIT_DAYS: u16 = 14;
/// The pack that own prompts are published under.
pub const OWN_PACK: &str = "own";

/// Body of `POST /comparisons/{id}/publication`. The server takes prompt and answers from its own memory of the generation.
/// The same body again is 200; another is 409.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PublicationRequest {
    /// Answers of the generation in the order shown, two or more. No other answer is published.
    pub shown: Vec<ResponseId>,
    /// What was said of them.
    pub judgment: Judgment,
    /// Whether authors were hidden.
    pub blind: bool,
    /// Time from showing to judgment, milliseconds.
    pub dwell_ms: u32,
    /// Version of the sentence that the person ticked, 1 to 64 bytes.
    pub text_version: String,
    /// Whether a program judges.
    #[serde(default)]
    pub simulated: bool,
}

/// A conversation that its person published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Publication {
    /// The generation.
    pub id: ComparisonId,
    /// How the prompt begins.
    pub begins: String,
    /// Licence of the answers, in words: the model's.
    pub licence: String,
    /// The day on which it was given, `YYYY-MM-DD` UTC.
    pub day: String,
    /// The first day whose release may hold it.
    pub from_day: String,
    /// Whether that day has come.
    pub may_be_released: bool,
}

/// Own publications, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Publications {
    /// All of them.
    pub publications: Vec<Publication>,
}

//! `POST /me/recovery`, `POST /auth/recovery`, `GET /me/export`: one account on several devices.

use serde::{Deserialize, Serialize};

use crate::api::blind_tests::BlindTestRequest;
use crate::api::comparisons::ComparisonRequest;
use crate::api::consents::Consent;
use crate::api::profile::Profile;
use crate::api::session::Me;
use crate::api::studies::StudyConsent;
use crate::event::VoteEvent;
use crate::ids::{ModelId, StudyId};
use crate::pack::PackPrompt;

/// A recovery code: whoever has it has the account. The server shows it once and keeps only a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCode {
    /// `XXXXX-XXXXX-XXXXX-XXXXX`, Crockford base 32, 100 bit.
    pub code: String,
}

/// Body of `POST /auth/recovery`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// As shown; case, spaces and dashes do not matter.
    pub code: String,
}

/// Everything that the server holds about a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// The person.
    pub me: Me,
    /// When the recovery code in force was made, RFC 3339 UTC. The code itself is not held.
    pub recovery_code_made_at: Option<String>,
    /// Sessions, oldest first. Their tokens are not held.
    pub sessions: Vec<SessionTimes>,
    /// The whole consent log, oldest first; the last word on a purpose is in force.
    pub consents: Vec<Consent>,
    /// The profile, if one is kept.
    pub profile: Option<Profile>,
    /// How much the person's votes count, from the first assessment on.
    pub assessment: Option<Assessment>,
    /// Every revision of every vote, oldest first. `id` is the client's idempotency key where that is a UUID, else the
    /// server's id; `at_ms` is when the server stored it.
    pub events: Vec<VoteEvent>,
    /// What was shown but never judged, oldest first.
    pub unjudged: Vec<ComparisonRequest>,
    /// What was said about taking part in studies, oldest first.
    #[serde(default)]
    pub study_consents: Vec<OwnStudyConsent>,
    /// Outcomes of blind tests, oldest first.
    #[serde(default)]
    pub blind_tests: Vec<BlindTestRequest>,
    /// Own prompts that are published, newest first, with their answers. The votes on them are among `events`.
    #[serde(default)]
    pub publications: Vec<PackPrompt>,
    /// Calls of language models, oldest first. Their texts are not held.
    #[serde(default)]
    pub calls: Vec<ModelCall>,
}

/// A word on taking part in a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnStudyConsent {
    /// The study.
    pub study: StudyId,
    /// What was said.
    pub consent: StudyConsent,
}

/// What an answer of a language model cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelCall {
    /// RFC 3339 UTC.
    pub at: String,
    /// The catalogue entry.
    pub model: ModelId,
    /// `answer` or `describe`.
    pub purpose: String,
    /// Tokens that the model read.
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
    /// Millionths of the operator's currency.
    pub cost_micro: u64,
}

/// How much each vote of a person counts where many people are averaged. It weighs; it deletes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assessment {
    /// In [0, 1].
    pub weight: f64,
    /// Whether the person is no longer new here.
    pub is_settled: bool,
    /// Why the votes count nothing, if so: `one_side` or `too_fast`.
    pub quarantine: Option<String>,
    /// Version of the rules.
    pub rule_version: u32,
}

/// From when to when a session lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionTimes {
    /// RFC 3339 UTC.
    pub created_at: String,
    /// RFC 3339 UTC.
    pub expires_at: String,
}

//! `POST /session`, `GET /me`, `POST /ballots`.

use serde::{Deserialize, Serialize};

use crate::ids::BallotId;

/// Body of `POST /session`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// Proof of work; accepted and ignored until the operator asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pow: Option<String>,
}

/// The person behind the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Pseudonym under which judgments are published: HMAC-SHA-256, hex, 128 bit.
    pub rater_id: String,
    /// Judgments of this person held by the server.
    pub judgments: u64,
    /// Whether a profile is held.
    pub has_profile: bool,
    /// Day the account was made, UTC.
    pub created_day: String,
}

/// What `DELETE /me` removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Random, holds no personal data.
    pub receipt_id: String,
    /// Judgments removed or unlinked.
    pub judgments: u64,
}

/// Body of `POST /ballots`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BallotsRequest {
    /// How many, 1 to 50.
    pub count: u8,
}

/// Blank single-use ballots of this session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ballots {
    /// Signed, single-use.
    pub ballots: Vec<BallotId>,
}

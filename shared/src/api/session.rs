//! `POST /session`, `GET /session/challenge`, `GET /me`, `POST /ballots`.

use serde::{Deserialize, Serialize};

use crate::ids::BallotId;

/// Body of `POST /session`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// Proof of work; needed for a new session where the server asks for it, never to resume one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pow: Option<Proof>,
}

/// The work that the server asks for a new session ([`crate::pow`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// Signed, good for ten minutes, answered once.
    pub challenge: String,
    /// Leading zero bits of SHA-256 of `challenge:nonce`; 0 where no work is asked for.
    pub bits: u32,
}

/// The work, done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// As given.
    pub challenge: String,
    /// A text that makes the hash.
    pub nonce: String,
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

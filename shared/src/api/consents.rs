//! `GET /consents`, `PUT /consents/{purpose}`.

use serde::{Deserialize, Serialize};

/// What a person may agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Keep profile and votes on the server.
    Sync,
    /// Publish votes in the open data.
    PublishVotes,
    /// Publish own prompts.
    PublishPrompts,
}

/// Body of `PUT /consents/{purpose}`. Consents are appended, never updated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// Given or withdrawn.
    pub granted: bool,
    /// Version of the text that the person saw.
    pub text_version: String,
    /// Language of that text.
    pub locale: String,
}

/// A consent in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// For what.
    pub purpose: Purpose,
    /// Given or withdrawn.
    pub granted: bool,
    /// Version of the text.
    pub text_version: String,
    /// Language of the text.
    pub locale: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

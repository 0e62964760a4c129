//! `application/problem+json` (RFC 9457) with a stable `code`.

use serde::{Deserialize, Serialize};

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Stable, for programs: for example `ballot_spent`.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// Short, for people.
    pub title: String,
    /// What to do, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

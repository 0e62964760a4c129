//! `GET /releases`.

use serde::{Deserialize, Serialize};

use crate::ids::ReleaseId;

/// One published release: written by `palate release build`, served as static files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Release {
    /// Id.
    pub id: ReleaseId,
    /// Day of the cut, UTC.
    pub cut_day: String,
    /// Schema version of the rows.
    pub schema: u32,
    /// Rows in `votes.jsonl`.
    pub votes: u64,
    /// Rows in `pairs_trl.jsonl`.
    pub pairs: u64,
    /// Distinct raters.
    pub raters: u64,
    /// SPDX id.
    pub licence: String,
    /// Files with sizes and sums.
    pub files: Vec<ReleaseFile>,
}

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleaseFile {
    /// File name.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Releases, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Releases {
    /// Newest first.
    pub releases: Vec<Release>,
}

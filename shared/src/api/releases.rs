//! `GET /releases`.

use serde::{Deserialize, Serialize};

use crate::ids::{ReleaseId, StudyId};

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
    /// Rows in `votes`.
    pub votes: u64,
    /// Rows in `pairs_trl`.
    pub pairs: u64,
    /// Distinct raters.
    pub raters: u64,
    /// SPDX id.
    pub licence: String,
    /// Whether programs voted, and nobody else. Such a release is never listed.
    #[serde(default)]
    pub simulated: bool,
    /// The study whose votes it holds, and no others; `None` for votes outside of studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<StudyId>,
    /// Tables and their rows, in the order of the card.
    #[serde(default)]
    pub tables: Vec<ReleaseTable>,
    /// Why its data was taken back; its files are gone then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
    /// Files with sizes and sums.
    pub files: Vec<ReleaseFile>,
}

/// One table of a release: `NAME.jsonl` and `NAME.parquet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleaseTable {
    /// Name.
    pub name: String,
    /// Rows.
    pub rows: u64,
}

/// When and why a release was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Withdrawal {
    /// UTC.
    pub day: String,
    /// For people.
    pub reason: String,
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

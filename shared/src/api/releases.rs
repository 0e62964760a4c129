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
    /// Whether tables of single votes are folders by day and pack: `votes/day=DAY/pack=PACK/part-0.parquet`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partitioned: bool,
    /// The study whose votes it holds, and no others; `None` for votes outside of studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<StudyId>,
    /// Tables and their rows, in the order of the card.
    #[serde(default)]
    pub tables: Vec<ReleaseTable>,
    /// What changed against the release before. Releases of earlier programs do not say it, the first one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// Why its data was taken back; its files are gone then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
    /// Files with sizes and sums. In the list of releases without those in folders: `release.json` names them all.
    pub files: Vec<ReleaseFile>,
}

impl Release {
    /// Name for people.
    pub fn title(&self) -> String {
        let kind = if self.simulated {
            "Palate simulated preferences"
        } else if self.study.is_some() {
            "Palate study preferences"
        } else {
            "Palate preferences"
        };
        format!("{kind} {}", self.id)
    }

    /// How to cite it.
    pub fn citation(&self) -> String {
        let year = self.cut_day.get(..4).unwrap_or_default();
        format!(
            "@misc{{palate-{}, title = {{{}}}, author = {{{{Palate contributors}}}}, year = {{{year}}}, note = {{CC BY 4.0}}}}",
            self.id,
            self.title()
        )
    }
}

/// Rows of `votes` against those of an earlier release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// The release before.
    pub since: ReleaseId,
    /// That it had not.
    pub new: u64,
    /// That it had and that are no more.
    pub gone: u64,
    /// That both have.
    pub kept: u64,
}

/// One table of a release: `NAME.jsonl` and `NAME.parquet`, or a folder `NAME` of Parquet files.
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
    /// File name; in a folder, with its path in the release.
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

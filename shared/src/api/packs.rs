//! `GET /packs`.

use serde::{Deserialize, Serialize};

use crate::pack::PackManifest;

/// Packs that this server offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Packs {
    /// Manifests; files are static at `/packs/{id}/{name}`.
    pub packs: Vec<PackManifest>,
}

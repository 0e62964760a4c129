//! `GET/PUT/DELETE /profile`: the person's fitted state, kept for other devices. Conflicts by ETag and `If-Match`.

use serde::{Deserialize, Serialize};

/// Body of `PUT /profile` and of the answer to `GET /profile`. At most 256 KiB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Schema version of `states`.
    pub schema: u32,
    /// Fitted user states by method, each with the version of the weights it was fitted against.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub states: serde_json::Value,
}

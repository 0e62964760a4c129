//! `GET /packs`.

use axum::extract::State;
use axum::http::{HeaderName, header};
use palate_shared::api::packs::Packs;

use crate::extract::Json;
use crate::state::AppState;

/// Packs that this server offers. Their files are static.
#[utoipa::path(
    get, path = palate_shared::routes::PACKS, operation_id = "list_packs", tag = "data",
    responses((status = 200, description = "Manifests", body = Packs))
)]
pub async fn list(State(state): State<AppState>) -> ([(HeaderName, &'static str); 1], Json<Packs>) {
    (
        [(header::CACHE_CONTROL, "no-cache")],
        Json(Packs {
            packs: state.packs.manifests(),
        }),
    )
}

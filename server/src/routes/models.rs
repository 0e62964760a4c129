//! `GET /models`.

use axum::extract::State;
use axum::http::{HeaderName, header};
use palate_shared::api::models::ModelList;

use crate::extract::Json;
use crate::state::AppState;

/// The operator's catalogue of language models, and whether each answers now.
#[utoipa::path(
    get, path = palate_shared::routes::MODELS, operation_id = "list_models", tag = "generation",
    responses((status = 200, description = "Models in the operator's order", body = ModelList))
)]
pub async fn list(
    State(state): State<AppState>,
) -> ([(HeaderName, &'static str); 1], Json<ModelList>) {
    (
        [(header::CACHE_CONTROL, "no-cache")],
        Json(ModelList {
            models: state.llm.list(),
        }),
    )
}

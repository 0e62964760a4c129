//! `GET /healthz`, `GET /readyz`.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use palate_shared::problem::Problem;

use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

type Text = ([(HeaderName, &'static str); 1], &'static str);

/// The process is alive.
#[utoipa::path(
    get, path = palate_shared::routes::HEALTHZ, operation_id = "alive", tag = "operation",
    responses((status = 200, description = "Alive", body = String, content_type = "text/plain"))
)]
pub async fn alive() -> Text {
    ([(header::CACHE_CONTROL, "no-store")], "ok")
}

/// The database answers.
///
/// # Errors
/// When it does not.
#[utoipa::path(
    get, path = palate_shared::routes::READYZ, operation_id = "ready", tag = "operation",
    responses(
        (status = 200, description = "Ready", body = String, content_type = "text/plain"),
        (status = 503, description = "Not ready", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn ready(State(state): State<AppState>) -> ApiResult<Text> {
    if let Err(error) = state.db.ping().await {
        tracing::error!(%error, "the database does not answer");
        return Err(ApiError::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            "The database does not answer",
        ));
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], "ready"))
}

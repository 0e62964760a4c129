//! `GET /privacy`.

use axum::extract::State;
use axum::http::{HeaderName, header};
use palate_shared::api::privacy::Privacy;

use crate::clock::rfc3339;
use crate::error::ApiResult;
use crate::extract::Json;
use crate::state::AppState;

/// What is kept for how long, from the configuration that the purge uses, and when it last ran.
///
/// # Errors
/// When storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::PRIVACY, operation_id = "read_privacy", tag = "operation",
    responses(
        (status = 200, description = "What is kept for how long", body = Privacy),
    )
)]
pub async fn read(
    State(state): State<AppState>,
) -> ApiResult<([(HeaderName, &'static str); 1], Json<Privacy>)> {
    let last = state.db.last_job("purge").await?;
    let removed = last.as_ref().map(|job| job.removed()).transpose()?;
    Ok((
        [(header::CACHE_CONTROL, "no-cache")],
        Json(Privacy {
            kept: state.retention.kept().to_vec(),
            last_purge: last.map(|job| rfc3339(job.ended_at)),
            last_purge_removed: removed,
        }),
    ))
}

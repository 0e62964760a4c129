//! `GET /leaderboard`: open to all, nothing personal in it.

use axum::extract::State;
use axum::http::{HeaderName, header};
use palate_shared::api::leaderboard::{Leaderboard, LeaderboardQuery};
use palate_shared::problem::Problem;

use crate::board;
use crate::error::ApiResult;
use crate::extract::{Json, Query};
use crate::state::AppState;

/// Makers of answers, rated over all published votes.
///
/// # Errors
/// When the pack or topic is unknown, the board is not ready in time, or storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::LEADERBOARD, operation_id = "read_leaderboard", tag = "data", params(LeaderboardQuery),
    responses(
        (status = 200, description = "The board; without figures under ten people", body = Leaderboard),
        (status = 422, description = "No such pack or topic", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(state): State<AppState>,
    Query(query): Query<LeaderboardQuery>,
) -> ApiResult<([(HeaderName, &'static str); 1], Json<Leaderboard>)> {
    let board = board::board(&state, &query).await?;
    Ok((
        [(header::CACHE_CONTROL, "no-cache")],
        Json(board.as_ref().clone()),
    ))
}

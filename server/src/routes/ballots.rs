//! `POST /ballots`.

use axum::extract::State;
use palate_shared::api::session::{Ballots, BallotsRequest};
use palate_shared::problem::Problem;

use crate::ballot;
use crate::clock::now_ms;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Person};
use crate::state::AppState;

/// Blank single-use ballots, good for a week. Nothing is stored until one is spent.
///
/// # Errors
/// Without a session or for a bad count.
#[utoipa::path(
    post, path = palate_shared::routes::BALLOTS, tag = "votes", request_body = BallotsRequest,
    responses(
        (status = 200, description = "Signed ballots", body = Ballots),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn issue(
    State(state): State<AppState>,
    Person(user): Person,
    Json(request): Json<BallotsRequest>,
) -> ApiResult<Json<Ballots>> {
    if !(1..=50).contains(&request.count) {
        return Err(ApiError::invalid("ballot_count", "count must be 1 to 50"));
    }
    let now = now_ms();
    let ballots = (0..request.count)
        .map(|_| ballot::issue(&state.secret, &user.id, now))
        .collect::<Result<_, _>>()?;
    Ok(Json(Ballots { ballots }))
}

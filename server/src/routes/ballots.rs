//! `POST /ballots`.

use axum::extract::State;
use palate_shared::api::session::{Ballots, BallotsRequest};

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
    post, path = palate_shared::routes::BALLOTS, operation_id = "issue_ballots", tag = "votes", security(("session" = [])), request_body = BallotsRequest,
    responses(
        (status = 200, description = "Signed ballots", body = Ballots),
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

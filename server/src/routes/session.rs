//! `POST /session`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use palate_shared::api::session::{Me, SessionRequest};
use palate_shared::problem::Problem;

use crate::clock::{DAY_MS, day, now_ms};
use crate::db::users::User;
use crate::error::ApiResult;
use crate::extract::{Json, MaybePerson};
use crate::routes::me::describe;
use crate::secret::{random_hex, sha256_hex};
use crate::state::AppState;

/// How long a session lasts, days: the longest that browsers keep a cookie.
const SESSION_DAYS: i64 = 400;

/// Starts a session, or resumes the one of the cookie.
///
/// # Errors
/// When the body is bad or storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::SESSION, tag = "person", request_body = SessionRequest,
    responses(
        (status = 200, description = "The session of the cookie goes on", body = Me),
        (status = 201, description = "A new session; sets an HttpOnly cookie", body = Me),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Failed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn start(
    State(state): State<AppState>,
    MaybePerson(person): MaybePerson,
    Json(_): Json<SessionRequest>,
) -> ApiResult<(StatusCode, HeaderMap, Json<Me>)> {
    if let Some(user) = person {
        return Ok((
            StatusCode::OK,
            HeaderMap::new(),
            Json(describe(&state, &user).await?),
        ));
    }
    let now = now_ms();
    let token = random_hex::<32>()?;
    let user = User {
        id: uuid::Uuid::now_v7().to_string(),
        created_day: day(now),
        public_id_epoch: 0,
    };
    state
        .db
        .insert_user(
            &user,
            &sha256_hex(token.as_bytes()),
            now,
            now + SESSION_DAYS * DAY_MS,
        )
        .await?;
    let cookie = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}",
        state.cookie_name(),
        SESSION_DAYS * 24 * 60 * 60,
        if state.config.secure_cookies {
            "; Secure"
        } else {
            ""
        }
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        header::SET_COOKIE,
        HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?,
    );
    Ok((
        StatusCode::CREATED,
        headers,
        Json(describe(&state, &user).await?),
    ))
}

//! `GET /me`, `DELETE /me`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use palate_shared::api::session::{Me, Receipt};
use serde::Deserialize;

use crate::clock::now_ms;
use crate::db::account::Leave;
use crate::db::users::User;
use crate::error::ApiResult;
use crate::extract::{Json, Person, Query};
use crate::secret::random_hex;
use crate::state::AppState;

/// The person behind the session.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::ME, operation_id = "read_person", tag = "person", security(("session" = [])),
    responses(
        (status = 200, description = "The person behind the session", body = Me),
    )
)]
pub async fn read(State(state): State<AppState>, Person(user): Person) -> ApiResult<Json<Me>> {
    Ok(Json(describe(&state, &user).await?))
}

/// Gives the person a new pseudonym for what they are shown from now on. Earlier votes keep the old one; nothing ties the two.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::ME_ROTATE, operation_id = "rotate_pseudonym", tag = "person", security(("session" = [])),
    responses(
        (status = 200, description = "The person under the new pseudonym", body = Me),
    )
)]
pub async fn rotate(State(state): State<AppState>, Person(user): Person) -> ApiResult<Json<Me>> {
    let user = state.db.rotate_public_id(&user.id, now_ms()).await?;
    Ok(Json(describe(&state, &user).await?))
}

/// How to leave.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeaveQuery {
    /// `erase` deletes everything; `unlink` keeps judgments under a new pseudonym that nobody can tie to you.
    pub mode: LeaveMode,
}

/// How to leave.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveMode {
    /// Delete everything.
    Erase,
    /// Keep judgments, cut the link.
    Unlink,
}

/// Removes the person.
///
/// # Errors
/// Without a session, for an unknown mode, or when storage fails; then nothing was removed.
#[utoipa::path(
    delete, path = palate_shared::routes::ME, operation_id = "remove_person", tag = "person", security(("session" = [])), params(LeaveQuery),
    responses(
        (status = 200, description = "Removed; the cookie is cleared", body = Receipt),
    )
)]
pub async fn leave(
    State(state): State<AppState>,
    Person(user): Person,
    Query(query): Query<LeaveQuery>,
) -> ApiResult<(HeaderMap, Json<Receipt>)> {
    let mode = match query.mode {
        LeaveMode::Erase => Leave::Erase,
        LeaveMode::Unlink => Leave::Unlink,
    };
    state.llm.runs.forget_person(&user.id);
    let receipt_id = random_hex::<16>()?;
    let judgments = state
        .db
        .leave(&user.id, mode, &receipt_id, now_ms())
        .await?;
    let cookie = format!(
        "{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}",
        state.cookie_name(),
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
        headers,
        Json(Receipt {
            receipt_id,
            judgments: judgments.unsigned_abs(),
        }),
    ))
}

/// What the API says about a person.
pub(crate) async fn describe(state: &AppState, user: &User) -> ApiResult<Me> {
    let holdings = state.db.holdings(&user.id).await?;
    Ok(Me {
        rater_id: state.secret.rater_id(&user.id, user.public_id_epoch),
        judgments: holdings.judgments.unsigned_abs(),
        has_profile: holdings.profiles > 0,
        created_day: user.created_day.clone(),
    })
}

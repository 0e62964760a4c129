//! `POST /me/recovery`, `POST /auth/recovery`.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use palate_shared::api::account::{RecoveryCode, RecoveryRequest};
use palate_shared::api::session::Me;
use palate_shared::problem::Problem;

use crate::address::Network;
use crate::clock::now_ms;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Person};
use crate::recovery;
use crate::routes::me::describe;
use crate::routes::session::NewSession;
use crate::state::AppState;

/// A new recovery code, shown once. The one before is void.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::ME_RECOVERY, operation_id = "new_recovery_code", tag = "person", security(("session" = [])),
    responses(
        (status = 201, description = "The code; only its hash is kept", body = RecoveryCode),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    Person(user): Person,
) -> ApiResult<(StatusCode, Json<RecoveryCode>)> {
    let code = recovery::new_code()?;
    let hash = recovery::hash(&state.secret, &code)
        .ok_or_else(|| anyhow::anyhow!("a new code is not a code"))?;
    state
        .db
        .put_recovery_code(&user.id, &hash, now_ms())
        .await?;
    Ok((StatusCode::CREATED, Json(RecoveryCode { code })))
}

/// Opens the account of a recovery code on this device: a new session of that person.
///
/// # Errors
/// For a bad body, for a code that is nobody's, after too many tries, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::AUTH_RECOVERY, operation_id = "enter_by_recovery_code", tag = "person", request_body = RecoveryRequest,
    responses(
        (status = 200, description = "The person; sets an HttpOnly cookie", body = Me),
        (status = 403, description = "The code opens no account", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn enter(
    State(state): State<AppState>,
    Extension(network): Extension<Network>,
    Json(request): Json<RecoveryRequest>,
) -> ApiResult<(HeaderMap, Json<Me>)> {
    state.limits.recovery(&network)?;
    let hash = recovery::hash(&state.secret, &request.code).ok_or_else(invalid)?;
    let session = NewSession::begin(&state)?;
    let user = state
        .db
        .open_recovered_session(&hash, &session.stored())
        .await?
        .ok_or_else(invalid)?;
    Ok((
        session.cookie(&state)?,
        Json(describe(&state, &user).await?),
    ))
}

fn invalid() -> ApiError {
    ApiError::refused(
        StatusCode::FORBIDDEN,
        "recovery_invalid",
        "This recovery code opens no account",
    )
    .advise("Check it letter by letter; only the newest code of an account works.")
}

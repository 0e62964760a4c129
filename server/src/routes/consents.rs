//! `GET /consents`, `PUT /consents/{purpose}`.

use axum::extract::State;
use palate_shared::api::consents::{Consent, ConsentRequest, Purpose};

use crate::clock::{now_ms, rfc3339};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path, Person};
use crate::state::AppState;

/// The last word on every purpose that was asked.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::CONSENTS, operation_id = "list_consents", tag = "person", security(("session" = [])),
    responses(
        (status = 200, description = "Consents, given or withdrawn", body = Vec<Consent>),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    Person(user): Person,
) -> ApiResult<Json<Vec<Consent>>> {
    Ok(Json(state.db.consents(&user.id).await?))
}

/// Gives or withdraws a consent. Appended to the log, never updated.
///
/// # Errors
/// Without a session, for a bad body or an unknown purpose, or when storage fails.
#[utoipa::path(
    put, path = palate_shared::routes::CONSENT, operation_id = "give_consent", tag = "person", security(("session" = [])), request_body = ConsentRequest,
    params(("purpose" = Purpose, Path, description = "For what")),
    responses(
        (status = 200, description = "In force", body = Consent),
    )
)]
pub async fn append(
    State(state): State<AppState>,
    Person(user): Person,
    Path(purpose): Path<Purpose>,
    Json(request): Json<ConsentRequest>,
) -> ApiResult<Json<Consent>> {
    for (name, text) in [
        ("text_version", &request.text_version),
        ("locale", &request.locale),
    ] {
        if text.is_empty() || text.len() > 64 {
            return Err(ApiError::invalid(
                "consent_invalid",
                format!("{name} must have 1 to 64 bytes"),
            ));
        }
    }
    let now = now_ms();
    let id = uuid::Uuid::now_v7().to_string();
    state
        .db
        .append_consent(&id, &user.id, purpose, &request, now)
        .await?;
    let ConsentRequest {
        granted,
        text_version,
        locale,
    } = request;
    Ok(Json(Consent {
        purpose,
        granted,
        text_version,
        locale,
        at: rfc3339(now),
    }))
}

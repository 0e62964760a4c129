//! `GET/PUT/DELETE /profile`: the fitted state, opaque to the server, guarded by ETag (RFC 9110 §13).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use palate_shared::api::consents::Purpose;
use palate_shared::api::profile::Profile;
use palate_shared::problem::Problem;

use crate::clock::now_ms;
use crate::db::profiles::{Expectation, StoredProfile};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Person};
use crate::routes::require_consent;
use crate::secret::sha256_hex;
use crate::state::AppState;

/// The profile of this person.
///
/// # Errors
/// Without a session or a profile, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::PROFILE, operation_id = "read_profile", tag = "profile", security(("session" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "ETag that is known")),
    responses(
        (status = 200, description = "The profile; its ETag is in the header", body = Profile,
         links(
             ("replace" = (operation_id = "write_profile", parameters(("If-Match" = "$response.header.ETag")))),
         )),
        (status = 304, description = "As named by If-None-Match"),
        (status = 404, description = "No profile is stored", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(state): State<AppState>,
    Person(user): Person,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let Some(profile) = state.db.profile(&user.id).await? else {
        return Err(ApiError::refused(
            StatusCode::NOT_FOUND,
            "profile_missing",
            "No profile is stored",
        ));
    };
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| tags(known).any(|tag| tag == profile.etag)) {
        return Ok((StatusCode::NOT_MODIFIED, etag_header(&profile.etag)?).into_response());
    }
    let json = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Ok((etag_header(&profile.etag)?, [json], profile.body).into_response())
}

/// Stores the profile. `If-Match` names the version that it replaces; `If-None-Match: *` says that there is none yet.
///
/// # Errors
/// Without session or consent `sync`, for a bad body, without a condition (428), when the condition does not hold
/// (412), or when storage fails.
#[utoipa::path(
    put, path = palate_shared::routes::PROFILE, operation_id = "write_profile", tag = "profile", security(("session" = [])), request_body = Profile,
    params(
        ("If-Match" = Option<String>, Header, description = "ETag that is replaced"),
        ("If-None-Match" = Option<String>, Header, description = "`*` for the first profile"),
    ),
    responses(
        (status = 204, description = "Stored; its ETag is in the header",
         links(
             ("remove" = (operation_id = "remove_profile", parameters(("If-Match" = "$response.header.ETag")))),
         )),
        (status = 400, description = "The body or If-Match is malformed", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "The stored profile is another version", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "No condition", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn write(
    State(state): State<AppState>,
    Person(user): Person,
    headers: HeaderMap,
    Json(profile): Json<Profile>,
) -> ApiResult<Response> {
    require_consent(&state, &user.id, &[Purpose::Sync]).await?;
    let expectation = expectation(&headers)?;
    let body = serde_json::to_string(&profile)?;
    let etag = sha256_hex(body.as_bytes())[..32].to_owned();
    let stored = StoredProfile { body, etag };
    if !state
        .db
        .put_profile(&user.id, &stored, &expectation, now_ms())
        .await?
    {
        return Err(stale());
    }
    Ok((StatusCode::NO_CONTENT, etag_header(&stored.etag)?).into_response())
}

/// Deletes the profile named by `If-Match` (`*` for any).
///
/// # Errors
/// Without a session, without a condition (428), when it does not hold (412), or when storage fails.
#[utoipa::path(
    delete, path = palate_shared::routes::PROFILE, operation_id = "remove_profile", tag = "profile", security(("session" = [])),
    params(("If-Match" = String, Header, description = "ETag that is deleted, or `*`")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, description = "If-Match is malformed", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "The stored profile is another version", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "No condition", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn remove(
    State(state): State<AppState>,
    Person(user): Person,
    headers: HeaderMap,
) -> ApiResult<StatusCode> {
    let expectation = expectation(&headers)?;
    if expectation == Expectation::Nothing
        || !state.db.delete_profile(&user.id, &expectation).await?
    {
        return Err(stale());
    }
    Ok(StatusCode::NO_CONTENT)
}

fn expectation(headers: &HeaderMap) -> ApiResult<Expectation> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some("*"), None) => Ok(Expectation::Something),
        (Some(tag), None) => match tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) {
            Some(tag) => Ok(Expectation::Etag(tag.to_owned())),
            None => Err(ApiError::refused(
                StatusCode::BAD_REQUEST,
                "etag_invalid",
                "If-Match must hold one quoted ETag",
            )),
        },
        (None, Some("*")) => Ok(Expectation::Nothing),
        _ => Err(ApiError::refused(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            "Say which version this replaces",
        )
        .advise(
            "Send If-Match with the ETag that you read, or If-None-Match: * for the first profile.",
        )),
    }
}

fn stale() -> ApiError {
    ApiError::refused(
        StatusCode::PRECONDITION_FAILED,
        "profile_stale",
        "The stored profile is another version",
    )
    .advise("Read it, merge, and send it again with its ETag.")
}

fn tags(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
}

fn etag_header(etag: &str) -> ApiResult<HeaderMap> {
    let value = HeaderValue::from_str(&format!("\"{etag}\"")).map_err(anyhow::Error::from)?;
    Ok(HeaderMap::from_iter([(header::ETAG, value)]))
}

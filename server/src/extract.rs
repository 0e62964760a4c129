//! Extractors whose refusals are problem documents. Handlers use these, never axum's own.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::db::users::{User, Voter};
use crate::error::ApiError;
use crate::secret::sha256_hex;
use crate::state::AppState;

/// A JSON body, in and out. What comes in must be an object: serde would take a list for any struct.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let media_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = media_type
            .and_then(|text| text.split(';').next())
            .unwrap_or_default()
            .trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media_type",
                "The body must be application/json",
            ));
        }
        let body = Bytes::from_request(request, state).await?;
        // Only a refusal needs to know where in the body it was.
        let value = match serde_json::from_slice(&body) {
            Ok(value) => value,
            Err(_) => axum::Json::from_bytes(&body)?.0,
        };
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::invalid(
                "body_invalid",
                "The body must be a JSON object",
            ));
        }
        if holds_zero(&body) {
            return Err(ApiError::invalid(
                "text_invalid",
                "A text of the body holds the sign U+0000, which cannot be stored",
            ));
        }
        Ok(Self(value))
    }
}

/// Whether a text of a JSON document, where it can only be written as an escape, holds U+0000: PostgreSQL keeps no such text.
fn holds_zero(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// Path parameters.
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub struct Path<T>(pub T);

/// Query parameters.
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub struct Query<T>(pub T);

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => ApiError::refused(
                status,
                "body_too_large",
                "The body is larger than this route takes",
            ),
            status => ApiError::refused(status, "body_unreadable", rejection.body_text()),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let code = match &rejection {
            JsonRejection::JsonDataError(_) => "body_invalid",
            JsonRejection::JsonSyntaxError(_) => "body_malformed",
            _ => "body_unreadable",
        };
        ApiError::refused(rejection.status(), code, rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        ApiError::refused(
            StatusCode::BAD_REQUEST,
            "path_invalid",
            rejection.body_text(),
        )
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        ApiError::refused(
            StatusCode::BAD_REQUEST,
            "query_invalid",
            rejection.body_text(),
        )
    }
}

/// The person behind the session cookie.
#[derive(Clone, Debug)]
pub struct Person(pub User);

impl FromRequestParts<AppState> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let user = session_user(parts, state).await?.ok_or_else(no_session)?;
        count_write(parts, state, &user)?;
        Ok(Self(user))
    }
}

/// The person behind the session cookie, if there is one.
#[derive(Clone, Debug)]
pub struct MaybePerson(pub Option<User>);

impl FromRequestParts<AppState> for MaybePerson {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        session_user(parts, state).await.map(Self)
    }
}

impl FromRequestParts<AppState> for Voter {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let token = session_token(parts, state.cookie_name()).ok_or_else(no_session)?;
        let voter = state
            .db
            .session_voter(&sha256_hex(token.as_bytes()), crate::clock::now_ms())
            .await?
            .ok_or_else(no_session)?;
        count_write(parts, state, &voter.user)?;
        Ok(voter)
    }
}

/// Calls that change something take a token of the person's bucket. Only people who exist have one.
fn count_write(parts: &Parts, state: &AppState, user: &User) -> Result<(), ApiError> {
    if parts.method.is_safe() {
        return Ok(());
    }
    state.limits.write(&user.id)
}

/// Whoever calls has no session, or is not there any more.
pub(crate) fn no_session() -> ApiError {
    ApiError::refused(
        StatusCode::UNAUTHORIZED,
        "session_required",
        "There is no session",
    )
    .advise("Start one with POST /api/v1/session.")
}

async fn session_user(parts: &Parts, state: &AppState) -> Result<Option<User>, ApiError> {
    match session_token(parts, state.cookie_name()) {
        Some(token) => Ok(state
            .db
            .session_user(&sha256_hex(token.as_bytes()), crate::clock::now_ms())
            .await?),
        None => Ok(None),
    }
}

fn session_token<'a>(parts: &'a Parts, cookie_name: &str) -> Option<&'a str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == cookie_name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_backslash_begins_no_other_escape() {
        assert!(holds_zero(br#"{"a": "x\u0000"}"#));
        assert!(holds_zero(br#"{"a": "\\\u0000"}"#));
        assert!(!holds_zero(br#"{"a": "\\u0000"}"#));
        assert!(!holds_zero(br#"{"a": "\u0001\n"}"#));
        assert!(!holds_zero(br#"\"#) && !holds_zero(b""));
    }
}

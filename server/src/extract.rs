//! Extractors whose refusals are problem documents. Handlers use these, never axum's own.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::db::users::User;
use crate::error::ApiError;
use crate::secret::sha256_hex;
use crate::state::AppState;

/// A JSON body, in and out.
#[derive(Clone, Copy, Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub struct Json<T>(pub T);

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

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        let code = match (&rejection, status) {
            (_, StatusCode::PAYLOAD_TOO_LARGE) => {
                return ApiError::refused(
                    status,
                    "body_too_large",
                    "The body is larger than this route takes",
                );
            }
            (JsonRejection::MissingJsonContentType(_), _) => {
                return ApiError::refused(
                    status,
                    "media_type",
                    "The body must be application/json",
                );
            }
            (JsonRejection::JsonDataError(_), _) => "body_invalid",
            (JsonRejection::JsonSyntaxError(_), _) => "body_malformed",
            _ => "body_unreadable",
        };
        ApiError::refused(status, code, rejection.body_text())
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
        match session_user(parts, state).await? {
            Some(user) => Ok(Self(user)),
            None => Err(ApiError::refused(
                StatusCode::UNAUTHORIZED,
                "session_required",
                "There is no session",
            )
            .advise("Start one with POST /api/v1/session.")),
        }
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

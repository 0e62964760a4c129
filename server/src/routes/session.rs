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
    let session = NewSession::begin()?;
    let user = User {
        id: uuid::Uuid::now_v7().to_string(),
        created_day: day(session.created_at),
        public_id_epoch: 0,
    };
    state
        .db
        .insert_user(
            &user,
            &session.token_hash(),
            session.created_at,
            session.expires_at(),
        )
        .await?;
    Ok((
        StatusCode::CREATED,
        session.cookie(&state)?,
        Json(describe(&state, &user).await?),
    ))
}

/// A session about to be stored; its token goes to the browser only.
pub(crate) struct NewSession {
    token: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: i64,
}

impl NewSession {
    /// A new random token, good from now.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn begin() -> Result<Self, rand::rand_core::OsError> {
        Ok(Self {
            token: random_hex::<32>()?,
            created_at: now_ms(),
        })
    }

    /// What is stored of the token.
    pub(crate) fn token_hash(&self) -> String {
        sha256_hex(self.token.as_bytes())
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn expires_at(&self) -> i64 {
        self.created_at + SESSION_DAYS * DAY_MS
    }

    /// The header that sets the cookie.
    ///
    /// # Errors
    /// Never in practice: the token is hex.
    pub(crate) fn cookie(&self, state: &AppState) -> ApiResult<HeaderMap> {
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}",
            state.cookie_name(),
            self.token,
            SESSION_DAYS * 24 * 60 * 60,
            if state.config.secure_cookies {
                "; Secure"
            } else {
                ""
            }
        );
        let value = HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?;
        Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
    }
}

//! `POST /session`, `GET /session/challenge`.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use palate_shared::api::session::{Challenge, Me, Proof, SessionRequest};
use palate_shared::problem::Problem;

use crate::address::Network;
use crate::clock::{DAY_MS, day, now_ms};
use crate::db::users::{StoredSession, User};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, MaybePerson};
use crate::routes::me::describe;
use crate::secret::{random_hex, sha256_hex};
use crate::signed::Verified;
use crate::state::AppState;
use crate::work::{self, WorkError};

/// The work to do for a new session.
///
/// # Errors
/// When the operating system has no randomness to give.
#[utoipa::path(
    get, path = palate_shared::routes::SESSION_CHALLENGE, operation_id = "new_challenge", tag = "person",
    responses(
        (status = 200, description = "A challenge, good for ten minutes", body = Challenge),
    )
)]
pub async fn challenge(State(state): State<AppState>) -> ApiResult<Json<Challenge>> {
    let bits = state.config.limits.pow_bits;
    Ok(Json(work::challenge(&state.secret, bits, now_ms())?))
}

/// Starts a session, or resumes the one of the cookie. A new one needs the work of `GET /session/challenge`.
///
/// # Errors
/// When the body is bad, the work is not done, too many sessions come from one network, or storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::SESSION, operation_id = "start_session", tag = "person", request_body = SessionRequest,
    responses(
        (status = 200, description = "The session of the cookie goes on", body = Me),
        (status = 201, description = "A new session; sets an HttpOnly cookie", body = Me,
         links(
             ("person" = (operation_id = "read_person")),
             ("ballots" = (operation_id = "issue_ballots")),
         )),
        (status = 403, description = "The work is missing, undone, expired or spent", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn start(
    State(state): State<AppState>,
    MaybePerson(person): MaybePerson,
    Extension(network): Extension<Network>,
    Json(request): Json<SessionRequest>,
) -> ApiResult<(StatusCode, HeaderMap, Json<Me>)> {
    if let Some(user) = person {
        return Ok((
            StatusCode::OK,
            HeaderMap::new(),
            Json(describe(&state, &user).await?),
        ));
    }
    let work = check_work(&state, request.pow.as_ref())?;
    state.limits.session(&network)?;
    let session = NewSession::begin(&state)?;
    let user = User {
        id: uuid::Uuid::now_v7().to_string(),
        created_day: day(session.created_at),
        public_id_epoch: 0,
    };
    let is_new = state
        .db
        .insert_user(&user, &session.stored(), work.as_ref())
        .await?;
    if !is_new {
        return Err(refused_work(
            "pow_spent",
            "This challenge was answered before",
        ));
    }
    Ok((
        StatusCode::CREATED,
        session.cookie(&state)?,
        Json(describe(&state, &user).await?),
    ))
}

/// The answered challenge; none where the server asks for no work.
fn check_work(state: &AppState, proof: Option<&Proof>) -> ApiResult<Option<Verified>> {
    let bits = state.config.limits.pow_bits;
    if bits == 0 {
        return Ok(None);
    }
    let Some(proof) = proof else {
        return Err(refused_work(
            "pow_required",
            "A new session needs some work",
        ));
    };
    match work::verify(&state.secret, proof, bits, now_ms()) {
        Ok(work) => Ok(Some(work)),
        Err(error) => {
            let code = match error {
                WorkError::Foreign | WorkError::Undone => "pow_invalid",
                WorkError::Expired => "pow_expired",
            };
            Err(refused_work(code, error.to_string()))
        }
    }
}

fn refused_work(code: &'static str, title: impl Into<String>) -> ApiError {
    ApiError::refused(StatusCode::FORBIDDEN, code, title).advise(
        "Get a challenge with GET /api/v1/session/challenge and send it back with its nonce.",
    )
}

/// A session about to be stored; its token goes to the browser only.
pub(crate) struct NewSession {
    token: String,
    created_at: i64,
    days: u16,
}

impl NewSession {
    /// A new random token, good from now.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn begin(state: &AppState) -> Result<Self, rand::rand_core::OsError> {
        Ok(Self {
            token: random_hex::<32>()?,
            created_at: now_ms(),
            days: state.retention.sessions,
        })
    }

    /// What is stored: the token's hash and times.
    pub(crate) fn stored(&self) -> StoredSession {
        StoredSession {
            token_hash: sha256_hex(self.token.as_bytes()),
            created_at: self.created_at,
            expires_at: self.created_at + i64::from(self.days) * DAY_MS,
        }
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
            i64::from(self.days) * DAY_MS / 1000,
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

//! Everything that can go wrong in a request, as `application/problem+json` with a stable code.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use palate_shared::problem::Problem;
use sqlx::postgres::PgDatabaseError;

/// A refusal or a failure. A refusal tells the client; a failure tells the operator and hides its source.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request cannot be served as it is.
    #[error("{code}: {title}")]
    Refused {
        /// HTTP status, 4xx.
        status: StatusCode,
        /// Stable, for programs.
        code: &'static str,
        /// Short, for people.
        title: String,
        /// What to do.
        detail: Option<String>,
    },
    /// A token bucket is empty.
    #[error("too many requests")]
    RateLimited {
        /// When the next token is there, seconds.
        seconds: u64,
    },
    /// The disk is full: nothing was stored.
    #[error("storage is full")]
    StorageFull,
    /// The database is locked by someone else: nothing was stored.
    #[error("storage is busy")]
    StorageBusy,
    /// Not done in time.
    #[error("the request took too long")]
    TimedOut,
    /// Anything else; logged once, here.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// Result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A refusal without advice.
    pub fn refused(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self::Refused {
            status,
            code,
            title: title.into(),
            detail: None,
        }
    }

    /// Adds what to do about a refusal.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Refused {
                status,
                code,
                title,
                ..
            } => Self::Refused {
                status,
                code,
                title,
                detail: Some(advice.into()),
            },
            other => other,
        }
    }

    /// 404.
    pub fn not_found(title: impl Into<String>) -> Self {
        Self::refused(StatusCode::NOT_FOUND, "not_found", title)
    }

    /// 409 with `code`.
    pub fn conflict(code: &'static str, title: impl Into<String>) -> Self {
        Self::refused(StatusCode::CONFLICT, code, title)
    }

    /// 422 with `code`: well-formed, but it cannot be so.
    pub fn invalid(code: &'static str, title: impl Into<String>) -> Self {
        Self::refused(StatusCode::UNPROCESSABLE_ENTITY, code, title)
    }

    /// Whether the database refused a second row with the same key.
    pub fn is_unique_violation(error: &sqlx::Error) -> bool {
        matches!(error, sqlx::Error::Database(inner) if inner.is_unique_violation())
    }

    fn problem(&self) -> (StatusCode, Problem) {
        let (status, code, title, detail) = match self {
            Self::Refused { status, code, title, detail } => (*status, *code, title.clone(), detail.clone()),
            Self::RateLimited { seconds } => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many requests from here".to_owned(),
                Some(format!("Try again in {seconds} s. Nothing was stored; nothing is lost.")),
            ),
            Self::StorageFull => (
                StatusCode::INSUFFICIENT_STORAGE,
                "storage_full",
                "The server's storage is full; nothing was stored".to_owned(),
                Some("Keep the vote and send it again later.".to_owned()),
            ),
            Self::StorageBusy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "storage_busy",
                "The server's storage is busy; nothing was stored".to_owned(),
                Some("Send the same request again in a moment.".to_owned()),
            ),
            Self::TimedOut => (
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout",
                "The server did not finish in time".to_owned(),
                Some("Send the same request again: a vote with the same idempotency key is stored once.".to_owned()),
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on the server".to_owned(),
                Some("Send the same request again later.".to_owned()),
            ),
        };
        (
            status,
            Problem {
                code: code.to_owned(),
                status: status.as_u16(),
                title,
                detail,
            },
        )
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::StorageBusy,
            // The server of the database went away; the pool looks for it again.
            sqlx::Error::Io(cause) => {
                tracing::error!(%cause, "the database cannot be reached");
                Self::StorageBusy
            }
            sqlx::Error::Database(inner) => {
                let code = inner.code().unwrap_or_default();
                match inner.try_downcast_ref::<PgDatabaseError>() {
                    Some(_) => Self::of_postgres(&code),
                    None => Self::of_sqlite(&code),
                }
                .unwrap_or_else(|| Self::Internal(error.into()))
            }
            _ => Self::Internal(error.into()),
        }
    }
}

impl ApiError {
    /// What a code of SQLite means, where it says more than that something failed. Extended codes carry the primary one in
    /// the low byte.
    fn of_sqlite(code: &str) -> Option<Self> {
        match code.parse::<i64>().ok()? & 0xff {
            13 => Some(Self::StorageFull),
            5 | 6 => Some(Self::StorageBusy),
            _ => None,
        }
    }

    /// What an SQLSTATE of PostgreSQL means, where it says more than that something failed.
    fn of_postgres(code: &str) -> Option<Self> {
        match code {
            "53100" => Some(Self::StorageFull),
            // Serialization, deadlock, too many connections, a lock not had in time, the server stopping or starting.
            "40001" | "40P01" | "53300" | "55P03" | "57P01" | "57P02" | "57P03" => {
                Some(Self::StorageBusy)
            }
            // A text with a zero byte, which SQLite keeps.
            "22021" => Some(Self::invalid(
                "text_invalid",
                "A text holds a sign that cannot be stored",
            )),
            _ => None,
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::StorageFull
            }
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<rand::rand_core::OsError> for ApiError {
    fn from(error: rand::rand_core::OsError) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, problem) = self.problem();
        match &self {
            Self::Internal(source) => {
                tracing::error!(error = format!("{source:#}"), "request failed")
            }
            Self::StorageFull => tracing::error!("storage is full: free space in the data folder"),
            Self::StorageBusy | Self::TimedOut => {
                tracing::warn!(code = problem.code, "request not served")
            }
            Self::Refused { .. } | Self::RateLimited { .. } => {}
        }
        let mut response = problem_response(status, &problem);
        if let Self::RateLimited { seconds } = self {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A problem document as a response.
pub fn problem_response(status: StatusCode, problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

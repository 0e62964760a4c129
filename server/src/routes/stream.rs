//! `GET /comparisons/{id}/stream`: what the panes of a generation write, as server-sent events.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use palate_shared::ids::ComparisonId;
use palate_shared::problem::Problem;
use tokio::time::timeout;

use crate::error::{ApiError, ApiResult};
use crate::extract::{Path, Person};
use crate::llm::run::{Listener, Next};
use crate::routes::generate::find;
use crate::state::AppState;

/// A comment is sent after so much silence, so that nobody between takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Sent first: a browser whose connection broke comes back after 200 ms, well before the generation is given up.
const OPENING: &[u8] = b"retry: 200\n\n";

/// What the panes write, from the event after `Last-Event-ID` on, in one stream. It ends after the last event. When nobody
/// reads it any more, the answers are ended.
///
/// # Errors
/// Without a session, or when there is no such generation.
#[utoipa::path(
    get, path = palate_shared::routes::COMPARISON_STREAM, operation_id = "stream_generation", tag = "generation", security(("session" = [])),
    params(
        ("id" = ComparisonId, Path, description = "The generation"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that is known"),
    ),
    responses(
        (status = 200, description = "Server-sent events", body = ServerSentEvent, content_type = "text/event-stream"),
        (status = 404, description = "No such generation of this person", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<ComparisonId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let run = find(&state, &id, &user.id)?;
    let listener = run.listen(state.llm.limits.readers).ok_or_else(|| {
        ApiError::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_readers",
            "This generation is being read in too many places",
        )
        .advise("Close another page that shows it.")
    })?;
    let after = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0);
    let reader = Reader {
        listener,
        after,
        is_open: false,
    };
    let body = Body::from_stream(stream::unfold(reader, Reader::next));
    Ok(([EVENTS, UNBUFFERED], body).into_response())
}

/// A server-sent event, for the API document.
#[derive(Clone, Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes what is written as text")]
pub struct ServerSentEvent {
    /// A number that grows through all panes: `Last-Event-ID` of a stream that goes on after it.
    id: String,
    /// JSON of a StreamEvent.
    #[schema(content_media_type = "application/json")]
    data: String,
}

const EVENTS: (HeaderName, HeaderValue) = (
    header::CONTENT_TYPE,
    HeaderValue::from_static("text/event-stream"),
);
/// Proxies such as nginx pass it on as it comes.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

/// A reader and how far it is.
#[derive(Debug)]
struct Reader {
    listener: Listener,
    after: usize,
    is_open: bool,
}

impl Reader {
    /// The next bytes; `None` at the end.
    async fn next(mut self) -> Option<(Result<Bytes, std::convert::Infallible>, Self)> {
        if !self.is_open {
            self.is_open = true;
            return Some((Ok(Bytes::from_static(OPENING)), self));
        }
        loop {
            match self.listener.run().next(self.after) {
                Next::Frames(bytes, last) => {
                    self.after = last;
                    return Some((Ok(bytes.into()), self));
                }
                Next::End => return None,
                Next::Wait => {
                    let more = self.listener.more(self.after);
                    if timeout(KEEP_ALIVE, more).await.is_err() {
                        return Some((Ok(Bytes::from_static(b": keep-alive\n\n")), self));
                    }
                }
            }
        }
    }
}

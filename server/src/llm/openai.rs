//! Calls a server that speaks the OpenAI protocol and reads its answer, within times and sizes, and tries again where nothing
//! has been answered yet. What a server says in an error is told to nobody: it may name the server or its key.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use palate_shared::api::generation::Finish;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use tokio::time::{sleep, timeout};

use super::progress::{Phase, Progress};
use super::prompt::Message;
use super::provider::{self, Answer, Out, Piece, Provider};
use super::reading::Reading;
use super::served::Served;
use super::settings::LimitSettings;
use super::sse::Events;
use super::wire::Request;
use crate::secret::random_bytes;

/// Longest wait that a server may ask for before it is tried again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5);
/// About how long is waited before the second try; twice that before the third.
const FIRST_WAIT_MS: u64 = 150;

/// How long is waited for the end of a body whose answer is complete.
const LAST_BYTES: Duration = Duration::from_millis(20);

/// One answer of a model.
#[derive(Debug)]
pub struct Call {
    /// The model.
    pub served: Arc<Served>,
    /// Times and sizes.
    pub limits: LimitSettings,
    /// What it is told.
    pub messages: Vec<Message>,
    /// For models that take one.
    pub seed: Option<u32>,
    /// Most tokens of the answer.
    pub most_tokens: u32,
    /// For who pays.
    pub progress: Arc<Progress>,
}

/// A call that brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) finish: Finish,
    /// After which time it may be tried again; `None` when that would not help.
    again: Option<Retry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    AsUsual,
    After(Duration),
}

impl Provider for Call {
    fn answer(self: Box<Self>, out: Out) -> Answer {
        provider::answer(async move {
            let whole = Duration::from_millis(self.limits.total_ms);
            timeout(whole, self.run(&out))
                .await
                .unwrap_or(Finish::TimedOut)
        })
    }
}

impl Call {
    async fn run(&self, out: &Out) -> Finish {
        let mut tries = 0;
        let response = loop {
            let failed = match self.open().await {
                Ok(response) => break response,
                Err(failed) => failed,
            };
            let wait = match failed.again {
                Some(Retry::After(wait)) => wait,
                Some(Retry::AsUsual) => usual_wait(tries),
                None => return failed.finish,
            };
            if tries >= self.limits.retries {
                return failed.finish;
            }
            tries += 1;
            sleep(wait).await;
        };
        self.read(response, out).await
    }

    /// Calls the server; gives an answer that has begun.
    async fn open(&self) -> Result<Response, Failed> {
        let can = self.served.capabilities();
        let mut body = Request::new(
            &self.served.model,
            &self.messages,
            can.stream,
            self.most_tokens,
        );
        body.seed = self.seed.filter(|_| can.seed);
        self.progress.reach(Phase::Sent);
        let opened = post(&self.served, &body, &self.limits).await;
        if let Err(Failed { finish, .. }) = &opened
            && *finish != Finish::TimedOut
        {
            self.progress.reach(Phase::NotCalled);
        }
        opened
    }

    async fn read(&self, response: Response, out: &Out) -> Finish {
        self.progress.reach(Phase::Answering);
        match media_type(&response).as_str() {
            "text/event-stream" => self.read_events(response, out).await,
            "application/json" => self.read_whole(response, out).await,
            _ => {
                self.progress.reach(Phase::NotCalled);
                Finish::Malformed
            }
        }
    }

    async fn read_events(&self, response: Response, out: &Out) -> Finish {
        let mut events = Events::new(self.limits.event_bytes);
        let mut answer = Reading::default();
        let mut body = Chunks::new(response, &self.limits);
        loop {
            let bytes = match body.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                // It had said that it was done; what else was to come does not matter.
                Err(_) if answer.finish.is_some() => break,
                Err(finish) => return finish,
            };
            let mut piece = Piece::default();
            let read = events.read(&bytes, |data| {
                answer.take(data, &mut piece, &self.progress);
                answer.failed.is_none() && !answer.is_done
            });
            if piece != Piece::default() && out.send(piece).await.is_err() {
                return Finish::StoppedEarly;
            }
            if read.is_err() {
                return Finish::TooLarge;
            }
            if let Some(failed) = answer.failed {
                return failed;
            }
            if answer.is_done {
                break;
            }
        }
        match answer.finish {
            Some(finish) => {
                self.progress.reach(Phase::Complete);
                if answer.is_done {
                    // A body that was read to its end leaves its connection to the next call.
                    let _ = timeout(LAST_BYTES, body.next()).await;
                }
                finish
            }
            None => Finish::BrokeOff,
        }
    }

    /// An answer in one piece, of a server that does not stream.
    async fn read_whole(&self, response: Response, out: &Out) -> Finish {
        // JSON writes a byte as six at most.
        let most = self.limits.answer_bytes * 6 + self.limits.event_bytes;
        let mut whole = Vec::new();
        let mut body = Chunks::new(response, &self.limits);
        loop {
            match body.next().await {
                Ok(Some(bytes)) => whole.extend_from_slice(&bytes),
                Ok(None) => break,
                Err(finish) => return finish,
            }
            if whole.len() > most {
                return Finish::TooLarge;
            }
        }
        let mut answer = Reading::default();
        let mut piece = Piece::default();
        answer.take(&whole, &mut piece, &self.progress);
        if out.send(piece).await.is_err() {
            return Finish::StoppedEarly;
        }
        if let Some(failed) = answer.failed {
            return failed;
        }
        self.progress.reach(Phase::Complete);
        answer.finish.unwrap_or(Finish::Stop)
    }
}

/// The body of an answer, piece by piece, each in its time.
pub(super) struct Chunks {
    response: Response,
    first: Duration,
    idle: Duration,
    has_begun: bool,
}

impl Chunks {
    pub(super) fn new(response: Response, limits: &LimitSettings) -> Self {
        Self {
            response,
            first: Duration::from_millis(limits.first_byte_ms),
            idle: Duration::from_millis(limits.idle_ms),
            has_begun: false,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Finish> {
        let patience = if self.has_begun {
            self.idle
        } else {
            self.first
        };
        let chunk = timeout(patience, self.response.chunk())
            .await
            .map_err(|_| Finish::TimedOut)?
            .map_err(|_| Finish::BrokeOff)?;
        self.has_begun = true;
        Ok(chunk)
    }
}

/// What the body is, in small letters.
pub(super) fn media_type(response: &Response) -> String {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Posts a call; gives a good answer that has begun.
pub(super) async fn post(
    served: &Served,
    body: &Request<'_>,
    limits: &LimitSettings,
) -> Result<Response, Failed> {
    let never = |finish| Failed {
        finish,
        again: None,
    };
    let json = serde_json::to_vec(body).map_err(|_| never(Finish::UpstreamFailed))?;
    let request = authorized(served, &served.model.completions_url)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "text/event-stream, application/json")
        .body(json);
    let first_byte = Duration::from_millis(limits.first_byte_ms + limits.connect_ms);
    let response = match timeout(first_byte, request.send()).await {
        Err(_) => return Err(never(Finish::TimedOut)),
        Ok(Err(error)) if error.is_connect() => {
            note_reachable(served, false);
            return Err(Failed {
                finish: Finish::Unreachable,
                again: Some(Retry::AsUsual),
            });
        }
        Ok(Err(_)) => return Err(never(Finish::UpstreamFailed)),
        Ok(Ok(response)) => response,
    };
    note_reachable(served, true);
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    tracing::warn!(model = %served.model.id, status = status.as_u16(), "a model's server refused a call");
    Err(refusal(status, response.headers().get(RETRY_AFTER)))
}

/// A request without body to the server, with its key.
pub(super) fn get(served: &Served, url: &Url) -> RequestBuilder {
    with_key(served, served.client.get(url.clone()))
}

fn authorized(served: &Served, url: &Url) -> RequestBuilder {
    with_key(served, served.client.post(url.clone()))
}

fn with_key(served: &Served, request: RequestBuilder) -> RequestBuilder {
    match &served.model.key {
        Some(key) => request.header(AUTHORIZATION, key.header()),
        None => request,
    }
}

/// Takes down whether the server answered and tells the operator what is new.
pub(super) fn note_reachable(served: &Served, is_reachable: bool) {
    if !served.set_reachable(is_reachable) {
        return;
    }
    let model = &served.model.id;
    if is_reachable {
        tracing::info!(%model, "a model's server answers again");
    } else {
        tracing::warn!(%model, "a model's server cannot be reached; it is tried again");
    }
}

fn refusal(status: StatusCode, retry_after: Option<&reqwest::header::HeaderValue>) -> Failed {
    let is_busy = matches!(status.as_u16(), 429 | 503 | 529);
    let finish = if is_busy {
        Finish::Busy
    } else {
        Finish::UpstreamFailed
    };
    let asked_for = retry_after
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let again = match asked_for {
        _ if !is_busy && !status.is_server_error() => None,
        Some(wait) if wait > LONGEST_RETRY_AFTER => None,
        Some(wait) => Some(Retry::After(wait)),
        None => Some(Retry::AsUsual),
    };
    Failed { finish, again }
}

/// Doubles each time, half of it by chance, so that those who failed together do not come back together.
fn usual_wait(tries: u32) -> Duration {
    let whole = FIRST_WAIT_MS << tries.min(8);
    let draw = random_bytes().map_or(0, u16::from_be_bytes);
    Duration::from_millis(whole / 2 + whole * u64::from(draw) / 2 / u64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, retry_after: Option<&'static str>) -> Failed {
        let status = StatusCode::from_u16(status).expect("is a status");
        let header = retry_after.map(reqwest::header::HeaderValue::from_static);
        refusal(status, header.as_ref())
    }

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again() {
        let usual = Some(Retry::AsUsual);
        for (status, retry_after, finish, again) in [
            (429, None, Finish::Busy, usual),
            (
                429,
                Some("2"),
                Finish::Busy,
                Some(Retry::After(Duration::from_secs(2))),
            ),
            (429, Some("3600"), Finish::Busy, None),
            (
                503,
                Some("Wed, 21 Oct 2026 07:28:00 GMT"),
                Finish::Busy,
                usual,
            ),
            (500, None, Finish::UpstreamFailed, usual),
            (502, None, Finish::UpstreamFailed, usual),
            (307, None, Finish::UpstreamFailed, None),
            (400, None, Finish::UpstreamFailed, None),
            (401, Some("1"), Finish::UpstreamFailed, None),
        ] {
            assert_eq!(
                refused(status, retry_after),
                Failed { finish, again },
                "{status}"
            );
        }
    }

    #[test]
    fn waits_grow_and_differ() {
        for tries in 0..3 {
            let wait = usual_wait(tries).as_millis() as u64;
            let whole = FIRST_WAIT_MS << tries;
            assert!((whole / 2..=whole).contains(&wait));
        }
    }
}

//! An upstream for tests: a server that speaks the OpenAI protocol well or badly, as the name of the model says, over real
//! sockets. It keeps a bill, and counts what is open.
//!
//! A model is `BEHAVIOUR?OPTION=VALUE&…`, for example `stream?tokens=100&gap_ms=20`; see [`behaviour`].

#![allow(dead_code, reason = "each test uses a part")]

#[path = "upstream/behaviour.rs"]
pub mod behaviour;
#[path = "upstream/books.rs"]
pub mod books;
#[path = "upstream/connections.rs"]
mod connections;
#[path = "upstream/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use behaviour::{Asked, Head, Plan, Step};
use books::{Books, Ended, Running};
use connections::Counted;

/// A running upstream; it ends with the runtime that it was started on.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub address: SocketAddr,
    pub books: Arc<Books>,
}

impl Upstream {
    /// Listens on `port` of 127.0.0.1; 0 takes a free one.
    pub async fn start(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let books = Arc::new(Books::default());
        let app = Router::new()
            .route("/v1/models", get(models))
            .route("/v1/chat/completions", post(complete))
            .route("/bill", get(bill))
            .route("/state", get(state))
            .fallback(any(stray))
            .with_state(books.clone());
        let counted = Counted::new(listener, books.clone());
        tokio::spawn(async move {
            // Serving ends with the runtime only.
            let _ = axum::serve(counted, app).await;
        });
        Ok(Self { address, books })
    }

    /// What a catalogue names.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

async fn models() -> Json<Value> {
    let models: Vec<Value> = behaviour::NAMES
        .iter()
        .map(|name| json!({"id": name, "object": "model", "owned_by": "tests"}))
        .collect();
    Json(json!({"object": "list", "data": models}))
}

async fn bill(State(books): State<Arc<Books>>) -> Json<Value> {
    Json(json!({"total": books.total(), "charges": books.charges()}))
}

async fn state(State(books): State<Arc<Books>>) -> Json<Value> {
    Json(json!(books.state()))
}

/// Nobody is sent here but by following a redirect, or by guessing.
async fn stray(State(books): State<Arc<Books>>) -> StatusCode {
    books.count_stray();
    StatusCode::NOT_FOUND
}

async fn complete(
    State(books): State<Arc<Books>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let asked = Asked::read(&body, authorization.unwrap_or_default());
    let tries = books.note_call(&asked, &headers, &body);
    let Plan { head, steps } = behaviour::plan(&asked, tries);
    match head {
        Head::Answer => {}
        Head::Never => std::future::pending().await,
        Head::Late(wait) => tokio::time::sleep(wait).await,
        Head::Moved(to) => return Redirect::temporary(&to).into_response(),
        Head::Page => {
            return ([(header::CONTENT_TYPE, "text/html")], "<h1>Welcome</h1>").into_response();
        }
        Head::Refused {
            status,
            retry_after,
            message,
        } => return refusal(status, retry_after, &message),
    }
    let running = books.begin(&asked);
    if asked.stream {
        streamed(asked, steps, running)
    } else {
        at_once(&asked, steps, running).await
    }
}

fn refusal(status: u16, retry_after: Option<String>, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("the behaviours know statuses");
    let error =
        json!({"error": {"message": message, "type": "server_error", "code": status.as_u16()}});
    let mut response = (status, Json(error)).into_response();
    if let Some(seconds) = retry_after {
        let value = seconds.parse().expect("the behaviours write plain headers");
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// The steps one after another, as the reader takes them. A reader that leaves drops `running`, which notes it.
fn streamed(
    asked: Asked,
    steps: Box<dyn Iterator<Item = Step> + Send>,
    running: Running,
) -> Response {
    let chunks = stream::unfold(
        (asked, steps, running),
        |(asked, mut steps, mut running)| async move {
            loop {
                let chunk: std::io::Result<Bytes> = match steps.next() {
                    Some(Step::Wait(time)) => {
                        if !time.is_zero() {
                            tokio::time::sleep(time).await;
                        }
                        continue;
                    }
                    Some(Step::Stall) => std::future::pending().await,
                    Some(Step::Token { index, text }) => {
                        running.charge_token();
                        Ok(wire::token(&asked, &running, index, &text))
                    }
                    Some(Step::Finish { index, reason }) => Ok(wire::finish(&asked, index, reason)),
                    Some(Step::Usage) => Ok(wire::usage(&asked, &running)),
                    Some(Step::Raw(bytes)) => {
                        running.count_raw(bytes.len());
                        Ok(bytes)
                    }
                    Some(Step::Done) => {
                        running.end(Ended::Complete);
                        Ok(Bytes::from_static(b"data: [DONE]\n\n"))
                    }
                    Some(Step::Break) => {
                        running.end(Ended::Broken);
                        Err(std::io::Error::other("the upstream breaks off"))
                    }
                    None => {
                        running.end(Ended::Complete);
                        return None;
                    }
                };
                return Some((chunk, (asked, steps, running)));
            }
        },
    );
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

/// The same steps as one JSON document, without waiting for more than a moment.
async fn at_once(
    asked: &Asked,
    steps: Box<dyn Iterator<Item = Step> + Send>,
    mut running: Running,
) -> Response {
    let mut answers: Vec<(String, &str)> = vec![(String::new(), "stop"); asked.n];
    for step in steps {
        match step {
            Step::Token { index, text } => {
                running.charge_token();
                answers[index].0.push_str(&text);
            }
            Step::Finish { index, reason } => answers[index].1 = reason,
            Step::Wait(time) => tokio::time::sleep(time.min(Duration::from_millis(20))).await,
            Step::Stall => std::future::pending().await,
            Step::Break | Step::Raw(_) => {
                running.end(Ended::Broken);
                return (StatusCode::OK, "{\"choices\": [").into_response();
            }
            Step::Usage | Step::Done => {}
        }
    }
    running.end(Ended::Complete);
    Json(wire::document(asked, &running, &answers)).into_response()
}

//! Figures for the operator, in Prometheus' text format on an address of its own. They count requests, models and jobs;
//! no label names a person, a network or a text.

use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::clock::now_ms;
use crate::db::ledger::Settlement;
use crate::state::AppState;

/// Requests by method, route and status.
const REQUESTS: &str = "palate_requests_total";
/// Seconds until the head of an answer, by route.
const REQUEST_SECONDS: &str = "palate_request_seconds";
/// Calls of language models by model and how they ended.
const MODEL_CALLS: &str = "palate_model_calls_total";
/// Tokens by model and direction.
const MODEL_TOKENS: &str = "palate_model_tokens_total";
/// What calls cost, in millionths of the currency, by model.
const MODEL_MICRO: &str = "palate_model_spent_micro_total";
/// Generations that run.
const RUNNING: &str = "palate_generations_running";
/// Generations that wait for their turn.
const WAITING: &str = "palate_generations_waiting";
/// Seconds since a job ended, by job.
const JOB_AGE: &str = "palate_job_age_seconds";
/// Whether the database answers.
const DATABASE_UP: &str = "palate_database_up";

/// Upper bounds of the buckets of [`REQUEST_SECONDS`].
const SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0];

/// How often what was measured is put into its buckets when nobody asks.
const ROUND: Duration = Duration::from_secs(5);

/// What the listener needs.
#[derive(Clone)]
struct Source {
    state: AppState,
    recorder: PrometheusHandle,
    process: metrics_process::Collector,
}

/// Counts from now on and answers `GET /metrics` at the listener; never returns.
///
/// # Errors
/// When the process counts already.
pub async fn serve(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &SECONDS)
        .context("the buckets")?
        .install_recorder()
        .context("figures are counted already")?;
    let process = metrics_process::Collector::default();
    process.describe();
    describe();
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(ROUND).await;
            upkeep.run_upkeep();
        }
    });
    let source = Source {
        state,
        recorder,
        process,
    };
    let router = Router::new()
        .route("/metrics", get(read))
        .with_state(source);
    axum::serve(listener, router)
        .await
        .context("the listener of the figures stopped")
}

fn describe() {
    describe_counter!(REQUESTS, "Requests by method, route and status");
    describe_histogram!(
        REQUEST_SECONDS,
        "Seconds until the head of an answer, by route"
    );
    describe_counter!(
        MODEL_CALLS,
        "Calls of language models by model and how they ended"
    );
    describe_counter!(
        MODEL_TOKENS,
        "Tokens of language models by model and direction"
    );
    describe_counter!(
        MODEL_MICRO,
        "Cost of calls in millionths of the currency, by model"
    );
    describe_gauge!(RUNNING, "Generations that run");
    describe_gauge!(WAITING, "Generations that wait for their turn");
    describe_gauge!(JOB_AGE, "Seconds since a job ended, by job");
    describe_gauge!(DATABASE_UP, "Whether the database answers");
}

/// All figures.
async fn read(State(source): State<Source>) -> Response {
    let Source {
        state,
        recorder,
        process,
    } = source;
    process.collect();
    let (running, waiting) = state.llm.queue.load();
    gauge!(RUNNING).set(running as f64);
    gauge!(WAITING).set(waiting as f64);
    let is_up = state.db.ping().await.is_ok();
    gauge!(DATABASE_UP).set(f64::from(u8::from(is_up)));
    for kind in ["purge", "assess", "release"] {
        if let Ok(Some(job)) = state.db.last_job(kind).await {
            let age = (now_ms() - job.ended_at) as f64 / 1e3;
            gauge!(JOB_AGE, "job" => kind).set(age);
        }
    }
    let media_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, media_type)], recorder.render()).into_response()
}

/// Counts a request.
pub async fn count(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "static".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    histogram!(REQUEST_SECONDS, "route" => route.clone()).record(begin.elapsed());
    let status = response.status().as_u16().to_string();
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    response
}

/// Methods have a name of their own only where there are routes for them, so that nobody can make up more.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Counts a call of a language model that ended.
pub fn count_call(settlement: &Settlement) {
    let model = &settlement.reservation.model;
    let finish = settlement.finish.clone();
    counter!(MODEL_CALLS, "model" => model.clone(), "finish" => finish).increment(1);
    for (direction, tokens) in [
        ("input", settlement.input_tokens),
        ("output", settlement.output_tokens),
    ] {
        counter!(MODEL_TOKENS, "model" => model.clone(), "direction" => direction)
            .increment(tokens);
    }
    counter!(MODEL_MICRO, "model" => model.clone()).increment(settlement.settled_micro);
}

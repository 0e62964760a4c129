//! Generation by the built-in library: no key, no upstream.

use axum::http::{Method, StatusCode};
use palate_shared::api::generation::{Finish, Generation, Reveal, StreamEvent};
use palate_shared::api::models::{ModelList, ModelState, Provider};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, answer_text};

/// Asks for `candidates` answers of the fixture pack's first prompt and the default answer.
fn body(candidates: u8) -> Value {
    json!({
        "id": uuid::Uuid::now_v7().to_string(), "prompt": {"pack": {"pack": "tiny", "prompt": "p1"}},
        "candidates": candidates, "default_answer": true,
    })
}

fn path(route: &str, id: &str) -> String {
    route.replace("{id}", id)
}

fn id(body: &Value) -> &str {
    body["id"].as_str().expect("is text")
}

async fn begin(client: &Client, body: &Value) -> Generation {
    let reply = client.post(routes::GENERATE, body.clone()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    reply.parse()
}

/// The events of a stream, from after `last` on.
async fn events(client: &Client, id: &str, last: &str) -> Vec<StreamEvent> {
    let stream = path(routes::COMPARISON_STREAM, id);
    let headers = [("last-event-id", last)];
    let reply = client.call(Method::GET, &stream, &headers, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.header("content-type"), "text/event-stream");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-accel-buffering"), "no");
    reply
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("is an event"))
        .collect()
}

fn text(events: &[StreamEvent], wanted: u8) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Delta { pane, text } if *pane == wanted => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_library_answers_without_any_key_and_is_revealed_at_the_end() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let body = body(5);
    let generation = begin(&client, &body).await;
    assert_eq!(generation.panes.len(), 4, "three answers and the default");
    let heard = events(&client, id(&body), "").await;
    assert_eq!(heard.last(), Some(&StreamEvent::End));
    for pane in &generation.panes {
        assert_eq!(
            text(&heard, pane.pane),
            answer_text(pane.response.as_str()),
            "the answer of the pack"
        );
    }
    let again = client.post(routes::GENERATE, body.clone()).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.parse::<Generation>(), generation);
    let reveal = client
        .post(&path(routes::COMPARISON_REVEAL, id(&body)), json!({}))
        .await;
    let panes = reveal.parse::<Reveal>().panes;
    assert!(panes.iter().all(|pane| pane.made_by == "someone"
        && pane.model.as_str() == "library"
        && pane.finish == Finish::Stop));
    assert_eq!(fixture.count("ledger").await, 0, "it costs nothing");
}

#[tokio::test]
async fn a_stream_is_read_again_from_any_event() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let body = body(1);
    begin(&client, &body).await;
    let all = events(&client, id(&body), "").await;
    for last in ["1", "2"] {
        let skipped: usize = last.parse().expect("is a number");
        assert_eq!(events(&client, id(&body), last).await, all[skipped..]);
    }
    assert_eq!(events(&client, id(&body), "nonsense").await, all);
}

#[tokio::test]
async fn a_pane_is_stopped_and_the_others_go_on() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let body = body(5);
    let panes = begin(&client, &body).await.panes;
    let of = |response: &str| {
        let found = panes.iter().find(|pane| pane.response.as_str() == response);
        found.expect("is asked for").pane
    };
    let stop = path(routes::COMPARISON_STOP, id(&body));
    let reveal = path(routes::COMPARISON_REVEAL, id(&body));
    client
        .post(&reveal, json!({}))
        .await
        .problem(409, "panes_running");
    let stopped = client.post(&stop, json!({"pane": of("c")})).await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT, "{stopped:?}");
    client
        .post(&stop, json!({"pane": 9}))
        .await
        .problem(422, "pane_unknown");
    let heard = events(&client, id(&body), "").await;
    let finishes: Vec<(u8, Finish)> = heard
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Done { pane, finish, .. } => Some((*pane, *finish)),
            _ => None,
        })
        .collect();
    assert!(
        finishes.contains(&(of("c"), Finish::StoppedEarly)),
        "{heard:?}"
    );
    assert!(finishes.contains(&(of("a"), Finish::Stop)), "{heard:?}");
}

#[tokio::test]
async fn a_typed_prompt_is_refused_with_what_to_do() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let mut typed = body(4);
    typed["prompt"] = json!({"text": "Why is the sky blue?"});
    let problem = client
        .post(routes::GENERATE, typed.clone())
        .await
        .problem(422, "library_only");
    let advice = problem.detail.expect("has advice");
    assert!(advice.contains("--models"), "{advice}");
    typed["model"] = json!("library");
    client
        .post(routes::GENERATE, typed)
        .await
        .problem(422, "library_only");
}

#[tokio::test]
async fn each_thing_that_cannot_be_has_its_code() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let with = |key: &str, value: Value| {
        let mut body = body(2);
        body[key] = value;
        body
    };
    let shot = |chosen: &str| json!({"prompt": "", "chosen": chosen, "rejected": ""});
    for (body, code) in [
        (with("id", json!("x")), "generation_invalid"),
        (with("candidates", json!(9)), "generation_invalid"),
        (with("model", json!("nobody")), "model_unknown"),
        (with("prompt", json!({"text": " "})), "prompt_empty"),
        (
            with("prompt", json!({"text": "x".repeat(8_001)})),
            "prompt_too_long",
        ),
        (
            with("prompt", json!({"pack": {"pack": "x", "prompt": "p1"}})),
            "pack_unknown",
        ),
        (
            with("prompt", json!({"pack": {"pack": "tiny", "prompt": "x"}})),
            "prompt_unknown",
        ),
        (with("task", json!("describe")), "generation_invalid"),
        (
            with("steering", json!({"style": "x".repeat(1_001)})),
            "steering_too_long",
        ),
        (
            with("steering", json!({"shots": [shot(" ")]})),
            "generation_invalid",
        ),
        (
            with("steering", json!({"shots": vec![shot("a"); 9]})),
            "generation_invalid",
        ),
        (with("unknown", json!(1)), "body_invalid"),
    ] {
        let reply = client.post(routes::GENERATE, body).await;
        reply.problem(422, code);
    }
    fixture
        .stranger()
        .post(routes::GENERATE, body(2))
        .await
        .problem(401, "session_required");
}

#[tokio::test]
async fn a_generation_is_nobody_elses() {
    let fixture = Fixture::new().await;
    let (owner, other) = (fixture.person().await, fixture.person().await);
    let body = body(2);
    begin(&owner, &body).await;
    let stream = path(routes::COMPARISON_STREAM, id(&body));
    other.get(&stream).await.problem(404, "not_found");
    for route in [routes::COMPARISON_STOP, routes::COMPARISON_REVEAL] {
        let reply = other.post(&path(route, id(&body)), json!({})).await;
        reply.problem(404, "not_found");
    }
    other
        .post(routes::GENERATE, body.clone())
        .await
        .problem(409, "generation_exists");
    let mut changed = body.clone();
    changed["candidates"] = json!(1);
    owner
        .post(routes::GENERATE, changed)
        .await
        .problem(409, "generation_exists");
}

#[tokio::test]
async fn the_catalogue_has_the_library_last_and_names_no_server() {
    let models = tempfile::NamedTempFile::new().expect("is made");
    let text = "[[models]]\nid = \"m\"\nname = \"M\"\nbase_url = \"https://models.example/v1\"\nupstream = \"org/secret\"\n\
                licence = \"MIT\"\nretention = \"none\"\nactive_to = 2020-01-01\n";
    std::fs::write(models.path(), text).expect("is written");
    let fixture = Fixture::with(|config| config.models = Some(models.path().to_owned())).await;
    let reply = fixture.stranger().get(routes::MODELS).await;
    assert!(!reply.text().contains("secret") && !reply.text().contains("example"));
    let list = reply.parse::<ModelList>().models;
    let states: Vec<(Provider, ModelState)> = list
        .iter()
        .map(|model| (model.provider, model.state))
        .collect();
    assert_eq!(
        states,
        [
            (Provider::OpenAi, ModelState::Off),
            (Provider::Library, ModelState::Available)
        ]
    );
    let client = fixture.person().await;
    begin(&client, &body(1)).await;
    let mut named = body(1);
    named["model"] = json!("m");
    client
        .post(routes::GENERATE, named)
        .await
        .problem(503, "model_unavailable");
}

#[tokio::test]
async fn a_models_file_that_cannot_be_stops_the_start_with_file_line_and_key() {
    let models = tempfile::NamedTempFile::new().expect("is made");
    std::fs::write(models.path(), "[limits]\nidle = 3\n").expect("is written");
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let mut config = crate::support::config(dir.path());
    config.models = Some(models.path().to_owned());
    let error = palate_server::state::AppState::open(config)
        .await
        .expect_err("is refused");
    let words = format!("{error:#}");
    assert!(
        words.contains("line 2") && words.contains("idle_ms"),
        "{words}"
    );
}

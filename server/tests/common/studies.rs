//! Studies through the API: made and opened by the operator, answered by people.

#![allow(dead_code, reason = "each test uses a part")]

use axum::http::Method;
use palate_shared::api::studies::{
    StudyCreated, StudyNext, StudyPage, StudyProgress, StudyQuestion,
};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, OPERATOR, Reply};

/// A call of the operator.
pub async fn operate(fixture: &Fixture, method: Method, path: &str, body: Option<Value>) -> Reply {
    let bearer = format!("Bearer {OPERATOR}");
    fixture
        .stranger()
        .call(method, path, &[("authorization", &bearer)], body)
        .await
}

/// A route with its id.
pub fn at(route: &str, id: &str) -> String {
    route.replace("{id}", id)
}

/// Settings of a study, and what is other than usual.
pub fn settings(change: Value) -> Value {
    let mut settings =
        json!({"title": "T", "guidelines": "# G", "consent_text": "I agree.", "overlap": 2});
    for (key, value) in change.as_object().expect("is a map") {
        settings[key] = value.clone();
    }
    settings
}

/// So many prompts with two answers each.
pub fn lines(prompts: usize) -> String {
    (0..prompts)
        .map(|at| {
            json!({"prompt": format!("Q{at}?"), "responses": [{"text": format!("x{at}")}, {"text": format!("y{at}")}]})
                .to_string()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Makes a study of so many prompts and opens it; its id.
pub async fn open(fixture: &Fixture, prompts: usize, change: Value) -> String {
    let body = json!({
        "settings": settings(change),
        "source": {"format": "jsonl", "content": lines(prompts)},
    });
    let reply = operate(fixture, Method::POST, routes::STUDIES, Some(body)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = reply.parse::<StudyCreated>().study.expect("is made").id.0;
    set(fixture, &id, json!({"state": "open"})).await;
    id
}

/// Changes a study.
pub async fn set(fixture: &Fixture, id: &str, change: Value) {
    let path = at(routes::STUDY, id);
    let reply = operate(fixture, Method::PATCH, &path, Some(change)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// How far it is.
pub async fn progress(fixture: &Fixture, id: &str) -> StudyProgress {
    operate(fixture, Method::GET, &at(routes::STUDY_PROGRESS, id), None)
        .await
        .parse()
}

/// Says yes or no to taking part.
pub async fn agree(client: &Client, id: &str, granted: bool) {
    let page: StudyPage = client.get(&at(routes::STUDY, id)).await.parse();
    let body = json!({"granted": granted, "text_version": page.consent_version});
    let path = at(routes::STUDY_CONSENT, id);
    let reply = client.call(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Someone who takes part.
pub async fn participant(fixture: &Fixture, id: &str) -> Client {
    let client = fixture.person().await;
    agree(&client, id, true).await;
    client
}

/// What comes next for a person.
pub async fn next(client: &Client, id: &str) -> StudyNext {
    let reply = client
        .call(Method::POST, &at(routes::STUDY_NEXT, id), &[], None)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.parse()
}

/// The next question.
pub async fn question(client: &Client, id: &str) -> StudyQuestion {
    match next(client, id).await {
        StudyNext::Question(question) => question,
        other => panic!("{other:?}"),
    }
}

/// Sends an answer.
pub async fn judge(client: &Client, question: &StudyQuestion, judgment: Value) -> Reply {
    let body = json!({
        "ballot": question.ballot,
        "idempotency_key": uuid::Uuid::now_v7().to_string(),
        "judgment": judgment,
        "dwell_ms": 2500,
    });
    client.judge(question.id.as_str(), body).await
}

/// Prefers the answer whose text begins with `letter`.
pub fn prefers(question: &StudyQuestion, letter: char) -> Value {
    let (mut best, mut rest) = (vec![], vec![]);
    for response in &question.responses {
        if response.text.starts_with(letter) {
            best.push(&response.id)
        } else {
            rest.push(&response.id)
        }
    }
    json!({"outcome": "ranked", "groups": [best, rest]})
}

/// Answers the next question for the answer that begins with `letter`.
pub async fn vote(client: &Client, id: &str, letter: char) -> StudyQuestion {
    let question = question(client, id).await;
    let reply = judge(client, &question, prefers(&question, letter)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    question
}

//! Own prompts in the open data: only those that were ticked, two weeks later, and gone when they are taken back.

use std::path::PathBuf;

use axum::http::{Method, StatusCode};
use palate_server::config::ReleaseConfig;
use palate_server::release::{build, verify};
use palate_shared::api::account::Export;
use palate_shared::api::generation::Generation;
use palate_shared::api::publications::{Publication, Publications, WAIT_DAYS};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::service::judgment_body;
use crate::support::{Model, Person, Reply, SHORT_LIMITS, World};

const SECRET: &str = "How do I tell my aunt Rosalinde that her soup is salty?";

async fn world() -> World {
    let open = "publishable = true";
    let models = [
        Model("open", "markdown", open),
        Model("closed", "markdown", ""),
        Model("long", "stall", open),
    ];
    World::new(&models, SHORT_LIMITS).await
}

async fn consent(person: &Person, purpose: &str, granted: bool) {
    let path = format!("/api/v1/consents/{purpose}");
    let body = json!({"granted": granted, "text_version": "1", "locale": "en"});
    let reply = person.call(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
}

/// Someone who agreed to publish votes and own prompts.
async fn publisher(world: &World) -> Person {
    let person = world.person().await;
    consent(&person, "publish_votes", true).await;
    consent(&person, "publish_prompts", true).await;
    person
}

fn path(id: &str) -> String {
    routes::COMPARISON_PUBLICATION.replace("{id}", id)
}

/// Two candidates and the default answer to the secret prompt, written to their end, and a body that publishes two of them.
async fn ask(person: &Person, model: &str) -> (String, Value) {
    let asked = json!({
        "id": uuid::Uuid::now_v7().to_string(), "model": model, "prompt": {"text": SECRET},
        "candidates": 2, "default_answer": true, "steering": {"style": "Be frank."},
    });
    let reply = person.post(routes::GENERATE, asked).await;
    let generation: Generation = serde_json::from_str(&reply.text).expect("begins");
    let id = generation.id.0;
    person.listen(&id, None).await.rest().await;
    let answer = |at: usize| generation.panes[at].response.0.clone();
    let body = json!({
        "shown": [answer(2), answer(0)], "blind": true, "dwell_ms": 4000, "text_version": "1",
        "judgment": {"outcome": "ranked", "groups": [[answer(0)], [answer(2)]]},
    });
    (id, body)
}

async fn publish(person: &Person, id: &str, body: &Value) -> Reply {
    person.post(&path(id), body.clone()).await
}

async fn published(person: &Person) -> String {
    let (id, body) = ask(person, "open").await;
    let reply = publish(person, &id, &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    id
}

/// Makes a conversation older.
async fn age(world: &World, id: &str, days: u16) {
    let ms = i64::from(days) * 24 * 60 * 60 * 1000;
    let query = world
        .fixture
        .query("UPDATE conversations SET at_ms = at_ms - $1 WHERE id = $2");
    assert_eq!(
        query.bind(ms).bind(id).execute().await.expect("is changed"),
        1
    );
}

async fn release(world: &World, id: &str) -> PathBuf {
    let config = &world.fixture.state.config;
    let out = world.fixture.state.releases_dir().join(id);
    build(&ReleaseConfig {
        study: None,
        data_dir: config.data_dir.clone(),
        database_url: config.database_url.clone(),
        out: out.clone(),
        id: Some(id.to_owned()),
        cut_day: Some("2999-12-31".to_owned()),
        simulated_only: false,
        partitioned: false,
        withdraw_old: false,
    })
    .await
    .expect("is built");
    assert_eq!(verify(&out).expect("is read"), []);
    out
}

fn rows(dir: &std::path::Path, table: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join(format!("{table}.jsonl"))).expect("is read");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("is JSON"))
        .collect()
}

/// Whether the words of the prompt are in any column of any table.
async fn is_anywhere(world: &World) -> bool {
    let mut tables = Vec::new();
    for (table, column) in [
        ("conversations", "prompt_json"),
        ("comparisons", "prompt"),
        ("comparisons", "items_sha256"),
        ("judgments", "groups_json"),
        ("judgments", "predictions_json"),
        ("judgments", "context"),
        ("blind_tests", "method"),
        ("ledger", "purpose"),
        ("jobs", "result_json"),
    ] {
        tables.push(
            world
                .fixture
                .count(&format!("{table} WHERE {column} LIKE '%Rosalinde%'"))
                .await,
        );
    }
    tables.iter().any(|rows| *rows > 0)
}

#[tokio::test]
async fn a_ticked_conversation_enters_releases_after_two_weeks_and_no_sooner() {
    let world = world().await;
    let ann = publisher(&world).await;
    let id = published(&ann).await;
    age(&world, &id, WAIT_DAYS - 1).await;
    let dir = release(&world, "early").await;
    assert_eq!(rows(&dir, "votes").len(), 0);
    assert!(
        !std::fs::read_to_string(dir.join("prompts.jsonl"))
            .expect("is read")
            .contains("Rosalinde")
    );
    let listed: Publications =
        serde_json::from_str(&ann.get(routes::PUBLICATIONS).await.text).expect("is a list");
    assert!(!listed.publications[0].may_be_released, "{listed:?}");

    age(&world, &id, 2).await;
    let dir = release(&world, "late").await;
    let (votes, prompts, responses) = (
        rows(&dir, "votes"),
        rows(&dir, "prompts"),
        rows(&dir, "responses"),
    );
    assert_eq!((votes.len(), prompts.len(), responses.len()), (1, 1, 2));
    assert_eq!(
        (&prompts[0]["prompt"], &prompts[0]["licence"]),
        (&json!(SECRET), &json!("CC-BY-4.0"))
    );
    let (vote, personal) = (&votes[0], &responses[0]);
    assert_eq!(
        (&vote["pack"], &vote["policy"], &vote["blind"]),
        (&json!("own"), &json!("self_chosen"), &json!(true))
    );
    assert_eq!(
        (&vote["prompt_id"], &vote["items_sha256"]),
        (&prompts[0]["prompt_id"], &prompts[0]["items_sha256"])
    );
    assert_eq!(
        vote["shown"],
        json!([responses[1]["response_id"], personal["response_id"]])
    );
    assert_eq!(
        vote["groups"],
        json!([[personal["response_id"]], [responses[1]["response_id"]]])
    );
    assert_eq!(
        (&personal["licence"], &personal["made_by"]),
        (&json!("none"), &json!("Contract Model"))
    );
    assert!(
        personal["directives"]
            .as_str()
            .is_some_and(|text| text.ends_with("personal: steered")),
        "{personal}"
    );
    assert_eq!(responses[1]["directives"], json!(null));
    let pair = &rows(&dir, "pairs_trl")[0];
    assert_eq!(
        (&pair["prompt"], &pair["text_licence"]),
        (&json!(SECRET), &json!("none"))
    );
    assert_eq!(
        (
            rows(&dir, "leaderboard").len(),
            rows(&dir, "agreement").len()
        ),
        (0, 0)
    );
    let all: String = [
        "votes",
        "prompts",
        "responses",
        "pairs_trl",
        "arena",
        "rankings",
    ]
    .map(|table| std::fs::read_to_string(dir.join(format!("{table}.jsonl"))).expect("is read"))
    .concat();
    assert!(
        !all.contains(&id),
        "the id of the generation says when it was"
    );
    let listed: Publications =
        serde_json::from_str(&ann.get(routes::PUBLICATIONS).await.text).expect("is a list");
    assert!(listed.publications[0].may_be_released, "{listed:?}");
}

#[tokio::test]
async fn what_is_not_ticked_is_nowhere() {
    let world = world().await;
    let ann = publisher(&world).await;
    let (id, _) = ask(&ann, "open").await;
    let test = json!({
        "generation": id, "personal_first": true, "outcome": "personal", "strategy": "best_of_n",
        "method": "eb", "examples": 8, "candidates": 3,
    });
    assert_eq!(
        ann.post(routes::BLIND_TESTS, test).await.status,
        StatusCode::CREATED
    );
    world.settled().await;
    assert!(!is_anywhere(&world).await);
    assert_eq!(rows(&release(&world, "first").await, "votes").len(), 0);
}

#[tokio::test]
async fn both_consents_are_needed() {
    let world = world().await;
    let ann = world.person().await;
    let (id, body) = ask(&ann, "open").await;
    publish(&ann, &id, &body)
        .await
        .problem(403, "consent_required");
    consent(&ann, "publish_prompts", true).await;
    publish(&ann, &id, &body)
        .await
        .problem(403, "consent_required");
    consent(&ann, "publish_votes", true).await;
    consent(&ann, "publish_prompts", false).await;
    publish(&ann, &id, &body)
        .await
        .problem(403, "consent_required");
    assert!(!is_anywhere(&world).await);
    assert_eq!(world.fixture.count("comparisons").await, 0);
    consent(&ann, "publish_prompts", true).await;
    assert_eq!(publish(&ann, &id, &body).await.status, StatusCode::CREATED);
    assert!(is_anywhere(&world).await);
}

#[tokio::test]
async fn what_cannot_be_published_is_refused_with_a_code() {
    let world = world().await;
    let (ann, bob) = (publisher(&world).await, publisher(&world).await);
    let (id, body) = ask(&ann, "closed").await;
    publish(&ann, &id, &body)
        .await
        .problem(422, "model_not_publishable");
    let (id, body) = ask(&ann, "open").await;
    publish(&bob, &id, &body).await.problem(404, "not_found");
    for (key, value) in [
        ("shown", json!([body["shown"][0]])),
        ("shown", json!([body["shown"][0], body["shown"][0]])),
        ("shown", json!([body["shown"][0], "elsewhere"])),
        ("text_version", json!("")),
    ] {
        let mut wrong = body.clone();
        wrong[key] = value;
        wrong["judgment"] = json!({"outcome": "cant_tell"});
        publish(&ann, &id, &wrong)
            .await
            .problem(422, "publication_invalid");
    }
    let mut wrong = body.clone();
    wrong["judgment"]["groups"] = json!([[body["shown"][0]], ["elsewhere"]]);
    publish(&ann, &id, &wrong)
        .await
        .problem(422, "judgment_invalid");
    let pack = json!({
        "id": uuid::Uuid::now_v7().to_string(), "prompt": {"pack": {"pack": "tiny", "prompt": "p1"}},
        "model": "open", "candidates": 2, "default_answer": false,
    });
    ann.post(routes::GENERATE, pack.clone()).await;
    let pack = pack["id"].as_str().expect("is text");
    ann.listen(pack, None).await.rest().await;
    publish(&ann, pack, &body)
        .await
        .problem(422, "not_own_prompt");
    let long = json!({
        "id": uuid::Uuid::now_v7().to_string(), "model": "long", "prompt": {"text": SECRET},
        "candidates": 2, "default_answer": false,
    });
    let reply = ann.post(routes::GENERATE, long).await;
    let long: Generation = serde_json::from_str(&reply.text).expect("begins");
    let shown = json!([long.panes[0].response, long.panes[1].response]);
    let unfinished = json!({"shown": shown, "blind": true, "dwell_ms": 1, "text_version": "1", "judgment": {"outcome": "cant_tell"}});
    publish(&ann, long.id.as_str(), &unfinished)
        .await
        .problem(409, "panes_running");
    ann.listen(long.id.as_str(), None).await.rest().await;
    publish(&ann, long.id.as_str(), &unfinished)
        .await
        .problem(422, "answer_unfinished");
    assert!(!is_anywhere(&world).await);
}

#[tokio::test]
async fn the_same_request_again_stores_nothing_twice_and_another_is_refused() {
    let world = world().await;
    let ann = publisher(&world).await;
    let (id, mut body) = ask(&ann, "open").await;
    let first = publish(&ann, &id, &body).await;
    let again = publish(&ann, &id, &body).await;
    assert_eq!(
        (first.status, again.status),
        (StatusCode::CREATED, StatusCode::OK)
    );
    let told: Publication = serde_json::from_str(&again.text).expect("is a publication");
    assert_eq!(
        (told.begins.as_str(), told.licence.as_str()),
        (SECRET, "none")
    );
    assert_eq!(first.text, again.text);
    body["judgment"] = json!({"outcome": "cant_tell"});
    publish(&ann, &id, &body)
        .await
        .problem(409, "publication_exists");
    assert_eq!(
        (
            world.fixture.count("conversations").await,
            world.fixture.count("judgments").await
        ),
        (1, 1)
    );
    let export: Export =
        serde_json::from_str(&ann.get(routes::ME_EXPORT).await.text).expect("is an export");
    assert_eq!(
        (export.publications[0].text.as_str(), export.events.len()),
        (SECRET, 1)
    );
}

#[tokio::test]
async fn taken_back_the_text_is_gone_at_once_and_the_next_release_says_so() {
    let world = world().await;
    let ann = publisher(&world).await;
    let id = published(&ann).await;
    age(&world, &id, WAIT_DAYS + 1).await;
    let vote = rows(&release(&world, "first").await, "votes")[0]["row_id"].clone();
    let (other, body) = ask(&ann, "open").await;
    publish(&ann, &other, &body).await;
    let reply = ann.call(Method::DELETE, &path(&id), &[], None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{reply:?}");
    assert_eq!(world.fixture.count("conversations").await, 1);
    ann.call(Method::DELETE, &path(&id), &[], None)
        .await
        .problem(404, "not_found");
    world
        .person()
        .await
        .call(Method::DELETE, &path(&other), &[], None)
        .await
        .problem(404, "not_found");
    let dir = release(&world, "second").await;
    assert_eq!(
        (rows(&dir, "votes").len(), rows(&dir, "prompts").len()),
        (0, 0)
    );
    assert_eq!(rows(&dir, "tombstones")[0]["row_id"], vote);
    let reply = ann.call(Method::DELETE, &path(&other), &[], None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{reply:?}");
    assert!(!is_anywhere(&world).await);
    publish(&ann, &other, &body)
        .await
        .problem(409, "publication_taken_back");
}

#[tokio::test]
async fn a_withdrawn_consent_a_withdrawn_vote_and_leaving_remove_the_text() {
    let world = world().await;
    for purpose in ["publish_prompts", "publish_votes"] {
        let ann = publisher(&world).await;
        let id = published(&ann).await;
        age(&world, &id, WAIT_DAYS + 1).await;
        consent(&ann, purpose, false).await;
        assert!(!is_anywhere(&world).await, "{purpose}");
        consent(&ann, purpose, true).await;
        assert_eq!(
            rows(&release(&world, purpose).await, "votes").len(),
            0,
            "what was removed does not come back"
        );
    }
    let ann = publisher(&world).await;
    published(&ann).await;
    let list = ann.get(routes::JUDGMENTS).await.value();
    let judgment = routes::JUDGMENT.replace(
        "{id}",
        list["judgments"][0]["id"].as_str().expect("is text"),
    );
    let withdraw = json!({"idempotency_key": "w", "judgment": null});
    let reply = ann
        .call(Method::PATCH, &judgment, &[], Some(withdraw))
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    assert!(!is_anywhere(&world).await);
    for mode in ["erase", "unlink"] {
        let ann = publisher(&world).await;
        published(&ann).await;
        let reply = ann
            .call(
                Method::DELETE,
                &format!("/api/v1/me?mode={mode}"),
                &[],
                None,
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        assert!(!is_anywhere(&world).await, "{mode}");
    }
}

#[tokio::test]
async fn a_comparison_or_a_vote_that_holds_the_id_is_in_the_way_and_stays() {
    let world = world().await;
    let ann = publisher(&world).await;
    let (id, body) = ask(&ann, "open").await;
    let shown = crate::service::comparison_body();
    ann.post(routes::COMPARISONS, shown.clone()).await;
    let ballot = ann.post(routes::BALLOTS, json!({"count": 1})).await.value();
    let mut vote = judgment_body(ballot["ballots"][0].as_str().expect("is text"), "a", "b");
    vote["idempotency_key"] = json!(id);
    let judgments = crate::service::judgments_path(shown["id"].as_str().expect("is text"));
    assert_eq!(ann.post(&judgments, vote).await.status, StatusCode::CREATED);
    publish(&ann, &id, &body)
        .await
        .problem(409, "publication_exists");
    assert!(!is_anywhere(&world).await);
}

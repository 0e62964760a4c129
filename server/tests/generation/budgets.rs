use axum::http::Method;
use palate_server::llm::KILL_SWITCH;
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Model, Person, SHORT_LIMITS, World, request};

const STREAM: Model<'_> = Model("stream", "stream", "");

/// Asks the library, which costs nothing.
fn from_library() -> Value {
    json!({
        "id": uuid::Uuid::now_v7().to_string(), "model": "library", "prompt": {"pack": {"pack": "tiny", "prompt": "p1"}},
        "candidates": 2, "default_answer": true,
    })
}

async fn assert_library_answers(person: &Person) {
    let body = from_library();
    let begun = person.post(routes::GENERATE, body.clone()).await;
    assert!(begun.status.is_success(), "{begun:?}");
    let id = body["id"].as_str().expect("is text");
    let heard = person.listen(id, None).await.rest().await;
    assert_eq!(heard.finish(), Finish::Stop);
    assert!(heard.text(0).starts_with("Answer "), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_calls_no_model_and_leaves_the_library() {
    let world = World::with(&[STREAM], SHORT_LIMITS, "[budget]\noff = true").await;
    let person = world.person().await;
    let refused = person
        .post(routes::GENERATE, request("stream", "Hello"))
        .await;
    refused.problem(503, "generation_off");
    let state = world.upstream.books.state();
    assert_eq!(state.calls, 0, "not even a probe");
    assert_library_answers(&person).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_is_pulled_while_the_server_runs() {
    let world = World::new(&[STREAM], SHORT_LIMITS).await;
    let person = world.person().await;
    assert_eq!(person.ask("stream", "Hello").await.finish(), Finish::Stop);
    let switch = world.fixture.dir.path().join("data").join(KILL_SWITCH);
    std::fs::write(&switch, "").expect("is written");
    let calls = world.upstream.books.state().calls;
    let refused = person
        .post(routes::GENERATE, request("stream", "Hello"))
        .await;
    refused.problem(503, "generation_off");
    assert_library_answers(&person).await;
    assert_eq!(world.upstream.books.state().calls, calls);
    std::fs::remove_file(&switch).expect("is removed");
    assert_eq!(person.ask("stream", "Hello").await.finish(), Finish::Stop);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_budget_is_refused_by_its_code_and_leaves_the_library() {
    for (budget, model) in [
        ("person_generations = 2", ""),
        ("network_generations = 2", ""),
        ("total_generations = 2", ""),
        ("person_micro = 3000", ""),
        ("network_micro = 3000", ""),
        ("total_micro = 3000", ""),
        ("", "day_micro = 3000"),
    ] {
        let more = format!("[budget]\n{budget}");
        // Each answer costs more than a thousand where its prompt is a thousand tokens long.
        let prompt = "word ".repeat(1_200);
        let entry = Model("stream", "stream", model);
        let world = World::with(&[entry], SHORT_LIMITS, &more).await;
        let person = world.person().await;
        let mut answers = 0;
        let refused = loop {
            let reply = person
                .post(routes::GENERATE, request("stream", &prompt))
                .await;
            if !reply.status.is_success() {
                break reply;
            }
            let id = reply.value()["id"].as_str().expect("is text").to_owned();
            let heard = person.listen(&id, None).await.rest().await;
            if heard.finish() == Finish::BudgetSpent {
                break reply;
            }
            assert_eq!(heard.finish(), Finish::Stop, "{budget}{model}");
            answers += 1;
            assert!(answers < 10, "{budget}{model} is never spent");
        };
        assert!(answers > 0, "{budget}{model}: {refused:?}");
        refused.problem(429, "budget_spent");
        assert_library_answers(&person).await;
        let for_all = !budget.starts_with("person");
        let other = world
            .person()
            .await
            .post(routes::GENERATE, request("stream", &prompt))
            .await;
        assert_eq!(
            !other.status.is_success(),
            for_all,
            "{budget}{model}: {other:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_cannot_enlarge_its_budget_by_headers() {
    let world = World::with(&[STREAM], SHORT_LIMITS, "[budget]\nnetwork_generations = 2").await;
    for turn in 0..4 {
        let person = world.person().await;
        let spoof = format!("198.51.{turn}.7, 203.0.113.9");
        let headers = [("x-forwarded-for", spoof.as_str())];
        let body = request("stream", "Hello");
        let reply = person
            .call(Method::POST, routes::GENERATE, &headers, Some(body))
            .await;
        if turn < 2 {
            assert!(reply.status.is_success(), "{reply:?}");
        } else {
            reply.problem(429, "budget_spent");
        }
    }
    // The last hop's word is what counts: another network has its own.
    let elsewhere = [("x-forwarded-for", "192.0.2.9")];
    let body = request("stream", "Hello");
    let reply = world
        .person()
        .await
        .call(Method::POST, routes::GENERATE, &elsewhere, Some(body))
        .await;
    assert!(reply.status.is_success(), "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_two_at_once() {
    let world = World::new(&[Model("slow", "slow", "")], SHORT_LIMITS).await;
    let person = world.person().await;
    let first = person.begin("slow", "One").await;
    person.begin("slow", "Two").await;
    let third = person
        .post(routes::GENERATE, request("slow", "Three"))
        .await;
    third.problem(429, "too_many_running");
    world.person().await.begin("slow", "Another's").await;
    person.stop(&first).await;
    person.listen(&first, None).await.rest().await;
    person.begin("slow", "Three again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_told_the_place_and_comes_in_turn() {
    let limits = SHORT_LIMITS.replace("together = 200", "together = 1");
    let world = World::new(&[Model("slow", "slow?tokens=5&gap_ms=80", "")], &limits).await;
    let people = [
        world.person().await,
        world.person().await,
        world.person().await,
    ];
    let mut ids = Vec::new();
    for person in &people {
        ids.push(person.begin("slow", "In turn").await);
    }
    let mut heard = Vec::new();
    for (person, id) in people.iter().zip(&ids) {
        heard.push(person.listen(id, None).await.rest());
    }
    let heard = futures_util::future::join_all(heard).await;
    let places: Vec<Vec<u32>> = heard
        .iter()
        .map(|heard| {
            let events = heard.events.iter();
            events
                .filter_map(|(_, event)| match event {
                    StreamEvent::Queued { position } => Some(*position),
                    _ => None,
                })
                .collect()
        })
        .collect();
    assert_eq!(places, [vec![], vec![1], vec![2, 1]]);
    assert!(heard.iter().all(|heard| heard.finish() == Finish::Stop));
    let charges = world.upstream.books.charges_for("In turn");
    for pair in charges.windows(2) {
        assert!(pair[0].ended_ms <= Some(pair[1].began_ms), "one at a time");
    }
}

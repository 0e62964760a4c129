use axum::http::{Method, StatusCode};
use palate_shared::api::account::Export;
use palate_shared::api::blind_tests::BlindTestTotals;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::Fixture;

fn body(outcome: &str) -> Value {
    json!({
        "generation": uuid::Uuid::now_v7().to_string(), "personal_first": true, "outcome": outcome,
        "strategy": "best_of_n", "method": "eb", "examples": 12, "candidates": 5,
    })
}

async fn totals(fixture: &Fixture) -> BlindTestTotals {
    fixture.stranger().get(routes::BLIND_TESTS).await.parse()
}

#[tokio::test]
async fn an_outcome_is_kept_once_and_only_of_people_who_publish() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let test = body("personal");
    client.consent("sync", true).await;
    client
        .post(routes::BLIND_TESTS, test.clone())
        .await
        .problem(403, "consent_required");
    client.consent("publish_votes", true).await;
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let reply = client.post(routes::BLIND_TESTS, test.clone()).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    let mut changed = test.clone();
    changed["outcome"] = json!("default");
    client
        .post(routes::BLIND_TESTS, changed)
        .await
        .problem(409, "blind_test_exists");
    let mut odd = body("personal");
    odd["candidates"] = json!(0);
    client
        .post(routes::BLIND_TESTS, odd)
        .await
        .problem(422, "blind_test_invalid");
    let export: Export = client.get(routes::ME_EXPORT).await.parse();
    assert_eq!(export.blind_tests.len(), 1);
}

#[tokio::test]
async fn totals_need_ten_people_and_forget_who_withdraws_or_leaves() {
    let fixture = Fixture::new().await;
    let mut people = Vec::new();
    for number in 0..11 {
        let client = fixture.contributor().await;
        let outcome = if number < 8 { "personal" } else { "default" };
        client.post(routes::BLIND_TESTS, body(outcome)).await;
        client.post(routes::BLIND_TESTS, body("cant_tell")).await;
        people.push(client);
    }
    let mut simulated = body("default");
    simulated["simulated"] = json!(true);
    people[0].post(routes::BLIND_TESTS, simulated).await;
    let counted = totals(&fixture).await;
    assert_eq!(
        (
            counted.people,
            counted.tests,
            counted.personal,
            counted.default,
            counted.undecided
        ),
        (11, 22, 8, 3, 11)
    );
    let [mean, low, high] = counted.rate.expect("are ten");
    assert!(low < mean && mean < high && (mean - 8.0 / 11.0).abs() < 1e-9);
    people[9].consent("publish_votes", false).await;
    assert!(totals(&fixture).await.rate.is_some(), "ten are left");
    people[10]
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let counted = totals(&fixture).await;
    assert_eq!((counted.people, counted.rate), (9, None));
    assert_eq!(
        fixture.count("blind_tests").await,
        21,
        "22 and the simulated one, without two"
    );
}

//! Against a few who would take the place of many: work for a session, token buckets, the client's address.

use axum::http::{Method, StatusCode};
use palate_server::clock::now_ms;
use palate_server::work;
use palate_shared::api::session::{Challenge, Proof};
use palate_shared::{pow, routes};
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply, comparison_body, rate};

async fn start_with(client: &Client, pow: impl serde::Serialize) -> Reply {
    client.post(routes::SESSION, json!({"pow": pow})).await
}

fn answered(challenge: Challenge) -> Proof {
    let nonce = pow::solve(&challenge.challenge, challenge.bits);
    let challenge = challenge.challenge;
    Proof { challenge, nonce }
}

#[tokio::test]
async fn row_5_a_new_session_needs_work_that_was_not_used_before() {
    let fixture = Fixture::with(|config| config.limits.pow_bits = 8).await;
    let client = fixture.stranger();
    client
        .post(routes::SESSION, json!({}))
        .await
        .problem(403, "pow_required");
    let proof = client.work().await;
    let first = start_with(&client, &proof).await;
    assert_eq!(first.status, StatusCode::CREATED);
    start_with(&client, &proof).await.problem(403, "pow_spent");
    let mut again = client.clone();
    again.cookie = Some(first.cookie());
    let resumed = again.post(routes::SESSION, json!({})).await;
    assert_eq!(
        resumed.status,
        StatusCode::OK,
        "a session goes on without work"
    );
}

#[tokio::test]
async fn row_5_work_that_is_undone_foreign_or_late_starts_nothing() {
    let fixture = Fixture::with(|config| config.limits.pow_bits = 8).await;
    let client = fixture.stranger();
    let proof = client.work().await;
    let wrong = (0..)
        .map(|nonce: u32| nonce.to_string())
        .find(|nonce| !pow::holds(&proof.challenge, nonce, 8))
        .expect("most are wrong");
    let undone = Proof {
        nonce: wrong,
        ..proof.clone()
    };
    start_with(&client, undone)
        .await
        .problem(403, "pow_invalid");
    let made_up = Challenge {
        challenge: format!("{}.{}", "0".repeat(48), "0".repeat(32)),
        bits: 8,
    };
    start_with(&client, answered(made_up))
        .await
        .problem(403, "pow_invalid");
    let secret = &fixture.state.secret;
    let easy = work::challenge(secret, 0, now_ms()).expect("is made");
    start_with(&client, answered(Challenge { bits: 8, ..easy }))
        .await
        .problem(403, "pow_invalid");
    let old = work::challenge(secret, 8, now_ms() - work::LIFETIME_MS).expect("is made");
    start_with(&client, answered(old))
        .await
        .problem(403, "pow_expired");
    for odd in [
        json!("text"),
        json!({"challenge": "x"}),
        json!({"challenge": 1, "nonce": "0"}),
    ] {
        start_with(&client, odd).await.problem(422, "body_invalid");
    }
    let huge = Proof {
        nonce: "9".repeat(3000),
        ..proof
    };
    start_with(&client, huge).await.problem(403, "pow_invalid");
    let people = fixture.count("users").await;
    assert_eq!(people, 0);
}

#[tokio::test]
async fn row_5_one_proof_of_two_that_come_at_once_starts_a_session() {
    let fixture = Fixture::new().await;
    let client = fixture.stranger();
    let proof = client.work().await;
    let (one, other) = tokio::join!(start_with(&client, &proof), start_with(&client, &proof));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403]);
}

#[tokio::test]
async fn an_operator_may_ask_for_no_work() {
    let fixture = Fixture::with(|config| config.limits.pow_bits = 0).await;
    let reply = fixture.stranger().post(routes::SESSION, json!({})).await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

async fn session_from(fixture: &Fixture, forwarded: &str) -> Reply {
    let client = fixture.stranger();
    let body: Value = json!({"pow": client.work().await});
    client
        .call(
            Method::POST,
            routes::SESSION,
            &[("x-forwarded-for", forwarded)],
            Some(body),
        )
        .await
}

#[tokio::test]
async fn row_25_a_spoofed_address_does_not_fill_anothers_bucket_nor_empty_its_own() {
    let fixture = Fixture::with(|config| config.limits.limit_sessions = rate("2/hour")).await;
    for spoof in ["203.0.113.5", "198.51.100.1, 203.0.113.5"] {
        assert_eq!(
            session_from(&fixture, spoof).await.status,
            StatusCode::CREATED
        );
    }
    // A new lie on the left, and a neighbour in the same /24: still the same network.
    for spoof in ["198.51.100.77, 203.0.113.5", "203.0.113.99"] {
        let refused = session_from(&fixture, spoof).await;
        refused.problem(429, "rate_limited");
        let seconds: u64 = refused.header("retry-after").parse().expect("is a number");
        assert!((1..=1801).contains(&seconds), "{seconds}");
    }
    let elsewhere = session_from(&fixture, "203.0.113.5, 198.51.100.1").await;
    assert_eq!(elsewhere.status, StatusCode::CREATED);
}

#[tokio::test]
async fn refused_sessions_are_not_counted_and_resumed_ones_neither() {
    let fixture = Fixture::with(|config| config.limits.limit_sessions = rate("2/hour")).await;
    let client = fixture.person().await;
    for _ in 0..5 {
        client.post(routes::SESSION, json!({})).await;
        fixture
            .stranger()
            .post(routes::SESSION, json!({}))
            .await
            .problem(403, "pow_required");
    }
    fixture.person().await;
    let refused = fixture.stranger().start_session().await;
    refused.problem(429, "rate_limited");
}

#[tokio::test]
async fn recovery_codes_cannot_be_tried_without_end() {
    let fixture = Fixture::with(|config| config.limits.limit_recovery = rate("3/hour")).await;
    let stranger = fixture.stranger();
    let body = json!({"code": "00000-00000-00000-00000"});
    for _ in 0..3 {
        stranger
            .post(routes::AUTH_RECOVERY, body.clone())
            .await
            .problem(403, "recovery_invalid");
    }
    stranger
        .post(routes::AUTH_RECOVERY, body)
        .await
        .problem(429, "rate_limited");
}

#[tokio::test]
async fn one_person_who_writes_too_much_stops_nobody_else() {
    let fixture = Fixture::with(|config| config.limits.limit_writes = rate("6/hour")).await;
    let busy = fixture.contributor().await;
    for _ in 0..4 {
        busy.comparison().await;
    }
    busy.post(routes::COMPARISONS, comparison_body())
        .await
        .problem(429, "rate_limited");
    assert_eq!(
        busy.get(routes::ME).await.status,
        StatusCode::OK,
        "reading goes on"
    );
    fixture.contributor().await.vote().await;
}

#[tokio::test]
async fn the_api_is_limited_by_network_and_files_are_not() {
    let fixture = Fixture::with(|config| config.limits.limit_calls = rate("3/hour")).await;
    let client = fixture.stranger();
    for _ in 0..3 {
        assert_eq!(client.get(routes::PACKS).await.status, StatusCode::OK);
    }
    client
        .get(routes::RELEASES)
        .await
        .problem(429, "rate_limited");
    for path in ["/", "/packs/tiny/items.json", routes::HEALTHZ] {
        assert_eq!(client.get(path).await.status, StatusCode::OK, "{path}");
    }
}

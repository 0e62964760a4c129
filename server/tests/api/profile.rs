use axum::http::{Method, StatusCode};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply};

async fn put(client: &Client, condition: &[(&str, &str)], body: Value) -> Reply {
    client
        .call(Method::PUT, routes::PROFILE, condition, Some(body))
        .await
}

#[tokio::test]
async fn a_profile_is_written_read_replaced_and_deleted_by_etag() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client
        .get(routes::PROFILE)
        .await
        .problem(404, "profile_missing");
    let body = |n: u32| json!({"schema": 1, "states": {"eb": {"weights": "abc", "mean": [n]}}});
    let first = put(&client, &[("if-none-match", "*")], body(1)).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    let etag = first.header("etag").to_owned();
    let read = client.get(routes::PROFILE).await;
    assert_eq!(
        (read.value(), read.header("etag")),
        (body(1), etag.as_str())
    );
    let known = client
        .call(
            Method::GET,
            routes::PROFILE,
            &[("if-none-match", &etag)],
            None,
        )
        .await;
    assert_eq!(
        (known.status, known.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    put(&client, &[("if-none-match", "*")], body(2))
        .await
        .problem(412, "profile_stale");
    let second = put(&client, &[("if-match", &etag)], body(2)).await;
    assert_eq!(second.status, StatusCode::NO_CONTENT);
    put(&client, &[("if-match", &etag)], body(3))
        .await
        .problem(412, "profile_stale");
    assert_eq!(client.get(routes::PROFILE).await.value(), body(2));
    client
        .call(
            Method::DELETE,
            routes::PROFILE,
            &[("if-match", &etag)],
            None,
        )
        .await
        .problem(412, "profile_stale");
    let gone = client
        .call(
            Method::DELETE,
            routes::PROFILE,
            &[("if-match", second.header("etag"))],
            None,
        )
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    client
        .get(routes::PROFILE)
        .await
        .problem(404, "profile_missing");
}

#[tokio::test]
async fn a_write_needs_a_condition_and_consent_to_sync() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let body = json!({"schema": 1, "states": {}});
    client.consent("publish_votes", true).await;
    put(&client, &[("if-none-match", "*")], body.clone())
        .await
        .problem(403, "consent_required");
    client.consent("sync", true).await;
    put(&client, &[], body.clone())
        .await
        .problem(428, "precondition_required");
    put(&client, &[("if-match", "bare")], body.clone())
        .await
        .problem(400, "etag_invalid");
    put(&client, &[("if-match", "\"none\"")], body)
        .await
        .problem(412, "profile_stale");
    client
        .call(Method::DELETE, routes::PROFILE, &[], None)
        .await
        .problem(428, "precondition_required");
}

#[tokio::test]
async fn a_profile_takes_256_kib_and_no_more() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let body = |length: usize| json!({"schema": 1, "states": "x".repeat(length)});
    let envelope = body(0).to_string().len();
    let limit = 256 * 1024 - envelope;
    assert_eq!(
        put(&client, &[("if-none-match", "*")], body(limit))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    put(&client, &[("if-match", "*")], body(limit + 1))
        .await
        .problem(413, "body_too_large");
}

use axum::body::Body;
use axum::http::{Method, Request};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, comparison_body, judgment_body, judgments_path};

/// Every route that takes a body, with a body that it takes.
async fn takers(client: &Client) -> Vec<(Method, String, Value)> {
    let (_, judgment) = client.vote().await;
    let comparison = client.comparison().await;
    vec![
        (Method::POST, routes::SESSION.to_owned(), json!({})),
        (
            Method::POST,
            routes::AUTH_RECOVERY.to_owned(),
            json!({"code": "00000-00000-00000-00000"}),
        ),
        (
            Method::PUT,
            "/api/v1/consents/sync".to_owned(),
            json!({"granted": true, "text_version": "1", "locale": "en"}),
        ),
        (
            Method::POST,
            routes::BALLOTS.to_owned(),
            json!({"count": 1}),
        ),
        (
            Method::POST,
            routes::COMPARISONS.to_owned(),
            comparison_body(),
        ),
        (
            Method::POST,
            judgments_path(&comparison),
            judgment_body("x", "a", "b"),
        ),
        (
            Method::PATCH,
            format!("/api/v1/judgments/{judgment}"),
            json!({"idempotency_key": "k", "judgment": null}),
        ),
        (
            Method::PUT,
            routes::PROFILE.to_owned(),
            json!({"schema": 1, "states": {}}),
        ),
    ]
}

fn raw(method: &Method, path: &str, media_type: Option<&str>, body: Vec<u8>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    request.body(Body::from(body)).expect("is a request")
}

#[tokio::test]
async fn every_body_is_checked_on_every_route() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    for (method, path, good) in takers(&client).await {
        let send = async |media_type: Option<&str>, body: Vec<u8>| {
            client.send(raw(&method, &path, media_type, body)).await
        };
        let json_type = Some("application/json");
        for malformed in [&b"{"[..], b"", b"{]", b"\xff\xfe"] {
            send(json_type, malformed.to_vec())
                .await
                .problem(400, "body_malformed");
        }
        for wrong in ["[]", "1", "\"text\"", "null"] {
            send(json_type, wrong.into())
                .await
                .problem(422, "body_invalid");
        }
        let mut unknown = good.clone();
        unknown["surprise"] = json!(1);
        let problem = send(json_type, unknown.to_string().into())
            .await
            .problem(422, "body_invalid");
        assert!(problem.title.contains("surprise"), "{path}: {problem:?}");
        send(None, good.to_string().into())
            .await
            .problem(415, "media_type");
        send(Some("text/plain"), good.to_string().into())
            .await
            .problem(415, "media_type");
        send(json_type, vec![b' '; 300 * 1024])
            .await
            .problem(413, "body_too_large");
    }
}

#[tokio::test]
async fn nested_unknown_fields_are_refused_too() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    for pointer in ["/judgment", "/predictions/0"] {
        let mut body = judgment_body(&client.ballot().await, "a", "b");
        body.pointer_mut(pointer).expect("is there")["surprise"] = json!(1);
        client
            .judge(&comparison, body)
            .await
            .problem(422, "body_invalid");
    }
}

#[tokio::test]
async fn impossible_comparisons_are_refused_by_name() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    for (field, value) in [
        ("id", json!("1")),
        ("id", json!("0190A6B2-7B7C-7AAA-8AAA-0123456789AB")),
        ("prompt", json!("p9")),
        ("shown", json!(["a"])),
        ("shown", json!([])),
        ("shown", json!(["a", "a"])),
        ("shown", json!(["a", "d"])),
        (
            "shown",
            json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
        ),
        ("propensity", json!(0.0)),
        ("propensity", json!(1.5)),
        ("propensity", json!(-0.1)),
    ] {
        let mut body = comparison_body();
        body[field] = value;
        client
            .post(routes::COMPARISONS, body)
            .await
            .problem(422, "comparison_invalid");
    }
    let mut body = comparison_body();
    body["pack"] = json!("../tiny");
    client
        .post(routes::COMPARISONS, body)
        .await
        .problem(422, "pack_unknown");
}

#[tokio::test]
async fn impossible_judgments_are_refused_and_spend_nothing() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    let ballot = client.ballot().await;
    for (pointer, value, code) in [
        ("/idempotency_key", json!(""), "idempotency_key_invalid"),
        (
            "/idempotency_key",
            json!("k".repeat(65)),
            "idempotency_key_invalid",
        ),
        ("/idempotency_key", json!("a b"), "idempotency_key_invalid"),
        (
            "/judgment/groups",
            json!([["a"], ["c"]]),
            "judgment_invalid",
        ),
        (
            "/judgment/groups",
            json!([["a"], ["a"]]),
            "judgment_invalid",
        ),
        ("/judgment/groups", json!([["a"]]), "judgment_invalid"),
        (
            "/judgment/groups",
            json!([["a"], [], ["b"]]),
            "judgment_invalid",
        ),
        ("/judgment/outcome", json!("equal"), "judgment_invalid"),
        ("/judgment/outcome", json!("skip"), "judgment_invalid"),
        ("/judgment/outcome", json!("best"), "body_invalid"),
        ("/predictions/0/p_first", json!(1.01), "predictions_invalid"),
        (
            "/predictions/0/margin_sd",
            json!(-1.0),
            "predictions_invalid",
        ),
        (
            "/predictions/0/method",
            json!("m".repeat(33)),
            "predictions_invalid",
        ),
        ("/context", json!("é".repeat(501)), "context_too_long"),
        ("/dwell_ms", json!(-1), "body_invalid"),
    ] {
        let mut body = judgment_body(&ballot, "a", "b");
        body["context"] = json!("for a friend");
        *body.pointer_mut(pointer).expect("is there") = value;
        client.judge(&comparison, body).await.problem(422, code);
    }
    let mut body = judgment_body(&ballot, "a", "b");
    let twice = body["predictions"][0].clone();
    body["predictions"]
        .as_array_mut()
        .expect("is a list")
        .push(twice);
    client
        .judge(&comparison, body)
        .await
        .problem(422, "predictions_invalid");
    assert_eq!(
        client
            .judge(&comparison, judgment_body(&ballot, "a", "b"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn wrong_ids_counts_cursors_and_purposes_are_refused() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let body = judgment_body(&client.ballot().await, "a", "b");
    for id in [
        "1",
        "0190a6b2-7b7c-7aaa-8aaa-0123456789ab",
        "%27%20OR%201=1",
        "..%2f..",
    ] {
        client
            .judge(id, body.clone())
            .await
            .problem(404, "not_found");
        let revision = json!({"idempotency_key": "k", "judgment": null});
        client
            .call(
                Method::PATCH,
                &format!("/api/v1/judgments/{id}"),
                &[],
                Some(revision),
            )
            .await
            .problem(404, "not_found");
    }
    client.judge("%ff", body).await.problem(400, "path_invalid");
    for count in [0, 51, 255] {
        client
            .post(routes::BALLOTS, json!({"count": count}))
            .await
            .problem(422, "ballot_count");
    }
    client
        .post(routes::BALLOTS, json!({"count": 256}))
        .await
        .problem(422, "body_invalid");
    client
        .get("/api/v1/judgments?cursor=zzz")
        .await
        .problem(400, "cursor_invalid");
    client
        .get("/api/v1/judgments?page=2")
        .await
        .problem(400, "query_invalid");
    let consent = json!({"granted": true, "text_version": "1", "locale": "en"});
    client
        .call(
            Method::PUT,
            "/api/v1/consents/everything",
            &[],
            Some(consent),
        )
        .await
        .problem(400, "path_invalid");
    let empty = json!({"granted": true, "text_version": "", "locale": "en"});
    client
        .call(Method::PUT, "/api/v1/consents/sync", &[], Some(empty))
        .await
        .problem(422, "consent_invalid");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/me"] {
        client.get(path).await.problem(404, "not_found");
    }
    for (method, path) in [
        (Method::POST, routes::ME),
        (Method::DELETE, routes::JUDGMENTS),
        (Method::GET, routes::SESSION),
        (Method::PUT, routes::HEALTHZ),
        (Method::POST, "/rank"),
        (Method::DELETE, "/"),
    ] {
        client
            .call(method, path, &[], None)
            .await
            .problem(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn a_text_with_a_zero_sign_is_refused_and_one_that_only_looks_so_is_kept() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    let mut body = judgment_body(&client.ballot().await, "a", "b");
    body["context"] = json!("a\0b");
    client
        .judge(&comparison, body.clone())
        .await
        .problem(422, "text_invalid");
    body["context"] = json!("a\\u0000b");
    let reply = client.judge(&comparison, body).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let path = "/api/v1/judgments/%00";
    let reply = client
        .call(
            Method::PATCH,
            path,
            &[],
            Some(json!({"idempotency_key": "k"})),
        )
        .await;
    assert!(reply.status.is_client_error(), "{reply:?}");
}

use axum::http::{Method, StatusCode};
use palate_server::llm::catalogue::Catalogue;
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{KEY, Model, SHORT_LIMITS, World, entry, request, stream_path};
use crate::upstream::Upstream;

const STREAM: Model<'_> = Model("stream", "stream", "");

/// The service over an upstream that its catalogue calls by another host.
async fn called_as(host: &str, allowed: &str) -> World {
    let upstream = Upstream::start(0).await.expect("listens");
    let base_url = format!("http://{host}:{}/v1", upstream.address.port());
    let text = format!(
        "[limits]\n{SHORT_LIMITS}\n[allow]\nhosts = [{allowed}]\n{}",
        entry(&base_url, STREAM)
    );
    World::over(upstream, &text).await
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_names_that_lead_inside_are_not_called_unless_the_operator_lists_them() {
    for host in ["localhost", "LOCALHOST", "localhost."] {
        let world = called_as(host, "").await;
        let person = world.person().await;
        let reply = person
            .post(routes::GENERATE, request("stream", "Hello"))
            .await;
        if reply.status.is_success() {
            let id = reply.value()["id"].as_str().expect("is text").to_owned();
            let heard = person.listen(&id, None).await.rest().await;
            assert_eq!(heard.finish(), Finish::Unreachable, "{host}");
        } else {
            reply.problem(503, "model_unavailable");
        }
        let state = world.upstream.books.state();
        assert_eq!((state.calls, state.most_open_connections), (0, 0), "{host}");
    }
    let world = called_as("localhost", "\"localhost\"").await;
    let heard = world.person().await.ask("stream", "Hello").await;
    assert_eq!(heard.finish(), Finish::Stop, "the guard is what refused");
}

#[tokio::test]
async fn row_22_addresses_inside_are_refused_when_the_catalogue_is_read() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let key = dir.path().join("key");
    std::fs::write(&key, KEY).expect("is written");
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "10.0.0.1",
        "172.20.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ] {
        let file = dir.path().join("models.toml");
        let text = entry(&format!("http://{host}:8000/v1"), STREAM);
        let text = text.replace("KEY_FILE", &key.display().to_string());
        std::fs::write(&file, text).expect("is written");
        let refused = Catalogue::load(Some(&file)).expect_err(host);
        let words = format!("{refused:#}");
        assert!(words.contains("base_url"), "{host}: {words}");
        assert!(!words.contains(KEY), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_redirects_are_not_followed() {
    for to in [
        "/moved",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "file:///etc/passwd",
    ] {
        let name = format!("redirect?to={to}");
        let world = World::new(&[Model("redirect", &name, "")], SHORT_LIMITS).await;
        let heard = world.person().await.ask("redirect", "Hello").await;
        assert_eq!(heard.finish(), Finish::UpstreamFailed, "{to}");
        assert_eq!(world.upstream.books.state().strays, 0, "{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_choose_where_or_how_a_model_is_called() {
    let world = World::new(&[STREAM], SHORT_LIMITS).await;
    let person = world.person().await;
    let calls = world.upstream.books.state().calls;
    let with = |name: &str, value: Value| {
        let mut body = request("stream", "Hello");
        body[name] = value;
        body
    };
    for body in [
        with("base_url", json!("http://169.254.169.254/")),
        with("api_base", json!("http://127.0.0.1:1/")),
        with("upstream", json!("gpt-4")),
        with("api_key", json!("sk-mine")),
        with("headers", json!({"x": "y"})),
        with("messages", json!([{"role": "system", "content": "x"}])),
        with("model", json!("http://127.0.0.1:1/")),
        with("model", json!("stream?tokens=9")),
        with("prompt", json!({"text": "x", "role": "system"})),
        with("steering", json!({"system": "x"})),
    ] {
        let reply = person.post(routes::GENERATE, body.clone()).await;
        assert!(reply.status.is_client_error(), "{body}: {reply:?}");
    }
    assert_eq!(world.upstream.books.state().calls, calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_send_is_not_passed_on() {
    let world = World::new(&[STREAM], SHORT_LIMITS).await;
    let person = world.person().await;
    let spoof = [
        ("authorization", "Bearer sk-of-the-visitor"),
        ("x-api-key", "sk-of-the-visitor"),
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7"),
        ("user-agent", "Visitor/7"),
        ("referer", "http://visitor.example/"),
        ("accept-language", "tlh"),
    ];
    let body = request("stream", "Spoofed");
    let reply = person
        .call(Method::POST, routes::GENERATE, &spoof, Some(body.clone()))
        .await;
    assert!(reply.status.is_success(), "{reply:?}");
    let id = body["id"].as_str().expect("is text");
    person.listen(id, None).await.rest().await;
    let calls = world.upstream.books.calls();
    let call = calls
        .iter()
        .find(|call| call.body.to_string().contains("Spoofed"))
        .expect("the model was called");
    let key = format!("Bearer {KEY}");
    assert_eq!(call.headers["authorization"], key.as_str());
    let sent = format!("{:?}{}", call.headers, call.body);
    let token = person.cookie.split_once('=').expect("has a value").1;
    for secret in [
        "sk-of-the-visitor",
        "198.51.100.7",
        "Visitor/7",
        "visitor.example",
        "tlh",
        token,
        id,
    ] {
        assert!(!sent.contains(secret), "{secret}: {sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_generate_stop_or_reveal() {
    let world = World::new(&[Model("pause", "pause", "")], SHORT_LIMITS).await;
    let person = world.person().await;
    let id = person.begin("pause", "Mine").await;
    let mut events = person.listen(&id, None).await;
    let first = events.next().await;
    assert!(matches!(first, Some((_, StreamEvent::Delta { .. }))));
    let calls = world.upstream.books.state().calls;
    let elsewhere: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ];
    for headers in elsewhere {
        for (path, body) in [
            (routes::GENERATE.to_owned(), request("pause", "Theirs")),
            (routes::COMPARISON_STOP.replace("{id}", &id), json!({})),
            (routes::COMPARISON_REVEAL.replace("{id}", &id), json!({})),
            (routes::BLIND_TESTS.to_owned(), json!({})),
        ] {
            let reply = person.call(Method::POST, &path, headers, Some(body)).await;
            reply.problem(403, "cross_origin");
        }
        let listened = person
            .send(Method::GET, &stream_path(&id), headers, None)
            .await;
        assert!(
            !listened
                .headers()
                .contains_key("access-control-allow-origin"),
            "no other site reads along"
        );
    }
    assert_eq!(world.upstream.books.state().calls, calls);
    let heard = events.rest().await;
    assert_eq!(heard.finish(), Finish::TimedOut, "nobody stopped it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_is_its_owners_alone() {
    let world = World::new(&[Model("pause", "pause", "")], SHORT_LIMITS).await;
    let (owner, other) = (world.person().await, world.person().await);
    let id = owner.begin("pause", "Mine").await;
    let events = owner.listen(&id, None).await;
    other.get(&stream_path(&id)).await.problem(404, "not_found");
    other.stop(&id).await.problem(404, "not_found");
    other.reveal(&id).await.problem(404, "not_found");
    let mut taken = request("pause", "Mine");
    taken["id"] = json!(id);
    let reply = other.post(routes::GENERATE, taken).await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "{reply:?}");
    let mut stranger = other.clone();
    stranger.cookie = String::new();
    for reply in [
        stranger.get(&stream_path(&id)).await,
        stranger.stop(&id).await,
        stranger.reveal(&id).await,
        stranger.post(routes::GENERATE, request("pause", "x")).await,
    ] {
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{reply:?}");
    }
    assert_eq!(
        events.rest().await.finish(),
        Finish::TimedOut,
        "nobody stopped it"
    );
    other.reveal(&id).await.problem(404, "not_found");
    assert_eq!(owner.reveal(&id).await.status, StatusCode::OK);
}

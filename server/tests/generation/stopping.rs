//! Answers that the operator ends: by the kill switch, and by stopping the server.

use palate_server::llm::KILL_SWITCH;
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::routes;
use serde_json::json;

use crate::process::Killed;
use crate::support::{KEY, Model, SHORT_LIMITS, World, entry, heard, request, stream_path};
use crate::upstream::Upstream;
use crate::upstream::behaviour::{ECHO, prose};
use crate::{http, process};

/// Longer than any of these tests.
const ENDLESS: Model<'_> = Model("endless", "stream?tokens=4000&gap_ms=20", "");

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_ends_running_answers_and_keeps_their_text() {
    let world = World::new(&[ENDLESS], "total_ms = 60000").await;
    let person = world.person().await;
    let id = person.begin("endless", "Go on").await;
    let mut events = person.listen(&id, None).await;
    while !matches!(events.next().await, Some((_, StreamEvent::Delta { .. }))) {}
    let switch = world.fixture.dir.path().join("data").join(KILL_SWITCH);
    std::fs::write(switch, "").expect("is written");
    let heard = events.rest().await;
    assert_eq!(heard.finish(), Finish::BudgetSpent);
    let whole = prose(4_000);
    let reveal = person.reveal(&id).await.value();
    let text = reveal["panes"][0]["text"].as_str().expect("is text");
    assert!(!text.is_empty() && text.len() < whole.len() && whole.starts_with(text));
    world.quiet().await;
    world.settled().await;
}

#[test]
fn a_server_that_is_stopped_ends_its_answers_says_why_and_settles_them() {
    let runtime = tokio::runtime::Runtime::new().expect("is a runtime");
    let upstream = runtime.block_on(Upstream::start(0)).expect("listens");
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let (key, models) = (dir.path().join("key"), dir.path().join("models.toml"));
    std::fs::write(&key, KEY).expect("is written");
    // It writes as many tokens as it is asked for and then says nothing more.
    let pause = Model("pause", "pause?usage=each&gap_ms=1", "");
    let text = format!(
        "[limits]\nidle_ms = 60000\ntotal_ms = 60000\n[allow]\nhosts = [\"127.0.0.1\"]\n{}",
        entry(&upstream.base_url(), pause)
    );
    let text = text.replace("KEY_FILE", &key.display().to_string());
    std::fs::write(&models, text).expect("is written");
    let address = process::free_address();
    let start = || {
        let server = process::command(dir.path(), address)
            .args(["--pow-bits", "0", "--models"])
            .arg(&models)
            .env("RUST_LOG", "error")
            .spawn()
            .expect("starts");
        http::wait_until_ready(address);
        Killed(server)
    };

    let mut server = start();
    let session = http::call(address, "POST", routes::SESSION, &[], Some(&json!({})));
    let cookie = session.expect("answers").cookie.expect("sets a cookie");
    let headers = [("cookie", cookie.as_str())];
    let body = request("pause", &format!("Of taste {}10{}", ECHO[0], ECHO[1]));
    let begun = http::call(address, "POST", routes::GENERATE, &headers, Some(&body));
    assert_eq!(begun.expect("answers").status, 201);
    let path = stream_path(body["id"].as_str().expect("is text"));
    let (whole, mut is_asked) = (prose(10), false);
    let said = heard(address, &path, &cookie, |said| {
        if !is_asked && text_of(said) == whole {
            is_asked = true;
            server.terminate();
        }
    });
    let ended = server.0.wait().expect("ends");
    assert!(ended.success(), "{ended}");
    assert!(said.contains(r#""finish":"shutting_down""#), "{said}");
    assert!(said.contains(r#"{"type":"end"}"#), "{said}");

    // What was not settled would count in full.
    let again = start();
    let export = http::call(address, "GET", routes::ME_EXPORT, &headers, None).expect("answers");
    drop(again);
    let calls = export.body["calls"].as_array().expect("is a list");
    assert_eq!(calls.len(), 1, "{calls:?}");
    let written = calls[0]["output_tokens"].as_u64().expect("is a number");
    let charges = upstream.books.charges_for("Of taste");
    assert_eq!((charges.len(), written), (1, charges[0].completion_tokens));
}

/// The text in the events of a stream; this upstream's words need no escapes.
fn text_of(said: &str) -> String {
    said.split(r#""text":""#)
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(text, _)| text)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_one_after_another_share_a_connection() {
    let world = World::new(&[Model("stream", "stream", "")], SHORT_LIMITS).await;
    let person = world.person().await;
    assert_eq!(person.ask("stream", "Hello").await.finish(), Finish::Stop);
    let before = world.upstream.books.state().connections;
    for _ in 0..5 {
        assert_eq!(person.ask("stream", "Hello").await.finish(), Finish::Stop);
    }
    assert_eq!(world.upstream.books.state().connections, before);
}

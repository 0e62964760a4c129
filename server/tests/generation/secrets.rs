//! The key goes to the upstream and nowhere else; prompts and answers are kept nowhere.

use palate_shared::routes;
use serde_json::json;

use crate::files::bytes_under;
use crate::process::Killed;
use crate::support::{KEY, Model, SHORT_LIMITS, entry, heard, request, stream_path};
use crate::upstream::Upstream;
use crate::{http, process};

const PROMPT: &str = "What would my cousin in Trieste have for breakfast?";
const ANSWER: &str = "Focaccia with sardoni, if you insist.";

#[test]
fn row_22_neither_the_key_nor_a_text_is_in_logs_answers_or_files() {
    let runtime = tokio::runtime::Runtime::new().expect("is a runtime");
    let upstream = runtime.block_on(Upstream::start(0)).expect("listens");
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let keys = tempfile::tempdir().expect("has a temporary folder");
    let (key, file) = (keys.path().join("key"), keys.path().join("models.toml"));
    std::fs::write(&key, format!("{KEY}\n")).expect("is written");
    let mut text = format!("[limits]\n{SHORT_LIMITS}\n[allow]\nhosts = [\"127.0.0.1\"]\n");
    let names = [
        "markdown",
        "refused",
        "failing",
        "busy",
        "redirect",
        "page",
        "error-in-data",
        "malformed",
        "drop",
        "mute",
    ];
    for name in names {
        text.push_str(&entry(&upstream.base_url(), Model(name, name, "")));
    }
    text.push_str(&entry("http://127.0.0.1:9/v1", Model("gone", "gone", "")));
    text.push_str(&entry(
        "http://localhost:9/v1",
        Model("inside", "inside", ""),
    ));
    let text = text.replace("KEY_FILE", &key.display().to_string());
    std::fs::write(&file, text).expect("is written");

    let address = process::free_address();
    let log = dir.path().join("log.txt");
    let server = process::command(dir.path(), address)
        .args(["--pow-bits", "0", "--models"])
        .arg(&file)
        .env("RUST_LOG", "trace")
        .stderr(std::fs::File::create(&log).expect("is made"))
        .spawn()
        .expect("starts");
    let server = Killed(server);
    http::wait_until_ready(address);
    let mut said = String::new();
    for name in names.into_iter().chain(["gone", "inside"]) {
        let session = http::call(address, "POST", routes::SESSION, &[], Some(&json!({})));
        let cookie = session.expect("answers").cookie.expect("sets a cookie");
        let headers = [("cookie", cookie.as_str())];
        let body = request(name, &format!("{PROMPT} <<<{ANSWER}>>>"));
        let begun = http::call(address, "POST", routes::GENERATE, &headers, Some(&body));
        said.push_str(&format!("{begun:?}"));
        let id = body["id"].as_str().expect("is text");
        said.push_str(&heard(address, &stream_path(id), &cookie, |_| ()));
        let path = routes::COMPARISON_REVEAL.replace("{id}", id);
        let reveal = http::call(address, "POST", &path, &headers, Some(&json!({})));
        said.push_str(&format!("{reveal:?}"));
        for path in [routes::MODELS, routes::ME_EXPORT, routes::OPENAPI] {
            let reply = http::call(address, "GET", path, &headers, None);
            said.push_str(&format!("{reply:?}"));
        }
    }
    drop(server);

    let key_was_used = upstream.books.calls().iter().any(|call| {
        let sent = call.headers.get("authorization");
        sent.is_some_and(|value| value == format!("Bearer {KEY}").as_str())
    });
    assert!(key_was_used, "the upstream saw the key");
    assert!(said.contains(ANSWER), "the answer was heard");
    assert!(!said.contains(KEY), "an answer says the key");
    let log = std::fs::read_to_string(&log).expect("is read");
    assert!(
        log.contains(routes::GENERATE) && log.contains("TRACE"),
        "the log was on"
    );
    let mut files = bytes_under(&dir.path().join("data"));
    files.extend(crate::database::rows_now(dir.path()).into_bytes());
    for secret in [KEY, PROMPT, ANSWER] {
        assert!(!log.contains(secret), "the log says {secret}");
        let held = files
            .windows(secret.len())
            .any(|bytes| bytes == secret.as_bytes());
        assert!(!held, "the data folder holds {secret}");
    }
    let logged_bytes = format!("{:?}", KEY.as_bytes());
    assert!(!log.contains(logged_bytes.trim_matches(['[', ']'])));
}

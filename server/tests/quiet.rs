//! What the server must not remember: addresses, tokens, codes; and what its log must not say: bodies too.

#[path = "common/database.rs"]
mod database;
#[path = "common/files.rs"]
mod files;
#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use files::bytes_under;
use http::{call, wait_until_ready};
use palate_shared::pow;
use serde_json::{Value, json};

const ADDRESS: &str = "203.0.113.77";
const REMARK: &str = "because of my cousin in Trieste";

#[test]
fn row_8_no_address_token_or_code_is_kept_and_no_body_is_logged() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let address = process::free_address();
    let log = dir.path().join("log.txt");
    let mut server = process::command(dir.path(), address)
        .args(["--trusted-hops", "1", "--pow-bits", "4"])
        .env("RUST_LOG", "debug")
        .stderr(std::fs::File::create(&log).expect("is made"))
        .spawn()
        .expect("starts");
    wait_until_ready(address);

    let send = |method: &str, path: &str, cookie: &str, body: Value| {
        let headers = [("cookie", cookie), ("x-forwarded-for", ADDRESS)];
        call(address, method, path, &headers, Some(&body)).expect("the server answers")
    };
    let work = send("GET", "/api/v1/session/challenge", "", json!({})).body;
    let challenge = work["challenge"].as_str().expect("is text");
    let nonce = pow::solve(challenge, 4);
    let proof = json!({"pow": {"challenge": challenge, "nonce": nonce}});
    let cookie = send("POST", "/api/v1/session", "", proof)
        .cookie
        .expect("sets a cookie");
    let consent = json!({"granted": true, "text_version": "1", "locale": "en"});
    send("PUT", "/api/v1/consents/publish_votes", &cookie, consent);
    let id = uuid::Uuid::now_v7().to_string();
    let shown = json!({
        "id": id, "pack": "tiny", "prompt": "p", "shown": ["a", "b"],
        "policy": "uniform_random", "propensity": 1.0, "blind": true,
    });
    send("POST", "/api/v1/comparisons", &cookie, shown);
    let ballot =
        send("POST", "/api/v1/ballots", &cookie, json!({"count": 1})).body["ballots"][0].clone();
    let vote = json!({
        "ballot": ballot, "idempotency_key": id, "context": REMARK, "dwell_ms": 900,
        "judgment": {"outcome": "ranked", "groups": [["a"], ["b"]]},
    });
    let stored = send(
        "POST",
        &format!("/api/v1/comparisons/{id}/judgments"),
        &cookie,
        vote,
    );
    assert_eq!(stored.status, 201, "{stored:?}");
    let code = send("POST", "/api/v1/me/recovery", &cookie, json!({})).body["code"].clone();
    let code = code.as_str().expect("is text");
    let opened = send("POST", "/api/v1/auth/recovery", "", json!({"code": code}));
    assert_eq!(opened.status, 200, "{opened:?}");
    assert_eq!(
        send("POST", "/api/v1/session", "", json!({"pow": REMARK})).status,
        422
    );
    server.kill().expect("is killed");
    server.wait().expect("is gone");

    let token = cookie.split_once('=').expect("has a value").1.to_owned();
    let secrets = [
        ADDRESS.to_owned(),
        token,
        code.to_owned(),
        code.replace('-', ""),
    ];
    let log = std::fs::read_to_string(&log).expect("is read");
    assert!(
        log.contains("/api/v1/auth/recovery"),
        "the log was on: {log}"
    );
    for secret in secrets.iter().chain([
        &REMARK.to_owned(),
        &ballot.as_str().expect("is text").to_owned(),
    ]) {
        assert!(!log.contains(secret.as_str()), "the log says {secret}");
    }
    let mut stored = bytes_under(&dir.path().join("data"));
    stored.extend(database::rows_now(dir.path()).into_bytes());
    let holds = |text: &str| {
        stored
            .windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
    };
    assert!(
        holds(REMARK),
        "the remark is part of the vote, so the search finds what is there"
    );
    for secret in &secrets {
        assert!(!holds(secret), "the data folder holds {secret}");
    }
    assert!(!holds("203.0.113."), "not even the network is kept");
}

//! `kill -9` under load: no acknowledged judgment is missing, none is stored twice.
//!
//! `PALATE_KILL_ROUNDS` sets how often the server is killed (default 5).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use palate_server::secret::sha256_hex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const CLIENTS: usize = 8;
/// A client that waits longer than this for one answer gives up, and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn acknowledged_judgments_survive_kill_9_exactly_once() {
    let rounds: u32 = std::env::var("PALATE_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let dir = tempfile::tempdir().expect("has a temporary folder");
    write_site(&dir.path().join("site"));
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("is free")
        .port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut server = start(dir.path(), port);
    wait_until_ready(address);
    let stop = AtomicBool::new(false);
    let mut random = StdRng::seed_from_u64(u64::from(rounds));
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| vote_until(address, &stop)))
            .collect();
        for _ in 0..rounds {
            std::thread::sleep(Duration::from_millis(random.random_range(100..600)));
            server.kill().expect("is killed");
            server.wait().expect("is gone");
            server = start(dir.path(), port);
            wait_until_ready(address);
        }
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .map(|client| client.join().expect("the client ends well"))
            .collect()
    });
    let mut votes = 0;
    for outcome in &outcomes {
        let stored = history(address, &outcome.cookie);
        let ids: BTreeSet<&String> = stored.values().collect();
        assert_eq!(
            ids.len(),
            stored.len(),
            "a judgment counts for two comparisons"
        );
        assert_eq!(
            stored, outcome.acknowledged,
            "stored and acknowledged judgments differ"
        );
        votes += stored.len();
        let (path, body) = outcome.last.as_ref().expect("every client voted");
        let again = post(address, path, &outcome.cookie, body).expect("the server answers");
        assert_eq!(again.status, 200, "a vote from before is known: {again:?}");
    }
    server.kill().expect("is killed");
    server.wait().expect("is gone");
    eprintln!(
        "{rounds} kills, {CLIENTS} clients, {votes} judgments acknowledged: none missing, none twice"
    );
}

struct Outcome {
    cookie: String,
    /// Judgment by comparison.
    acknowledged: BTreeMap<String, String>,
    /// Path and body of the last vote.
    last: Option<(String, Value)>,
}

fn vote_until(address: SocketAddr, stop: &AtomicBool) -> Outcome {
    let session = persist(address, "POST", "/api/v1/session", "", &json!({}));
    let cookie = session.cookie.clone().expect("sets a cookie");
    let consent = json!({"granted": true, "text_version": "1", "locale": "en"});
    persist(
        address,
        "PUT",
        "/api/v1/consents/publish_votes",
        &cookie,
        &consent,
    );
    let mut outcome = Outcome {
        cookie,
        acknowledged: BTreeMap::new(),
        last: None,
    };
    while !stop.load(Ordering::Relaxed) || outcome.last.is_none() {
        let comparison = uuid::Uuid::now_v7().to_string();
        let shown = json!({
            "id": comparison, "pack": "tiny", "prompt": "p", "shown": ["a", "b"],
            "policy": "uniform_random", "propensity": 1.0, "blind": true,
        });
        persist(
            address,
            "POST",
            "/api/v1/comparisons",
            &outcome.cookie,
            &shown,
        );
        let ballots = persist(
            address,
            "POST",
            "/api/v1/ballots",
            &outcome.cookie,
            &json!({"count": 1}),
        );
        let body = json!({
            "ballot": ballots.body["ballots"][0],
            "idempotency_key": comparison,
            "judgment": {"outcome": "ranked", "groups": [["a"], ["b"]]},
            "dwell_ms": 1,
        });
        let path = format!("/api/v1/comparisons/{comparison}/judgments");
        let stored = persist(address, "POST", &path, &outcome.cookie, &body);
        let id = stored.body["id"].as_str().expect("has an id").to_owned();
        assert!(outcome.acknowledged.insert(comparison, id).is_none());
        outcome.last = Some((path, body));
    }
    outcome
}

/// All current judgments by comparison.
fn history(address: SocketAddr, cookie: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut path = "/api/v1/judgments".to_owned();
    loop {
        let page = call(address, "GET", &path, cookie, None).expect("the server answers");
        assert_eq!(page.status, 200, "{page:?}");
        for judgment in page.body["judgments"].as_array().expect("is a list") {
            let text = |name: &str| judgment[name].as_str().expect("is text").to_owned();
            assert!(
                all.insert(text("comparison"), text("id")).is_none(),
                "a comparison has two judgments"
            );
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            return all;
        };
        path = format!("/api/v1/judgments?cursor={cursor}");
    }
}

/// Sends until the server acknowledges.
fn persist(address: SocketAddr, method: &str, path: &str, cookie: &str, body: &Value) -> Reply {
    let begin = Instant::now();
    loop {
        match call(address, method, path, cookie, Some(body)) {
            Ok(reply) if reply.status < 300 => return reply,
            Ok(reply) if reply.status < 500 => panic!("{method} {path}: {reply:?}"),
            _ => assert!(begin.elapsed() < PATIENCE, "{method} {path}: no answer"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn post(address: SocketAddr, path: &str, cookie: &str, body: &Value) -> std::io::Result<Reply> {
    call(address, "POST", path, cookie, Some(body))
}

#[derive(Debug)]
struct Reply {
    status: u16,
    cookie: Option<String>,
    body: Value,
}

/// One request over its own connection. A cut-off answer is an error, as for any client.
fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: Option<&Value>,
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let cut_off =
        || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the answer is cut off");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    let header = |name: &str| {
        head.lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    if header("content-length").and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(cut_off());
    }
    Ok(Reply {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(cut_off)?,
        cookie: header("set-cookie")
            .and_then(|value| value.split(';').next())
            .map(str::to_owned),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    })
}

fn start(dir: &Path, port: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_palate"))
        .args(["serve", "--port", &port.to_string()])
        .arg("--data-dir")
        .arg(dir.join("data"))
        .arg("--site")
        .arg(dir.join("site"))
        .env("RUST_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .expect("starts")
}

fn wait_until_ready(address: SocketAddr) {
    let begin = Instant::now();
    while !call(address, "GET", "/healthz", "", None).is_ok_and(|reply| reply.status == 200) {
        assert!(begin.elapsed() < PATIENCE, "the server does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A landing page and a pack of one prompt.
fn write_site(site: &Path) {
    let pack = site.join("packs/tiny");
    std::fs::create_dir_all(&pack).expect("is made");
    std::fs::write(site.join("index.html"), "<h1>landing</h1>").expect("is written");
    let response = |id: &str| json!({"id": id, "text": id, "made_by": "someone"});
    let prompt =
        json!({"id": "p", "topic": "t", "text": "p", "responses": [response("a"), response("b")]});
    let items = json!({"pack": "tiny", "prompts": [prompt]}).to_string();
    let manifest = json!({
        "schema": 1, "id": "tiny", "title": "Tiny", "version": "1", "licence": "CC0-1.0", "attribution": "nobody",
        "prompts": 1, "responses": 2, "encoder": "none", "dimension": 0,
        "files": [{"role": "items", "name": "items.json", "bytes": items.len(), "sha256": sha256_hex(items.as_bytes())}],
    });
    std::fs::write(pack.join("items.json"), &items).expect("is written");
    std::fs::write(pack.join("manifest.json"), manifest.to_string()).expect("is written");
}

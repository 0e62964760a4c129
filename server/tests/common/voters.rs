//! People who vote whatever happens to the server, and remember what it acknowledged.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{self, PATIENCE, Reply};

/// Votes that a person gives ahead while the server does not answer.
const MOST_UNSENT: usize = 20;

/// `count` people vote while `disturb` runs; what became of their votes.
pub fn vote_during(address: SocketAddr, count: usize, disturb: impl FnOnce()) -> Vec<Outcome> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let voters: Vec<_> = (0..count)
            .map(|_| scope.spawn(|| vote_until(address, &stop)))
            .collect();
        disturb();
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        let voters = voters.into_iter();
        voters
            .map(|voter| voter.join().expect("the client ends well"))
            .collect()
    })
}

/// Holds that what was acknowledged is stored, once, and all that was given was acknowledged in the end; how many votes.
pub fn assert_all_stored_once(address: SocketAddr, outcomes: &[Outcome]) -> usize {
    let mut votes = 0;
    for outcome in outcomes {
        assert_eq!(outcome.outbox.len(), 0, "votes are left unsent");
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
        assert_eq!(
            stored.len(),
            outcome.given,
            "a vote was given but not stored"
        );
        votes += stored.len();
        let (path, body) = outcome.last.as_ref().expect("every client voted");
        let again = post(address, path, &outcome.cookie, body).expect("the server answers");
        assert_eq!(again.status, 200, "a vote from before is known: {again:?}");
    }
    votes
}

/// What became of the votes of one person.
pub struct Outcome {
    cookie: String,
    /// Votes given.
    given: usize,
    /// Judgment by comparison.
    acknowledged: BTreeMap<String, String>,
    /// Votes that the server has not acknowledged, oldest first.
    outbox: VecDeque<Unsent>,
    /// Path and body of the last acknowledged vote.
    last: Option<(String, Value)>,
}

struct Unsent {
    comparison: String,
    /// Kept with the vote from the first try, as browsers do.
    ballot: Option<Value>,
}

/// Gives votes until told to stop, whether the server answers or not, and sends the oldest first; then sends the rest.
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
        given: 0,
        acknowledged: BTreeMap::new(),
        outbox: VecDeque::new(),
        last: None,
    };
    let mut progress = Instant::now();
    loop {
        let goes_on = !stop.load(Ordering::Relaxed) || outcome.given == 0;
        if goes_on && outcome.outbox.len() < MOST_UNSENT {
            outcome.given += 1;
            outcome.outbox.push_back(Unsent {
                comparison: uuid::Uuid::now_v7().to_string(),
                ballot: None,
            });
        }
        let Some(vote) = outcome.outbox.front_mut() else {
            return outcome;
        };
        if let Some((id, path, body)) = deliver(address, &outcome.cookie, vote) {
            let comparison = vote.comparison.clone();
            outcome.outbox.pop_front();
            assert!(outcome.acknowledged.insert(comparison, id).is_none());
            outcome.last = Some((path, body));
            progress = Instant::now();
        } else if progress.elapsed() > PATIENCE {
            return outcome;
        } else {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// One try to send a vote; judgment id, path and body when the server acknowledged it.
fn deliver(
    address: SocketAddr,
    cookie: &str,
    vote: &mut Unsent,
) -> Option<(String, String, Value)> {
    let shown = json!({
        "id": vote.comparison, "pack": "tiny", "prompt": "p", "shown": ["a", "b"],
        "policy": "uniform_random", "propensity": 1.0, "blind": true,
    });
    accepted(address, "POST", "/api/v1/comparisons", cookie, &shown)?;
    if vote.ballot.is_none() {
        let wanted = json!({"count": 1});
        let ballots = accepted(address, "POST", "/api/v1/ballots", cookie, &wanted)?;
        vote.ballot = Some(ballots.body["ballots"][0].clone());
    }
    let body = json!({
        "ballot": vote.ballot,
        "idempotency_key": vote.comparison,
        "judgment": {"outcome": "ranked", "groups": [["a"], ["b"]]},
        "dwell_ms": 1,
    });
    let path = format!("/api/v1/comparisons/{}/judgments", vote.comparison);
    let stored = accepted(address, "POST", &path, cookie, &body)?;
    let id = stored.body["id"].as_str().expect("has an id").to_owned();
    Some((id, path, body))
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
        if let Some(reply) = accepted(address, method, path, cookie, body) {
            return reply;
        }
        assert!(begin.elapsed() < PATIENCE, "{method} {path}: no answer");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// One try; `None` when the server is gone or fails. A refusal is a defect.
fn accepted(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: &Value,
) -> Option<Reply> {
    let reply = call(address, method, path, cookie, Some(body)).ok()?;
    assert!(
        reply.status < 300 || reply.status >= 500,
        "{method} {path}: {reply:?}"
    );
    (reply.status < 300).then_some(reply)
}

fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    cookie: &str,
    body: Option<&Value>,
) -> std::io::Result<Reply> {
    http::call(address, method, path, &[("cookie", cookie)], body)
}

fn post(address: SocketAddr, path: &str, cookie: &str, body: &Value) -> std::io::Result<Reply> {
    call(address, "POST", path, cookie, Some(body))
}

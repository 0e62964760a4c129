//! People who vote over connections that are kept open, as fast as they can or evenly at an offered load. A vote is two
//! requests: what was shown, and the judgment. Any answer but success ends the run, and so does a vote that is missing at
//! its end.

#![allow(dead_code, reason = "the bench and the soak use a part each")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Connections that share a steady load.
pub const STEADY_CLIENTS: usize = 64;
/// Ballots that are fetched at once.
const BALLOTS: usize = 50;

/// Acknowledged votes per second of `clients` that each send the next vote when the last is acknowledged.
/// Each begins with `ballots` ballots and fetches more when they are spent.
pub fn throughput(
    address: SocketAddr,
    clients: usize,
    ballots: usize,
    span: Duration,
) -> Result<f64> {
    let voters = voters(address, clients, ballots)?;
    let begin = Instant::now();
    let given = std::thread::scope(|scope| {
        let running: Vec<_> = voters
            .into_iter()
            .map(|mut voter| {
                scope.spawn(move || -> Result<usize> {
                    let mut given = 0;
                    while begin.elapsed() < span {
                        voter.vote()?;
                        given += 1;
                    }
                    voter.check(given)?;
                    Ok(given)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|voter| voter.join().expect("a voter ends well"))
            .sum::<Result<usize>>()
    })?;
    Ok(given as f64 / span.as_secs_f64())
}

/// Latencies, shortest first, and the votes per second that were acknowledged.
pub struct Steady {
    /// Votes a second.
    pub rate: f64,
    /// Of each request.
    pub requests: Vec<Duration>,
    /// Of each vote, from when it was due.
    pub votes: Vec<Duration>,
}

/// Offers `load` votes a second, evenly spaced, whether the server keeps up or not. Ballots as in [`throughput`].
pub fn steady(address: SocketAddr, load: u32, ballots: usize, span: Duration) -> Result<Steady> {
    let voters = voters(address, STEADY_CLIENTS, ballots)?;
    let begin = Instant::now() + Duration::from_millis(50);
    let gap = Duration::from_secs(1) / load.max(1);
    let timed = std::thread::scope(|scope| {
        let running: Vec<_> = (0u32..)
            .zip(voters)
            .map(|(first, mut voter)| {
                scope.spawn(move || -> Result<Vec<[Duration; 3]>> {
                    let mut timed = Vec::new();
                    let mut due = begin + gap * first;
                    while due < begin + span {
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        let sent = Instant::now();
                        let shown = voter.vote()?;
                        timed.push([shown - sent, shown.elapsed(), due.elapsed()]);
                        due += gap * STEADY_CLIENTS as u32;
                    }
                    voter.check(timed.len())?;
                    Ok(timed)
                })
            })
            .collect();
        let mut all = Vec::new();
        for voter in running {
            all.extend(voter.join().expect("a voter ends well")?);
        }
        anyhow::Ok(all)
    })?;
    let took = begin.elapsed().max(span);
    let mut requests: Vec<Duration> = timed
        .iter()
        .flat_map(|[shown, judged, _]| [*shown, *judged])
        .collect();
    let mut votes: Vec<Duration> = timed.iter().map(|[_, _, vote]| *vote).collect();
    requests.sort();
    votes.sort();
    Ok(Steady {
        rate: timed.len() as f64 / took.as_secs_f64(),
        requests,
        votes,
    })
}

/// The latency that a share of all does not exceed.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

/// Someone with a connection, a session, consent and blank ballots.
struct Voter {
    connection: Connection,
    ballots: Vec<Value>,
}

fn voters(address: SocketAddr, count: usize, ballots: usize) -> Result<Vec<Voter>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..count)
            .map(|_| scope.spawn(move || Voter::prepare(address, ballots)))
            .collect();
        running
            .into_iter()
            .map(|voter| voter.join().expect("a voter ends well"))
            .collect()
    })
}

impl Voter {
    fn prepare(address: SocketAddr, ballots: usize) -> Result<Self> {
        let mut connection = Connection::open(address)?;
        connection.call("POST", "/api/v1/session", "{}")?;
        let consent = json!({"granted": true, "text_version": "1", "locale": "en"}).to_string();
        connection.call("PUT", "/api/v1/consents/publish_votes", &consent)?;
        let mut voter = Self {
            connection,
            ballots: Vec::with_capacity(ballots),
        };
        while voter.ballots.len() < ballots {
            voter.fetch_ballots()?;
        }
        Ok(voter)
    }

    fn fetch_ballots(&mut self) -> Result<()> {
        let wanted = json!({"count": BALLOTS}).to_string();
        let reply = self.connection.call("POST", "/api/v1/ballots", &wanted)?;
        let more = reply["ballots"].as_array().context("there are ballots")?;
        self.ballots.extend(more.iter().cloned());
        Ok(())
    }

    /// Gives a vote, with ids made now as browsers do; when its first request was answered.
    fn vote(&mut self) -> Result<Instant> {
        if self.ballots.is_empty() {
            self.fetch_ballots()?;
        }
        let ballot = self.ballots.pop().context("no ballots were given")?;
        let comparison = uuid::Uuid::now_v7().to_string();
        let shown = json!({
            "id": comparison, "pack": "tiny", "prompt": "p", "shown": ["a", "b"],
            "policy": "uniform_random", "propensity": 1.0, "blind": true,
        });
        let judgment = json!({
            "ballot": ballot, "idempotency_key": uuid::Uuid::now_v7().to_string(), "dwell_ms": 2500,
            "judgment": {"outcome": "ranked", "groups": [["a"], ["b"]]},
            "predictions": [{"method": "eb", "weights": "abc", "p_first": 0.7, "margin_sd": 0.3, "n_fit": 4}],
        });
        self.connection
            .call("POST", "/api/v1/comparisons", &shown.to_string())?;
        let answered = Instant::now();
        let path = format!("/api/v1/comparisons/{comparison}/judgments");
        self.connection.call("POST", &path, &judgment.to_string())?;
        Ok(answered)
    }

    /// Every acknowledged vote is held.
    fn check(&mut self, given: usize) -> Result<()> {
        let me = self.connection.call("GET", "/api/v1/me", "")?;
        ensure!(me["judgments"] == given, "{given} votes, but {me}");
        Ok(())
    }
}

/// A connection that is kept open, with the cookie that it was given.
struct Connection {
    stream: BufReader<TcpStream>,
    cookie: String,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            cookie: String::new(),
        })
    }

    /// One request; fails unless it is answered with success.
    fn call(&mut self, method: &str, path: &str, body: &str) -> Result<Value> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: palate\r\ncookie: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.cookie,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.trim().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim();
            if header.is_empty() {
                break;
            }
            match header.split_once(": ") {
                Some(("content-length", value)) => length = value.parse()?,
                Some(("set-cookie", value)) => {
                    self.cookie = value.split(';').next().unwrap_or_default().to_owned();
                }
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        ensure!(
            status.starts_with("HTTP/1.1 20"),
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }
}

/// Waits until the server answers.
pub fn wait_until_ready(address: SocketAddr) -> Result<()> {
    let begin = Instant::now();
    let answers =
        || Connection::open(address).and_then(|mut open| open.call("GET", "/healthz", ""));
    while answers().is_err() {
        ensure!(
            begin.elapsed() < Duration::from_secs(30),
            "the server does not start"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

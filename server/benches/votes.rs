//! Durable votes per second through the HTTP API against a bare loop of one insert per commit on the same database, and
//! latency at a steady offered load. A vote is two requests: what was shown, and the judgment.
//!
//! On SQLite, or on the PostgreSQL server of `PALATE_TEST_DATABASE`.

#[path = "../tests/common/database.rs"]
mod database;
#[path = "../tests/common/process.rs"]
mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palate_server::db::Db;
use palate_server::db::place::Place;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// How long each throughput is measured.
const SPAN: Duration = Duration::from_secs(4);
/// How long each steady load is offered.
const STEADY_SPAN: Duration = Duration::from_secs(10);
/// Clients that vote as fast as they can.
const CLIENTS: [usize; 3] = [1, 4, 32];
/// Offered loads, votes a second: 500 votes are the 1,000 requests of the bar.
const LOADS: [u32; 2] = [500, 1_000];
/// Connections that share a steady load.
const STEADY_CLIENTS: usize = 64;
/// More votes a second than one client can give.
const FASTEST_CLIENT: usize = 1_500;
/// Most votes that the server is expected to take in a second, all clients together.
const FASTEST_SERVER: usize = 8_000;

fn main() -> Result<()> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    process::write_site(dir.path());
    let address = process::free_address();
    let mut server = process::start(dir.path(), address);
    let measured = measure(dir.path(), address);
    // It may have ended by itself; then `measured` says more than a failed kill.
    drop(server.kill());
    server.wait()?;
    measured
}

fn measure(dir: &Path, address: SocketAddr) -> Result<()> {
    wait_until_ready(address)?;
    let before = bare_inserts(dir, "before")?;
    let mut rates = Vec::new();
    for clients in CLIENTS {
        rates.push((clients, throughput(address, clients)?));
    }
    let after = bare_inserts(dir, "after")?;
    let bare = (before + after) / 2.0;
    let database = if database::server().is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    println!(
        "\n{database}: bare loop, one insert per commit: {before:.0}/s before, {after:.0}/s after\n"
    );
    println!(
        "{:>8}  {:>8}  {:>14}",
        "clients", "votes/s", "ratio to bare"
    );
    for (clients, rate) in rates {
        println!("{clients:>8}  {rate:>8.0}  {:>14.2}", rate / bare);
    }
    println!(
        "\n{:>8}  {:>8}  {:>13}  {:>13}  {:>13}  {:>13}",
        "offered", "held", "request p50", "request p99", "vote p50", "vote p99"
    );
    for load in LOADS {
        let steady = steady(address, load)?;
        let ms = |latencies: &[Duration], share: f64| {
            format!("{:.1} ms", quantile(latencies, share).as_secs_f64() * 1e3)
        };
        println!(
            "{:>6}/s  {:>6.0}/s  {:>13}  {:>13}  {:>13}  {:>13}",
            load,
            steady.rate,
            ms(&steady.requests, 0.5),
            ms(&steady.requests, 0.99),
            ms(&steady.votes, 0.5),
            ms(&steady.votes, 0.99)
        );
    }
    println!("\nA vote's time runs from when it was due, so waiting for a free connection counts.");
    Ok(())
}

/// Inserts per second, each in its own commit, with the server's own settings: into a file of its own, or into a table beside
/// the server's.
fn bare_inserts(dir: &Path, name: &str) -> Result<f64> {
    let url = database::text_now(dir);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let table =
            format!("CREATE TABLE bare_{name} (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL)");
        let insert = format!("INSERT INTO bare_{name} (id, body) VALUES ($1, $2)");
        match url {
            Some(url) => {
                let mut writer = PgConnection::connect(&url).await?;
                sqlx::raw_sql("SET synchronous_commit = on")
                    .execute(&mut writer)
                    .await?;
                sqlx::raw_sql(AssertSqlSafe(table))
                    .execute(&mut writer)
                    .await?;
                rate(async |id, body| {
                    let insert = sqlx::query(AssertSqlSafe(insert.as_str()));
                    let done = insert.bind(id).bind(body).execute(&mut writer).await;
                    done.map(drop)
                })
                .await
            }
            None => {
                let db = Db::open(&Place::File(dir.join(name).with_extension("db"))).await?;
                let mut writer = db.writer().acquire().await?;
                writer.run(AssertSqlSafe(table)).await?;
                rate(async |id, body| {
                    let insert = writer.query(AssertSqlSafe(insert.as_str()));
                    insert.bind(id).bind(body).execute().await.map(drop)
                })
                .await
            }
        }
    })
}

/// How often a second a row is inserted.
async fn rate(mut insert: impl AsyncFnMut(String, &str) -> sqlx::Result<()>) -> Result<f64> {
    let body = "x".repeat(400);
    let begin = Instant::now();
    let mut inserts = 0u32;
    while begin.elapsed() < SPAN {
        insert(uuid::Uuid::now_v7().to_string(), &body).await?;
        inserts += 1;
    }
    Ok(f64::from(inserts) / begin.elapsed().as_secs_f64())
}

/// Acknowledged votes per second of `clients` that each send the next vote when the last is acknowledged.
fn throughput(address: SocketAddr, clients: usize) -> Result<f64> {
    let seconds = SPAN.as_secs_f64().ceil() as usize;
    let each = FASTEST_CLIENT.min(FASTEST_SERVER / clients) * seconds;
    let voters = voters(address, clients, each)?;
    let begin = Instant::now();
    let given = std::thread::scope(|scope| {
        let running: Vec<_> = voters
            .into_iter()
            .map(|mut voter| {
                scope.spawn(move || -> Result<usize> {
                    let mut given = 0;
                    while begin.elapsed() < SPAN {
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
    Ok(given as f64 / SPAN.as_secs_f64())
}

/// Latencies, shortest first, and the votes per second that were acknowledged.
struct Steady {
    rate: f64,
    requests: Vec<Duration>,
    votes: Vec<Duration>,
}

/// Offers `load` votes a second, evenly spaced, whether the server keeps up or not.
fn steady(address: SocketAddr, load: u32) -> Result<Steady> {
    let all = load as usize * STEADY_SPAN.as_secs_f64() as usize;
    let voters = voters(address, STEADY_CLIENTS, all.div_ceil(STEADY_CLIENTS))?;
    let begin = Instant::now() + Duration::from_millis(50);
    let gap = Duration::from_secs(1) / load;
    let timed = std::thread::scope(|scope| {
        let running: Vec<_> = (0u32..)
            .zip(voters)
            .map(|(first, mut voter)| {
                scope.spawn(move || -> Result<Vec<[Duration; 3]>> {
                    let mut timed = Vec::new();
                    let mut due = begin + gap * first;
                    while due < begin + STEADY_SPAN {
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
    let span = begin.elapsed().max(STEADY_SPAN);
    let mut requests: Vec<Duration> = timed
        .iter()
        .flat_map(|[shown, judged, _]| [*shown, *judged])
        .collect();
    let mut votes: Vec<Duration> = timed.iter().map(|[_, _, vote]| *vote).collect();
    requests.sort();
    votes.sort();
    Ok(Steady {
        rate: timed.len() as f64 / span.as_secs_f64(),
        requests,
        votes,
    })
}

fn quantile(sorted: &[Duration], share: f64) -> Duration {
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

fn voters(address: SocketAddr, count: usize, votes: usize) -> Result<Vec<Voter>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..count)
            .map(|_| scope.spawn(move || Voter::prepare(address, votes)))
            .collect();
        running
            .into_iter()
            .map(|voter| voter.join().expect("a voter ends well"))
            .collect()
    })
}

impl Voter {
    fn prepare(address: SocketAddr, votes: usize) -> Result<Self> {
        let mut connection = Connection::open(address)?;
        connection.call("POST", "/api/v1/session", "{}")?;
        let consent = json!({"granted": true, "text_version": "1", "locale": "en"}).to_string();
        connection.call("PUT", "/api/v1/consents/publish_votes", &consent)?;
        let mut ballots = Vec::with_capacity(votes);
        while ballots.len() < votes {
            let reply = connection.call("POST", "/api/v1/ballots", r#"{"count": 50}"#)?;
            let more = reply["ballots"].as_array().context("there are ballots")?;
            ballots.extend(more.iter().cloned());
        }
        Ok(Self {
            connection,
            ballots,
        })
    }

    /// Gives a vote, with ids made now as browsers do; when its first request was answered.
    fn vote(&mut self) -> Result<Instant> {
        let ballot = self.ballots.pop().context("more votes than ballots")?;
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

fn wait_until_ready(address: SocketAddr) -> Result<()> {
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

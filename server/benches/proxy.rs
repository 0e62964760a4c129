//! What the proxy of language models adds: time to the first token at 20 streams, and throughput at 500, against the same
//! upstream called directly, in the same run and by the same client. Direct and proxied rounds take turns.

#[path = "../tests/common/database.rs"]
mod database;
#[path = "../tests/common/http.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod http;
#[path = "../tests/common/process.rs"]
mod process;
#[path = "../tests/common/upstream.rs"]
mod upstream;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use upstream::Upstream;

/// Streams that run at once while first tokens are timed; each begins anew when it ended, at its own time.
const FEW: usize = 20;
/// How often each of them begins in a round, and rounds of each way.
const BEGINNINGS: usize = 8;
const ROUNDS: usize = 5;
/// Shares of the times that are printed; the second is held to the bar.
const SHARES: [f64; 3] = [0.5, 0.95, 0.99];
/// Streams whose throughput is measured.
const MANY: usize = 500;
/// Tokens of each.
const TOKENS: usize = 300;
/// Milliseconds between two tokens: 20 and 50 tokens a second for each stream.
const GAPS: [usize; 2] = [50, 20];
/// Direct and proxied, this many times each.
const TURNS: usize = 2;
/// Bars: milliseconds added to the first token at p95, and the share of the throughput.
const MOST_ADDED_MS: f64 = 5.0;
const LEAST_SHARE: f64 = 0.95;

/// Everything that holds back many streams of one person is out of the way; all else is as delivered.
const MODELS: &str = r#"
[limits]
per_person = 2000
together = 2000
buffers = 4000
[budget]
person_generations = 1000000
network_generations = 1000000
total_generations = 1000000
[allow]
hosts = ["127.0.0.1"]
"#;

fn main() -> Result<()> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    process::write_site(dir.path());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let upstream = runtime.block_on(Upstream::start(0))?;
    let address = process::free_address();
    let models = dir.path().join("models.toml");
    std::fs::write(&models, catalogue(&upstream))?;
    let mut server = process::command(dir.path(), address)
        .args(["--pow-bits", "0", "--limit-calls", "off"])
        .args([
            "--limit-sessions",
            "off",
            "--limit-writes",
            "off",
            "--models",
        ])
        .arg(&models)
        .env("RUST_LOG", "error")
        .spawn()?;
    let measured = runtime.block_on(measure(server.id(), address, &upstream));
    // It may have ended by itself; then `measured` says more than a failed kill.
    drop(server.kill());
    server.wait()?;
    measured
}

/// Names of the models: for first tokens, and one for each gap.
fn models() -> Vec<(String, String)> {
    let first = (
        "first".to_owned(),
        "stream?tokens=10&first_ms=40&gap_ms=30".to_owned(),
    );
    let paced = GAPS.map(|gap| {
        let upstream = format!("stream?tokens={TOKENS}&gap_ms={gap}");
        (format!("gap{gap}"), upstream)
    });
    [first].into_iter().chain(paced).collect()
}

fn catalogue(upstream: &Upstream) -> String {
    let mut text = MODELS.to_owned();
    for (id, name) in models() {
        text.push_str(&format!(
            "[[models]]\nid = \"{id}\"\nname = \"Bench\"\nbase_url = \"{}\"\nupstream = \"{name}\"\nlicence = \"none\"\n\
             retention = \"nothing\"\n",
            upstream.base_url()
        ));
    }
    text
}

async fn measure(server: u32, address: SocketAddr, upstream: &Upstream) -> Result<()> {
    tokio::task::spawn_blocking(move || http::wait_until_ready(address)).await?;
    // reqwest is built without a default for TLS, which nothing here uses.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .tcp_nodelay(true)
        .pool_max_idle_per_host(2 * MANY)
        .build()?;
    let session = client
        .post(format!("http://{address}/api/v1/session"))
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .await?;
    let cookie = session.headers().get("set-cookie").context("a cookie")?;
    let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
    let ways = Ways {
        client,
        direct: format!("{}/chat/completions", upstream.base_url()),
        proxy: format!("http://{address}/api/v1"),
        cookie: cookie.to_owned(),
    };
    let added = first_tokens(&ways).await?;
    let share = throughput(&ways, server).await?;
    println!(
        "\nbars: {MOST_ADDED_MS} ms added at most ({}), {LEAST_SHARE} of the throughput at least ({})",
        verdict(added <= MOST_ADDED_MS),
        verdict(share >= LEAST_SHARE)
    );
    Ok(())
}

fn verdict(holds: bool) -> &'static str {
    if holds { "held" } else { "MISSED" }
}

/// Both ways to the same models.
struct Ways {
    client: Client,
    direct: String,
    proxy: String,
    cookie: String,
}

/// Times of one stream from the request on, and the bytes of text in it.
#[derive(Clone, Copy)]
struct Timed {
    first: Duration,
    text: usize,
}

impl Ways {
    async fn stream(&self, id: &str, upstream: &str, is_direct: bool) -> Result<Timed> {
        if is_direct {
            self.directly(upstream).await
        } else {
            self.proxied(id).await
        }
    }

    async fn directly(&self, upstream: &str) -> Result<Timed> {
        let begin = Instant::now();
        let body = json!({
            "model": upstream, "stream": true, "messages": [{"role": "user", "content": "Tell me something"}],
        });
        let request = self.client.post(&self.direct);
        hear(
            send(request, body.to_string()).await?,
            begin,
            "\"content\":\"",
        )
        .await
    }

    /// Both calls, as a page makes them.
    async fn proxied(&self, id: &str) -> Result<Timed> {
        let begin = Instant::now();
        let generation = uuid::Uuid::now_v7();
        let body = json!({
            "id": generation, "model": id, "prompt": {"text": "Tell me something"}, "candidates": 1, "default_answer": false,
        });
        let request = self.client.post(format!("{}/generate", self.proxy));
        let begun = send(request.header("cookie", &self.cookie), body.to_string()).await?;
        begun.bytes().await?;
        let path = format!("{}/comparisons/{generation}/stream", self.proxy);
        let request = self.client.get(path).header("cookie", &self.cookie);
        let response = request.send().await?.error_for_status()?;
        hear(response, begin, "\"text\":\"").await
    }
}

async fn send(request: RequestBuilder, body: String) -> Result<reqwest::Response> {
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let response = request.send().await?;
    ensure!(
        response.status().is_success(),
        "{}: {}",
        response.status(),
        response.text().await?
    );
    Ok(response)
}

/// Reads a stream to its end; the text is what follows `mark` in each event.
async fn hear(mut response: reqwest::Response, begin: Instant, mark: &str) -> Result<Timed> {
    let mut first = None;
    let mut text = 0;
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk);
        let mut read = 0;
        while let Some(end) = rest[read..].iter().position(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(&rest[read..read + end])?;
            read += end + 1;
            if let Some((_, content)) = line.split_once(mark) {
                first.get_or_insert_with(|| begin.elapsed());
                text += content.find('"').unwrap_or_default();
            }
        }
        rest.drain(..read);
    }
    Ok(Timed {
        first: first.context("an answer has text")?,
        text,
    })
}

/// Milliseconds by which the time that 95 of 100 first tokens take is longer through the proxy.
async fn first_tokens(ways: &Ways) -> Result<f64> {
    let (id, upstream) = &models()[0];
    let mut all = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let mut times = [Vec::new(), Vec::new()];
        for (times, is_direct) in times.iter_mut().zip([true, false]) {
            let running = (0..FEW).map(async |number| {
                // Streams that begin together would be timed as a burst.
                tokio::time::sleep(Duration::from_millis(17 * number as u64)).await;
                let mut first = Vec::new();
                for _ in 0..BEGINNINGS {
                    let timed = ways.stream(id, upstream, is_direct).await?;
                    first.push(timed.first.as_secs_f64() * 1e3);
                }
                anyhow::Ok(first)
            });
            *times = try_join_all(running).await?.concat();
        }
        // The first round opens the connections.
        if round > 0 {
            for (all, times) in all.iter_mut().zip(times) {
                all.extend(times);
            }
        }
    }
    println!(
        "\nfirst token at {FEW} streams ({} of each), ms; the upstream itself takes 40",
        all[0].len()
    );
    println!("{:>10}  {:>8}  {:>8}  {:>8}", "", "p50", "p95", "p99");
    for times in &mut all {
        times.sort_by(f64::total_cmp);
    }
    let at = SHARES.map(|share| all.each_ref().map(|times| quantile(times, share)));
    print_times("direct", at.map(|[direct, _]| direct));
    print_times("proxied", at.map(|[_, proxied]| proxied));
    let added = at.map(|[direct, proxied]| proxied - direct);
    print_times("added", added);
    Ok(added[1])
}

fn print_times(name: &str, [p50, p95, p99]: [f64; 3]) {
    println!("{name:>10}  {p50:>8.2}  {p95:>8.2}  {p99:>8.2}");
}

/// The smaller share of the direct throughput that goes through the proxy.
async fn throughput(ways: &Ways, server: u32) -> Result<f64> {
    println!("\n{MANY} streams of {TOKENS} tokens at once, bytes of text a second");
    println!(
        "{:>10}  {:>10}  {:>10}  {:>10}  {:>8}  {:>18}",
        "tokens/s", "offered", "direct", "proxied", "share", "server's µs/token"
    );
    let mut least = f64::INFINITY;
    for (gap, (id, upstream)) in GAPS.into_iter().zip(models().into_iter().skip(1)) {
        let mut rates = [0.0; 2];
        let before = cpu_seconds(server)?;
        for _ in 0..TURNS {
            for (rate, is_direct) in rates.iter_mut().zip([true, false]) {
                let begin = Instant::now();
                let streams = (0..MANY).map(|_| ways.stream(&id, &upstream, is_direct));
                let timed = try_join_all(streams).await?;
                let bytes: usize = timed.iter().map(|timed| timed.text).sum();
                ensure!(
                    bytes == MANY * upstream::behaviour::prose(TOKENS).len(),
                    "text is missing"
                );
                *rate += bytes as f64 / begin.elapsed().as_secs_f64() / TURNS as f64;
            }
        }
        let per_token = upstream::behaviour::prose(TOKENS).len() as f64 / TOKENS as f64;
        let offered = MANY as f64 * per_token * 1e3 / gap as f64;
        let share = rates[1] / rates[0];
        least = least.min(share);
        let each = (cpu_seconds(server)? - before) * 1e6 / (TURNS * MANY * TOKENS) as f64;
        println!(
            "{:>10}  {offered:>10.0}  {:>10.0}  {:>10.0}  {share:>8.3}  {each:>18.1}",
            1_000 / gap,
            rates[0],
            rates[1]
        );
    }
    Ok(least)
}

/// Processor time of a process so far.
fn cpu_seconds(process: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // What follows the name, which may hold spaces; times are in hundredths of a second.
    let (_, fields) = text.rsplit_once(") ").context("a line of numbers")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("two times")?;
    Ok((user + system) / 100.0)
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

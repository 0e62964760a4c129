//! Durable votes per second through the HTTP API against a bare loop of the same inserts on the same database, and latency
//! at a steady offered load. A vote is two requests, what was shown and the judgment, so the bare loop commits twice a vote.
//! Beside it stands the rate of single rows of 400 bytes, one a commit: what no vote can do with fewer commits.
//!
//! On SQLite, or on the PostgreSQL server of `PALATE_TEST_DATABASE`.

#[path = "../tests/common/database.rs"]
mod database;
#[path = "votes/floor.rs"]
mod floor;
#[path = "../tests/common/load.rs"]
mod load;
#[path = "../tests/common/process.rs"]
mod process;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use floor::Floor;
use load::{quantile, steady, throughput, wait_until_ready};

/// How long each throughput is measured.
const SPAN: Duration = Duration::from_secs(4);
/// How long each steady load is offered.
const STEADY_SPAN: Duration = Duration::from_secs(10);
/// Clients that vote as fast as they can.
const CLIENTS: [usize; 3] = [1, 4, 32];
/// Offered loads, votes a second: 500 votes are the 1,000 requests of the bar.
const LOADS: [u32; 2] = [500, 1_000];
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
    let before = Floor::measure(dir, "before", SPAN)?;
    let mut rates = Vec::new();
    for clients in CLIENTS {
        let seconds = SPAN.as_secs_f64().ceil() as usize;
        let ballots = FASTEST_CLIENT.min(FASTEST_SERVER / clients) * seconds;
        rates.push((clients, throughput(address, clients, ballots, SPAN)?));
    }
    let after = Floor::measure(dir, "after", SPAN)?;
    let mean = |of: fn(&Floor) -> f64| (of(&before) + of(&after)) / 2.0;
    let (votes, rows) = (mean(|floor| floor.votes), mean(|floor| floor.rows));
    let database = if database::server().is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    println!(
        "\n{database}: bare loop of the same inserts: {:.0} votes/s before, {:.0}/s after; of single rows: {:.0}/s before, \
         {:.0}/s after\n",
        before.votes, after.votes, before.rows, after.rows
    );
    println!(
        "{:>8}  {:>8}  {:>20}  {:>20}",
        "clients", "votes/s", "to the same inserts", "to single rows"
    );
    for (clients, rate) in rates {
        println!(
            "{clients:>8}  {rate:>8.0}  {:>20.2}  {:>20.2}",
            rate / votes,
            rate / rows
        );
    }
    println!(
        "\n{:>8}  {:>8}  {:>13}  {:>13}  {:>13}  {:>13}",
        "offered", "held", "request p50", "request p99", "vote p50", "vote p99"
    );
    for load in LOADS {
        let each = load as usize * STEADY_SPAN.as_secs() as usize / load::STEADY_CLIENTS + 1;
        let steady = steady(address, load, each, STEADY_SPAN)?;
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

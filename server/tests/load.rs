//! A server under a steady load at 70 % of what it can take: no request fails, every acknowledged vote is there at the end,
//! and memory does not grow.
//!
//! `PALATE_SOAK_SECONDS` sets how long (default 2: too short to say anything of memory).

#[path = "common/database.rs"]
mod database;
#[path = "common/load.rs"]
mod load;
#[path = "common/process.rs"]
mod process;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use load::{quantile, steady, throughput, wait_until_ready};

/// Clients that look for the most that the server takes.
const CLIENTS: usize = 32;
/// The share of it that is offered.
const SHARE: f64 = 0.7;
/// Between two looks at the server's memory.
const LOOK: Duration = Duration::from_secs(5);
/// Fewest looks in a third of the time for a word on memory.
const FEWEST_LOOKS: usize = 12;
/// How much more the last third of the time may hold than the second one, as a share.
const GROWTH: f64 = 0.03;
/// Kibibytes that it may hold more whatever the share.
const ALLOWANCE: f64 = 2_048.0;

#[test]
fn a_steady_load_loses_no_vote_and_takes_no_more_and_more_memory() {
    let seconds: u64 = std::env::var("PALATE_SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2);
    let span = Duration::from_secs(seconds);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("has a temporary folder");
    process::write_site(dir.path());
    let address = process::free_address();
    let server = process::Killed(process::start(dir.path(), address));
    wait_until_ready(address).expect("starts");
    let short = span.min(Duration::from_secs(10));
    let peak = throughput(address, CLIENTS, 50, short).expect("no request fails at the peak");
    let offered = (peak * SHARE) as u32;

    let process = server.0.id();
    let (stop, stopped) = mpsc::channel::<()>();
    let looking = std::thread::spawn(move || {
        let mut held = Vec::new();
        while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            held.extend(resident(process));
        }
        held
    });
    let steady = steady(address, offered, 50, span).expect("no request fails, no vote is missing");
    drop(stop);
    let held = looking.join().expect("looks on");

    let ms = |share| quantile(&steady.requests, share).as_secs_f64() * 1e3;
    println!(
        "most: {peak:.0} votes/s; offered {offered}/s for {seconds} s, held {:.0}/s: {} votes, none missing, no error; \
         requests p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        steady.rate,
        steady.votes.len(),
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
    let third = held.len() / 3;
    if third < FEWEST_LOOKS {
        println!("memory: {} looks are too few to say anything", held.len());
        return;
    }
    let [first, second, last] =
        [0, third, held.len() - third].map(|from| median(&held[from..from + third]));
    println!(
        "memory: {:.1} MiB in the first third, {:.1} in the second, {:.1} in the last",
        first / 1_024.0,
        second / 1_024.0,
        last / 1_024.0
    );
    assert!(
        last <= second * (1.0 + GROWTH) + ALLOWANCE,
        "memory grew from {second} to {last} KiB: {held:?}"
    );
}

/// Kibibytes that a process holds in memory; nothing where the system does not say.
fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn median(held: &[f64]) -> f64 {
    let mut sorted = held.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

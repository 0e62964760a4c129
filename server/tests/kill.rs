//! `kill -9` under load: no acknowledged judgment is missing, none is stored twice, and in the end none is left unsent.
//!
//! `PALATE_KILL_ROUNDS` sets how often the server is killed (default 5).

#[path = "common/database.rs"]
mod database;
#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;
#[path = "common/voters.rs"]
mod voters;

use std::time::Duration;

use http::wait_until_ready;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const CLIENTS: usize = 8;

#[test]
fn acknowledged_judgments_survive_kill_9_exactly_once() {
    let rounds: u32 = std::env::var("PALATE_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let dir = tempfile::tempdir().expect("has a temporary folder");
    process::write_site(dir.path());
    let address = process::free_address();
    let start = || {
        let server = process::Killed(process::start(dir.path(), address));
        wait_until_ready(address);
        server
    };
    let mut server = start();
    let mut random = StdRng::seed_from_u64(u64::from(rounds));
    let outcomes = voters::vote_during(address, CLIENTS, || {
        for _ in 0..rounds {
            std::thread::sleep(Duration::from_millis(random.random_range(100..600)));
            server.0.kill().expect("is killed");
            server.0.wait().expect("is gone");
            server = start();
        }
    });
    let votes = voters::assert_all_stored_once(address, &outcomes);
    eprintln!(
        "{rounds} kills, {CLIENTS} clients, {votes} judgments acknowledged: none missing, none twice, none unsent"
    );
}

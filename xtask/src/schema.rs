//! Generated calls (Schemathesis) over the served OpenAPI document, against the real binary.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{env, python};

/// Settings of the server that keep its protection against floods out of the way.
const UNLIMITED: &[(&str, &str)] = &[
    ("PALATE_POW_BITS", "0"),
    ("PALATE_LIMIT_CALLS", "off"),
    ("PALATE_LIMIT_SESSIONS", "off"),
    ("PALATE_LIMIT_RECOVERY", "off"),
    ("PALATE_LIMIT_WRITES", "off"),
];

/// Answers that only calls with real packs, ballots and ids get; a run that misses one has proved little.
const MUST_HAPPEN: &[&str] = &[
    "start_session 201",
    "record_comparison 201",
    "judge_comparison 201",
    "revise_judgment 201",
    "generate 201",
    "stream_generation 200",
    "stop_generation 204",
    "reveal_generation 200",
    "keep_blind_test 201",
    "write_profile 204",
    "read_profile 200",
    "enter_by_recovery_code 200",
    "read_release_file 200",
    "remove_person 200",
];

/// How much is asked.
pub(crate) struct Amount {
    /// Generated cases of each operation, and scenarios of linked calls.
    pub(crate) examples: u32,
    /// How often, each time with another seed.
    pub(crate) rounds: u32,
    /// Fewer requests than this are a failure.
    pub(crate) least: u64,
}

/// About a thousand requests.
pub(crate) const SHORT: Amount = Amount {
    examples: 20,
    rounds: 1,
    least: 500,
};

/// The long run.
pub(crate) const LONG: Amount = Amount {
    examples: 250,
    rounds: 4,
    least: 20_000,
};

/// Runs all phases and prints requests by operation and status.
pub(crate) fn check(amount: &Amount) -> Result<()> {
    env::build("palate")?;
    let folder = env::root().join("server/tests/schemathesis");
    let python = python::interpreter(&folder.join("requirements.txt"))?;
    let program = python.with_file_name("schemathesis");
    let work = std::env::temp_dir().join(format!("palate-schema-{}", std::process::id()));
    let result = run(amount, &folder, &program, &work);
    std::fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))?;
    result
}

fn run(amount: &Amount, folder: &Path, program: &Path, work: &Path) -> Result<()> {
    let server = Server::start(work)?;
    let mut answers: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..=amount.rounds {
        let counts = work.join(format!("counts-{seed}.json"));
        let passed = env::run(
            Command::new(program)
                .arg("--config-file")
                .arg(folder.join("schemathesis.toml"))
                .arg("run")
                .arg(format!("{}{}", server.url, palate_shared::routes::OPENAPI))
                .args(["--seed", &seed.to_string()])
                .args(["--max-examples", &amount.examples.to_string()])
                .args(["--workers", "1", "--no-color", "--warnings", "off"])
                .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
                .env("HYPOTHESIS_STORAGE_DIRECTORY", work.join("hypothesis"))
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("PALATE_SCHEMA_URL", &server.url)
                .env("PALATE_SCHEMA_SEED", seed.to_string())
                .env("PALATE_SCHEMA_COUNTS", &counts)
                .current_dir(work),
        );
        if let Ok(bytes) = std::fs::read(&counts) {
            let counted: BTreeMap<String, u64> = serde_json::from_slice(&bytes)?;
            for (answer, count) in counted {
                *answers.entry(answer).or_default() += count;
            }
        }
        if passed.is_err() {
            print_table(&answers);
            return passed;
        }
    }
    print_table(&answers);
    let requests: u64 = answers.values().sum();
    ensure!(
        requests >= amount.least,
        "only {requests} requests, where {} are wanted",
        amount.least
    );
    let missed: Vec<&str> = MUST_HAPPEN
        .iter()
        .copied()
        .filter(|answer| !answers.contains_key(*answer))
        .collect();
    ensure!(missed.is_empty(), "never seen: {}", missed.join(", "));
    println!("\n{requests} requests, no finding");
    Ok(())
}

/// Requests by operation and status class; names are `operation status`.
fn print_table(counts: &BTreeMap<String, u64>) {
    let mut rows: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    let mut all = [0; 4];
    for (name, count) in counts {
        let (operation, status) = name.rsplit_once(' ').unwrap_or((name, "5"));
        let class = status
            .as_bytes()
            .first()
            .map_or(3, |digit| usize::from(digit.saturating_sub(b'2')).min(3));
        rows.entry(operation).or_default()[class] += count;
        all[class] += count;
    }
    println!(
        "\n{:<24} {:>8} {:>8} {:>8} {:>8}",
        "operation", "2xx", "3xx", "4xx", "5xx"
    );
    for (operation, [ok, moved, refused, failed]) in rows.into_iter().chain([("all", all)]) {
        println!("{operation:<24} {ok:>8} {moved:>8} {refused:>8} {failed:>8}");
    }
}

/// The built server on a folder of its own, with the packs and one release; stopped when dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(work: &Path) -> Result<Self> {
        let site = work.join("site");
        let data = work.join("data");
        std::fs::create_dir_all(&site)?;
        std::fs::write(
            site.join("index.html"),
            "<!doctype html><title>Palate</title>",
        )?;
        std::os::unix::fs::symlink(env::root().join("public/packs"), site.join("packs"))?;
        let binary: PathBuf = env::target_dir().join("release/palate");
        let mut process = Command::new(&binary)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(&data)
            .arg("--site")
            .arg(&site)
            .envs(UNLIMITED.iter().copied())
            .env("RUST_LOG", "info,sqlx=warn")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let log = process.stderr.take().context("the server has no log")?;
        let mut server = Self {
            process,
            url: String::new(),
        };
        let mut lines = BufReader::new(log).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some((_, address)) = line.split_once("listening on ") {
                server.url = address.split(' ').next().unwrap_or_default().to_owned();
                break;
            }
        }
        ensure!(
            !server.url.is_empty(),
            "the server did not say where it listens"
        );
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains("ERROR") {
                    eprintln!("{line}");
                }
            }
        });
        env::run(
            Command::new(&binary)
                .args(["release", "build", "--data-dir"])
                .arg(&data)
                .arg("--out")
                .arg(data.join("releases/2026-11-23"))
                .env("RUST_LOG", "warn"),
        )?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; its folder is removed in any case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

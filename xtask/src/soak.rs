//! Long checks; `cargo xtask test` runs a short version of each.

use std::process::Command;

use anyhow::{Result, bail};

use crate::postgres::{Cluster, Disk};
use crate::{env, fuzz, python, schema};

/// Runs one soak.
pub(crate) fn soak(name: &str) -> Result<()> {
    match name {
        // Kills the server 200 times under load; no acknowledged judgment may be missing, none may be there twice, and in the
        // end no vote may be left unsent.
        "kill" => env::run(server_test("kill", "").env("PALATE_KILL_ROUNDS", "200")),
        // 1,000 answers of a language model broken off at random: the ledger is the bill, row by row. Then 10,000 streams that
        // end in every way: no more memory, tasks and connections than before.
        "generation" => {
            let broken_off = "whenever_answers_are_broken_off";
            env::run(
                server_test("generation", broken_off).env("PALATE_GENERATION_ABORTS", "1000"),
            )?;
            let leaks = "streams_leave_no_task_connection_or_memory_behind";
            env::run(server_test("generation", leaks).env("PALATE_GENERATION_STREAMS", "10000"))
        }
        // Ten minutes at 70 % of the most votes a second, on both databases: no error, no vote lost, no more and more memory.
        "votes" => {
            let seconds = std::env::var("PALATE_SOAK_SECONDS").unwrap_or_else(|_| "600".to_owned());
            let load = || {
                let mut command = server_test("load", "a_steady_load");
                command.env("PALATE_SOAK_SECONDS", &seconds);
                command
            };
            env::run(&mut load())?;
            let cluster = Cluster::start(Disk::Waits)?;
            env::run(load().env("PALATE_TEST_DATABASE", cluster.url()))
        }
        // The proxy against a server of the OpenAI protocol that is not ours.
        "independent" => independent(),
        // At least 20,000 generated calls over the OpenAPI document; no failure and no answer that the document does not name.
        "api" => schema::check(&schema::LONG),
        // Ten minutes of mutated input for each reader of files from anywhere.
        "fuzz" => fuzz::run(),
        other => {
            bail!("no soak {other}; there are: kill, generation, votes, independent, api, fuzz")
        }
    }
}

/// Tests of one binary of the server whose names hold `filter`, which print what they counted.
fn server_test(binary: &str, filter: &str) -> Command {
    let mut command = env::native("test");
    command
        .args(["--test", binary])
        .args(["--", "--nocapture", filter]);
    command
}

fn independent() -> Result<()> {
    env::build("palate")?;
    let folder = env::root().join("server/tests/independent");
    let python = python::interpreter(&folder.join("requirements.txt"))?;
    env::run(
        Command::new(python)
            .arg("-B")
            .arg(folder.join("run.py"))
            .env("PALATE_BIN", env::target_dir().join("release/palate")),
    )
}

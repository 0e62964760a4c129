//! Measurements as ratios within one run.

use std::process::Command;

use anyhow::{Result, bail};

use crate::postgres::{Cluster, Disk};
use crate::{Part, env, exports, npm, python, site, weights};

/// Runs one bench and prints its table.
pub(crate) fn bench(name: &str) -> Result<()> {
    match name {
        "encoder" | "long" | "refit" | "session" => in_browser(&mut playwright(name)),
        "page" => {
            let python = python::interpreter(&env::root().join("e2e/peers/requirements.txt"))?;
            in_browser(playwright(name).env("PALATE_PEERS_PYTHON", python))
        }
        "lighthouse" => {
            npm::link(&env::root().join("e2e/peers"))?;
            in_browser(&mut playwright(name))
        }
        "visitors" => {
            env::build("palate-lab")?;
            let lab = env::target_dir().join("release/palate-lab");
            env::run(
                Command::new(lab)
                    .args([
                        "visitors-eval",
                        "--pack",
                        "public/packs/starter",
                        "--out",
                        "docs/simulated-visitors.md",
                    ])
                    .current_dir(env::root()),
            )
        }
        "release" => exports::bench(),
        "votes" => {
            env::run(&mut of_server(name))?;
            let cluster = Cluster::start(Disk::Waits)?;
            env::run(of_server(name).env("PALATE_TEST_DATABASE", cluster.url()))
        }
        "proxy" | "reads" => env::run(&mut of_server(name)),
        "crowd" => env::cargo(&[
            "bench",
            "--profile",
            "release",
            "-p",
            "palate-crowd",
            "--bench",
            name,
        ]),
        other => bail!(
            "no bench {other}; there are: crowd, encoder, lighthouse, long, page, proxy, reads, refit, release, session, visitors, votes"
        ),
    }
}

/// The command that runs a bench of the server.
fn of_server(name: &str) -> Command {
    let mut command = env::native("bench");
    command.args(["--bench", name]);
    command
}

/// The command that runs `e2e/bench/NAME*.bench.ts`.
fn playwright(name: &str) -> Command {
    let mut command = Command::new("node");
    command
        .args([
            "node_modules/@playwright/test/cli.js",
            "test",
            "--config",
            "bench.config.ts",
        ])
        .arg(format!("/bench/{name}\\."))
        .current_dir(env::root().join("e2e"));
    command
}

/// Runs a bench in Chromium against the real server and site.
fn in_browser(playwright: &mut Command) -> Result<()> {
    crate::test::prepare_browser()?;
    env::ensure_wasm_target()?;
    weights::ensure_encoder(&env::encoder_dir()?)?;
    env::build("palate")?;
    site::build(&[Part::Ui, Part::WorkerCpu, Part::WorkerGpu])?;
    npm::link(&env::root().join("e2e"))?;
    env::run(crate::test::with_places(playwright)?)
}
